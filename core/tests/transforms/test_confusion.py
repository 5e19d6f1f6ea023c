"""No value of an inner derivative is taken for one of an outer, whichever way each of them is taken."""

import importlib.util
import itertools
import math
import pathlib

import pytest

import xpgrad as xp

_spec = importlib.util.spec_from_file_location(
    "derivatives", pathlib.Path(__file__).with_name("derivatives.py")
)
derivatives = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(derivatives)
WAYS = derivatives.WAYS
PAIRS = list(itertools.product(WAYS, WAYS))


def siskind_and_pearlmutter(D, E, one):
    return D(lambda x: x * E(lambda y: x + y, one), one), 1.0


def inner_point_is_the_outer_variable(D, E, one):
    # E: 2xy at y = x; x * 2x² = 2x³
    return D(lambda x: x * E(lambda y: x * y * y, x), 3 * one), 54.0


def inner_point_depends_on_the_outer_variable(D, E, one):
    # E: x cos(x y) at y = x²: x cos(x³)
    at = 0.7
    expected = math.cos(at**3) - 3 * at**3 * math.sin(at**3)
    return D(lambda x: E(lambda y: xp.sin(x * y), x**2), at * one), expected


def one_value_in_both_roles(D, E, one):
    return D(lambda x: E(lambda y: x * y, x), 5 * one), 1.0


def inner_function_ignores_its_variable(D, E, one):
    return D(lambda x: x * E(lambda y: x * x + 0 * y, x), 2 * one), 0.0


def inner_derivative_is_a_constant(D, E, one):
    return D(lambda x: x * E(lambda y: y**3, 2 * one), 7 * one), 12.0


def closure_made_by_a_function(D, E, one):
    def line(slope):
        return lambda y: slope * y + slope

    # E: x² ; x³
    return D(lambda x: E(line(x * x), one) * x, 2 * one), 12.0


def inner_loop(D, E, one):
    def f(x):
        total = 0 * x
        for k in range(1, 4):
            total = total + x * E(lambda y, k=k: x * y**k, 2 * one)
        return total  # 17 x²

    return D(f, 3 * one), 102.0


def steps_of_descent(D, E, one):
    def f(x):
        y = 0 * x
        for _ in range(3):
            y = y - 0.25 * E(lambda z: (z - x) ** 2, y)
        return y * y  # (7 x / 8)²

    return D(f, 2 * one), 2 * 0.875**2 * 2


def second_derivative_times_the_variable(D, E, one):
    # x · 3x²
    return D(lambda x: x * E(lambda y: y**3, x), 2 * one), 36.0


def composition_of_both(D, E, one):
    at = 0.4
    inner, slope = at * math.cos(at**2), math.cos(at**2) - 2 * at**2 * math.sin(at**2)
    return D(
        lambda x: xp.exp(E(lambda y: xp.sin(x * y), x)), at * one
    ), slope * math.exp(inner)  # fmt: skip


def inner_derivative_twice(D, E, one):
    # y² x at y = x for both: (2x²)(2x²) = 4x⁴
    def f(x):
        def g(y):
            return x * y * y

        return E(g, x) * E(g, x)

    return D(f, one), 16.0


def result_of_the_inner_is_the_point_of_the_next(D, E, one):
    # first: 2x at y = 1 -> 2x; then 3 y² x at y = 2x -> 12 x³
    def f(x):
        first = E(lambda y: x * y * y, one)
        return E(lambda y: x * y**3, first)

    return D(f, one), 36.0


def piece_chosen_by_a_mask(D, E, one):
    # where y > x/2: y² x else y; at y = x: 2x²
    def f(x):
        return E(lambda y: xp.where(y > x / 2, y * y * x, y), x)

    return D(f, 3 * one), 12.0


def in_place_inside(D, E, one):
    # y(x + y) at y = x: x + 2y = 3x ; times x
    def f(x):
        def g(y):
            z = y * 1
            z += x
            z *= y
            return z

        return x * E(g, x)

    return D(f, 2 * one), 12.0


def written_elements(D, E, one):
    # [x, y, x y]: product x² y², at y = x: 2x³
    def f(x):
        def g(y):
            z = xp.zeros(3, device=one.device)
            z[0] = x
            z[1] = y
            z[2] = x * y
            return xp.prod(z)

        return E(g, x)

    return D(f, 2 * one), 24.0


PROGRAMS = [
    siskind_and_pearlmutter, inner_point_is_the_outer_variable, inner_point_depends_on_the_outer_variable,
    one_value_in_both_roles, inner_function_ignores_its_variable, inner_derivative_is_a_constant,
    closure_made_by_a_function, inner_loop, steps_of_descent, second_derivative_times_the_variable,
    composition_of_both, inner_derivative_twice, result_of_the_inner_is_the_point_of_the_next,
    piece_chosen_by_a_mask, in_place_inside, written_elements,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_two_levels(program, outer, inner):
    found, expected = program(WAYS[outer], WAYS[inner], xp.ones(()))
    assert found.shape == ()
    assert found.item() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert not xp._modes.LEVELS.get()


def three(D, E, F, one):
    """F: x y; y·x y -> E: 2xy at y = x; x·2x² -> 6x²."""
    return D(
        lambda x: x * E(lambda y: y * F(lambda z: x * y * z, y), x), 2 * one
    ), 24.0  # fmt: skip


def three_points_in_one(D, E, F, one):
    """x y z² at z = y: F = 2 x y²; at y = x: E = 4 x²; D = 8 x."""
    return D(
        lambda x: E(lambda y: F(lambda z: x * y * z * z, y), x), 2 * one
    ), 16.0  # fmt: skip


def third_derivative(D, E, F, one):
    return D(lambda x: E(lambda y: F(lambda z: z**4, y), x), 2 * one), 48.0


def middle_ignored(D, E, F, one):
    """F: x² at any z; E by y of x² y = x²; D of x·x² = 3x²."""
    return D(
        lambda x: x * E(lambda y: y * F(lambda z: x * x * z, one), one), 2 * one
    ), 12.0  # fmt: skip


@pytest.mark.parametrize("program", [three, three_points_in_one, third_derivative, middle_ignored],
                         ids=lambda p: p.__name__)  # fmt: skip
@pytest.mark.parametrize("outer", WAYS)
def test_three_levels(program, outer):
    for middle, inner in PAIRS:
        found, expected = program(WAYS[outer], WAYS[middle], WAYS[inner], xp.ones(()))
        assert found.item() == pytest.approx(expected, rel=1e-12), (outer, middle, inner)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_on_every_device(outer, inner, device):
    for program in (siskind_and_pearlmutter, composition_of_both, written_elements):
        found, expected = program(WAYS[outer], WAYS[inner], xp.ones((), device=device))
        assert str(found.device) == str(xp.device(device))
        assert found.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_leaves_of_trees_keep_their_levels(outer, inner):
    """The same tensors in a tree and in a closure are different variables."""

    def f(x):
        tree = {"a": x, "b": (x * x, [x])}

        def g(y):
            mine = {"a": y, "b": (y * x, [x * 1])}
            return sum(
                p * q for p, q in zip(leaves(tree), leaves(mine), strict=True)
            )  # x y + x³ y + x²

        return WAYS[inner](g, x)  # x + x³

    assert WAYS[outer](f, xp.asarray(2.0)).item() == pytest.approx(13.0, rel=1e-12)


def leaves(tree):
    a, (b, (c,)) = tree.values()
    return [a, b, c]


@pytest.mark.parametrize("first", range(len(WAYS)))
def test_four_levels_of_four_ways(first):
    """x y z w² at w = z, z = y, y = x."""
    ways = list(WAYS.values())
    A, B, C, D = (ways[(first + k) % len(ways)] for k in (0, 1, 3, 5))
    found = A(
        lambda x: B(lambda y: C(lambda z: D(lambda w: x * y * z * w * w, z), y), x), xp.asarray(1.5)
    )
    # D: 2xyz², C at z = y: 4xy², B at y = x: 8x², A: 16x
    assert found.item() == pytest.approx(24.0, rel=1e-12)
