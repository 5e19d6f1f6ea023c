"""Fourier transforms: against their matrices, against NumPy, and what is ignored, refused and made."""

import array_api_strict
import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError, ShapeError

NORMS = ("backward", "ortho", "forward")
RNG = np.random.default_rng(5)
LIBRARIES = {"numpy": np, "array_api_strict": array_api_strict}


def complex_array(*shape):
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


def real_array(*shape):
    return RNG.normal(size=shape)


MADE_OF = {
    "fft": complex_array, "ifft": complex_array, "irfft": complex_array, "hfft": complex_array,
    "rfft": real_array, "ihfft": real_array,
    "fftn": complex_array, "ifftn": complex_array, "irfftn": complex_array, "rfftn": real_array,
}  # fmt: skip
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


def matrix(m, n, sign, factor):
    """Row j, column k: exp(sign 2 pi i jk / n), from the first m elements."""
    return np.exp(sign * 2j * np.pi * np.outer(np.arange(n), np.arange(m)) / n) * factor


def factor(norm, n, forward):
    if norm == "ortho":
        return n**-0.5
    return 1.0 if forward == (norm == "backward") else 1 / n


# --- values and gradients ---------------------------------------------------------------------------


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [3, 5, 6, 8])
def test_gradients_are_products_with_the_transposed_matrix(norm, n):
    m = min(n, 5)
    x, g = complex_array(5), complex_array(n)
    for name, sign in (("fft", -1), ("ifft", 1)):
        t = xp.asarray(x, requires_grad=True)
        out = getattr(xp.fft, name)(t, n=n, norm=norm)
        whole = matrix(m, n, sign, factor(norm, n, name == "fft"))
        np.testing.assert_allclose(out.detach().numpy(), whole @ x[:m], atol=1e-12)
        (found,) = xp.autograd.grad(out, t, xp.asarray(g))
        expected = np.zeros(5, complex)
        expected[:m] = whole.conj().T @ g
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [4, 5])
def test_half_spectra_have_the_gradients_of_the_whole_ones(norm, n):
    """rfft is the first half of fft; irfft is ifft of the half and its mirror image."""
    x, half = xp.tensor(real_array(n), requires_grad=True), n // 2 + 1
    g = xp.asarray(complex_array(half))
    (a,) = xp.autograd.grad(xp.fft.rfft(x, norm=norm), x, g)
    (b,) = xp.autograd.grad(xp.fft.fft(x, norm=norm)[:half], x, g)
    np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-12)

    z, g = xp.tensor(complex_array(half), requires_grad=True), xp.asarray(real_array(n))

    def mirrored(z):
        ends = [
            z[:1].real + 0j,
            z[1 : (n + 1) // 2],
            *([z[n // 2 :].real + 0j] if n % 2 == 0 else []),
        ]
        return xp.concat([*ends, xp.conj(xp.flip(z[1 : (n + 1) // 2]))])

    (a,) = xp.autograd.grad(xp.fft.irfft(z, n=n, norm=norm), z, g)
    (b,) = xp.autograd.grad(xp.fft.ifft(mirrored(z), norm=norm).real, z, g)
    np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-12)
    (a,) = xp.autograd.grad(xp.fft.hfft(z, n=n, norm=norm), z, g)
    (b,) = xp.autograd.grad(xp.fft.fft(mirrored(z), norm=norm).real, z, g)
    np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-12)


def test_imaginary_parts_that_are_ignored_have_no_gradient():
    for n, ignored in ((6, (0, 3)), (7, (0,))):
        z = xp.tensor(complex_array(4), requires_grad=True)
        xp.sum(xp.fft.irfft(z, n=n) ** 2).backward()
        zero = np.abs(z.grad.numpy().imag) < 1e-14
        assert tuple(np.flatnonzero(zero)) == ignored


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ONE)
def test_values_along_one_axis_are_numpys(name, library):
    x = MADE_OF[name](3, 4)
    t = xp.asarray(LIBRARIES[library].asarray(x))
    for norm in NORMS:
        for n in (None, 3, 4, 7):
            for axis in (0, -1):
                options = {"n": n, "axis": axis, "norm": norm}
                found = getattr(xp.fft, name)(t, **options).numpy()
                np.testing.assert_allclose(found, getattr(np.fft, name)(x, **options), atol=1e-13)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_values_along_several_axes_are_numpys(name, library):
    x = MADE_OF[name](2, 3, 4)
    t = xp.asarray(LIBRARIES[library].asarray(x))
    for norm in NORMS:
        for s, axes in (
            (None, None),
            (None, (1,)),
            (None, (2, 0)),
            ((3, 3), (-1, 0)),
            ((2, -1), (1, 2)),
        ):
            options = {"s": s, "axes": axes, "norm": norm}
            found = getattr(xp.fft, name)(t, **options).numpy()
            np.testing.assert_allclose(found, getattr(np.fft, name)(x, **options), atol=1e-13)


def test_lengths_without_axes_are_those_of_the_last_ones():
    x = xp.asarray(complex_array(2, 3, 4))
    with_axes = xp.fft.fftn(x, s=(2, 5), axes=(1, 2))
    assert xp.fft.fftn(x, s=(2, 5)).tolist() == with_axes.tolist()
    assert xp.fft.fftn(x, s=[2, 5]).tolist() == with_axes.tolist()


@pytest.mark.parametrize("library", LIBRARIES)
def test_real_arrays_and_integers_are_cast_and_float32_stays(library):
    library = LIBRARIES[library]
    x = library.asarray([1, 2, 3, 4])
    for name, made in MADE_OF.items():
        function = getattr(xp.fft, name)
        out = function(xp.asarray(x))
        expected = getattr(np.fft, name)(np.asarray([1.0, 2.0, 3.0, 4.0]))
        np.testing.assert_allclose(out.numpy(), expected, atol=1e-14)
        assert out.dtype in (xp.complex128, xp.float64)
        single = xp.asarray(library.asarray(x, dtype=library.float32), requires_grad=True)
        out = function(single)
        assert out.dtype in (xp.complex64, xp.float32)
        (g,) = xp.autograd.grad(xp.sum(xp.abs(out) ** 2), single, create_graph=True)
        assert g.dtype == xp.float32
        if made is complex_array:
            assert function(xp.astype(single, xp.complex64)).dtype == out.dtype


def test_parsevals_theorem_to_second_order():
    x = xp.tensor(real_array(3, 4), requires_grad=True)
    for f in (
        lambda x: xp.sum(xp.abs(xp.fft.fftn(x)) ** 2) / 12,
        lambda x: xp.sum(xp.fft.irfftn(xp.fft.rfftn(x, norm="ortho"), s=(3, 4), axes=(0, 1), norm="ortho") ** 2),
    ):  # fmt: skip
        (g,) = xp.autograd.grad(f(x), x, create_graph=True)
        np.testing.assert_allclose(g.detach().numpy(), 2 * x.detach().numpy(), atol=1e-12)
        v = real_array(3, 4)
        (h,) = xp.autograd.grad(g, x, xp.asarray(v))
        np.testing.assert_allclose(h.numpy(), 2 * v, atol=1e-12)


def test_a_convolution_by_transforms_has_the_gradients_of_the_sum():
    a, b = (xp.tensor(real_array(6), requires_grad=True) for _ in range(2))
    weights = xp.asarray(real_array(11))
    by_transforms = xp.fft.irfft(xp.fft.rfft(a, n=11) * xp.fft.rfft(b, n=11), n=11)
    rows = xp.stack([xp.concat([xp.zeros(i), a, xp.zeros(5 - i)]) for i in range(6)])
    by_sum = b @ rows
    np.testing.assert_allclose(by_transforms.detach().numpy(), by_sum.detach().numpy(), atol=1e-12)
    found = xp.autograd.grad(xp.sum(weights * by_transforms), (a, b))
    expected = xp.autograd.grad(xp.sum(weights * by_sum), (a, b))
    for f, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(f.numpy(), e.numpy(), atol=1e-12)


def test_jvp_and_vmap_pass_through():
    x, v = real_array(3, 5), real_array(3, 5)
    f = lambda x: xp.fft.irfft(xp.fft.rfft(x, n=6) ** 2, n=7)  # noqa: E731
    _, tangent = xp.jvp(f, (xp.asarray(x),), (xp.asarray(v),))
    h = 1e-6
    expected = (f(xp.asarray(x + h * v)) - f(xp.asarray(x - h * v))) / (2 * h)
    np.testing.assert_allclose(tangent.numpy(), expected.numpy(), atol=1e-7)
    one = xp.vmap(xp.grad(lambda x: xp.sum(f(x) ** 2)))(xp.asarray(x))
    loop = [xp.grad(lambda x: xp.sum(f(x) ** 2))(xp.asarray(row)).numpy() for row in x]
    np.testing.assert_allclose(one.numpy(), loop, atol=1e-12)


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
def test_wrong_arguments_are_named_on_every_library(library):
    x = xp.asarray(LIBRARIES[library].ones((3, 4)))
    z = xp.fft.fft(x)
    fft = xp.fft
    for error, text, call in (
        (ValueError, "fft.fft: norm must be one of 'backward', .* got 'unitary'", lambda: fft.fft(x, norm="unitary")),
        (ShapeError, r"fft.rfft: axis 2 is out of range for shape \(3, 4\)", lambda: fft.rfft(x, axis=2)),
        (ShapeError, "fft.ifft needs at least one element .* got 0", lambda: fft.ifft(x, n=0)),
        (ShapeError, "fft.irfft needs at least one element .* got -3", lambda: fft.irfft(x, n=-3)),
        (TypeError, "'float' object cannot be interpreted as an integer", lambda: fft.fft(x, n=2.0)),
        (ShapeError, r"fft.fftn: axes \(0, -2\) name an axis twice", lambda: fft.fftn(x, axes=(0, -2))),
        (ShapeError, r"fft.rfftn: 1 lengths s=\(3,\) for 2 axes", lambda: fft.rfftn(x, s=(3,), axes=(0, 1))),
        (ShapeError, r"fft.irfftn needs at least one axis", lambda: fft.irfftn(x, axes=())),
        (ShapeError, r"fft.fftn: axis 5 is out of range", lambda: fft.fftn(x, axes=(0, 5))),
        (DTypeError, "fft.rfft transforms real arrays, got xpgrad.complex128; give its real", lambda: fft.rfft(z)),
        (DTypeError, "fft.ihfft transforms real arrays", lambda: fft.ihfft(z)),
        (ShapeError, r"axis 2 is out of range", lambda: fft.fftshift(x, axes=2)),
    ):  # fmt: skip
        with pytest.raises(error, match=text):
            call()


# --- frequencies ------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", LIBRARIES)
def test_frequencies_are_numpys_on_the_device_that_is_asked_for(backend):
    fft = xp.namespace(backend).fft
    for name in ("fftfreq", "rfftfreq"):
        for n in (1, 2, 5, 8):
            found = getattr(fft, name)(n, d=0.3)
            assert found.backend.name == backend
            assert found.dtype == xp.float64
            assert found.numpy().tolist() == getattr(np.fft, name)(n, d=0.3).tolist()
            single = getattr(fft, name)(n, dtype=xp.float32)
            assert single.dtype == xp.float32
    with xp.default_dtype(xp.float32):
        assert xp.fft.fftfreq(3).dtype == xp.float32
    with pytest.raises(DTypeError, match="real floating numbers, got dtype xpgrad.int64"):
        fft.fftfreq(3, dtype=xp.int64)
    with pytest.raises(ShapeError, match="fft.rfftfreq needs at least one sample, got n=0"):
        fft.rfftfreq(0)
    with pytest.raises(TypeError):
        fft.fftfreq(3.0)


def test_the_step_between_samples_may_be_on_the_tape():
    d = xp.tensor(0.5, requires_grad=True)
    xp.sum(xp.fft.fftfreq(4, d=d) * xp.asarray([1.0, 2.0, 0.0, 0.0])).backward()
    np.testing.assert_allclose(d.grad.numpy(), -2 * 0.25 / 0.5**2)


@pytest.mark.parametrize("library", LIBRARIES)
def test_shifts_are_numpys_undo_each_other_and_take_every_dtype(library):
    for x in (real_array(5, 4), np.arange(20).reshape(5, 4), RNG.integers(0, 2, (5, 4)) == 1):
        t = xp.asarray(LIBRARIES[library].asarray(x))
        for axes in (None, 0, (0, -1), [1]):
            shifted = xp.fft.fftshift(t, axes=axes)
            assert shifted.dtype == t.dtype
            assert shifted.tolist() == np.fft.fftshift(x, axes=axes).tolist()
            assert (
                xp.fft.ifftshift(t, axes=axes).tolist() == np.fft.ifftshift(x, axes=axes).tolist()
            )
            assert xp.fft.ifftshift(shifted, axes=axes).tolist() == x.tolist()
    t = xp.asarray(LIBRARIES[library].asarray(real_array(5, 4)), requires_grad=True)
    assert xp.autograd.gradcheck(lambda x: xp.fft.fftshift(x, axes=0), (t,))
    assert xp.autograd.gradgradcheck(lambda x: xp.fft.ifftshift(x) ** 2, (t,))
