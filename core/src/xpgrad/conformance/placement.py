"""Where things are, and whether they come out the same a second time."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any, Final

import xpgrad
from xpgrad._devices import device_named
from xpgrad._graph import Node
from xpgrad._tensor import Tensor
from xpgrad.autograd._backward import grad
from xpgrad.conformance.site import Site
from xpgrad.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DRAWS",
    "copies_what_it_is_asked_to",
    "draws_as_on_numpy",
    "gives_the_same_bits",
    "moves_and_keeps_its_tape",
    "refuses_to_mix",
    "returns_its_memory",
    "shares_nothing_with_its_source",
    "stays_where_it_is",
]


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np


def _real(site: Site) -> str:
    return "float64" if site.has("float64") else "float32"


def _step(site: Site) -> tuple[Any, list[Any]]:
    """The loss and the gradients of a small network with an embedding and duplicates."""
    np, dtype = _numpy(), _real(site)
    rng = np.random.default_rng(3)
    table, w = (
        site.place(rng.normal(size=s).astype(dtype)).requires_grad_() for s in ((5, 3), (3, 4))
    )
    rows = table[site.place(np.asarray([0, 3, 3, 1])), :]
    loss = xpgrad.sum(xpgrad.tanh(xpgrad.matmul(rows, w)) ** 2)
    return loss, list(grad(loss, [table, w], create_graph=False))


def stays_where_it_is(site: Site) -> None:
    """Values and gradients are on the device of what they were computed from."""
    loss, found = _step(site)
    for t in (loss, *found):
        assert t.device == site.device, f"a result is on {t.device}, expected {site.device}"
    made = xpgrad.zeros_like(found[0])
    assert made.device == site.device, f"zeros_like is on {made.device}, expected {site.device}"


def _written(site: Site, raw: Any) -> bool:
    """Write into the first element of an array; False where the library has arrays that nobody can write."""
    try:
        raw[0] = site.xp.backend.asarray(
            _numpy().asarray(9.0, _real(site)), dtype=raw.dtype, device=site.raw_device
        )
    except Exception:  # noqa: BLE001 - each library refuses with an error of its own
        return False
    return True


def shares_nothing_with_its_source(site: Site) -> None:
    """``xp.tensor`` of a host array, and of an array of the library's own, keeps its values when these are written."""
    np = _numpy()
    host = np.asarray([1.0, 2.0, 3.0], _real(site))
    own = site.xp.backend.asarray(
        host.copy(), dtype=site.xp.backend.dtype(host.dtype.name), device=site.raw_device
    )
    for source, kind in ((host.copy(), "a host array"), (own, "an array of the library's own")):
        made = xpgrad.tensor(source, device=site.device)
        same = xpgrad.tensor(source)
        if not (_written(site, source) if source is own else _host_written(source)):
            continue
        for t, where in ((made, f", device='{site.device}'"), (same, "")):
            found = t.tolist()
            assert found == host.tolist(), (
                f"tensor({kind}{where}) changed when the array was written: it is {found}, expected {host.tolist()}; "
                "the backend's asarray(copy=True) must copy"
            )


def _host_written(host: Any) -> bool:
    host[0] = 9.0
    return True


def copies_what_it_is_asked_to(site: Site) -> None:
    """The backend's ``asarray``: ``copy=True`` copies its own arrays; ``copy=False`` shares memory or raises."""
    np, backend = _numpy(), site.xp.backend
    host = np.asarray([1.0, 2.0, 3.0], _real(site))

    def own() -> Any:
        dtype = backend.dtype(host.dtype.name)
        return backend.asarray(host.copy(), dtype=dtype, device=site.raw_device, copy=True)

    first, second = own(), own()
    copied = backend.asarray(first, copy=True)
    if _written(site, first):
        found = np.asarray(backend.to_host(copied)).tolist()
        assert found == host.tolist(), (
            f"asarray(x, copy=True) shares the memory of x: it became {found} when x was written"
        )
    try:
        shared = backend.asarray(second, copy=False)
    except Exception:  # noqa: BLE001 - each library refuses with an error of its own
        return
    if _written(site, second):
        assert float(np.asarray(backend.to_host(shared))[0]) == 9.0, (
            "asarray(x, copy=False) of its own array made a copy: it must share the memory or raise"
        )


def refuses_to_mix(site: Site) -> None:
    """An operation on arrays of two devices raises and names both."""
    here = site.place(_numpy().ones(2, "float32"))
    for text in _others(site):
        there = here.to(text)
        try:
            xpgrad.add(here, there)
        except DeviceError as error:
            told = str(error)
            assert str(here.device) in told, f"the error does not name {here.device}: {told}"
            assert str(there.device) in told, f"the error does not name {there.device}: {told}"
        else:
            message = f"{here.device} and {there.device} were added without an error"
            raise AssertionError(message)


def _others(site: Site) -> list[str]:
    """The other devices of the backend, and the host's if it is another backend's."""
    name = site.xp.backend.name
    found = [f"{name}:{d}" for d in site.xp.backend.devices() if d != site.device.text]
    return found + (["numpy:cpu"] if name != "numpy" else [])


def moves_and_keeps_its_tape(site: Site) -> None:
    """``to`` there and back: the value stays, and the cotangent comes back to where the leaf is."""
    np = _numpy()
    host = np.asarray([1.0, 2.0, 3.0], "float32")
    for text in _others(site):
        x = site.place(host).requires_grad_()
        there = (x * x).to(text)
        back = there.to(site.device)
        (found,) = grad(xpgrad.sum(back * back), x)
        assert there.device == device_named(text), f"to({text!r}) is on {there.device}"
        assert found.device == site.device, f"the gradient is on {found.device}"
        assert site.host(found).tolist() == (4 * host**3).tolist(), (
            "the gradient through to() is wrong"
        )


DRAWS: Final[dict[str, Callable[..., Any]]] = {
    "uniforms": lambda **where: xpgrad.random.uniform((7,), dtype=xpgrad.float32, **where),
    "integers": lambda **where: xpgrad.random.integers(0, 1000, (7,), **where),
    "permutation": lambda **where: xpgrad.random.permutation(9, **where),
}


def draws_as_on_numpy(site: Site, draw: str) -> None:
    """The same seed gives the same integers and uniforms as on NumPy, bit for bit."""
    np = _numpy()
    ours, theirs = (
        there.host(DRAWS[draw](device=there.device, generator=xpgrad.random.Generator(5)))
        for there in (site, Site.of("numpy"))
    )
    theirs = theirs.astype(ours.dtype)
    assert np.array_equal(ours, theirs), f"got {ours.tolist()}, on NumPy {theirs.tolist()}"


def gives_the_same_bits(site: Site) -> None:
    """Duplicates, products and sums of a step are the same bits a second time."""
    with (
        site.xp.backend.deterministic() if hasattr(site.xp.backend, "deterministic") else _nothing()
    ):
        first, second = (
            [site.host(t) for t in (loss, *g)] for loss, g in (_step(site), _step(site))
        )
    for a, b in zip(first, second, strict=True):
        assert _numpy().array_equal(a, b), "a second run gives other bits"


def _nothing() -> Any:
    import contextlib  # noqa: PLC0415 - one line's

    return contextlib.nullcontext()


def returns_its_memory(site: Site) -> None:
    """After a step, and with the garbage collector off, no tensor and no node is left."""
    kinds = (Tensor, Node)

    def alive() -> int:
        return sum(issubclass(type(o), kinds) for o in gc.get_objects())

    _step(site)
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for _ in range(3):
            _step(site)
        assert alive() == before, f"{alive() - before} tensors or nodes are left after three steps"
    finally:
        gc.enable()
