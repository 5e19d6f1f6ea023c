"""Elementary functions that the standard lacks, composed of its own; interpolation; products of blocks."""

from __future__ import annotations

import math
from typing import Any

from xpgrad._namespace._lift import lift, lift_all, lift_many
from xpgrad._namespace._operations import operation
from xpgrad._namespace.creation import asarray, zeros_like
from xpgrad._tensor import Tensor
from xpgrad.errors import ShapeError

__all__ = [
    "allclose", "angle", "deg2rad", "fmax", "fmin", "heaviside", "interp", "isclose", "kron", "logaddexp2", "rad2deg",
]  # fmt: skip

LN2 = math.log(2.0)
DEGREE = math.pi / 180.0


def angle(z: Any, /, *, deg: bool = False) -> Any:
    """The angle of complex numbers, from -pi to pi (with ``deg``: in degrees); 0 or pi for real ones.

    Derivative: to any order; NaN at 0 for complex numbers, 0 for real ones.

    Example:
        >>> import xpgrad as xp
        >>> xp.angle(xp.asarray([1.0 + 1.0j, -1.0]), deg=True)
        tensor([ 45., 180.])
    """
    t = lift(z)
    if t.dtype.is_complex:
        result = operation("atan2")(operation("imag")(t), operation("real")(t))
    else:
        result = operation("atan2")(zeros_like(t), t.detach())
    return result / DEGREE if deg else result


def deg2rad(x: Any, /) -> Any:
    """Degrees in radians. Differentiable to any order (linear).

    Example:
        >>> import xpgrad as xp
        >>> xp.deg2rad(xp.asarray([180.0]))
        tensor([3.14159265])
    """
    return operation("multiply")(x, DEGREE)


def rad2deg(x: Any, /) -> Any:
    """Radians in degrees. Differentiable to any order (linear).

    Example:
        >>> import xpgrad as xp
        >>> xp.rad2deg(xp.asarray([xp.pi]))
        tensor([180.])
    """
    return operation("divide")(x, DEGREE)


def heaviside(x1: Any, x2: Any, /) -> Any:
    """0 where ``x1`` is negative, 1 where it is positive, ``x2`` where it is 0; they broadcast.

    Derivative: 0 by ``x1``; 1 by ``x2`` where ``x1`` is 0.

    Example:
        >>> import xpgrad as xp
        >>> xp.heaviside(xp.asarray([-1.0, 0.0, 1.0]), 0.5)
        tensor([0. , 0.5, 1. ])
    """
    first, second = lift_all("heaviside", x1, x2)
    fixed = operation("multiply")(first.detach(), 1.0)  # integers become floating
    sides = operation("where")(fixed > 0.0, 1.0, operation("where")(fixed < 0.0, 0.0, fixed))
    return operation("where")(fixed == 0.0, second, sides)


def _present_extremum(name: str, x1: Any, x2: Any) -> Any:
    first, second = lift_all(name, x1, x2)
    if not (first.dtype.is_floating or second.dtype.is_floating):
        return operation(name)(first, second)
    where, isnan = operation("where"), operation("isnan")
    best = operation(name)(first, second)
    return where(isnan(first), second, where(isnan(second), first, best))


def fmax(x1: Any, x2: Any, /) -> Any:
    """The larger of two, and the number where the other is NaN; they broadcast.

    Derivative: to any order; half each where they are equal, 0 by NaN beside a number.

    Example:
        >>> import xpgrad as xp
        >>> xp.fmax(xp.asarray([1.0, xp.nan]), 2.0)
        tensor([2., 2.])
    """
    return _present_extremum("maximum", x1, x2)


def fmin(x1: Any, x2: Any, /) -> Any:
    """The smaller of two, and the number where the other is NaN; they broadcast.

    Derivative: to any order; half each where they are equal, 0 by NaN beside a number.

    Example:
        >>> import xpgrad as xp
        >>> xp.fmin(xp.asarray([1.0, xp.nan]), 2.0)
        tensor([1., 2.])
    """
    return _present_extremum("minimum", x1, x2)


def logaddexp2(x1: Any, x2: Any, /) -> Any:
    """log2(2^x1 + 2^x2), without overflow; they broadcast. Differentiable to any order.

    Example:
        >>> import xpgrad as xp
        >>> xp.logaddexp2(xp.asarray([3.0]), 3.0)
        tensor([4.])
    """
    first, second = lift_all("logaddexp2", x1, x2)
    return operation("logaddexp")(first * LN2, second * LN2) / LN2


def kron(x1: Any, x2: Any, /) -> Any:
    """Kronecker's product: ``x2`` multiplied by each element of ``x1``, as blocks. Linear in each.

    Example:
        >>> import xpgrad as xp
        >>> xp.kron(xp.asarray([1.0, 10.0]), xp.asarray([1.0, 2.0]))
        tensor([ 1.,  2., 10., 20.])
    """
    first, second = lift_all("kron", x1, x2)
    rank = max(first.ndim, second.ndim)
    shape1, shape2 = ((1,) * (rank - t.ndim) + t.shape for t in (first, second))
    outer = operation("reshape")(first, tuple(m for n in shape1 for m in (n, 1)))
    inner = operation("reshape")(second, tuple(m for n in shape2 for m in (1, n)))
    blocks = operation("multiply")(outer, inner)
    return operation("reshape")(blocks, tuple(n * m for n, m in zip(shape1, shape2, strict=True)))


def isclose(
    x1: Any, x2: Any, /, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether ``|x1 - x2| <= atol + rtol |x2|``, or both are the same infinity; no derivative.

    Example:
        >>> import xpgrad as xp
        >>> xp.isclose(xp.asarray([1.0, 2.0]), 1.0 + 1e-9)
        tensor([ True, False])
    """
    first, second = (t.detach() for t in lift_all("isclose", x1, x2))
    if not (first.dtype.is_floating or second.dtype.is_floating):
        first = operation("multiply")(first, 1.0)
    isfinite, isnan = operation("isfinite"), operation("isnan")
    same = operation("equal")(first, second)
    if equal_nan:
        same = same | (isnan(first) & isnan(second))
    finite = isfinite(first) & isfinite(second)
    first, second = (operation("where")(finite, t, 0.0) for t in (first, second))
    distance = operation("abs")(first - second)
    return same | finite & (distance <= atol + rtol * operation("abs")(second))


def allclose(
    x1: Any, x2: Any, /, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether :func:`isclose` holds everywhere.

    Example:
        >>> import xpgrad as xp
        >>> xp.allclose(xp.asarray([1.0, 2.0]), [1.0, 2.0 + 1e-9])
        True
    """
    return bool(operation("all")(isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan)))


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The piecewise linear function through the points ``(xp, fp)``, at ``x``.

    Args:
        x: where; any shape.
        xp: the points' places, in one dimension and increasing (with ``period``: in any order).
        fp: the points' values; may be complex.
        left: the value below the first point; default: that point's.
        right: the value above the last point; default: that point's.
        period: the function repeats; ``left`` and ``right`` are then not used.

    Derivative: to any order by ``x``, ``xp``, ``fp``, ``left``, ``right`` and ``period``; chosen: at a point, the
    slope to its right (0 at the last one).

    Raises:
        ShapeError: if ``xp`` and ``fp`` are not of one length in one dimension.

    Example:
        >>> import xpgrad as xp
        >>> xp.interp(xp.asarray([0.5, 9.0]), [0.0, 1.0], [10.0, 20.0])
        tensor([15., 20.])
    """
    device = next((a.device for a in (x, xp, fp) if isinstance(a, Tensor)), None)
    points = (asarray(a, device=device) if isinstance(a, (list, tuple)) else a for a in (xp, fp))
    at, knots, heights = lift_many("interp", x, *points)
    if knots.ndim != 1 or knots.shape != heights.shape or not knots.shape[0]:
        message = (
            f"interp: xp and fp must have one dimension and one length of at least 1, got {knots.shape} and "
            f"{heights.shape}"
        )
        raise ShapeError(message)
    if period is None:
        result = _between(at, knots, heights)
        where = operation("where")
        result = result if left is None else where(at < knots[0], left, result)
        return result if right is None else where(at > knots[-1], right, result)
    period = abs(period)
    at, knots = (operation("remainder")(t, period) for t in (at, knots))
    order = operation("argsort")(knots.detach())
    knots, heights = (operation("take")(t, order, axis=0) for t in (knots, heights))
    knots = operation("concat")([knots[-1:] - period, knots, knots[:1] + period])
    heights = operation("concat")([heights[-1:], heights, heights[:1]])
    return _between(at, knots, heights)


def _between(at: Any, knots: Any, heights: Any) -> Any:
    take, where = operation("take"), operation("where")
    line = operation("reshape")(at, (-1,))
    after = operation("searchsorted")(knots.detach(), line.detach(), side="right")
    last = knots.shape[0] - 1
    low, high = (operation("clip")(i, 0, last) for i in (after - 1, after))
    outside = low == high
    width = take(knots, high, axis=0) - take(knots, low, axis=0)
    slope = (take(heights, high, axis=0) - take(heights, low, axis=0)) / where(outside, 1.0, width)
    offset = where(outside & ~operation("isnan")(line), 0.0, line - take(knots, low, axis=0))
    result = take(heights, low, axis=0) + slope * offset
    return operation("reshape")(result, at.shape)
