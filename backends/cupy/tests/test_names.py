"""Every CuPy name the package uses exists in the installed wheel and takes the arguments it is given.

Needs the wheel, no driver. Where the wheel is missing the tests are skipped, and fail under ``CI``.
"""

import ast
import inspect
import os
import re
import warnings
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "xpgrad_cupy"
FILES = sorted(SOURCE.glob("*.py"))
ROOTS = ("cupy", "cupyx")
OTHERS = frozenset(dir(str) + dir(tuple) + dir(dict) + dir(frozenset))
"""Methods of Python's own objects."""


@pytest.fixture(scope="module")
def libraries():
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # two wheels: the machine's matter
            import cupy
            import cupyx
    except ImportError as error:
        if os.environ.get("CI", "0").lower() not in {"", "0", "false"}:
            pytest.fail(
                f"CI must hold our CuPy names against a CuPy wheel, and there is none: {error}"
            )
        pytest.skip(f"no CuPy wheel: {error}")
    return {"cupy": cupy, "cupyx": cupyx}


def chain(node):
    """``["cupy", "cuda", "Device"]`` for an attribute expression; None for any other."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else None


def resolve(parts, libraries):
    found = libraries[parts[0]]
    for part in parts[1:]:
        found = getattr(found, part)
    return found


def parameters(function):
    """The parameters of a function; CuPy's compiled ones tell them in their first line."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        pass
    text = (
        getattr(function, "__doc__", "") or getattr(function, "__init__", function).__doc__ or ""
    ).strip()
    line = re.sub(r"\s+", " ", text.split("\n\n")[0]).replace("\\", "")
    match = re.match(r"[\w.]+\((.*)\)", line)
    if match is None:
        return None
    inside = re.sub(r"^self,? ?", "", match[1])
    inside = re.sub(r"=[^,()]*(\([^()]*\))?", "=None", inside)
    inside = re.sub(r"\b\w+ (\w+)", r"\1", inside)  # C types
    scope = {}
    exec(f"def probe({inside}): ...", scope)  # noqa: S102 - a signature of the wheel
    return inspect.signature(scope["probe"])


def complaint(call, function, name):
    """Why a call does not fit, or an empty text."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(
        k.arg is None for k in call.keywords
    ):
        return ""
    signature = parameters(function)
    if signature is None:
        return ""
    try:
        signature.bind(*call.args, **{k.arg: k.value for k in call.keywords})
    except TypeError as error:
        return f"{name}{signature} called with {ast.unparse(call)}: {error}"
    return ""


def complaints(text, libraries, file="<text>"):
    """Everything of CuPy that a module's text uses and the wheel lacks."""
    tree, said = ast.parse(text), []
    for node in ast.walk(tree):
        call = node if isinstance(node, ast.Call) else None
        parts = chain(node.func if call else node)
        if parts is None or len(parts) < 2:
            said += [] if call is None else method_complaints(call, libraries, file)
            continue
        where = f"{file}:{node.lineno}: {'.'.join(parts)}"
        if parts[0] in ROOTS:
            try:
                found = resolve(parts, libraries)
            except AttributeError as error:
                said.append(f"{where}: {error}")
                continue
            if call and (why := complaint(call, found, ".".join(parts))):
                said.append(f"{where}: {why}")
        elif call:
            said += method_complaints(call, libraries, file)
    return said


def method_complaints(call, libraries, file):
    """A method called on an array (or device, stream, pool, generator) must be one of theirs."""
    if not isinstance(call.func, ast.Attribute) or file not in (
        "kernels.py",
        "scatter.py",
        "<text>",
    ):
        return []
    name = call.func.attr
    array = libraries["cupy"].ndarray
    if name in OTHERS or name in ("set", "reset", "get"):
        return []
    if not hasattr(array, name):
        return [f"{file}:{call.lineno}: cupy.ndarray has no method {name!r}"]
    why = complaint(call, getattr(array, name), f"ndarray.{name}")
    return [f"{file}:{call.lineno}: {why}"] if why else []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_every_name_is_in_the_wheel_and_takes_its_arguments(file, libraries):
    assert complaints(file.read_text(), libraries, file.name) == []


def test_the_package_uses_cupy_at_all():
    used = [line for file in FILES for line in file.read_text().splitlines() if "cupy." in line]
    assert len(used) > 30


@pytest.mark.parametrize(
    "text",
    [
        "cupy.made_up_name",
        "cupyx.scatter_multiply(a, i, v)",
        "cupy.cuda.runtime.getDeviceNumber()",
        "cupy.take_along_axis(a, indices, sideways=1)",
        "cupy.array(1, 2, 3, 4, 5, 6, 7)",
        "cupy.ElementwiseKernel('T x')",
        "cupy.arange(n, device=d)",
        "x.sum(axes=1)",
        "x.scatter_up()",
    ],
)
def test_a_made_up_name_or_argument_is_caught(text, libraries):
    assert complaints(text, libraries)


def test_a_missing_wheel_fails_in_ci(pytester_like):
    assert pytester_like(CI="true") == 1
    assert pytester_like(CI="") == 0


@pytest.fixture
def pytester_like():
    """The return code of this very file in an interpreter that cannot import CuPy."""
    import subprocess
    import sys

    code = (
        "import sys; sys.modules['cupy'] = None\n"
        "import pytest\n"
        f"sys.exit(pytest.main([{str(Path(__file__))!r}, '-q', '-p', 'no:cacheprovider', '-k', 'in_the_wheel']))"
    )

    def run(**environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**clean, **environment},
            capture_output=True,
            check=False,
            timeout=120,
        )
        return done.returncode

    return run


def test_importing_the_declaration_imports_no_cupy_and_the_backend_asks_no_driver(libraries):
    import subprocess
    import sys

    code = """
import sys
import xpgrad_cupy
assert "cupy" not in sys.modules
import cupy
def asked(*_): raise AssertionError("a driver was asked")
cupy.cuda.runtime.getDeviceCount = cupy.cuda.runtime.getDevice = asked
import xpgrad_cupy.backend
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_real_cupy_says_whether_a_gpu_is_there(libraries):
    from xpgrad.errors import BackendError
    from xpgrad_cupy.backend import CupyBackend

    if libraries["cupy"].cuda.is_available():
        assert CupyBackend().devices()[0] == "cuda:0"
        return
    with pytest.raises(BackendError, match="NVIDIA driver") as caught:
        CupyBackend()
    assert caught.value.part == "device"
