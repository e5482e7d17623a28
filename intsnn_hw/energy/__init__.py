"""Energy from operation counts and switching activity, by a table of coefficients that can be replaced."""

from .coefficients import Coefficients
from .operations import energy_of

__all__ = ["Coefficients", "energy_of"]
