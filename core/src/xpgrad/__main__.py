"""The command ``xpgrad``, also ``python -m xpgrad``: what is installed, does it conform, is a program portable."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "conformance": (
        "xpgrad.conformance.cli",
        "run the conformance kit: `xpgrad conformance backend|operation|layer|optimizer NAME`, or `all`",
    ),
    "compare": (
        "xpgrad._cli.compare",
        "where do two backends part: `xpgrad compare A B SCRIPT`, or `-m MODULE`",
    ),
    "lint": (
        "xpgrad._cli.lint",
        "which lines of a program are not portable: `xpgrad lint SCRIPT`, or `-m MODULE`",
    ),
    "new-plugin": (
        "xpgrad._cli.new_plugin",
        "write a package: `xpgrad new-plugin backend|operation|layer|optimizer NAME`",
    ),
}
"""Commands that read their own words, and where they live; a command loads only what it needs."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xpgrad", description="What is installed, and does it conform?"
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="command")
    doctor = commands.add_parser(
        "doctor", help="who provides what; what was left out, and why",
        description="Load all that is installed, and say who provides what, how it was tested last, and what was "
        "left out and why. Exit status: 0; with XPGRAD_STRICT_PLUGINS=1 it is 1 where a plugin or a part of one was "
        "left out.",
    )  # fmt: skip
    doctor.add_argument("--json", action="store_true", help="print the same as JSON")
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


NOBODY_READS: Final = 141
"""The exit status where standard output was closed, as of a program that the signal SIGPIPE ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the number that comes back is the exit status."""
    try:
        try:
            return _run(argv)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # as in `xpgrad doctor | head -1`
        # what is still to be written goes nowhere, and the interpreter does not complain of it when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS


def _run(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in COMMANDS:
        module, _ = COMMANDS[words[0]]
        return int(import_module(module).main(words[1:]))
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
