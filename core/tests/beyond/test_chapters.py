"""Chapters: the functions of linalg, fft and special, wherever operations are found."""

import copy
import pickle

import array_api_strict
import numpy as np
import pytest

import xpgrad as xp
from xpgrad._chapters import CHAPTERS, REPEATED
from xpgrad._devices import namespace_of_backend
from xpgrad._namespace._operations import operation, tensor_namespace
from xpgrad._namespace.per_backend import namespace
from xpgrad.extend import portable

CARRIERS = {
    "the module": xp,
    "a backend's namespace": namespace("numpy"),
    "tensors": tensor_namespace,
    "raw arrays": namespace_of_backend("numpy"),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_everything_that_carries_operations_shows_the_chapters(carrier):
    found = CARRIERS[carrier]
    for chapter in CHAPTERS:
        assert getattr(found, chapter) is getattr(found, chapter)
    assert callable(found.linalg.solve)
    assert found.linalg.solve is found.linalg.solve, "looked up once"


@pytest.mark.parametrize("name", REPEATED)
def test_a_name_that_a_chapter_repeats_is_the_same_function(name):
    chapter, last = name.split(".")
    outside = REPEATED[name]
    for carrier in (xp, namespace("numpy"), tensor_namespace):
        assert getattr(getattr(carrier, chapter), last) is getattr(carrier, outside)


def test_functions_of_tensors_are_the_same_objects_everywhere():
    assert xp.linalg.solve is operation("linalg.solve") is tensor_namespace.linalg.solve
    assert namespace("numpy").linalg.solve is xp.linalg.solve


def test_a_function_is_named_by_its_last_part_and_pickles():
    f = xp.linalg.solve
    assert (f.__name__, f.__module__) == ("solve", "xpgrad.linalg")
    assert pickle.loads(pickle.dumps(f)) is f


def test_a_chapter_of_a_namespace_pickles_and_copies():
    chapter = namespace("numpy").linalg
    chapter.solve
    for other in (pickle.loads(pickle.dumps(chapter)), copy.deepcopy(chapter)):
        assert other.solve is xp.linalg.solve


def test_dir_lists_the_functions():
    for chapter in (xp.linalg, namespace("numpy").linalg):
        assert {"solve", "svd", "matmul", "matrix_norm"} <= set(dir(chapter))
        assert not [n for n in dir(chapter) if "." in n]
    assert {"erf", "gammaln", "logsumexp"} <= set(dir(xp.special))


def test_an_unknown_name_says_the_nearest():
    for chapter in (xp.linalg, namespace("numpy").linalg):
        with pytest.raises(AttributeError, match=r"xpgrad\.linalg.*'solv'.*did you mean .*solve"):
            chapter.solv
        assert not hasattr(chapter, "solv")
    with pytest.raises(AttributeError, match="xpgrad-special"):
        xp.special.riemann_siegel_theta


def test_an_unknown_name_of_raw_arrays_names_backend_and_operation():
    with pytest.raises(NotImplementedError, match=r"'numpy'.*'linalg\.solv'"):
        namespace_of_backend("numpy").linalg.solv


def test_a_name_is_looked_for_in_kernels_then_the_library_then_portable_functions(monkeypatch):
    backend = namespace_of_backend("numpy").backend
    fresh = lambda: type(namespace_of_backend("numpy"))(backend, kernels)  # noqa: E731
    kernels = {}
    assert fresh().linalg.solve is backend.xp.linalg.solve
    assert fresh().provider("linalg.solve") == "library"
    kernels = {"linalg.solve": lambda *_: "kernel"}
    assert fresh().linalg.solve(1, 2) == "kernel"
    assert fresh().provider("linalg.solve") == "kernel"
    kernels = {}
    monkeypatch.setitem(portable.FUNCTIONS, "linalg.of_nobody_else", lambda xp, x: (xp, x))
    namespace_, x = fresh().linalg.of_nobody_else(3)
    assert (namespace_.backend, x) == (backend, 3)
    assert fresh().provider("linalg.of_nobody_else") == "portable"


def test_errors_name_the_operation_with_its_chapter():
    with pytest.raises(Exception) as caught:
        xp.linalg.inv(xp.ones((2, 3)))
    assert "in linalg.inv of (2, 3) xpgrad.float64" in caught.value.__notes__


def test_a_chapter_runs_on_a_library_that_nobody_claims_and_to_second_order():
    x = xp.asarray(array_api_strict.asarray([[2.0, 1.0], [0.5, 3.0]]), requires_grad=True)
    assert xp.autograd.gradcheck(xp.linalg.inv, (x,))
    assert xp.autograd.gradgradcheck(xp.linalg.inv, (x,))
    found = x.__array_namespace__().linalg.inv(x).detach().numpy()
    np.testing.assert_allclose(found, np.linalg.inv([[2.0, 1.0], [0.5, 3.0]]))
