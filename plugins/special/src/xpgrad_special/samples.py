"""Where each function is tried by the conformance kit: away from poles, kinks and branch cuts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xpgrad.conformance.samples import Case, Chosen, Maker, Sample, elementwise_case

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLOMORPHIC: dict[str, Any] = {"complex": True, "step": True}
INF, NAN = math.inf, math.nan


def _at(
    name: str, by: str, gradient: list[Any], second: dict[str, Any] | None = None, **inputs: Any
) -> Chosen:
    """The documented derivative at points where a difference cannot see it."""
    return Chosen(f"special.{name}", inputs, by, gradient, second)


# --- error functions ------------------------------------------------------------------------------------

ERFCX = elementwise_case({"x": (-1.5, 6.0)}, step=True)
ERFI = elementwise_case({"x": (-1.5, 1.5)}, **HOLOMORPHIC)
ERFINV = elementwise_case(
    {"y": (-0.85, 0.85)}, chosen=(_at("erfinv", "y", [INF, INF], y=[1.0, -1.0]),)
)
ERFCINV = elementwise_case({"y": (0.15, 1.85)})
DAWSN = elementwise_case({"x": (-3.0, 3.0)}, **HOLOMORPHIC)
NDTR = elementwise_case({"x": (-4.0, 4.0)})
LOG_NDTR = elementwise_case({"x": (-12.0, 4.0)})
NDTRI = elementwise_case({"y": (0.1, 0.9)})
NDTRI_EXP = elementwise_case({"y": (-30.0, -0.3)})

# --- gamma ------------------------------------------------------------------------------------------------

LOGGAMMA = elementwise_case({"z": (0.4, 9.0)}, step=True)
GAMMA = elementwise_case({"z": (0.5, 4.5)}, step=True)
RGAMMA = elementwise_case({"z": (0.5, 4.5)}, step=True)
GAMMASGN = elementwise_case(
    {"x": (-1.8, 3.0, -1.0, 0.0)}, chosen=(_at("gammasgn", "x", [0.0, 0.0], x=[0.0, 1.0]),)
)
DIGAMMA = elementwise_case({"x": (0.6, 9.0)}, step=True)
PSI = DIGAMMA
POLYGAMMA = elementwise_case({"x": (0.9, 6.0)}, whole={"n": 2})
ZETA = elementwise_case({"x": (1.5, 6.0), "q": (0.8, 4.0)})
BETA = elementwise_case({"a": (0.9, 3.0), "b": (0.9, 3.0)})
BETALN = elementwise_case({"a": (0.9, 5.0), "b": (0.9, 5.0)})
BINOM = elementwise_case({"n": (3.2, 6.7), "k": (0.7, 2.6)})
POCH = elementwise_case(
    {"z": (0.9, 3.0), "m": (0.6, 2.5)},
    chosen=(_at("poch", "z", [0.0, 1.0], z=[0.0, 2.0], m=[0.0, 1.0]),),
)
MULTIGAMMALN = elementwise_case({"a": (1.8, 6.0)}, d=3)

# --- Bessel functions -------------------------------------------------------------------------------------

J0 = elementwise_case({"x": (-7.0, 7.0)})
J1 = elementwise_case({"x": (-7.0, 7.0)}, chosen=(_at("j1", "x", [0.5], {"x": [0.0]}, x=[0.0]),))
Y0 = Y1 = elementwise_case({"x": (0.9, 9.0)})
I0 = elementwise_case({"x": (-3.0, 3.0)})
I1 = elementwise_case({"x": (-3.0, 3.0)}, chosen=(_at("i1", "x", [0.5], {"x": [0.0]}, x=[0.0]),))
I0E = elementwise_case({"x": (-6.0, 6.0, 0.0)}, chosen=(_at("i0e", "x", [0.0], x=[0.0]),))
I1E = elementwise_case({"x": (-6.0, 6.0, 0.0)}, chosen=(_at("i1e", "x", [0.5], x=[0.0]),))
K0 = K1 = K0E = K1E = elementwise_case({"x": (0.9, 6.0)})


def _of_order(v: int, half: float, low: float, high: float, *avoid: float, **options: Any) -> Case:
    """Of a whole order, by an array, and of another, by a number."""
    whole = elementwise_case({"z": (low, high, *avoid)}, whole={"v": v}, **options)

    def samples(make: Maker) -> Iterator[Sample]:
        yield from whole.samples(make)
        yield Sample("half an order", {"z": make.array((3,), max(low, 0.5), high)}, {"v": half})

    return replace(whole, samples=samples)


JV = _of_order(2, 1.5, 0.5, 7.0, complex=True)  # as expi
YV = _of_order(1, 0.5, 1.2, 7.0, complex=True)
IV = _of_order(2, 1.5, 0.5, 3.0, **HOLOMORPHIC)
IVE = _of_order(1, 0.5, -3.0, 3.0, 0.0)
KV = elementwise_case({"z": (1.2, 6.0)}, whole={"v": 1}, **HOLOMORPHIC)
KVE = elementwise_case({"z": (1.2, 6.0)}, whole={"v": 2}, **HOLOMORPHIC)

# --- logarithms, the logistic function, losses, power transforms -------------------------------------------

XLOGY = elementwise_case(
    {"x": (-2.0, 2.0, 0.0), "y": (0.4, 3.0)},
    **HOLOMORPHIC,
    chosen=(
        _at("xlogy", "x", [0.0, math.log(2.0), NAN, -INF], x=[0.0, 0.0, 0.0, 1.0], y=[0.0, 2.0, -1.0, 0.0]),
        _at("xlogy", "x", [0.0], {"y": [0.0], "g": [0.0]}, x=[0.0], y=[0.0]),
        _at("xlogy", "y", [0.0, 0.0, 0.5], x=[0.0, 0.0, 2.0], y=[0.0, 3.0, 4.0]),
        _at("xlogy", "y", [0.0], {"y": [0.0], "g": [0.0]}, x=[0.0], y=[0.0]),
    ),
)  # fmt: skip
XLOG1PY = elementwise_case(
    {"x": (-2.0, 2.0, 0.0), "y": (-0.5, 3.0)},
    **HOLOMORPHIC,
    chosen=(
        _at("xlog1py", "x", [0.0, math.log(2.0), -INF], x=[0.0, 0.0, 1.0], y=[-1.0, 1.0, -1.0]),
        _at("xlog1py", "x", [0.0], {"y": [0.0], "g": [0.0]}, x=[0.0], y=[-1.0]),
        _at("xlog1py", "y", [0.0, 1.0], x=[0.0, 2.0], y=[-1.0, 1.0]),
        _at("xlog1py", "y", [0.0], {"y": [0.0], "g": [0.0]}, x=[0.0], y=[-1.0]),
    ),
)
ENTR = elementwise_case({"x": (0.3, 2.0)}, chosen=(_at("entr", "x", [INF, -1.0], x=[0.0, 1.0]),))
_POSITIVE = {"x": (0.3, 2.0), "y": (0.3, 2.0)}
REL_ENTR = elementwise_case(
    _POSITIVE,
    chosen=(
        _at("rel_entr", "x", [-INF, 1.0], x=[0.0, 1.0], y=[1.0, 1.0]),
        _at("rel_entr", "y", [0.0, -0.5], x=[0.0, 2.0], y=[0.0, 4.0]),
    ),
)
KL_DIV = elementwise_case(
    _POSITIVE, chosen=(_at("kl_div", "y", [1.0, 0.5], x=[0.0, 2.0], y=[1.0, 4.0]),)
)
EXPIT = LOG_EXPIT = elementwise_case({"x": (-5.0, 5.0)})
LOGIT = elementwise_case({"x": (0.15, 0.85)}, chosen=(_at("logit", "x", [INF, INF], x=[0.0, 1.0]),))
HUBER = elementwise_case(
    {"delta": (1.05, 1.35), "r": (-3.0, 3.0, -1.2, 1.2)},
    chosen=(_at("huber", "r", [-1.0, 0.0, 1.0], delta=[1.0, 1.0, 1.0], r=[-1.0, 0.0, 3.0]),),
)
PSEUDO_HUBER = elementwise_case({"delta": (0.6, 2.0), "r": (-3.0, 3.0)})
BOXCOX = elementwise_case(
    {"x": (0.5, 3.0), "lmbda": (-1.5, 1.5)},
    chosen=(_at("boxcox", "lmbda", [0.5], x=[math.e], lmbda=[0.0]),),
)
BOXCOX1P = elementwise_case({"x": (-0.4, 2.0), "lmbda": (-1.5, 1.5)})
_INVERSE = {"y": (-0.6, 0.9), "lmbda": (-0.7, 0.9)}
INV_BOXCOX = elementwise_case(
    _INVERSE, chosen=(_at("inv_boxcox", "lmbda", [-0.5 * math.e], y=[1.0], lmbda=[0.0]),)
)
INV_BOXCOX1P = elementwise_case(_INVERSE)

# --- integrals --------------------------------------------------------------------------------------------

EXPI = elementwise_case(
    {"x": (0.5, 3.0)}, complex=True
)  # by a small imaginary part SciPy's goes astray
EXP1 = elementwise_case({"x": (0.5, 3.0)}, **HOLOMORPHIC)


def _expn(make: Maker) -> Iterator[Sample]:
    for n in (1, 3):  # the derivative of order 1 is that of order 0, which has a form of its own
        yield from elementwise_case({"x": (0.6, 3.0)}, whole={"n": n}).samples(make)


EXPN = Case("", _expn)
EXPREL = elementwise_case(
    {"x": (-3.0, 3.0)}, chosen=(_at("exprel", "x", [0.5], {"x": [1.0 / 3.0]}, x=[0.0]),)
)
COSM1 = elementwise_case({"x": (-3.0, 3.0)})
SINC = elementwise_case({"x": (-2.5, 2.5)}, chosen=(_at("sinc", "x", [0.0], x=[0.0]),))
SPENCE = elementwise_case(
    {"z": (0.4, 3.0)}, **HOLOMORPHIC, chosen=(_at("spence", "z", [-1.0], z=[1.0]),)
)


def _with_parameters(name: str, **parameters: float) -> Case:
    def samples(make: Maker) -> Iterator[Sample]:
        for label, shape in (("several", (2, 3)), ("0-d", ()), ("empty", (0, 2))):
            fixed = {n: make.integers(v) for n, v in parameters.items()}
            yield Sample(label, fixed | {name: make.array(shape, -0.6, 0.6)})

    return Case("", samples, **HOLOMORPHIC)


HYP1F1 = _with_parameters("x", a=2, b=3)
HYP2F1 = _with_parameters("z", a=1, b=2, c=4)
LAMBERTW = elementwise_case({"z": (0.3, 4.0)}, complex=True)

# --- distributions ----------------------------------------------------------------------------------------


def _and_far(case: Case, label: str, **domains: tuple[float, float, float]) -> Case:
    """Also where the mass lies in a small part of the interval: for large or unequal parameters.

    The rule's own rounding grows with the parameters, so each moves by a part, the third number, of what is given.
    """

    def scaled(tensors: dict[str, Any]) -> dict[str, Any]:
        return {n: t / domains[n][2] for n, t in tensors.items()}

    def samples(make: Maker) -> Iterator[Sample]:
        yield from case.samples(make)
        arrays = {n: make.array((4,), low, high) * part for n, (low, high, part) in domains.items()}
        yield Sample(label, arrays, prepare=scaled)

    return replace(case, samples=samples)


GAMMAINCC = elementwise_case({"a": (1.1, 6.0), "x": (0.9, 9.0)})
GAMMAINC = replace(
    _and_far(GAMMAINCC, "large", a=(99.7e3, 100e3, 4.0), x=(99.3e3, 100.4e3, 4.0)),
    chosen=(_at("gammainc", "a", [0.0, 0.0], a=[2.0, 2.0], x=[0.0, INF]),),
)
GAMMAINCINV = GAMMAINCCINV = elementwise_case({"a": (1.6, 6.0), "y": (0.2, 0.8)})
BETAINCC = elementwise_case({"a": (1.1, 4.0), "b": (1.1, 4.0), "x": (0.2, 0.8)})
_LARGE = {"a": (990.0, 1000.0, 8.0), "b": (49.5e3, 50e3, 1.0), "x": (0.0188, 0.0204, 2.0**24)}
_UNEQUAL = {"a": (1.2, 2.0, 1.0), "b": (300.0, 400.0, 1.0), "x": (0.004, 0.012, 2.0**9)}
_ENDS: dict[str, Any] = {"a": [2.0, 2.0], "b": [3.0, 3.0], "x": [0.0, 1.0]}
BETAINC = replace(
    _and_far(_and_far(BETAINCC, "large", **_LARGE), "unequal", **_UNEQUAL),
    chosen=tuple(
        _at("betainc", by, [0.0, 0.0], {by: [0.0, 0.0], "g": [0.0, 0.0]}, **_ENDS) for by in "ab"
    ),
)
BETAINCINV = elementwise_case({"a": (1.5, 4.0), "b": (1.5, 4.0), "y": (0.2, 0.8)})
CHDTR = CHDTRC = elementwise_case({"v": (2.2, 8.0), "x": (1.0, 12.0)})
STDTR = elementwise_case(
    {"df": (1.5, 9.0), "t": (-3.0, 3.0, 0.0)},
    chosen=(_at("stdtr", "df", [0.0], {"df": [0.0], "g": [0.0]}, df=[3.0], t=[0.0]),),
)
STDTRIT = elementwise_case({"df": (1.5, 9.0), "p": (0.15, 0.85, 0.5)})
FDTR = FDTRC = elementwise_case({"dfn": (2.2, 8.0), "dfd": (2.2, 8.0), "x": (0.6, 3.0)})


# --- reductions -------------------------------------------------------------------------------------------


def _reduced(make: Maker) -> Iterator[Sample]:
    for axis in (None, 0, -1, (0, 2)):
        yield Sample(f"axis {axis}", {"x": make.array((2, 3, 2))}, {"axis": axis})
    yield Sample("1-d", {"x": make.array((4,))})
    yield Sample("0-d", {"x": make.array(())})


SOFTMAX = LOG_SOFTMAX = Case("", _reduced)
