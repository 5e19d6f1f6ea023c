"""Training on a backend against the same on NumPy: optimizers, layers, and a network that learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import xpgrad
from xpgrad.conformance.oracles import ulps
from xpgrad.conformance.site import Site
from xpgrad.extend import registry

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "LAYERS",
    "layer_agrees_with_numpy",
    "learns_and_comes_back",
    "optimizers",
    "walks_as_on_numpy",
]

STEPS: Final = 5
ULPS: Final = 5000
"""Units in the last place after some steps, whose differences add up."""


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _real(site: Site) -> str:
    return "float64" if site.has("float64") else "float32"


def optimizers() -> list[str]:
    """Every optimizer that is installed."""
    return sorted(registry.optimizer_names())


def walks_as_on_numpy(site: Site, name: str) -> None:
    """The parameters after some steps, from the same start with the same gradients."""
    got, expected = (_walked(s, name, _real(site)) for s in (site, Site.of("numpy")))
    _close(got, expected, f"after {STEPS} steps of {name}")


def _walked(site: Site, name: str, dtype: str) -> Any:
    np = _numpy()
    w = site.place(np.asarray([[0.5, -1.5], [2.0, 0.25]], dtype)).requires_grad_()
    target = site.place(np.asarray([[1.0, -1.0], [0.5, 0.0]], dtype))
    optimizer = xpgrad.optim.create(name, [w])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = xpgrad.sum((w - target) ** 2 * w)
        loss.backward()
        return loss

    for _ in range(STEPS):
        optimizer.step(closure)
    return site.host(w.detach())


def _close(got: Any, expected: Any, what: str) -> None:
    assert got.dtype == expected.dtype, f"{what}: dtype {got.dtype}, expected {expected.dtype}"
    off = ulps(got, expected)
    assert off <= ULPS, (
        f"{what}: off by {off:.0f} ULP\n  got      {got.tolist()}\n  expected {expected.tolist()}"
    )


def _mlp() -> Any:
    nn = xpgrad.nn
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


LAYERS: Final[dict[str, tuple[Callable[[], Any], tuple[int, ...]]]] = {
    "Linear": (lambda: xpgrad.nn.Linear(3, 4), (2, 3)),
    "Conv2d": (lambda: xpgrad.nn.Conv2d(2, 3, 2), (1, 2, 4, 4)),
    "MaxPool2d": (lambda: xpgrad.nn.MaxPool2d(2), (1, 2, 4, 4)),
    "Sequential": (_mlp, (2, 3)),
}
"""Constructors and the shape of an input."""


def layer_agrees_with_numpy(site: Site, name: str) -> None:
    """The value, the gradient by the input and by every parameter, from the same parameters."""
    got, expected = (_layer(s, name, _real(site)) for s in (site, Site.of("numpy")))
    for what, want in expected.items():
        _close(got[what], want, f"{name}: {what}")


def _layer(site: Site, name: str, dtype: str) -> dict[str, Any]:
    np = _numpy()
    make, shape = LAYERS[name]
    xpgrad.manual_seed(11)
    module = make().to(site.device, xpgrad.float64 if dtype == "float64" else xpgrad.float32)
    host = np.cos(np.arange(float(np.prod(shape)))).reshape(shape).astype(dtype)
    x = site.place(host).requires_grad_()
    out = module(x)
    xpgrad.sum(out * out).backward()
    found = {"the value": out.detach(), "the gradient of the input": x.grad}
    found |= {f"the gradient of {n}": p.grad for n, p in module.named_parameters()}
    return {n: site.host(t) for n, t in found.items()}


def learns_and_comes_back(site: Site) -> None:
    """A network fits a few points; its state, saved and loaded, gives the same bits."""
    np, dtype = _numpy(), _real(site)
    xpgrad.manual_seed(3)
    model = _mlp().to(site.device, xpgrad.float64 if dtype == "float64" else xpgrad.float32)
    x = site.place(np.cos(np.arange(12.0)).reshape(4, 3).astype(dtype))
    y = site.place(np.sin(np.arange(8.0)).reshape(4, 2).astype(dtype))
    optimizer = xpgrad.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = xpgrad.mean((model(x) - y) ** 2)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.item()))
    assert losses[-1] < 0.5 * losses[0], (
        f"the loss went from {losses[0]:.3g} to {losses[-1]:.3g} only"
    )
    other = _mlp().to(site.device, xpgrad.float64 if dtype == "float64" else xpgrad.float32)
    other.load_state_dict(model.state_dict())
    assert site.host(other(x).detach()).tolist() == site.host(model(x).detach()).tolist()
