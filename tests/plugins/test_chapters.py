"""A stranger's operations may stand in a chapter, xpgrad's or their own, and may have several results."""

import pytest

DECLARE = """
@hookimpl
def xpgrad_ops():
    return [
        OpSpec("polar.parts", "polar.ops:parts", rule="polar.ops:PARTS"),
        OpSpec("polar.angle_of", "polar.ops:angle_of", rule="polar.ops:ANGLE_OF"),
        OpSpec("special.bump", "polar.ops:bump", rule="polar.ops:BUMP"),
    ]
"""
OPS = """
from xpgrad.extend import elementwise, general


def parts(x, y, /, *, xp):
    '''The radius, the angle, and whether the point lies in the upper half plane.'''
    return xp.hypot(x, y), xp.atan2(y, x), y > 0


def _sum(a, b):
    return a if b is None else b if a is None else a + b


def _by_x(g, x, y, out):
    radius = None if g.radius is None else g.radius * x / out.radius
    angle = None if g.angle is None else -g.angle * y / out.radius**2
    return _sum(radius, angle)


def _by_y(g, x, y, out):
    radius = None if g.radius is None else g.radius * y / out.radius
    angle = None if g.angle is None else g.angle * x / out.radius**2
    return _sum(radius, angle)


PARTS = general("polar.parts", broadcast=True, outputs=("radius", "angle", "upper"), x=_by_x, y=_by_y)


def angle_of(x, y, /, *, xp):
    return xp.polar.parts(x, y)[1]


ANGLE_OF = general(
    "polar.angle_of", broadcast=True,
    x=lambda g, x, y, xp: -g * y / (x**2 + y**2), y=lambda g, x, y, xp: g * x / (x**2 + y**2),
)


def bump(x, /, *, xp):
    return xp.exp(-xp.square(x)) * xp.special.erf(x)


BUMP = elementwise(
    "special.bump",
    x=lambda g, x, xp: g * (xp.exp(-2 * x * x) * 1.1283791670955126 - 2 * x * xp.special.bump(x)),
)
"""


@pytest.fixture
def polar(site):
    site.add("my-polar", "polar_hooks", DECLARE)
    (site.folder / "polar").mkdir()
    (site.folder / "polar/__init__.py").touch()
    (site.folder / "polar/ops.py").write_text(OPS)
    return site


def test_its_chapter_is_an_attribute_like_those_of_xpgrad(polar):
    code = """
        import xpgrad as xp
        from xpgrad._namespace._operations import tensor_namespace
        f = xp.polar.parts
        print(f.__doc__)
        print(f is xp.namespace("numpy").polar.parts is tensor_namespace.polar.parts)
        print([n for n in dir(xp.polar)], "bump" in dir(xp.special))
        print(xp.supports("polar.parts", order=2), f.__module__, f.__name__)
        try:
            xp.polar.part
        except AttributeError as error:
            print(error)
        print(hasattr(xp, "polarr"), hasattr(xp.namespace("numpy"), "polarr"))
    """
    assert polar.out(code).splitlines() == [
        "The radius, the angle, and whether the point lies in the upper half plane.",
        "True",
        "['angle_of', 'parts'] True",
        "True xpgrad.polar parts",
        "module 'xpgrad.polar' has no attribute 'part'; did you mean parts?",
        "False False",
    ]


@pytest.mark.parametrize("library", ["numpy", "array_api_strict"])
def test_several_results_are_differentiable_to_second_order(polar, library):
    code = f"""
        import pickle
        import {library} as library
        import xpgrad as xp

        x = xp.asarray(library.asarray([[0.5], [1.5]]), requires_grad=True)
        y = xp.asarray(library.asarray([0.7, -2.0]), requires_grad=True)
        check = xp.autograd
        for name in ("radius", "angle"):
            f = lambda x, y: getattr(xp.polar.parts(x, y), name)
            print(check.gradcheck(f, (x, y)), check.gradgradcheck(f, (x, y)))
        f = lambda x, y: xp.polar.parts(x, y)[:2]
        print(check.gradcheck(f, (x, y)), check.gradgradcheck(f, (x, y)))
        print(check.gradcheck(xp.polar.angle_of, (x, y)), check.gradcheck(xp.special.bump, (y,)))
        found = xp.polar.parts(x, y)
        print(found._fields, type(found).__name__, [t.requires_grad for t in found], found.upper.tolist())
        print(found.radius.grad_fn, [repr(n) for n, _ in found.radius.grad_fn.next_functions])
        print(type(pickle.loads(pickle.dumps(xp.polar.parts(x.detach(), y.detach())))) is type(found))
    """
    *checks, fields, node, pickled = polar.out(code).splitlines()
    assert checks == ["True True"] * 4
    assert fields == (
        "('radius', 'angle', 'upper') PolarPartsResult [True, True, False] [True, False]"
    )
    assert node == "<PolarPartsBackward> ['<AccumulateGrad>', '<AccumulateGrad>']"
    assert pickled == "True"


def test_its_results_pickle_into_a_process_that_has_not_called_it(polar, tmp_path):
    file = tmp_path / "parts.pickle"
    polar.out(f"""
        import pathlib, pickle
        import xpgrad as xp
        pathlib.Path({str(file)!r}).write_bytes(pickle.dumps(xp.polar.parts(xp.ones(2), xp.ones(2))))
    """)
    code = f"""
        import pathlib, pickle
        found = pickle.loads(pathlib.Path({str(file)!r}).read_bytes())
        print(found._fields, found.upper.tolist())
    """
    assert polar.out(code) == "('radius', 'angle', 'upper') [True, True]"


def test_a_name_has_at_most_one_chapter(site):
    site.add("my-deep", "deep", """
        @hookimpl
        def xpgrad_ops():
            return [OpSpec("a.b.c", "nowhere:f")]
    """)  # fmt: skip
    done = site.run("import xpgrad as xp; xp.supports('a.b.c')")
    assert "'a.b.c'" in done.stderr
