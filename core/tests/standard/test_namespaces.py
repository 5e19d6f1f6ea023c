"""A backend's namespace makes arrays of that backend, also out of another's."""

import copy
import pickle

import numpy as np
import pytest

import xpgrad as xp

strict = pytest.importorskip("array_api_strict", reason="the strict library is in the dev group")
pytest.importorskip("xpgrad_array_api_strict", reason="the strict backend is in the dev group")


class Stranger:
    """An object with memory and nothing else."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


SOURCES = {
    "an array of NumPy": np.asarray,
    "a read-only array": lambda v: np.broadcast_to(np.asarray(v), (len(v),)),
    "a tensor over NumPy": xp.asarray,
    "an array of the strict library": strict.asarray,
}
WAYS = [(f, s) for f in ("asarray", "tensor", "from_dlpack") for s in SOURCES.values()]
WAYS += [("from_dlpack", lambda v: Stranger(np.asarray(v)))]


@pytest.mark.parametrize("backend", ["numpy", "array_api_strict"])
@pytest.mark.parametrize(("function", "source"), WAYS)
def test_what_comes_from_elsewhere_becomes_the_namespace_s_own(function, source, backend):
    namespace = xp.namespace(backend)
    x = getattr(namespace, function)(source([1.0, 2.0]))
    own = namespace.ones(2)
    assert x.device == own.device
    assert x.__array_namespace__() is namespace
    assert (x + own).tolist() == [2.0, 3.0]


def test_an_array_of_the_backend_stays_on_its_device():
    namespace = xp.namespace("array_api_strict")
    raw = strict.asarray([1.0], device=strict.Device("device1"))
    for x in (raw, xp.asarray(raw)):
        for function in (namespace.asarray, namespace.from_dlpack, namespace.tensor):
            assert function(x).device == "array_api_strict:device1"


def test_a_tracked_tensor_comes_with_its_tape():
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    y = xp.namespace("array_api_strict").asarray(x * 3.0)
    (g,) = xp.autograd.grad(xp.sum(y**2), x)
    assert g.tolist() == [18.0, 36.0]
    assert g.device == x.device


def test_copy_false_raises_where_the_array_is_another_s():
    namespace = xp.namespace("array_api_strict")
    for function in (namespace.asarray, namespace.from_dlpack):
        with pytest.raises(ValueError, match="leave copy=False out"):
            function(np.ones(2), copy=False)
        assert function(strict.ones(2), copy=False).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("again", [lambda n: pickle.loads(pickle.dumps(n)), copy.deepcopy])
def test_a_namespace_is_one_object_after_pickling_and_copying(again):
    namespace = xp.ones(2).__array_namespace__()
    assert again(namespace) is namespace is xp.namespace("numpy")
