"""Checks of a configuration's fields: an error names the field, the rule and the bad value."""

from ..errors import ConfigError


class FieldError(ConfigError):
    """A field that breaks a rule; who took its value under another name says it by that (:meth:`renamed`).

    Attributes
    ----------
    owner : object
        The configuration that the field belongs to.
    field, rule : str
    value : object
    """

    def __init__(self, owner: object, field: str, rule: str) -> None:
        self.owner, self.field, self.rule, self.value = owner, field, rule, getattr(owner, field)
        table = getattr(owner, "TABLE", type(owner).__name__)
        super().__init__(f"{table}.{field}: {rule}, got {self.value!r}")

    def __reduce__(self) -> tuple[type, tuple[object, str, str]]:
        return FieldError, (self.owner, self.field, self.rule)

    def renamed(self, name: str) -> ConfigError:
        """Return the same error of a field, option or key `name`."""
        return ConfigError(f"{name}: {self.rule}, got {self.value!r}")


def require(condition: bool, owner: object, name: str, rule: str) -> None:
    """Raise FieldError unless the condition holds for field `name` of `owner`."""
    if not condition:
        raise FieldError(owner, name, rule)


def require_range(owner: object, name: str, low: int, high: int) -> None:
    """Require a whole number `low`..`high`."""
    require(is_within(getattr(owner, name), low, high), owner, name, f"must be {low}..{high}")


def require_each(owner: object, name: str, low: int, high: int, rule: str) -> None:
    """Require a tuple of whole numbers, each `low`..`high`."""
    values = getattr(owner, name)
    require(isinstance(values, tuple) and all(is_within(value, low, high) for value in values), owner, name, rule)


def is_within(value: object, low: int, high: int) -> bool:
    """Tell whether a value is a whole number `low`..`high`."""
    return type(value) is int and low <= value <= high  # a bool is no number here


def require_choice(owner: object, name: str, choices: tuple[str, ...]) -> None:
    """Require one of the choices."""
    require(getattr(owner, name) in choices, owner, name, f"must be one of {', '.join(choices)}")
