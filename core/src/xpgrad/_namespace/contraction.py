"""``einsum``: a plan is made once for subscripts and shapes, and every array operation of it is recorded.

Two arrays at a time are contracted (operation ``contract``), so that the pass backward uses the intermediate
results again: a chain of four takes two thirds of the time that one rule for the whole expression takes (measured).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from xpgrad._namespace._lift import lift_sequence
from xpgrad._namespace._operations import operation
from xpgrad._namespace._subscripts import Labels, interleaved, labels_of

__all__ = ["einsum"]

Steps = tuple[tuple[str, dict[str, Any]], ...]
WORDS = (
    "auto", "auto-hq", "greedy", "eager", "opportunistic", "optimal", "dp", "dynamic-programming",
    "branch-all", "branch-2", "branch-1",
)  # fmt: skip
"""Ways to look for an order, as opt_einsum calls them."""


class Plan(NamedTuple):
    """What to do with each array, which to contract, and what to do with the last one left."""

    prepare: tuple[Steps, ...]
    pairs: tuple[tuple[int, int, str], ...]
    """Numbers of the two and their subscripts; a result takes the next number after the arrays'."""
    finish: Steps


def einsum(subscripts: Any, /, *operands: Any, optimize: Any = True) -> Any:
    """The sum of products of arrays, by names for their axes (Einstein's convention, NumPy's grammar).

    An axis whose name is not in the result is summed over.

    Args:
        subscripts: names for the axes of each array and of the result, such as ``"ij,jk->ik"``; without the arrow, the
            result has the names that occur once, in alphabetical order.  A name that repeats within one array is its
            diagonal; ``...`` stands for axes that broadcast.
        operands: the arrays.  Or, in place of both: arrays and lists of integers in turn,
            ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
        optimize: in which order three or more arrays are contracted.  True: opt_einsum chooses, where it is installed
            (``pip install "xpgrad-core[einsum]"``), else from left to right; False: from left to right; a word
            (``"greedy"``, ``"optimal"`` …): opt_einsum's way of that name; or the order itself, a list of tuples of
            positions as ``numpy.einsum_path`` gives it.

    Shapes: as the subscripts say; an axis of length one stretches to its name's length.
    Dtypes: that of all arrays together; integers stay integers.
    Derivative: to any order (linear in each argument).
    Raises: ShapeError where the subscripts do not fit the shapes; ValueError for subscripts or an order that cannot be
        read; DeviceError for arrays on two devices.

    >>> import xpgrad as xp
    >>> x = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> xp.einsum("ij,kj->ik", x, x)
    tensor([[ 5., 11.],
            [11., 25.]])
    >>> xp.einsum("ii", x)
    tensor(5.)
    """
    if not isinstance(subscripts, str):
        subscripts, operands = interleaved((subscripts, *operands))
    tensors = of_one_dtype(lift_sequence("einsum", operands))
    boolean = tensors[0].dtype.kind == "bool"
    if boolean:  # sums of products are "or" of "and"
        tensors = [operation("astype")(t, "int32") for t in tensors]
    shapes = tuple([t.shape for t in tensors])
    found = plan(subscripts, shapes, tuple(optimize) if isinstance(optimize, list) else optimize)
    terms = [_follow(t, steps) for t, steps in zip(tensors, found.prepare, strict=True)]
    for i, j, pair in found.pairs:
        terms.append(operation("contract")(terms[i], terms[j], pair))
        terms[i] = terms[j] = None  # an array that no rule keeps may go
    result = _follow(terms[-1], found.finish)
    return result != 0 if boolean else result


def of_one_dtype(tensors: Any) -> Any:
    """The tensors in the dtype that all have together."""
    first = tensors[0].dtype
    if all([t.dtype == first for t in tensors]):  # noqa: C419 - half a generator's time
        return tensors
    from xpgrad._namespace.inquiry import result_type  # noqa: PLC0415 - only for mixed dtypes

    dtype = result_type(*tensors)
    return [t if t.dtype == dtype else operation("astype")(t, dtype) for t in tensors]


def _follow(t: Any, steps: Steps) -> Any:
    for name, options in steps:
        if name == "sum" and not t.dtype.is_floating:
            options = options | {"dtype": t.dtype}
        t = (
            operation(name)(t, **options)
            if name == "sum"
            else operation(name)(t, *options.values())
        )
    return t


# --- the plan ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def plan(subscripts: str, shapes: tuple[tuple[int, ...], ...], optimize: Any) -> Plan:
    """The plan for arrays of these shapes."""
    labels = labels_of(subscripts, shapes)
    prepared = [_prepared(i, shape, labels) for i, shape in enumerate(shapes)]
    words = _without_lone(prepared, labels.output)
    pairs: list[tuple[int, int, str]] = []
    left = list(range(len(words)))  # numbers of arrays and results
    for group in path(words, labels, optimize):
        members = [left[i] for i in group]
        left = [i for i in left if i not in members]
        while len(members) > 1:
            i, j, *rest = members
            others = [words[k] for k in (*left, *rest)]
            out = _kept(words[i], words[j], others, labels.output)
            pairs.append((i, j, f"{words[i]},{words[j]}->{out}"))
            words.append(out)
            members = [len(words) - 1, *rest]
        left += members
    word = words[left[0]]
    finish: Steps = ()
    if word != labels.output:
        finish = (("permute_dims", {"axes": tuple(word.index(c) for c in labels.output)}),)
    return Plan(tuple(tuple(steps) for steps, _ in prepared), tuple(pairs), finish)


def _kept(first: str, second: str, others: list[str], output: str) -> str:
    """The axes that a product of two keeps: those of the result if it is the last, else shared ones before the rest."""
    if not others:
        return output
    needed = output + "".join(others)
    shared = [c for c in first if c in second]
    return "".join(dict.fromkeys(c for c in (*shared, *first, *second) if c in needed))


def _without_lone(prepared: list[tuple[list[Any], str]], output: str) -> list[str]:
    """Sum every array over the axes that neither another array nor the result has."""
    words = [word for _, word in prepared]
    found = []
    for i, (steps, word) in enumerate(prepared):
        needed = output + "".join(words[:i] + words[i + 1 :])
        lone = tuple(k for k, c in enumerate(word) if c not in needed)
        if lone:
            steps.append(("sum", {"axis": lone}))
        found.append("".join(c for c in word if c in needed))
    return found


def _prepared(number: int, shape: tuple[int, ...], labels: Labels) -> tuple[list[Any], str]:
    """Take diagonals, and drop axes of length one that would stretch."""
    word, sizes = labels.inputs[number], dict(zip(labels.inputs[number], shape, strict=True))
    steps: list[Any] = []
    for c in sizes:
        m = word.count(c)
        if m > 1:
            steps += _diagonal(word, c, [sizes[d] for d in word])
            word = word.replace(c, "") + c
    stretched = tuple(i for i, c in enumerate(word) if sizes[c] == 1 != labels.sizes[c])
    if stretched:
        steps.append(("squeeze", {"axis": stretched}))
        word = "".join(c for i, c in enumerate(word) if i not in stretched)
    return steps, word


def _diagonal(word: str, c: str, shape: list[int]) -> list[Any]:
    """Take the diagonal of all the axes called ``c``, to the end: equal steps through the flattened axes."""
    rest, own = [i for i, d in enumerate(word) if d != c], [i for i, d in enumerate(word) if d == c]
    n, m = shape[own[0]], len(own)
    steps: list[Any] = []
    if rest + own != list(range(len(word))):
        steps.append(("permute_dims", {"axes": (*rest, *own)}))
    steps.append(("reshape", {"shape": (*(shape[i] for i in rest), n**m)}))
    steps.append(("getitem", {"key": (Ellipsis, slice(None, None, sum(n**k for k in range(m))))}))
    return steps


def path(words: list[str], labels: Labels, optimize: Any) -> Any:
    """Groups of positions to contract, one after another: each result goes to the end of what is left."""
    n = len(words)
    given = _given(optimize)
    if given is not None:
        return [*given, tuple(range(_left_over(n, given)))]
    if n < 3 or optimize is False:
        return [tuple(range(n))]
    try:
        from opt_einsum import contract_path  # noqa: PLC0415 - an extra
    except ImportError:
        return [tuple(range(n))]
    text = f"{','.join(words)}->{labels.output}"
    shapes = [tuple(labels.sizes[c] for c in word) for word in words]
    word = "auto" if optimize is True else optimize if isinstance(optimize, str) else optimize[0]
    return contract_path(text, *shapes, shapes=True, optimize=word)[0]


def _left_over(n: int, groups: Any) -> int:
    """How many terms a given order leaves."""
    for group in groups:
        if len(set(group)) < len(group) or not group or not all(0 <= i < n for i in group):
            message = (
                f"einsum: optimize has the group {group}, where the positions 0 to {n - 1} are left"
            )
            raise ValueError(message)
        n -= len(group) - 1
    return n


def _given(optimize: Any) -> Any:
    """An order that was given in full; None where it is to be looked for."""
    if isinstance(optimize, bool) or (isinstance(optimize, str) and optimize in WORDS):
        return None
    if isinstance(optimize, tuple):
        if len(optimize) == 2 and optimize[0] in WORDS:  # ("greedy", the most memory)
            return None
        groups = optimize[1:] if optimize and optimize[0] == "einsum_path" else optimize
        if all(isinstance(group, tuple) for group in groups):
            return groups
    message = (
        f"einsum: optimize must be True, False, one of {', '.join(WORDS)}, or a list of tuples of positions, got "
        f"{optimize!r}"
    )
    raise ValueError(message)
