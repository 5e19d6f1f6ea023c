"""``torch.special``: xpgrad's special functions; most come with the package xpgrad-special."""

from __future__ import annotations

from typing import Any, Final

from xpgrad._public import chapter_names
from xpgrad.compat.torch import _special
from xpgrad.compat.torch._missing import missing
from xpgrad.compat.torch._table import FUNCTIONS

__all__: list[str] = []

SAME: Final = ("exp2 expm1 log1p log_softmax logit logsumexp round softmax").split()
"""What ``torch`` has under the same name."""
ONE: Final = {
    n: n
    for n in "digamma entr erf erfc erfcx erfinv expit gammaln i0 i0e i1 i1e log_ndtr ndtr ndtri psi sinc".split()
} | {
    "bessel_j0": "j0", "bessel_j1": "j1", "bessel_y0": "y0", "bessel_y1": "y1", "modified_bessel_i0": "i0",
    "modified_bessel_i1": "i1", "modified_bessel_k0": "k0", "modified_bessel_k1": "k1",
    "scaled_modified_bessel_k0": "k0e", "scaled_modified_bessel_k1": "k1e",
}  # fmt: skip
TWO: Final = {n: n for n in ("gammainc", "gammaincc", "xlog1py", "xlogy", "zeta")}


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    of = ONE.get(name) or TWO.get(name)
    if name in SAME or name == "polygamma":
        found = FUNCTIONS[name]
    elif of in chapter_names("special"):
        found = _special.of_one(name, of) if name in ONE else _special.of_two(name, of)
    else:
        raise missing(name, "torch.special", __dir__())
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    here = {*chapter_names("special")}
    return sorted({*SAME, "polygamma", *(n for n, of in (ONE | TWO).items() if of in here)})
