"""Errors of backward name the operation and the user's line; a missing rule raises when it is needed."""
# ruff: noqa: PLW0108 - a lambda is the user's line

import pathlib

import numpy as np
import pytest

import xpgrad as xp
from xpgrad._namespace import _generate, _operation
from xpgrad.errors import GraphError, MissingRuleError

HERE = pathlib.Path(__file__)


def line_of(text):
    """The number of the line of this file that ends with a marker."""
    return next(
        n for n, line in enumerate(HERE.read_text().splitlines(), 1) if line.endswith(f"# {text}")
    )


def leaf(*values):
    return xp.tensor(list(values), requires_grad=True)


@pytest.fixture
def without_rule():
    """An operation whose rule is missing, over a function that every library has."""
    return _generate.make(_operation.describe("expm1")._replace(rule=None))


def test_a_missing_rule_raises_at_backward_and_not_before(without_rule):
    x = leaf(1.5, 2.5)
    y = without_rule(x * 2) + x  # missing
    np.testing.assert_allclose(y.detach() - x.detach(), np.expm1([3.0, 5.0]))
    with pytest.raises(
        MissingRuleError, match=r"'expm1' has no derivative rule.*[Dd]etach.*supports"
    ) as caught:
        y.sum().backward()
    (note,) = caught.value.__notes__
    assert f"{HERE}:{line_of('missing')}" in note
    assert "without_rule(x * 2)" in note
    assert x.grad is None


def test_a_missing_rule_off_the_path_harms_nobody(without_rule):
    x = leaf(1.5)
    y, p_value = x * 2, without_rule(x)
    (y + p_value.detach()).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_strict_support_raises_when_recording(without_rule):
    x = leaf(1.5)
    with xp.strict_support():
        with pytest.raises(MissingRuleError, match="'expm1'"):
            without_rule(x)
        assert not without_rule(x.detach()).requires_grad
        with xp.no_grad():
            assert not without_rule(x).requires_grad
        xp.sin(x)
    without_rule(x)


def test_supports_answers_beforehand():
    assert xp.supports("matmul", order=2)
    assert not xp.supports("argsort")
    assert xp.supports("argsort", order=0)
    assert not xp.supports("no such thing", order=0)


RAISERS = {
    "operator": lambda x: x * x,
    "function": lambda x: xp.exp(x),
    "method": lambda x: x.reshape(2, 1),
    "index": lambda x: x[0:1],
    "numpy": lambda x: np.sin(x),
    "sequence": lambda x: xp.concat([x, x]),
    "reduction": lambda x: x.sum(),
}


@pytest.mark.parametrize("name", RAISERS)
def test_every_kind_of_call_remembers_the_users_line(name):
    x = leaf(1.0, 2.0)
    y = RAISERS[name](x)
    y.register_hook(failing)
    with pytest.raises(LookupError) as caught:
        y.sum().backward()
    (note,) = caught.value.__notes__
    number = next(
        n for n, text in enumerate(HERE.read_text().splitlines(), 1) if f'"{name}": lambda' in text
    )
    assert note.startswith("while differentiating ")
    assert f"recorded at {HERE}:{number}: " in note
    assert y.grad_fn.metadata["line"] == number


def failing(g):
    message = "planted"
    raise LookupError(message)


def test_in_place_statements_remember_theirs():
    x = leaf(1.0, 2.0)
    y = x * 1
    y[0] = 5.0  # assignment
    assert y.grad_fn.metadata["line"] == line_of("assignment")
    y += x  # augmented
    assert y.grad_fn.metadata["line"] == line_of("augmented")
    y.fill_(x[0])  # filled
    assert y.grad_fn.metadata["line"] == line_of("filled")


def test_a_statement_over_several_lines_names_the_line_of_the_call():
    x = leaf(1.0, 2.0)
    y = x + xp.exp(
        x  # argument
    )
    product, _ = y.grad_fn.next_functions[1]
    assert abs(product.metadata["line"] - line_of("argument")) <= 1


def test_the_freed_graph_error_names_operation_and_line():
    x = leaf(1.0)
    y = xp.exp(x)  # freed
    y.sum().backward()
    with pytest.raises(
        GraphError,
        match=rf"'exp', recorded at .*:{line_of('freed')}: y = xp.exp.*retain_graph=True",
    ):
        y.sum().backward()


def test_an_error_is_noted_once_even_through_nested_runs():
    x = leaf(1.0)

    def nested(g):
        with xp.enable_grad():
            inner = x * 3
            inner.register_hook(failing)
            inner.sum().backward()

    y = x * 2
    y.register_hook(nested)
    with pytest.raises(LookupError) as caught:
        y.sum().backward()
    assert len(caught.value.__notes__) == 1


def test_code_without_a_file_is_harmless():
    scope = {"xp": xp, "x": leaf(1.0)}
    exec("y = xp.exp(x)", scope)  # noqa: S102 - code without a file is what is tested
    scope["y"].sum().backward()
    with pytest.raises(GraphError, match=r"'exp', recorded at <string>:1"):
        scope["y"].sum().backward()


def test_first_frame_outside_xpgrad_is_a_package_boundary():
    """A package whose name begins with ours is outside."""
    code = compile(
        "y = xp.exp(x)", str(pathlib.Path(xp.__file__).parent) + "_extra/model.py", "exec"
    )
    scope = {"xp": xp, "x": leaf(1.0)}
    exec(code, scope)  # noqa: S102 - same
    assert scope["y"].grad_fn.metadata["file"].endswith("xpgrad_extra/model.py")
