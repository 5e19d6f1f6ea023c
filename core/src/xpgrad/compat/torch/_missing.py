"""What a name of PyTorch that is not provided says: where it is missing, what is near, what to do instead."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final, NoReturn

from xpgrad.errors import MissingName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["missing", "module_getattr"]

HINTS: Final = {
    "autocast": "choose the dtype yourself: model.to(torch.float32), x.to(...)",
    "compile": "call the function as it is",
    "DataParallel": "run on one device",
    "distributed": "run in one process",
    "jit": "call the function as it is",
    "load": "build the model and call load_state_dict(xpgrad.load(file)) with what xpgrad.save stored",
    "save": "xpgrad.save(model.state_dict(), file) stores the tensors, and xpgrad.load(file) reads them",
    "SummaryWriter": "print or store the numbers",
    "lstsq": "torch.linalg.pinv(A) @ B is the solution",
    "cholesky_solve": "solve with torch.linalg.solve(L @ L.mT, b)",
    "logcumsumexp": "torch.log(torch.cumsum(torch.exp(x - m), dim)) + m with m = x.max()",
    "unfold": "xpgrad.sliding_window_view(x, size, axis=dim) gives the windows, as a copy",
    "exponential_": "draw with torch.rand and take -log(1 - u) / lambd",
}


def missing(name: str, where: str, known: Iterable[str] = ()) -> MissingName:
    """The error for a name: a NotImplementedError that ``hasattr`` and ``except AttributeError`` understand."""
    parts = [f"{where}.{name} is not in xpgrad.compat.torch"]
    near = difflib.get_close_matches(
        name, [k for k in known if not k.startswith("_")], n=2, cutoff=0.75
    )
    if name in HINTS:
        parts.append(HINTS[name])
    if near:
        parts.append(f"the nearest name here is {' or '.join(f'{where}.{n}' for n in near)}")
    parts.append(_instead(where, name))
    return MissingName("; ".join(p for p in parts if p))


def _instead(where: str, name: str) -> str:
    if where == "torch.nn":
        return "no installed package provides this layer; dir(torch.nn) lists those there are"
    if where.startswith("torch.optim"):
        return "no installed package provides it; dir(torch.optim) lists what there is"
    from xpgrad import _public  # noqa: PLC0415 - only for the error

    places = (
        [where.partition("torch.")[2]] if where.count(".") == 1 and where != "torch.Tensor" else []
    )
    for place in (*places, "", "linalg", "special", "fft"):
        if name in (_public.chapter_names(place) if place else _public.names()):
            full = f"xpgrad.{place}.{name}" if place else f"xpgrad.{name}"
            return f"xpgrad has its own {full}, which takes these tensors (axis= for dim=)"
    return (
        "write it with the functions of xpgrad (dir(xpgrad) lists them), which take these tensors"
    )


def module_getattr(where: str, scope: dict[str, Any]) -> Callable[[str], NoReturn]:
    """The ``__getattr__`` of a module that stands for the module ``where`` of PyTorch."""

    def __getattr__(name: str) -> NoReturn:  # noqa: N807 - becomes the module's
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing(name, where, scope)

    return __getattr__
