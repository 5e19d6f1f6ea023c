"""vmap: what goes in and comes out, what it says where it must refuse, statements in place, chunks."""

import dataclasses

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import GraphError, MissingRuleError, ShapeError
from xpgrad.transforms._level import LevelNamespace, opened

RNG = np.random.default_rng(5)
ROWS = RNG.normal(size=(5, 3))


def rows():
    return xp.asarray(ROWS.copy())


def same(got, expected):
    np.testing.assert_allclose(np.asarray(got), np.asarray(expected), rtol=1e-13, atol=1e-13)


# --- in and out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_in_dims_names_the_axis_of_the_elements(axis):
    x = np.moveaxis(RNG.normal(size=(4, 3)), 0, axis)
    got = xp.vmap(lambda v: v * v[0], in_dims=axis)(xp.asarray(x))
    loop = np.moveaxis(x, axis, 0)
    same(got, loop * loop[:, :1])


def test_none_is_shared_and_may_be_anything():
    def f(x, w, scale, word):
        assert word == "word"
        return xp.sum(x * w) * scale

    w = RNG.normal(size=3)
    got = xp.vmap(f, in_dims=(0, None, None, None))(rows(), xp.asarray(w), 2.0, "word")
    same(got, 2.0 * ROWS @ w)


def test_keyword_arguments_are_shared():
    w = xp.asarray(RNG.normal(size=3))
    same(xp.vmap(lambda x, *, w: xp.sum(x * w))(rows(), w=w), ROWS @ np.asarray(w))


@dataclasses.dataclass
class Pair:
    left: object
    right: object


def test_trees_go_in_and_come_out():
    def f(tree, pair):
        total = tree["a"] + tree["b"][0] * tree["b"][1]
        return {"total": total, "pair": Pair(pair.left * 2.0, None), "sum": [xp.sum(total)]}

    a, b, c = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 5)), RNG.normal(size=(3,))
    f_all = xp.vmap(
        f,
        in_dims=({"a": 0, "b": (1, None)}, Pair(0, None)),
        out_dims={"total": 1, "pair": 0, "sum": 0},
    )
    tree = {"a": xp.asarray(a), "b": (xp.asarray(b), xp.asarray(c))}
    out = f_all(tree, Pair(xp.asarray(a), xp.asarray(c)))
    expected = a + b.T * c
    same(out["total"], expected.T)
    same(out["sum"][0], expected.sum(1))
    same(out["pair"].left, 2.0 * a)
    assert out["pair"].right is None


def test_one_in_dims_entry_stands_for_a_whole_tree():
    out = xp.vmap(lambda t: t["a"] - t["b"], in_dims=(0,))({"a": rows(), "b": rows()})
    same(out, np.zeros((5, 3)))


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
def test_out_dims_says_where_the_batch_goes(dim):
    out = xp.vmap(lambda x: xp.stack([x, 2.0 * x]), out_dims=dim)(rows())
    same(out, np.moveaxis(np.stack([ROWS, 2 * ROWS], axis=1), 0, dim))


def test_what_does_not_depend_on_the_batch_is_repeated_or_returned_once():
    w = RNG.normal(size=4)
    repeated, once, number = xp.vmap(
        lambda x: (xp.asarray(w), xp.asarray(w), 2.0), out_dims=(1, None, 0)
    )(rows())
    same(repeated, np.stack([w] * 5, axis=1))
    same(once, w)
    same(number, [2.0] * 5)


def test_what_all_share_is_computed_once():
    batched = []

    def f(x):
        shared = xp.cos(xp.zeros_like(x)) * 2.0
        batched.append((shared._cell.raw.batched, (x * shared)._cell.raw.batched))
        return x * shared

    same(xp.vmap(f)(rows()), 2.0 * ROWS)
    assert batched == [(False, True)]


def test_chunks_give_what_one_piece_gives():
    def f(x, w):
        return {"a": xp.sin(x) * w, "b": xp.sum(x)}

    w = xp.asarray(RNG.normal(size=3))
    whole = xp.vmap(f, in_dims=(0, None), out_dims={"a": 1, "b": 0})(rows(), w)
    for size in (1, 2, 5, 9):
        parts = xp.vmap(f, in_dims=(0, None), out_dims={"a": 1, "b": 0}, chunk_size=size)(rows(), w)
        same(parts["a"], whole["a"])
        same(parts["b"], whole["b"])


def test_an_empty_batch_gives_an_empty_result_of_the_right_shape():
    out = xp.vmap(lambda x: xp.reshape(xp.stack([x, x]), (-1,)))(xp.zeros((0, 3)))
    assert out.shape == (0, 6)


def test_a_tensor_class_survives():
    class Mine(xp.Tensor):
        pass

    Mine._result = Mine
    x = rows()
    x.__class__ = Mine
    seen = []
    xp.vmap(lambda v: seen.append(type(v)) or v)(x)
    assert seen == [Mine]


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("in_dims", "args", "error", "message"),
    [
        (0, (np.ones((5, 3)), np.ones((4, 3))), ShapeError, r"args\[0\] has 5 \(axis 0\), args\[1\] has 4 \(axis 0\)"),
        ((0, 1), ({"w": np.ones((5, 3))}, np.ones((5, 3))), ShapeError, r"args\[0\]\['w'\] has 5.*args\[1\] has 3"),
        (2, (np.ones((5, 3)),), ShapeError, r"args\[0\] of shape \(5, 3\) has no axis 2"),
        (None, (np.ones(3),), ShapeError, "nothing is batched"),
        ((0,), (np.ones(3), np.ones(3)), ShapeError, "1 entries.*2 positional"),
        (0, (np.ones(3), 1.0), TypeError, r"args\[1\] is float.*None for it in in_dims"),
        ((0.5,), (np.ones(3),), TypeError, "expected an integer or None"),
        ("0", (np.ones(3),), TypeError, "must be an integer, None, or a tuple"),
        (({"v": 0},), ({"w": np.ones(3)},), ShapeError, r"in_dims has dict with \['v'\].*\['w'\]"),
    ],
)  # fmt: skip
def test_a_wrong_batch_is_told(in_dims, args, error, message):
    with pytest.raises(error, match=message):
        xp.vmap(lambda *a: a[0], in_dims=in_dims)(*args)


@pytest.mark.parametrize(
    ("function", "out_dims", "error", "message"),
    [
        (lambda x: "text", 0, TypeError, "must return tensors.*got str for the output"),
        (lambda x: {"a": x, "b": object()}, 0, TypeError, r"got object for the output\['b'\]"),
        (lambda x: x, None, GraphError, "depends on the batch, and out_dims is None"),
        (lambda x: x, 5, ShapeError, "cannot have the batch along axis 5"),
        (lambda x: x, {"a": 0}, ShapeError, "out_dims has dict"),
    ],
)
def test_a_wrong_result_is_told(function, out_dims, error, message):
    with pytest.raises(error, match=message):
        xp.vmap(function, out_dims=out_dims)(rows())


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x if x[0] > 0 else -x,
        lambda x: float(x[0]),
        lambda x: x[0].item(),
        lambda x: x.tolist(),
        lambda x: x.numpy(),
        lambda x: f"{x[0]:.3f}",
        lambda x: xp.arange(x[0]),
        lambda x: x[0] in x,
    ],
)
def test_reading_a_value_is_an_error_that_names_where(read):
    with pytest.raises(GraphError, match=r"stands for 5 values.*xp\.where"):
        xp.vmap(read)(rows())


def test_printing_shows_what_can_be_shown():
    seen = []
    xp.vmap(lambda x: seen.append(f"{x} {xp.asarray(2.0)}") or x)(rows())
    assert seen == ["tensor(shape=(3,), dtype=float64, one for each of 5 in vmap) tensor(2.)"]
    xp.vmap(
        lambda x: seen.append(repr(xp.jvp(lambda v: seen.append(repr(v)) or v, (x,), (x,))[0])) or x
    )(rows())
    assert all("one for each of 5" in text for text in seen)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (xp.nonzero, "nonzero"), (xp.unique_values, "unique_values"), (xp.unique_all, "unique_all"),
        (lambda x: x[x > 0], "getitem"), (lambda x: xp.repeat(x, xp.astype(x > 0, xp.int64)), "repeat"),
    ],
)  # fmt: skip
def test_results_of_different_sizes_are_refused_by_name(function, name):
    with pytest.raises(MissingRuleError, match=name):
        xp.vmap(function)(rows())


def test_constants_may_have_results_of_any_size():
    c = xp.asarray([0.0, 1.0, 2.0])
    out = xp.vmap(lambda x: x[xp.nonzero(c)[0]] + xp.unique_values(c)[1] + x[c > 0])(rows())
    same(out, 2 * ROWS[:, 1:] + 1.0)


def test_an_axis_never_reaches_the_batch():
    for wrong in (
        lambda x: xp.sum(x, axis=1), lambda x: xp.sum(x, axis=-2), lambda x: xp.flip(x, axis=-2),
        lambda x: xp.concat([x, x], axis=1), lambda x: xp.expand_dims(x, 2), lambda x: xp.moveaxis(x, 0, 1),
        lambda x: xp.take(x, xp.asarray([0]), axis=-2), lambda x: x @ xp.ones((5, 3)), lambda x: x[:, 0],
        xp.matrix_transpose, lambda x: xp.reshape(x, (5, 3)), xp.tril,
    ):  # fmt: skip
        with pytest.raises((ValueError, IndexError)):
            xp.vmap(wrong)(rows())


def test_a_value_that_was_kept_is_refused_after_the_end():
    kept = []
    xp.vmap(lambda x: kept.append(x) or x)(rows())
    with pytest.raises(GraphError, match="after vmap had returned"):
        kept[0] + 1.0


def test_wrong_options_are_told():
    with pytest.raises(ValueError, match="randomness must be one of"):
        xp.vmap(xp.sin, randomness="maybe")
    with pytest.raises(ValueError, match="chunk_size"):
        xp.vmap(xp.sin, chunk_size=0)


# --- in place -----------------------------------------------------------------------------------------


def test_rows_are_filled_in_place():
    def f(x):
        y = xp.zeros((4, 3))
        for i in range(4):
            y[i] = x * float(i)
        y[1:, 0] += x[0]
        y[-1] *= 2.0
        return y

    def loop(x):
        y = np.zeros((4, 3))
        for i in range(4):
            y[i] = x * i
        y[1:, 0] += x[0]
        y[-1] *= 2.0
        return y

    same(xp.vmap(f)(rows()), np.stack([loop(x) for x in ROWS]))
    total = xp.vmap(xp.grad(lambda x: xp.sum(f(x))))(rows())
    one = xp.stack([xp.grad(lambda x: xp.sum(f(x)))(xp.asarray(x)) for x in ROWS])
    same(total, one)


def test_a_filled_array_does_not_change_what_was_read_before():
    def f(x):
        y = xp.zeros(3)
        y[0] = x[0]
        before = y
        kept, off_tape, part = y * 1.0, y.detach(), y[0]
        y[0] = x[1]
        return before, kept, off_tape, part

    before, kept, off_tape, part = xp.vmap(f)(rows())
    same(before[:, 0], ROWS[:, 1])
    for one in (kept[:, 0], off_tape[:, 0], part):
        same(one, ROWS[:, 0])


def test_writing_through_a_batched_index():
    index = np.array([2, 0, 1, 1, 2])

    def f(x, i):
        y = xp.zeros((3, 2))
        y[i, 0] = x[i]
        y[i] += 1.0
        return y

    def loop(x, i):
        y = np.zeros((3, 2))
        y[i, 0] = x[i]
        y[i] += 1.0
        return y

    got = xp.vmap(f)(rows(), xp.asarray(index))
    same(got, np.stack([loop(x, i) for x, i in zip(ROWS, index, strict=True)]))


def test_writing_at_a_mask_is_a_choice():
    def f(x, v):
        y = x * 1.0
        y[x > 0] = v
        y[y < -1.0] = -1.0
        return xp.sum(y**2)

    def by_where(x, v):
        y = xp.where(x > 0, v, x)
        return xp.sum(xp.where(y < -1.0, -1.0, y) ** 2)

    v = xp.asarray(RNG.normal(size=5))
    for got, expected in zip(
        xp.vmap(xp.grad(f, (0, 1)))(rows(), v),
        xp.vmap(xp.grad(by_where, (0, 1)))(rows(), v),
        strict=True,
    ):
        same(got, expected)
    with pytest.raises(MissingRuleError, match="setitem with a boolean mask"):
        xp.vmap(lambda x: f(x, xp.ones(2)))(rows())


# --- cost ---------------------------------------------------------------------------------------------


class Calls(LevelNamespace):
    """Counts operations, whatever their size."""

    word = "counting"

    def __init__(self):
        super().__init__()
        self.count = 0

    def enclose(self, t):
        return Held(self, t)

    def transformed(self, invoke, arguments):
        self.count += 1
        out = invoke({k: _inside(a) for k, a in arguments.items()})
        return Held(self, out)

    def without_derivative(self, x):
        return Held(self, x.inner.detach())


class Held(xp._like.LevelArray):
    __slots__ = ()

    def __init__(self, level, inner):
        self.xp, self.inner = level, inner


def _inside(x):
    if isinstance(x, Held):
        return x.inner
    return type(x)(map(_inside, x)) if type(x) in (tuple, list) else x


def test_a_batch_of_gradients_takes_as_many_operations_as_one():
    def loss(w, x):
        return xp.sum(xp.tanh(w @ x) ** 2)

    def operations(size):
        counter = Calls()
        with opened(counter):
            w = xp._tensor.wrap(Held(counter, xp.ones((4, 3))), counter)
            xp.vmap(xp.grad(loss), in_dims=(None, 0))(w, xp.ones((size, 3)))
        return counter.count

    assert operations(64) == operations(2) < 40


def test_filling_an_array_costs_what_is_written():
    """Writing n elements does not copy the array n times: the one inside stays the same."""

    def f(x):
        y = xp.zeros(50)
        y[0] = x
        places = set()
        for i in range(1, 50):
            y[i] = x * float(i)
            places.add(y._cell.raw.inner._cell.raw.__array_interface__["data"][0])
        assert len(places) <= 2
        return y

    same(xp.vmap(f)(xp.asarray([1.0, 2.0]))[1], [2.0, *(2.0 * i for i in range(1, 50))])


# --- the rest of the library, inside -------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [{}, {"label_smoothing": 0.1}, {"weight": np.array([1.0, 2.0, 0.5])}, {"ignore_index": 1}],
)
def test_a_loss_with_a_label_for_each_example(options):
    f = xp.nn.functional.cross_entropy
    labels = xp.asarray([0, 2, 2, 0, 1])
    losses = lambda x, y: f(x[None], y[None], reduction="sum", **options)  # noqa: E731
    got, slopes = xp.vmap(xp.value_and_grad(losses))(rows(), labels)
    for i in range(5):
        value, slope = xp.value_and_grad(losses)(rows()[i], labels[i])
        same(got[i], value)
        same(slopes[i], slope)
    with pytest.raises(IndexError, match="target 7 is out of bounds"):
        xp.vmap(losses)(rows(), xp.asarray([0, 1, 7, 0, 0]))


def test_ranges_between_values_of_the_batch():
    got = xp.vmap(lambda x: xp.linspace(x[0], x[1], 4))(rows())
    same(got, np.linspace(ROWS[:, 0], ROWS[:, 1], 4, axis=1))
    value, moved = xp.jvp(lambda a: xp.linspace(a, 2.0, 3), (1.0,), (1.0,))
    same(value, [1.0, 1.5, 2.0])
    same(moved, [1.0, 0.5, 0.0])
    same(xp.jvp(lambda a: xp.arange(a, 4.0, a), (1.0,), (1.0,))[1], [1.0, 2.0, 3.0])


def test_limits_of_a_dtype_are_known_inside():
    same(xp.vmap(lambda x: x * 0.0 + xp.finfo(x).eps)(rows()), np.full((5, 3), np.finfo(float).eps))


def test_a_module_with_parameters_of_its_own_for_each():
    layer = xp.nn.Linear(3, 2)
    weights, biases = RNG.normal(size=(4, 2, 3)), RNG.normal(size=(4, 2))

    def run(parameters, x):
        return xp.nn.functional_call(layer, parameters, (x,))

    got = xp.vmap(run, (0, None))(
        {"weight": xp.asarray(weights), "bias": xp.asarray(biases)}, rows()
    )
    same(got.detach(), np.einsum("moi,ni->mno", weights, ROWS) + biases[:, None])


# --- random numbers -------------------------------------------------------------------------------------

DRAWS = {
    "rand": lambda: xp.rand(3),
    "randn complex": lambda: xp.randn(2, 2, dtype=xp.complex128),
    "randint": lambda: xp.randint(0, 1000, (3,)),
    "randperm": lambda: xp.randperm(10),
    "normal": lambda: xp.random.normal(3, 1.0, 2.0),
    "truncated": lambda: xp.random.truncated_normal((2, 2)),
    "gamma": lambda: xp.random.gamma((4,), xp.asarray([1.0, 2.0, 3.0, 4.0])),
    "choice": lambda: xp.random.choice(1000, (3,)),
    "weighted choice": lambda: xp.random.choice(20, (3,), p=xp.ones(20), replace=False),
    "categorical": lambda: xp.random.categorical(xp.zeros((6, 50))),
    "permutation": lambda: xp.random.permutation(xp.arange(20.0)),
    "bernoulli": lambda: xp.random.bernoulli(0.5, (40,)),
    "dropout": lambda: xp.nn.functional.dropout(xp.ones(40), 0.5),
}  # fmt: skip


@pytest.mark.parametrize("draw", list(DRAWS.values()), ids=list(DRAWS))
def test_random_numbers_are_the_same_or_different_as_asked(draw):
    one = draw()
    f = lambda x: (draw(), x)[0]  # noqa: E731
    with pytest.raises(GraphError, match="randomness='different'"):
        xp.vmap(f)(rows())
    different = np.asarray(xp.vmap(f, randomness="different")(rows()))
    shared = np.asarray(xp.vmap(f, randomness="same")(rows()))
    assert different.shape == shared.shape == (5, *one.shape)
    assert all(np.array_equal(shared[0], row) for row in shared)
    assert not any(np.array_equal(different[0], row) for row in different[1:])
    chunks = xp.vmap(f, randomness="same", chunk_size=2)(rows())
    assert all(np.array_equal(chunks[0], row) for row in np.asarray(chunks))


def test_random_numbers_of_batches_of_batches():
    outer, inner = xp.ones(2), xp.ones(3)

    def drawn(out, inside):
        one = lambda _: xp.vmap(lambda _: xp.rand(4), randomness=inside)(inner)  # noqa: E731
        return np.asarray(xp.vmap(one, randomness=out)(outer))

    every = drawn("different", "different")
    assert len({x.tobytes() for x in every.reshape(6, 4)}) == 6
    some = drawn("different", "same")
    assert all(len({x.tobytes() for x in row}) == 1 for row in some)
    assert len({x.tobytes() for x in some[:, 0]}) == 2
    some = drawn("same", "different")
    assert np.array_equal(some[0], some[1])
    assert len({x.tobytes() for x in some[0]}) == 3


def test_random_numbers_follow_the_seed_and_are_differentiable_by_parameters():
    def f(scale):
        return xp.sum(xp.random.normal((4,), 0.0, scale))

    def run():
        xp.manual_seed(3)
        return xp.vmap(xp.value_and_grad(f), randomness="different")(xp.asarray([1.0, 2.0, 3.0]))

    (value, slope), again = run(), run()
    same(value, again[0])
    same(value, np.asarray(slope) * [1.0, 2.0, 3.0])
