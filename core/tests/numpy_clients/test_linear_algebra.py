"""``np.linalg`` and ``np.fft`` on tensors give NumPy's values, and stay on the tape."""

import numpy as np
import pytest

import xpgrad as xp

RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 4)) + 3 * np.eye(4)
H = A @ A.T
T = RNG.normal(size=(5, 3))
B = RNG.normal(size=(4, 2))
C = T + 1j * RNG.normal(size=(5, 3))
L = np.linalg

CALLS = {
    "norm of all": (L.norm, T),
    "norm of a matrix, 1": (lambda x: L.norm(x, 1), T),
    "norm of rows": (lambda x: L.norm(x, np.inf, axis=0), T),
    "nuclear norm": (lambda x: L.norm(x, "nuc"), T),
    "norm, two axes kept": (lambda x: L.norm(x, axis=(0, 1), keepdims=True), T),
    "norm of a vector": (lambda x: L.norm(x, 3), T[:, 0]),
    "norm of complex": (L.norm, C),
    "inv": (L.inv, A), "det": (L.det, A), "solve": (lambda x: L.solve(x, B), A),
    "slogdet": (lambda x: L.slogdet(x).logabsdet, A),
    "eigh": (lambda x: L.eigh(x).eigenvalues, H), "eigh of U": (lambda x: L.eigh(x, "U").eigenvalues, H),
    "eigvalsh": (L.eigvalsh, H), "eig": (lambda x: np.abs(L.eig(x).eigenvalues), A),
    "eigvals": (lambda x: np.abs(L.eigvals(x)), A),
    "svd": (lambda x: L.svd(x, full_matrices=False).S, T), "svd, values": (lambda x: L.svd(x, compute_uv=False), T),
    "svdvals": (L.svdvals, T),
    "qr": (lambda x: np.abs(L.qr(x).R), T), "qr, r": (lambda x: np.abs(L.qr(x, mode="r")), T),
    "cholesky": (L.cholesky, H), "pinv": (L.pinv, T), "matrix_power": (lambda x: L.matrix_power(x, 3), A),
    "multi_dot": (lambda x: L.multi_dot([T.T, x, T.T, T[:, 0]]), T), "cond": (L.cond, A),
    "cond 1": (lambda x: L.cond(x, 1), A), "cond -2": (lambda x: L.cond(x, -2), A),
    "lstsq": (lambda x: L.lstsq(x, T[:, 0] * 2 + 1)[0], T), "trace": (L.trace, A), "np.trace": (np.trace, A),
    "outer": (lambda x: np.outer(x, T[:, 1]), T[:, 0]), "cross": (lambda x: np.cross(x, T), T),
    "diagonal": (L.diagonal, T), "kron": (lambda x: np.kron(x, A), T),
    "tensorinv": (L.tensorinv, A.reshape(2, 2, 2, 2)),
    "tensorsolve": (lambda x: L.tensorsolve(x, B[:, :1].reshape(2, 2)), A.reshape(2, 2, 2, 2)),
    "matmul": (lambda x: L.matmul(x, A), A), "vecdot": (lambda x: L.vecdot(x, T), T),
    "fft": (lambda x: np.abs(np.fft.fft(x)), T), "rfft": (lambda x: np.abs(np.fft.rfft(x, axis=0)), T),
    "fft2": (lambda x: np.abs(np.fft.fft2(x)), T), "irfft": (np.fft.irfft, C), "hfft": (np.fft.hfft, C),
    "ifftn, ortho": (lambda x: np.abs(np.fft.ifftn(x, norm="ortho")), C), "fftshift": (np.fft.fftshift, T),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_numpys_call_gives_numpys_value_and_records(name):
    call, array = CALLS[name]
    x = xp.tensor(array, requires_grad=True)
    result = call(x)
    assert isinstance(result, xp.Tensor)
    np.testing.assert_allclose(result.detach(), call(array), rtol=1e-10, atol=1e-12)
    assert result.requires_grad
    xp.sum(xp.abs(result)).backward()
    assert x.grad.shape == x.shape


def test_the_gradient_of_a_call_is_that_of_differences():
    x = xp.tensor(A, requires_grad=True)
    loss = lambda a: np.sum(np.linalg.solve(a, B) ** 2) + np.linalg.norm(np.linalg.inv(a))  # noqa: E731
    loss(x).backward()
    step = np.zeros((4, 4))
    step[0, 1] = 1e-6
    slope = (loss(A + step) - loss(A - step)) / 2e-6
    np.testing.assert_allclose(x.grad[0, 1].item(), slope, rtol=1e-6)


def test_a_rank_is_an_integer_without_a_derivative():
    assert L.matrix_rank(xp.tensor(T, requires_grad=True)).item() == 3
