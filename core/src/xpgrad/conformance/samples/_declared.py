"""Samples that plugins bring with their operations, and how they are written.

``OpSpec(samples=...)`` names a :class:`Case`, or a function that takes a :class:`Maker` and yields samples (then the
operation is taken to be real)::

    ERFINV = elementwise_case({"y": (-0.9, 0.9)})
    JV = elementwise_case({"z": (0.5, 8.0)}, whole={"v": 2}, complex=True, step=True)
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from xpgrad.conformance.names import each
from xpgrad.conformance.samples._make import CASES, Case, Maker, Sample, shapes_and_layouts
from xpgrad.errors import PluginError
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xpgrad.conformance.samples.chosen import Chosen

__all__ = ["case_of", "elementwise_case", "matching"]

SHAPES = (
    ((2, 3), (2, 3), (2, 3), (2, 3)), ((), (2, 3), (3,), (2, 1)), ((2, 1), (1, 3), (), (3,)),
    ((0, 3), (3,), (1, 3), ()), ((), (), (), ()), ((3, 1), (2, 1, 2), (1,), (2,)),
)  # fmt: skip
"""Shapes of one, two, three and four arrays that broadcast against each other."""


def case_of(name: str) -> Case:
    """The samples of an operation of core, or of a plugin.

    Raises:
        PluginError: where a plugin's operation has none, or ``samples`` names something else.
    """
    if name in CASES:
        return CASES[name]
    found = registry.op_target(name, "samples")
    if isinstance(found, Case):
        return replace(found, name=name)
    if not callable(found):
        message = (
            f"operation {name!r} has no samples; OpSpec(samples=...) names a Case of xpgrad.conformance.samples, or a "
            f"function that takes a Maker and yields Samples; got {found!r}"
        )
        raise PluginError(message)
    return Case(name, found)


def matching(names: Any) -> list[str]:
    """The plugins' operations that are tested under a name, a pattern such as ``special.*``, or several of these.

    Raises:
        PluginError: where a name means no operation, or one that has a rule and no samples.
    """
    installed = registry.ops()
    meant = each(
        names, "OPERATIONS", "operation of a plugin",
        lambda pattern: [n for n in installed if fnmatchcase(n, pattern)], installed,
    )  # fmt: skip
    without = [n for n in meant if installed[n].rule and not installed[n].samples]
    found = [n for n in meant if installed[n].samples]
    if without or not found:
        message = (
            f"{', '.join(without or meant)}: the declaration names no samples, so there is nothing to test; "
            "give OpSpec(samples='package.module:SAMPLES')"
        )
        raise PluginError(message)
    return found


def elementwise_case(
    domains: Mapping[str, tuple[float, ...]],
    *,
    whole: Mapping[str, int] | None = None,
    real: bool = True,
    complex: bool = False,
    step: bool = False,
    chosen: tuple[Chosen, ...] = (),
    **options: Any,
) -> Case:
    """The samples of an elementwise operation: every layout of one array, or several arrays that broadcast.

    Args:
        domains: for each array with a derivative ``(low, high)``, and points to stay away from.
        whole: values of arrays of whole numbers, which come first.
        real: the operation takes real arrays.
        complex: it takes complex arrays.
        step: it is holomorphic, so that a complex step is an oracle.
        chosen: its derivatives at points where a difference cannot see them.
        options: its options, the same in every sample.
    """

    def samples(make: Maker) -> Iterator[Sample]:
        numbers = {n: make.integers(v) for n, v in (whole or {}).items()}
        if len(domains) == 1:
            ((name, (low, high, *avoid)),) = domains.items()
            for label, shape, layout in shapes_and_layouts():
                x = make.array(shape, low, high, avoid=tuple(avoid), layout=layout)
                yield Sample(label, numbers | {name: x}, options)
            return
        for shapes in SHAPES:
            arrays = {
                name: make.array(shape, low, high, avoid=tuple(avoid))
                for (name, (low, high, *avoid)), shape in zip(domains.items(), shapes, strict=False)
            }
            label = " ".join(str(a.shape) for a in arrays.values())
            yield Sample(label, numbers | arrays, options)

    return Case("", samples, real, complex, step, chosen)
