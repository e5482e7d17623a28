"""Configurations from and to plain data and TOML."""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

from ..errors import ConfigError
from ..places import named_path
from .limits import LEFT_OUT
from .rules import FieldError

T = TypeVar("T")


def from_toml(path: Path | str, build: Callable[[dict[str, Any]], T]) -> T:
    """Build an object from a TOML file; every fault is a :class:`ConfigError` that names the file."""
    path = named_path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not a TOML file ({error})") from error
    try:
        return build(data)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def to_plain(value: Any) -> Any:
    """Return dataclasses and tuples as nested plain types; absent fields are left out."""
    if dataclasses.is_dataclass(value):
        pairs = ((item, getattr(value, item.name)) for item in dataclasses.fields(value))
        return {
            item.name: to_plain(entry)
            for item, entry in pairs
            if entry is not None and entry != item.metadata.get(LEFT_OUT)
        }
    return [to_plain(entry) for entry in value] if isinstance(value, tuple) else value


def from_plain(kind: Any, data: Any, where: str) -> Any:
    """Convert plain `data` to the annotated type `kind`, with `where` naming the place in messages."""
    if get_origin(kind) in (types.UnionType, typing.Union):
        (kind,) = (option for option in get_args(kind) if option is not types.NoneType)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        if not isinstance(data, dict):
            raise ConfigError(f"{where}: must be a table, got {data!r}")
        annotations = typing.get_type_hints(kind)
        hints = {item.name: annotations[item.name] for item in dataclasses.fields(kind)}
        unknown = sorted(set(data) - set(hints))
        if unknown:
            raise ConfigError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(hints)}")
        missing = [item.name for item in dataclasses.fields(kind) if item.name not in data and _is_required(item)]
        if missing:
            raise ConfigError(f"{where}: field {missing[0]!r} is missing")
        fields = {name: from_plain(hints[name], entry, f"{where}.{name}") for name, entry in data.items()}
        try:
            return kind(**fields)
        except FieldError as error:
            raise error.renamed(f"{_place(error.owner, fields, where)}.{error.field}") from error
    if get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise ConfigError(f"{where}: must be a list, got {data!r}")
        return tuple(from_plain(get_args(kind)[0], entry, f"{where}[{index}]") for index, entry in enumerate(data))
    expected = str if get_origin(kind) is Literal else kind
    if not isinstance(data, expected) or isinstance(data, bool) != (expected is bool):
        wanted = {str: "a string", bool: "true or false"}.get(expected, "an integer")
        raise ConfigError(f"{where}: must be {wanted}, got {data!r}")
    return data


def _place(owner: object, fields: dict[str, Any], where: str) -> str:
    """Return the table that a field belongs to: one below the `fields` of the table `where`, or that itself."""
    return next(_places(owner, fields, where), where)


def _places(owner: object, fields: dict[str, Any], where: str) -> Iterator[str]:
    for name, value in fields.items():
        listed = isinstance(value, tuple)
        for index, entry in enumerate(value if listed else (value,)):
            place = f"{where}.{name}[{index}]" if listed else f"{where}.{name}"
            if entry is owner:
                yield place
            elif dataclasses.is_dataclass(entry):
                yield from _places(owner, vars(entry), place)


def _is_required(item: dataclasses.Field[Any]) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING
