"""xpgrad.random: one seed, the same bits everywhere; distributions, their derivatives, streams and their states."""

import json
import math
import threading

import numpy as np
import pytest
from scipy import stats

import xpgrad as xp
from xpgrad._devices import namespace_of_backend
from xpgrad._namespace._operations import operation
from xpgrad.autograd import grad, gradcheck, gradgradcheck
from xpgrad.errors import BackendError, DTypeError, ShapeError

random = xp.random
DEVICES = [f"array_api_strict:{d}" for d in ("cpu", "device1", "no_float64", "no_x64")]
WEIGHTS = [0.2, 0.0, 0.5, 0.3]


def host(t):
    return t.detach().to("numpy:cpu").numpy()


def floats(device):
    return xp.float32 if ":no_" in device else xp.float64


EXACT = {
    "uniform": lambda o, f: random.uniform((5, 3), dtype=f, **o),
    "integers": lambda o, f: random.integers(-5, 1000, (40,), **o),
    "few integers": lambda o, f: random.integers(3, shape=(40,), **o),
    "permutation": lambda o, f: random.permutation(30, **o),
    "bernoulli": lambda o, f: random.bernoulli(0.3, (40,), **o),
    "choice": lambda o, f: random.choice(9, (4, 5), **o),
    "choice without replacement": lambda o, f: random.choice(9, (4,), replace=False, **o),
    "choice by weight": lambda o, f: random.choice(4, (40,), p=WEIGHTS, **o),
    "choice by weight without replacement": lambda o, f: random.choice(
        4, 3, p=WEIGHTS, replace=False, **o
    ),
}
CLOSE = {
    "normal": lambda o, f: random.normal((5, 3), 1.0, 2.0, dtype=f, **o),
    "uniform of a range": lambda o, f: random.uniform(20, -3.0, 7.0, dtype=f, **o),
    "exponential": lambda o, f: random.exponential(20, 3.0, dtype=f, **o),
    "truncated_normal": lambda o, f: random.truncated_normal(20, -0.5, 3.0, dtype=f, **o),
    "gamma": lambda o, f: random.gamma(20, 2.5, 3.0, dtype=f, **o),
}
ALL = EXACT | CLOSE


# --- one seed, one result ---------------------------------------------------------------------------


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", ALL)
def test_a_seed_gives_the_same_numbers_on_every_backend_and_device(name, device):
    dtype = floats(device)
    here = ALL[name]({"generator": xp.Generator(7)}, dtype)
    there = ALL[name]({"generator": xp.Generator(7), "device": device}, dtype)
    assert there.device == device
    if name in EXACT:
        assert host(there).tolist() == host(here).tolist()
    else:
        assert there.dtype == here.dtype == dtype
        np.testing.assert_allclose(
            host(there), host(here), rtol=1e-5 if dtype == xp.float32 else 1e-14
        )


@pytest.mark.parametrize("name", ALL)
def test_the_default_generator_draws_where_none_is_given(name):
    random.manual_seed(3)
    first, second = (host(ALL[name]({}, None)).tolist() for _ in range(2))
    assert first != second
    random.manual_seed(3)
    assert host(ALL[name]({}, None)).tolist() == first
    assert host(ALL[name]({"generator": xp.Generator(3)}, None)).tolist() == first


def test_uniform_numbers_and_integers_are_numpys_philox():
    wanted = np.random.Generator(np.random.Philox(11))
    g = xp.Generator(11)
    assert random.uniform((2, 3), generator=g).tolist() == wanted.random((2, 3)).tolist()
    assert (
        random.integers(0, 99, (7,), generator=g).tolist() == wanted.integers(0, 99, (7,)).tolist()
    )


def test_uniform_numbers_of_single_precision_stay_below_one():
    class AlmostOne(xp.Generator):
        def draw(self, name, *args):
            return np.full(args[0], np.nextafter(1.0, 0.0))

    assert (
        random.uniform(2, dtype=xp.float32, generator=AlmostOne()).tolist() == [1.0 - 2.0**-24] * 2
    )


# --- the native generator ---------------------------------------------------------------------------


def test_native_draws_with_the_devices_own_generator_and_follows_the_seed(monkeypatch):
    class Own:
        def __init__(self, seed):
            self.stream = np.random.Generator(np.random.MT19937(seed))

        def random(self, shape):
            return self.stream.random(shape)

    backend = namespace_of_backend("numpy").backend
    monkeypatch.setattr(type(backend), "native_rng", lambda _, seed, __: Own(seed), raising=False)
    random.manual_seed(5)
    first = random.uniform(3, generator="native")
    second = random.uniform(3, generator="native")
    assert first.tolist() == np.random.Generator(np.random.MT19937(5)).random(3).tolist()
    assert first.tolist() != second.tolist()
    random.manual_seed(5)
    assert random.uniform(3, generator="native").tolist() == first.tolist()
    own = xp.Generator(5, "cpu", native=True)
    assert random.uniform(3, generator=own).tolist() == first.tolist()
    assert "native" in repr(own) or pytest.fail(repr(own))
    with pytest.raises(BackendError, match="draws no standard_gamma"):
        random.gamma(3, generator=own)
    with pytest.raises(BackendError, match="no state that can be read"):
        own.get_state()
    random.manual_seed(0)  # the next native generator is a new one


def test_without_a_generator_of_its_own_native_is_the_shared_one():
    random.manual_seed(5)
    assert random.uniform(3, generator="native").tolist() == random.uniform(3).tolist()
    with pytest.raises(TypeError, match="xpgrad.Generator, 'native' or None, got str"):
        random.uniform(3, generator="fast")


# --- states and streams -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_a_state_goes_through_json_and_comes_back_exactly(name):
    g = xp.Generator(4)
    random.integers(0, 5, (3,), generator=g)  # leaves half a word in the buffer
    random.uniform(1, generator=g)
    text = json.dumps(g.get_state())
    first = host(ALL[name]({"generator": g}, None)).tolist()
    twin = xp.Generator().set_state(json.loads(text))
    assert host(ALL[name]({"generator": twin}, None)).tolist() == first
    assert twin.get_state() == g.get_state()


def test_a_state_goes_through_a_file(tmp_path):
    pytest.importorskip("safetensors", reason="files are safetensors")
    random.manual_seed(9)
    random.uniform(5)
    xp.save({"rng": random.get_rng_state(), "x": xp.ones(2)}, tmp_path / "state")
    first = random.normal(5).tolist()
    random.set_rng_state(xp.load(tmp_path / "state")["rng"])
    assert random.normal(5).tolist() == first


def test_state_is_a_property_too():
    g = xp.Generator(1)
    state = g.state
    first = random.uniform(2, generator=g).tolist()
    g.state = state
    assert random.uniform(2, generator=g).tolist() == first


def test_fork_rng_leaves_generators_as_they_were():
    g = xp.Generator(2)
    random.manual_seed(1)
    wanted, wanted_g = (
        random.uniform(3).tolist(),
        random.uniform(3, generator=xp.Generator(2)).tolist(),
    )
    random.manual_seed(1)
    inside = []

    def block():
        with random.fork_rng(seed=8):
            inside.extend(random.uniform(2).tolist())
            random.integers(0)

    with pytest.raises(ValueError, match="no integer"):
        block()
    assert inside == random.uniform(2, generator=xp.Generator(8)).tolist()
    with random.fork_rng(g):
        random.uniform(5, generator=g)
    assert random.uniform(3).tolist() == wanted
    assert random.uniform(3, generator=g).tolist() == wanted_g


def test_checkpointed_functions_draw_the_same_numbers_again():
    x = xp.asarray(np.linspace(0.0, 1.0, 50)).requires_grad_()
    random.manual_seed(3)
    out = xp.checkpoint(lambda v: v * random.bernoulli(0.5, v.shape), x)
    mask = host(out) != 0
    (found,) = grad(xp.sum(out), x)
    assert host(found)[1:].tolist() == mask[1:].astype(float).tolist()


def test_split_and_fork_give_streams_of_their_own():
    g = xp.Generator(0)
    children = g.split(3)
    again = xp.Generator(0).split(3)
    assert [c.initial_seed() for c in children] == [c.initial_seed() for c in again]
    assert g.split(3)[0].initial_seed() not in {c.initial_seed() for c in children}
    state = g.get_state()
    forks = [g.fork(i) for i in range(100)] + [g.fork("data", i) for i in range(100)]
    assert g.get_state() == state
    assert len({f.initial_seed() for f in forks}) == 200
    random.uniform(10, generator=g)
    assert g.fork("data", 7).initial_seed() == forks[107].initial_seed()
    sums = [random.uniform(1000, generator=f).mean().item() for f in forks]
    assert abs(np.mean(sums) - 0.5) < 0.005
    draws = np.stack([random.normal(2000, generator=f).numpy() for f in forks[:10]])
    assert np.abs(np.corrcoef(draws) - np.eye(10)).max() < 0.12


@pytest.mark.parametrize("name", ["uniform", "normal", "choice", "permutation", "gamma"])
def test_threads_take_whole_draws(name):
    """Eight threads together draw what one draws alone, in some order."""
    draw = ALL[name]
    alone = xp.Generator(6)
    wanted = sorted(str(host(draw({"generator": alone}, None)).tolist()) for _ in range(160))
    shared, found = xp.Generator(6), []

    def work():
        found.extend(str(host(draw({"generator": shared}, None)).tolist()) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(found) == wanted


# --- distributions ----------------------------------------------------------------------------------

N = 20_000
LAWS = {
    "uniform": (lambda o: random.uniform(N, -1.0, 3.0, **o), stats.uniform(-1.0, 4.0)),
    "normal": (lambda o: random.normal(N, 2.0, 3.0, **o), stats.norm(2.0, 3.0)),
    "exponential": (lambda o: random.exponential(N, 2.5, **o), stats.expon(scale=2.5)),
    "gamma": (lambda o: random.gamma(N, 0.7, 2.0, **o), stats.gamma(0.7, scale=2.0)),
    "truncated_normal": (
        lambda o: random.truncated_normal(N, -1.0, 2.5, 0.5, 2.0, **o),
        stats.truncnorm(-0.75, 1.0, 0.5, 2.0),
    ),
    "truncated_normal in a tail": (
        lambda o: random.truncated_normal(N, 8.0, 9.0, **o), stats.truncnorm(8.0, 9.0),
    ),
    "truncated_normal to one side": (
        lambda o: random.truncated_normal(N, -math.inf, -3.0, **o), stats.truncnorm(-np.inf, -3.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWS)
def test_numbers_follow_their_law(name):
    """Kolmogorov and Smirnov's test; with a fixed seed it passes always or never."""
    draw, law = LAWS[name]
    x = host(draw({"generator": xp.Generator(1)}))
    assert stats.kstest(x, law.cdf).pvalue > 0.01
    assert stats.kstest(x * 1.05 + 0.02, law.cdf).pvalue < 0.01  # and it can fail


def test_complex_normal_numbers_have_half_of_the_variance_in_each_part():
    z = host(random.normal(N, 1.0, 2.0, dtype=xp.complex128, generator=xp.Generator(0)))
    assert abs(z.mean() - 1.0) < 0.05
    assert z.real.var() == pytest.approx(2.0, rel=0.05)
    assert z.imag.var() == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize("replace", [True, False])
def test_choices_follow_their_weights(replace):
    g, counts = xp.Generator(3), np.zeros(4)
    for _ in range(4000):
        counts[random.choice(4, p=WEIGHTS, replace=replace, generator=g).item()] += 1
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], 4000 * np.array([0.2, 0.5, 0.3])).pvalue > 0.01
    pairs = [
        tuple(random.choice(3, 2, p=[1.0, 2.0, 7.0], replace=False, generator=g).tolist())
        for _ in range(4000)
    ]
    first = np.bincount([p[0] for p in pairs], minlength=3)
    after = np.bincount([p[1] for p in pairs if p[0] == 2], minlength=3)
    assert stats.chisquare(first, 4000 * np.array([0.1, 0.2, 0.7])).pvalue > 0.01
    assert after[2] == 0
    assert stats.chisquare(after[:2], after.sum() * np.array([1 / 3, 2 / 3])).pvalue > 0.01


def test_categories_follow_their_logits():
    with np.errstate(divide="ignore"):
        logits = np.log([[0.2, 0.5, 0.3], [0.0, 1.0, 3.0]])
    found = host(random.categorical(logits, (N, 2), generator=xp.Generator(3)))
    for column, weights in ((0, [0.2, 0.5, 0.3]), (1, [0.0, 0.25, 0.75])):
        counts = np.bincount(found[:, column], minlength=3)
        keep = np.array(weights) > 0
        assert not counts[~keep].any()
        assert stats.chisquare(counts[keep], N * np.array(weights)[keep]).pvalue > 0.01
    assert random.categorical(xp.asarray([[0, 1], [2, 3], [4, 900]]), axis=0).shape == (2,)
    assert random.categorical(xp.zeros((2, 3)), axis=0, shape=(5, 3)).shape == (5, 3)


def test_bernoulli_follows_its_probabilities():
    p = xp.asarray([0.0, 0.1, 0.9, 1.0])
    found = random.bernoulli(p, (N, 4), generator=xp.Generator(4))
    assert found.dtype == xp.bool
    np.testing.assert_allclose(host(found).mean(axis=0), [0.0, 0.1, 0.9, 1.0], atol=0.01)
    assert random.bernoulli(0.5, 3, dtype=xp.float32).dtype == xp.float32
    assert random.bernoulli().shape == ()


def test_the_inverse_of_the_normal_distribution_is_scipys_to_a_few_ulp():
    from scipy.special import ndtri

    p = np.concatenate([np.linspace(1e-6, 1.0 - 1e-6, 1001), 10.0 ** -np.arange(7, 300, 7.0)])
    found = operation("normal_quantile")(xp.asarray(p)).numpy()
    np.testing.assert_allclose(found, ndtri(p), rtol=2e-15, atol=1e-16)
    edges = operation("normal_quantile")(xp.asarray([0.0, 1.0, -0.1, 1.1])).numpy()
    np.testing.assert_array_equal(edges, [-np.inf, np.inf, np.nan, np.nan])


# --- derivatives ------------------------------------------------------------------------------------

SMOOTH = {
    "uniform": (lambda g, a, b: random.uniform(5, a, a + b, generator=g), [1.0, 2.0]),
    "normal": (lambda g, a, b: random.normal((2, 3), a, b, generator=g), [1.0, 2.0]),
    "exponential": (lambda g, a: random.exponential(5, a, generator=g), [1.5]),
    "gamma": (lambda g, a: random.gamma(5, 2.5, a, generator=g), [1.5]),
    "truncated_normal": (
        lambda g, a, b, m, s: random.truncated_normal(6, a, b, m, s, generator=g), [-1.0, 2.0, 0.3, 1.7],
    ),
    "truncated_normal above": (
        lambda g, a, b, m, s: random.truncated_normal(6, a, b, m, s, generator=g), [4.0, 9.0, 0.3, 1.7],
    ),
}  # fmt: skip


@pytest.mark.parametrize("device", ["numpy:cpu", "array_api_strict:device1"])
@pytest.mark.parametrize("name", SMOOTH)
def test_numbers_are_differentiable_by_their_parameters_to_second_order(name, device):
    function, values = SMOOTH[name]
    parameters = [xp.asarray(v, device=device, requires_grad=True) for v in values]

    def draw(*args):
        return function(xp.Generator(12), *args) ** 2

    assert draw(*parameters).device == device
    assert gradcheck(draw, parameters)
    assert gradgradcheck(draw, parameters)


@pytest.mark.parametrize("name", SMOOTH)
def test_jvp_goes_through_parameters(name):
    function, values = SMOOTH[name]
    _, tangent = xp.jvp(
        lambda v: function(xp.Generator(12), v, *values[1:]), (xp.asarray(values[0]),), (1.0,)
    )
    step = 1e-6
    ahead, behind = (
        host(function(xp.Generator(12), values[0] + s, *values[1:])) for s in (step, -step)
    )
    np.testing.assert_allclose(host(tangent), (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-8)


def test_moved_and_chosen_elements_keep_their_gradients():
    x = xp.asarray(np.arange(12.0).reshape(3, 4), requires_grad=True)
    out = random.permutation(x, axis=1, generator=xp.Generator(0))
    assert sorted(host(out)[0].tolist()) == [0.0, 1.0, 2.0, 3.0]
    (found,) = grad(xp.sum(out * out), x)
    np.testing.assert_array_equal(host(found), 2 * host(x))
    picked = random.choice(x, (2, 5), axis=1, generator=xp.Generator(0))
    assert picked.shape == (3, 2, 5)
    (found,) = grad(xp.sum(picked), x)
    assert float(found.sum()) == 30.0
    assert random.choice(x, generator=xp.Generator(0)).shape == (4,)


def test_gamma_has_no_derivative_by_its_concentration():
    with pytest.raises(NotImplementedError, match="no derivative by concentration"):
        random.gamma(3, xp.asarray(2.0, requires_grad=True))


def test_gamma_refuses_a_tangent_of_its_concentration():
    two = xp.asarray(2.0)
    with pytest.raises(NotImplementedError, match="no derivative by concentration"):
        xp.jvp(lambda a: random.gamma(3, a), (two,), (two,))
    with pytest.raises(NotImplementedError, match="no derivative by concentration"):
        xp.vmap(lambda t: xp.jvp(lambda a: random.gamma(3, a), (two,), (t,))[1])(xp.ones(2))
    value, tangent = xp.jvp(lambda a: random.gamma(3, a.detach(), a), (two,), (two,))
    assert value.tolist() == tangent.tolist()


# --- arguments --------------------------------------------------------------------------------------


def test_parameters_decide_shape_dtype_and_device():
    there = "array_api_strict:device1"
    loc = xp.asarray(np.zeros((3, 1), "float32"), device=there)
    x = random.normal(None, loc, xp.asarray([1.0, 2.0], dtype=xp.float32, device=there))
    assert (x.shape, x.dtype, x.device) == ((3, 2), xp.float32, there)
    assert random.normal((4, 3, 2), loc, dtype=xp.float64).dtype == xp.float64
    assert random.normal().shape == ()
    assert random.uniform((0, 2)).shape == (0, 2)
    assert random.normal(2, [0.0, 5.0]).shape == (2,)
    leaf = random.uniform(2, requires_grad=True)
    assert (leaf.requires_grad, leaf.is_leaf) == (True, True)
    with xp.default_dtype(xp.float32):
        assert random.exponential(2).dtype == xp.float32


def test_wrong_arguments_are_refused():
    with pytest.raises(ShapeError, match=r"common shape \(3,\) does not broadcast to \(2,\)"):
        random.normal(2, xp.zeros(3))
    with pytest.raises(ShapeError):
        random.uniform(1, xp.zeros(3))
    for call in (lambda: random.normal(2, 0.0, -1.0), lambda: random.exponential(2, -1.0),
                 lambda: random.gamma(2, -1.0), lambda: random.truncated_normal(2, scale=-1.0)):  # fmt: skip
        with pytest.raises(ValueError, match="must be at least 0, got -1"):
            call()
    for call in (lambda: random.uniform(2, dtype=xp.int64), lambda: random.normal(2, dtype=xp.int32),
                 lambda: random.gamma(2, dtype=xp.complex128)):  # fmt: skip
        with pytest.raises(DTypeError):
            call()
    with pytest.raises(ValueError, match="no integer is at least 3"):
        random.integers(3, 3, (2,))
    with pytest.raises(ValueError, match="cannot choose 5 of 4 without repeating one"):
        random.choice(4, 5, replace=False)
    with pytest.raises(ValueError, match="cannot choose 4 of 3 without"):
        random.choice(4, 4, replace=False, p=WEIGHTS)
    with pytest.raises(ValueError, match="cannot choose 1 of 0"):
        random.choice(0)
    for p in ([0.5, 0.5], [1.0, -1.0, 1.0], [0.0] * 3, [math.nan] * 3):
        with pytest.raises(ValueError, match="p must be 3 numbers of at least 0 and not all 0"):
            random.choice(3, p=p)


def test_every_public_name_is_there_and_documented():
    assert xp.namespace("numpy").random is random
    for name in random.__all__:
        assert getattr(random, name).__doc__
