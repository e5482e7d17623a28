"""How a benchmark's command ends: bad input is one line and exit code 2, an interruption exit code 130."""

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
