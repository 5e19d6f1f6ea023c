"""Every way to differentiate a scalar function of a scalar: ``D(function, at)`` may itself be differentiated.

Each keeps the two roles of a value apart: what ``function`` is differentiated by here, and what comes from outside.
"""

import xpgrad as xp


def by_grad(function, at):
    return xp.grad(function)(at)


def by_value_and_grad(function, at):
    return xp.value_and_grad(function)(at)[1]


def by_vjp(function, at):
    _, pull_back = xp.vjp(function, at)
    return pull_back(xp.ones_like(at))[0]


def by_jvp(function, at):
    return xp.jvp(function, (at,), (xp.ones_like(at),))[1]


def by_linearize(function, at):
    return xp.linearize(function, at)[1](xp.ones_like(at))


def by_autograd_grad(function, at):
    by = xp.zeros_like(at).detach().requires_grad_()
    return xp.autograd.grad(function(at + by), by, create_graph=True)[0]


def by_backward(function, at):
    by = xp.zeros_like(at).detach().requires_grad_()
    function(at + by).backward(create_graph=True, inputs=[by])
    found, by.grad = by.grad, None  # a recorded gradient and its leaf are a cycle
    return found


def by_vmapped_grad(function, at):
    return xp.vmap(xp.grad(function))(xp.stack([at - 1.0, at]))[1]


def by_vmapped_jvp(function, at):
    """The tangents are batched, the value is not."""
    moved = xp.vmap(lambda t: xp.jvp(function, (at,), (t,))[1])(xp.stack([at * 0.0, at * 0.0 + 1]))
    return moved[1] - moved[0]


def by_checkpoint(function, at):
    return xp.grad(xp.checkpoint(function))(at)


WAYS = {
    f.__name__.removeprefix("by_"): f
    for f in (
        by_grad, by_value_and_grad, by_vjp, by_jvp, by_linearize, by_autograd_grad, by_backward, by_checkpoint,
    )
}  # fmt: skip
if hasattr(xp, "vmap"):
    WAYS |= {"vmapped_grad": by_vmapped_grad, "vmapped_jvp": by_vmapped_jvp}
