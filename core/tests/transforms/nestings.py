"""Functions whose derivatives of any order are known exactly, and the transforms as maps of such functions.

A :class:`Sum` is a sum of terms c · xᵅ · exp(k·x) · {1, cos, sin}(m·x) with whole numbers c, α, k, m: a kind that
derivatives, products with xᵢ and scalings of x do not leave.  It is differentiated here, by the rules of the school,
and evaluated with ``math``; nothing of the library takes part.
"""

import math
import random

import xpgrad as xp


class Sum:
    """A sum of terms: {(α, k, kind, m): c}, where kind is "1", "cos" or "sin"."""

    def __init__(self, terms):
        self.terms = {key: c for key, c in terms.items() if c}

    def __add__(self, other):
        terms = dict(self.terms)
        for key, c in other.terms.items():
            terms[key] = terms.get(key, 0) + c
        return Sum(terms)

    def times(self, c):
        return Sum({key: c * old for key, old in self.terms.items()})

    def times_x(self, i):
        return Sum({(raised(a, i, 1), *rest): c for (a, *rest), c in self.terms.items()})

    def scaled(self, s):
        """The function x -> f(s x)."""
        return Sum({
            (a, tuple(s * e for e in k), kind, tuple(s * e for e in m)): c * s ** sum(a)
            for (a, k, kind, m), c in self.terms.items()
        })  # fmt: skip

    def derivative(self, i):
        terms = {}

        def add(key, c):
            terms[key] = terms.get(key, 0) + c

        for (a, k, kind, m), c in self.terms.items():
            if a[i]:
                add((raised(a, i, -1), k, kind, m), c * a[i])
            add((a, k, kind, m), c * k[i])
            if kind != "1":
                add(
                    (a, k, {"cos": "sin", "sin": "cos"}[kind], m),
                    c * m[i] * (1 if kind == "sin" else -1),
                )
        return Sum(terms)

    def value(self, x):
        return math.fsum(values(self.terms, x))

    def size(self, x):
        """How large the terms are that may cancel."""
        return math.fsum(map(abs, values(self.terms, x)))


def raised(a, i, by):
    return (*a[:i], a[i] + by, *a[i + 1 :])


def values(terms, x):
    for (a, k, kind, m), c in terms.items():
        angle = dot(m, x)
        turned = {"1": 1.0, "cos": math.cos(angle), "sin": math.sin(angle)}[kind]
        yield c * math.prod(e**p for e, p in zip(x, a, strict=True)) * math.exp(dot(k, x)) * turned


def dot(a, b):
    return math.fsum(p * q for p, q in zip(a, b, strict=True))


class Case:
    """A program on tensors of shape (n,) and what it means: one :class:`Sum` per element of its result."""

    def __init__(self, n, shape, program, meaning, text):
        self.n, self.shape, self.program, self.meaning, self.text = (
            n,
            tuple(shape),
            program,
            meaning,
            text,
        )
        assert len(meaning) == math.prod(self.shape)

    def scalar(self, rng):
        """The same with its elements added up, with weights."""
        if not self.shape:
            return self
        weights = [rng.choice((-2, -1, 1, 2)) for _ in self.meaning]
        program, shape, total = self.program, self.shape, Sum({})
        for c, part in zip(weights, self.meaning, strict=True):
            total = total + part.times(c)

        def added(x):
            w = xp.asarray(weights, dtype=xp.float64, device=x.device)
            return xp.sum(xp.reshape(w, shape) * program(x))

        return Case(self.n, (), added, [total], f"sum({self.text})")

    def gradient(self):
        return [part.derivative(i) for part in self.meaning for i in range(self.n)]


# --- where it begins: programs written in several ways ----------------------------------------------


def random_case(seed):
    """One to three random sums of one to three terms, computed in one of many ways."""
    rng = random.Random(seed)  # noqa: S311 - no secrets here
    n, outputs = rng.choice((1, 2, 2, 3)), rng.choice((0, 1, 2, 3))
    sums = [random_sum(rng, n) for _ in range(outputs or 1)]
    style = [rng.randrange(3) for _ in range(4)]

    def program(x):
        parts = [computed(s, x, style) for s in sums]
        return parts[0] if not outputs else joined(parts, style[3])

    shape = (outputs,) if outputs else ()
    return Case(n, shape, program, sums, "f")


def random_sum(rng, n):
    terms = {}
    for _ in range(rng.choice((1, 2, 3))):
        a = tuple(rng.choice((0, 1, 1, 2, 3)) for _ in range(n))
        k = tuple(rng.choice((0, 0, 0, 1, -1)) for _ in range(n))
        kind = rng.choice(("1", "1", "cos", "sin"))
        m = tuple(rng.choice((-1, 0, 1)) if kind != "1" else 0 for _ in range(n))
        terms[a, k, kind, m] = rng.choice((-3, -2, -1, 1, 2, 3))
    return Sum(terms)


def computed(s, x, style):
    total = None
    for (a, k, kind, m), c in s.terms.items():
        term = c * power(x, a, style[0])
        if any(k):
            term = term * exponential(x, k, style[1])
        if kind != "1":
            term = term * wave(x, kind, m, style[2])
        total = term if total is None else total + term
    return total


def power(x, a, style):
    if style == 0:
        return xp.prod(x ** xp.asarray(a, dtype=xp.float64, device=x.device))
    found = x[0] * 0 + 1
    for i, p in enumerate(a):
        for _ in range(p if style == 1 else 0):
            found = found * x[i]
        if style == 2 and p:
            found *= x[i] ** p
    return found


def exponential(x, k, style):
    k = xp.asarray(k, dtype=xp.float64, device=x.device)
    if style == 0:
        return xp.exp(xp.sum(k * x))
    if style == 1:
        return xp.prod(xp.exp(k * x))
    return xp.exp(k @ x)


def wave(x, kind, m, style):
    angle = xp.vecdot(xp.asarray(m, dtype=xp.float64, device=x.device), x)
    if style == 0:
        return getattr(xp, kind)(angle)
    if style == 1:
        return xp.sin(angle + math.pi / 2) if kind == "cos" else xp.cos(angle - math.pi / 2)
    t = xp.tan(angle / 2)
    return (1 - t * t) / (1 + t * t) if kind == "cos" else 2 * t / (1 + t * t)


def joined(parts, style):
    if style == 0:
        return xp.stack(parts)
    if style == 1:
        return xp.concat([xp.reshape(p, (1,)) for p in parts])
    found = xp.zeros(len(parts), device=parts[0].device)
    for i, p in enumerate(parts):
        found[i] = p
    return found


# --- transforms -------------------------------------------------------------------------------------
# Each takes a case and random choices, and gives the transformed case with its meaning.

TRANSFORMS = {}


def transform(function):
    TRANSFORMS[function.__name__.rstrip("_")] = function
    return function


def of_gradient(case, rng, take):
    """A transform of scalar functions whose result is the gradient."""
    s = case.scalar(rng)
    return Case(s.n, (s.n,), take(s.program), s.gradient(), f"{take.__name__}({s.text})")


@transform
def grad(case, rng):
    def grad(f):
        return xp.grad(f)

    return of_gradient(case, rng, grad)


@transform
def value_and_grad(case, rng):
    s = case.scalar(rng)

    def both(x):
        value, found = xp.value_and_grad(s.program)(x)
        return xp.concat([xp.reshape(value, (1,)), found])

    return Case(s.n, (s.n + 1,), both, s.meaning + s.gradient(), f"value_and_grad({s.text})")


@transform
def grad_with_aux(case, rng):
    s = case.scalar(rng)

    def of(x):
        found, (value, _) = xp.grad(
            lambda x: (s.program(x), (s.program(2 * x), "other")), has_aux=True
        )(x)
        return found + value

    twice = s.meaning[0].scaled(2)
    return Case(s.n, (s.n,), of, [g + twice for g in s.gradient()], f"grad with aux({s.text})")


@transform
def tape(case, rng):
    def tape(f):
        def of(x):
            with xp.enable_grad():  # a custom function's forward records nothing
                by = xp.zeros_like(x).detach().requires_grad_()
                y = f(x + by)
                if not y.requires_grad:  # a derivative of too high an order, by now constant
                    return 0 * x
                return xp.autograd.grad(y, by, create_graph=True, materialize_grads=True)[0]

        return of

    return of_gradient(case, rng, tape)


@transform
def backward(case, rng):
    def backward(f):
        def of(x):
            with xp.enable_grad():
                by = xp.zeros_like(x).detach().requires_grad_()
                y = f(x + by)
                if y.requires_grad:
                    y.backward(create_graph=True, inputs=[by])
            found, by.grad = by.grad, None
            return 0 * x if found is None else found

        return of

    return of_gradient(case, rng, backward)


@transform
def scaled_inside(case, rng):
    """d/dy f(y x) at y = 1: the outer variable is a factor inside."""
    s = case.scalar(rng)
    way = rng.choice(("grad", "jvps"))

    def of(x):
        ones = xp.ones_like(x).detach()
        if way == "grad":
            return xp.grad(lambda y: s.program(y * x))(ones)
        units = xp.eye(s.n, device=x.device)
        return xp.stack(
            [xp.jvp(lambda y: s.program(y * x), (ones,), (units[i, :],))[1] for i in range(s.n)]
        )

    meaning = [g.times_x(i) for i, g in enumerate(s.gradient())]
    return Case(s.n, (s.n,), of, meaning, f"scaled inside by {way}({s.text})")


def along(case, rng, name, push):
    """The derivative along a vector of whole numbers, or along x itself."""
    v = [rng.choice((-1, 0, 1, 2)) for _ in range(case.n)]
    by_x = rng.random() < 0.5
    meaning = []
    for part in case.meaning:
        total = Sum({})
        for i in range(case.n):
            d = part.derivative(i)
            total = total + (d.times_x(i) if by_x else d.times(v[i]))
        meaning.append(total)

    def of(x):
        t = x if by_x else xp.asarray(v, dtype=xp.float64, device=x.device)
        return push(case.program, x, t)

    return Case(case.n, case.shape, of, meaning, f"{name} along {'x' if by_x else v}({case.text})")


@transform
def jvp(case, rng):
    return along(case, rng, "jvp", lambda f, x, t: xp.jvp(f, (x,), (t,))[1])


@transform
def linearize(case, rng):
    return along(case, rng, "linearize", lambda f, x, t: xp.linearize(f, x)[1](t))


@transform
def vjp(case, rng):
    """A cotangent of whole numbers."""
    weights = [rng.choice((-1, 1, 2)) for _ in case.meaning]

    def of(x):
        y, pull_back = xp.vjp(case.program, x)
        g = xp.reshape(xp.asarray(weights, dtype=xp.float64, device=x.device), y.shape)
        return pull_back(g)[0]

    total = Sum({})
    for c, part in zip(weights, case.meaning, strict=True):
        total = total + part.times(c)
    return Case(
        case.n, (case.n,), of, [total.derivative(i) for i in range(case.n)], f"vjp({case.text})"
    )


@transform
def hvp(case, rng):
    s = case.scalar(rng)
    v = [rng.choice((-1, 1, 2)) for _ in range(s.n)]

    def of(x):
        return xp.hvp(s.program, x, xp.asarray(v, dtype=xp.float64, device=x.device))

    meaning = []
    for g in s.gradient():
        total = Sum({})
        for i in range(s.n):
            total = total + g.derivative(i).times(v[i])
        meaning.append(total)
    return Case(s.n, (s.n,), of, meaning, f"hvp({s.text})")


# --- transforms that change no meaning --------------------------------------------------------------


class Identity(xp.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 1

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g + 0 * x


def same(case, name, wrapped):
    return Case(case.n, case.shape, wrapped, case.meaning, f"{name}({case.text})")


@transform
def checkpoint(case, rng):
    return same(case, "checkpoint", xp.checkpoint(case.program))


@transform
def function(case, rng):
    inside = rng.random() < 0.5
    f = case.program
    return same(
        case,
        "Function",
        (lambda x: f(Identity.apply(x))) if inside else (lambda x: Identity.apply(f(x))),
    )


@transform
def custom_vjp(case, rng):
    f = case.program
    known = xp.custom_vjp(f)
    known.defvjp(
        lambda x: (f(x), {"x": x}), lambda residuals, g: xp.vjp(f, residuals["x"])[1](g)
    )  # fmt: skip
    return same(case, "custom_vjp", known)


@transform
def custom_jvp(case, rng):
    f = case.program
    known = xp.custom_jvp(f)
    known.defjvp(lambda primals, tangents: xp.jvp(f, primals, tangents))
    return same(case, "custom_jvp", known)


# --- batches ----------------------------------------------------------------------------------------

LIMIT = 24
"""Elements above which a case is added up before more axes come."""


def small(case, rng, factor):
    return case if len(case.meaning) * factor <= LIMIT else case.scalar(rng)


def vmap(case, rng):
    """The values at x and 2x, by a batch of points or of factors."""
    case = small(case, rng, 2)
    f, out = case.program, rng.choice((0, -1)) if len(case.shape) < 2 else 0
    if rng.random() < 0.5:

        def of(x):
            return xp.vmap(f, out_dims=out)(xp.stack([x, 2 * x]))
    else:

        def of(x):
            return xp.vmap(lambda s: f(s * x), out_dims=out)(
                xp.asarray([1.0, 2.0], device=x.device)
            )

    rows = [case.meaning, [p.scaled(2) for p in case.meaning]]
    if out == 0:
        return Case(case.n, (2, *case.shape), of, rows[0] + rows[1], f"vmap({case.text})")
    meaning = [p for pair in zip(*rows, strict=True) for p in pair]
    return Case(case.n, (*case.shape, 2), of, meaning, f"vmap to the last axis({case.text})")


def jacobian_by(name):
    def of(case, rng):
        case = small(case, rng, case.n)
        made = getattr(xp, name)(case.program)
        return Case(case.n, (*case.shape, case.n), made, case.gradient(), f"{name}({case.text})")

    return of


def hessian(case, rng):
    case = small(case, rng, case.n**2)
    meaning = [g.derivative(j) for g in case.gradient() for j in range(case.n)]
    shape = (*case.shape, case.n, case.n)
    return Case(case.n, shape, xp.hessian(case.program), meaning, f"hessian({case.text})")


if hasattr(xp, "vmap"):
    TRANSFORMS |= {"vmap": vmap}
if hasattr(xp, "hessian"):
    TRANSFORMS |= {
        "jacrev": jacobian_by("jacrev"),
        "jacfwd": jacobian_by("jacfwd"),
        "hessian": hessian,
    }


# --- stacks -----------------------------------------------------------------------------------------


def nested(seed, stack):
    """The case of random seed ``seed`` under ``stack``: pairs (name of a transform, seed of its choices)."""
    case = random_case(seed)
    for name, choices in stack:
        rng = random.Random(choices)  # noqa: S311 - no secrets here
        case = TRANSFORMS[name](case, rng)
    return case


POINTS = ((0.5, -0.75, 1.25), (-1.5, 0.25, 0.5), (1.0, 2.0, -0.5), (0.125, 1.0, -1.0))


def difference(case, point, device="numpy:cpu"):
    """By how much the program misses its meaning, as a part of the size of its terms."""
    x = point[: case.n]
    found = case.program(xp.asarray(list(x), device=device))
    if found.shape != case.shape or found.dtype != xp.float64:
        return math.inf
    expected = [p.value(x) for p in case.meaning]
    sizes = [p.size(x) for p in case.meaning]
    # derivatives of lower order may be larger than what is left of them
    whole = 1.0 + max(sizes, default=0.0)
    flat = xp.reshape(found, (-1,)).tolist()
    return max((abs(a - b) / whole for a, b in zip(flat, expected, strict=True)), default=0.0)
