"""The rules that make errors of the readout's scores: a file each, and their names in the configuration."""

from .graded import GradedError
from .margin import MarginError
from .pair import PairError
from .rule import ErrorRule

ERRORS: dict[str, type[ErrorRule]] = {"margin": MarginError, "pair": PairError, "graded": GradedError}
"""Every rule by its name, which is an :data:`golden.config.ErrorKind`."""
