"""``python -m xpgrad.compat.torch script.py``: the script's own modules see it, nobody else does."""

import subprocess
import sys

import pytest


@pytest.fixture
def script(tmp_path):
    def run(text, *arguments, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.py").write_text(content)
        file = tmp_path / "script.py"
        file.write_text(text)
        return subprocess.run(
            [sys.executable, "-m", "xpgrad.compat.torch", str(file), *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_arguments_name_and_file_are_the_scripts_own(script):
    text = "import sys, os\nprint(sys.argv[1:], __name__, os.path.basename(__file__), sys.modules['__main__'].x)"
    done = script("x = 1\n" + text, "--lr", "3")
    assert done.stdout.split() == ["['--lr',", "'3']", "__main__", "script.py", "1"]


def test_every_form_of_import_is_answered(script):
    done = script(
        "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch.autograd import Variable\n"
        "from torch import nn as n2, optim\nfrom torch.utils.data import DataLoader\nimport torch.optim.lr_scheduler\n"
        "from torch.nn.parameter import Parameter\nfrom torch import *\n"
        "def late():\n    import torch as t\n    return t\n"
        "exec('import torch as inside')\n"
        "assert late() is torch is inside and nn is n2 is torch.nn and F is torch.nn.functional\n"
        "assert ones(1).size(0) == 1\n"
        "print(torch.__name__)"
    )
    assert done.stderr == ""
    assert done.stdout == "xpgrad.compat.torch\n"


def test_other_modules_of_the_script_see_it_too(script):
    done = script(
        "import helper\nprint(helper.name())",
        helper="import torch\ndef name(): return torch.__name__",
    )
    assert done.stdout == "xpgrad.compat.torch\n"


def test_a_library_sees_the_real_torch(script, tmp_path_factory):
    library = tmp_path_factory.mktemp("elsewhere")
    (library / "torch").mkdir(parents=True)
    (library / "torch" / "__init__.py").write_text("real = True\n")
    (library / "library.py").write_text("import torch\nreal = torch.real\n")
    done = script(
        f"import builtins, sys\nsys.path.insert(1, {str(library)!r})\n"
        "import torch, library, importlib\n"
        "assert library.real is True and torch.__name__ == 'xpgrad.compat.torch'\n"
        "assert sys.modules['torch'].real and importlib.import_module('torch').real\n"
        "assert builtins.__import__('torch').real\nprint('both')"
    )
    assert done.stderr == ""
    assert done.stdout == "both\n"


def test_a_traceback_shows_the_scripts_own_lines_first(script):
    done = script(
        "import torch\n\ndef wrong():\n    return torch.ones(2) @ torch.ones(3)\n\nwrong()\n"
    )
    assert done.returncode == 1
    last = done.stderr.split("direct cause")[-1]
    first = next(line for line in last.splitlines() if line.strip().startswith("File"))
    assert "script.py" in first
    assert "_runner.py" not in done.stderr
    assert "return torch.ones(2) @ torch.ones(3)" in last


def test_a_missing_import_is_an_import_error_that_says_what_to_do(script):
    done = script(
        "try:\n    from torch import vmapp\nexcept ImportError as e:\n    print('torch.vmapp is not in' in str(e))\n"
        "try:\n    import torch.jit.frontend\nexcept ImportError as e:\n    print('torch.jit is not in' in str(e))\n"
    )
    assert done.stdout.split() == ["True", "True"]


def test_the_scripts_exit_code_is_the_commands(script):
    assert script("import sys\nsys.exit(7)").returncode == 7


def test_a_missing_script_is_said(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "xpgrad.compat.torch", str(tmp_path / "no.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no.py" in done.stderr


def test_dividing_by_zero_prints_nothing_but_the_result(script):
    done = script(
        "import torch\nx = torch.zeros(1, requires_grad=True)\nx.sqrt().sum().backward()\n"
        "print(x.grad, (x / 0).detach(), torch.log(torch.zeros(1)))"
    )
    assert done.stdout == "tensor([inf]) tensor([nan]) tensor([-inf])\n"
    assert done.stderr == ""


def test_what_the_script_itself_divides_by_zero_is_shown(script):
    done = script("import torch, numpy as np\nnp.ones(1) / 0")
    assert "script.py:2: RuntimeWarning" in done.stderr


def test_the_warning_of_a_gradient_that_is_never_filled_names_the_scripts_line(script):
    done = script("import torch\nx = torch.ones(1, requires_grad=True)\n(x * 2).grad")
    assert "script.py:3: UserWarning" in done.stderr


def test_dtypes_print_as_the_script_knows_them(script):
    done = script(
        "import torch\nx = torch.ones(1)\nprint(x.dtype, [torch.long], f'{x.double().dtype}')"
    )
    assert done.stdout == "torch.float32 [torch.int64] torch.float64\n"
