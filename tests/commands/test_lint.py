"""`xpgrad lint` names every line that is not portable, all in one run, and no other."""

import operator
import re
from pathlib import Path

import array_api_strict
import pytest

import xpgrad
from xpgrad._cli.replay.advice import _TABLE, CODES, advice
from xpgrad._cli.replay.counterparts import COUNTERPARTS
from xpgrad.compat.numpy import _protocols
from xpgrad.compat.numpy._elementwise import UFUNCS_COMPOSED
from xpgrad.compat.numpy._moving import MOVING
from xpgrad.compat.numpy._table import COMPOSED

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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import sys\nraise SystemExit(2)\n", "the program ended with status 2"),
        ("x = (\n", "the program failed: SyntaxError"),
        ("import nosuchmodule\n", "the program failed: ModuleNotFoundError"),
        ("print('no arrays')\n", "no operation of xpgrad was seen"),
        ("import xpgrad as xp\nx = xp.asarray([1.0])\n", "no operation of xpgrad was seen"),
    ],
)
def test_where_nothing_was_judged_the_last_line_says_so_and_why(bench, text, why):
    bench.write(text)
    last = bench.run("lint", "program.py", code=2).stdout.splitlines()[-1]
    assert last.startswith(f"program.py: nothing was judged: {why}")
    found = bench.json("lint", "program.py", code=2)
    assert (found["judged"], found["portable"], why in found["failed"]) == (False, False, True)


def test_a_program_that_fails_later_is_not_called_portable(bench):
    bench.write("import sys\nimport xpgrad as xp\nx = xp.exp(xp.asarray([1.0]))\nsys.exit(3)\n")
    said = bench.run("lint", "program.py", code=2).stdout
    assert said.splitlines()[-1] == (
        "program.py: judged in part, no verdict; 1 operations replayed on array_api_strict, "
        "up to where the program failed"
    )
    bench.write("import sys\nsys.exit('my message')\n")
    assert "my message" in bench.run("lint", "program.py", code=2).stderr


@pytest.mark.parametrize(
    "call",
    [
        "xp.reshape(x, (7,))",
        "xp.matmul(x, m)",
        "x + xp.ones(5)",
        "float(x)",
        "x[9]",
        "np.percentile(x, 'q')",
    ],
)
def test_what_fails_on_numpy_too_is_the_programs_error(bench, call):
    bench.write(f"{HEAD}{call}\n")
    found = bench.json("lint", "program.py", code=2)
    assert found["findings"] == []
    assert found["failed"].startswith("the program failed: ")
    bench.write(f"{HEAD}try:\n    {call}\nexcept Exception:\n    pass\n")
    assert bench.json("lint", "program.py", code=0)["findings"] == []


def test_a_line_that_once_fails_keeps_what_was_told_of_it_before(bench):
    bench.write(
        f"{HEAD}for n in (2, 7):\n    try:\n        xp.reshape(m, [n, 3])\n    except Exception:\n        pass\n"
    )
    assert [f["code"] for f in bench.json("lint", "program.py", code=1)["findings"]] == ["tuple"]


@pytest.mark.parametrize(
    ("call", "name", "instead"),
    [
        ("np.linalg.norm(x)", "numpy.linalg.norm", "xp.linalg.vector_norm"),
        ("np.dot(x, x)", "numpy.dot", "xp.vecdot of vectors, xp.matmul"),
        ("np.fft.fft2(m)", "numpy.fft.fft2", "xp.fft.fftn"),
        ("np.vstack([x, x])", "numpy.vstack", "xp.concat"),
        ("np.polyval(x, 2.0)", "numpy.polyval", "for each coefficient"),
        ("np.interp(1.5, x, x)", "numpy.interp", "xp.interp, which is xpgrad's own"),
        ("scipy.special.erf(x)", "scipy.special.erf", "xpgrad's own"),
    ],
)
def test_a_function_of_numpy_is_told_by_its_full_name_with_what_to_write(
    bench, call, name, instead
):
    bench.write(f"{HEAD}import scipy.special\n{call}\n")
    (found,) = bench.json("lint", "program.py", code=1)["findings"]
    assert found["code"] == "numpy-call"
    assert found["message"] == f"{name} is not a function of the standard"
    assert instead in found["instead"]


def test_functions_of_numpys_submodules_that_the_standard_has_are_portable(bench):
    bench.write(
        f"{HEAD}np.fft.fft(x)\nnp.linalg.inv(xp.eye(2))\nnp.linalg.outer(x, x)\nnp.concatenate([x, x])\n"
    )
    assert bench.json("lint", "program.py", code=0)["findings"] == []


def reached(root, path):
    try:
        return operator.attrgetter(path)(root)
    except AttributeError:
        return None


def test_every_face_of_numpy_has_a_counterpart_or_advice():
    faces = {*COMPOSED, *MOVING, *_protocols.SPECIAL, *_protocols.FUNCTIONS, *UFUNCS_COMPOSED}
    renamed = _protocols.UFUNCS | _protocols.FUNCTIONS
    roots = (array_api_strict, array_api_strict.linalg, xpgrad, xpgrad.special)
    lost = {
        n
        for n in faces - COUNTERPARTS.keys()
        if not any(reached(root, renamed.get(n, n)) for root in roots)
    }
    assert lost == set()


def test_every_counterpart_names_functions_that_exist():
    names = {n for text in COUNTERPARTS.values() for n in re.findall(r"xp\.([a-z_][\w.]*\w)", text)}
    assert len(names) > 50
    assert {n for n in names if reached(xpgrad, n) is None} == set()


PACKAGE = {
    "pkg/__init__.py": "",
    "pkg/near.py": "import xpgrad as xp\n\ndef f(x):\n    return x[0]\n",
    "pkg/mod.py": (
        "import sys\nimport xpgrad as xp\nfrom .near import f\n"
        "print(sys.argv[1:], __name__, __package__, __spec__.name)\nf(xp.ones((2, 2)))\n"
    ),
    "pkg/__main__.py": "from pkg import mod\nprint(__spec__.name)\n",
}


@pytest.fixture
def package(bench):
    (bench.folder / "pkg").mkdir()
    for name, text in PACKAGE.items():
        bench.write(text, name)
    return bench


def test_a_module_is_run_as_python_runs_it(package):
    done = package.run(
        "lint", "--ignore", "host", "-m", "pkg.mod", "3", "-m", "x", "--", "--json", code=1
    )
    assert "['3', '-m', 'x', '--json'] __main__ pkg pkg.mod" in done.stderr
    told, last = done.stdout.splitlines()
    assert told.startswith("pkg/near.py:4: short-index")
    assert last.startswith("pkg/mod.py: 1 line not portable")
    done = package.run("lint", "-mpkg", code=1)
    assert "pkg.__main__" in done.stderr


def test_a_module_that_is_not_there_is_told(package):
    assert "no module 'nopkg'" in package.run("lint", "-m", "nopkg.mod", code=2).stderr
    last = package.run("lint", "-m", "pkg.nomod", code=2).stdout.splitlines()[-1]
    assert last.startswith(
        "pkg.nomod: nothing was judged: the program failed: ImportError: no module pkg.nomod"
    )
    assert "for a module: -m pkg.mod" in package.run("lint", "pkg.mod", code=2).stderr


def test_an_option_of_the_script_called_m_is_the_scripts(bench):
    bench.write("import sys\nimport xpgrad as xp\nprint(sys.argv)\nxp.ones(3) + 1.0\n")
    done = bench.run("lint", "program.py", "-m", "pkg.mod", code=0)
    assert "['program.py', '-m', 'pkg.mod']" in done.stderr


def test_an_unknown_kind_of_finding_is_refused_with_those_there_are(bench):
    bench.write(HEAD)
    done = bench.run("lint", "program.py", "--ignore", "bogus", code=2)
    assert "'bogus'" in done.stderr
    assert "short-index" in done.stderr


def test_the_documentation_names_every_kind_of_finding():
    page = (Path(__file__).parents[2] / "docs/tools/lint.md").read_text()
    first_cells = "".join(
        line.split("|")[1] for line in page.splitlines() if line.startswith("| `")
    )
    assert set(re.findall(r"`([a-z-]+)`", first_cells)) == CODES
