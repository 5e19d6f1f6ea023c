"""The command ``xpgrad``, also ``python -m xpgrad``: doctor, conformance, --version."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad", description="What is installed, and does it conform?"
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="command")
    doctor = commands.add_parser("doctor", help="who provides what; what was left out, and why")
    doctor.add_argument("--json", action="store_true", help="print the same as JSON")
    commands.add_parser(
        "conformance",
        help="run the conformance kit: `xpgrad conformance backend NAME [any pytest option]`",
        add_help=False,
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the number that comes back is the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["conformance"]:  # every later word is the kit's or pytest's
        from xpgrad.conformance.cli import main as conformance  # noqa: PLC0415 - imports pytest

        return int(conformance(words[1:]))
    parser = _parser()
    options = parser.parse_args(words)
    if options.version:
        from xpgrad import __version__  # noqa: PLC0415 - a command loads only what it needs

        print(f"xpgrad {__version__}")
        return 0
    if options.command == "doctor":
        from xpgrad._cli.doctor import main as doctor  # noqa: PLC0415 - loads the plugins

        return doctor(as_json=options.json)
    parser.print_help()
    return 2


if __name__ == "__main__":
    sys.exit(main())
