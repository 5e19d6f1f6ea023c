"""``gradcheck`` and ``gradgradcheck``: analytic derivatives against central differences."""

from __future__ import annotations

from typing import Any

from xpgrad._modes import enable_grad, no_grad
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
    before = inputs[which].detach()
    rows = []
    with no_grad():
        for i in range(before.size):
            for direction in _directions(before):
                up, down = (
                    _changed(function, inputs, which, before, i, sign * eps * direction)
                    for sign in (1, -1)
                )
                rows.append([
                    [(a - b) / (2 * eps) for a, b in zip(u, d, strict=True)] for u, d in zip(up, down, strict=True)
                ])  # fmt: skip
    return rows


def _changed(
    function: Any, inputs: tuple[Any, ...], which: int, before: Any, place: int, step: complex
) -> list[list[complex]]:
    """The outputs with one element of one input moved."""
    flat = before.reshape(-1).clone()
    flat[place] = flat[place] + step
    args = [*inputs[:which], flat.reshape(before.shape), *inputs[which + 1 :]]
    return [_flat(o) for o in function(*args)]


def _analytic(outputs: tuple[Any, ...], x: Any) -> list[list[list[complex]]]:
    """The same numbers from the tape: for a seed s, Re(conj(s) dy) = Re(conj(x.grad) dx)."""
    columns = [[_backward_sides(o, j, x) for j in range(o.size)] for o in outputs]
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


def _backward_sides(output: Any, place: int, x: Any) -> list[list[complex]]:
    """The gradient of one element of an output, for each of its directions."""
    sides: list[list[complex]] = []
    for direction in _directions(output):
        if not output.requires_grad:
            sides.append([0.0] * x.size)
            continue
        seed = (output.detach() * 0).reshape(-1)
        seed[place] = direction
        (g,) = grad(
            output, x, seed.reshape(output.shape), retain_graph=True, materialize_grads=True
        )
        sides.append(_flat(g))
    return sides


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

    Raises:
        GradcheckError: naming the first pair of numbers that differ.
        ValueError: if no input requires grad.

    >>> import xpgrad as xp
    >>> x = xp.tensor([0.5, 1.5], requires_grad=True)
    >>> xp.autograd.gradcheck(xp.sin, (x,)), xp.autograd.gradgradcheck(xp.sin, (x,))
    (True, True)
    """
    args = _tensors(inputs)
    checked = [i for i, a in enumerate(args) if isinstance(a, Tensor) and a.requires_grad]
    if not checked:
        message = "gradcheck needs at least one input that requires grad"
        raise ValueError(message)
    results = _tensors(func(*args))
    floating = [i for i, o in enumerate(results) if isinstance(o, Tensor) and o.dtype.is_floating]
    # a detached output is the caller's choice beside others, a mistake if there is no other
    chosen = [i for i in floating if results[i].requires_grad] or floating
    outputs = tuple(results[i] for i in chosen)
    fault = None
    for which in checked:
        numerical = _numerical(lambda *a: [_tensors(func(*a))[i] for i in chosen], args, which, eps)
        fault = fault or _difference(_analytic(outputs, args[which]), numerical, atol, rtol, which)
    if fault is not None and raise_exception:
        raise GradcheckError(fault)
    return fault is None


def _difference(analytic: Any, numerical: Any, atol: float, rtol: float, which: int) -> str | None:
    """The first pair of numbers that are further apart than allowed, in words."""
    for i, (a_row, n_row) in enumerate(zip(analytic, numerical, strict=True)):
        for number, (a_out, n_out) in enumerate(zip(a_row, n_row, strict=True)):
            for j, (a, n) in enumerate(zip(a_out, n_out, strict=True)):
                if not abs(a - n) <= atol + rtol * abs(n):
                    return (
                        f"gradcheck: output {number}, element {j}, by input {which}, element {i}: analytic {a}, "
                        f"numerical {n}"
                    )
    return None


def gradgradcheck(func: Any, inputs: Any, grad_outputs: Any = None, **options: Any) -> bool:
    """:func:`gradcheck` of the gradient of ``func``: the second derivatives.

    Args:
        func: as for :func:`gradcheck`.
        inputs: as for :func:`gradcheck`.
        grad_outputs: the gradients of func's results, one for each that requires grad; default: ones.
        options: ``eps``, ``atol``, ``rtol`` and ``raise_exception`` of :func:`gradcheck`.
    """
    args = _tensors(inputs)
    results = _tensors(func(*args))
    chosen = [i for i, o in enumerate(results) if isinstance(o, Tensor) and o.requires_grad]
    if grad_outputs is None:
        grad_outputs = tuple((results[i].detach() * 0 + 1).requires_grad_() for i in chosen)
    count = len(args)

    def first(*everything: Any) -> tuple[Any, ...]:
        with enable_grad():
            own = tuple(
                a
                if not isinstance(a, Tensor) or a.requires_grad or not args[i].requires_grad
                else a.clone().requires_grad_()
                for i, a in enumerate(everything[:count])
            )
            wanted = [a for a in own if isinstance(a, Tensor) and a.requires_grad]
            again = _tensors(func(*own))
            return grad(
                [again[i] for i in chosen],
                wanted,
                everything[count:],
                create_graph=True,
                materialize_grads=True,
            )

    return gradcheck(first, (*args, *_tensors(grad_outputs)), **options)
