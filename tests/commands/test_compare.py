"""`xpgrad compare` names the first operation that differs, forward or backward, and its line; and nothing else."""

import pytest

TRAINING = """
import numpy as np
import xpgrad as xp

xp.manual_seed(0)
model = xp.nn.Linear(4, 3)
x = xp.asarray(np.linspace(-1, 1, 20).reshape(5, 4))
optimizer = xp.optim.Adam(model.parameters(), lr=0.1)
for _ in range(2):
    optimizer.zero_grad()
    y = xp.tanh(model(x))
    rows = y[xp.asarray([0, 0, 2])]
    loss = xp.mean(rows**2) + xp.sum(xp.softmax(y, axis=1) * y)
    loss.backward()
    optimizer.step()
print("loss", loss.item())
w = xp.tensor([1.0, 2.0], requires_grad=True)
(g,) = xp.autograd.grad(xp.sum(xp.exp(w) * w), w, create_graph=True)
(h,) = xp.autograd.grad(xp.sum(g), w)
print(np.asarray(h), xp.jvp(xp.sin, (h,), (h,)), xp.vmap(xp.sum)(xp.ones((2, 2))))
"""


def test_a_program_agrees_with_itself(bench):
    bench.write(TRAINING)
    done = bench.run("compare", "numpy", "planted", "program.py", code=0)
    assert "agree on numpy and planted" in done.stdout
    assert "loss" in done.stderr
    found = bench.json("compare", "numpy", "planted", "program.py", code=0)
    assert found["agree"]
    assert found["largest_ulps"] == 0
    assert 50 < found["backward"] < found["operations"] < 500


def test_numpy_agrees_with_array_api_strict(bench):
    bench.write(TRAINING)
    assert bench.json("compare", "numpy", "array_api_strict", "program.py", code=0)["agree"]
    assert bench.json("compare", "array_api_strict", "numpy", "program.py", code=0)["agree"]


@pytest.mark.parametrize(
    ("fault", "operation", "line", "inside", "backward_of"),
    [
        ("value", "tanh", 10, "", ""),
        ("one element", "exp", 12, "softmax", ""),
        ("refusal", "exp", 12, "softmax", ""),
        ("dtype", "exp", 12, "softmax", ""),
        ("shape", "exp", 12, "softmax", ""),
        ("sum in float32", "sum", 12, "softmax", ""),
        ("duplicates", "index_add", 11, "", "getitem"),
    ],
)
def test_a_planted_fault_is_named_with_its_line(bench, fault, operation, line, inside, backward_of):
    bench.write(TRAINING)
    found = bench.json("compare", "numpy", "planted", "program.py", fault=fault, code=1)
    told = found["divergence"]
    assert (told["operation"], told["line"]) == (operation, line)
    assert (told["inside"], told["backward_of"]) == (inside, backward_of)
    assert told["file"].endswith("program.py")
    assert told["source"] == TRAINING.splitlines()[line].strip()
    assert told["called_at"] == (13 if backward_of else 0)
    assert told["providers"]["planted"] == "kernel"


def test_the_text_says_what_differs_and_who_computed_it(bench):
    bench.write("import xpgrad as xp\nx = xp.asarray([0.5, 1.0])\ny = xp.tanh(x)\n")
    done = bench.run("compare", "numpy", "planted", "program.py", fault="value", code=1)
    for part in (
        "program.py:3: tanh diverges\n",
        "    y = xp.tanh(x)\n",
        "  numpy: library\n",
        "  planted: kernel\n",
        "largest difference 7.62e-06 = 4.5e+10 ULP of float64, allowed 64",
    ):
        assert part in done.stdout


def test_what_only_amplifies_an_earlier_rounding_is_not_blamed(bench):
    bench.write("""
        import xpgrad as xp
        x = xp.asarray([0.5, 0.7, 1.1])
        y = xp.exp(x)
        z = y - xp.asarray([1.6487212707001281, 2.0137527074704766, 3.0041660239464334])
        w = xp.sum(z * 1e6)
    """)
    done = bench.run("compare", "numpy", "planted", "program.py", fault="last place", code=0)
    assert "the largest difference: " in done.stdout
    assert "program.py:4: subtract amplifies earlier roundings" in done.stdout
    strictly = bench.json(
        "compare", "numpy", "planted", "program.py", "--ulp", "0.5", fault="last place", code=1
    )
    assert strictly["divergence"]["operation"] == "exp"


def test_a_sum_that_cancels_is_measured_by_its_terms(bench):
    bench.write("""
        import numpy as np
        import xpgrad as xp
        x = xp.asarray(np.concatenate([v := np.sin(np.arange(1.0, 1000.0)), -v]))
        s = xp.sum(xp.asarray(np.random.default_rng(0).permutation(x.numpy())))
    """)
    bench.run("compare", "numpy", "array_api_strict", "program.py", code=0)


def test_tolerances_and_exceptions_can_be_set(bench):
    bench.write(TRAINING)
    words = ("compare", "numpy", "planted", "program.py")
    bench.run(*words, "--rtol", "1e-4", fault="value", code=0)
    bench.run(*words, "--rtol", "1e-6", fault="value", code=1)
    bench.run(*words, "--ignore", "ta*", fault="value", code=0)
    bench.run(*words, "--ignore", "softmax", "--ignore", "exp", fault="refusal", code=0)


@pytest.mark.parametrize(
    ("fault", "line", "text"),
    [
        ("nan", "xp.log(xp.asarray([1.0, 0.0]))", "log"),
        ("integers", "xp.argmax(xp.asarray([1.0, 3.0]))", "argmax"),
    ],
)
def test_not_a_number_and_whole_numbers_are_compared(bench, fault, line, text):
    bench.write(f"import warnings\nwarnings.simplefilter('ignore')\nimport xpgrad as xp\n{line}\n")
    found = bench.json("compare", "numpy", "planted", "program.py", fault=fault, code=1)
    assert (found["divergence"]["operation"], found["divergence"]["line"]) == (text, 4)


def test_a_program_cannot_swallow_the_divergence(bench):
    bench.write("""
        import xpgrad as xp
        try:
            y = xp.tanh(xp.asarray([0.5]))
        except Exception:
            pass
        print("went on")
    """)
    done = bench.run("compare", "numpy", "planted", "program.py", fault="value", code=1)
    assert "went on" not in done.stderr


def test_the_program_keeps_its_arguments_and_its_own_failures(bench):
    bench.write("""
        import sys
        print(sys.argv, __name__)
        raise ValueError("mine")
    """)
    done = bench.run(
        "compare", "numpy", "planted", "program.py", "--epochs", "3", "--", "--json", code=2
    )
    assert "['program.py', '--epochs', '3', '--json'] __main__" in done.stderr
    assert "the program failed on numpy: ValueError: mine" in done.stdout
    assert "Traceback" in done.stderr
    assert "no file 'none.py'" in bench.run("compare", "numpy", "planted", "none.py", code=2).stderr
    assert "nobody" in bench.run("compare", "numpy", "nobody", "program.py", code=2).stderr


def test_devices_and_defaults_of_the_program_do_not_lead_out_of_the_comparison(bench):
    bench.write("""
        import numpy as np
        import xpgrad as xp
        xp.set_default_device("cpu")
        a = xp.ones(2, device="cpu") + xp.asarray(np.ones(2)) + np.ones(2)
        with xp.device("cpu"):
            b = xp.zeros(2).to("cpu") + a.__array_namespace__().ones(2)
        c = xp.tanh(a * b)
    """)
    found = bench.json("compare", "numpy", "planted", "program.py", fault="value", code=1)
    assert found["divergence"]["line"] == 7


def test_a_helper_beside_the_program_is_the_programs(bench):
    bench.write("import xpgrad as xp\n\ndef f(x):\n    return xp.tanh(x)\n", "helper.py")
    bench.write("import xpgrad as xp\nfrom helper import f\nf(xp.asarray([0.5]))\n")
    found = bench.json("compare", "numpy", "planted", "program.py", fault="value", code=1)
    assert found["divergence"]["file"].endswith("helper.py")
    assert found["divergence"]["line"] == 4


def test_a_dtype_that_the_second_lacks_is_stood_for_by_a_coarser_one(bench):
    bench.write(
        "import xpgrad as xp\nx = xp.ones(3, dtype=xp.float16) / 3\ny = xp.sum(xp.exp(x))\n"
    )
    done = bench.run("compare", "numpy", "array_api_strict", "program.py", code=0)
    assert "array_api_strict has no float16: float32 stood for it" in done.stdout


def test_a_module_is_compared_as_python_runs_it(bench):
    (bench.folder / "pkg").mkdir()
    bench.write("import xpgrad as xp\n\ndef f(x):\n    return xp.tanh(x)\n", "pkg/near.py")
    bench.write(
        "import sys\nimport xpgrad as xp\nfrom .near import f\nprint(sys.argv[1:])\nf(xp.ones(2))\n",
        "pkg/mod.py",
    )
    words = ("compare", "--ulp", "8", "numpy", "planted", "-m", "pkg.mod", "-m", "3")
    done = bench.run(*words, fault="value", code=1)
    assert done.stdout.startswith("pkg/near.py:4: tanh diverges")
    assert "['-m', '3']" in done.stderr
    assert "no module 'nopkg'" in bench.run(*words[:-3], "nopkg", code=2).stderr


def test_where_nothing_was_compared_it_does_not_say_that_they_agree(bench):
    words = ("compare", "numpy", "planted", "program.py")
    bench.write("print('no arrays')\n")
    said = bench.run(*words, code=2).stdout
    assert said == "program.py: nothing was compared: no operation of xpgrad was seen\n"
    assert not bench.json(*words, code=2)["agree"]
    bench.write("import nosuchmodule\n")
    assert (
        "nothing was compared: the program failed on numpy: Mod" in bench.run(*words, code=2).stdout
    )


def test_an_operation_to_ignore_that_there_is_not_is_refused(bench):
    bench.write(TRAINING)
    words = ("compare", "numpy", "planted", "program.py", "--ignore")
    assert "no operation is called 'nosuch'" in bench.run(*words, "nosuch", code=2).stderr
    assert "did you mean" in bench.run(*words, "sofmax", code=2).stderr
    for name in ("linalg.*", "operator add", "index_add", "softmax"):
        bench.run(*words, name, code=0)


def test_there_is_one_limit(bench):
    bench.write(TRAINING)
    words = ("compare", "numpy", "planted", "program.py", "--ulp", "3", "--rtol", "1e-3")
    assert "not allowed with" in bench.run(*words, code=2).stderr
