"""A module is a tree: what is assigned is found, walked, moved, copied and printed."""

import copy
import gc
import pickle
import weakref

import pytest

import xpgrad as xp
from xpgrad.errors import DTypeError
from xpgrad.nn import Module, Parameter, Sequential


class Affine(Module):
    """Two parameters and two buffers."""

    def __init__(self, n=2, m=3):
        super().__init__()
        self.weight = Parameter(xp.ones((m, n)))
        self.bias = Parameter(xp.zeros((m,)))
        self.register_buffer("calls", xp.asarray(0))
        self.register_buffer("scratch", xp.zeros(1), persistent=False)

    def forward(self, x, scale=1.0):
        return (x @ self.weight.mT + self.bias) * scale

    def extra_repr(self):
        return f"shape={self.weight.shape}"


class Net(Module):
    def __init__(self):
        super().__init__()
        self.first = Affine(2, 2)
        self.second = Affine(2, 3)
        self.again = self.first

    def forward(self, x):
        return self.second(self.first(x))


# --- attributes -----------------------------------------------------------------------------------


def test_what_is_assigned_decides_where_it_goes():
    net = Affine()
    net.child, net.note = Affine(), "text"
    assert list(net._parameters) == ["weight", "bias"]
    assert list(net._buffers) == ["calls", "scratch"]
    assert list(net._modules) == ["child"]
    assert net.__dict__["note"] == "text"
    assert {"weight", "calls", "child", "note", "forward"} <= set(dir(net))


def test_an_attribute_may_change_its_kind():
    net = Affine()
    net.other = 1
    net.other = Parameter(xp.ones(1))
    assert "other" in net._parameters
    assert "other" not in net.__dict__
    net.other = Affine()
    assert "other" in net._modules
    assert "other" not in net._parameters


def test_none_keeps_the_place_of_a_parameter():
    net = Affine()
    net.bias = None
    assert net.bias is None
    assert [n for n, _ in net.named_parameters()] == ["weight"]
    assert list(net.state_dict()) == ["weight", "calls"]
    net.bias = Parameter(xp.ones(3))
    assert len(list(net.parameters())) == 2


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weight", 3, "cannot assign int as parameter 'weight'"),
        ("weight", xp.ones(2), "cannot assign Tensor as parameter 'weight'"),
        ("child", 3, "cannot assign int as child module 'child'"),
        ("calls", 3, "cannot assign int as buffer 'calls'"),
    ],
)
def test_a_place_takes_only_its_kind(name, value, message):
    net = Affine()
    net.child = Affine()
    with pytest.raises(TypeError, match=message):
        setattr(net, name, value)


def test_assigning_before_init_says_so():
    class Hasty(Module):
        def __init__(self, value):
            self.value = value
            super().__init__()

    with pytest.raises(
        AttributeError, match=r"cannot assign parameters before Module.__init__\(\) call"
    ):
        Hasty(Parameter(xp.ones(1)))
    with pytest.raises(
        AttributeError, match=r"cannot assign module before Module.__init__\(\) call"
    ):
        Hasty(Affine())
    assert Hasty(1).training


def test_calling_before_init_says_so():
    class Forgetful(Module):
        def __init__(self):
            pass

    with pytest.raises(AttributeError, match=r"called before Module.__init__\(\)"):
        Forgetful()(1)


def test_a_missing_attribute_is_named():
    with pytest.raises(AttributeError, match="'Affine' object has no attribute 'wieght'"):
        Affine().wieght
    assert not hasattr(Affine(), "wieght")


def test_an_attribute_can_be_deleted():
    net = Net()
    del net.first, net.second.bias, net.second.calls
    assert [n for n, _ in net.named_modules()] == ["", "second", "again"]
    assert not hasattr(net.second, "bias")
    with pytest.raises(AttributeError):
        del net.first


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.register_parameter("a.b", None), KeyError, "can't be empty or contain"),
        (lambda m: m.register_parameter("", None), KeyError, "can't be empty or contain"),
        (lambda m: m.register_parameter(3, None), TypeError, "must be text, got int"),
        (lambda m: m.register_parameter("forward", None), KeyError, "already exists"),
        (lambda m: m.register_parameter("p", xp.ones(1)), TypeError, "cannot assign Tensor"),
        (lambda m: m.register_buffer("weight", None), KeyError, "already exists"),
        (lambda m: m.register_buffer("b", 1), TypeError, "cannot assign int as buffer"),
        (lambda m: m.add_module("m", 1), TypeError, "int is not a Module"),
    ],
)
def test_registering_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call(Affine())


# --- the tree -------------------------------------------------------------------------------------


def test_a_shared_module_appears_once_under_its_first_name():
    net = Net()
    assert [n for n, _ in net.named_modules()] == ["", "first", "second"]
    assert [n for n, _ in net.named_children()] == ["first", "second"]
    assert [n for n, _ in net.named_parameters()] == [
        "first.weight",
        "first.bias",
        "second.weight",
        "second.bias",
    ]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 6
    assert next(n for n, _ in net.named_buffers(prefix="net")) == "net.first.calls"
    assert list(net.parameters(recurse=False)) == []


def test_a_shared_parameter_appears_once():
    net = Net()
    net.second.weight = Parameter(xp.ones((3, 2)))
    net.first.weight = net.second.weight
    assert [n for n, _ in net.named_parameters()] == ["first.weight", "first.bias", "second.bias"]
    assert "second.weight" in net.state_dict()


def test_dotted_names_find_modules_parameters_and_buffers():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("second") is net.second
    assert net.get_parameter("second.bias") is net.second.bias
    assert net.get_buffer("first.calls") is net.first.calls
    with pytest.raises(AttributeError, match="Net has no module 'third'"):
        net.get_submodule("third.x")
    with pytest.raises(AttributeError, match="Affine has no parameter 'calls'"):
        net.get_parameter("first.calls")


def test_apply_visits_children_first():
    seen = []
    net = Net()
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Affine", "Affine", "Net"]


def test_train_and_eval_switch_the_whole_tree():
    net = Net()
    assert net.training
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    with pytest.raises(ValueError, match="needs a bool, got str"):
        net.train("yes")


def test_freezing_stops_recording():
    net = Net().requires_grad_(False)
    assert not net(xp.ones((1, 2))).requires_grad
    assert net.requires_grad_()(xp.ones((1, 2))).requires_grad


def test_zero_grad_forgets_or_zeroes():
    net = Net()
    net(xp.ones((1, 2))).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.first.weight.grad.tolist() == [[0, 0], [0, 0]]
    net.zero_grad()
    assert net.first.weight.grad is None


# --- moving ---------------------------------------------------------------------------------------


def test_to_changes_what_is_floating_and_keeps_the_objects():
    net = Net()
    before = list(net.parameters())
    net(xp.ones((1, 2))).sum().backward()
    assert net.to(xp.float32) is net
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert {p.dtype for p in net.parameters()} == {p.grad.dtype for p in before} == {xp.float32}
    assert net.first.calls.dtype == xp.int64
    assert net.first.scratch.dtype == xp.float32
    assert all(p.requires_grad and p.is_leaf for p in before)
    net(xp.ones((1, 2), dtype=xp.float32)).sum().backward()


def test_to_understands_devices_dtypes_and_tensors():
    net = Affine()
    like = xp.ones(1, dtype=xp.float32)
    for args in (("cpu", xp.float32), (like,), (xp.device("cpu"), "float32"), (like.dtype,)):
        assert net.double().to(*args).weight.dtype == xp.float32
    assert net.to("cpu", non_blocking=True).weight.device == "cpu"
    assert net.float().weight.dtype == xp.float32
    with pytest.raises(DTypeError, match="needs a floating dtype, got xpgrad.int64"):
        net.to(xp.int64)


# --- hooks ----------------------------------------------------------------------------------------


def test_hooks_see_and_change_arguments_and_results():
    net, seen = Affine(), []
    net.register_forward_pre_hook(lambda m, args: seen.append("first"))
    net.register_forward_pre_hook(lambda m, args: args[0] * 2, prepend=True)
    handle = net.register_forward_hook(lambda m, args, out: (seen.append(args), out * 10)[1])
    out = net(xp.ones((1, 2)))
    assert out.tolist() == [[40.0] * 3]
    assert seen[0] == "first"
    assert seen[1][0].tolist() == [[2.0, 2.0]]
    handle.remove()
    handle.remove()
    assert net(xp.ones((1, 2))).tolist() == [[4.0] * 3]


def test_hooks_with_kwargs_get_them():
    net = Affine()
    net.register_forward_pre_hook(lambda m, a, k: (a, {"scale": k["scale"] + 1}), with_kwargs=True)
    with net.register_forward_hook(lambda m, a, k, out: out * k["scale"], with_kwargs=True):
        assert net(xp.ones((1, 2)), scale=1.0).tolist() == [[8.0] * 3]
    assert net(xp.ones((1, 2)), scale=1.0).tolist() == [[4.0] * 3]


def test_a_hook_is_callable_and_a_pre_hook_with_kwargs_returns_a_pair():
    net = Affine()
    with pytest.raises(TypeError, match="must be callable, got int"):
        net.register_forward_hook(3)
    net.register_forward_pre_hook(lambda m, a, k: 1, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"None or \(args, kwargs\), got 1"):
        net(xp.ones((1, 2)))


# --- copies and text ------------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_apart_and_keep_what_is_shared(copied):
    net = Net()
    net.first.register_forward_hook(print_nothing)
    net(xp.ones((1, 2))).sum().backward()
    twin = copied(net)
    assert twin.again is twin.first
    assert isinstance(twin.first.weight, Parameter)
    assert twin.first._non_persistent_buffers_set == {"scratch"}
    with xp.no_grad():
        twin.first.weight += 1.0
    assert net.first.weight.tolist() == [[1, 1], [1, 1]]


def test_a_deep_copy_has_its_own_gradients():
    net = Affine()
    net(xp.ones((1, 2))).sum().backward()
    twin = copy.deepcopy(net)
    net.zero_grad()
    assert twin.bias.grad.tolist() == [1.0, 1.0, 1.0]


def print_nothing(module, args, out):
    """A hook that pickles."""


def test_a_module_prints_its_tree():
    assert repr(Affine()) == "Affine(shape=(3, 2))"
    net = Sequential(Affine(), Module())
    net.extra_repr = lambda: "one\ntwo"
    assert repr(net) == "Sequential(\n  one\n  two\n  (0): Affine(shape=(3, 2))\n  (1): Module()\n)"


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match='Module has no "forward"'):
        Module()(1)


def test_a_dropped_module_leaves_nothing_for_the_collector():
    gc.disable()
    try:
        net = Net()
        net(xp.ones((1, 2))).sum().backward()
        gone = weakref.ref(net.first.weight)
        del net
        assert gone() is None
    finally:
        gc.enable()


def test_gradients_are_forgotten_or_filled_with_zeros_whatever_they_were():
    layer = xp.nn.Linear(1, 1)
    layer.weight.grad = xp.full((1, 1), float("inf"))
    layer.bias.grad = held = xp.full((1,), float("nan"))
    layer.zero_grad(set_to_none=False)
    assert layer.weight.grad.tolist() == [[0.0]]
    assert layer.bias.grad is held
    assert held.tolist() == [0.0]
    layer.zero_grad()
    assert layer.weight.grad is layer.bias.grad is None
