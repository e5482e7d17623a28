"""The errors a user can cause."""


class InputError(ValueError):
    """An error the user can cause.

    The message is one line that says what is wrong, where, and what to do. The command line prints it and ends
    with exit code 2; any other exception is a defect of ours and shows its traceback.
    """


class ConfigError(InputError):
    """A configuration, preset or option that breaks a rule."""


class DataError(InputError):
    """A data set that is missing, damaged or unusable."""


class CheckpointError(InputError):
    """A trained network that is missing, damaged or of another version."""


class ToolError(InputError):
    """An outside program (compiler, simulator) that is missing or failed."""


class InputWarning(UserWarning):
    """What fits, but perhaps not as the user thinks; the command line prints it as a note."""
