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
from collections.abc import Container, Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

from golden.errors import InputError, InputWarning

from . import COMMANDS, MODULES
from .messages import worded
from .parser import HelpFormatter, Parser, UsageError

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


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from importlib.metadata import version

        print(f"intsnn {version('intsnn-hw')}")
        parser.exit()


def build_parser(whole: Container[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of all commands; ``run`` of the parsed arguments executes the chosen one.

    Those that are not in `whole` are names and lines of the help alone, so that no more is imported than is needed.
    """
    parser = Parser(
        prog="intsnn",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    parser.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, title="commands")
    for name, line in COMMANDS.items():
        if name in whole:
            import_module(f"intsnn_hw.cli.{MODULES.get(name, name)}").add_parser(commands)
        else:
            commands.add_parser(name, help=line)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; help and version end by SystemExit, as argparse does."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = build_parser([argument for argument in arguments if not argument.startswith("-")][:1])
    try:
        args, unknown = parser.parse_known_args(arguments)
        if unknown:
            raise UsageError(f"unknown: {' '.join(unknown)}; see '{args.prog} --help'")
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
        message, code = _judge(error, set(_options(build_parser())))
        print(f"intsnn: error: {' '.join(message.split())}", file=sys.stderr)
        return code


@contextlib.contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Print what fits, but perhaps not as the user thinks, as notes; other warnings are shown as ever."""

    from .output import note

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
