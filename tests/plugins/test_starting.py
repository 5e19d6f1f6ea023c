"""A backend starts when it is first asked for; where it cannot, the error names what is missing."""

import json

import pytest

BACKEND = """
@hookimpl
def xpgrad_backends():
    return [
        BackendSpec("mine", ("mylib:Array",), ("mykind",), "my_target:Mine",
                    requires=("mylib",), install="pip install mylib")
    ]
"""
ASK = """
    from xpgrad.errors import BackendError
    from xpgrad.extend import registry
    try:
        print(registry.backend("mine"))
    except BackendError as error:
        print(error.part, "|", error)
"""


@pytest.fixture
def mine(site):
    site.add("my-backend", "mine_plugin", BACKEND)
    return site


def test_a_missing_plugin_is_named_with_its_pip_line(site):
    code = ASK.replace('"mine"', '"cupy"')
    said = site.out(code, XPGRAD_DISABLE_PLUGINS="xpgrad-cupy")
    part, _, text = said.partition(" | ")
    assert part == "plugin"
    assert "xpgrad[cuda12]" in text
    assert "xpgrad-cupy:cupy" in text
    assert "XPGRAD_DISABLE_PLUGINS=xpgrad-cupy" in text


def test_a_near_miss_is_suggested(site):
    assert "did you mean 'numpy'?" in site.out(ASK.replace('"mine"', '"numpi"'))


def test_a_missing_library_is_named_with_its_pip_line(mine):
    part, _, text = mine.out(ASK).partition(" | ")
    assert part == "library"
    for word in ("'mylib'", "my-backend:mine_plugin", "1.2", "pip install mylib"):
        assert word in text


def test_no_cupy_wheel_is_a_missing_library(site):
    site.module("hide_cupy", "import sys; sys.modules['cupy'] = None")
    said = site.out("import hide_cupy\n" + ASK.replace('"mine"', '"cupy"').replace("\n    ", "\n"))
    part, _, text = said.partition(" | ")
    assert part == "library"
    assert "'cupy'" in text
    assert "xpgrad-cupy[cuda12]" in text


def test_a_library_that_fails_to_import_is_a_missing_library(mine):
    mine.module("mylib", "raise ImportError('libcudart.so.12: cannot open shared object file')")
    mine.module("my_target", "import mylib")
    part, _, text = mine.out(ASK).partition(" | ")
    assert part == "library"
    assert "libcudart.so.12" in text


def test_a_silent_driver_is_a_missing_device(mine):
    mine.module("mylib", "")
    mine.module("my_target", "def Mine(): raise RuntimeError('driver version is insufficient')")
    part, _, text = mine.out(ASK).partition(" | ")
    assert part == "device"
    assert "driver version is insufficient" in text


def test_what_it_supports_is_known_where_it_cannot_start(mine):
    mine.module("mylib", "")
    mine.module("my_target", "def Mine(): raise RuntimeError('driver version is insufficient')")
    code = """
        import xpgrad as xp
        print(xp.supports("einsum", backend="mine", order=2), xp.supports("argsort", backend="mine"))
    """
    assert mine.out(code) == "True False"


def test_a_plugin_that_lacks_its_own_target_is_a_broken_plugin(mine):
    mine.module("mylib", "")
    assert mine.out(ASK).startswith("plugin | ")
    mine.module("my_target", "")
    assert mine.out(ASK).startswith("plugin | ")


def test_exit_in_a_factory_is_a_failure_like_any_other(mine):
    mine.module("mylib", "")
    mine.module("my_target", "def Mine(): raise SystemExit(1)")
    assert "SystemExit: 1" in mine.out(ASK)


def test_a_backend_starts_once_for_many_threads_and_only_when_asked(mine):
    mine.module("mylib", "")
    mine.module(
        "my_target",
        """
        import time
        class Mine:
            count = 0
            def __init__(self):
                time.sleep(0.05)
                Mine.count += 1
        """,
    )
    code = """
        import sys, threading
        from xpgrad.extend import registry
        registry.backend_specs()
        print("my_target" in sys.modules, registry.started_backends())
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(registry.backend("mine")))
            for _ in range(8)
        ]
        [t.start() for t in threads]
        [t.join() for t in threads]
        print(len(found), len(set(map(id, found))), found[0].count, *registry.started_backends())
    """
    assert mine.out(code).splitlines() == ["False {}", "8 1 1 mine"]


def test_a_failed_start_may_be_tried_again(mine):
    mine.module("mylib", "")
    mine.module(
        "my_target",
        """
        tries = []
        def Mine():
            tries.append(1)
            if len(tries) == 1: raise RuntimeError("busy")
            return "running"
        """,
    )
    assert mine.out(ASK + ASK).splitlines()[-1] == "running"


def test_declarations_import_no_array_library(site):
    code = """
        import sys, json
        from xpgrad.extend import registry as r
        r.backend_specs(), r.optimizer_names(), r.ops(), r.component_names("layer")
        print(json.dumps(sorted({"numpy", "cupy", "torch", "array_api_compat"} & set(sys.modules))))
    """
    assert json.loads(site.out(code)) == []


def test_kernels_are_asked_once_per_backend_and_one_plugin_at_a_time(site):
    kernels = """
        calls = []
        @hookimpl
        def xpgrad_kernels(backend):
            calls.append(backend)
            {body}
    """
    site.add("a-fast", "a_fast", kernels.format(body="return {'sin': len, 'cos': len}"))
    site.add("b-broken", "b_broken", kernels.format(body="raise ValueError('planted')"))
    site.add("c-later", "c_later", kernels.format(body="return {'cos': abs, 'tan': abs}"))
    site.add("d-odd", "d_odd", kernels.format(body="return {'tan': 'no function'}"))
    site.add("e-none", "e_none", kernels.format(body="return None"))
    code = """
        import json
        from xpgrad.extend import registry as r
        class Backend: name = "fake"
        one = Backend()
        r.kernels(one); found = r.kernels(one)
        import a_fast
        print(json.dumps({name: f.__name__ for name, f in found.items()}))
        print(len(a_fast.calls))
        r.kernels(Backend())
        print(len(a_fast.calls))
        print(json.dumps(r.report()["kernels_left_out"]))
    """
    found, once, twice, left_out = site.out(code).splitlines()[:4]
    assert json.loads(found) == {"sin": "len", "cos": "len", "tan": "abs"}
    assert (once, twice) == ("1", "2")
    reasons = {each["provenance"]: each["reason"] for each in json.loads(left_out)}
    assert "planted" in reasons["b-broken:b_broken"]
    assert "cos" in reasons["c-later:c_later"]
    assert "expected a function" in reasons["d-odd:d_odd"]


def test_no_cuda_driver_is_a_missing_device_and_every_way_to_ask_says_so(site):
    code = """
        import xpgrad as xp
        from xpgrad.errors import BackendError
        from xpgrad.extend import registry
        try:
            registry.backend("cupy")
            print("runs")
        except BackendError as error:
            print(error.part)
            for ask in (
                lambda: xp.device("cuda"),
                lambda: xp.device("cuda:0"),
                lambda: xp.zeros(2, device="cuda"),
                lambda: xp.set_default_device("cuda"),
            ):
                try:
                    ask()
                except BackendError as again:
                    print(again.part, "driver" in str(again), "cupy" in str(again))
    """
    said = site.out(code).splitlines()
    if said == ["runs"]:
        pytest.skip("this machine has a CUDA device")
    if said[0] == "library":
        pytest.skip("no CuPy wheel is installed")
    assert said == ["device", *["device True True"] * 4]


def test_a_device_kind_nobody_serves_says_what_to_install(site):
    code = """
        import xpgrad as xp
        from xpgrad.errors import DeviceError
        try:
            xp.device("cuda")
        except DeviceError as error:
            print(error)
    """
    said = site.out(code, XPGRAD_DISABLE_PLUGINS="xpgrad-cupy,xpgrad-torch")
    for word in ("'cuda'", "xpgrad[cuda12]", "xpgrad-cupy:cupy", "XPGRAD_DISABLE_PLUGINS"):
        assert word in said
