"""The command line: ``intsnn COMMAND ...``, one module of :mod:`intsnn_hw.cli` for each command.

Exit codes: 0 done; 1 hardware and model differ, or a defect of ours; 2 an error the user can cause, in one line;
130 interrupted. Nothing heavy is imported before a command runs, so that help is quick.
"""

import argparse
import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

from golden.errors import InputError, InputWarning

from . import COMMANDS
from .messages import worded
from .options import HelpFormatter
from .output import note

MISMATCH, USER_ERROR, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141

_DESCRIPTION = """\
A hardware generator for integer spiking neural networks: one configuration gives an integer model, a
trainer, synthesizable Verilog, and the proof by co-simulation that hardware and model agree bit for bit."""

_EPILOG = """\
start here:
  intsnn demo                                            all of it on handwritten digits, in a minute
  intsnn train --preset digits-64 --out digits.npz       train a network
  intsnn eval digits.npz                                 its accuracy, errors and activity
  intsnn generate digits.npz --with-weights -o build/rtl its Verilog, weights included
  intsnn cosim digits.npz                                that Verilog against the model, value by value
  intsnn synth digits.npz --target ecp5-25k              what it takes of an FPGA
  intsnn energy digits.npz                               what an inference costs
  intsnn data list                                       data sets by name, events and sound among them

Every command explains itself: intsnn train --help. With --json it prints one JSON object."""


class _UsageError(InputError):
    """Options that do not parse."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, action in ((None, _StoreOnce), ("store", _StoreOnce), ("store_true", _TrueOnce)):
            self.register("action", name, action)

    def error(self, message: str) -> NoReturn:
        raise _UsageError(f"{message}; see '{self.prog} --help'")


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


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"intsnn {version('intsnn-hw')}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; ``run`` of the parsed arguments executes the chosen one."""
    parser = _Parser(
        prog="intsnn",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    parser.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name in COMMANDS:
        import_module(f"intsnn_hw.cli.{name}").add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; help and version end by SystemExit, as argparse does."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser()
    try:
        args = parser.parse_args(arguments)
        with _warnings_as_notes():
            code = args.run(args)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("intsnn: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output is gone; the interpreter's own flush at exit must find a place to write to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:
        if "--verbose" in arguments:
            traceback.print_exc()
        message, code = _judge(error, set(_options(parser)))
        print(f"intsnn: error: {' '.join(message.split())}", file=sys.stderr)
        return code


@contextlib.contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print what fits, but perhaps not as the user thinks, as notes; other warnings are shown as ever."""

    def shown(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
        if issubclass(category, InputWarning):
            note(worded(message))
        else:
            usual(message, category, *rest, **named)

    with warnings.catch_warnings():
        usual, warnings.showwarning = warnings.showwarning, shown
        warnings.simplefilter("always", InputWarning)
        yield


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield all options of a parser and of its commands."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _options(inner)


def _judge(error: Exception, options: set[str]) -> tuple[str, int]:
    """Return what to say of an error, and the exit code."""
    if isinstance(error, InputError):
        return worded(error, options), USER_ERROR
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", USER_ERROR
    if isinstance(error, MemoryError):
        return f"not enough memory ({error}); choose a smaller network or fewer samples", USER_ERROR
    return f"{type(error).__name__}: {worded(error, options)} (a defect of intsnn; --verbose shows where)", MISMATCH
