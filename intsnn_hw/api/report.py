"""Results of the door: plain values for programs, a few facts and tables for people."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from html import escape
from pathlib import Path
from typing import Any

from .wording import number

SHORT, WIDE = 14, 10
"""Most lines of a short text with its tables; columns from which on a table is left out of it."""
PRIVATE = {"private": True}
"""Metadata of a field that is no part of :meth:`Result.to_dict`."""


@dataclass(frozen=True)
class Facts:
    """Names and values, one a line."""

    rows: tuple[tuple[str, object], ...]
    title: str | None = None


@dataclass(frozen=True)
class Grid:
    """A table with headings; the first `text` columns hold text, the others numbers; a `wide` one may be split."""

    names: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    title: str | None = None
    text: int = 1
    wide: bool = False


Shown = Facts | Grid | str


class Result(ABC):
    """What all results share: a frozen dataclass whose fields are its JSON object, in their order."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON holds them."""
        return {
            entry.name: plain(getattr(self, entry.name))
            for entry in fields(self)  # pyright: ignore[reportArgumentType] # of the dataclass that this is
            if "private" not in entry.metadata
        }

    @abstractmethod
    def shown(self) -> list[Shown]:
        """Return what a person reads."""

    def __repr__(self) -> str:
        items = [item for item in self.shown() if not isinstance(item, str)]
        title = next((item.title for item in items if item.title), "")
        lines = [f"{type(self).__name__}: {title}"]
        for item in items:
            added = [f"  {line}" for line in _text(item)]
            if isinstance(item, Facts) or len(lines) + len(added) <= SHORT:
                lines += added
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return "\n".join(_html(item) for item in self.shown())


def _text(item: Facts | Grid) -> Iterator[str]:
    """Yield a line for each row of facts, and of a table that is not wide."""
    if isinstance(item, Facts):
        yield from (f"{name}: {number(value)}" for name, value in item.rows)
    elif len(item.names) < WIDE:
        for first, *others in item.rows:
            cells = (each for each in zip(item.names[1:], others, strict=True) if each[1] != "")
            yield f"{item.names[0]} {first}: ".lstrip() + ", ".join(f"{name} {number(value)}" for name, value in cells)


def to_json(result: dict[str, Any]) -> str:
    """Return the text of a result; equal results have equal texts."""
    return json.dumps(result, indent=2, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Return arrays, paths and dataclasses as values that JSON holds."""
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, Path):
        return str(value)
    to_list = getattr(value, "tolist", None)
    return value if to_list is None else to_list()


def _html(item: Shown) -> str:
    if isinstance(item, str):
        return f"<p>{escape(item)}</p>"
    # No caption: that would be broken at the width of the table.
    title = f"<div><b>{escape(item.title)}</b></div>" if item.title else ""
    return f"{title}<div style='overflow-x:auto'><table>{''.join(_lines(item))}</table></div>"


def _lines(item: Facts | Grid) -> Iterator[str]:
    if isinstance(item, Grid):
        yield _line("th", item.names, item.text, "normal")  # as in a terminal, headings are broken and values are not
        yield from (_line("td", row, item.text, "nowrap") for row in item.rows)
    else:
        yield from (_line("td", row, 2, "normal") for row in item.rows)


def _line(tag: str, row: tuple[object, ...], text: int, wrap: str) -> str:
    """Return a row; each cell has its style, since a notebook's sheet of styles has one for cells too."""
    aligned = ("left" if column < text else "right" for column in range(len(row)))
    cells = (
        f"<{tag} style='text-align:{align};white-space:{wrap}'>{escape(number(value))}</{tag}>"
        for align, value in zip(aligned, row, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"
