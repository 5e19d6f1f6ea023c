"""What PyTorch does in its own way: keys as NumPy reads them, sums at indices, and gaps of its namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import array_api_compat.torch as compat
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

FFTS = "fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft".split()


# --- reading and writing at indices -----------------------------------------------------------------------


def as_numpy(key: Any, x: Any) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """A key that PyTorch reads as NumPy does, and the axes of ``x`` to be turned round before.

    PyTorch has no negative steps, takes only int64 for integers, and an integer beside arrays for a slice.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    arrays = any(isinstance(k, torch.Tensor) and (k.ndim or k.dtype == torch.bool) for k in parts)
    used = [0 if k is None or k is ... else _axes(k) for k in parts]
    axis, turned = 0, []
    for i, k in enumerate(parts):
        if isinstance(k, slice) and k.step is not None and k.step < 0:
            places = range(x.shape[axis])[k]
            first = x.shape[axis] - 1 - places.start if places else 0
            parts[i] = slice(
                first, first + (len(places) - 1) * -k.step + 1 if places else first, -k.step
            )
            turned.append(axis)
        elif isinstance(k, torch.Tensor) and k.dtype != torch.bool:
            parts[i] = k.long().reshape(k.shape if k.ndim or not arrays else (1,))
        elif isinstance(k, int) and arrays:
            parts[i] = torch.tensor([k], device=x.device)
        axis += x.ndim - sum(used) if k is ... else used[i]
    return tuple(parts), tuple(turned)


def _axes(k: Any) -> int:
    return k.ndim if isinstance(k, torch.Tensor) and k.dtype == torch.bool else 1


def getitem(x: Any, key: Any) -> Any:
    key, turned = as_numpy(key, x)
    x = x.flip(turned) if turned else x
    if len(key) > 2 and any(k is ... for k in key[1:-1]):
        return _parted(x, key)
    return x[key]


def _parted(x: Any, key: tuple[Any, ...]) -> Any:
    """``x[key]``, where an ellipsis that stands for no axis may part arrays: NumPy puts their axes in front then.

    To PyTorch it is nothing; ``None`` parts them for both, and its axis is taken out again.
    """
    joint = [i for i, k in enumerate(key) if isinstance(k, torch.Tensor)]
    at = next(i for i, k in enumerate(key) if k is ...)
    axes = sum(_axes(k) for k in key if k is not None and k is not ...)
    if not joint or not joint[0] < at < joint[-1] or axes != x.ndim:
        return x[key]
    rank = max(1 if key[i].dtype == torch.bool else key[i].ndim for i in joint)
    ahead = sum(k is None or isinstance(k, slice) for k in key[:at])
    return x[(*key[:at], None, *key[at + 1 :])].squeeze(rank + ahead)


def write(x: Any, key: Any, values: Any, own: bool, put: Callable[..., Any]) -> Any:
    """``put`` values into a view of a copy, or at places in flat order where there is no view."""
    result = x if own else x.clone(memory_format=torch.contiguous_format)
    straight, turned = as_numpy(key, x)
    if not turned and not any(isinstance(k, torch.Tensor) for k in straight):
        view = result[straight]
        put(view, None, fitted(values, x, view.shape))
        return result
    where = getitem(torch.arange(x.numel(), device=x.device).reshape(x.shape), key)
    put(result.view(-1), where.reshape(-1), fitted(values, x, where.shape).reshape(-1))
    return result


def fitted(values: Any, x: Any, shape: Any) -> Any:
    """Assigned values in the shape of their places; NumPy lets them have leading ones."""
    values = values.reshape(values.shape[max(values.ndim - len(shape), 0) :])
    return values.to(x.dtype).broadcast_to(shape)


def store(target: Any, where: Any, values: Any) -> None:
    if where is None:
        target.copy_(values)
        return
    number = torch.arange(len(where), device=target.device)
    last = number.new_zeros(len(target)).scatter_reduce_(0, where, number, "amax")
    target[where] = values[last[where]]  # PyTorch leaves open which of several values stays


def add(target: Any, where: Any, values: Any) -> None:
    target.add_(values) if where is None else target.index_add_(0, where, values)


def setitem(x: Any, values: Any, key: Any) -> Any:
    return write(x, key, values, False, store)


def index_add(x: Any, key: Any, values: Any, own: bool) -> Any:
    lone = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if isinstance(lone, torch.Tensor) and lone.ndim and lone.dtype != torch.bool:
        rows = fitted(values, x, (*lone.shape, *x.shape[1:])).reshape(lone.numel(), *x.shape[1:])
        return scatter_add(x, lone, rows)
    return write(x, key, values, own, add)


def unindex(values: Any, like: Any, key: Any) -> Any:
    zeros = torch.zeros(like.shape, dtype=values.dtype, device=values.device)
    return index_add(zeros, key, values, own=True)


def scatter_add(x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    axis %= x.ndim
    indices = indices.long().reshape(-1)
    indices = torch.where(indices < 0, indices + x.shape[axis], indices)
    line = (*x.shape[:axis], len(indices), *x.shape[axis + 1 :])
    return x.index_add(axis, indices, values.reshape(line))


# --- gaps -------------------------------------------------------------------------------------------------


def std(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    return torch.sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def var(x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    spread = torch.abs(x - compat.mean(x, axis=axis, keepdims=True)) ** 2
    total = compat.sum(spread, axis=axis, keepdims=keepdims)
    return total / max(x.numel() / max(total.numel(), 1) - correction, 0.0)


def tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    pairs = (range(x1.ndim - axes, x1.ndim), range(axes)) if isinstance(axes, int) else axes
    for a, b in zip(*pairs, strict=True):
        if x1.shape[a] != x2.shape[b]:  # PyTorch would stretch one element
            message = f"cannot sum over axes of {x1.shape[a]} and {x2.shape[b]} elements together"
            raise ValueError(message)
    return compat.tensordot(x1, x2, axes=axes)


def unique_all(x: Any, /) -> Any:
    values, inverse, counts = torch.unique(x, return_inverse=True, return_counts=True)
    order = torch.argsort(inverse.reshape(-1), stable=True)
    return values, order[torch.cumsum(counts, 0) - counts], inverse, counts


def with_empty_batches(name: str) -> Callable[..., Any]:
    """A transform; MKL refuses to do none (https://github.com/pytorch/pytorch/issues/154477)."""
    function = getattr(compat.fft, name)

    def kernel(x: Any, /, *args: Any, **options: Any) -> Any:
        if x.numel():
            return function(x, *args, **options)
        result = function(x.new_zeros([n or 1 for n in x.shape]), *args, **options)
        axes = options["axes"] if "axes" in options else (options.get("axis", -1),)
        done = range(x.ndim) if axes is None else [a % x.ndim for a in axes]
        return result[
            tuple(slice(None if n or i in done else 0) for i, n in enumerate(x.shape))
        ]  # an axis of no elements that is transformed got some

    return kernel


KERNELS: dict[str, Callable[..., Any]] = {
    "getitem": getitem, "setitem": setitem, "unindex": unindex, "index_add": index_add,
    "scatter_add": scatter_add, "std": std, "var": var, "tensordot": tensordot,
    "unique_all": unique_all,
    **{f"fft.{name}": with_empty_batches(name) for name in FFTS},
}  # fmt: skip
