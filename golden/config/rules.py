"""Checks of a configuration's fields: an error names the field, the rule and the bad value."""

from ..errors import ConfigError


def require(condition: bool, owner: object, name: str, rule: str) -> None:
    """Raise ConfigError unless the condition holds for field `name` of `owner`."""
    if not condition:
        table = getattr(owner, "TABLE", type(owner).__name__)
        raise ConfigError(f"{table}.{name}: {rule}, got {getattr(owner, name)!r}")


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
