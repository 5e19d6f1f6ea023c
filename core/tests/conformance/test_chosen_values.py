"""What the sweep cannot see: subgradients that were chosen, hard zeros, unknown sizes, functions made of others."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._devices import namespace_of_backend
from xpgrad.rules._table import Like

INF = float("inf")
DEVICES = ("numpy:cpu", "array_api_strict:cpu")


@pytest.fixture(params=DEVICES)
def device(request):
    if "strict" in request.param:
        pytest.importorskip(
            "xpgrad_array_api_strict", reason="the strict backend is in the dev group"
        )
    return request.param


def gradient(function, values, device):
    x = xp.asarray(values, device=device, requires_grad=True)
    y = function(x)
    with np.errstate(all="ignore"):
        (g,) = xp.autograd.grad(y, x, xp.ones_like(y))
    return g.tolist()


def const(values, device):
    return xp.asarray(values, device=device)


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
def test_a_gradient_has_no_axis_where_numpy_gives_a_number_one(name):
    assert gradient(getattr(xp, name), 2.0, "numpy:cpu") == 1.0


def test_a_power_at_zero_has_no_nan(device):
    exponents = const([0.0, 1.0, 2.0, 3.0], device)
    assert gradient(lambda x: xp.pow(x, exponents), [0.0] * 4, device) == [0.0, 1.0, 0.0, 0.0]
    base = const([0.0, 2.0], device)
    assert gradient(lambda y: xp.pow(base, y), [2.0, 1.0], device) == pytest.approx(
        [0.0, 2 * np.log(2)]
    )
    assert gradient(lambda x: x**2, [0.0, -3.0], device) == [0.0, -6.0]


def test_clip_passes_the_gradient_at_its_bounds_and_none_beyond(device):
    assert gradient(lambda x: xp.clip(x, -1.0, 1.0), [-2.0, -1.0, 0.0, 1.0, 2.0], device) == [
        0,
        1,
        1,
        1,
        0,
    ]
    assert gradient(lambda x: xp.clip(x, -1.0), [-2.0, 2.0], device) == [0, 1]
    low, high = const([-1.0, -1.0, -1.0], device), const([1.0, 1.0, 1.0], device)
    x = const([-2.0, 0.0, 2.0], device)
    assert gradient(lambda low: xp.clip(x, low, high), [-1.0, -1.0, -1.0], device) == [1, 0, 0]
    assert gradient(lambda high: xp.clip(x, low, high), [1.0, 1.0, 1.0], device) == [0, 0, 1]


def test_crossed_bounds_give_the_upper_one_as_numpy_does():
    x = xp.asarray([-5.0, 1.5, 5.0])
    assert gradient(
        lambda low: xp.clip(x, low, xp.asarray([1.0])), [2.0, 2.0, 2.0], "numpy:cpu"
    ) == [0, 0, 0]
    assert gradient(
        lambda high: xp.clip(x, xp.asarray([2.0]), high), [1.0, 1.0, 1.0], "numpy:cpu"
    ) == [1, 1, 1]


def test_where_hides_an_infinite_derivative(device):
    """``0 * inf`` is NaN: the branch that was not taken gets a hard zero."""
    mask = const([True, False], device)
    result = gradient(lambda x: xp.where(mask, x, xp.zeros_like(x)), [INF, float("nan")], device)
    assert result == [1.0, 0.0]


@pytest.mark.parametrize("kind", ["scatter_add", "take", "getitem"])
def test_infinite_cotangents_stay_in_their_own_places(device, kind):
    x = xp.asarray([1.0, 2.0, 3.0], device=device, requires_grad=True)
    index = const([0, 2, 2], device)
    y = {
        "take": lambda: xp.take(x, index),
        "getitem": lambda: x[index],
        "scatter_add": lambda: xp.scatter_add(const([0.0, 0.0, 0.0], device), index, x),
    }[kind]()
    (g,) = xp.autograd.grad(y, x, const([INF, 1.0, 2.0], device))
    assert g.tolist() == ([INF, 2.0, 2.0] if kind == "scatter_add" else [INF, 0.0, 3.0])


# --- the portable scatter, in each of its ways --------------------------------------------------------


@pytest.mark.parametrize("limit", [0, 1 << 30], ids=["sorted scan", "sums over a mask"])
@pytest.mark.parametrize("dtype", ["float64", "complex128", "int64"])
def test_every_way_of_the_portable_scatter_accumulates_duplicates(monkeypatch, limit, dtype):
    from xpgrad.extend.portable import scattering

    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    monkeypatch.setattr(scattering, "SELECTED", limit)
    rng = np.random.default_rng(3)
    indices = rng.integers(-7, 7, 40)
    x, values = (rng.integers(-5, 5, (n, 3)).astype(dtype) for n in (7, 40))
    expected = x.copy()
    np.add.at(expected, indices, values)
    there = [xp.asarray(a, device="array_api_strict:device1") for a in (x, indices, values)]
    assert xp.scatter_add(*there).tolist() == expected.tolist()


@pytest.mark.parametrize("limit", [0, 1 << 30], ids=["sorted scan", "sums over a mask"])
def test_an_infinity_is_added_to_its_own_row_only(monkeypatch, limit):
    from xpgrad.extend.portable import scattering

    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    monkeypatch.setattr(scattering, "SELECTED", limit)
    given = (np.zeros(3), np.asarray([2, 0, 2, 1]), np.asarray([np.inf, 1.0, 1.0, 2.0]))
    there = [xp.asarray(a, device="array_api_strict:device1") for a in given]
    assert xp.scatter_add(*there).tolist() == [1.0, 2.0, np.inf]


def test_every_key_reads_and_writes_what_numpy_does_where_the_library_refuses_it():
    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    rng = np.random.default_rng(4)
    host = rng.normal(size=(3, 4, 5))
    one, two, mask = np.asarray([0, -1, 2]), np.asarray([[1], [0]]), host[:, :, 0] > 0
    keys = [
        one, (one, one), (one, slice(None), one), (slice(None), one, one), (0, slice(1, 3), one), (one, None, two),
        (Ellipsis, one), (two, one, one), mask, (mask, 1), (mask, slice(None, None, 2)), (1, None, one),
        (None, one, None), (one, slice(None, None, -1), 2), np.asarray([], dtype=int), (slice(0, 0), one),
        host > 0, ([0, 1], [1, 2]),
    ]  # fmt: skip
    for key in keys:
        there = xp.asarray(host, device="array_api_strict:device1")
        assert np.array_equal(there[key].numpy(), host[key]), key
        changed, value = host.copy(), np.full(host[key].shape, 7.0)
        changed[key] = value
        there[key] = xp.asarray(value, device="array_api_strict:device1")
        assert np.array_equal(there.numpy(), changed), key


@pytest.mark.parametrize("key", [[3], [-4], ([0], [4]), (slice(None), [0, 9])], ids=str)
def test_an_index_out_of_range_is_refused_wherever_it_stands(device, key):
    with pytest.raises(IndexError):
        xp.zeros((3, 4), device=device)[key]


# --- unknown sizes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(None, 3), (float("nan"), 3)], ids=str)
def test_an_unknown_size_is_never_guessed(shape):
    from xpgrad.extend.portable import shapes

    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    lazy = Like(shape, "float64", None)
    with pytest.raises(ValueError, match="unknown until it is computed"):
        shapes.sum_to(namespace_of_backend("array_api_strict"), lazy, (1, 3))


# --- functions made of others -------------------------------------------------------------------------


def test_functions_made_of_others_pass_gradients(device):
    grid = gradient(
        lambda x: xp.meshgrid(x, const([1.0, 2.0], device))[0] * 3.0, [1.0, 2.0, 3.0], device
    )
    assert grid == [6.0, 6.0, 6.0]
    assert gradient(lambda x: xp.unstack(x)[1] * 2.0, [[1.0, 2.0], [3.0, 4.0]], device) == [
        [0, 0],
        [2, 2],
    ]
    assert gradient(lambda x: xp.unstack(x, axis=1)[0], [[1.0, 2.0], [3.0, 4.0]], device) == [
        [1, 0],
        [1, 0],
    ]
    wide = const([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], device)
    assert gradient(lambda x: xp.broadcast_arrays(x, wide)[0], [1.0, 2.0], device) == [3.0, 3.0]
    assert gradient(lambda x: xp.full((2, 3), x), 2.0, device) == 6.0


def test_what_is_constant_records_nothing(device):
    x = xp.asarray([1.5, -2.5], device=device, requires_grad=True)
    for name in (
        "floor",
        "ceil",
        "round",
        "trunc",
        "isnan",
        "signbit",
        "argsort",
        "argmax",
        "count_nonzero",
        "any",
    ):
        assert not getattr(xp, name)(x).requires_grad, name
    for name in ("equal", "less", "floor_divide", "nextafter"):
        assert not getattr(xp, name)(x, x).requires_grad, name


def test_indices_of_several_axes_accumulate_where_the_library_takes_them():
    """The standard's ``take`` has one-dimensional indices; NumPy's, which the rule follows, has any."""
    index, weights = np.asarray([[0, 1], [1, -1]]), np.asarray([[[1.0, 2.0], [3.0, 4.0]]] * 2)
    x = xp.asarray(np.ones((2, 3)), requires_grad=True)
    (g,) = xp.autograd.grad(xp.take(x, xp.asarray(index), axis=-1), x, xp.asarray(weights))
    assert g.tolist() == [[1.0, 5.0, 4.0]] * 2


def test_reads_and_writes_of_one_array_add_up_the_same_on_every_backend():
    pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")
    rng = np.random.default_rng(0)
    host, places = rng.normal(size=(4, 3)), np.asarray([0, 2, 2])

    def program(x, index, mask):
        y = x[0] * x[1] + x[-1] + xp.sum(x[index], axis=0) + xp.sum(x[:, 1:], axis=1)[:3]
        z = x * 2.0
        z[index] = y
        z[1] = x[2] * x[0]
        z[:, 0] = 5.0
        z[mask] = z[mask] * 3.0
        z[None, 2, 1:] = x[0, 1:]
        z += x
        return xp.sum(z * z) + xp.sum(x[mask])

    found = []
    for device in ("numpy:cpu", "array_api_strict:device1"):
        there = [xp.asarray(a, device=device) for a in (host, places, host > 0)]
        x = there[0].requires_grad_()
        (g,) = xp.autograd.grad(program(*there), x, create_graph=True)
        (h,) = xp.autograd.grad(xp.sum(g**2), x)
        found.append((g.detach().numpy(), h.numpy()))
    assert np.allclose(found[0], found[1], rtol=1e-13)
    step, expected = 1e-4, np.zeros_like(host)
    for place in np.ndindex(host.shape):
        moved = np.zeros_like(host)
        moved[place] = step
        up, down = (
            program(xp.asarray(m), xp.asarray(places), xp.asarray(host > 0)).item()
            for m in (host + moved, host - moved)
        )
        expected[place] = (up - down) / (2 * step)
    assert np.allclose(found[0][0], expected, rtol=1e-5)
