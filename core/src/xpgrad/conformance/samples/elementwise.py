"""Samples of the elementwise functions: one line is one function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xpgrad.conformance.samples._make import CASES, Case, Maker, Sample, case, shapes_and_layouts

if TYPE_CHECKING:
    from collections.abc import Iterator


# domain, and where the function has a kink or a pole
_BOTH: Final[dict[str, tuple[float, float, tuple[float, ...]]]] = {
    # holomorphic: a complex step is an oracle
    "acos": (-0.8, 0.8, ()), "acosh": (1.3, 3.0, ()), "asin": (-0.8, 0.8, ()), "asinh": (-2.0, 2.0, ()),
    "atan": (-2.0, 2.0, ()), "atanh": (-0.8, 0.8, ()), "cos": (-3.0, 3.0, ()), "cosh": (-2.0, 2.0, ()),
    "exp": (-2.0, 2.0, ()), "expm1": (-2.0, 2.0, ()), "log": (0.2, 3.0, ()), "log1p": (-0.7, 2.0, ()),
    "log2": (0.2, 3.0, ()), "log10": (0.2, 3.0, ()), "negative": (-2.0, 2.0, ()), "positive": (-2.0, 2.0, ()),
    "reciprocal": (-2.0, 2.0, (0.0,)), "sin": (-3.0, 3.0, ()), "sinh": (-2.0, 2.0, ()),
    "exp2": (-2.0, 2.0, ()), "sinc": (-3.3, 3.3, ()),
    "sqrt": (0.2, 3.0, ()), "square": (-2.0, 2.0, ()), "tan": (-1.1, 1.1, ()), "tanh": (-2.0, 2.0, ()),
}  # fmt: skip
_NOT_HOLOMORPHIC: Final[dict[str, tuple[float, float, tuple[float, ...]]]] = {
    "abs": (-2.0, 2.0, (0.0,)), "conj": (-2.0, 2.0, ()), "sign": (-2.0, 2.0, (0.0,)),
}  # fmt: skip
_COMPLEX_ONLY: Final[dict[str, tuple[float, float, tuple[float, ...]]]] = {
    "real": (-2.0, 2.0, ()), "imag": (-2.0, 2.0, ()),
}  # fmt: skip
_REAL_ONLY: Final[dict[str, tuple[float, float, tuple[float, ...]]]] = {
    "cbrt": (-2.0, 2.0, (0.0,)), "normal_quantile": (0.15, 0.85, ()),
    "relu": (-2.0, 2.0, (0.0,)), "sigmoid": (-3.0, 3.0, ()), "softplus": (-3.0, 3.0, ()),
}  # fmt: skip


def unary(low: float, high: float, avoid: tuple[float, ...]) -> Any:
    """Samples of a function of one array: every shape and layout."""

    def samples(make: Maker) -> Iterator[Sample]:
        for label, shape, layout in shapes_and_layouts():
            yield Sample(label, {"x": make.array(shape, low, high, avoid=avoid, layout=layout)})

    return samples


for _name, _domain in _BOTH.items():
    CASES[_name] = Case(_name, unary(*_domain), complex=True, step=True)
for _name, _domain in _NOT_HOLOMORPHIC.items():
    CASES[_name] = Case(_name, unary(*_domain), complex=True)
for _name, _domain in _COMPLEX_ONLY.items():
    CASES[_name] = Case(_name, unary(*_domain), real=False, complex=True)
for _name, _domain in _REAL_ONLY.items():
    CASES[_name] = Case(_name, unary(*_domain))

# --- two arrays -------------------------------------------------------------------------------------

Pair = tuple[tuple[float, float, tuple[float, ...]], tuple[float, float, tuple[float, ...]]]
_ANY: Final = (-2.0, 2.0, ())
_NOT_ZERO: Final = (-2.0, 2.0, (0.0,))
_HOLOMORPHIC_PAIRS: Final[dict[str, Pair]] = {
    "add": (_ANY, _ANY), "subtract": (_ANY, _ANY), "multiply": (_ANY, _ANY), "divide": (_ANY, _NOT_ZERO),
    "pow": ((0.3, 2.0, ()), (-2.0, 2.0, (0.0, 1.0))),
}  # fmt: skip
_REAL_PAIRS: Final[dict[str, Pair]] = {
    "atan2": (_NOT_ZERO, _NOT_ZERO), "copysign": (_NOT_ZERO, _NOT_ZERO), "hypot": (_NOT_ZERO, _NOT_ZERO),
    "logaddexp": (_ANY, _ANY),
}  # fmt: skip
PAIRED_SHAPES: Final = (
    ("0-d", (), ()), ("one shape", (2, 3), (2, 3)), ("empty", (0, 3), (1, 3)), ("0-d left", (), (2, 3)),
    ("0-d right", (2, 3), ()), ("row", (2, 3), (3,)), ("column", (2, 1), (2, 3)), ("both", (2, 1), (1, 3)),
    ("rank", (2, 1, 2), (3, 1)), ("one element", (1,), (1, 1)),
)  # fmt: skip


def _binary(first: Any, second: Any) -> Any:
    def samples(make: Maker) -> Iterator[Sample]:
        for label, shape1, shape2 in PAIRED_SHAPES:
            yield _pair(make, label, first, second, shape1, shape2, "plain")
        for layout in ("transposed", "strided", "reversed"):
            yield _pair(make, layout, first, second, (2, 3), (2, 3), layout)

    return samples


def _pair(
    make: Maker, label: str, first: Any, second: Any, shape1: Any, shape2: Any, layout: str
) -> Sample:
    (low1, high1, avoid1), (low2, high2, avoid2) = first, second
    return Sample(label, {
        "x1": make.array(shape1, low1, high1, avoid=avoid1, layout=layout),
        "x2": make.array(shape2, low2, high2, avoid=avoid2, layout="plain" if layout == "reversed" else layout),
    })  # fmt: skip


for _name, _pairs in _HOLOMORPHIC_PAIRS.items():
    CASES[_name] = Case(_name, _binary(*_pairs), complex=True, step=True)
for _name, _pairs in _REAL_PAIRS.items():
    CASES[_name] = Case(_name, _binary(*_pairs))


def _apart(make: Maker) -> Iterator[Sample]:
    """x1 on multiples of 0.4, x2 between them: no ties, and no quotient near an integer."""
    np = make.np
    for label, shape1, shape2 in PAIRED_SHAPES:
        x1, x2 = make.array(shape1, -8.0, 8.0), make.array(shape2, 1.1, 4.9)
        x2 = np.where(make.array(shape2) < 0, -np.floor(x2) - 0.5, np.floor(x2) + 0.5)
        # the quotient's fractional part must lie in [0.2, 0.8]: round x1 to (k + 1/2) x2 where it can
        x1 = np.where(x1 == 0, 1.0, np.floor(x1) + 0.25)
        yield Sample(label, {"x1": x1.astype(make.dtype), "x2": x2.astype(make.dtype)})


def _tied(tensors: dict[str, Any]) -> dict[str, Any]:
    return {"x1": tensors["x1"], "x2": tensors["x1"] + 0.0 * tensors["x2"]}


def _ties(make: Maker) -> Iterator[Sample]:
    """Two equal arrays as well: their largest is each of them, so a difference is an oracle again."""
    yield from _apart(make)
    arrays = {"x1": make.array((2, 3)), "x2": make.array((2, 3))}
    yield Sample("ties", arrays, prepare=_tied)


for _name, _samples in {"maximum": _ties, "minimum": _ties, "remainder": _apart}.items():
    CASES[_name] = Case(_name, _samples)

# --- choosing ---------------------------------------------------------------------------------------


@case("scalar_pow", complex=True, step=True)
def _scalar_pow(make: Maker) -> Iterator[Sample]:
    for exponent in (2, 3, 0.5, -1, -2.5, 1, 0):
        x = make.array((2, 3), 0.3, 2.0)
        yield Sample(f"exponent {exponent}", {"x": x}, {"exponent": exponent})
    for label, shape, layout in shapes_and_layouts():
        yield Sample(label, {"x": make.array(shape, 0.3, 2.0, layout=layout)}, {"exponent": 2})


@case("where", complex=True, step=True)
def _where(make: Maker) -> Iterator[Sample]:
    condition = make.booleans([[True, False, True], [False, False, True]])
    for label, shape1, shape2 in PAIRED_SHAPES[1:2] + PAIRED_SHAPES[3:8]:
        mask = condition if max(len(shape1), len(shape2)) == 2 else condition[:1, :1]
        yield Sample(label, {"condition": mask, "x1": make.array(shape1), "x2": make.array(shape2)})
    yield Sample(
        "0-d condition",
        {"condition": condition[0, 0], "x1": make.array((2,)), "x2": make.array(())},
    )
    yield Sample(
        "condition spreads", {"condition": condition, "x1": make.array((3,)), "x2": make.array(())}
    )
    yield Sample(
        "empty", {"condition": condition[:0], "x1": make.array((0, 3)), "x2": make.array((3,))}
    )


@case("clip")
def _clip(make: Maker) -> Iterator[Sample]:
    x = make.array((2, 3), -2.0, 2.0, avoid=(-1.0, 0.0, 1.0))
    row = make.np.asarray([-1.0, 0.0, 0.0], make.dtype)
    top = make.np.asarray([[1.0], [1.0]], make.dtype)
    yield Sample("both arrays", {"x": x, "min": row, "max": top})
    yield Sample("min only", {"x": x, "min": row, "max": None})
    yield Sample("max only", {"x": x, "min": None, "max": top})
    yield Sample("neither", {"x": x, "min": None, "max": None})
    yield Sample("0-d bounds", {"x": x, "min": row[0], "max": top[0, 0]})
    yield Sample("0-d", {"x": x[0, 0], "min": row[0], "max": top[0, 0]})
    yield Sample("empty", {"x": x[:0], "min": row, "max": None})
