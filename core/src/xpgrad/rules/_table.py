"""The table of derivatives, and the words that enter one: see :mod:`xpgrad._rule` for what they mean."""

from __future__ import annotations

from typing import Any, Final

from xpgrad import _rule
from xpgrad._like import Like as Like
from xpgrad._rule import Rule as Rule

__all__ = [
    "CONSTANTS", "RULES", "Like", "Rule", "constant", "elementwise", "general", "linear", "multilinear",
]  # fmt: skip

RULES: Final[dict[str, Rule]] = {}
CONSTANTS: Final[dict[str, str]] = {}
"""Operations whose result carries no derivative, with the reason."""


def _check_new(name: str) -> None:
    if name in RULES or name in CONSTANTS:
        message = f"operation {name!r} already has an entry in the rule table"
        raise ValueError(message)


def _enter(rule: Rule) -> None:
    _check_new(rule.name)
    RULES[rule.name] = rule


def elementwise(name: str, /, **parts: Any) -> None:
    """Enter an elementwise operation."""
    _enter(_rule.elementwise(name, **parts))


def linear(name: str, /, **parts: Any) -> None:
    """Enter a linear operation."""
    _enter(_rule.linear(name, **parts))


def multilinear(name: str, /, **parts: Any) -> None:
    """Enter a multilinear operation."""
    _enter(_rule.multilinear(name, **parts))


def general(name: str, /, **parts: Any) -> None:
    """Enter any other operation."""
    _enter(_rule.general(name, **parts))


def constant(name: str, /, reason: str) -> None:
    """Enter an operation whose output carries no derivative, with the reason why."""
    _check_new(name)
    CONSTANTS[name] = reason
