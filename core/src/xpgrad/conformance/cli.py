"""``xpgrad conformance backend NAME`` (or ``operation NAME``): runs the kit; the exit code is the verdict."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from xpgrad.conformance.samples import matching
from xpgrad.conformance.site import Site
from xpgrad.errors import XpgradError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad conformance",
        description="Does it conform? Every other option is pytest's: -k, -x, -v, --durations …",
        allow_abbrev=False,
    )
    parser.add_argument("kind", choices=("backend", "operation"), help="what to test")
    parser.add_argument(
        "name",
        help="its registered name, as `xpgrad doctor` shows it; for operations also a pattern such as 'special.*'",
    )
    parser.add_argument("--backend", default="numpy", help="on which to test an operation")
    parser.add_argument("--device", help="the backend's device (default: its first)")
    parser.add_argument("--thorough", action="store_true", help="every sample on every device")
    parser.add_argument("--json", metavar="FILE", help="write the report to FILE")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the kit; 0 says that the backend conforms."""
    options, rest = _parser().parse_known_args(argv)
    try:
        import pytest  # noqa: PLC0415 - an extra: a command says what is missing
    except ModuleNotFoundError as error:
        print(f"the conformance kit needs {error.name}: pip install 'xpgrad-core[conformance]'")
        return 2
    backend = options.name if options.kind == "backend" else options.backend
    try:
        Site.of(backend, options.device)
        if options.kind == "operation" and not matching(options.name):
            print(
                f"no installed operation with samples fits {options.name!r}; `xpgrad doctor` lists operations"
            )
            return 2
    except XpgradError as error:
        print(f"backend {backend!r} cannot be tested: {error}")
        return 2
    kit = Path(__file__).parent
    args = [
        "-c", os.devnull, f"--rootdir={kit}", "-p", "no:cacheprovider", "-p", "xpgrad.conformance.plugin", "-q",
        f"--xpgrad-backend={backend}",
    ]  # fmt: skip
    args += [f"--xpgrad-device={options.device}"] if options.device else []
    args += [f"--xpgrad-json={Path(options.json).absolute()}"] if options.json else []
    args += ["--xpgrad-thorough"] if options.thorough else []
    args += [f"--xpgrad-operations={options.name}"] if options.kind == "operation" else []
    return int(pytest.main([*args, *rest, str(kit / f"test_{options.kind}.py")]))
