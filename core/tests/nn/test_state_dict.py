"""State dicts: names to values; one that does not fit changes nothing and says all that is wrong."""

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.errors import StateDictError
from xpgrad.nn import Module, Parameter


class Part(Module):
    def __init__(self, value=0.0, n=2):
        super().__init__()
        self.weight = Parameter(xp.full((n,), value))
        self.register_buffer("count", xp.asarray(int(value)))
        self.register_buffer("scratch", xp.zeros(1), persistent=False)


class Whole(Module):
    def __init__(self, value=0.0):
        super().__init__()
        self.scale = Parameter(xp.asarray(value))
        self.part = Part(value)


def values(module):
    return {k: v.tolist() for k, v in module.state_dict().items()}


def test_a_state_dict_holds_parameters_and_persistent_buffers_by_name():
    assert values(Whole(1.0)) == {"scale": 1.0, "part.weight": [1.0, 1.0], "part.count": 1}
    assert list(Part().state_dict(prefix="p.")) == ["p.weight", "p.count"]


def test_a_state_dict_is_detached_and_shares_the_values():
    whole = Whole()
    state = whole.state_dict()
    assert not state["scale"].requires_grad
    with xp.no_grad():
        whole.scale += 1.0
    assert state["scale"].item() == 1.0
    assert whole.state_dict(keep_vars=True)["scale"] is whole.scale


def test_loading_copies_the_values_and_keeps_the_objects():
    source, target = Whole(3.0), Whole()
    before = target.scale
    result = target.load_state_dict(source.state_dict())
    assert values(target) == values(source)
    assert target.scale is before
    assert target.scale.requires_grad
    assert repr(result) == "<All keys matched successfully>"
    with xp.no_grad():
        source.part.weight += 1.0
    assert target.part.weight.tolist() == [3.0, 3.0]


def test_what_was_loaded_can_be_trained():
    whole = Whole()
    whole.load_state_dict(Whole(3.0).state_dict())
    (whole.scale * whole.part.weight).sum().backward()
    with xp.no_grad():
        whole.part.weight -= whole.part.weight.grad
        whole.part.weight[0] = 9.0
    assert whole.part.weight.tolist() == [9.0, 0.0]


def test_loading_takes_host_arrays_and_keeps_the_modules_dtype():
    part = Part().to(xp.float32)
    part.load_state_dict({"weight": np.asarray([1, 2]), "count": np.asarray(5)})
    assert part.weight.dtype == xp.float32
    assert values(part) == {"weight": [1.0, 2.0], "count": 5}


def test_a_misfit_names_everything_and_changes_nothing():
    whole = Whole(1.0)
    wrong = {"part.weight": xp.ones(3), "part.count": xp.asarray(7), "extra": xp.ones(1)}
    with pytest.raises(StateDictError) as caught:
        whole.load_state_dict(wrong)
    text = str(caught.value)
    assert "does not fit Whole" in text
    assert "missing names: 'scale'" in text
    assert "unexpected names: 'extra'" in text
    assert "shape of 'part.weight': (3,) in the state dict, (2,) in the module" in text
    assert values(whole) == values(Whole(1.0))


def test_values_that_cannot_be_stored_are_named():
    with pytest.raises(StateDictError, match="value of 'weight': object is no array"):
        Part().load_state_dict({"weight": object(), "count": 1})
    with pytest.raises(StateDictError, match="dtype of 'weight': xpgrad.complex128 does not fit"):
        Part().load_state_dict({"weight": xp.asarray([1j, 2j]), "count": 1})
    with pytest.raises(TypeError, match="dict-like, got list"):
        Part().load_state_dict([1])


def test_without_strict_names_may_differ_but_shapes_may_not():
    whole = Whole()
    result = whole.load_state_dict({"scale": xp.asarray(2.0), "extra": 1}, strict=False)
    assert result.missing_keys == ["part.weight", "part.count"]
    assert result.unexpected_keys == ["extra"]
    assert whole.scale.item() == 2.0
    with pytest.raises(StateDictError, match="shape of 'scale'"):
        whole.load_state_dict({"scale": xp.ones(2)}, strict=False)


def test_assigning_takes_the_tensors_with_their_dtype():
    part = Part()
    given = {"weight": xp.ones(2, dtype=xp.float32), "count": xp.asarray(4)}
    part.load_state_dict(given, assign=True)
    assert part.weight.dtype == xp.float32
    assert isinstance(part.weight, Parameter)
    assert part.weight.requires_grad
    assert part.count is given["count"]


def test_a_shared_parameter_is_saved_under_both_names():
    whole = Whole()
    whole.part.other = whole.scale
    assert {"scale", "part.other"} <= set(whole.state_dict())
    whole.load_state_dict(whole.state_dict())
    assert whole.part.other is whole.scale
