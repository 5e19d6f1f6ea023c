"""The public names of ``xpgrad`` and where each one lives; a name is loaded when it is first used."""

from __future__ import annotations

import importlib
from typing import Any, Final

from xpgrad._chapters import REPEATED, Chapter, split

__all__ = ["load", "names"]

_MODULES: Final = {
    "xpgrad._modes": (
        "enable_grad hard_zeros inference_mode is_grad_enabled is_inference_mode_enabled no_grad set_grad_enabled "
        "strict_support strict_tape"
    ),
    "xpgrad._dtypes": "DType default_dtype get_default_dtype set_default_dtype",
    "xpgrad._devices": "Device devices get_default_device set_default_device",
    "xpgrad._tensor": "Tensor",
    "xpgrad._namespace.creation": (
        "arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tensor zeros "
        "zeros_like"
    ),
    "xpgrad._namespace.inquiry": (
        "broadcast_arrays broadcast_shapes can_cast finfo iinfo isdtype nonzero result_type unique_all unique_counts "
        "unique_inverse unique_values unstack __array_namespace_info__"
    ),
    "xpgrad._namespace.contraction": "einsum",
    "xpgrad._namespace.convolution": "conv conv_transpose",
    "xpgrad._namespace.windows": "pad sliding_window_view",
    "xpgrad._namespace.selecting": "one_hot topk",
    "xpgrad._namespace.missing_values": "nan_to_num nanmean nanprod nanstd nansum nanvar",
    "xpgrad._namespace.quantiles": "median nanmedian nanquantile quantile",
    "xpgrad._namespace.elementary": (
        "allclose angle deg2rad fmax fmin heaviside interp isclose kron logaddexp2 rad2deg"
    ),
    "xpgrad._namespace.frequencies": "fft.fftfreq fft.fftshift fft.ifftshift fft.rfftfreq",
    "xpgrad._namespace.linear_algebra": "linalg.matrix_norm linalg.matrix_power linalg.trace",
    "xpgrad._namespace.per_backend": "namespace",
    "xpgrad._random": "manual_seed rand randint randn randperm Generator",
    "xpgrad._support": "supports debug_aliasing",
    "xpgrad.serialization": "load save",
    "xpgrad.transforms": (
        "checkpoint checkpoint_sequential custom_jvp custom_vjp grad hessian hvp jacfwd jacobian jacrev jvp "
        "linearize value_and_grad vjp vmap"
    ),
    "xpgrad._tree": "register_pytree_node",
}
SUBMODULES: Final = (
    "autograd",
    "compat",
    "conformance",
    "errors",
    "extend",
    "fft",
    "linalg",
    "nn",
    "optim",
    "random",
    "serialization",
    "special",
    "transforms",
)
CONSTANTS: Final = {
    "e": 2.718281828459045, "inf": float("inf"), "nan": float("nan"), "newaxis": None, "pi": 3.141592653589793,
}  # fmt: skip
_HOME: Final = {name: module for module, text in _MODULES.items() for name in text.split()}
_MISSING: Final = object()


def load(name: str) -> Any:  # noqa: C901 - one branch for each kind of name
    """The public object ``name``; AttributeError with the nearest names if there is none."""
    if name in _HOME:
        if name == "Tensor":  # with its operators
            importlib.import_module("xpgrad._namespace")
        return getattr(importlib.import_module(_HOME[name]), name.rpartition(".")[2])
    if name == "device":
        return importlib.import_module("xpgrad._devices").device_named
    if name in SUBMODULES:
        return importlib.import_module(f"xpgrad.{name}")
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name.startswith("_"):  # a private module: the import system looks here first
        raise AttributeError(name)
    for kind in (_dtype, _operation):
        found = kind(name)
        if found is not _MISSING:
            return found
    if name in _plugin_chapters():
        return Chapter(name, _load_full, chapter_names)
    raise AttributeError(_unknown(name), name=name)


def chapter_names(chapter: str) -> list[str]:
    """The public names of a chapter, without it."""
    from xpgrad._signatures import SIGNATURES  # noqa: PLC0415 - loaded with the first name
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    every = {*SIGNATURES, *_HOME, *REPEATED, *registry.ops()}
    return sorted(last for found, last in map(split, every) if found == chapter)


def load_from_chapter(chapter: str, name: str) -> Any:
    """The function ``name`` of a chapter; AttributeError with the nearest names if there is none."""
    import difflib  # noqa: PLC0415 - only for the error

    if not name.startswith("_"):
        full = f"{chapter}.{name}"
        names = chapter_names(chapter)
        if name in names:
            return load(REPEATED.get(full, full))
        near = difflib.get_close_matches(name, names, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        if chapter == "special" and not near:
            hint = "; more special functions come with: pip install xpgrad-special"
        message = f"module 'xpgrad.{chapter}' has no attribute {name!r}{hint}"
        raise AttributeError(message, name=name)
    raise AttributeError(name)


def _load_full(name: str) -> Any:
    return load_from_chapter(*split(name))


def _plugin_chapters() -> set[str]:
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    return {split(name)[0] for name in registry.ops()} - {""}


def home(name: str) -> str | None:
    """The module that defines a public name; None for operations, constants and dtypes."""
    return _HOME.get(name)


def _operation(name: str) -> Any:
    from xpgrad._signatures import SIGNATURES  # noqa: PLC0415 - loaded with the first name
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    if name not in SIGNATURES and name not in registry.ops():
        return _MISSING
    return importlib.import_module("xpgrad._namespace._operations").operation(name)


def _dtype(name: str) -> Any:
    from xpgrad._dtypes import STANDARD, dtype_named  # noqa: PLC0415 - as above

    return dtype_named(name) if name in STANDARD or name in ("float16", "bfloat16") else _MISSING


def _unknown(name: str) -> str:
    import difflib  # noqa: PLC0415 - only for the error

    near = difflib.get_close_matches(name, names(), n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"module 'xpgrad' has no attribute {name!r}{hint}"


def names() -> list[str]:
    """Every public name."""
    from xpgrad._dtypes import STANDARD  # noqa: PLC0415 - as above
    from xpgrad._signatures import SIGNATURES  # noqa: PLC0415 - as above

    every = {*_HOME, "device", *SUBMODULES, *CONSTANTS, *SIGNATURES, *STANDARD}
    return sorted(name for name in every if "." not in name)
