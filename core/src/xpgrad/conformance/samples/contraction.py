"""Samples of contractions of two arrays by subscripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xpgrad.conformance.samples._make import LAYOUTS, Maker, Sample, case

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALLS: Final = (
    ("ij,jk->ik", (2, 3), (3, 4)), ("ij,kj->ik", (2, 3), (4, 3)), ("ji,jk->ki", (3, 2), (3, 4)),
    ("i,i->", (3,), (3,)), ("ij,ij->", (2, 3), (2, 3)), ("ij,ji->", (2, 3), (3, 2)), ("i,j->ij", (2,), (3,)),
    ("i,j->ji", (2,), (3,)), ("i,i->i", (3,), (3,)), ("ij,ji->ij", (2, 3), (3, 2)), ("ij,i->ij", (2, 3), (2,)),
    ("ij,j->i", (2, 3), (3,)), ("j,ij->i", (3,), (2, 3)), ("bi,bi->b", (2, 3), (2, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)), ("bhid,bhjd->bhij", (2, 2, 3, 2), (2, 2, 2, 2)),
    ("bihd,bjhd->bhij", (2, 3, 2, 2), (2, 2, 2, 2)), ("ibj,bjk->ikb", (3, 2, 2), (2, 2, 3)),
    ("iajb,bkc->ckjai", (2, 3, 2, 2), (2, 3, 1)), ("abcd,cdae->eb", (2, 3, 1, 2), (1, 2, 2, 2)),
    (",->", (), ()), (",ij->ji", (), (2, 3)), ("i,->i", (3,), ()), ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 3)), ("bi,bi->b", (0, 3), (0, 3)), ("i,i->i", (0,), (0,)),
    ("ij,jk->ik", (1, 1), (1, 1)),
)  # fmt: skip


@case("contract", complex=True, step=True)
def _contract(make: Maker) -> Iterator[Sample]:
    for subscripts, shape1, shape2 in _CALLS:
        arrays = {"x1": make.array(shape1), "x2": make.array(shape2)}
        yield Sample(f"{subscripts} {shape1} {shape2}", arrays, {"subscripts": subscripts})
    for layout in LAYOUTS[1:]:
        arrays = {n: make.array((2, 3, 2), layout=layout) for n in ("x1", "x2")}
        yield Sample(f"abc,cbd->ad {layout}", arrays, {"subscripts": "abc,cbd->ad"})
