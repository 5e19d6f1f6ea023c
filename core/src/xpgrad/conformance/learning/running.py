"""An optimizer on a problem on a backend, step by step; and how two runs are compared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from xpgrad._tensor import Tensor, wrap
from xpgrad.conformance.learning.problems import WAVY, Problem
from xpgrad.conformance.oracles import ulps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xpgrad.conformance.learning.cases import OptimizerCase
    from xpgrad.conformance.site import Site

__all__ = ["Run", "hosts", "placed", "real", "same", "same_tree"]


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def real(site: Site) -> str:
    """The widest real dtype there."""
    return "float64" if site.has("float64") else "float32"


def placed(site: Site, host: Any) -> Any:
    """A tensor of its own memory with a host array's values."""
    backend = site.xp.backend
    dtype = backend.dtype(host.dtype.name)
    return wrap(backend.asarray(host.copy(), dtype=dtype, device=site.raw_device), site.xp)


def dressed(values: list[float], shape: tuple[int, ...], dtype: str) -> Any:
    """Numbers as a host array; of a complex dtype, half as many along the last axis."""
    np = _numpy()
    array = np.asarray(values, "float64").reshape(shape)
    if dtype.startswith("complex"):
        array = array[..., 0::2] + 1j * array[..., 1::2]
    return array.astype(dtype)


def numbers(array: Any) -> list[float]:
    """A host array as Python floats; a complex one as two each."""
    np = _numpy()
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    found: list[float] = array.astype("float64").reshape(-1).tolist()
    return found


class Run:
    """Parameters, an optimizer on them, and a closure that gives each of them its gradient by formula.

    Args:
        site: Where.
        case: Which optimizer.
        problem: What it makes smaller.
        dtype: Of the parameters; default: the widest.
        start: Host arrays by name in place of the problem's start.
        sign: What value and gradient are multiplied by.
    """

    def __init__(
        self, site: Site, case: OptimizerCase, problem: Problem = WAVY, *, dtype: str = "",
        start: Mapping[str, Any] | None = None, sign: float = 1.0,
    ) -> None:  # fmt: skip
        self.site, self.case, self.problem, self.sign = site, case, problem, sign
        self.dtype = dtype or real(site)
        self.without: set[str] = set()
        """Parameters that get no gradient."""
        first = self._split(list(problem.start)) if start is None else start
        self.params = {n: placed(site, host).requires_grad_() for n, host in first.items()}
        self.optimizer = case.create(list(self.params.items()))

    def set(self, **options: Any) -> Run:
        """Write options into every group that has them."""
        for group in self.optimizer.param_groups:
            group.update({k: v for k, v in options.items() if k in group})
        return self

    @property
    def has_rate(self) -> bool:
        """Whether the rule has a learning rate."""
        return "lr" in self.optimizer.param_groups[0]

    # --- steps -------------------------------------------------------------------------------------

    def evaluate(self, at: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
        """The value and the gradients at host arrays."""
        value, gradient = self.problem.function([x for a in at.values() for x in numbers(a)])
        return self.sign * value, self._split([self.sign * g for g in gradient])

    def _split(self, values: list[float]) -> dict[str, Any]:
        found, at = {}, 0
        for name, shape in self.problem.shapes.items():
            size = math.prod(shape)
            found[name] = dressed(values[at : at + size], shape, self.dtype)
            at += size
        return found

    def closure(self) -> Any:
        """Set the gradients; the value."""
        value, gradients = self.evaluate(self.values())
        for name, p in self.params.items():
            p.grad = None if name in self.without else placed(self.site, gradients[name])
        kind = "float32" if self.dtype in ("float32", "complex64") else "float64"
        return placed(self.site, _numpy().asarray(value, kind))

    def step(self) -> dict[str, Any]:
        """One step; the values after it."""
        self.optimizer.step(self.closure)
        return self.values()

    def walk(self, steps: int) -> list[dict[str, Any]]:
        """The values after each of some steps."""
        return [self.step() for _ in range(steps)]

    # --- what is there -----------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """The parameters as host arrays."""
        return {n: self.site.host(p.detach()).copy() for n, p in self.params.items()}

    def saved(self) -> Any:
        """The state dict with host arrays in the place of tensors."""
        return hosts(self.optimizer.state_dict(), self.site)


def hosts(tree: Any, site: Site) -> Any:
    """A tree with copies on the host in the place of tensors and raw arrays."""
    if isinstance(tree, Tensor):
        return tree._xp.backend.to_host(tree._cell.raw).copy()
    if isinstance(tree, dict):
        return {k: hosts(v, site) for k, v in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [hosts(v, site) for v in tree]
    return site.xp.backend.to_host(tree).copy() if hasattr(tree, "shape") else tree


# --- comparing ---------------------------------------------------------------------------------------------


def same(got: Mapping[str, Any], want: Mapping[str, Any], what: str, *, within: float = 0) -> None:
    """Host arrays by name agree bit for bit, or within some units in the last place."""
    np = _numpy()
    for name, expected in want.items():
        found = got[name]
        told = f"{what}: {name!r} is {found.tolist()}"
        assert found.dtype == expected.dtype, (
            f"{told} of {found.dtype}, expected dtype {expected.dtype}"
        )
        assert found.shape == expected.shape, (
            f"{told} of shape {found.shape}, expected {expected.shape}"
        )
        off = 0.0 if np.array_equal(found, expected, equal_nan=True) else ulps(found, expected)
        bits = within == 0 and not np.array_equal(found, expected, equal_nan=True)
        assert not bits and off <= within, (
            f"{told}, expected {expected.tolist()} (off by {off:.3g} units in the last place, allowed: {within:g})"
        )


def same_tree(got: Any, want: Any, what: str) -> None:
    """Two trees of host arrays and plain values are equal, bit for bit."""
    told = list(_differences(got, want, ""))
    assert not told, f"{what}: " + "; ".join(told[:3])


def _differences(got: Any, want: Any, path: str) -> Iterable[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        for key in [*want, *(k for k in got if k not in want)]:
            at = f"{path}[{key!r}]"
            if key not in got:
                yield f"{at} is missing"
            elif key not in want:
                yield f"{at} is new"
            else:
                yield from _differences(got[key], want[key], at)
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for number, (a, b) in enumerate(zip(got, want, strict=True)):
            yield from _differences(a, b, f"{path}[{number}]")
    elif not _equal(got, want):
        a, b = (x.tolist() if hasattr(x, "tolist") else x for x in (got, want))
        yield f"{path} is {a!r}, expected {b!r}"


def _equal(a: Any, b: Any) -> bool:
    np = _numpy()
    if hasattr(a, "dtype") and hasattr(b, "dtype"):
        return a.dtype == b.dtype and bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    return type(a) is type(b) and bool(a == b)
