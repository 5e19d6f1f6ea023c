"""`xpgrad lint` names every line that is not portable, all in one run, and no other."""

import re

import pytest

import xpgrad
from xpgrad._cli.replay.advice import _TABLE, advice

CLEAN = """
import numpy as np
import xpgrad as xp

xp.manual_seed(0)
x = xp.asarray(np.linspace(-1.0, 1.0, 12).reshape(4, 3))
model = xp.nn.Sequential(xp.nn.Linear(3, 2), xp.nn.Dropout(0.5), xp.nn.Linear(2, 2))
optimizer = xp.optim.Adam(model.parameters(), lr=0.1)
target = xp.asarray([0, 1, 1, 0])
for step in range(2):
    optimizer.zero_grad()
    loss = xp.nn.functional.cross_entropy(model(x), target)
    loss.backward()
    optimizer.step()
print(f"{loss.item():.3f}", x.shape)
w = xp.tensor([1.0, 2.0], requires_grad=True)
(g,) = xp.autograd.grad(xp.sum(xp.exp(w) * 2 + w[0] ** 2), w, create_graph=True)
xp.autograd.grad(xp.sum(g), w)
rows = xp.take(x, xp.asarray([0, 0, 2]), axis=0)
y = xp.where(x > 0, x, 0.0) + xp.astype(xp.asarray([1, 2, 3]), xp.float64)
y[0, ...] = 1.0
y += xp.sum(y, axis=(0, 1)) / 3
np.sin(y)
xp.einsum("ij,kj->ik", x, x)
print(xp.vmap(lambda v: xp.sum(v * v))(x), xp.jvp(xp.tanh, (x,), (x,)))
"""

PLANTED = {
    "x + i": "mixed-dtypes",
    "xp.add(i, x)": "mixed-dtypes",
    "xp.concat([x, i])": "mixed-dtypes",
    "xp.where(x > 1.0, x, i)": "mixed-dtypes",
    "i + 1.5": "scalar-promotion",
    "1.5 * i": "scalar-promotion",
    "i.__rsub__(1.5)": "scalar-promotion",
    "x[x > 1.0]": "boolean-indexing",
    "x[x > 1.0] = 0.0": "boolean-indexing",
    "xp.nonzero(x)": "data-dependent-shape",
    "xp.unique_values(x)": "data-dependent-shape",
    "m[0]": "short-index",
    "m[0] = 1.0": "short-index",
    "m[xp.asarray([0, 1])]": "short-index",
    "m[:, xp.asarray([0, 1])]": "mixed-index",
    "m[[0, 1]]": "list-index",
    "x[xp.asarray([0, 0])] = 5.0": "index-assignment",
    "x[1:9]": "slice-bounds",
    "xp.sqrt(i)": "dtype",
    "i.mean()": "dtype",
    "i / i": "dtype",
    "xp.sum(x > 1.0)": "dtype",
    "xp.astype(x, 'float32')": "dtype-object",
    "xp.zeros(3, dtype=float)": "dtype-object",
    "xp.reshape(m, [3, 2])": "tuple",
    "xp.sum([1.0, 2.0])": "not-an-array",
    "x + np.ones(3)": "numpy-array",
    "x * np.float64(2.0)": "numpy-array",
    "np.percentile(x, 50)": "numpy-call",
    "float(x[0])": "host",
    "int(i[0])": "host",
    "x.numpy()": "host",
    "np.asarray(x)": "host",
    "assert xp.any(x > 0.0)": "host",
    "list(range(9))[i[0]]": "host",
}
HEAD = """
import numpy as np
import xpgrad as xp
x = xp.asarray(np.array([1.0, 2.0, 3.0]))
i = xp.asarray([1, 2, 3])
m = xp.ones((2, 3))
"""


def test_a_portable_program_is_clean(bench):
    bench.write(CLEAN)
    found = bench.json("lint", "program.py", code=0)
    assert found["findings"] == []
    assert found["operations"] > 100


def test_every_planted_line_is_named_and_no_other(bench):
    lines = [line for planted in PLANTED for line in (planted, "xp.exp(x) * 2 + 1")]
    bench.write("\n".join([*HEAD.strip().splitlines(), *lines, ""]))
    found = bench.json("lint", "program.py", code=1)
    start = len(HEAD.strip().splitlines()) + 1
    expected = [(start + 2 * n, code) for n, code in enumerate(PLANTED.values())]
    assert [(f["line"], f["code"]) for f in found["findings"]] == expected
    assert all(f["file"].endswith("program.py") for f in found["findings"])
    assert all(f["instead"] for f in found["findings"])


def test_it_prints_like_a_linter(bench):
    bench.write("import xpgrad as xp\nx = xp.asarray([1, 2])\ny = xp.asarray([0.5, 1.5])\nx + y\n")
    done = bench.run("lint", "program.py", code=1)
    told, summary = done.stdout.splitlines()
    assert told == (
        "program.py:4: mixed-dtypes: the standard does not say what int64 with float64 gives; "
        "instead: convert one of them, xp.astype(x, xp.float64)"
    )
    assert summary == "program.py: 1 line not portable; 2 operations replayed on array_api_strict"


def test_the_program_runs_to_its_end_with_numpys_values(bench):
    bench.write("""
        import xpgrad as xp
        x = xp.asarray([1, 2, 3])
        y = x * 1.5
        z = y[y > 2.0]
        z[xp.asarray([0, 0])] = 7.0
        print(z.tolist(), xp.sqrt(x).dtype)
    """)
    done = bench.run("lint", "program.py", code=1)
    assert "[7.0, 4.5] xpgrad.float64" in done.stderr
    assert [int(n) for n in re.findall(r"program\.py:(\d+):", done.stdout)] == [3, 4, 5, 6]


def test_an_operation_of_one_library_is_named_forward_and_backward(bench):
    (bench.site / "planted.py").write_text(
        "from xpgrad.extend import OpSpec, hookimpl\n"
        "XPGRAD_API = (1, 0)\n"
        "@hookimpl\n"
        "def xpgrad_ops():\n"
        "    half = OpSpec('halved', 'planted_op:halved', rule='planted_op:HALF')\n"
        "    return [OpSpec('numpys', 'planted_op:numpys'), half]\n"
    )
    (bench.site / "planted_op.py").write_text(
        "import numpy as np\n"
        "from xpgrad.extend import elementwise\n"
        "def only_numpy(x):\n"
        "    if type(x).__module__.startswith('array_api_strict'):\n"
        "        raise TypeError('NumPy arrays only')\n"
        "    return x\n"
        "def numpys(x, /, *, xp):\n"
        "    return only_numpy(x) * 2\n"
        "def halved(x, /, *, xp):\n"
        "    return x / 2\n"
        "HALF = elementwise('halved', x=lambda g, xp: xp.numpys(g) / 4)\n"
    )
    bench.write("""
        import xpgrad as xp
        x = xp.tensor([1.0, 2.0], requires_grad=True)
        y = xp.halved(x)
        z = xp.numpys(x.detach())
        xp.sum(y).backward()
    """)
    found = bench.json("lint", "program.py", code=1)["findings"]
    assert [(f["line"], f["operation"], f["backward_of"]) for f in found] == [
        (3, "numpys", "halved"),
        (4, "numpys", ""),
    ]


def test_kinds_can_be_ignored(bench):
    bench.write("import xpgrad as xp\nm = xp.ones((2, 2))\nm[0]\nfloat(m[0, 0])\n")
    bench.run("lint", "program.py", code=1)
    bench.run("lint", "program.py", "--ignore", "host", code=1)
    bench.run("lint", "program.py", "--ignore", "host", "--ignore", "short-index", code=0)


def test_a_program_that_fails_says_so_after_what_was_found(bench):
    bench.write("import xpgrad as xp\nxp.ones((2, 2))[0]\nraise ValueError('mine')\n")
    done = bench.run("lint", "program.py", code=2)
    assert "program.py:2: short-index" in done.stdout
    assert "the program failed: ValueError: mine; what comes after was not seen" in done.stdout
    assert "no file 'none.py'" in bench.run("lint", "none.py", code=2).stderr


def test_code_of_installed_packages_is_not_the_programs(bench):
    (bench.folder / "site-packages").mkdir()
    (bench.folder / "site-packages/other.py").write_text("def f(x):\n    return x[0] + x[1]\n")
    bench.write("""
        import sys
        sys.path.append("site-packages")
        import other
        import xpgrad as xp
        other.f(xp.ones((2, 2)))
    """)
    assert bench.json("lint", "program.py", code=0)["findings"] == []


def test_every_piece_of_advice_names_functions_that_exist():
    names = {n for row in _TABLE for n in re.findall(r"xp\.([a-z_]\w*)", row[3])}
    assert names > {"astype", "where", "take", "scatter_add", "arange"}
    missing = [n for n in names if not hasattr(xpgrad, n)]
    assert missing == []


@pytest.mark.parametrize("text", ["something new that nobody has seen. And more.", ""])
def test_an_unknown_refusal_is_told_in_the_librarys_words(text):
    told = advice(TypeError(text), "cumulative_sum")
    assert told.code == "refused"
    assert (text.split(".")[0] or "TypeError") in told.why
