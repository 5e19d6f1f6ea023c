"""The named tuples that operations with several results return; their names are the standard's."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

__all__ = ["EigResult", "EighResult", "QRResult", "SVDResult", "SlogdetResult", "class_of"]


class EigResult(NamedTuple):
    """What ``linalg.eig`` returns."""

    eigenvalues: Any
    eigenvectors: Any


class EighResult(NamedTuple):
    """What ``linalg.eigh`` returns."""

    eigenvalues: Any
    eigenvectors: Any


class QRResult(NamedTuple):
    """What ``linalg.qr`` returns."""

    Q: Any
    R: Any


class SlogdetResult(NamedTuple):
    """What ``linalg.slogdet`` returns."""

    sign: Any
    logabsdet: Any


class SVDResult(NamedTuple):
    """What ``linalg.svd`` returns."""

    U: Any
    S: Any
    Vh: Any


CLASSES: Final[dict[str, Any]] = {
    "linalg.eig": EigResult,
    "linalg.eigh": EighResult,
    "linalg.qr": QRResult,
    "linalg.slogdet": SlogdetResult,
    "linalg.svd": SVDResult,
}


def class_of(name: str, outputs: tuple[str, ...]) -> Any:
    """The class of an operation's results; that of a plugin's operation is made here."""
    if name not in CLASSES:
        title = "".join(part.capitalize() for part in name.replace(".", "_").split("_")) + "Result"
        made = NamedTuple(title, [(o, Any) for o in outputs])  # type: ignore[misc]
        made.__module__ = __name__

        def reduced(self: Any) -> tuple[Any, ...]:
            """By the operation's name: where a pickle is read, the class may not have been made yet."""
            return (_rebuilt, (name, outputs, tuple(self)))

        made.__reduce__ = reduced  # type: ignore[method-assign]
        globals()[title] = CLASSES.setdefault(name, made)
    return CLASSES[name]


def _rebuilt(name: str, outputs: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return class_of(name, outputs)._make(values)
