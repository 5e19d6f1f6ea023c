"""PyTorch's names and meanings over xpgrad: ``import xpgrad.compat.torch as torch`` and leave the rest as it is.

``python -m xpgrad.compat.torch script.py`` runs a script unchanged.  Importing this changes no global setting:
what is made here from Python numbers or from nothing is float32 because these factories say so.  A name that is
not provided raises :class:`xpgrad.errors.MissingName`, which says what to use instead.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import xpgrad._namespace  # noqa: F401 - puts the operators on the Tensor
from xpgrad._devices import get_default_device as get_default_device
from xpgrad._devices import set_default_device as set_default_device
from xpgrad._dtypes import DType
from xpgrad._modes import enable_grad as enable_grad
from xpgrad._modes import inference_mode as inference_mode
from xpgrad._modes import is_grad_enabled as is_grad_enabled
from xpgrad._modes import is_inference_mode_enabled as is_inference_mode_enabled
from xpgrad._modes import no_grad as no_grad
from xpgrad._modes import set_grad_enabled as set_grad_enabled
from xpgrad.compat.torch import _factories, _methods, _questions, _random
from xpgrad.compat.torch._dtypes import DTYPES
from xpgrad.compat.torch._dtypes import get_default_dtype as get_default_dtype
from xpgrad.compat.torch._dtypes import set_default_dtype as set_default_dtype
from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch._print import set_printoptions as set_printoptions
from xpgrad.compat.torch._size import Size as Size
from xpgrad.compat.torch._table import FUNCTIONS
from xpgrad.compat.torch._tensor import Tensor as Tensor

if TYPE_CHECKING:
    from types import ModuleType

__version__ = "2.0+xpgrad"
_SUBMODULES = (
    "autograd", "backends", "cuda", "fft", "func", "linalg", "nn", "optim", "special", "testing", "utils",
)  # fmt: skip

_methods.install()

inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
newaxis = None
dtype = DType
contiguous_format = preserve_format = channels_last = strided = None
"""Memory formats and layouts, which are the library's business here."""
globals().update(DTYPES)  # from here on int, float and bool are dtypes
globals().update({n: getattr(_factories, n) for n in _factories.__all__})
globals().update({n: getattr(_random, n) for n in _random.__all__})
globals().update(FUNCTIONS)
globals().update({n: getattr(_questions, n) for n in _questions.__all__})
globals()["range"] = _factories.range_


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return _submodule(name)
    if name.startswith("__"):
        raise AttributeError(name)
    if name == "vmap":
        return _submodule("func").vmap
    if name.endswith("_") and hasattr(Tensor, name):  # torch.sin_(x) is x.sin_()
        return getattr(Tensor, name)
    raise missing(name, "torch", globals())


def _submodule(name: str) -> ModuleType:
    import importlib  # noqa: PLC0415 - small

    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*(n for n in globals() if not n.startswith("_")), *_SUBMODULES})
