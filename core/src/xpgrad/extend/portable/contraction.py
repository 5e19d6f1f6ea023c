"""The sum of products of two arrays by subscripts: one matrix product, between changes of shape."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

Order = tuple[int, ...]


class Recipe(NamedTuple):
    """How a contraction becomes a matrix product: both arrays as (shared…, rows…, summed…, columns…)."""

    swapped: bool
    """The second array gives the rows, so that the result's axes lie in order."""
    order1: Order | None
    """Shared axes, rows, summed axes of the array that gives the rows; None: as they are."""
    order2: Order | None
    """Shared axes, summed axes, columns of the other."""
    shared: int
    rows: int
    summed: int
    order: Order | None
    """From the product's axes to the result's."""
    places1: Order
    """Where nothing is summed: for each axis of the result, the axis of the first array or -1."""
    places2: Order


@lru_cache(maxsize=4096)
def recipe(subscripts: str) -> Recipe:
    """The recipe for subscripts such as ``"ij,jk->ik"``.

    No label repeats within an array, and each is in at least two of the three groups.
    """
    inputs, _, out = subscripts.partition("->")
    first, _, second = inputs.partition(",")
    rows = [c for c in first if c not in second]
    columns = [c for c in second if c not in first]
    swapped = bool(rows and columns) and out.index(columns[0]) < out.index(rows[0])
    a, b = (second, first) if swapped else (first, second)
    if swapped:
        rows, columns = columns, rows
    shared = [c for c in out if c in a and c in b]
    summed = [c for c in (b if len(b) > len(a) else a) if c in a and c in b and c not in out]
    return Recipe(
        swapped, _order(a, [*shared, *rows, *summed]), _order(b, [*shared, *summed, *columns]),
        len(shared), len(rows), len(summed), _order("".join([*shared, *rows, *columns]), list(out)),
        tuple(first.find(c) for c in out), tuple(second.find(c) for c in out),
    )  # fmt: skip


def _order(have: str, want: list[str]) -> Order | None:
    order = tuple(have.index(c) for c in want)
    return None if order == tuple(range(len(order))) else order


def contract(xp: Any, x1: Any, x2: Any, subscripts: str) -> Any:
    """The sum of products of two arrays: ``contract(x1, x2, "ij,jk->ik")`` is the matrix product.

    A label occurs once in an array at most, and in two at least of first array, second array and result.  With
    ``a,b->c`` the derivatives are ``c,b->a`` and ``c,a->b``, which keep that condition.
    """
    r = recipe(subscripts)
    if not r.summed:
        return _aligned(xp, x1, r.places1) * _aligned(xp, x2, r.places2)
    if r.swapped:
        x1, x2 = x2, x1
    x1 = x1 if r.order1 is None else xp.permute_dims(x1, r.order1)
    x2 = x2 if r.order2 is None else xp.permute_dims(x2, r.order2)
    shape1, shape2 = x1.shape, x2.shape
    shared, rows = shape1[: r.shared], shape1[r.shared : r.shared + r.rows]
    summed, columns = shape1[r.shared + r.rows :], shape2[r.shared + r.summed :]
    k = math.prod(summed)
    left, right = (*shared, math.prod(rows), k), (*shared, k, math.prod(columns))
    x1 = x1 if shape1 == left else xp.reshape(x1, left)
    x2 = x2 if shape2 == right else xp.reshape(x2, right)
    out, shape = xp.matmul(x1, x2), (*shared, *rows, *columns)
    out = out if out.shape == shape else xp.reshape(out, shape)
    return out if r.order is None else xp.permute_dims(out, r.order)


def _aligned(xp: Any, x: Any, places: Order) -> Any:
    """The array with its axes where the result has them, and axes of length one elsewhere."""
    order = tuple(p for p in places if p >= 0)
    if order != tuple(range(len(order))):
        x = xp.permute_dims(x, order)
    if len(order) == len(places):
        return x
    sizes = iter(x.shape)
    return xp.reshape(x, tuple(next(sizes) if p >= 0 else 1 for p in places))


FUNCTIONS = {"contract": contract}
