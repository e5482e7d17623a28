"""What command line and sweeps need to know of one option."""

from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError

KEY = "option"
"""Of the metadata of a field that an option describes."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option: what it is called, and the values it takes.

    Parameters
    ----------
    label : str
        A few words for the head of a column.
    help : str
        A line for the command line, without the range.
    metavar : str
        What stands for the value in help.
    range : (int, int), optional
        Lowest and highest value of an option that takes whole numbers.
    choices : tuple of str
        Of an option that takes words.
    each : bool
        Takes one value, or one for each layer.
    """

    label: str
    help: str
    metavar: str
    range: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()
    each: bool = False

    @property
    def line(self) -> str:
        """The line for the command line, with the range of a number."""
        return self.help if self.range is None else "{} ({}..{})".format(self.help, *self.range)

    @property
    def rule(self) -> str:
        """What a value must be, in words."""
        words = "one of " + ", ".join(self.choices)
        one = words if self.range is None else "a whole number {}..{}".format(*self.range)
        return f"{one}, or a list of them, one for each layer" if self.each else one

    def require(self, name: str, value: Any) -> None:
        """Raise ConfigError where a plain value of the option `name` does not keep the rule."""
        if not self.holds(value):
            raise ConfigError(f"`{name}`: must be {self.rule}, got {value!r}")

    def holds(self, value: Any) -> bool:
        """Tell whether a plain value (of TOML or JSON) keeps the rule."""
        values = value if self.each and isinstance(value, list) else [value]
        return len(values) > 0 and all(self._holds_one(entry) for entry in values)

    def _holds_one(self, value: Any) -> bool:
        if self.range is None:
            return isinstance(value, str) and value in self.choices
        low, high = self.range
        return type(value) is int and low <= value <= high


def described(**parameters: Any) -> dict[str, Option]:
    """Return metadata of a dataclass's field that describe its option; parameters are those of :class:`Option`."""
    return {KEY: Option(**parameters)}


def described_by(field: Any) -> Option:
    """Return the description of a dataclass's field."""
    return field.metadata[KEY]


def options_of(fields: Any) -> dict[str, Option]:
    """Return the descriptions by the names of their fields, in order; fields without one are left out."""
    return {entry.name: described_by(entry) for entry in fields if KEY in entry.metadata}
