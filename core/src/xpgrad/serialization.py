"""Saving and loading: arrays as safetensors, everything else as JSON beside them in the same file; never pickle.

A file holds one tree of dicts, lists, tuples, tensors, numbers, texts and None, such as a ``state_dict()`` or
``{"model": ..., "optimizer": ..., "epoch": 3}``.  Any safetensors reader can open it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xpgrad._namespace.creation import asarray
from xpgrad._tensor import Tensor
from xpgrad.errors import XpgradError

if TYPE_CHECKING:
    import os

__all__ = ["SerializationError", "load", "save"]

KEY: Final = "xpgrad"
FORMAT: Final = 1
_PLAIN: Final = (str, bool, int, float, type(None))


class SerializationError(XpgradError, ValueError):
    """An object cannot be saved, or a file does not hold what xpgrad saves."""


def _library() -> Any:
    try:
        import safetensors.numpy as library  # noqa: PLC0415 - an extra, imported when used
    except ImportError as error:
        message = "saving and loading need the safetensors package: pip install safetensors"
        raise SerializationError(message) from error
    return library


# --- to a file --------------------------------------------------------------------------------------


def _encode(obj: Any, arrays: dict[str, Any], path: str) -> Any:
    """JSON for a tree; tensors go to ``arrays`` and leave their name."""
    if isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, Tensor) or hasattr(obj, "__array__"):
        tensor = obj.detach() if isinstance(obj, Tensor) else asarray(obj)
        host = tensor.numpy()
        complex_ = tensor.dtype.name if tensor.dtype.is_complex else None
        if complex_:  # safetensors has no complex128: a trailing axis of real and imaginary parts
            host = host[..., None].view(host.real.dtype)
        name = path or "tensor"
        while name in arrays:  # {"a.b": x, "a": {"b": y}}
            name += "'"
        arrays[name] = host
        return {"tensor": name, "complex": complex_} if complex_ else {"tensor": name}
    if isinstance(obj, dict):
        items = [
            [_key(k, path), _encode(v, arrays, f"{path}.{k}" if path else str(k))]
            for k, v in obj.items()
        ]
        return {"dict": items}
    if isinstance(obj, (list, tuple)):
        items = [_encode(v, arrays, f"{path}.{i}" if path else str(i)) for i, v in enumerate(obj)]
        return {"tuple" if isinstance(obj, tuple) else "list": items}
    message = (
        f"cannot save {type(obj).__name__} at {path or 'the top'}; expected tensors, numbers, texts, None and dicts, "
        "lists and tuples of them (for a module or an optimizer, save its state_dict())"
    )
    raise SerializationError(message)


def _key(key: Any, path: str) -> Any:
    if isinstance(key, (str, int)):
        return key
    message = f"cannot save a dict with the key {key!r} at {path or 'the top'}; keys must be texts or integers"
    raise SerializationError(message)


def save(obj: Any, path: str | os.PathLike[str]) -> None:
    """Write a tree of tensors and plain values to one file; an existing file is replaced whole or not at all.

    Raises:
        SerializationError: naming the place in the tree that cannot be saved; nothing is written.

    >>> import pathlib, tempfile
    >>> import xpgrad as xp
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "point.safetensors"
    ...     xp.save({"w": xp.asarray([1.0, 2.0]), "epoch": 3}, path)
    ...     xp.load(path)
    {'w': tensor([1., 2.]), 'epoch': 3}
    """
    library = _library()
    arrays: dict[str, Any] = {}
    tree = _encode(obj, arrays, "")
    target = Path(path)
    partial = target.with_name(target.name + ".partial")
    contiguous = {name: a.copy(order="C") for name, a in arrays.items()}
    metadata = {KEY: json.dumps({"format": FORMAT, "tree": tree})}
    partial.write_bytes(library.save(contiguous, metadata=metadata))
    partial.replace(target)


# --- from a file ------------------------------------------------------------------------------------


def _decode(node: Any, arrays: dict[str, Any], device: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if "tensor" in node:
        host = arrays[node["tensor"]]
        if node.get("complex"):
            host = host.view(node["complex"])[..., 0]
        return asarray(host, device=device)
    if "dict" in node:
        return {k: _decode(v, arrays, device) for k, v in node["dict"]}
    values = [_decode(v, arrays, device) for v in node["tuple" if "tuple" in node else "list"]]
    return tuple(values) if "tuple" in node else values


def load(path: str | os.PathLike[str], *, device: Any = None) -> Any:
    """The tree that :func:`save` wrote, its tensors on ``device`` (default: the CPU's NumPy arrays).

    A safetensors file from elsewhere gives a dict of its tensors.

    Raises:
        FileNotFoundError: if there is no such file.
        SerializationError: if it is no safetensors file, or was written by a newer format.
    """
    library = _library()
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - an extra, imported when used

    if not Path(path).is_file():
        message = f"there is no file {str(path)!r}"
        raise FileNotFoundError(message)
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
        arrays = library.load_file(path)
    except SafetensorError as error:
        message = f"{str(path)!r} is not a safetensors file: {error}"
        raise SerializationError(message) from error
    if KEY not in metadata:
        return {name: asarray(a, device=device) for name, a in arrays.items()}
    content = json.loads(metadata[KEY])
    if content["format"] > FORMAT:
        message = (
            f"{str(path)!r} was written by a newer xpgrad (format {content['format']}, known: {FORMAT}); "
            "upgrade xpgrad"
        )
        raise SerializationError(message)
    return _decode(content["tree"], arrays, device)
