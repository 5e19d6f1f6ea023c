"""Two meanings of programs over tensors: the tape's, and an independent one.

The independent meaning is NumPy values, each with its Jacobian by the leaves (forward mode).  A :class:`Dual` is a
handle like a Tensor: a cell that aliases share, and a Jacobian that they do not.  There is no graph here, nothing is
kept and nothing is freed: what the tape may get wrong cannot go wrong.
"""

import operator
from typing import ClassVar

import numpy as np

import xpgrad as xp

UNARY = {
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "negative": (np.negative, lambda x: -np.ones_like(x)),
    "exp": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
}
BINARY = {
    "add": (np.add, lambda a, b: np.ones_like(a + b), lambda a, b: np.ones_like(a + b)),
    "sub": (np.subtract, lambda a, b: np.ones_like(a + b), lambda a, b: -np.ones_like(a + b)),
    "mul": (np.multiply, lambda a, b: b + 0 * a, lambda a, b: a + 0 * b),
    "truediv": (lambda a, b: a / (3 + np.sin(b)), lambda a, b: 1 / (3 + np.sin(b)) + 0 * a,
                lambda a, b: -a * np.cos(b) / (3 + np.sin(b)) ** 2),
}  # fmt: skip


class Dual:
    """A value (in a cell) and its derivative by every number of every leaf, or None off the tape."""

    def __init__(self, cell, jac=None, leaf=False, reached=frozenset()):
        self.cell, self.jac, self.leaf, self.grad = cell, jac, leaf, None
        self.reached = reached  # the leaves it was computed from

    @property
    def value(self):
        return self.cell[0]

    @property
    def shape(self):
        return self.cell[0].shape

    @property
    def requires_grad(self):
        return self.jac is not None


class Reference:
    """The operations of a program; the same names as in the interpreter over tensors."""

    def __init__(self, leaves):
        self.n = sum(v.size for v in leaves)
        self.recording, self.leaves, start = True, [], 0
        for v in leaves:
            jac = np.zeros((v.size, self.n))
            jac[:, start : start + v.size] = np.eye(v.size)
            reached = frozenset([len(self.leaves)])
            self.leaves.append(
                Dual([v.copy()], jac.reshape(*v.shape, self.n), leaf=True, reached=reached)
            )
            start += v.size

    def jac(self, d):
        return np.zeros((*d.shape, self.n)) if d.jac is None else d.jac

    def result(self, value, operands, jac):
        tracked = self.recording and any(d.jac is not None for d in operands)
        reached = frozenset().union(*(d.reached for d in operands)) if tracked else frozenset()
        return Dual([np.asarray(value, dtype=float)], jac() if tracked else None, reached=reached)

    def linear(self, a, f):
        """``f`` rearranges an array of places; the Jacobian's rows follow."""
        places = f(np.arange(a.value.size).reshape(a.shape))
        return self.result(f(a.value), [a], lambda: self.jac(a).reshape(-1, self.n)[places])

    def unary(self, name, a):
        f, df = UNARY[name]
        return self.result(f(a.value), [a], lambda: df(a.value)[..., None] * self.jac(a))

    def spread(self, d, shape):
        jac = self.jac(d)
        lead = len(shape) - len(d.shape)
        return np.broadcast_to(jac.reshape((1,) * lead + jac.shape), (*shape, self.n))

    def binary(self, name, a, b):
        f, da, db = BINARY[name]
        out = np.asarray(f(a.value, b.value))

        def jac():
            by_a = da(a.value, b.value)[..., None] * self.spread(a, out.shape)
            return by_a + db(a.value, b.value)[..., None] * self.spread(b, out.shape)

        return self.result(out, [a, b], jac)

    def scalar(self, name, a, c):
        return self.binary(name, a, Dual([np.asarray(c)]))

    def sum(self, a, axis):
        axes = tuple(range(len(a.shape))) if axis is None else axis
        return self.result(a.value.sum(axes), [a], lambda: self.jac(a).sum(axes))

    def reshape(self, a, shape):
        return self.linear(a, lambda v: v.reshape(shape))

    def transpose(self, a):
        return self.linear(a, lambda v: v.T)

    def getitem(self, a, key):
        return self.linear(a, lambda v: v[key])

    def concat(self, a, b):
        def jac():
            return np.concatenate([self.jac(a), self.jac(b)], axis=0)

        return self.result(np.concatenate([a.value, b.value], axis=0), [a, b], jac)

    def where(self, a, b):
        mask = a.value > b.value
        return self.result(np.where(mask, a.value, b.value), [a, b],
                           lambda: np.where(mask[..., None], self.jac(a), self.jac(b)))  # fmt: skip

    def matvec(self, a, b):
        def jac():
            by_a = np.einsum("ijn,j->in", self.jac(a), b.value)
            return by_a + np.einsum("ij,jn->in", a.value, self.jac(b))

        return self.result(a.value @ b.value, [a, b], jac)

    # --- in place -----------------------------------------------------------------------------------

    def refuses(self, a):
        return a.leaf and self.recording

    def rebind(self, a, new):
        a.cell[0] = new.value
        if self.recording:
            a.jac, a.leaf, a.reached = new.jac, False, new.reached

    def in_place(self, a, name, b):
        self.rebind(a, self.binary(name, a, b))

    def setitem(self, a, key, b):
        value = a.value.copy()
        value[key] = b.value

        def jac():
            rows = self.jac(a).reshape(-1, self.n).copy()
            places = np.arange(a.value.size).reshape(a.shape)[key]
            rows[places.reshape(-1)] = self.spread(b, places.shape).reshape(-1, self.n)
            return rows.reshape(*a.shape, self.n)

        self.rebind(a, self.result(value, [a, b], jac))

    def augment(self, a, name, key, b):
        self.setitem(a, key, self.binary(name, self.getitem(a, key), b))

    def fill(self, a, c):
        self.rebind(a, Dual([np.full(a.shape, c)]))

    # --- aliases ------------------------------------------------------------------------------------

    def detach(self, a):
        return Dual(a.cell)

    def set_data(self, a, b):
        a.cell = b.cell

    # --- gradients ----------------------------------------------------------------------------------

    def gradient(self, a, seed, leaf):
        total = np.tensordot(seed, a.jac, axes=seed.ndim)
        start = sum(d.value.size for d in self.leaves[:leaf])
        size = self.leaves[leaf].value.size
        return total[start : start + size].reshape(self.leaves[leaf].shape)

    def backward(self, a, seed):
        for number in a.reached:
            leaf = self.leaves[number]
            g = self.gradient(a, seed, number)
            if leaf.grad is None:
                leaf.grad = Dual([g])
            else:
                leaf.grad.cell[0] = np.asarray(leaf.grad.value + g)


class Tape:
    """The operations of a program over tensors: PyTorch's words."""

    unary_functions: ClassVar = {
        "sin": xp.sin,
        "tanh": lambda x: x.tanh(),
        "negative": operator.neg,
        "exp": lambda x: xp.exp(-x * x),
    }

    def __init__(self, leaves):
        self.leaves = [xp.tensor(v, requires_grad=True) for v in leaves]

    def unary(self, name, a):
        return self.unary_functions[name](a)

    def binary(self, name, a, b):
        return a / (3 + xp.sin(b)) if name == "truediv" else getattr(operator, name)(a, b)

    def scalar(self, name, a, c):
        return a / (3 + np.sin(c)) if name == "truediv" else getattr(operator, name)(a, c)

    def sum(self, a, axis):
        return xp.sum(a, axis=axis)

    def reshape(self, a, shape):
        return a.reshape(shape)

    def transpose(self, a):
        return xp.permute_dims(a, tuple(range(a.ndim))[::-1])

    def getitem(self, a, key):
        return a[key]

    def concat(self, a, b):
        return xp.concat([a, b])

    def where(self, a, b):
        return xp.where(a > b, a, b)

    def matvec(self, a, b):
        return a @ b

    def in_place(self, a, name, b):
        if name == "truediv":
            b = 3 + xp.sin(b)
        held = a
        a = getattr(operator, "i" + name)(a, b)
        assert a is held

    def setitem(self, a, key, b):
        a[key] = b

    def augment(self, a, name, key, b):
        if name == "truediv":
            b = 3 + xp.sin(b)
        a[key] = getattr(operator, "i" + name)(a[key], b)

    def fill(self, a, c):
        a.fill_(c)

    def detach(self, a):
        return a.detach()

    def set_data(self, a, b):
        a.data = b

    def gradient(self, a, seed, leaf):
        return xp.autograd.grad(a, self.leaves[leaf], xp.asarray(seed), retain_graph=True)[
            0
        ].numpy()

    def backward(self, a, seed):
        a.backward(xp.asarray(seed), retain_graph=True)


def keys(shape):
    """Keys for every rank; the same object means the same to NumPy."""
    if not shape:
        return [(), ..., None]
    if 0 in shape:
        return [..., slice(1, None), None]
    basic = [
        0,
        -1,
        slice(1, None),
        slice(None, None, -1),
        ...,
        None,
        (..., 0),
        (..., slice(0, 2)),
        slice(0, 0),
    ]
    lists = [[0, 0], [shape[0] - 1, 0], (0,) * len(shape)]
    masks = [np.arange(int(np.prod(shape))).reshape(shape) % 2 == 0, np.arange(shape[0]) % 2 == 0]
    return basic + lists + masks
