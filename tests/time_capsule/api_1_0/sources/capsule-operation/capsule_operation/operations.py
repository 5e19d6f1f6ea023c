"""The functions and their rules."""

from xpgrad.extend import elementwise, general, linear, multilinear


def soft(x, limit, /, *, sharpness=1.0, xp):
    """``s x limit / (limit + |s x|)``: between ``-limit`` and ``limit``, for a positive limit.

    Derivative: to any order; chosen: 0 at 0 for the second.
    """
    y = sharpness * x
    return y * limit / (limit + xp.abs(y))


def _by_x(g, x, limit, sharpness, xp):
    share = limit / (limit + xp.abs(sharpness * x))
    return g * sharpness * share * share


def _by_limit(g, x, limit, out, sharpness, xp):
    return g * (out / limit) * xp.abs(sharpness * x) / (limit + xp.abs(sharpness * x))


SOFT = elementwise("capsule.soft", x=_by_x, limit=_by_limit)


def pairs(x, /, *, weight=0.5, xp):
    """Sums of neighbours along the first axis, the second one times ``weight``: one shorter there."""
    return x[:-1, ...] + weight * x[1:, ...]


def _back(g, like_x, weight, xp):
    nothing = xp.zeros((1, *like_x.shape[1:]), dtype=g.dtype, device=g.device)
    return xp.concat((g, nothing)) + weight * xp.concat((nothing, g))


PAIRS = linear("capsule.pairs", x=_back)


def blend(x1, x2, /, *, xp):
    """The product of two arrays, element by element."""
    return x1 * x2


BLEND = multilinear("capsule.blend", x1=lambda g, x2: g * x2, x2=lambda g, x1: g * x1)


def peak(x, width, /, *, xp):
    """``1 / (1 + (x / width) ** 2)``; the arrays broadcast."""
    ratio = x / width
    return 1.0 / (1.0 + ratio * ratio)


PEAK = general(
    "capsule.peak",
    broadcast=True,
    x=lambda g, x, width, out: -2.0 * g * out * out * x / (width * width),
    width=lambda g, x, width, out: 2.0 * g * out * out * x * x / (width * width * width),
)


def level(x, /, *, xp):
    """How many halves fit: an operation without a derivative."""
    return xp.floor(2.0 * x)
