"""``conv`` and ``conv_transpose`` in any number of dimensions: PyTorch's options, checked and spelled out."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from xpgrad._namespace._lift import lift_many
from xpgrad._namespace._operations import operation
from xpgrad._namespace.contraction import of_one_dtype
from xpgrad.errors import ShapeError

__all__ = ["conv", "conv_transpose"]

Pairs = tuple[tuple[int, int], ...]
Sizes = tuple[int, ...]


class Given(NamedTuple):
    """What a call was given, for its messages."""

    name: str
    x: Any
    weight: Any
    bias: Any


def conv(
    x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:  # fmt: skip
    """The product of a kernel with every window of an array, summed over channels (cross-correlation).

    Args:
        x: ``(batch, channels, *space)``, or one array ``(channels, *space)``.
        weight: the kernel, ``(channels out, channels / groups, *sizes)``; its rank says how many dimensions space has.
        bias: ``(channels out,)``, or None.
        stride: from one window to the next; a number, or one for each dimension.
        padding: zeros at both ends, a number or one for each dimension; ``"valid"``: none; ``"same"``: as many as make
            the result as long as ``x`` (for stride 1; where their number is odd, the end gets one more).
        dilation: from one element of a window to the next.
        groups: the channels are divided into as many groups, each convolved with its own kernels.

    Shapes: ``(batch, channels out, *floor((n + 2 * padding - dilation * (size - 1) - 1) / stride + 1))``.
    Dtypes: that of all arrays together.
    Derivative: to any order (linear in each argument).
    Raises: ShapeError where shapes or options do not fit, with the formula.

    >>> import xpgrad as xp
    >>> xp.conv(xp.asarray([[[1.0, 2.0, 3.0, 4.0]]]), xp.asarray([[[1.0, -1.0]]]))
    tensor([[[-1., -1., -1.]]])
    """
    given = Given("conv", *lift_many("conv", x, weight, bias))
    d = _dimensions(given, given.weight.shape[0] if given.weight.ndim else 0)
    _check_groups(given, given.weight.shape[1] * groups, given.weight.shape[0], groups)
    sizes = given.weight.shape[2:]
    stride, dilation = (
        _each(given, n, v, d, 1) for n, v in (("stride", stride), ("dilation", dilation))
    )
    pairs = _padding(given, padding, stride, dilation)
    space = given.x.shape[-d:]
    for n, k, (a, b), s, step in zip(space, sizes, pairs, stride, dilation, strict=True):
        if n + a + b < step * (k - 1) + 1 or k < 1:
            formula = f"floor(({n} + {a} + {b} - {step} * ({k} - 1) - 1) / {s}) + 1"
            _refuse(given, f"an axis of {n} would have {formula} windows, fewer than one")
    return _called(given, "convolved", d, (pairs, stride, dilation, groups))


def conv_transpose(
    x: Any, weight: Any, bias: Any = None, *, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
    groups: int = 1, dilation: Any = 1,
) -> Any:  # fmt: skip
    """The transpose of :func:`conv` by its array: every element gives a multiple of the kernel, and these add up.

    Args:
        x: ``(batch, channels, *space)``, or one array ``(channels, *space)``.
        weight: the kernel, ``(channels, channels out / groups, *sizes)``.
        bias: ``(channels out,)``, or None.
        stride: from one copy of the kernel to the next; a number, or one for each dimension.
        padding: how much is cut off at both ends.
        output_padding: how much longer the result is at the far end; less than ``stride`` or ``dilation``.
        groups: the channels are divided into as many groups.
        dilation: from one element of the kernel to the next.

    Shapes: ``(batch, channels out, *((n - 1) * stride - 2 * padding + dilation * (size - 1) + output_padding + 1))``.
    Dtypes: that of all arrays together.
    Derivative: to any order (linear in each argument).
    Raises: ShapeError where shapes or options do not fit, with the formula.

    >>> import xpgrad as xp
    >>> xp.conv_transpose(xp.asarray([[[1.0, 2.0]]]), xp.asarray([[[1.0, 10.0]]]), stride=2)
    tensor([[[ 1., 10.,  2., 20.]]])
    """
    given = Given("conv_transpose", *lift_many("conv_transpose", x, weight, bias))
    out = given.weight.shape[1] * groups if given.weight.ndim > 1 else 0
    d = _dimensions(given, out)
    _check_groups(given, given.weight.shape[0], out, groups)
    stride, dilation = (
        _each(given, n, v, d, 1) for n, v in (("stride", stride), ("dilation", dilation))
    )
    padding, longer = (
        _each(given, n, v, d, 0)
        for n, v in (("padding", padding), ("output_padding", output_padding))
    )
    space, pairs, zeros = [], [], []
    for n, k, p, o, s, step in zip(
        given.x.shape[-d:], given.weight.shape[2:], padding, longer, stride, dilation, strict=True
    ):
        if o >= max(s, step):
            _refuse(
                given, f"output_padding {o} must be less than the stride {s} or the dilation {step}"
            )
        length = (n - 1) * s - 2 * p + step * (k - 1) + o + 1
        if length < 1 or n < 1 or k < 1:
            formula = f"({n} - 1) * {s} - 2 * {p} + {step} * ({k} - 1) + {o} + 1 = {length}"
            _refuse(given, f"an axis of {n} would become {formula} long")
        cut = (
            p - o // s * s
        )  # as the transpose of a convolution, the result is longer by less than a stride
        pairs.append((p, max(cut, 0)))
        zeros.append((0, max(-cut, 0)))
        space.append(length - max(-cut, 0))
    options = (tuple(space), tuple(pairs), stride, dilation, groups)
    return _called(given, "unconvolved", d, options, tuple(zeros))


def _called(given: Given, name: str, d: int, options: tuple[Any, ...], zeros: Pairs = ()) -> Any:
    """The operation with a batch and arrays of one dtype; then more zeros, and the bias."""
    arrays = [a for a in given[1:] if a is not None]
    x, weight, *bias = of_one_dtype(arrays)
    alone = x.ndim == d + 1
    if alone:
        x = operation("expand_dims")(x, 0)
    out = operation(name)(x, weight, *options)
    if any(after for _, after in zeros):
        out = operation("padded")(out, ((0, 0), (0, 0), *zeros), "constant")
    if bias:
        out = out + operation("reshape")(bias[0], (-1, *(1,) * d))
    return operation("squeeze")(out, 0) if alone else out


# --- checks -----------------------------------------------------------------------------------------


def _dimensions(given: Given, out: int) -> int:
    """How many dimensions space has."""
    d: int = given.weight.ndim - 2
    if d < 1 or given.x.ndim not in (d + 1, d + 2):
        _refuse(given, "expected (batch, channels, *space) and (channels, channels, *sizes) with as many sizes as "
                "dimensions in space")  # fmt: skip
    if given.bias is not None and given.bias.shape != (out,):
        _refuse(given, f"the bias must have shape ({out},), got {given.bias.shape}")
    return d


def _check_groups(given: Given, channels: int, out: int, groups: int) -> None:
    if type(groups) is not int or groups < 1 or given.weight.shape[0] % groups:
        _refuse(
            given,
            f"groups must be a positive integer that divides the {given.weight.shape[0]} kernels, got {groups!r}",
        )
    have = given.x.shape[1 - given.weight.ndim]
    if have != channels:
        many = f" in {groups} groups" if groups > 1 else ""
        _refuse(
            given,
            f"the kernel takes {channels} channels{many} and gives {out}; the array has {have}",
        )


def _each(given: Given, name: str, value: Any, d: int, least: int) -> Sizes:
    """A number, or one for each dimension, as one for each."""
    try:
        found = (
            (value.__index__(),) * d
            if hasattr(value, "__index__")
            else tuple(v.__index__() for v in value)
        )
    except (AttributeError, TypeError):
        found = ()
    if len(found) == 1:
        found *= d
    if len(found) != d or min(found) < least:
        _refuse(
            given, f"{name} must be an integer of at least {least}, or {d} of them, got {value!r}"
        )
    return found


def _padding(given: Given, padding: Any, stride: Sizes, dilation: Sizes) -> Pairs:
    sizes = given.weight.shape[2:]
    if not isinstance(padding, str):
        return tuple((p, p) for p in _each(given, "padding", padding, len(sizes), 0))
    if padding == "valid":
        return ((0, 0),) * len(sizes)
    if padding != "same":
        _refuse(given, f"padding must be integers, 'same' or 'valid', got {padding!r}")
    if set(stride) != {1}:
        _refuse(given, f"padding='same' needs stride 1, got {stride}")
    total = [d * (k - 1) for d, k in zip(dilation, sizes, strict=True)]
    return tuple((n // 2, n - n // 2) for n in total)


def _refuse(given: Given, why: str) -> NoReturn:
    message = f"{given.name} of an array of shape {given.x.shape} with a kernel of shape {given.weight.shape}: {why}"
    raise ShapeError(message)
