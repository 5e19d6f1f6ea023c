"""``gradcheck`` and ``gradgradcheck``: analytic derivatives against central differences."""

from __future__ import annotations

from typing import Any

from xpgrad._modes import no_grad
from xpgrad._tensor import Tensor
from xpgrad.autograd._backward import grad
from xpgrad.errors import XpgradError

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(XpgradError, RuntimeError):
    """Analytic and numerical derivatives differ."""


def _tensors(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, (tuple, list)) else (result,)


def _flat(t: Any) -> list[complex]:
    values: list[complex] = t.detach().reshape(-1).tolist()
    return values


def _directions(t: Any) -> tuple[complex, ...]:
    return (1.0, 1.0j) if t.dtype.is_complex else (1.0,)


def _numerical(
    function: Any, inputs: tuple[Any, ...], which: int, eps: float
) -> list[list[list[complex]]]:
    """For each direction of each element of one input, the change of every output, flattened."""
    x = inputs[which]
    before = x.detach().clone()
    rows = []
    with no_grad():
        for i in range(x.size):
            for direction in _directions(x):
                changed = []
                for sign in (1.0, -1.0):
                    flat = before.reshape(-1).clone()
                    flat[i] = flat[i] + sign * eps * direction
                    args = list(inputs)
                    args[which] = flat.reshape(x.shape)
                    changed.append([_flat(o) for o in _tensors(function(*args))])
                up, down = changed
                rows.append(
                    [
                        [(a - b) / (2 * eps) for a, b in zip(u, d, strict=True)]
                        for u, d in zip(up, down, strict=True)
                    ]
                )
    return rows


def _analytic(outputs: tuple[Any, ...], x: Any) -> list[list[list[complex]]]:
    """The same numbers from the tape: for a seed s, Re(conj(s) dy) = Re(conj(x.grad) dx)."""
    columns = []
    for o in outputs:
        per_element = []
        for j in range(o.size):
            sides = []
            for direction in _directions(o):
                seed = (o.detach() * 0).reshape(-1)
                seed[j] = direction
                (g,) = grad(o, x, seed.reshape(o.shape), retain_graph=True, materialize_grads=True)
                sides.append(_flat(g))
            per_element.append(sides)
        columns.append(per_element)
    rows = []
    for i in range(x.size):
        for direction in _directions(x):
            row = []
            for per_element in columns:
                values = []
                for sides in per_element:
                    parts = [(complex(s[i]).conjugate() * direction).real for s in sides]
                    values.append(complex(*parts) if len(parts) > 1 else parts[0])
                row.append(values)
            rows.append(row)
    return rows


def gradcheck(
    func: Any,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of ``func`` at ``inputs`` with central differences, element by element.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors; real or complex.
        inputs: a tensor or a tuple; those that require grad are checked.  Use float64.
        eps: the step.
        atol: absolute tolerance.
        rtol: relative tolerance.
        raise_exception: raise :class:`GradcheckError` instead of returning False.
    """
    args = _tensors(inputs)
    checked = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
    if not checked:
        message = "gradcheck needs at least one input that requires grad"
        raise ValueError(message)
    outputs = tuple(o for o in _tensors(func(*args)) if isinstance(o, Tensor) and o.requires_grad)
    plain = lambda *a: tuple(
        o for o in _tensors(func(*a)) if isinstance(o, Tensor) and o.dtype.is_floating
    )
    outputs = tuple(o for o in outputs if o.dtype.is_floating)
    for which in checked:
        analytic = _analytic(outputs, args[which])
        numerical = _numerical(plain, args, which, eps)
        for i, (a_row, n_row) in enumerate(zip(analytic, numerical, strict=True)):
            for number, (a_out, n_out) in enumerate(zip(a_row, n_row, strict=False)):
                for j, (a, n) in enumerate(zip(a_out, n_out, strict=True)):
                    if not abs(a - n) <= atol + rtol * abs(n):
                        if not raise_exception:
                            return False
                        message = (
                            f"gradcheck: output {number}, element {j}, by input {which}, element {i}: analytic {a}, "
                            f"numerical {n}"
                        )
                        raise GradcheckError(message)
    return True


def gradgradcheck(func: Any, inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """:func:`gradcheck` of the gradient of ``func``: the second derivatives."""
    args = _tensors(inputs)
    outputs = _tensors(func(*args))
    if grad_outputs is None:
        grad_outputs = tuple((o.detach() * 0 + 1).requires_grad_() for o in outputs)
    seeds = _tensors(grad_outputs)
    count = len(args)

    def first(*everything: Any) -> tuple[Any, ...]:
        from xpgrad._modes import enable_grad  # noqa: PLC0415 - small

        with enable_grad():
            own = tuple(
                a
                if not isinstance(a, Tensor) or a.requires_grad or not args[i].requires_grad
                else a.clone().requires_grad_()
                for i, a in enumerate(everything[:count])
            )
            wanted = [a for a in own if isinstance(a, Tensor) and a.requires_grad]
            return grad(
                _tensors(func(*own)),
                wanted,
                everything[count:],
                create_graph=True,
                materialize_grads=True,
            )

    return gradcheck(first, (*args, *seeds), **options)
