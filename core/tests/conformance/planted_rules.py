"""A pytest plugin that replaces rules of the table by wrong ones, before any of them is used."""

from dataclasses import replace

from xpgrad.rules import RULES
from xpgrad.rules._shapes import restore

KEPT = []


def plant(name, *, kind=None, broadcast=None, **vjps):
    rule = RULES[name]
    RULES[name] = replace(
        rule,
        kind=kind or rule.kind,
        broadcast=rule.broadcast if broadcast is None else broadcast,
        vjps=rule.vjps | vjps,
    )


def writes_its_cotangent(g):
    g *= -1
    return g


def branches_on_a_value(g, out, xp):
    return g * (1.0 - out * out) if float(xp.sum(out)) < 1e9 else g


def remembers(g, x, xp):
    KEPT.append(x)
    return -g * xp.sin(x)


def loses_duplicates(g, like_x, indices, axis, xp):
    at = (slice(None),) * (0 if axis is None else axis % like_x.ndim)
    zeros = xp.zeros(like_x.shape, dtype=g.dtype, device=like_x.device)
    return xp.setitem(zeros, g, (*at, indices, Ellipsis))


def through_a_detached_value(g, out):
    return g * ((out.detach() if hasattr(out, "detach") else out) + 1.0)


def by_division(g, x, out, axis, keepdims, xp):
    return restore(g * out, x.shape, axis, keepdims, xp) / x


plant("subtract", x2=lambda g: g)
plant("square", x=lambda g, x: g * x)
plant("add", broadcast=False)
plant("negative", x=writes_its_cotangent)
plant("tanh", x=branches_on_a_value)
plant("positive", x=lambda g, x: g)
plant("cos", x=remembers)
plant("conj", x=lambda g: g)
plant("take", x=loses_duplicates)
plant("sin", x=lambda g, x, xp: g * xp.astype(xp.cos(x), xp.float64))
plant("expm1", x=through_a_detached_value)
plant("tan", x=lambda g, out: g * (1.0000001 + out * out))
plant("sort", kind="linear")
plant("prod", x=by_division)
plant("cumulative_sum", x=lambda g, axis, xp: xp.cumulative_sum(g, axis=axis))
RULES["hypot"] = replace(RULES["hypot"], vjps={"x1": RULES["hypot"].vjps["x1"]})
