"""NumPy's functions that the standard has under another name, or composes of several: what to write in their place."""

from __future__ import annotations

import operator
import sys
from typing import Any, Final

import xpgrad
from xpgrad._cli.replay.advice import Advice
from xpgrad.compat.numpy import _protocols

__all__ = ["COUNTERPARTS", "numpy_call"]

_PIECES: Final = "slices: x[a:b, ...], x[b:, ...]"
_CHOICE: Final = "xp.where(condition, a, b), one in another for several conditions"
_WRITE: Final = "x = xp.where(mask, values, x), or x[a:b] = values"
_KEEP: Final = "xp.where(mask, x, 0.0), which keeps the shape"
_SHOWN: Final = "str(x), repr(x)"
_COEFFICIENTS: Final = (
    "arithmetic on arrays of coefficients; xp.conv, which is xpgrad's own, multiplies polynomials"
)

COUNTERPARTS: Final[dict[str, str]] = {
    "append": "xp.concat([x, y])",
    "apply_along_axis": "a function of whole arrays with axis=, or xp.vmap, which is xpgrad's own",
    "apply_over_axes": "a function with several axes: xp.sum(x, axis=(0, 1), keepdims=True)",
    "argwhere": "xp.stack(xp.nonzero(x), axis=1)",
    "around": "xp.round(x); to n places xp.round(x * 10.0**n) / 10.0**n",
    "array2string": _SHOWN, "array_repr": _SHOWN, "array_str": _SHOWN,
    "array_equal": "xp.all(x == y)", "array_equiv": "xp.all(x == y)",
    "array_split": _PIECES, "split": _PIECES, "hsplit": _PIECES, "vsplit": _PIECES, "dsplit": _PIECES,
    "atleast_1d": "xp.reshape(x, (1,)) where x.ndim is 0",
    "atleast_2d": "xp.expand_dims(x, axis=0) where x.ndim is 1",
    "atleast_3d": "xp.expand_dims(x, axis=-1) where x.ndim is 2",
    "average": "xp.sum(w * x, axis=0) / xp.sum(w, axis=0)",
    "bincount": "xp.scatter_add(xp.zeros(n), indices, weights), which is xpgrad's own",
    "block": "xp.concat of rows, each an xp.concat",
    "choose": _CHOICE, "select": _CHOICE, "piecewise": _CHOICE,
    "column_stack": "xp.stack(arrays, axis=1)",
    "compress": _KEEP, "extract": _KEEP,
    "convolve": "xp.conv, which is xpgrad's own", "correlate": "xp.conv, which is xpgrad's own",
    "copy": "xp.asarray(x, copy=True)",
    "copyto": _WRITE, "place": _WRITE, "put": _WRITE, "putmask": _WRITE,
    "corrcoef": "xp.matmul(z, xp.matrix_transpose(z)) / n of rows z with mean 0 and variance 1",
    "cov": "xp.matmul(d, xp.matrix_transpose(d)) / (n - 1), where d = x - xp.mean(x, axis=1, keepdims=True)",
    "cross": "xp.linalg.cross",
    "delete": "xp.concat([x[:i], x[i + 1 :]])", "insert": "xp.concat([x[:i], y, x[i:]])",
    "diag": "xp.linalg.diagonal(x) to read it, xp.eye(n) * x to make a matrix", "diagflat": "xp.eye(n) * x",
    "diag_indices_from": "xp.arange(n), once for each axis",
    "diagonal": "xp.linalg.diagonal(x)",
    "digitize": "xp.searchsorted(bins, x)",
    "divmod": "xp.floor_divide(x, y) and xp.remainder(x, y)",
    "dot": "xp.vecdot of vectors, xp.matmul of matrices, xp.tensordot of more axes",
    "inner": "xp.vecdot of vectors, xp.tensordot of more axes",
    "vdot": "xp.vecdot(xp.reshape(x, (-1,)), xp.reshape(y, (-1,)))",
    "matvec": "xp.matmul(m, v[..., None])[..., 0]", "vecmat": "xp.matmul(v[..., None, :], m)[..., 0, :]",
    "dstack": "xp.stack(arrays, axis=2)", "hstack": "xp.concat(arrays, axis=1), of vectors axis=0",
    "vstack": "xp.concat(arrays, axis=0), of vectors xp.stack(arrays)",
    "ediff1d": "xp.diff(xp.reshape(x, (-1,)))",
    "fft.fft2": "xp.fft.fftn(x, axes=(-2, -1))", "fft.ifft2": "xp.fft.ifftn(x, axes=(-2, -1))",
    "fft.rfft2": "xp.fft.rfftn(x, axes=(-2, -1))", "fft.irfft2": "xp.fft.irfftn(x, axes=(-2, -1))",
    "fill_diagonal": "xp.where(xp.eye(n) == 1, value, x)",
    "fix": "xp.trunc(x)", "modf": "xp.trunc(x), and x - xp.trunc(x)", "fmod": "x - xp.trunc(x / y) * y",
    "flatnonzero": "xp.nonzero(xp.reshape(x, (-1,)))",
    "fliplr": "xp.flip(x, axis=1)", "flipud": "xp.flip(x, axis=0)",
    "geomspace": "xp.exp(xp.linspace(math.log(a), math.log(b), n))", "logspace": "10.0 ** xp.linspace(a, b, n)",
    "gradient": "differences of slices: (x[2:] - x[:-2]) / 2",
    "i0": "xp.special.i0 of xpgrad-special",
    "iscomplex": "xp.imag(x) != 0", "isreal": "xp.imag(x) == 0",
    "iscomplexobj": "xp.isdtype(x.dtype, 'complex floating')",
    "isrealobj": "not xp.isdtype(x.dtype, 'complex floating')",
    "isneginf": "x == -xp.inf", "isposinf": "x == xp.inf",
    "ldexp": "x * 2.0**n",
    "lib.stride_tricks.sliding_window_view": "xp.sliding_window_view, which is xpgrad's own",
    "linalg.cond": "the first of xp.linalg.svdvals(x) by the last",
    "linalg.lstsq": "xp.matmul(xp.linalg.pinv(a), b)",
    "linalg.multi_dot": "xp.matmul, one after the other",
    "linalg.norm": "xp.linalg.vector_norm(x), of a matrix also xp.linalg.matrix_norm(x)",
    "linalg.tensorinv": "xp.linalg.inv of the tensor as a matrix, xp.reshape(x, (n, n))",
    "linalg.tensorsolve": "xp.linalg.solve of the tensor as a matrix, xp.reshape(x, (n, n))",
    "nanargmax": "xp.argmax(xp.where(xp.isnan(x), -xp.inf, x))",
    "nanargmin": "xp.argmin(xp.where(xp.isnan(x), xp.inf, x))",
    "nancumprod": "xp.cumulative_prod(xp.where(xp.isnan(x), 1.0, x))",
    "nancumsum": "xp.cumulative_sum(xp.where(xp.isnan(x), 0.0, x))",
    "percentile": "xp.quantile(x, q / 100), which is xpgrad's own",
    "nanpercentile": "xp.nanquantile(x, q / 100), which is xpgrad's own",
    "ndim": "x.ndim", "shape": "x.shape", "size": "math.prod(x.shape)",
    "outer": "xp.linalg.outer", "trace": "xp.linalg.trace",
    "partition": "xp.sort(x)",
    "poly": _COEFFICIENTS, "polyadd": _COEFFICIENTS, "polyder": _COEFFICIENTS, "polydiv": _COEFFICIENTS,
    "polyint": _COEFFICIENTS, "polymul": _COEFFICIENTS, "polysub": _COEFFICIENTS,
    "polyfit": "xp.matmul(xp.linalg.pinv(powers), y), where powers = x[:, None] ** xp.arange(n)",
    "polyval": "y = y * x + c for each coefficient c, from the highest power on",
    "roots": "the eigenvalues of the companion matrix",
    "ptp": "xp.max(x) - xp.min(x)",
    "ravel": "xp.reshape(x, (-1,))", "resize": "xp.tile(x, (n,))[:m]",
    "real_if_close": "xp.real(x)",
    "rollaxis": "xp.moveaxis(x, source, destination)", "swapaxes": "xp.permute_dims(x, axes)",
    "rot90": "xp.flip(xp.matrix_transpose(x), axis=0)",
    "trapezoid": "xp.sum((y[1:] + y[:-1]) / 2 * xp.diff(x))",
    "tril_indices_from": "xp.nonzero(xp.tril(xp.ones_like(x)))",
    "triu_indices_from": "xp.nonzero(xp.triu(xp.ones_like(x)))",
    "trim_zeros": "a slice",
    "unique": "xp.unique_values, xp.unique_counts, xp.unique_inverse or xp.unique_all",
    "unwrap": "xp.cumulative_sum of the differences, brought between -xp.pi and xp.pi",
    "vander": "x[:, None] ** xp.arange(n)",
}  # fmt: skip
"""What to write in place of a function that the standard does not have under any name."""


def numpy_call(function: Any, strict: Any) -> Advice | None:
    """What to tell of a call of NumPy's function with a tensor; None where the standard has that function."""
    name = _qualified(function)
    ours = _protocols.UFUNCS.get(name) or _protocols.FUNCTIONS.get(name) or name
    if _has(strict, ours) or _has(strict.linalg, ours):
        return None
    why = f"{_home(function)}.{name} is not a function of the standard"
    if name in COUNTERPARTS:
        return Advice("numpy-call", why, COUNTERPARTS[name])
    if _has(xpgrad, ours) or _has(xpgrad.special, ours):
        whose = ours if _has(xpgrad, ours) else f"special.{ours}"
        return Advice("numpy-call", why, f"xp.{whose}, which is xpgrad's own")
    return Advice("numpy-call", why, "functions of the standard that compose it")


def _qualified(function: Any) -> str:
    """The name with that of its submodule: ``linalg.norm``, ``fft.fft``, ``sum``."""
    home = getattr(function, "__module__", None) or "numpy"
    inside = home.partition(".")[2]
    return f"{inside}.{function.__name__}" if inside else str(function.__name__)


def _home(function: Any) -> str:
    """The library that a function is of."""
    home = getattr(function, "__module__", None) or "numpy"
    if isinstance(function, sys.modules["numpy"].ufunc) and not hasattr(
        sys.modules["numpy"], function.__name__
    ):
        return "scipy.special"
    return str(home.partition(".")[0])


def _has(namespace: Any, path: str) -> bool:
    try:
        operator.attrgetter(path)(namespace)
    except AttributeError:
        return False
    return True
