"""``np.fft`` on tensors: NumPy's values, defaults and dtypes, on the tape."""

import inspect

import array_api_strict
import numpy as np
import pytest

import xpgrad as xp

RNG = np.random.default_rng(8)
REAL = RNG.normal(size=(2, 3, 4))
COMPLEX = REAL + 1j * RNG.normal(size=(2, 3, 4))
FROM_REAL = ("rfft", "ihfft", "rfft2", "rfftn")
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")

CALLS = [
    *((name, args, kwargs) for name in ONE for args, kwargs in (
        ((), {}), ((5,), {}), ((None, 0, "ortho"), {}), ((), {"norm": None}), ((), {"out": None}),
        ((), {"n": 2, "axis": 1, "norm": "forward"}),
    )),
    *((name, args, kwargs) for name in SEVERAL for args, kwargs in (
        ((), {}), (((2, 5), (0, 1)), {}), ((None, (2, 0), "ortho"), {}), ((), {"norm": None}),
        ((), {"s": [3, -1], "axes": [0, 2], "norm": "forward"}),
    )),
    *((name, args, {}) for name in ("fftshift", "ifftshift") for args in ((), (1,), ((0, -1),))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_calls_give_numpys_values_and_stay_on_the_tape(name, args, kwargs):
    x = REAL if name in FROM_REAL else COMPLEX
    function = getattr(np.fft, name)
    t = xp.asarray(x, requires_grad=True)
    found, expected = function(t, *args, **kwargs), function(x, *args, **kwargs)
    assert isinstance(found, xp.Tensor)
    assert found.requires_grad
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("name", [*ONE, *SEVERAL])
def test_tensors_of_another_library_stay_there(name):
    x = REAL if name in FROM_REAL else COMPLEX
    t = xp.asarray(array_api_strict.asarray(x), requires_grad=True)
    found = getattr(np.fft, name)(t)
    assert found.backend.name == "array_api_strict"
    assert xp.autograd.gradcheck(getattr(np.fft, name), (t,))


def test_every_function_of_numpy_that_takes_an_array_is_there():
    names = [
        n
        for n in np.fft.__all__
        if next(iter(inspect.signature(getattr(np.fft, n)).parameters)) in ("a", "x")
    ]
    assert sorted(names) == sorted((*ONE, *SEVERAL, "fftshift", "ifftshift"))


def test_an_array_to_write_to_is_refused():
    with pytest.raises(TypeError, match="does not take out="):
        np.fft.fft(xp.asarray(COMPLEX), out=np.zeros_like(COMPLEX))
