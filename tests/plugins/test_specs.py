"""A spec that cannot work is refused where it is written, and the message says what would do."""

import pytest

from xpgrad.errors import PluginError
from xpgrad.extend import BackendSpec, ComponentSpec, OpSpec, OptimizerSpec

GOOD = dict(name="mine", array_types=("m:A",), devices=("cpu",), factory="m.backend:Mine")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (dict(name="Mine"), "name is 'Mine'"),
        (dict(name="my:lib"), "name is 'my:lib'"),
        (dict(name=3), "name is 3"),
        (dict(name="cuda"), "name of a device kind"),
        (dict(name="warp", devices=("warp",)), "name of a device kind"),
        (dict(devices="cpu"), r"expected a tuple of texts like \(\"cpu\",\)"),
        (dict(devices=("cuda:0",)), "device kind is 'cuda:0'"),
        (dict(array_types="m:A"), "expected a tuple of texts"),
        (dict(array_types=("m.A",)), "array type is 'm.A'"),
        (dict(factory="m.backend.Mine"), "expected a target"),
        (dict(factory=dict), "expected a target"),
        (dict(requires="mylib"), "requires is 'mylib'"),
        (dict(install=None), "install"),
        (dict(priority="high"), "priority is 'high'; expected an int"),
    ],
)
def test_a_backend_spec_says_what_is_wrong(change, says):
    BackendSpec(**GOOD)
    with pytest.raises(PluginError, match=says):
        BackendSpec(**{**GOOD, **change})


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: OptimizerSpec("a b", "m:A"), "optimizer's name is 'a b'"),
        (lambda: OptimizerSpec("A", "m"), "factory is 'm'"),
        (lambda: OptimizerSpec("A", "m:A", reference="m"), "reference is 'm'"),
        (lambda: OptimizerSpec("A", "m:A", known_failures={"t": ""}), "needs its reason"),
        (lambda: OpSpec("a-b", "m:f"), "operation's name is 'a-b'"),
        (lambda: OpSpec("f", "f"), "forward is 'f'"),
        (lambda: OpSpec("f", "m:f", rule="f"), "rule is 'f'"),
        (lambda: ComponentSpec("lawyer", "A", "m:A"), "kind is 'lawyer'; expected one of"),
        (lambda: ComponentSpec("layer", "", "m:A"), "layer's name is ''"),
        (lambda: ComponentSpec("layer", "A", "m:"), "factory is 'm:'"),
    ],
)
def test_the_other_specs_say_what_is_wrong(make, says):
    with pytest.raises(PluginError, match=says):
        make()


def test_a_spec_cannot_be_changed():
    spec = OptimizerSpec("A", "m:A")
    with pytest.raises(AttributeError):
        spec.name = "B"
    with pytest.raises(TypeError):
        spec.known_failures["t"] = "no"
