"""Boolean arrays as indices: the same on every backend, and nothing is counted where nothing need be."""

import numpy as np
import pytest

import xpgrad as xp

strict = pytest.importorskip("array_api_strict")

BACKENDS = pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
DTYPES = ["bool", "int8", "uint64", "int64", "float32", "complex128"]
MASKS = {
    (): [np.asarray(True), np.asarray(False)],
    (3,): [np.asarray([True, False, True]), np.zeros(3, bool)],
    (0,): [np.zeros(0, bool)],
    (2, 3): [np.asarray([[True, False, True], [False, False, True]]), np.asarray([True, False]), np.asarray(True)],
}  # fmt: skip
CASES = [(shape, mask) for shape, masks in MASKS.items() for mask in masks]


def numbers(shape, dtype):
    return np.arange(1, 1 + int(np.prod(shape))).reshape(shape).astype(dtype)


@BACKENDS
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "mask"), CASES, ids=str)
def test_reading_and_writing_at_a_mask_means_what_it_means_in_numpy(backend, dtype, shape, mask):
    namespace, host = xp.namespace(backend), numbers(shape, dtype)
    x, key = namespace.asarray(host.tolist(), dtype=dtype), namespace.asarray(mask.tolist())
    x, key = xp.reshape(x, shape), xp.astype(xp.reshape(key, mask.shape), xp.bool)
    expected = host[mask]
    np.testing.assert_array_equal(
        np.asarray(x[key].tolist(), dtype).reshape(expected.shape), expected
    )
    for value in (np.asarray(0, dtype), np.zeros(expected.shape, dtype)):
        written, ours = host.copy(), x.clone()
        written[mask] = value
        ours[key] = xp.reshape(namespace.asarray(value.tolist(), dtype=dtype), value.shape)
        assert ours.dtype == dtype
        np.testing.assert_array_equal(np.asarray(ours.tolist(), dtype).reshape(shape), written)


@BACKENDS
def test_a_mask_of_another_shape_raises(backend):
    x = xp.namespace(backend).ones((3, 4))
    for shape in ((3, 1), (1, 4), (4,), (3, 4, 1)):
        with pytest.raises(IndexError):
            x[xp.namespace(backend).ones(shape, dtype=xp.bool)] = 0.0


def test_writing_one_value_at_a_mask_needs_no_shape_that_depends_on_values():
    with strict.ArrayAPIStrictFlags(boolean_indexing=False, data_dependent_shapes=False):
        namespace = xp.namespace("array_api_strict")
        x = namespace.asarray([[1.0, -2.0], [-3.0, 4.0]], requires_grad=True)
        value = namespace.asarray(0.5, requires_grad=True)
        row = namespace.asarray([7.0, 8.0], requires_grad=True)
        y = x * 1.0
        y[x < 0] = value
        y[namespace.asarray([False, True])] = row
        (gx, gv, gr) = xp.autograd.grad(xp.sum(y**3), (x, value, row), create_graph=True)
        assert gx.tolist() == [[3.0, 0.0], [0.0, 0.0]]
        assert (gv.item(), gr.tolist()) == (3 * 0.25, [3 * 49.0, 3 * 64.0])
        (second,) = xp.autograd.grad(gv, value)
        assert second.item() == 6 * 0.5
