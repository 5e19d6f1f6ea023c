"""Random programs: values, flags and gradients equal those of an independent NumPy meaning (``meanings.py``).

``XPGRAD_EXAMPLES=20000 pytest core/tests/tape/test_random_programs.py`` searches longer.
"""

import contextlib
import importlib.util
import os
import pathlib

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import xpgrad as xp
from xpgrad.errors import GraphError

_spec = importlib.util.spec_from_file_location(
    "tape_meanings", pathlib.Path(__file__).with_name("meanings.py")
)
meanings = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(meanings)
Tape, keys = meanings.Tape, meanings.keys
UNARY, BINARY = sorted(meanings.UNARY), sorted(meanings.BINARY)

EXAMPLES = int(os.environ.get("XPGRAD_EXAMPLES", "200"))
SEARCH = settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES <= 200,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
LEAVES = [np.array([0.3, -0.7, 1.1]), np.array([[0.5, -0.2, 0.9], [-1.3, 0.4, 0.6]]), np.array(0.8)]
POOL = 10


class Pair(tuple):
    """A handle of the tape and its meaning."""

    __slots__ = ()


class Program:
    """Runs one list of statements on both meanings and compares them after each."""

    def __init__(self, tape=Tape, leaves=LEAVES):
        self.tape, self.reference = tape(leaves), meanings.Reference(leaves)
        self.pool = [Pair(p) for p in zip(self.tape.leaves, self.reference.leaves, strict=True)]
        self.text = []

    def run(self, statements):
        for statement in statements:
            name, *numbers = statement
            if name == "no_grad":
                before, self.reference.recording = self.reference.recording, False
                with xp.no_grad():
                    self.run(numbers[0])
                self.reference.recording = before
            else:
                getattr(self, name)(*numbers)
            self.compare()

    def at(self, i):
        return self.pool[i % len(self.pool)]

    def both(self, name, *arguments):
        """Call both meanings; pairs are handles, the rest are options."""
        self.text.append((name, *map(self.shown, arguments)))
        results = [
            getattr(side, name)(*(a[n] if isinstance(a, Pair) else a for a in arguments))
            for n, side in enumerate((self.tape, self.reference))
        ]
        if results[0] is not None:
            self.push(*results)

    def shown(self, argument):
        if not isinstance(argument, Pair):
            return repr(argument)
        return next((f"#{n}" for n, p in enumerate(self.pool) if p is argument), "alias")

    def push(self, real, meant):
        if np.abs(meant.value).max(initial=0) > 1e3 or meant.value.size > 24:
            return
        if len(self.pool) >= POOL:
            del self.pool[len(LEAVES)]  # and with it the graph that only it kept
        self.pool.append(Pair((real, meant)))

    def statement(self, name, a, *arguments):
        """An in-place statement on ``a``: refused on a leaf while recording."""
        if not self.reference.refuses(a[1]):
            self.both(name, a, *arguments)
            return
        with pytest.raises(GraphError, match="leaf"):
            getattr(self.tape, name)(*(b[0] if isinstance(b, Pair) else b for b in (a, *arguments)))

    def compare(self):
        for number, (real, meant) in enumerate(self.pool):
            self.close(real.detach().numpy(), meant.value, f"value of #{number}")
            assert real.requires_grad == meant.requires_grad, (number, self.text)
            assert real.shape == meant.shape
        for real, meant in zip(self.tape.leaves, self.reference.leaves, strict=True):
            assert (real.grad is None) == (meant.grad is None), self.text
            if real.grad is not None:
                self.close(real.grad.detach().numpy(), meant.grad.value)

    def close(self, got, expected, what="gradient"):
        if not np.array_equal(got, expected):
            scale = max(1.0, np.abs(expected).max(initial=0))
            np.testing.assert_allclose(
                got / scale,
                expected / scale,
                rtol=0,
                atol=1e-9,
                err_msg=f"{what} after {self.text}",
            )

    def finish(self):
        for real, meant in self.pool:
            for leaf in meant.reached:
                seed = np.cos(np.arange(meant.value.size)).reshape(meant.shape)
                self.close(
                    self.tape.gradient(real, seed, leaf), self.reference.gradient(meant, seed, leaf)
                )

    # --- statements: numbers choose the operands, and what does not fit is left out --------------------

    def unary(self, i, f):
        self.both("unary", UNARY[f % 4], self.at(i))

    def binary(self, i, f, j):
        a, b = self.at(i), self.at(j)
        with contextlib.suppress(ValueError):
            np.broadcast_shapes(a[1].shape, b[1].shape)
            self.both("binary", BINARY[f % 4], a, b)

    def scalar(self, i, f, c):
        self.both("scalar", BINARY[f % 4], self.at(i), (c % 7) / 2 - 1)

    def rearrange(self, i, f, k):
        a = self.at(i)
        shape = a[1].shape
        if f % 4 == 0:
            self.both("transpose", a)
        elif f % 4 == 1:
            self.both(
                "reshape", a, [(-1,), (*shape, 1), (1, *shape)][k % 3] if a[1].value.size else shape
            )
        elif f % 4 == 2:
            self.both("sum", a, [None, *range(len(shape))][k % (len(shape) + 1)])
        else:
            self.both("getitem", a, keys(shape)[k % len(keys(shape))])

    def join(self, i, f, j):
        a, b = self.at(i), self.at(j)
        shapes = a[1].shape, b[1].shape
        if (
            f % 3 == 0
            and shapes[0]
            and len(shapes[0]) == len(shapes[1])
            and shapes[0][1:] == shapes[1][1:]
        ):
            self.both("concat", a, b)
        elif f % 3 == 1 and shapes[0] == shapes[1]:
            if (
                np.abs(a[1].value - b[1].value).min(initial=1) > 1e-3
            ):  # differences would cross the kink
                self.both("where", a, b)
        elif f % 3 == 2 and len(shapes[0]) == 2 and shapes[1] == shapes[0][1:]:
            self.both("matvec", a, b)

    def in_place(self, i, f, j):
        a, b = self.at(i), self.at(j)
        name = BINARY[f % 4]
        with contextlib.suppress(ValueError):
            if (
                np.broadcast_shapes(a[1].shape, b[1].shape) == a[1].shape
                and np.abs(a[1].value).max(initial=0) < 30
            ):
                self.statement("in_place", a, name, b)

    def setitem(self, i, k, j):
        a, b = self.at(i), self.at(j)
        key = keys(a[1].shape)[k % len(keys(a[1].shape))]
        with contextlib.suppress(ValueError, IndexError):
            if np.broadcast_shapes(a[1].value[key].shape, b[1].shape) == a[1].value[key].shape:
                self.statement("setitem", a, key, b)

    def augment(self, i, k, j):
        a, b = self.at(i), self.at(j)
        key = keys(a[1].shape)[k % len(keys(a[1].shape))]
        with contextlib.suppress(ValueError, IndexError):
            if (
                np.broadcast_shapes(a[1].value[key].shape, b[1].shape) == a[1].value[key].shape
                and np.abs(b[1].value).max(initial=0) < 30
            ):
                self.statement("augment", a, BINARY[(k // 16) % 4], key, b)

    def fill(self, i, c):
        self.statement("fill", self.at(i), c / 4)

    def alias(self, i, f, k, j):
        """detach(), and in-place through .data."""
        a, b = self.at(i), self.at(j)
        if f % 3 == 0:
            self.both("detach", a)
        elif f % 3 == 1:
            if a[1].shape == b[1].shape:
                self.both("set_data", a, b)
        else:
            alias = Pair((a[0].data, self.reference.detach(a[1])))
            key = keys(a[1].shape)[k % len(keys(a[1].shape))]
            if np.abs(b[1].value).max(initial=0) < 30:
                with contextlib.suppress(ValueError, IndexError):
                    if (
                        np.broadcast_shapes(a[1].value[key].shape, b[1].shape)
                        == a[1].value[key].shape
                    ):
                        self.both("setitem", alias, key, b)

    def backward(self, i, seed):
        a = self.at(i)
        if a[1].requires_grad:
            self.both("backward", a, np.random.default_rng(seed).standard_normal(a[1].shape))

    def grad(self, leaf, f):
        """Look at a gradient (from then on it is a value like any other), zero it, or drop it."""
        real, meant = self.pool[leaf % len(LEAVES)]
        if meant.grad is None:
            return
        if f % 3 == 0:
            self.push(real.grad, meant.grad)
        elif f % 3 == 1:
            real.grad.zero_()
            self.reference.fill(meant.grad, 0.0)
        else:
            real.grad = meant.grad = None


N = st.integers(0, 63)
ARGUMENTS = {
    "unary": 2, "binary": 3, "scalar": 3, "rearrange": 3, "join": 3, "in_place": 3, "setitem": 3, "augment": 3,
    "fill": 2, "alias": 4, "backward": 2, "grad": 2,
}  # fmt: skip
SIMPLE = st.one_of(*(st.tuples(st.just(name), *(N,) * count) for name, count in ARGUMENTS.items()))
BLOCK = st.tuples(st.just("no_grad"), st.lists(SIMPLE, max_size=5))
PROGRAMS = st.lists(st.one_of(SIMPLE, SIMPLE, SIMPLE, BLOCK), min_size=8, max_size=40)


def check(statements, tape=Tape):
    program = Program(tape)
    program.run(statements)
    program.finish()


@SEARCH
@given(PROGRAMS)
def test_a_random_program_means_what_numpy_says(statements):
    check(statements)


class StrictTape(Tape):
    """The same tape over a library that does what the standard says and no more."""

    def __init__(self, leaves):
        self.library = pytest.importorskip("array_api_strict")
        super().__init__([self.library.asarray(v) for v in leaves])

    def gradient(self, a, seed, leaf):
        seed = self.library.asarray(seed)
        return xp.autograd.grad(a, self.leaves[leaf], seed, retain_graph=True)[0].numpy()

    def backward(self, a, seed):
        a.backward(self.library.asarray(seed), retain_graph=True)


@settings(SEARCH, max_examples=max(EXAMPLES // 4, 50))
@given(PROGRAMS)
def test_a_random_program_means_the_same_on_the_strict_library(statements):
    check(statements, StrictTape)


PURE = [name for name in ARGUMENTS if name not in ("alias", "backward", "grad", "fill")]
STATEMENTS = st.lists(
    st.one_of(*(st.tuples(st.just(n), *(N,) * ARGUMENTS[n]) for n in PURE)), min_size=5, max_size=20
)


@settings(SEARCH, max_examples=max(EXAMPLES // 2, 50))
@given(STATEMENTS)
def test_second_derivatives_equal_differences_of_first_ones(statements):
    along = [np.cos(np.arange(v.size)).reshape(v.shape) for v in LEAVES]

    def gradients(step, create_graph):
        program = Program(Tape, [v + step * d for v, d in zip(LEAVES, along, strict=True)])
        program.run(statements)
        result = sum(xp.sin(real).sum() for real, _ in program.pool)
        leaves = program.tape.leaves
        return leaves, xp.autograd.grad(result, leaves, create_graph=create_graph)

    leaves, first = gradients(0.0, create_graph=True)
    for g, raw in zip(first, gradients(0.0, create_graph=False)[1], strict=True):
        np.testing.assert_allclose(g.detach(), raw, rtol=1e-12, atol=1e-12)
    product = sum((g * d).sum() for g, d in zip(first, along, strict=True))
    second = xp.autograd.grad(product, leaves, materialize_grads=True)
    up, down = gradients(1e-5, create_graph=False)[1], gradients(-1e-5, create_graph=False)[1]
    for h, u, d in zip(second, up, down, strict=True):
        numerical = (u - d).numpy() / 2e-5
        scale = max(1.0, np.abs(u.numpy()).max() ** 2, np.abs(numerical).max())
        np.testing.assert_allclose(h.numpy() / scale, numerical / scale, atol=1e-5)


# --- the search can fail ------------------------------------------------------------------------------


class WrongSine(xp.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return xp.sin(x)

    @staticmethod
    def backward(ctx, g):
        return g * xp.cos(ctx.saved_tensors[0]) * 1.001


class WrongRule(Tape):
    unary_functions = {**Tape.unary_functions, "sin": WrongSine.apply}  # noqa: RUF012 - planted


class LostAssignment(Tape):
    def setitem(self, a, key, b):
        a[key] = b.detach()


class CopyingDetach(Tape):
    def detach(self, a):
        return a.detach().clone()


class OverwrittenGradient(Tape):
    def backward(self, a, seed):
        for leaf in self.leaves:
            leaf.grad = None
        super().backward(a, seed)


class SharedBuffer(Tape):
    """In-place statements that write the buffer whoever sees it."""

    def fill(self, a, c):
        a._check_in_place()
        raw = a._cell.raw
        if isinstance(raw, np.ndarray) and raw.flags.writeable:
            raw[...] = c
        super().fill(a, c)


class DroppedNode(Tape):
    """In-place under no_grad that takes the tensor off the tape."""

    def fill(self, a, c):
        super().fill(a, c)
        self.drop(a)

    def in_place(self, a, name, b):
        super().in_place(a, name, b)
        self.drop(a)

    def setitem(self, a, key, b):
        super().setitem(a, key, b)
        self.drop(a)

    def drop(self, a):
        if not xp.is_grad_enabled() and not a.is_leaf:
            a.detach_()


@pytest.mark.parametrize(
    "wrong",
    [WrongRule, LostAssignment, CopyingDetach, OverwrittenGradient, SharedBuffer, DroppedNode],
)
def test_the_search_finds_what_is_planted(wrong):
    @settings(SEARCH, max_examples=300, phases=[Phase.generate], print_blob=False)
    @given(PROGRAMS)
    def search(statements):
        check(statements, wrong)

    with pytest.raises((AssertionError, GraphError, ExceptionGroup)):
        search()
