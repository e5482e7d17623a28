"""How a benchmark's command ends: bad input is one line and exit code 2, an interruption exit code 130."""

import argparse
import sys
from collections.abc import Callable
from functools import wraps

from golden.errors import InputError


def command(main: Callable[..., int | None]) -> Callable[..., int]:
    """Return a main that gives an exit code whatever a user did; None of the wrapped one means 0."""

    @wraps(main)
    def run(arguments: list[str] | None = None) -> int:
        try:
            return main(arguments) or 0
        except (InputError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 130

    return run


def require_positive(options: argparse.Namespace, *names: str) -> None:
    """Raise InputError for a number below 1 among options; one that is left out is None."""
    for name in names:
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InputError(f"--{name}: must be at least 1, got {value}")
