"""Parsers: of the program and of a command."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from golden.errors import InputError

from . import COMMANDS


class UsageError(InputError):
    """Options that do not parse."""


class Parser(argparse.ArgumentParser):
    """Takes no option twice, and raises what it cannot parse as an error of ours."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, action in ((None, _StoreOnce), ("store", _StoreOnce), ("store_true", _TrueOnce)):
            self.register("action", name, action)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see '{self.prog} --help'")


class _Once:
    """An action that refuses to be taken twice, when the first value would be lost without a word, and no value."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        seen = vars(namespace).setdefault("_given", set())
        if option is not None and self.dest in seen:  # pyright: ignore[reportAttributeAccessIssue] # of the action
            raise argparse.ArgumentError(self, "is given twice; give it once")  # pyright: ignore[reportArgumentType]
        if values == "":
            raise argparse.ArgumentError(self, "is empty; give a value")  # pyright: ignore[reportArgumentType]
        seen.add(self.dest)  # pyright: ignore[reportAttributeAccessIssue]
        super().__call__(parser, namespace, values, option)  # pyright: ignore[reportAttributeAccessIssue]


class _StoreOnce(_Once, argparse._StoreAction):
    pass


class _TrueOnce(_Once, argparse._StoreTrueAction):
    pass


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and states each default that is a value."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        says_it = action.default in (None, False, argparse.SUPPRESS) or "%(default)" in text
        return text if says_it else f"{text} (default: %(default)s)"


def add_command(
    commands: Any, name: str, description: str, examples: str, *, help_line: str | None = None
) -> argparse.ArgumentParser:
    """Add the parser of a command, with ``--json`` and ``--verbose``; its module's ``run`` is still to be set.

    One that is not in :data:`intsnn_hw.cli.COMMANDS` needs its line of the help.
    """
    parser = commands.add_parser(
        name,
        help=help_line or COMMANDS[name],
        description=description,
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines()),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout, and nothing else")
    parser.set_defaults(prog=parser.prog)
    # SUPPRESS: else the default here would undo a --verbose before the command.
    parser.add_argument(
        "--verbose", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )
    return parser
