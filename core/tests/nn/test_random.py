"""A seed decides every number; generators have streams of their own."""

import copy
import pickle
import threading

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError, ShapeError

DRAWS = {
    "rand": lambda g=None: xp.rand(3, 2, generator=g),
    "randn": lambda g=None: xp.randn(3, 2, generator=g),
    "randint": lambda g=None: xp.randint(0, 1000, (6,), generator=g),
    "randperm": lambda g=None: xp.randperm(20, generator=g),
    "complex": lambda g=None: xp.randn(3, dtype=xp.complex128, generator=g),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_seed_gives_the_same_numbers(name):
    draw = DRAWS[name]
    xp.manual_seed(11)
    first, second = draw().tolist(), draw().tolist()
    assert first != second
    xp.manual_seed(11)
    assert draw().tolist() == first
    xp.manual_seed(12)
    assert draw().tolist() != first


@pytest.mark.parametrize("name", DRAWS)
def test_a_generator_does_not_touch_the_default_one(name):
    draw = DRAWS[name]
    xp.manual_seed(1)
    wanted = draw().tolist()
    xp.manual_seed(1)
    other = draw(xp.Generator().manual_seed(2)).tolist()
    assert other != wanted
    assert draw().tolist() == wanted


def test_sizes_are_numbers_or_one_tuple():
    for x in (xp.rand(2, 3), xp.rand((2, 3)), xp.rand([2, 3]), xp.rand(size=(2, 3))):
        assert x.shape == (2, 3)
    assert xp.randn().shape == ()
    assert xp.randn(3).shape == xp.randint(0, 5, size=3).shape == (3,)
    for wrong in (-1, 2.5, "2"):
        with pytest.raises((ShapeError, TypeError), match="sizes must be integers|not iterable"):
            xp.rand(wrong)
    with pytest.raises(TypeError, match="give the sizes once"):
        xp.rand(2, size=(3,))


def test_dtypes_devices_and_flags_are_kept():
    x = xp.randn(3, dtype=xp.float32, device="cpu", requires_grad=True)
    assert (x.dtype, x.device, x.requires_grad, x.is_leaf) == (xp.float32, "cpu", True, True)
    assert xp.randint(0, 3, (2,), dtype=xp.int32).dtype == xp.int32
    assert xp.randperm(3).dtype == xp.int64
    with xp.default_dtype(xp.float32):
        assert xp.rand(2).dtype == xp.float32
    with pytest.raises(DTypeError, match="there is randint"):
        xp.rand(2, dtype=xp.int64)
    with pytest.raises(DTypeError, match="there is randint"):
        xp.randn(2, dtype=xp.bool)


def test_distributions_are_what_they_say():
    xp.manual_seed(0)
    uniform, normal = xp.rand(20_000).numpy(), xp.randn(20_000).numpy()
    assert 0.0 <= uniform.min() < uniform.max() < 1.0
    assert abs(uniform.mean() - 0.5) < 0.01
    assert abs(normal.mean()) < 0.03
    assert abs(normal.std() - 1.0) < 0.02
    complex_ = xp.randn(20_000, dtype=xp.complex128).numpy()
    assert abs((np.abs(complex_) ** 2).mean() - 1.0) < 0.03
    assert set(xp.randint(-1, 2, (100,)).tolist()) == {-1, 0, 1}
    assert sorted(xp.randperm(50).tolist()) == list(range(50))


def test_a_float32_uniform_number_is_never_rounded_to_one():
    class AlmostOne(xp.Generator):
        def draw(self, name, *args):
            return np.full(args[0], np.nextafter(1.0, 0.0))

    assert xp.rand(3, dtype=xp.float32, generator=AlmostOne()).tolist() == [1.0 - 2.0**-24] * 3


def test_randint_counts_from_zero_if_given_one_bound():
    assert set(xp.randint(2, (50,)).tolist()) == {0, 1}
    with pytest.raises(ValueError, match="no integer is at least 3 and less than 3"):
        xp.randint(3, 3, (2,))


def test_a_state_can_be_put_back():
    g = xp.Generator().manual_seed(4)
    xp.rand(3, generator=g)
    state = g.get_state()
    first = xp.randn(5, generator=g).tolist()
    assert xp.randn(5, generator=g.set_state(state)).tolist() == first
    assert g.initial_seed() == 4
    with pytest.raises(ValueError, match=r"what get_state\(\)"):
        g.set_state({})
    before = g.get_state()
    with pytest.raises((ValueError, TypeError, KeyError)):
        g.set_state({"seed": 9, "stream": {"bit_generator": "PCG64"}})
    assert g.get_state() == before  # a state that does not fit changes nothing


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))])
def test_a_copied_generator_goes_on_from_the_same_place(copied):
    g = xp.Generator("cpu").manual_seed(4)
    xp.rand(3, generator=g)
    twin = copied(g)
    assert xp.rand(3, generator=twin).tolist() == xp.rand(3, generator=g).tolist()
    assert twin.device == "cpu"


def test_seeds_are_integers_of_any_sign():
    assert xp.manual_seed(-1).initial_seed() == 2**64 - 1
    with pytest.raises(TypeError, match="a seed is an integer, got float"):
        xp.manual_seed(1.5)
    assert xp.Generator().seed() != xp.Generator().seed()
    with pytest.raises(TypeError, match="must be an xpgrad.Generator, .* got int"):
        xp.rand(2, generator=3)


def test_threads_share_the_default_stream_without_losing_a_draw():
    xp.manual_seed(0)
    wanted = sorted(xp.rand(400).tolist())
    xp.manual_seed(0)
    drawn = []

    def work():
        drawn.extend([xp.rand(1).item() for _ in range(50)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(drawn) == wanted
