"""What is saved comes back as it was, or nothing is written; any safetensors reader can open the file."""

import json

import numpy as np
import pytest

import xpgrad as xp
from xpgrad.serialization import SerializationError

safetensors = pytest.importorskip("safetensors.numpy", reason="the file format's library")


def same(a, b):
    """Whether two trees are one: types, keys in order, dtypes, bits."""
    if isinstance(a, xp.Tensor):
        return (
            isinstance(b, xp.Tensor)
            and a.dtype == b.dtype
            and a.numpy().tobytes() == b.numpy().tobytes()
        )
    if isinstance(a, dict):
        return list(a) == list(b) and all(type(k) is type(m) for k, m in zip(a, b, strict=True)) and all(
            same(a[k], b[k]) for k in a
        )  # fmt: skip
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


TREES = {
    "a tensor": xp.asarray([1.0, -0.0, float("nan")]),
    "a scalar": xp.asarray(3.5, dtype=xp.float32),
    "an empty tensor": xp.zeros((0, 3), dtype=xp.int8),
    "complex numbers": {"z": xp.asarray([1 + 2j]), "y": xp.asarray(1j, dtype=xp.complex64)},
    "booleans and integers": [xp.asarray([True, False]), xp.asarray([1, 2], dtype=xp.uint64)],
    "rows that are not contiguous": xp.asarray(np.arange(6.0).reshape(2, 3).T[::-1]),
    "plain values": {"epoch": 3, "name": "x", "none": None, "flag": True, "rate": float("inf"), "nothing": {}},
    "lists and tuples": (1, [2.0, (3, "4")], ()),
    "integer keys": {1: xp.asarray([1.0]), "1": xp.asarray([2.0])},
    "keys with dots": {"a.b": xp.asarray([1.0]), "a": {"b": xp.asarray([2.0])}, "a.b'": xp.asarray([3.0])},
    "no key": {"": xp.asarray([1.0]), "tensor": xp.asarray([2.0])},
}  # fmt: skip


@pytest.mark.parametrize("name", TREES)
def test_a_tree_comes_back_as_it_was(name, tmp_path):
    xp.save(TREES[name], tmp_path / "tree.safetensors")
    assert same(TREES[name], xp.load(tmp_path / "tree.safetensors"))


def test_a_module_and_its_optimizer_go_on_from_a_file_bit_by_bit(tmp_path):
    def made():
        model = xp.nn.Linear(3, 2)
        return model, xp.optim.SGD(model.named_parameters(), lr=0.1, momentum=0.9)

    def step(model, optimizer):
        optimizer.zero_grad()
        xp.sum(model(xp.ones((4, 3))) ** 2).backward()
        optimizer.step()

    model, optimizer = made()
    step(model, optimizer)
    xp.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "c")
    step(model, optimizer)
    again, its_optimizer = made()
    saved = xp.load(tmp_path / "c")
    again.load_state_dict(saved["model"])
    its_optimizer.load_state_dict(saved["optimizer"])
    step(again, its_optimizer)
    assert same(dict(model.state_dict()), dict(again.state_dict()))


def test_what_cannot_be_saved_is_named_by_its_place_and_the_old_file_stays(tmp_path):
    path = tmp_path / "c"
    xp.save({"a": 1}, path)
    with pytest.raises(SerializationError, match=r"object at model\.1;.*state_dict"):
        xp.save({"model": [xp.ones(1), object()]}, path)
    with pytest.raises(SerializationError, match=r"key \(1, 2\) at the top"):
        xp.save({(1, 2): 3}, path)
    assert xp.load(path) == {"a": 1}
    assert [f.name for f in tmp_path.iterdir()] == ["c"]


def test_other_readers_open_our_files_and_we_theirs(tmp_path):
    xp.save({"w": xp.asarray([1.0, 2.0]), "epoch": 3}, tmp_path / "ours")
    assert safetensors.load_file(tmp_path / "ours")["w"].tolist() == [1.0, 2.0]
    safetensors.save_file({"v": np.asarray([4], dtype=np.int16)}, tmp_path / "theirs")
    assert same(xp.load(tmp_path / "theirs"), {"v": xp.asarray([4], dtype=xp.int16)})


def test_files_that_cannot_be_read_say_why(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file .*missing"):
        xp.load(tmp_path / "missing")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(SerializationError, match="is not a safetensors file"):
        xp.load(tmp_path / "text")
    newer = {"xpgrad": json.dumps({"format": 99, "tree": 1})}
    (tmp_path / "newer").write_bytes(safetensors.save({}, metadata=newer))
    with pytest.raises(SerializationError, match=r"newer xpgrad \(format 99"):
        xp.load(tmp_path / "newer")


def test_a_file_is_loaded_to_a_device(tmp_path):
    pytest.importorskip("array_api_strict", reason="its devices")
    xp.save({"w": xp.asarray([1.0])}, tmp_path / "c")
    loaded = xp.load(tmp_path / "c", device="array_api_strict:device1")
    assert str(loaded["w"].device).endswith("device1")
