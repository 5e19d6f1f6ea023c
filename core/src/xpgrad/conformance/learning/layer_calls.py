"""A layer on a backend with its example inputs: made, called, and brought back to where it was."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, Final

import pytest

import xpgrad
from xpgrad._dtypes import dtype_named
from xpgrad._tensor import Tensor
from xpgrad.conformance.learning.running import placed, real
from xpgrad.conformance.levels import excuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xpgrad.conformance.learning.cases import LayerCase
    from xpgrad.conformance.site import Site

__all__ = ["SEED", "Called", "outputs"]

SEED: Final = 11


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


class Called:
    """A layer of a case on a site in one dtype, and example inputs of it.

    Random numbers are drawn from one seed, so two of these are equal.
    """

    def __init__(self, site: Site, case: LayerCase, *, dtype: str = "", seed: int = SEED) -> None:
        self.site, self.case, self.dtype = site, case, dtype or real(site)
        xpgrad.manual_seed(seed)
        self.layer = case.create().to(site.device, dtype_named(self.dtype))
        self.inputs = examples(case, self.dtype, site.has_int64)
        """Host arrays."""
        self._buffers = {n: site.host(b).copy() for n, b in self.layer.named_buffers()}

    # --- what is there -----------------------------------------------------------------------------

    def parameters(self) -> dict[str, Any]:
        """The parameters as host arrays by name."""
        return {n: self.site.host(p.detach()).copy() for n, p in self.layer.named_parameters()}

    def buffers(self) -> dict[str, Any]:
        """The buffers as host arrays by name."""
        return {n: self.site.host(b).copy() for n, b in self.layer.named_buffers()}

    def floating(self) -> dict[str, Any]:
        """The inputs that can carry a derivative, and the parameters that require grad, as host arrays."""
        found = {n: x for n, x in self.named_inputs().items() if x.dtype.kind == "f"}
        trained = {n for n, p in self.layer.named_parameters() if p.requires_grad}
        return found | {n: p for n, p in self.parameters().items() if n in trained}

    def named_inputs(self) -> dict[str, Any]:
        """The inputs by the names under which messages tell of them."""
        if len(self.inputs) == 1:
            return {"the input": self.inputs[0]}
        return {f"input {n}": x for n, x in enumerate(self.inputs)}

    # --- calling -----------------------------------------------------------------------------------

    def __call__(self, *, requires_grad: bool = False) -> list[Any]:
        """The layer on its example inputs; its floating results, as tensors."""
        return outputs(self.layer(*self.tensors(requires_grad=requires_grad)))

    def tensors(self, *, requires_grad: bool = False) -> list[Any]:
        """The example inputs, placed."""
        found = [placed(self.site, x) for x in self.inputs]
        return [t.requires_grad_() if requires_grad and t.dtype.is_floating else t for t in found]

    def host(self) -> dict[str, Any]:
        """The results on the host."""
        return {f"result {n}": self.site.host(t.detach()).copy() for n, t in enumerate(self())}

    def restart(self) -> None:
        """Buffers and random numbers as at first."""
        for name, buffer in self.layer.named_buffers():
            buffer.data = placed(self.site, self._buffers[name])
        xpgrad.manual_seed(SEED)

    def loss_at(self, values: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A weighted sum of the results at these values of inputs and parameters; and the leaves."""
        self.restart()
        named = self.named_inputs()
        leaves = {n: placed(self.site, values[n]).requires_grad_() for n in named if n in values}
        for name, p in self.layer.named_parameters():
            if name in values:
                p.data = placed(self.site, values[name])
                leaves[name] = p
        args = [leaves[n] if n in leaves else placed(self.site, x) for n, x in named.items()]
        return weighted(self.site, outputs(self.layer(*args))), leaves


def outputs(result: Any) -> list[Any]:
    """The floating tensors of a result: a tensor, or a tuple, list or dictionary of them."""
    if isinstance(result, Tensor):
        return [result] if result.dtype.is_floating else []
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [t for part in result for t in outputs(part)]
    return []


def weighted(site: Site, results: list[Any]) -> Any:
    """A sum of all results with weights of which no two are alike."""
    total: Any = None
    for number, t in enumerate(results):
        size = math.prod(t.shape)
        weights = _numpy().cos(1.0 + number + _numpy().arange(float(size))).reshape(t.shape)
        term = xpgrad.sum(t * placed(site, weights.astype(t.dtype.name)))
        total = term if total is None else total + term
    return total


# --- inputs ------------------------------------------------------------------------------------------------


def examples(case: LayerCase, dtype: str, has_int64: bool = True) -> tuple[Any, ...]:
    """Host arrays of the declared shapes: all numbers apart, none near zero; integers below a bound."""
    if case.inputs is None:
        pytest.fail(
            f"{case}: nothing says what it is called with; put its shape into the case, such as "
            f"ComponentSpec({case.kind!r}, {case.name!r}, ..., cases=({{..., 'input': (2, 3)}},)); integers from 0 "
            "to 4 are {'shape': (2, 3), 'below': 5}, and several inputs are a list",
            pytrace=False,
        )
    return tuple(_example(d, n, dtype, has_int64) for n, d in enumerate(case.inputs))


def _example(declared: Any, number: int, dtype: str, has_int64: bool) -> Any:
    np = _numpy()
    rng = np.random.default_rng(7 + number)
    if isinstance(declared, dict):
        kind = "int64" if has_int64 else "int32"
        return rng.integers(0, declared["below"], declared["shape"]).astype(kind)
    size = math.prod(declared)
    gap = 3.0 / max(size, 1)
    values = -1.5 + gap * (np.arange(float(size)) + 0.23 + 0.18 * number)
    return rng.permutation(values).reshape(declared).astype(dtype)


@contextlib.contextmanager
def transfers(site: Site) -> Iterator[list[str]]:
    """The floating arrays that came to the host meanwhile, by shape and dtype."""
    backend: Any = site.xp.backend
    seen: list[str] = []
    original = backend.to_host

    def counting(x: Any) -> Any:
        host = original(x)
        if host.dtype.kind in "fc":
            seen.append(f"{host.dtype} of shape {host.shape}")
        return host

    try:
        backend.to_host = counting
    except AttributeError:
        pytest.skip(excuse(f"to_host of {backend.name} cannot be watched"))
    try:
        yield seen
    finally:
        del backend.to_host
