"""Mutants of a source file: copies of its syntax tree that differ in one node of a formula.

Only what is a formula is changed: no annotation, no default, no text, no forward function, and no keyword that says
where something is (``device``), checks (``strict``) or declares (``broadcast``, which may say too much).
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from xpgrad._signatures import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["KINDS", "Mutant", "mutants"]

KINDS: Final = {
    "factor": "drop a factor or a divisor",
    "term": "drop a term",
    "sign": "flip a sign: + and -, or drop a minus",
    "times": "exchange * and /",
    "swap": "swap two operands or arguments that do not commute",
    "constant": "change a constant",
    "axis": "an axis, a shift along an axis or a size off by one",
    "conj": "remove a conjugation",
    "keyword": "drop a keyword",
    "where": "exchange the branches of a choice",
}
COMMUTE: Final = {
    "max", "min", "maximum", "minimum", "isinstance", "getattr", "hasattr", "zip", "require", "enumerate",
}  # fmt: skip
CONJUGATIONS: Final = {"conj": None, "_conj_if_complex": None, "mH": "mT"}
CHOICES: Final = {"masked": "unmasked", "unmasked": "masked"}
NOT_CHANGED: Final = {"device", "strict", "outputs", "sequence", "broadcast"}
"""Keywords that say where, or what an operation is, and are part of no formula."""
AXES: Final = {"axis", "axes", "offset", "k", "at", "start"}
OTHER: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
Change = tuple[str, ast.AST]


class Mutant(NamedTuple):
    """One changed node: a name that survives edits elsewhere, the kind of the change, the file's new tree."""

    name: str
    kind: str
    line: int
    tree: ast.Module


def mutants(text: str, file: str, is_formula: Callable[[str], bool]) -> Iterator[Mutant]:
    """Every mutant of a file's text; ``is_formula`` says of a function at the top, or a class's, whether it is one."""
    tree = ast.parse(text)
    seen: dict[str, int] = {}
    for path, node, where in list(_formulas(tree, is_formula)):
        for kind, new in _changes(node):
            told = f"{file}: {where}: {kind}: {_short(node)} -> {_short(new)}"
            seen[told] = seen.get(told, 0) + 1
            name = told if seen[told] == 1 else f"{told} ({seen[told]})"
            yield Mutant(name, kind, getattr(node, "lineno", 0), _replaced(tree, path, new))


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


# --- where the formulas are ---------------------------------------------------------------------------------

Path = tuple[tuple[str, int | None], ...]


def _formulas(
    tree: ast.Module, is_formula: Callable[[str], bool]
) -> Iterator[tuple[Path, ast.AST, str]]:
    """Every node of a formula: the way to it from the top, the node, and the name of what it is in."""
    for number, statement in enumerate(tree.body):
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.For, ast.If)):
            continue  # rules of what is constant, and the imports for types
        if isinstance(statement, ast.FunctionDef) and not is_formula(statement.name):
            continue
        if isinstance(statement, ast.ClassDef):
            for k, method in enumerate(statement.body):
                if isinstance(method, ast.FunctionDef) and is_formula(method.name):
                    where = f"{statement.name}.{method.name}"
                    yield from _inside((("body", number), ("body", k)), method, where)
            continue
        yield from _inside((("body", number),), statement, _title(statement))


def _title(statement: ast.stmt) -> str:
    """The name of a function, of a rule, or of a constant."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.Constant):
        return str(value.args[0].value)
    target = getattr(statement, "target", None) or getattr(statement, "targets", [None])[0]
    return target.id if isinstance(target, ast.Name) else "the module"


def _inside(path: Path, node: ast.AST, where: str) -> Iterator[tuple[Path, ast.AST, str]]:
    """The node and what is in it; a rule's parameter is part of the name."""
    yield path, node, where
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "args", "decorator_list") and not isinstance(
            node, ast.Call
        ):
            continue
        parts = value if isinstance(value, list) else [value]
        for i, part in enumerate(parts):
            if not isinstance(part, ast.AST) or isinstance(part, (ast.Raise, ast.JoinedStr)):
                continue
            if isinstance(part, ast.keyword) and part.arg in NOT_CHANGED:
                continue
            inner = where
            if isinstance(part, ast.keyword) and isinstance(part.value, ast.Lambda):
                inner = f"{where}, {part.arg}"
            step = (field, i if isinstance(value, list) else None)
            yield from _inside((*path, step), part, inner)


def _replaced(tree: ast.Module, path: Path, new: ast.AST) -> ast.Module:
    """The tree with another node at the end of a way; only what is on the way is copied."""
    top = parent = copy.copy(tree)
    for depth, (field, index) in enumerate(path):
        value = getattr(parent, field)
        last = depth == len(path) - 1
        child = new if last else copy.copy(value if index is None else value[index])
        if last and index is not None:
            ast.copy_location(new, value[index])
        if index is None:
            setattr(parent, field, child)
        else:
            setattr(parent, field, [*value[:index], child, *value[index + 1 :]])
        parent = child
    return ast.fix_missing_locations(top)


# --- what is changed -----------------------------------------------------------------------------------------


def _changes(node: ast.AST) -> Iterator[Change]:
    """Each change of a node with its kind."""
    if isinstance(node, ast.BinOp):
        yield from _of_operation(node)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OTHER:
        kind = "sign" if isinstance(node.op, (ast.Add, ast.Sub)) else "times"
        yield kind, ast.AugAssign(node.target, OTHER[type(node.op)](), node.value)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", node.operand
    elif isinstance(node, ast.Constant):
        yield from _of_constant(node)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif _is_axis(node):
        yield "axis", ast.keyword(node.arg, ast.BinOp(node.value, ast.Add(), ast.Constant(1)))


def _is_axis(node: ast.AST) -> TypeGuard[ast.keyword]:
    """A keyword that gives an axis by a name or a sum; constants are changed as constants."""
    return (
        isinstance(node, ast.keyword)
        and node.arg in AXES
        and isinstance(node.value, (ast.Name, ast.BinOp))
    )


def _of_operation(node: ast.BinOp) -> Iterator[Change]:
    left, right, op = node.left, node.right, node.op
    if isinstance(op, (ast.Mult, ast.MatMult)):
        yield from (("factor", left), ("factor", right))
    elif isinstance(op, ast.Div):
        yield "factor", left
    elif isinstance(op, ast.Add):
        yield from (("term", left), ("term", right))
    elif isinstance(op, ast.Sub):
        yield from (("term", left), ("term", ast.UnaryOp(ast.USub(), right)))
    elif isinstance(op, ast.Pow):
        yield "factor", left
    if type(op) in OTHER:
        kind = "sign" if isinstance(op, (ast.Add, ast.Sub)) else "times"
        yield kind, ast.BinOp(left, OTHER[type(op)](), right)
    if isinstance(op, (ast.MatMult, ast.Div, ast.Sub, ast.Pow)):
        yield "swap", ast.BinOp(right, op, left)


def _of_constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
    elif isinstance(value, float):
        yield "constant", ast.Constant(1.5 * value if value else 1.0)
    elif isinstance(value, complex):
        yield "constant", ast.Constant(1.5 * value)


def _defaults(text: str) -> dict[str, str]:
    """The defaults of a signature, as text."""
    a = ast.parse(f"lambda {text}: 0", mode="eval").body.args  # type: ignore[attr-defined]
    given = [*a.posonlyargs, *a.args]
    pairs = [*zip(given[len(given) - len(a.defaults) :], a.defaults, strict=True),
             *zip(a.kwonlyargs, a.kw_defaults, strict=True)]  # fmt: skip
    return {p.arg: ast.unparse(d) for p, d in pairs if d is not None}


def _says_nothing(function: str, word: ast.keyword) -> bool:
    """A keyword with its default: without it, the call means the same."""
    text = SIGNATURES.get(function)
    return text is not None and _defaults(text).get(word.arg or "") == ast.unparse(word.value)


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", None) or getattr(function, "id", "")


def _of_call(node: ast.Call) -> Iterator[Change]:
    name, arguments = _name(node.func), node.args
    if name in CONJUGATIONS and arguments:
        other = CONJUGATIONS[name]
        yield "conj", arguments[0] if other is None else _with_name(node, other)
    if name in CHOICES:
        yield "where", _with_name(node, CHOICES[name])
    if name == "where" and len(arguments) == 3:
        c, a, b = arguments
        yield "where", ast.Call(node.func, [c, b, a], node.keywords)
    elif len(arguments) > 1 and name not in COMMUTE and _swappable(arguments[:2]):
        a, b, *rest = arguments
        yield "swap", ast.Call(node.func, [b, a, *rest], node.keywords)
    for i, word in enumerate(node.keywords):
        kept = word.arg is None or word.arg in NOT_CHANGED or _says_nothing(name, word)
        if not kept and not _is_rule(node):
            rest = [*node.keywords[:i], *node.keywords[i + 1 :]]
            yield "keyword", ast.Call(node.func, arguments, rest)


def _swappable(pair: list[ast.expr]) -> bool:
    """Two values: the namespace and the name of a rule are none."""
    return not any(
        isinstance(a, ast.Starred)
        or (isinstance(a, ast.Name) and a.id == "xp")
        or (isinstance(a, ast.Constant) and isinstance(a.value, str))
        for a in pair
    )


def _is_rule(node: ast.Call) -> bool:
    """Whether a call enters a rule: its keywords are the parameters."""
    return _name(node.func) in ("elementwise", "linear", "multilinear", "general")


def _with_name(node: ast.Call, name: str) -> ast.Call:
    function = copy.copy(node.func)
    setattr(function, "attr" if isinstance(function, ast.Attribute) else "id", name)
    return ast.Call(function, node.args, node.keywords)
