"""The reader of the standard's stubs: what it takes of a parameter, and which names."""

import runpy
from pathlib import Path

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "standard_signatures.py"))


def test_names_kinds_and_defaults_are_read_and_nothing_is_imported(tmp_path):
    folder = tmp_path / "_2031_12"
    folder.mkdir()
    (folder / "sorting.py").write_text(
        '__all__ = ["sort"]\nfrom nowhere import x\n'
        "def sort(x, /, k: int = -1, *arrays, descending=False, out): ...\n"
        "def _private(x): ...\n"
    )
    (folder / "fft.py").write_text("def fft(x, /): ...\n")
    (folder / "data_types.py").write_text("class T: ...\n")
    (folder / "info.py").write_text(
        '__all__ = ["__array_namespace_info__"]\ndef __array_namespace_info__(): ...\n'
        "def devices(): ...\n"
    )
    (folder / "array_object.py").write_text(
        "class _array:\n    def __init__(self): ...\n    @property\n    def T(self): ...\n"
        "    def __add__(self, other, /): ...\n"
    )
    first, other = ("x", "positional-only", None), ("other", "positional-only", None)
    assert SCRIPT["signatures"](folder) == {
        "version": "2031.12",
        "functions": {
            "__array_namespace_info__": [],
            "fft.fft": [first],
            "sort": [
                first,
                ("k", "positional or keyword", "-1"),
                ("arrays", "variadic positional", None),
                ("descending", "keyword-only", "False"),
                ("out", "keyword-only", None),
            ],
        },
        "array": {"T": None, "__add__": [("self", "positional-only", None), other]},
        "info": {"devices": []},
    }
