"""The errors a user can cause."""

import itertools
import traceback
from pathlib import Path

_HOUSE = Path(__file__).parents[1]
_PACKAGES = ("golden", "intsnn_hw", "sim", "train")


class InputError(ValueError):
    """An error the user can cause.

    The message is one line that says what is wrong, where, and what to do. The command line prints it and ends
    with exit code 2; any other exception is a defect of ours and shows its traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the message, and the line of the user's that it comes from."""
        frames = traceback.extract_tb(self.__traceback__)
        theirs = list(itertools.takewhile(lambda frame: not _is_ours(frame.filename), frames))
        where = [f"  in line {theirs[-1].lineno}: {theirs[-1].line}"] if theirs else []
        return [f"{type(self).__name__}: {self}", *where]


class ConfigError(InputError):
    """A configuration, preset or option that breaks a rule."""


class DataError(InputError):
    """A data set that is missing, damaged or unusable."""


class CheckpointError(InputError):
    """A trained network that is missing, damaged or of another version."""


class NirError(InputError):
    """A NIR file or graph that is missing, damaged, or says what the integer arithmetic does not have."""


class ToolError(InputError):
    """An outside program (compiler, simulator) that is missing or failed."""


class InputWarning(UserWarning):
    """What fits, but perhaps not as the user thinks; the command line prints it as a note."""


def _is_ours(filename: str) -> bool:
    return any(Path(filename).is_relative_to(_HOUSE / name) for name in _PACKAGES)
