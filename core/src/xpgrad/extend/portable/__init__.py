"""What rules need and the standard lacks, written against the standard: correct on every backend.

Each function takes the extended namespace as its first argument ``xp``; :func:`bound` binds it.  A backend
overrides by name (see :meth:`xpgrad.extend.Backend.kernels`), without the ``xp`` argument.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from xpgrad.extend.portable import (
    activations,
    contraction,
    convolution,
    elementary,
    indexing,
    linear_algebra,
    ordering,
    scattering,
    shapes,
    special,
    windows,
)
from xpgrad.extend.portable.shapes import device_of_raw

__all__ = ["FUNCTIONS", "bound", "device_of_raw"]

FUNCTIONS: Final[dict[str, Any]] = {
    name: function
    for chapter in (
        shapes,
        indexing,
        scattering,
        activations,
        special,
        contraction,
        linear_algebra,
        ordering,
        elementary,
        windows,
        convolution,
    )
    for name, function in chapter.FUNCTIONS.items()
}
"""Every portable function by the name under which rules and kernels know it."""


def bound(name: str, xp: Any) -> Any:
    """The portable function ``name`` for one namespace, or None."""
    function = FUNCTIONS.get(name)
    if function is not None:
        return functools.partial(function, xp)
    return declared(name, xp)


def declared(name: str, xp: Any) -> Any:
    """The forward function of an operation that a plugin declared, for one namespace, or None."""
    from xpgrad.extend import registry  # noqa: PLC0415 - plugins are discovered by the first lookup

    if name not in registry.ops():
        return None
    return functools.partial(registry.op_target(name, "forward"), xp=xp)
