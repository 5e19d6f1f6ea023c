"""Distributions of real numbers, differentiable by their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import xpgrad as xp
from xpgrad import _random
from xpgrad._namespace._operations import operation
from xpgrad._tensor import Tensor
from xpgrad.errors import DTypeError
from xpgrad.random._drawing import Drawing, not_negative, to_host

if TYPE_CHECKING:
    from xpgrad._generator import Generator

__all__ = ["exponential", "gamma", "normal", "truncated_normal", "uniform"]


def uniform(
    shape: Any = None, low: Any = 0.0, high: Any = 1.0, *, dtype: Any = None, device: Any = None,
    generator: Generator | str | None = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Numbers spread evenly from ``low`` to ``high``.

    Args:
        shape: default: that of the parameters.
        low: where they begin; differentiable.
        high: where they end, without it but for rounding; differentiable.
        dtype: real floating; default: that of the parameters, or the default dtype.
        device: default: that of the parameters, or the default device.
        generator: default: the one that :func:`manual_seed` seeds; "native": the device's own.
        requires_grad: whether to record what is computed from them.

    Example:
        >>> import xpgrad as xp
        >>> xp.random.uniform((2, 3), 5.0, 6.0).shape
        (2, 3)
    """
    drawing = Drawing("uniform", shape, dtype, device, low, high)
    out = drawing.uniform(generator)
    low, high = drawing.parameters
    if isinstance(low, Tensor) or isinstance(high, Tensor) or (low, high) != (0.0, 1.0):
        out = low + (high - low) * out
    return drawing.finished(out, requires_grad)


def normal(
    shape: Any = None, loc: Any = 0.0, scale: Any = 1.0, *, dtype: Any = None, device: Any = None,
    generator: Generator | str | None = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Normal numbers of mean ``loc`` and standard deviation ``scale``, differentiable by both.

    The other arguments are those of :func:`uniform`. Complex ones have half of the variance in each part.

    Raises:
        ValueError: if ``scale`` is a negative number.

    Example:
        >>> import xpgrad as xp
        >>> scale = xp.asarray(2.0, requires_grad=True)
        >>> x = xp.random.normal(1000, 3.0, scale)
        >>> x.mean().backward()
        >>> bool(xp.abs(scale.grad) < 0.2)
        True
    """
    not_negative("normal", "scale", scale)
    drawing = Drawing("normal", shape, dtype, device, loc, scale)
    out = drawing.tensor(lambda n: _random.normal(generator, n, drawing.dtype, drawing.place))
    loc, scale = drawing.parameters
    if isinstance(loc, Tensor) or isinstance(scale, Tensor) or (loc, scale) != (0.0, 1.0):
        out = loc + scale * out
    return drawing.finished(out, requires_grad)


def exponential(
    shape: Any = None, scale: Any = 1.0, *, dtype: Any = None, device: Any = None,
    generator: Generator | str | None = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Exponentially distributed numbers of mean ``scale``, differentiable by it; else as :func:`uniform`.

    Raises:
        ValueError: if ``scale`` is a negative number.

    Example:
        >>> import xpgrad as xp
        >>> bool(xp.all(xp.random.exponential(100, 2.0) >= 0))
        True
    """
    not_negative("exponential", "scale", scale)
    drawing = Drawing("exponential", shape, dtype, device, scale)
    out = -xp.log1p(-drawing.uniform(generator)) * drawing.parameters[0]
    return drawing.finished(out, requires_grad)


def truncated_normal(
    shape: Any = None, low: Any = -2.0, high: Any = 2.0, loc: Any = 0.0, scale: Any = 1.0, *, dtype: Any = None,
    device: Any = None, generator: Generator | str | None = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Normal numbers of mean ``loc`` and standard deviation ``scale`` that lie between ``low`` and ``high``.

    Differentiable by all four: the inverse of the distribution function at uniform numbers. An interval that lies
    more than 37 standard deviations (float32: 13) to one side of ``loc`` gives its nearer end. Else as :func:`uniform`.

    Raises:
        ValueError: if ``scale`` is a negative number.

    Example:
        >>> import xpgrad as xp
        >>> x = xp.random.truncated_normal(1000, -1.0, 3.0)
        >>> bool(xp.all((x >= -1.0) & (x <= 3.0)))
        True
    """
    not_negative("truncated_normal", "scale", scale)
    drawing = Drawing("truncated_normal", shape, dtype, device, low, high, loc, scale)
    u = drawing.positive_uniform(generator)
    low, high, loc, scale = drawing.parameters
    below, above = (u.detach() * 0.0 + (bound - loc) / scale for bound in (low, high))
    # in the lower tail small probabilities keep their digits: turn an interval round that lies above the mean
    turned = (below + above).detach() > 0.0
    first = xp.where(turned, -above, below)
    last = xp.where(turned, -below, above)
    least, most = (0.5 * xp.erfc(t * -(0.5**0.5)) for t in (first, last))
    z = operation("normal_quantile")(least + u * (most - least))
    out = loc + scale * xp.where(turned, -z, z)
    return drawing.finished(xp.clip(out, low, high), requires_grad)


def gamma(
    shape: Any = None, concentration: Any = 1.0, scale: Any = 1.0, *, dtype: Any = None, device: Any = None,
    generator: Generator | str | None = None, requires_grad: bool = False,
) -> Any:  # fmt: skip
    """Numbers of the gamma distribution of density ``x ** (concentration - 1) * exp(-x / scale)``, up to a factor.

    Differentiable by ``scale``; else as :func:`uniform`.

    Raises:
        NotImplementedError: if ``concentration`` requires grad or has a tangent.
        ValueError: if a parameter is a negative number.

    Example:
        >>> import xpgrad as xp
        >>> bool(xp.all(xp.random.gamma(100, 2.5) >= 0))
        True
    """
    for parameter, value in (("concentration", concentration), ("scale", scale)):
        not_negative("gamma", parameter, value)
    if isinstance(concentration, Tensor) and concentration._carries():
        message = "random.gamma has no derivative by concentration; detach it if none should flow"
        raise NotImplementedError(message)
    drawing = Drawing("gamma", shape, dtype, device, concentration, scale)
    if drawing.dtype.kind != "real floating":
        message = f"gamma numbers need a real floating dtype, got {drawing.dtype}"
        raise DTypeError(message)
    alpha, scale = drawing.parameters
    shapes = to_host(alpha) if isinstance(alpha, Tensor) else alpha
    stream = _random.stream(generator, drawing.place)
    out = drawing.tensor(lambda n: stream.draw("standard_gamma", shapes, n))
    return drawing.finished(out * scale, requires_grad)
