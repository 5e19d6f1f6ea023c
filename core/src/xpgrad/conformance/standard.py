"""The names of the Array API standard 2025.12, by chapter; and those that are still missing, each with its reason."""

from __future__ import annotations

from typing import Final

__all__ = ["MISSING", "STANDARD", "VERSION"]

VERSION: Final = "2025.12"

_CHAPTERS: Final[dict[str, str]] = {
    "constants": "e inf nan newaxis pi",
    "dtypes": "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128",
    "creation": "arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril "
    "triu zeros zeros_like",
    "data types": "astype can_cast finfo iinfo isdtype result_type",
    "elementwise": "abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert "
    "bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 "
    "floor floor_divide greater greater_equal hypot imag isfinite isinf isnan less less_equal log log1p "
    "log2 log10 logaddexp logical_and logical_not logical_or logical_xor maximum minimum multiply "
    "negative nextafter not_equal positive pow real reciprocal remainder round sign signbit sin sinh "
    "square sqrt subtract tan tanh trunc",
    "indexing": "take take_along_axis",
    "linear algebra": "matmul matrix_transpose tensordot vecdot",
    "manipulation": "broadcast_arrays broadcast_shapes broadcast_to concat expand_dims flip moveaxis permute_dims "
    "repeat reshape roll squeeze stack tile unstack",
    "searching": "argmax argmin count_nonzero nonzero searchsorted where",
    "sets": "isin unique_all unique_counts unique_inverse unique_values",
    "sorting": "argsort sort",
    "statistics": "cumulative_sum cumulative_prod max mean min prod std sum var",
    "utility": "all any diff",
    "inquiry": "__array_api_version__ __array_namespace_info__",
}  # fmt: skip

_EXTENSIONS: Final[dict[str, str]] = {
    "linalg": "cholesky cross det diagonal eig eigh eigvals eigvalsh inv matmul matrix_norm matrix_power matrix_rank "
    "matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm",
    "fft": "fft fftfreq fftn fftshift hfft ifft ifftn ifftshift ihfft irfft irfftn rfft rfftfreq rfftn",
}

STANDARD: Final[dict[str, tuple[str, ...]]] = {
    **{chapter: tuple(text.split()) for chapter, text in _CHAPTERS.items()},
    **{e: tuple(f"{e}.{name}" for name in text.split()) for e, text in _EXTENSIONS.items()},
}
"""The names of every chapter of the standard; those of its extensions with the extension's name before them."""

COMPOSED: Final[dict[str, str]] = {
    "linalg.matrix_norm": "made of vector_norm, svdvals and sums",
    "linalg.matrix_power": "made of matmul and inv",
    "linalg.trace": "made of diagonal and sum",
    "fft.fftfreq": "makes an array of numbers",
    "fft.rfftfreq": "makes an array of numbers",
    "fft.fftshift": "made of roll",
    "fft.ifftshift": "made of roll",
}
"""Functions of the extensions that are no operations of their own, with what they are."""

MISSING: Final[dict[str, str]] = {}
