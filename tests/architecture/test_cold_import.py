"""`import xpgrad` is light: what is heavy comes with its first use."""

import json
import subprocess
import sys

import pytest

ARRAY_LIBRARIES = {"numpy", "cupy", "cupyx", "torch", "jax", "array_api_compat", "array_api_strict"}
PLUGINS = {
    *("xpgrad_numpy", "xpgrad_cupy", "xpgrad_layers"),
    *("xpgrad_adagrad", "xpgrad_rmsprop", "xpgrad_adam", "xpgrad_special"),
}
MACHINERY = {"pytest", "_pytest", "pluggy", "importlib.metadata", "hypothesis", "scipy"}


def loaded_after(statement):
    """The modules of a fresh interpreter after one statement."""
    code = f"import sys, json\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def bare():
    """What a bare interpreter loads: path hooks of editable installs are not ours."""
    return loaded_after("pass")


def test_importing_xpgrad_loads_no_array_library_no_plugin_and_no_machinery(bare):
    loaded = loaded_after("import xpgrad") - bare
    assert loaded & (ARRAY_LIBRARIES | PLUGINS | MACHINERY) == set()


def test_importing_the_plugin_interface_loads_no_array_library(bare):
    statement = "from xpgrad.extend import Backend, BackendSpec, OpSpec, OptimizerSpec, hookimpl"
    loaded = loaded_after(statement) - bare
    assert loaded & (ARRAY_LIBRARIES | PLUGINS | {"pytest", "_pytest", "hypothesis"}) == set()


def test_finding_the_plugins_loads_no_array_library(bare):
    statement = "from xpgrad.extend import registry; registry.optimizer_names()"
    loaded = loaded_after(statement) - bare
    assert loaded & (ARRAY_LIBRARIES | {"pytest", "_pytest", "hypothesis"}) == set()
    assert loaded >= PLUGINS


def test_using_one_backend_does_not_load_another(bare):
    statement = "from xpgrad.extend import registry; registry.backend('numpy')"
    loaded = loaded_after(statement) - bare
    assert "numpy" in loaded
    assert loaded & {"cupy", "torch", "jax", "array_api_strict"} == set()


def test_a_backend_starts_and_computes_without_scipy(bare):
    loaded = loaded_after("import xpgrad as xp; xp.exp(xp.zeros(2))") - bare
    assert "numpy" in loaded
    assert "scipy" not in loaded


def test_this_check_can_fail(bare):
    loaded = loaded_after("import xpgrad, numpy, pluggy") - bare
    assert {"numpy", "pluggy"} <= loaded & (ARRAY_LIBRARIES | MACHINERY)
