"""Writing at indices, for arrays that are never written: ``x.at[key].set`` and ``x.at[key].add``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    from collections.abc import Callable


def getitem(x: Any, key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    used = [0 if k is None or k is ... else _axes(k) for k in parts]
    axis = 0
    for k, n in zip(parts, used, strict=True):  # JAX takes the nearest place for one outside
        if isinstance(k, int) and not -x.shape[axis] <= k < x.shape[axis]:
            message = f"index {k} is out of range for an axis of {x.shape[axis]} elements"
            raise IndexError(message)
        axis += x.ndim - sum(used) if k is ... else n
    return x[key]


def _axes(k: Any) -> int:
    return k.ndim if hasattr(k, "dtype") and k.dtype == bool else 1


def setitem(x: Any, values: Any, key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [k for k in parts if hasattr(k, "dtype")]
    if (
        len(parts) == len(arrays) == 1
        and arrays[0].dtype == bool
        and values.ndim + arrays[0].ndim <= x.ndim
    ):
        mask = arrays[0].reshape(arrays[0].shape + (1,) * (x.ndim - arrays[0].ndim))
        return jnp.where(
            mask, values.astype(x.dtype), x
        )  # also where nobody counts what the mask selects
    where = jnp.arange(x.size).reshape(x.shape)[key]
    values = values.reshape(values.shape[max(values.ndim - where.ndim, 0) :]).astype(x.dtype)
    values = jnp.broadcast_to(values, where.shape).reshape(-1)
    where = where.reshape(-1)
    if arrays:  # JAX leaves open which of several values at one place stays
        number = jnp.arange(where.size)
        values = values[jnp.zeros(x.size, number.dtype).at[where].max(number)[where]]
    return x.reshape(-1).at[where].set(values).reshape(x.shape)


def index_add(x: Any, key: Any, values: Any, own: bool) -> Any:  # noqa: ARG001 - an array is never written
    return x.at[key].add(values)


def unindex(values: Any, like: Any, key: Any) -> Any:
    return jnp.zeros(like.shape, values.dtype, device=like.device).at[key].add(values)


def scatter_add(x: Any, indices: Any, values: Any, axis: int = 0) -> Any:
    return x.at[(slice(None),) * (axis % x.ndim) + (indices,)].add(values)


# --- where JAX is not as the others ------------------------------------------------------------------------


def permute_dims(x: Any, /, axes: Any) -> Any:
    return jnp.permute_dims(x, tuple(a % x.ndim for a in axes))


def cumulative_prod(x: Any, /, *, dtype: Any = None, **options: Any) -> Any:
    return jnp.cumulative_prod(x, dtype=dtype or jax.eval_shape(jnp.prod, x).dtype, **options)


def searchsorted(x1: Any, x2: Any, /, **options: Any) -> Any:
    return jnp.searchsorted(x1, x2, **options).astype(int)


KERNELS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        getitem,
        setitem,
        index_add,
        unindex,
        scatter_add,
        cumulative_prod,
        permute_dims,
        searchsorted,
    )
}
