"""Moving a tensor between devices and backends; differentiable: the cotangent moves back."""

from __future__ import annotations

from typing import Any

from xpgrad._devices import Device, device_named, namespace_of_backend
from xpgrad._graph import Node, place
from xpgrad._modes import is_grad_enabled
from xpgrad._namespace._lift import neutral
from xpgrad._tensor import wrap

__all__ = ["move"]


class ToBackward(Node):
    """Carries the cotangent back to where the value came from; ``kept`` is (source, target)."""

    __slots__ = ()
    op = "to"

    @staticmethod
    def backward(g: Any, grads: Any, parents: Any, kept: Any, fix: Any, xp: Any) -> None:  # noqa: ARG004
        (parent,) = parents
        if parent not in grads:
            return
        source, target = kept
        back = g.to(source) if hasattr(g, "_cell") else transfer(g, target, source)
        old = grads[parent]
        grads[parent] = back if old is None else old + back


ToBackward.dress = (("option", -1), ("option", -1))


def transfer(raw: Any, source: Device, target: Device) -> Any:
    """A raw array on another device, through the host where the libraries differ."""
    to_xp = namespace_of_backend(target.backend)
    device = to_xp.backend.raw_device(target.type, target.index)
    if source.backend != target.backend:
        from_xp = namespace_of_backend(source.backend)
        dtype = to_xp.backend.dtype(neutral(from_xp, raw.dtype).name)
        return to_xp.backend.asarray(from_xp.backend.to_host(raw), dtype=dtype, device=device)
    return to_xp.backend.asarray(raw, device=device)


def move(t: Any, device: Any) -> Any:
    """The tensor on ``device``; itself if it is there already."""
    target, source = device_named(device), t.device
    if isinstance(device, str) and device.split(":")[0] == source.type and source == device:
        return t
    if target == source:
        return t
    if t._xp.level:
        raw, xp = t._xp.moved(t._cell.raw, device), t._xp
    else:
        raw, xp = transfer(t._cell.raw, source, target), namespace_of_backend(target.backend)
    node = None
    if t._node is not None and is_grad_enabled():
        node = ToBackward()
        place(node, (t._node,), (source, target), None, xp)
    return wrap(raw, xp, node, t._result)
