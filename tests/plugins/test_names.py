"""Who gets a name that several plugins declare: first-party, then priority, then distribution."""

import json

BACKEND = """
@hookimpl
def xpgrad_backends():
    return [BackendSpec({name!r}, ({types!r},), {devices!r}, {factory!r}, priority={priority})]
"""
OPTIMIZER = """
@hookimpl
def xpgrad_optimizers():
    return [OptimizerSpec({name!r}, {factory!r})]
"""


def backend(name, *, types="collections:deque", devices=("cpu",), factory="t:B", priority=0):
    return BACKEND.format(
        name=name, types=types, devices=devices, factory=factory, priority=priority
    )


def optimizer(name, factory="t:O"):
    return OPTIMIZER.format(name=name, factory=factory)


def lost(site):
    return {each["provenance"]: each for each in site.report()["lost"]}


def test_a_third_party_cannot_take_the_name_numpy(site):
    site.add("a-numpy", "a_numpy", backend("numpy", priority=1000))
    site.module("t", "class B: pass")
    report = site.report()
    owner = {each["name"]: each["provenance"] for each in report["backends"]}
    assert owner["numpy"] == "xpgrad-numpy:numpy"
    (loss,) = report["lost"]
    assert loss["provenance"] == "a-numpy:a_numpy"
    assert loss["reachable_as"] == "a-numpy:numpy"
    assert "belongs to xpgrad-numpy:numpy" in loss["reason"]
    code = "from xpgrad.extend import registry as r; print(type(r.backend('a-numpy:numpy')))"
    assert "t.B" in site.out(code)


def test_a_third_party_called_xpgrad_something_is_a_third_party(site):
    site.add("xpgrad-aaa", "aaa", optimizer("adam"))
    assert "xpgrad-aaa:aaa" in lost(site)


def test_a_device_kind_called_numpy_takes_nothing(site):
    site.add("a-kind", "a_kind", backend("mine", devices=("numpy",)))
    report = site.report()
    assert "numpy" in {each["name"] for each in report["backends"]}
    assert "device kind 'numpy'" in lost(site)["a-kind:a_kind"]["reason"]


def test_a_backend_called_like_anothers_device_kind_loses(site):
    site.add("a-strange", "a_strange", backend("strange", devices=("warp",)))
    site.add("b-warp", "b_warp", backend("warp"))
    assert "device kind of a-strange:a_strange" in lost(site)["b-warp:b_warp"]["reason"]


def test_a_backend_called_like_a_device_kind_is_refused(site):
    for name in ("cpu", "cuda"):
        site.add(f"my-{name}", f"my_{name}", backend(name))
        record = site.plugin(f"my-{name}:my_{name}")
        assert record["status"] == "failed"
        assert "name of a device kind" in record["cause"]


def test_only_the_clashing_spec_loses(site):
    site.add(
        "a-pack",
        "pack",
        """
        @hookimpl
        def xpgrad_optimizers():
            return [OptimizerSpec("Adam", "t:Adam"), OptimizerSpec("Lion", "t:Lion")]
        """,
    )
    site.module("t", "class Adam: pass\nclass Lion: pass")
    code = """
        from xpgrad.extend import registry as r
        print(r.optimizer("Lion").__module__, r.optimizer("a-pack:Adam").__module__)
        print("Adam" in r.optimizer_names())
    """
    assert site.out(code).split() == ["t", "t", "True"]
    owner = {each["name"]: each["provenance"] for each in site.report()["optimizers"]}
    assert owner["Adam"] == "xpgrad-adam:adam"
    assert owner["Lion"] == "a-pack:pack"


def test_a_lost_name_warns_once(site):
    site.add("a-pack", "pack", optimizer("Adam"))
    done = site.run("from xpgrad.extend import registry as r; r.optimizer_names(); r.ops()")
    assert done.stderr.count("PluginWarning: ") == 1
    assert "a-pack:Adam" in done.stderr


def test_among_third_parties_priority_then_distribution_decides(site):
    site.add("b-first", "b_first", backend("mine", priority=0))
    site.add("c-second", "c_second", backend("mine", priority=0))
    assert set(lost(site)) == {"c-second:c_second"}
    site.add("d-loud", "d_loud", backend("mine", priority=5))
    assert set(lost(site)) == {"b-first:b_first", "c-second:c_second"}


def test_optimizers_are_found_without_regard_to_case_and_clash_so(site):
    site.add("b-lion", "b_lion", optimizer("Lion"))
    site.add("c-lion", "c_lion", optimizer("LION"))
    site.module("t", "class O: pass")
    assert set(lost(site)) == {"c-lion:c_lion"}
    code = "from xpgrad.extend import registry as r; print(r.optimizer('lIoN').__name__)"
    assert site.out(code) == "O"


def test_a_layer_and_a_loss_may_share_a_name(site):
    site.add(
        "a-pair",
        "pair",
        """
        @hookimpl
        def xpgrad_components():
            return [ComponentSpec("layer", "Twin", "t:A"), ComponentSpec("loss", "Twin", "t:B")]
        """,
    )
    site.module("t", "class A: pass\nclass B: pass")
    code = """
        from xpgrad.extend import registry as r
        print(r.component("layer", "twin").__name__, r.component("loss", "twin").__name__)
    """
    assert site.out(code).split() == ["A", "B"]


def test_a_device_kind_prefers_first_party_then_priority(site):
    site.add("a-quiet", "a_quiet", backend("quiet"))
    site.add("b-loud", "b_loud", backend("loud", priority=9))
    code = "from xpgrad.extend import registry as r; print(*r.backends_for_kind('cpu'))"
    theirs_and_the_first = [n for n in site.out(code).split() if n in ("numpy", "loud", "quiet")]
    assert theirs_and_the_first == ["numpy", "loud", "quiet"]


def test_an_array_belongs_to_the_backend_that_names_its_class(site):
    site.add("a-deque", "a_deque", backend("deque", types="alias_of_deque:Public"))
    site.module("alias_of_deque", "from hidden import Array as Public")
    site.module("hidden", "class Array: pass\nclass Sub(Array): pass")
    code = """
        import sys, json
        from xpgrad.extend import registry as r
        import hidden
        before = r.backend_for_type(hidden.Array)
        import alias_of_deque
        after = r.backend_for_type(hidden.Array), r.backend_for_type(hidden.Sub)
        none = r.backend_for_type(int)
        light = "numpy" not in sys.modules
        import numpy
        print(json.dumps([before, *after, none, light, r.backend_for_type(numpy.ndarray)]))
    """
    assert json.loads(site.out(code)) == [None, "deque", "deque", None, True, "numpy"]
