"""A derivative as data: what a rule is, and the four words that make one.

A rule maps an operation's name to one vector-Jacobian product per differentiable parameter, written as
a pure function.  The *names* of that function's parameters say what the tape keeps (nothing else does):

======================  ==================================================================================
``g``                   the cotangent of the output (always the first parameter)
``out``                 keeps the output
a parameter's name      keeps that array (``x``, ``x1``, ``condition``), or that option (``axis``)
``like_`` + its name    its shape, dtype and device, as a :class:`Like`: keeps no array
``shape_`` + its name   its shape alone, which costs less
``xp``                  the extended namespace of whatever carries the computation (keeps nothing)
======================  ==================================================================================

This module knows no library, no tensor and no graph.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["VJP", "Rule", "elementwise", "general", "linear", "multilinear"]


class VJP(Protocol):
    """A vector-Jacobian product; its parameter names are part of its meaning (see the module)."""

    def __call__(self, g: Any, /, *args: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """How one operation is differentiated."""

    name: str
    kind: str
    """``elementwise``, ``linear``, ``multilinear`` or ``general``: decides the other transforms."""
    vjps: dict[str, VJP]
    """One vector-Jacobian product per differentiable parameter, in the signature's order."""
    broadcast: bool
    """The inputs broadcast against each other; the engine sums a cotangent back to its input's shape."""
    jvp: dict[str, VJP] | None = None
    """Only for ``general``: by parameter, the tangent of the output for a tangent ``t`` of that parameter (the first
    argument; the other names mean what they mean in a VJP), where transposing the VJP will not do."""
    sequence: bool = False
    """The operation takes a sequence of arrays; its one rule returns a tuple of cotangents."""
    outputs: tuple[str, ...] = ()
    """The names of several results: then ``g`` and ``out`` are named tuples, and a missing cotangent is None."""
    needs: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    """For each differentiable parameter, the names that its rule asks for after ``g``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", {p: parameter_names(f)[1:] for p, f in self.vjps.items()})
        if callable(self.jvp):
            object.__setattr__(self, "jvp", dict.fromkeys(self.vjps, self.jvp))


def parameter_names(function: Any) -> tuple[str, ...]:
    """The parameter names of a plain Python function, positional and keyword-only alike."""
    code = function.__code__
    return tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def elementwise(name: str, /, **vjps: VJP) -> Rule:
    """The rule of an operation whose Jacobian is diagonal: its VJP line is its JVP line.

    For complex input only holomorphic functions may be called that.
    """
    return Rule(name, "elementwise", vjps, broadcast=True)


def linear(name: str, /, *, broadcast: bool = False, sequence: bool = False, **vjps: VJP) -> Rule:
    """The rule of an operation that is jointly linear in its named parameters: the JVP is the operation itself."""
    return Rule(name, "linear", vjps, broadcast, sequence=sequence)


def multilinear(name: str, /, *, broadcast: bool = True, **vjps: VJP) -> Rule:
    """The rule of an operation that is linear in each named parameter alone: the JVP is one term per input."""
    return Rule(name, "multilinear", vjps, broadcast)


def general(
    name: str,
    /,
    *,
    broadcast: bool = False,
    jvp: Any = None,
    sequence: bool = False,
    outputs: tuple[str, ...] = (),
    **vjps: VJP,
) -> Rule:
    """The rule of any other operation: the JVP comes from transposing the VJP, or is given as ``jvp``."""
    return Rule(name, "general", vjps, broadcast, jvp, sequence, outputs)
