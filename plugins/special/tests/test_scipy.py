"""SciPy's own calls on tensors: its universal functions, and with SCIPY_ARRAY_API=1 what is made of them."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.special

import xpgrad as xp

UFUNCS = [
    "erf",
    "erfc",
    "gammaln",
    "psi",
    "digamma",
    "ndtr",
    "log_ndtr",
    "expit",
    "i0",
    "k1e",
    "exp1",
    "spence",
]


@pytest.mark.parametrize("name", UFUNCS)
def test_a_universal_function_of_scipy_records(name):
    x = xp.tensor([0.4, 1.7], requires_grad=True)
    y = getattr(scipy.special, name)(x)
    assert isinstance(y, xp.Tensor)
    found = xp.autograd.grad(xp.sum(y), x)[0].tolist()
    own = getattr(xp.special, name)(x)
    assert y.tolist() == own.tolist()
    assert found == xp.autograd.grad(xp.sum(own), x)[0].tolist()


def test_several_arguments_mix_tensors_arrays_and_numbers():
    x = xp.tensor([0.4, 0.7], requires_grad=True)
    y = scipy.special.betainc(2.0, np.asarray([1.0, 3.0]), x)
    np.testing.assert_allclose(y.tolist(), scipy.special.betainc(2.0, [1.0, 3.0], [0.4, 0.7]))
    assert y.requires_grad


def test_one_that_is_not_there_says_so_and_scipy_computes_it_where_no_derivative_is_asked():
    with pytest.raises(TypeError, match=r"scipy\.special\.airy of a tensor is not supported"):
        scipy.special.airy(xp.tensor([1.0], requires_grad=True))
    values = [t.item() for t in scipy.special.airy(xp.tensor([1.0]))]
    assert values == [v.item() for v in scipy.special.airy([1.0])]


PROGRAM = """
import json, sys, warnings
import numpy as np
import scipy
from scipy import special, stats
import xpgrad as xp

warnings.simplefilter("error")
LIBRARY = sys.argv[1]
rng = np.random.default_rng(0)
A, B = rng.uniform(0.4, 2.5, 9), rng.uniform(0.1, 0.9, 9)
WEIGHTS = np.linspace(0.5, 1.5, 9)
CASES = {
    "special.logsumexp": (special.logsumexp, A),
    "special.softmax": (special.softmax, A),
    "special.psi": (special.psi, A),
    "special.ndtri": (special.ndtri, B),
    "special.betainc": (lambda x: special.betainc(x, x + 0.5, x / 4), A),
    "special.polygamma": (lambda x: special.polygamma(1, x), A),
    "special.multigammaln": (lambda x: special.multigammaln(x + 2, 2), A),
    "special.rel_entr": (lambda x: special.rel_entr(x, x + 1), A),
    "special.stdtrit": (lambda x: special.stdtrit(x + 2, x), B),
    "stats.entropy": (stats.entropy, B),
    "stats.ttest_ind": (lambda x: stats.ttest_ind(x[:5], x[5:]).pvalue, A),
    "stats.ttest_1samp": (lambda x: stats.ttest_1samp(x, 1.0).pvalue, A),
    "stats.chisquare": (lambda x: stats.chisquare(x).pvalue, A),
    "stats.power_divergence": (lambda x: stats.power_divergence(x, lambda_=0).pvalue, A),
    "stats.skewtest": (lambda x: stats.skewtest(x).pvalue, A),
    "stats.jarque_bera": (lambda x: stats.jarque_bera(x).pvalue, A),
    "stats.f_oneway": (lambda x: stats.f_oneway(x[:3], x[3:6], x[6:]).pvalue, A),
    "stats.bartlett": (lambda x: stats.bartlett(x[:3], x[3:6], x[6:]).pvalue, A),
    "stats.boxcox_llf": (lambda x: stats.boxcox_llf(0.3, x), A),
    "stats.differential_entropy": (stats.differential_entropy, A),
}


def lifted(values):
    if LIBRARY == "numpy":
        return xp.asarray(values)
    return xp.asarray(values, device="array_api_strict:cpu")


def gradient(function, at):
    x = lifted(at).requires_grad_()
    y = function(x)
    weighted = xp.sum(y * lifted(WEIGHTS)) if y.ndim else y
    return xp.autograd.grad(weighted, x)[0].tolist()


def value(function, at):
    y = np.asarray(function(at))
    return float(np.sum(y * WEIGHTS) if y.ndim else y)


def difference(function, at):
    steps = 1e-3 * np.eye(9)
    sides = [[value(function, at + k * e) for k in (-2, -1, 1, 2)] for e in steps]
    return [(a - 8 * b + 8 * c - d) / 12e-3 for a, b, c, d in sides]


report = {}
for name, (function, at) in CASES.items():
    try:
        found, wanted = gradient(function, at), difference(function, at)
        report[name] = bool(np.allclose(found, wanted, rtol=1e-7, atol=1e-9)) or [found, wanted]
    except Exception as error:
        report[name] = repr(error)
print(json.dumps(report))
"""


@pytest.mark.parametrize("library", ["numpy", "array_api_strict"])
def test_functions_of_scipy_give_gradients_that_agree_with_differences(library):
    pytest.importorskip(library, reason="it is in the dev group")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, library],
        env={**os.environ, "SCIPY_ARRAY_API": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert len(report) == 20
    assert [f"{name}: {said}" for name, said in report.items() if said is not True] == []
