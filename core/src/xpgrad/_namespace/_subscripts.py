"""NumPy's grammar of subscripts: what each axis of each array is called, and how long it is."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from xpgrad.errors import ShapeError

__all__ = ["Labels", "interleaved", "labels_of"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
UNNAMED = "αβγδεζηθικλμνξοπρστυφχψω" + "".join(map(chr, range(0x430, 0x450)))
"""What the axes under an ellipsis are called, from the last one on."""


class Labels(NamedTuple):
    """The axes by name: a text for each array and one for the result, and the length of each axis."""

    inputs: tuple[str, ...]
    output: str
    sizes: dict[str, Any]


def interleaved(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The other way to call: arrays with lists of integers between them, and one for the result."""
    lists = [*args[1::2], *(args[-1:] if len(args) % 2 else ())]
    try:
        words = ["".join("..." if n is Ellipsis else _letter(n) for n in each) for each in lists]
    except TypeError:
        message = (
            "einsum takes subscripts and arrays, einsum('ij,jk->ik', a, b), or arrays and lists of integers in turn, "
            f"einsum(a, [0, 1], b, [1, 2], [0, 2]); got {', '.join(type(a).__name__ for a in args) or 'nothing'}"
        )
        raise TypeError(message) from None
    operands = args[: len(args) // 2 * 2 : 2]
    return ",".join(words[: len(operands)]) + "".join(
        f"->{w}" for w in words[len(operands) :]
    ), operands


def _letter(n: Any) -> str:
    number = n.__index__() if hasattr(n, "__index__") else _no_integer(n)
    if not 0 <= number < len(LETTERS):
        message = f"einsum: a label in a list must be an integer from 0 to 51, got {n}"
        raise ValueError(message)
    return LETTERS[number]


def _no_integer(n: Any) -> NoReturn:
    raise TypeError(n)


def labels_of(text: str, shapes: tuple[tuple[int, ...], ...]) -> Labels:
    """The axes of arrays of these shapes, with the ellipsis spelled out.

    Raises:
        ValueError: if the text is not of the grammar.
        ShapeError: if it does not fit the shapes.
    """
    written, arrow, result = text.replace(" ", "").partition("->")
    words = written.split(",")
    for word in (*words, result):
        _check_word(text, word)
    if len(words) != len(shapes):
        _refuse(
            text, shapes, f"the subscripts are of {len(words)} arrays, and {len(shapes)} were given"
        )
    inputs = _spelled_out(text, words, shapes)
    sizes = _sizes(text, shapes, inputs)
    widest = UNNAMED[: sum(c in UNNAMED for c in sizes)][::-1]
    if not arrow:
        result = "..." + "".join(sorted(c for c in sizes if written.count(c) == 1))
    if widest and "..." not in result:
        _refuse(text, shapes, "the result needs the ellipsis that the arrays have")
    output = result.replace("...", widest)
    for c in output:
        if c not in sizes:
            _refuse(text, shapes, f"the result's {c!r} is in no array")
        if output.count(c) > 1:
            _refuse(text, shapes, f"the result has {c!r} twice")
    return Labels(inputs, output, sizes)


def _spelled_out(text: str, words: list[str], shapes: Any) -> tuple[str, ...]:
    """The groups with names in place of the ellipsis, aligned on the right."""
    inputs = []
    for i, (word, shape) in enumerate(zip(words, shapes, strict=True)):
        unnamed = len(shape) - len(word.replace("...", ""))
        if unnamed < 0 or (unnamed and "..." not in word):
            _refuse(text, shapes, f"{word!r} does not fit the {len(shape)} axes of array {i}")
        inputs.append(word.replace("...", UNNAMED[:unnamed][::-1]))
    return tuple(inputs)


def _check_word(text: str, word: str) -> None:
    bare = word.replace("...", "", 1)
    strange = [c for c in bare if c not in LETTERS]
    if strange:
        message = (
            f"einsum {text!r}: {strange[0]!r} is no label; labels are letters, '...' may stand once in each group, ',' "
            "separates the arrays and '->' precedes the result"
        )
        raise ValueError(message)


def _sizes(text: str, shapes: Any, inputs: tuple[str, ...]) -> dict[str, Any]:
    """The length of each axis; one of length one stretches, but not to another axis of its own array."""
    sizes: dict[str, Any] = {}
    where: dict[str, int] = {}
    for i, (word, shape) in enumerate(zip(inputs, shapes, strict=True)):
        own: dict[str, Any] = {}
        for c, n in zip(word, shape, strict=True):
            if own.setdefault(c, n) != n:
                _refuse(text, shapes, f"{c!r} is both {own[c]} and {n} in array {i}")
            if sizes.get(c, 1) == 1:
                sizes[c], where[c] = n, i
            elif n not in (1, sizes[c]):
                _refuse(
                    text, shapes, f"{c!r} is {sizes[c]} in array {where[c]} and {n} in array {i}"
                )
    return sizes


def _refuse(text: str, shapes: Any, why: str) -> NoReturn:
    given = " and ".join(map(str, shapes)) or "no arrays"
    for c in UNNAMED:  # an axis under an ellipsis has no name to the user
        why = why.replace(repr(c), f"axis {-1 - UNNAMED.index(c)} of '...'")
    message = f"einsum {text!r} of shapes {given}: {why}"
    raise ShapeError(message)
