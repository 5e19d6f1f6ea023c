"""The signatures of the Array API standard 2025.12, as data; and of the operations beyond it.

One line is one operation.  Parameters named in :data:`ARRAYS` are arrays; all others are options.
Functions that do more than call the library (creation, ``asarray``, ``broadcast_arrays`` …) are written
out in their own modules and are not listed here.  This module is text: it knows neither rules nor tensors.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ARRAYS", "COMPLEX_ONLY", "FLOATING_ONLY", "INTERNAL", "REAL_ONLY", "SIGNATURES"]

ARRAYS: Final = frozenset(
    "x x1 x2 condition indices values min max prepend append sorter weight bias rtol".split()
)

UNARY = "x, /"
BINARY = "x1, x2, /"
REDUCE = "x, /, *, axis=None, keepdims=False"

_SHARED: Final[dict[str, str]] = {  # signature: the names that have it
    # elementwise
    UNARY: "abs acos acosh asin asinh atan atanh bitwise_invert ceil conj cos cosh exp expm1 floor imag isfinite "
    "isinf isnan log log1p log2 log10 logical_not negative positive real reciprocal round sign signbit sin "
    "sinh square sqrt tan tanh trunc relu sigmoid softplus matrix_transpose "
    "erf erfc gammaln exp2 cbrt sinc",
    BINARY: "add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor copysign divide "
    "equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and logical_or "
    "logical_xor maximum minimum multiply nextafter not_equal pow remainder subtract matmul",
    # searching, statistics, utility
    REDUCE: "all any argmax argmin count_nonzero logsumexp max mean min nanmax nanmin",
    "x, /, *, axis=None, dtype=None, keepdims=False": "sum prod",
    "x, /, *, axis=None, correction=0.0, keepdims=False": "std var",
    "x, /, *, axis=None, dtype=None, include_initial=False": "cumulative_sum cumulative_prod",
    "x, /, *, axis=-1": "softmax log_softmax",
    "x, /, *, axis=-1, descending=False, stable=True": "sort argsort",
    "x, /, *, axis=None": "cumulative_max cumulative_min",
    "x, /, *, k=0": "tril triu",
    # Fourier transforms
    "x, /, *, n=None, axis=-1, norm='backward'": "fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft",
    "x, /, *, s=None, axes=None, norm='backward'": "fft.fftn fft.ifftn fft.rfftn fft.irfftn",
}

_BY_NAME: Final[dict[str, str]] = {
    name: signature for signature, names in _SHARED.items() for name in names.split()
}
SIGNATURES: Final[dict[str, str]] = _BY_NAME | {
    "clip": "x, /, min=None, max=None",
    "where": "condition, x1, x2, /",
    "searchsorted": "x1, x2, /, *, side='left', sorter=None",
    "diff": "x, /, *, axis=-1, n=1, prepend=None, append=None",
    "isin": "x1, x2, /, *, invert=False",
    # indexing
    "take": "x, indices, /, *, axis=None",
    "take_along_axis": "x, indices, /, *, axis=-1",
    "scatter_add": "x, indices, values, /, *, axis=0",
    "put_along_axis": "x, indices, values, /, *, axis=-1",
    # manipulation
    "astype": "x, dtype, /, *, copy=True, device=None",
    "broadcast_to": "x, /, shape",
    "concat": "arrays, /, *, axis=0",
    "expand_dims": "x, /, axis",
    "flip": "x, /, *, axis=None",
    "moveaxis": "x, source, destination, /",
    "permute_dims": "x, /, axes",
    "repeat": "x, repeats, /, *, axis=None",
    "reshape": "x, /, shape, *, copy=None",
    "roll": "x, /, shift, *, axis=None",
    "squeeze": "x, /, axis",
    "stack": "arrays, /, *, axis=0",
    "tile": "x, repetitions, /",
    # linear algebra
    "tensordot": "x1, x2, /, *, axes=2",
    "vecdot": "x1, x2, /, *, axis=-1",
    "linalg.cholesky": "x, /, *, upper=False",
    "linalg.cross": "x1, x2, /, *, axis=-1",
    "linalg.det": UNARY,
    "linalg.diagonal": "x, /, *, offset=0",
    "linalg.eig": UNARY,
    "linalg.eigh": UNARY,
    "linalg.eigvals": UNARY,
    "linalg.eigvalsh": UNARY,
    "linalg.inv": UNARY,
    "linalg.matrix_rank": "x, /, *, rtol=None",
    "linalg.outer": BINARY,
    "linalg.pinv": "x, /, *, rtol=None",
    "linalg.qr": "x, /, *, mode='reduced'",
    "linalg.slogdet": UNARY,
    "linalg.solve": BINARY,
    "linalg.svd": "x, /, *, full_matrices=True",
    "linalg.svdvals": UNARY,
    "linalg.vector_norm": "x, /, *, axis=None, keepdims=False, ord=2",
}

INTERNAL: Final[dict[str, str]] = {
    "cofactor": "x, /",
    "scalar_pow": "x, /, exponent",
    "diagonal_matrix": "x, /",
    "getitem": "x, key, /",
    "setitem": "x, values, /, key",
    "unindex": "values, /, like, key",
    "add_at": "x, values, /, key",
    "sum_to": "x, /, shape",
    "put_along_axis_add": "values, indices, /, like, axis",
    "step": "x, /",
    "order_statistics": "x, indices, /",
    "topk_indices": "x, /, k, axis, largest, sorted",
    "sinc_derivative": "x, /, n",
    "normal_quantile": "x, /",
    "linear": "x, weight, bias, /",
    "contract": "x1, x2, /, subscripts",
    "padded": "x, /, widths, mode",
    "unpadded": "x, /, widths, mode",
    "windows": "x, /, axes, size, stride, dilation",
    "unwindowed": "values, /, shape, axes, size, stride, dilation",
    "window_sum": "x, /, axes, size, stride, dilation",
    "window_max": "x, /, axes, size, stride, dilation",
    "window_max_back": "values, x1, x2, /, axes, size, stride, dilation",
    "convolved": "x, weight, /, padding, stride, dilation, groups",
    "unconvolved": "values, weight, /, space, padding, stride, dilation, groups",
    "convolved_kernel": "values, x, /, sizes, padding, stride, dilation, groups",
    "digamma": "x, /",
    "digamma_derivative": "x, /, n",
}
"""Operations that operators, methods and rules use, with no public name of their own."""

FLOATING_ONLY: Final = frozenset(
    "acos acosh asin asinh atan atanh cos cosh exp expm1 log log1p log2 log10 reciprocal sin sinh sqrt tan tanh "
    "mean std var atan2 copysign divide hypot logaddexp nextafter logsumexp softmax log_softmax sigmoid "
    "softplus erf erfc gammaln digamma digamma_derivative exp2 cbrt sinc "
    "sinc_derivative cofactor linalg.cholesky linalg.det linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh "
    "linalg.inv linalg.slogdet linalg.solve linalg.svd linalg.svdvals linalg.vector_norm linalg.qr".split()
)
"""Operations that the standard defines on floating dtypes: integers are cast to the default dtype first."""

COMPLEX_ONLY: Final = frozenset(
    "fft.fft fft.ifft fft.fftn fft.ifftn fft.irfft fft.irfftn fft.hfft".split()
)
"""Operations that the standard defines on complex dtypes: real arrays are cast to the complex dtype of their size."""

REAL_ONLY: Final = frozenset(("fft.rfft", "fft.rfftn", "fft.ihfft"))
"""Operations that the standard defines on real floating dtypes: integers are cast, complex arrays refused."""
