"""Containers behave like the Python ones they are named after."""

import pytest

import xpgrad as xp
from xpgrad.nn import (
    Module,
    ModuleDict,
    ModuleList,
    Parameter,
    ParameterDict,
    ParameterList,
    Sequential,
)


class Add(Module):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, x):
        return x + self.n

    def extra_repr(self):
        return str(self.n)


def numbers(row):
    return [m.n for m in row]


def names(module):
    return list(module._modules)


def test_a_sequential_calls_its_modules_in_order():
    assert Sequential(Add(1), Add(2))(0) == 3
    named = Sequential({"a": Add(1), "b": Add(2)})
    assert names(named) == ["a", "b"]
    assert named.a.n == 1
    assert Sequential()(5) == 5


@pytest.mark.parametrize("make", [Sequential, lambda *m: ModuleList(m)])
def test_rows_index_slice_grow_and_shrink(make):
    row = make(Add(0), Add(1), Add(2))
    assert len(row) == 3
    assert (row[0].n, row[-1].n) == (0, 2)
    assert numbers(row[1:]) == [1, 2]
    row.append(Add(3)).extend([Add(4)])
    row.insert(0, Add(-1))
    assert numbers(row) == [-1, 0, 1, 2, 3, 4]
    assert row.pop(1).n == 0
    del row[-2:]
    row[0] = Add(7)
    assert numbers(row) == [7, 1, 2]
    assert names(row) == ["0", "1", "2"]
    for index in (3, -4):
        with pytest.raises(IndexError, match=f"index {index} is out of range for a .* of 3"):
            row[index]
    with pytest.raises(TypeError, match="int is not a Module"):
        row.append(3)


def test_rows_concatenate():
    assert numbers(Sequential(Add(1)) + Sequential(Add(2))) == [1, 2]
    row = ModuleList([Add(1)])
    row += [Add(2)]
    assert numbers(row + ModuleList([Add(3)])) == [1, 2, 3]


def test_a_slice_of_a_named_sequential_keeps_the_names():
    assert names(Sequential({"a": Add(1), "b": Add(2)})[1:]) == ["b"]


def test_a_module_dict_is_a_dict():
    found = ModuleDict({"a": Add(1)})
    found["b"] = Add(2)
    found.update([("c", Add(3))])
    assert list(found) == list(found.keys()) == ["a", "b", "c"]
    assert numbers(found.values()) == [1, 2, 3]
    assert "a" in found
    assert found.pop("a").n == 1
    del found["b"]
    assert [(k, m.n) for k, m in found.items()] == [("c", 3)]
    found.clear()
    assert len(found) == 0
    assert not found


def test_a_parameter_list_makes_parameters():
    row = ParameterList([xp.ones(2), Parameter(xp.zeros(()))])
    row.append(xp.ones((1, 2)))
    assert [n for n, _ in row.named_parameters()] == ["0", "1", "2"]
    assert all(isinstance(p, Parameter) for p in row)
    row[0] = xp.zeros(3)
    assert row[0].shape == (3,)
    assert "(2): Parameter containing: [xpgrad.float64 of size 1x2]" in repr(row)


def test_a_parameter_dict_makes_parameters():
    found = ParameterDict({"a": xp.ones(2)})
    found["b"] = xp.zeros(1)
    assert list(found) == ["a", "b"]
    assert all(p.requires_grad for p in found.values())
    del found["a"]
    assert [k for k, _ in found.items()] == ["b"]
    assert "a" not in found


def test_equal_neighbours_in_a_list_print_once():
    row = ModuleList([Add(1), Add(1), Add(2)])
    assert repr(row) == "ModuleList(\n  (0-1): 2 x Add(1)\n  (2): Add(2)\n)"
