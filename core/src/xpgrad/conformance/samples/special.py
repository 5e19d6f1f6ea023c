"""Samples of the special functions that core has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xpgrad.conformance.samples._make import CASES, Case, Maker, Sample, case
from xpgrad.conformance.samples.elementwise import unary

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOMAINS: Final[dict[str, tuple[float, float, tuple[float, ...]]]] = {
    "erf": (-3.0, 3.0, ()), "erfc": (-3.0, 4.5, ()), "gammaln": (0.3, 12.0, ()), "digamma": (0.5, 12.0, ()),
}  # fmt: skip

for _name, _domain in _DOMAINS.items():
    CASES[_name] = Case(_name, unary(*_domain))


@case("digamma_derivative")
def _digamma_derivative(make: Maker) -> Iterator[Sample]:
    for n in (1, 2, 3):
        yield Sample(f"order {n}", {"x": make.array((2, 3), 0.8, 5.0)}, {"n": n})
    yield Sample("negative", {"x": make.array((3,), -1.7, -1.3)}, {"n": 1})
    yield Sample("0-d", {"x": make.array((), 1.0, 2.0)}, {"n": 1})
    yield Sample("empty", {"x": make.array((0, 2))}, {"n": 2})


@case("sinc_derivative", complex=True, step=True)
def _sinc_derivative(make: Maker) -> Iterator[Sample]:
    for n in (1, 2, 5):
        yield Sample(f"order {n}", {"x": make.array((2, 5), -3.0, 3.0)}, {"n": n})
        yield Sample(f"order {n} near 0", {"x": make.array((2, 3), -1e-3, 1e-3)}, {"n": n})
    yield Sample("0-d", {"x": make.array((), -1.0, 1.0)}, {"n": 1})
    yield Sample("empty", {"x": make.array((0, 2))}, {"n": 2})
