"""One backend on one device, and how a sample is called there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xpgrad._devices import Device, device_named, namespace_of_backend
from xpgrad._dtypes import dtype_named
from xpgrad._like import Like
from xpgrad._namespace._operation import describe
from xpgrad._namespace._operations import operation
from xpgrad._support import lacks, why_not
from xpgrad._tensor import wrap
from xpgrad.conformance.levels import ESSENTIAL, excuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad.conformance.samples import Sample
    from xpgrad.extend.backend import ExtendedNamespace
    from xpgrad.rules import Rule

__all__ = ["Call", "Site", "active", "is_floating", "rule_of"]


def is_floating(x: Any) -> bool:
    """Whether a host array can carry a derivative."""
    return getattr(x, "dtype", None) is not None and x.dtype.kind in "fc"


def rule_of(name: str) -> Rule:
    """The rule of an operation, of core or of a plugin; every operation with samples has one."""
    rule = describe(name).rule
    assert rule is not None, f"{name} has samples and no rule"
    return rule


def active(name: str, sample: Sample) -> dict[str, Any]:
    """The sample's differentiable host arrays by parameter; those of a sequence as ``arrays[0]``."""
    found: dict[str, Any] = {}
    for parameter in rule_of(name).vjps:
        value = sample.arrays.get(parameter)
        if isinstance(value, tuple):
            found |= {f"{parameter}[{i}]": v for i, v in enumerate(value)}
        elif is_floating(value):
            found[parameter] = value
    return found


class Site:
    """A backend and one of its devices."""

    def __init__(self, xp: ExtendedNamespace, device: Device) -> None:
        self.xp = xp
        self.device = device
        self.lacks = lacks(xp.backend.name)
        self.raw_device = xp.backend.raw_device(device.type, device.index)
        self.has_int64 = self.has("int64")

    @classmethod
    def of(cls, backend: str, device: str | None = None) -> Site:
        """The site of a backend by name, on its first device or on one named without the backend."""
        xp = namespace_of_backend(backend)
        text = device or xp.backend.devices()[0]
        return cls(xp, device_named(f"{backend}:{text}"))

    def has(self, dtype: str) -> bool:
        """Whether arrays of ``dtype`` exist here."""
        try:
            backend = self.xp.backend
            backend.asarray(
                _numpy().zeros((), dtype), dtype=backend.dtype(dtype), device=self.raw_device
            )
        except Exception:  # noqa: BLE001 - each library refuses with an error of its own
            return False
        return True

    def need(self, operation: str, *, static: bool = True) -> None:
        """Skip what the backend declares to lack, or what neither it nor core can compute."""
        reason = self.why_not(operation, static=static)
        if reason is not None:
            import pytest  # noqa: PLC0415 - an extra

            pytest.skip(excuse(reason))

    def why_not(self, operation: str, *, static: bool = True) -> str | None:
        """Why an operation cannot run here, in words; None where it must."""
        return None if operation in ESSENTIAL else why_not(self.xp, operation, static=static)

    def place(self, host: Any) -> Any:
        """A tensor with a host array's values; read-only and in the same order of memory where the library can."""
        np, backend = _numpy(), self.xp.backend
        dtype = backend.dtype(
            "int32" if host.dtype == "int64" and not self.has_int64 else host.dtype.name
        )
        if host.ndim > 1 and not host.flags.c_contiguous and backend.name != "numpy":
            turned = backend.asarray(
                np.ascontiguousarray(host.T), dtype=dtype, device=self.raw_device
            )
            return wrap(self.xp.permute_dims(turned, tuple(range(host.ndim))[::-1]), self.xp)
        raw = backend.asarray(host, dtype=dtype, device=self.raw_device)
        if isinstance(raw, np.ndarray):
            raw = raw.view()
            raw.flags.writeable = False
        return wrap(raw, self.xp)

    def host(self, tensor: Any) -> Any:
        """A tensor's values as a host array."""
        return _numpy().asarray(self.xp.backend.to_host(tensor._cell.raw))


def joined(results: tuple[Any, ...]) -> Any:
    """The floating ones of several results, one after the other in one tensor of one axis."""
    parts = [r for r in results if r.dtype.is_floating]
    widest = next((p.dtype for p in parts if p.dtype.is_complex), parts[0].dtype)
    flat = [operation("reshape")(p, (-1,)) for p in parts]
    return operation("concat")([p if p.dtype == widest else p.astype(widest) for p in flat])


class Call:
    """A sample placed on a site: call it with other values of its differentiable arrays as often as needed."""

    def __init__(self, site: Site, name: str, sample: Sample) -> None:
        self.site = site
        self.name = name
        self.sample = sample
        self.values = active(name, sample)
        self.function: Callable[..., Any] = operation(name)
        self.rule = rule_of(name)
        before = describe(name).signature.partition("/")[0]
        self.positional = tuple(p.split("=")[0].strip() for p in before.split(",") if p.strip())
        self._fixed = {k: self._option(k, v) for k, v in sample.options.items()}
        self._fixed |= {k: v if v is None else site.place(v) for k, v in sample.arrays.items()
                        if not isinstance(v, tuple) and k not in self.values}  # fmt: skip

    def _option(self, name: str, value: Any) -> Any:
        if name == "like":
            kind = next(iter(self.values.values())).dtype.name
            return Like(value, dtype_named(kind), self.site.device)
        if name == "key":
            return (
                tuple(map(self._index, value)) if isinstance(value, tuple) else self._index(value)
            )
        return self._index(value)

    def _index(self, value: Any) -> Any:
        return self.site.place(value) if hasattr(value, "dtype") else value

    def __call__(self, tensors: dict[str, Any]) -> Any:
        """The operation on these tensors (by the names in :attr:`values`), as one tensor."""
        prepare, observe = self.sample.prepare, self.sample.observe
        result = self.direct(tensors if prepare is None else prepare(tensors))
        if observe is not None:
            return observe(result)
        return joined(result) if isinstance(result, tuple) else result

    def direct(self, tensors: dict[str, Any]) -> Any:
        """The operation's own result on these tensors."""
        arguments = dict(self._fixed)
        for name, value in self.sample.arrays.items():
            if isinstance(value, tuple):
                arguments[name] = [tensors[f"{name}[{i}]"] for i in range(len(value))]
            elif name in self.values:
                arguments[name] = tensors[name]
        first = [arguments.pop(p) for p in self.positional if p in arguments]
        return self.function(*first, **arguments)

    def tensors(
        self, hosts: dict[str, Any] | None = None, *, requires_grad: bool = False
    ) -> dict[str, Any]:
        """Fresh tensors of the given host values, or of the sample's."""
        placed = {n: self.site.place(v) for n, v in (hosts or self.values).items()}
        return {n: t.requires_grad_() for n, t in placed.items()} if requires_grad else placed

    def value(self, hosts: dict[str, Any]) -> Any:
        """The result on the host for host values of the differentiable arrays."""
        return self.site.host(self(self.tensors(hosts)))

    def as_dtype(self, dtype: str) -> Call:
        """The same call with every differentiable array in another dtype."""

        def cast(v: Any) -> Any:
            if isinstance(v, tuple):
                return tuple(map(cast, v))
            return v.astype(dtype) if is_floating(v) else v

        arrays = {k: cast(v) for k, v in self.sample.arrays.items()}
        return Call(self.site, self.name, replace(self.sample, arrays=arrays))


def _numpy() -> Any:
    import numpy as np  # noqa: PLC0415 - the kit may use NumPy, inside functions

    return np
