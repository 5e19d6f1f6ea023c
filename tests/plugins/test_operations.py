"""A stranger's operation is differentiable to any order, on every backend, without an edit to xpgrad."""

import json

import pytest

DECLARE = """
@hookimpl
def xpgrad_ops():
    return [
        OpSpec("softsign", "soft.ops:softsign", rule="soft.ops:SOFTSIGN", samples="soft.samples:SOFTSIGN"),
        OpSpec("smooth_clip", "soft.ops:smooth_clip", rule="soft.ops:SMOOTH_CLIP"),
        OpSpec(
            "scaled", "soft.ops:scaled", rule="soft.ops:SCALED", samples="soft.samples:scaled",
            known_failures={"test_the_word_of_the_operation_is_true": "planted: it is linear"},
        ),
        OpSpec("rows", "soft.ops:rows", rule="soft.ops:ROWS"),
        OpSpec("gathered", "soft.ops:gathered", rule="soft.ops:GATHERED"),
        OpSpec("staircase", "soft.ops:staircase"),
        OpSpec("sin", "soft.ops:staircase"),
        OpSpec("zeros", "soft.ops:staircase"),
    ]
"""
OPS = """
from xpgrad.extend import elementwise, general, linear, multilinear


def softsign(x, /, *, xp):
    '''x / (1 + |x|).'''
    return x / (1 + xp.abs(x))


SOFTSIGN = elementwise("softsign", x=lambda g, x, xp: g / (1 + xp.abs(x)) ** 2)


def smooth_clip(x, limit, /, *, sharpness=1.0, xp):
    return limit * xp.tanh(sharpness * x / limit)


def _by_limit(g, x, limit, out, sharpness):
    share = out / limit
    return g * (share - sharpness * x / limit * (1 - share**2))


SMOOTH_CLIP = general(
    "smooth_clip",
    broadcast=True,
    x=lambda g, limit, out, sharpness: g * sharpness * (1 - (out / limit) ** 2),
    limit=_by_limit,
)


def scaled(x, factor, /, *, xp):
    return x * factor


SCALED = elementwise("scaled", x=lambda g, factor: g * factor)


def rows(x, weight, /, *, xp):
    return xp.sum(x * weight, axis=-1)


ROWS = multilinear("rows", x=lambda g, weight: g[..., None] * weight, weight=lambda g, x: g[..., None] * x)


def gathered(x, where, /, *, xp):
    if int(xp.max(where)) >= x.shape[0]:
        raise IndexError(f"no row {int(xp.max(where))}")
    return xp.take(x, where, axis=0)


GATHERED = linear("gathered", x=lambda g, where, shape_x, xp: xp.take_transpose(g, where, shape_x))


def staircase(x, /, *, xp):
    return xp.floor(x) + 0.1 * x
"""
SAMPLES = """
from xpgrad.conformance.samples import Sample, elementwise_case

SOFTSIGN = elementwise_case({"x": (-3.0, 3.0, 0.0)})


def scaled(make):
    yield Sample("factor is larger", {"x": make.array((3,)), "factor": make.integers([[1], [2]])})
"""


@pytest.fixture
def soft(site):
    site.add("my-soft", "soft_hooks", DECLARE)
    (site.folder / "soft").mkdir()
    (site.folder / "soft/__init__.py").touch()
    (site.folder / "soft/ops.py").write_text(OPS)
    (site.folder / "soft/samples.py").write_text(SAMPLES)
    return site


@pytest.mark.parametrize("library", ["numpy", "array_api_strict"])
def test_first_and_second_derivatives_agree_with_differences(soft, library):
    code = f"""
        import {library} as library
        import xpgrad as xp

        x = xp.asarray(library.asarray([[0.5, -2.0], [1.5, 3.0]]), requires_grad=True)
        limit = xp.asarray(library.asarray([1.0, 2.0]), requires_grad=True)
        clip = lambda x, limit: xp.smooth_clip(x, limit, sharpness=0.7)
        check = xp.autograd
        print(check.gradcheck(xp.softsign, (x,)), check.gradgradcheck(xp.softsign, (x,)))
        print(check.gradcheck(clip, (x, limit)), check.gradgradcheck(clip, (x, limit)))
        print(xp.softsign(x).backend.xp.__name__)
    """
    first, second, name = soft.out(code).splitlines()
    assert first == second == "True True"
    assert library in name


def test_the_gradient_of_a_product_that_sums_has_the_shape_of_its_array(soft):
    code = """
        import xpgrad as xp

        for shape in ((2, 2), (3, 2), (2, 2, 2)):
            weight = xp.asarray([1.0, 2.0], requires_grad=True)
            x = xp.ones(shape, requires_grad=True)
            xp.rows(x, weight).sum().backward()
            print(x.grad.shape == shape, weight.grad.tolist(), xp.autograd.gradcheck(xp.rows, (x, weight)))
    """
    lines = soft.out(code).splitlines()
    assert lines == [f"True {[n, n]} True" for n in (2.0, 3.0, 4.0)]


def test_xpgrad_knows_it_like_its_own(soft):
    code = """
        import xpgrad as xp
        print(xp.softsign.__doc__)
        print([xp.supports("softsign", order=n) for n in (0, 1, 2)])
        print([xp.supports("staircase", order=n) for n in (0, 1)])
        print(xp.softsign(xp.ones(2, requires_grad=True)).grad_fn)
        print(xp.namespace("numpy").softsign is xp.softsign)
        print(xp.softsign(3), xp.softsign([1.0, -1.0]), xp.smooth_clip(xp.ones(2), 2))
    """
    assert soft.out(code).splitlines() == [
        "x / (1 + |x|).",
        "[True, True, True]",
        "[True, False]",
        "<SoftsignBackward>",
        "True",
        "tensor(0.75) tensor([ 0.5, -0.5]) tensor([0.92423431, 0.92423431])",
    ]


def test_doctor_says_who_provides_it(soft):
    assert {"name": "softsign", "provenance": "my-soft:soft_hooks"} in soft.report()["operations"]


def test_it_cannot_take_a_name_of_xpgrad(soft):
    code = "import xpgrad as xp; print(xp.sin(xp.asarray(0.0)), xp.zeros(2))"
    done = soft.run(code)
    assert done.stdout == "tensor(0.) tensor([0., 0.])\n"
    assert done.stderr.count("'sin' is a name of xpgrad itself; 'zeros' is a name of") == 1
    lost = soft.report()["lost"]
    assert [(each["name"], each["reachable_as"]) for each in lost] == [("sin", ""), ("zeros", "")]


def test_of_two_operations_of_one_name_one_wins_and_the_other_is_reported(soft):
    soft.add("other-soft", "other", DECLARE.replace("soft.ops", "nowhere"))
    reasons = {each["reason"] for each in soft.report()["lost"]}
    assert "'softsign' belongs to my-soft:soft_hooks" in reasons


def test_without_a_rule_it_runs_and_says_so_at_backward(soft):
    code = """
        import xpgrad as xp
        from xpgrad.errors import MissingRuleError
        y = xp.staircase(xp.asarray([1.5, 2.0], requires_grad=True))
        print(y.tolist())
        try:
            y.sum().backward()
        except MissingRuleError as error:
            print(error)
    """
    values, error = soft.out(code).splitlines()
    assert json.loads(values) == [1.15, 2.2]
    assert "'staircase' has no derivative rule" in error
    assert "writing-an-operation" in error


BROKEN = {
    "no array": ("def f(x, *, xp): return x", "arrays are what stands before '/'"),
    "no xp": ("def f(x, /): return x", "takes no keyword 'xp'"),
    "anything": ("def f(x, /, *, xp, **more): return x", "name every parameter"),
    "no rule": ("def f(x, /, *, xp): return x\nRULE = 3", "its rule is 3; expected what"),
    "another's rule": ("RULE = elementwise('g', x=lambda g: g)", "its rule was made for 'g'"),
    "another parameter": ("RULE = elementwise('f', y=lambda g: g)", "speaks of y; expected"),
    "an unknown value": ("RULE = elementwise('f', x=lambda g, z: g)", "speaks of z; expected"),
    "a target that is not there": ("del RULE", "declared by plugin 'my-f:f_hooks'"),
}


@pytest.mark.parametrize("text", BROKEN)
def test_one_that_cannot_work_says_why_and_whose_it_is(site, text):
    source, says = BROKEN[text]
    hook = '@hookimpl\ndef xpgrad_ops(): return [OpSpec("f", "f_target:f", rule="f_target:RULE")]'
    site.add("my-f", "f_hooks", hook)
    start = "from xpgrad.extend import elementwise\ndef f(x, /, *, xp): return x\n"
    site.module("f_target", f"{start}RULE = elementwise('f', x=lambda g: g)\n{source}\n")
    code = """
        import xpgrad as xp
        from xpgrad.errors import PluginError
        try:
            xp.f
        except PluginError as error:
            print(error)
    """
    assert says in site.out(code)


def test_the_kit_runs_on_a_strangers_samples(soft):
    code = """
        import sys
        from xpgrad.conformance.cli import main
        sys.exit(main(["operation", "softsign", "-W", "error"]))
    """
    done = soft.run(code)
    assert done.returncode == 0, done.stdout
    assert "CONFORMS" in done.stdout


def test_a_known_failure_is_expected_and_its_reason_told(soft):
    code = """
        import sys
        from xpgrad.conformance.cli import main
        sys.exit(main(["operation", "scaled"]))
    """
    done = soft.run(code)
    assert "planted: it is linear" in done.stdout
    assert "[XPASS(strict)]" in done.stdout  # it is elementwise after all, and the kit says so
    assert done.returncode == 1


def test_an_array_without_a_derivative_may_be_the_larger_one_and_hold_whole_numbers(soft):
    code = """
        import xpgrad as xp
        x = xp.tensor([1.0, 2.0, 3.0], dtype=xp.float32, requires_grad=True)
        y = xp.scaled(x, xp.asarray([[1], [2]]))
        y.sum().backward()
        print(y.dtype, x.grad.tolist(), x.grad.dtype)
    """
    assert soft.out(code) == "xpgrad.float32 [3.0, 3.0, 3.0] xpgrad.float32"


def test_an_error_of_its_own_is_not_taken_for_shapes_that_do_not_broadcast(soft):
    code = """
        import xpgrad as xp
        try:
            xp.gathered(xp.ones((3, 2)), xp.asarray([0, 1, 5, 0]))
        except IndexError as error:
            print(error, error.__notes__)
    """
    assert (
        soft.out(code) == "no row 5 ['in gathered of (3, 2) xpgrad.float64 and (4,) xpgrad.int64']"
    )
