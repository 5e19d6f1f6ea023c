"""The text of an operation's public function: lift, one library call, one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpgrad._namespace._backward_text import tuple_of
from xpgrad._signatures import COMPLEX_ONLY, FLOATING_ONLY, INTERNAL, REAL_ONLY, SIGNATURES

if TYPE_CHECKING:
    from xpgrad._namespace._operation import Operation

__all__ = ["RESULT", "call_lines", "forward_lines", "promotion_lines", "record_lines"]

RESULT = (
    "result = Tensor() if cls is Tensor else new(cls)",
    "cell = result._cell = Cell()",
    "cell.raw = out",
    "result._xp = xp",
)
"""Wraps ``out`` in a tensor of class ``cls``."""

_MIXES = frozenset(
    name for name in SIGNATURES if "x1" in SIGNATURES[name] and name not in ("searchsorted", "isin")
)
"""Operations whose two arrays may be of different kinds (integer and floating)."""


def lift_lines(operation: Operation) -> list[str]:
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
    lift = "lift_all" if len(required) == len(arrays) else "lift_many"
    return [f"if not ({' and '.join(tests)}): {names} = {lift}({operation.name!r}, {names})",
            f"xp = {required[0]}._xp"]  # fmt: skip


def raw_lines(operation: Operation) -> list[str]:
    """Take the raw arrays ``a_…`` and the nodes ``n_…`` from the tensors; promote, and prepare options."""
    lines = []
    for a in operation.arrays:
        guard = f" if {a} is not None else None" if a in operation.optional else ""
        lines.append(f"a_{a} = {a}._cell.raw{guard}")
        if a in operation.active:
            lines.append(f"n_{a} = {a}._node{guard}")
    return lines + promotion_lines(operation) + option_lines(operation)


def promotion_lines(operation: Operation) -> list[str]:
    """Bring dtypes together where the standard leaves that open."""
    name, lines = operation.name, []
    if name in FLOATING_ONLY and operation.arrays == ("x",):
        untracked = "n_x is None and " if "x" in operation.active else ""
        lines.append(f"if {untracked}not xp.is_floating(a_x): a_x = to_floating(xp, a_x)")
    elif name in _MIXES:
        floating = name in FLOATING_ONLY
        lines.append(f"if a_x1.dtype is not a_x2.dtype{' or n_x1 is None' if floating and operation.active else ''}: "
                     f"a_x1, a_x2 = promote(xp, a_x1, a_x2, {floating})")  # fmt: skip
    elif name not in SIGNATURES and name not in INTERNAL:
        lines += _plugin_promotion_lines(operation)
    elif name in COMPLEX_ONLY:
        lines.append("if not xp.is_complex(a_x): a_x = to_complex(xp, a_x)")
    elif name in REAL_ONLY:
        lines.append(f"a_x = to_real(xp, a_x, {name!r})")
    elif name == "clip":
        lines.append("a_min, a_max = clip_bounds(xp, a_x, a_min, a_max)")
    return lines


def _plugin_promotion_lines(operation: Operation) -> list[str]:
    """An elementwise operation of a plugin sees floating arrays, whatever was given."""
    arrays = operation.arrays
    if operation.rule is None or operation.rule.kind != "elementwise":
        return []
    given = [a for a in arrays if a not in operation.optional]
    names = "".join(f"a_{a}, " for a in arrays)
    test = " and ".join(f"xp.is_floating(a_{a})" for a in given)
    return [f"if not ({test}): {names} = all_floating(xp, {names})"]


_FIRST = {
    # libraries move arrays in ways of their own, and to each other not at all
    "astype": "if device is not None: return astype(x.to(device), dtype, copy=copy)",
    # of axes that are counted from the front of arrays of several ranks, each library has its own idea
    "vecdot": "if axis >= 0: return by_last_axis(vecdot, x1, x2, axis)",
    "linalg.cross": "if axis >= 0: return by_last_axis(cross, x1, x2, axis)",
    # NumPy's meaning of no axis, which the standard does not have
    "sort": "if axis is None: return sort(x.reshape(-1), descending=descending, stable=stable)",
    "argsort": "if axis is None: return argsort(x.reshape(-1), descending=descending, stable=stable)",
    "take_along_axis": "if axis is None: return take_along_axis(x.reshape(-1), indices.reshape(-1), axis=0)",
    # a number before or after the array stands for a slice of it
    "diff": "if a_x.ndim and (prepend is not None and not a_prepend.ndim or append is not None and not a_append.ndim): "
    "return diff(x, axis=axis, n=n, prepend=as_slice(prepend, x, axis), append=as_slice(append, x, axis))",
    # some libraries make matrices of vectors, or vectors of matrices
    "tril": "if a_x.ndim < 2: raise wrong_ranks('tril', 'matrices', x)",
    "triu": "if a_x.ndim < 2: raise wrong_ranks('triu', 'matrices', x)",
    "linalg.outer": "if a_x1.ndim != 1 or a_x2.ndim != 1: raise wrong_ranks('linalg.outer', 'two vectors', x1, x2)",
}
"""What an operation does before it looks at its options."""


def option_lines(operation: Operation) -> list[str]:
    """Bring options into the library's terms."""
    name, lines = operation.name, [_FIRST[operation.name]] if operation.name in _FIRST else []
    if (
        "key" in operation.options
    ):  # a tensor with an index of a running transform becomes a value of it
        first = operation.arrays[0]
        rest = ", ".join(p for p in operation.parameters if p != first)
        lines += ["if type(key) is not int and type(key) is not slice and LEVELS.get():",
                  "    level = deeper(key, xp)",
                  "    if level is not None:",
                  f"        return {operation.last}(enclosed({first}, level), {rest})"]  # fmt: skip
    if "norm" in operation.options:
        several = "s" in operation.options
        given = "s, axes" if several else "n, axis"
        prepared = "transform_axes" if several else "transform_axis"
        return [*lines, f"{given} = {prepared}({name!r}, a_x, {given}, norm)"]
    for option in operation.options:
        if option == "like":
            lines.append("like = plain_like(like, xp)")
        elif option in ("dtype", "device") and (name, option) != ("astype", "device"):
            lines.append(f"if {option} is not None: {option} = raw_{option}(xp, {option})")
        elif option in ("repeats", "shape", "axis", "axes", "repetitions", "shift", "key"):
            guard = (
                "if type(key) is not int and type(key) is not slice: "
                if option == "key"
                else f"if not isinstance({option}, Plain): "
            )
            where = f", xp, a_{operation.arrays[0]}" if option in ("key", "repeats") else ""
            lines.append(
                f"{'' if option == 'repeats' else guard}{option} = plain_{option}({option}{where})"
            )
    return lines


def call_lines(operation: Operation) -> list[str]:
    """The one library call, with the error explained in the user's terms."""
    _, _, after = operation.signature.partition("*,")
    keywords = {part.split("=")[0].strip() for part in after.split(",")} if after else set()
    args = [
        f"{p}=a_{p}" if p in keywords and p in operation.arrays
        else f"a_{p}" if p in operation.arrays
        else f"{p}={p}" if p in keywords else p
        for p in operation.parameters
        if (operation.name, p) != ("astype", "device")
    ]  # fmt: skip
    shown = "".join(f"{a}, " for a in operation.arrays)
    apart = "" if operation.rule is None or operation.rule.broadcast else ", broadcast=False"
    return [
        "try:", f"    out = xp.{operation.name}({', '.join(args)})",
        "except Exception as error:", f"    raise explain(error, {operation.name!r}, ({shown}){apart})",
    ]  # fmt: skip


def _kept_entry(operation: Operation, name: str) -> str:
    """The expression for one kept value; None when no active input asks for it."""
    rule = operation.rule
    assert rule is not None
    askers = [p for p in operation.active if name in rule.needs[p]]
    if name == "out":
        value = "out"
    elif name.startswith("shape_"):
        value = f"a_{name.removeprefix('shape_')}.shape"
    elif name.startswith("like_"):
        a = name.removeprefix("like_")
        value = (
            f"new_tuple(Like, (a_{a}.shape, a_{a}.dtype, xp.one_device or xp.raw_device(a_{a})))"
        )
        if a in operation.optional:
            value = f"(None if a_{a} is None else {value})"
    else:
        value = f"a_{name}" if name in operation.arrays else name
    if len(askers) == len(operation.active) or name not in (*operation.arrays, "out"):
        return value
    return f"{value} if {' or '.join(f'n_{p} is not None' for p in askers)} else None"


def _has_lines(operation: Operation) -> bool:
    """Whether the arrays of a plugin's operation broadcast, and a cotangent need not have the result's shape."""
    rule = operation.rule
    known = operation.name in SIGNATURES or operation.name in INTERNAL
    return rule is not None and rule.broadcast and not known and rule.kind != "elementwise"


def _fix_expression(operation: Operation) -> str:
    rule = operation.rule
    assert rule is not None
    arrays = ", ".join(
        f"{a}._cell.raw" if a not in operation.optional else f"a_{a}" for a in operation.active
    )
    if rule.broadcast and len(operation.arrays) > 1:
        first, *rest = operation.active
        if _has_lines(operation):
            return f"edge_sums(({arrays},), out, xp)"
        if operation.name == "matmul":
            same = "a_x1.ndim == 2 == a_x2.ndim and "
        else:
            others = operation.arrays != operation.active
            same = f"out.shape == a_{first}.shape and " if others else ""
            same += "".join(f"a_{first}.shape == a_{r}.shape and " for r in rest)
        if operation.name == "clip":
            return (
                f"None if a_min is None and a_max is None else edge_fix(({arrays},), out, xp, True)"
            )
        same += " and ".join(
            f"a_{first}.dtype is {r}.dtype" for r in [f"a_{r}" for r in rest] or ["out"]
        )
        return f"None if {same} else edge_fix(({arrays},), out, xp, True)"
    if rule.kind == "elementwise" and (operation.name in SIGNATURES or operation.name in INTERNAL):
        return "None"
    if operation.name in COMPLEX_ONLY:  # a real array was cast
        return "None if xp.is_complex(x._cell.raw) else ((None, x._cell.raw.dtype, True),)"
    same = " and ".join(
        f"out.dtype is a_{a}.dtype" for a in operation.active if a not in operation.optional
    )
    return f"None if {same} else edge_fix(({arrays},), out, xp, False)"


RECORD = (
    "node.seq = next_seq()",
    "node.hooks = None",
    "node.xp = xp",
    "frame = getframe(1)",
    "node.code = frame.f_code",
    "node.lasti = frame.f_lasti",
    "if node.code.co_filename not in OUTSIDE: locate(node, frame)",
)


def record_lines(operation: Operation, tracked: str = "", fix: str = "") -> list[str]:
    """Make the node if an input is tracked; ``tracked`` and ``fix`` are an operator's shorter expressions."""
    if operation.constant:
        return ["result._node = None"]
    active = operation.active or operation.arrays
    tracked = tracked or "(" + " or ".join(f"n_{a} is not None" for a in active) + ")"
    # only a dtype can turn a tracked input into a result that carries no derivative
    carries = " and (dtype is None or xp.is_floating(out))" if "dtype" in operation.options else ""
    lines = [f"if {tracked} and is_grad_enabled(){carries}:"]
    body = ["node = NodeClass()", f"node.parents = {tuple_of('n_', active)}"]
    if operation.rule is None:
        body += ["if STRICT_SUPPORT.get(): node.backward()", "node.kept = ()", "node.fix = None"]
    else:
        entries = "".join(f"({_kept_entry(operation, n)}), " for n in operation.kept)
        fix = fix or _fix_expression(operation)
        body += [f"node.kept = ({entries})", f"node.fix = {fix}"]
    body += [*RECORD, "result._node = node"]
    return [*lines, *("    " + line for line in body), "else:", "    result._node = None"]


def _result_lines(operation: Operation) -> list[str]:
    arrays = [a for a in operation.arrays if a not in operation.optional]
    lines = [f"cls = {arrays[0]}._result"]
    lines += [f"if cls is Tensor: cls = {a}._result" for a in arrays[1:]]
    return [*lines, *RESULT]


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
        f"def {operation.last}({operation.signature}):",
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
        *("    " + line for line in RESULT),
        "    result._node = None",
        "    if is_grad_enabled() and any([n is not None for n in nodes]):",
        "        node = NodeClass()",
        "        node.parents = nodes",
        f"        node.kept = ({kept})",
        "        node.fix = edge_fix(a_arrays, out, xp, False)",
        *("        " + line for line in RECORD),
        "        result._node = node",
        "    return result",
    ]


def _several_lines(operation: Operation) -> list[str]:
    """After the call of an operation with several results: wrap each, on a place of its own on the tape."""
    arrays = [a for a in operation.arrays if a not in operation.optional]
    rule = operation.rule
    assert rule is not None
    raws = ", ".join(
        f"{a}._cell.raw" if a not in operation.optional else f"a_{a}" for a in operation.active
    )
    tracked = " or ".join(f"n_{a} is not None" for a in operation.active)
    kept = "".join(f"({_kept_entry(operation, n)}), " for n in operation.kept)
    return [
        "out = Results(*out)",
        f"cls = {arrays[0]}._result",
        *(f"if cls is Tensor: cls = {a}._result" for a in arrays[1:]),
        "node = None",
        f"if ({tracked}) and is_grad_enabled():",
        "    node = NodeClass()",
        f"    node.parents = {tuple_of('n_', operation.active)}",
        f"    node.kept = ({kept})",
        "    model = next((o for o in out if xp.is_complex(o)), out[0])",
        f"    node.fix = edge_sums(({raws},), model, xp)"
        if _has_lines(operation)
        else f"    node.fix = edge_fix(({raws},), model, xp, {rule.broadcast})",
        *("    " + line for line in RECORD),
        "place = lambda i, o: None if node is None or not xp.is_floating(o) else Pick(node, i, len(out), xp)",
        "return Results(*[wrap(o, xp, place(i, o), cls) for i, o in enumerate(out)])",
    ]


def forward_lines(operation: Operation) -> list[str]:
    """The whole public function."""
    if operation.sequence:
        return _sequence_lines(operation)
    body = [*lift_lines(operation), *raw_lines(operation)]
    if operation.outputs:
        body += [*call_lines(operation), *_several_lines(operation)]
        return [f"def {operation.last}({operation.signature}):", *("    " + line for line in body)]
    if operation.rule is None and not operation.constant:
        body += [f"n_{a} = {a}._node" for a in operation.arrays]
    body += [
        *call_lines(operation),
        *_result_lines(operation),
        *record_lines(operation),
        "return result",
    ]
    return [f"def {operation.last}({operation.signature}):", *("    " + line for line in body)]
