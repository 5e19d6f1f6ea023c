"""A module called with other tensors: every way from the module to its layers leads to them."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.nn import Linear, Module, Parameter


class Listed(Module):
    """Its layers stand in a list, a dictionary, a tuple in a list, behind a method and in its own attribute too."""

    def __init__(self, way):
        super().__init__()
        self.way = way
        self.fc = Linear(1, 1, bias=False)
        self.scale = Parameter(xp.ones(1))
        self.order = [self.fc, self.scale]
        self.table = {"first": (self.fc, self.scale)}
        self.call = self.fc.forward
        self.order.append(self.order)

    def forward(self, x):
        layer, scale = {
            "attributes": lambda: (self.fc, self.scale),
            "a list": lambda: self.order[:2],
            "a tuple in a dictionary": lambda: self.table["first"],
            "a method": lambda: (self.call, self.scale),
        }[self.way]()
        return layer(x) * scale


WAYS = ["attributes", "a list", "a tuple in a dictionary", "a method"]


@pytest.mark.parametrize("way", WAYS)
def test_the_gradient_by_a_module_reaches_its_layers_on_every_way(way):
    model = Listed(way)
    w = model.fc.weight.item()
    found = xp.grad(lambda m: xp.sum(m(xp.full((1, 1), 3.0))))(model)
    assert {k: v.reshape(-1).tolist() for k, v in found.items()} == {
        "fc.weight": [3.0],
        "scale": pytest.approx([3.0 * w]),
    }


@pytest.mark.parametrize("way", WAYS)
def test_a_call_with_other_values_uses_them_on_every_way_and_leaves_the_module_alone(way):
    model = Listed(way)
    before = model.fc.weight.item()
    others = {"fc.weight": xp.full((1, 1), 5.0), "scale": xp.full((1,), 2.0)}
    assert xp.nn.functional_call(model, others, xp.ones((1, 1))).item() == 10.0
    assert model(xp.ones((1, 1))).item() == before
    assert model.order[0] is model.fc
    assert model.order[2] is model.order


def test_what_the_call_assigns_stays_out_of_the_module():
    class Counting(Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", xp.asarray(0))
            self.seen = []

        def forward(self, x):
            self.calls = self.calls + 1
            self.seen.append(x)
            return x

    model = Counting()
    xp.nn.functional_call(model, {}, xp.ones(1))
    assert model.calls.item() == 0
    assert len(model.seen) == 1  # what holds no tensor of the module is the same object


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(xp.errors.StateDictError, match=r"has no fc\.bias; it has .*fc\.weight"):
        xp.nn.functional_call(Listed("a list"), {"fc.bias": xp.ones(1)}, xp.ones((1, 1)))


def test_a_second_derivative_by_a_module_that_lists_its_layers():
    model = Listed("a list")
    x = xp.full((1, 1), 2.0)

    def loss(m):
        return xp.sum(m(x) ** 2)

    w, s = model.fc.weight.item(), model.scale.item()
    (found,) = xp.hvp(loss, (model,), ({"fc.weight": xp.ones((1, 1)), "scale": xp.zeros(1)},))
    np.testing.assert_allclose(found["fc.weight"].detach(), [[2 * (2 * s) ** 2]])
    np.testing.assert_allclose(found["scale"].detach(), [2 * 2 * w * s * 2 * 2])
