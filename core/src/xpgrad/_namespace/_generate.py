"""Makes the two functions of an operation from its signature and its one-line rule, as dataclasses are made.

For each operation, when it is first used: a public function that calls the library once and records a node,
and that node's ``backward``.  What can be decided now (which arrays are kept, whether broadcasting can occur,
which inputs need a dtype cast) is decided now, so that the text that runs per call is straight-line Python.
``source(name)`` shows it; tracebacks show it too.
"""

from __future__ import annotations

import itertools
import linecache
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from xpgrad._engine import fit
from xpgrad._graph import OUTSIDE, Node, locate, next_seq
from xpgrad._like import Like
from xpgrad._modes import STRICT_SUPPORT, is_grad_enabled
from xpgrad._namespace import _lift
from xpgrad._namespace._signatures import ANY_DTYPE_OUT, ARRAYS, FLOATING_ONLY, INTERNAL, SIGNATURES
from xpgrad._tensor import Cell, Tensor
from xpgrad.errors import MissingRuleError
from xpgrad.rules import CONSTANTS, RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpgrad.rules import Rule

__all__ = ["Operation", "make", "node_class", "source"]


class Operation(NamedTuple):
    """What the generator knows of one operation."""

    name: str
    signature: str
    parameters: tuple[str, ...]
    optional: frozenset[str]
    """Parameters that have a default."""
    rule: Rule | None

    @property
    def arrays(self) -> tuple[str, ...]:
        """The parameters that are arrays, in order."""
        return tuple(p for p in self.parameters if p in ARRAYS)

    @property
    def options(self) -> tuple[str, ...]:
        """The other parameters."""
        return tuple(p for p in self.parameters if p not in ARRAYS)

    @property
    def active(self) -> tuple[str, ...]:
        """The parameters with a derivative."""
        return tuple(self.rule.vjps) if self.rule else ()

    @property
    def kept(self) -> tuple[str, ...]:
        """The names the rule asks for, without repetition."""
        if self.rule is None:
            return ()
        names = itertools.chain.from_iterable(self.rule.needs.values())
        return tuple(dict.fromkeys(n for n in names if n != "xp"))


def describe(name: str, signature: str | None = None, rule: Rule | None = None) -> Operation:
    """The operation ``name`` from the tables (or from a plugin's signature and rule)."""
    text = signature or SIGNATURES.get(name) or INTERNAL[name]
    scope: dict[str, Any] = {}
    exec(f"def probe({text}): ...", scope)  # noqa: S102 - our own table
    probe = scope["probe"]
    code = probe.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    with_default = set(probe.__kwdefaults__ or {})
    defaults = probe.__defaults__ or ()
    positional = names[: code.co_argcount]
    with_default |= set(positional[len(positional) - len(defaults) :])
    return Operation(name, text, tuple(names), frozenset(with_default), rule or RULES.get(name))


# --- the node's class and its backward --------------------------------------------------------------


def class_name(name: str) -> str:
    """``multiply`` -> ``MulBackward``: PyTorch's names where it has one."""
    short = {"multiply": "mul", "divide": "div", "subtract": "sub", "negative": "neg", "matmul": "mm",
             "getitem": "index", "setitem": "index_put", "permute_dims": "permute",
             "broadcast_to": "expand", "concat": "cat"}.get(name, name)  # fmt: skip
    return "".join(part.capitalize() for part in short.split("_")) + "Backward"


def _accumulate(parent: str, cotangent: str, index: int) -> list[str]:
    return [
        f"if {parent} in grads:",
        f"    t = {cotangent}",
        f"    if fix is not None and fix[{index}] is not None: t = fit(t, fix[{index}], xp)",
        f"    q = grads[{parent}]",
        f"    grads[{parent}] = t if q is None else q + t",
    ]


def _backward_lines(operation: Operation) -> list[str]:
    rule = operation.rule
    assert rule is not None
    lines = ["def backward(g, grads, parents, kept, fix, xp):"]
    body = []
    if rule.sequence:
        (array,) = rule.vjps
        call = ", ".join(["g", *("xp" if n == "xp" else f"k_{n}" for n in rule.needs[array])])
        body += [f"{_tuple('k_', operation.kept)} = kept"] if operation.kept else []
        body += [
            f"for i, (p, t) in enumerate(zip(parents, vjp_{array}({call}))):",
            "    if p in grads:",
        ]
        body += ["        if fix is not None and fix[i] is not None: t = fit(t, fix[i], xp)"]
        body += ["        q = grads[p]", "        grads[p] = t if q is None else q + t"]
    else:
        body += [f"{_tuple('p_', operation.active)} = parents"]
        body += [f"{_tuple('k_', operation.kept)} = kept"] if operation.kept else []
        for i, array in enumerate(operation.active):
            call = ", ".join(["g", *("xp" if n == "xp" else f"k_{n}" for n in rule.needs[array])])
            body += _accumulate(f"p_{array}", f"vjp_{array}({call})", i)
    return lines + ["    " + line for line in body]


def _tuple(prefix: str, names: tuple[str, ...]) -> str:
    return "(" + "".join(f"{prefix}{n}, " for n in names) + ")"


def _missing(name: str) -> Callable[..., None]:
    def backward(*_: Any) -> None:
        message = (
            f"operation {name!r} has no derivative rule. Detach its result if no gradient should flow, compute it "
            "from other operations, or install or write a rule (docs: adding an operation as a package); "
            f"xpgrad.supports({name!r}) answers beforehand"
        )
        raise MissingRuleError(message)

    return backward


def _dressing(operation: Operation) -> tuple[Any, ...]:
    """For each kept name, how a differentiable pass sees it: (kind, number of the parent)."""
    how: list[tuple[str, int]] = []
    for name in operation.kept:
        if name == "out":
            how.append(("out", -1))
        elif name.startswith("like_"):
            how.append(("likes" if operation.rule and operation.rule.sequence else "like", -1))
        elif name in operation.active:
            kind = "arrays" if operation.rule and operation.rule.sequence else "array"
            how.append((kind, operation.active.index(name)))
        elif name in ARRAYS:
            how.append(("array", -1))
        else:
            how.append(("option", -1))
    return tuple(how)


def node_class(operation: Operation) -> type[Node]:
    """The subclass of :class:`Node` that this operation records."""
    name = class_name(operation.name)
    members: dict[str, Any] = {
        "__slots__": (),
        "op": operation.name,
        "__module__": "xpgrad.autograd",
    }
    if operation.rule is None:
        members["backward"] = staticmethod(_missing(operation.name))
    else:
        scope = {"fit": fit} | {f"vjp_{p}": f for p, f in operation.rule.vjps.items()}
        members["backward"] = staticmethod(
            _compile(operation.name + ".backward", _backward_lines(operation), scope)
        )
        members["dress"] = _dressing(operation)
        members["frees"] = any(kind in ("array", "arrays", "out") for kind, _ in members["dress"])
    return type(name, (Node,), members)


# --- the forward function ---------------------------------------------------------------------------

_MIXES = frozenset(
    name for name in SIGNATURES if "x1" in SIGNATURES[name] and name not in ("searchsorted", "isin")
)
"""Operations whose two arrays may be of different kinds (integer and floating)."""


def _lift_lines(operation: Operation) -> list[str]:
    """Make every array parameter a tensor of one namespace."""
    arrays = operation.arrays
    required = [a for a in arrays if a not in operation.optional]
    if arrays == ("x",):
        return ["if not isinstance(x, Tensor): x = lift(x)", "xp = x._xp"]
    tests = [f"isinstance({a}, Tensor)" for a in required]
    tests += [f"{required[0]}._xp is {a}._xp" for a in required[1:]]
    tests += [
        f"({a} is None or isinstance({a}, Tensor) and {a}._xp is {required[0]}._xp)"
        for a in arrays
        if a in operation.optional
    ]
    names = ", ".join(arrays)
    return [f"if not ({' and '.join(tests)}): {names} = lift_many({operation.name!r}, {names})",
            f"xp = {required[0]}._xp"]  # fmt: skip


def _raw_lines(operation: Operation) -> list[str]:
    lines = []
    for a in operation.arrays:
        guard = f" if {a} is not None else None" if a in operation.optional else ""
        lines.append(f"a_{a} = {a}._cell.raw{guard}")
        if a in operation.active:
            lines.append(f"n_{a} = {a}._node{guard}")
    return lines + _promotion_lines(operation)


def _promotion_lines(operation: Operation) -> list[str]:
    name, lines = operation.name, []
    if name in FLOATING_ONLY and operation.arrays == ("x",):
        untracked = "n_x is None and " if "x" in operation.active else ""
        lines.append(f"if {untracked}not xp.is_floating(a_x): a_x = to_floating(xp, a_x)")
    elif name in _MIXES:
        floating = name in FLOATING_ONLY
        lines.append(f"if a_x1.dtype is not a_x2.dtype{' or n_x1 is None' if floating and operation.active else ''}: "
                     f"a_x1, a_x2 = promote(xp, a_x1, a_x2, {floating})")  # fmt: skip
    elif name == "clip":
        lines.append("a_min, a_max = clip_bounds(xp, a_x, a_min, a_max)")
    for option in operation.options:
        if option == "like":
            lines.append("like = plain_like(like, xp)")
        elif option in ("dtype", "device"):
            lines.append(f"if {option} is not None: {option} = raw_{option}(xp, {option})")
        elif option in ("repeats", "shape", "axis", "axes", "repetitions", "shift", "key"):
            guard = f"if not isinstance({option}, Plain): "
            where = f", xp, a_{operation.arrays[0]}" if option in ("key", "repeats") else ""
            lines.append(f"{'' if where else guard}{option} = plain_{option}({option}{where})")
    return lines


def _call_lines(operation: Operation) -> list[str]:
    """The one library call, with the error explained in the user's terms."""
    probe = operation.signature
    before, _, after = probe.partition("*,")
    keywords = {part.split("=")[0].strip() for part in after.split(",")} if after else set()
    args = [
        f"{p}=a_{p}" if p in keywords and p in ARRAYS
        else f"a_{p}" if p in ARRAYS
        else f"{p}={p}" if p in keywords else p
        for p in operation.parameters
        if p != "device"
    ]  # fmt: skip
    if "device" in operation.parameters:
        args = [a for a in args if not a.startswith("device")]
    if operation.name == "setitem":
        args = ["a_x", "a_values", "key"]
    shown = "".join(f"{a}, " for a in operation.arrays)
    return ["try:", f"    out = xp.{operation.name}({', '.join(args)})",
            "except Exception as error:", f"    raise explain(error, {operation.name!r}, ({shown}))"]  # fmt: skip


def _kept_entry(operation: Operation, name: str) -> str:
    """The expression for one kept value; None when no active input asks for it."""
    rule = operation.rule
    assert rule is not None
    askers = [p for p in operation.active if name in rule.needs[p]]
    if name == "out":
        value = "out"
    elif name.startswith("like_"):
        a = name.removeprefix("like_")
        value = (
            f"new_tuple(Like, (a_{a}.shape, a_{a}.dtype, xp.one_device or xp.raw_device(a_{a})))"
        )
        if a in operation.optional:
            value = f"(None if a_{a} is None else {value})"
    else:
        value = f"a_{name}" if name in ARRAYS else name
    if len(askers) == len(operation.active) or name not in ARRAYS | {"out"}:
        return value
    return f"{value} if {' or '.join(f'n_{p} is not None' for p in askers)} else None"


def _fix_expression(operation: Operation) -> str:
    rule = operation.rule
    assert rule is not None
    arrays = ", ".join(
        f"{a}._cell.raw" if a not in operation.optional else f"a_{a}" for a in operation.active
    )
    if rule.broadcast and len(operation.active) > 1:
        first, *rest = operation.active
        if operation.name in ("matmul", "vecdot"):
            same = (
                "a_x1.ndim == 2 == a_x2.ndim and " if operation.name == "matmul" else "False and "
            )
        else:
            same = "" if operation.arrays == operation.active else "out.shape == a_x1.shape and "
            same += " and ".join(f"a_{first}.shape == a_{r}.shape" for r in rest) + " and "
        if operation.name == "clip":
            return (
                f"None if a_min is None and a_max is None else edge_fix(({arrays},), out, xp, True)"
            )
        same += " and ".join(f"a_{first}.dtype is a_{r}.dtype" for r in rest)
        return f"None if {same} else edge_fix(({arrays},), out, xp, True)"
    if rule.kind == "elementwise":
        return "None"
    same = " and ".join(
        f"out.dtype is a_{a}.dtype" for a in operation.active if a not in operation.optional
    )
    return f"None if {same} else edge_fix(({arrays},), out, xp, False)"


def _operator_fix(operation: Operation) -> str:
    """A Python scalar needs nothing undone; shapes are compared for two tensors only."""
    same = "(scalar_operand or a_x1.shape == a_x2.shape)"
    if operation.name == "matmul":
        same = "a_x1.ndim == 2 == a_x2.ndim"
    return f"None if {same} and a_x1.dtype is a_x2.dtype else edge_fix((raw_of(x1), raw_of(x2)), out, xp, True)"


RECORD = (
    "frame = getframe(1)",
    "node.code = frame.f_code",
    "node.lasti = frame.f_lasti",
    "if node.code.co_filename not in OUTSIDE: locate(node, frame)",
)


def _record_lines(operation: Operation, *, operator: bool = False) -> list[str]:
    if operation.name in CONSTANTS:
        return ["result._node = None"]
    active = operation.active or operation.arrays
    tracked = "tracked" if operator else " or ".join(f"n_{a} is not None" for a in active)
    tracked = f"({tracked})" if len(active) > 1 and not operator else tracked
    lines = [
        f"if {tracked} and is_grad_enabled(){' and xp.is_floating(out)' if operation.name in ANY_DTYPE_OUT else ''}:"
    ]
    body = ["node = NodeClass()", f"node.parents = {_tuple('n_', active)}"]
    if operation.rule is None:
        body += ["if STRICT_SUPPORT.get(): node.backward()", "node.kept = ()", "node.fix = None"]
    else:
        entries = "".join(f"({_kept_entry(operation, n)}), " for n in operation.kept)
        fix = _operator_fix(operation) if operator else _fix_expression(operation)
        body += [f"node.kept = ({entries})", f"node.fix = {fix}"]
    body += [
        "node.seq = next_seq()",
        "node.hooks = None",
        "node.xp = xp",
        *RECORD,
        "result._node = node",
    ]
    return [*lines, *("    " + line for line in body), "else:", "    result._node = None"]


def _result_lines(operation: Operation) -> list[str]:
    arrays = [a for a in operation.arrays if a not in operation.optional]
    lines = [f"cls = {arrays[0]}._result"]
    lines += [f"if cls is Tensor: cls = {a}._result" for a in arrays[1:]]
    return [
        *lines,
        "result = new(cls)",
        "cell = result._cell = Cell()",
        "cell.raw = out",
        "result._xp = xp",
    ]


def _sequence_lines(operation: Operation) -> list[str]:
    """The public function of an operation on a sequence of arrays."""
    rule = operation.rule
    assert rule is not None
    likes = "tuple([Like(a.shape, a.dtype, xp.one_device or xp.raw_device(a)) for a in a_arrays])"
    kept = "".join(
        f"{likes if n == 'like_arrays' else 'a_arrays' if n == 'arrays' else n}, "
        for n in operation.kept
    )
    options = "".join(f", {o}={o}" for o in operation.options if o != "arrays")
    return [
        f"def {operation.name}({operation.signature}):",
        f"    arrays = lift_sequence({operation.name!r}, arrays)",
        "    xp = arrays[0]._xp",
        "    a_arrays = tuple([t._cell.raw for t in arrays])",
        "    nodes = tuple([t._node for t in arrays])",
        "    try:",
        f"        out = xp.{operation.name}(a_arrays{options})",
        "    except Exception as error:",
        f"        raise explain(error, {operation.name!r}, arrays)",
        "    cls = arrays[0]._result",
        "    for t in arrays:",
        "        if cls is Tensor: cls = t._result",
        "    result = new(cls)",
        "    cell = result._cell = Cell()",
        "    cell.raw = out",
        "    result._xp = xp",
        "    result._node = None",
        "    if is_grad_enabled() and any([n is not None for n in nodes]):",
        "        node = NodeClass()",
        "        node.parents = nodes",
        f"        node.kept = ({kept})",
        "        node.fix = edge_fix(a_arrays, out, xp, False)",
        "        node.seq = next_seq()",
        "        node.hooks = None",
        "        node.xp = xp",
        *("        " + line for line in RECORD),
        "        result._node = node",
        "    return result",
    ]


def _forward_lines(operation: Operation) -> list[str]:
    if operation.rule is not None and operation.rule.sequence:
        return _sequence_lines(operation)
    body = [*_lift_lines(operation), *_raw_lines(operation)]
    if operation.rule is None and operation.name not in CONSTANTS:
        body += [f"n_{a} = {a}._node" for a in operation.arrays]
    body += [
        *_call_lines(operation),
        *_result_lines(operation),
        *_record_lines(operation),
        "return result",
    ]
    return [f"def {operation.name}({operation.signature}):", *("    " + line for line in body)]


SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "pow": "**"}
"""Operators that mean the library's function when both arrays have one floating dtype; they cost less."""


def _operator_lines(operation: Operation, method: str, *, swap: bool) -> list[str]:
    """A binary operator: like the function, with a short way for tensors and Python scalars."""
    own, other = ("x2", "x1") if swap else ("x1", "x2")
    tracks = bool(operation.active)
    body = [f"xp = {own}._xp", f"a_{own} = {own}._cell.raw"]
    body += [f"n_{own} = {own}._node"] if tracks else []
    body += [
        f"if isinstance({other}, Tensor) and {other}._xp is xp:",
        f"    a_{other} = {other}._cell.raw",
    ]
    body += [f"    n_{other} = {other}._node", "    scalar_operand = False"] if tracks else []
    body += [f"    cls = {own}._result", f"    if cls is Tensor: cls = {other}._result"]
    body += [f"elif type({other}) in SCALARS:", f"    a_{other} = scalar(xp, {other}, a_{own})"]
    body += [f"    n_{other} = None", "    scalar_operand = True"] if tracks else []
    body += [
        f"    cls = {own}._result",
        "else:",
        f"    return operator_fallback(FUNCTION(), x1, x2, {other})",
    ]
    body += (
        _operator_call(operation)
        if tracks
        else [*_promotion_lines(operation), *_call_lines(operation)]
    )
    body += [
        "result = new(cls)",
        "cell = result._cell = Cell()",
        "cell.raw = out",
        "result._xp = xp",
    ]
    body += _record_lines(operation, operator=True)
    return [
        f"def {method}({own}, {other}, /):",
        *("    " + line for line in [*body, "return result"]),
    ]


def _operator_call(operation: Operation) -> list[str]:
    floating = operation.name in FLOATING_ONLY
    symbol = SYMBOLS.get(operation.name)
    short = f"a_x1 {symbol} a_x2" if symbol else f"xp.{operation.name}(a_x1, a_x2)"
    return [
        "tracked = n_x1 is not None or n_x2 is not None",
        "try:",
        f"    if tracked and a_x1.dtype is a_x2.dtype: out = {short}",
        "    else:",
        f"        {'' if floating else 'if a_x1.dtype is not a_x2.dtype: '}a_x1, a_x2 = promote(xp, a_x1, a_x2, {floating})",
        f"        out = xp.{operation.name}(a_x1, a_x2)",
        "except Exception as error:",
        f"    raise explain(error, {operation.name!r}, (x1, x2))",
    ]


_SOURCES: dict[str, str] = {}


def source(name: str) -> str:
    """The generated text of an operation (``name``) or of its backward (``name.backward``)."""
    return _SOURCES[name]


def _compile(name: str, lines: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    text = "\n".join(lines) + "\n"
    file = f"<xpgrad {name}>"
    _SOURCES[name] = text
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope["__name__"] = "xpgrad"
    exec(compile(text, file, "exec"), scope)  # noqa: S102 - generated from our own tables
    function: Callable[..., Any] = scope[lines[0].split("(")[0].removeprefix("def ")]
    return function


def _scope(operation: Operation, node: type[Node] | None) -> dict[str, Any]:
    scope = {n: getattr(_lift, n) for n in _lift.__all__}
    return scope | {
        "Tensor": Tensor, "Cell": Cell, "Like": Like, "NodeClass": node, "OUTSIDE": OUTSIDE, "locate": locate,
        "next_seq": next_seq, "getframe": sys._getframe, "new": object.__new__, "new_tuple": tuple.__new__, "is_grad_enabled": is_grad_enabled,
        "STRICT_SUPPORT": STRICT_SUPPORT, "Plain": _lift.Plain,
    }  # fmt: skip


def make(operation: Operation, node: type[Node] | None = None) -> Callable[..., Any]:
    """The public function of an operation."""
    node = node or (None if operation.name in CONSTANTS else node_class(operation))
    return _compile(operation.name, _forward_lines(operation), _scope(operation, node))


def make_operator(
    operation: Operation,
    method: str,
    node: type[Node] | None,
    function: Callable[[], Any],
    *,
    swap: bool,
) -> Callable[..., Any]:
    """A binary operator method; ``function()`` is the public function, for what is neither tensor nor scalar."""
    scope = _scope(operation, node) | {"FUNCTION": function}
    return _compile(method, _operator_lines(operation, method, swap=swap), scope)
