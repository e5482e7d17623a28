"""The table of energy coefficients: what an operation and a bit flip cost, and who says so."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from golden.config import from_toml
from golden.errors import ConfigError

DEFAULT = Path(__file__).with_name("horowitz45.toml")

_UNITS = {
    "add": "pJ/bit",
    "product": "pJ/bit",
    "memory_read": "pJ/64 bit",
    "memory_write": "1",
    "net_capacitance": "fF",
    "supply_voltage": "V",
}


@dataclass(frozen=True, kw_only=True)
class Coefficient:
    """A value with its unit, which must be the one of its place in the table, and where it comes from."""

    value: float
    unit: str
    source: str


@dataclass(frozen=True, kw_only=True)
class MemoryRead(Coefficient):
    """A read of 64 bits from a memory of so many bytes."""

    bytes: int


@dataclass(frozen=True, kw_only=True)
class Coefficients:
    """A table of coefficients; ``horowitz45.toml`` says what each means, and the models they stand in.

    Attributes
    ----------
    name, technology : str
    add : Coefficient
        pJ for each bit of a sum.
    product : Coefficient
        pJ for each bit of a row of a multiplier, of which an n-bit spike has n - 1.
    memory_read : tuple of MemoryRead
        By ascending capacity.
    memory_write : Coefficient
        A write over a read.
    net_capacitance : Coefficient
        fF.
    supply_voltage : Coefficient
        V.
    """

    name: str
    technology: str
    add: Coefficient
    product: Coefficient
    memory_read: tuple[MemoryRead, ...]
    memory_write: Coefficient
    net_capacitance: Coefficient
    supply_voltage: Coefficient

    @classmethod
    def load(cls, path: Path | str = DEFAULT) -> Coefficients:
        """Read a table; every fault is a :class:`ConfigError` that names the file."""
        return from_toml(path, cls.from_dict)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Coefficients:
        """Build from plain types; an unknown, missing or mistyped field is a :class:`ConfigError`."""
        _check_fields(data, cls, "coefficients")
        points = data["memory_read"]
        if not isinstance(points, list) or not points:
            raise ConfigError(f"memory_read: must be at least one table [[memory_read]], got {points!r}")
        reads = tuple(_coefficient(MemoryRead, f"memory_read[{at}]", point) for at, point in enumerate(points))
        capacities = [read.bytes for read in reads]
        if capacities != sorted(set(capacities)):
            raise ConfigError(f"memory_read: bytes must be ascending, got {', '.join(map(str, capacities))}")
        named = {name: _coefficient(Coefficient, name, data[name]) for name in _UNITS if name != "memory_read"}
        return cls(
            name=_text("name", data["name"]), technology=_text("technology", data["technology"]), memory_read=reads,
            **named,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain types, as :meth:`from_dict` takes them."""
        return asdict(self) | {"memory_read": [asdict(read) for read in self.memory_read]}

    def read_pj(self, word_bits: int, depth: int) -> float:
        """Return the energy of a read of a word from a memory of `depth` words, in pJ."""
        root = math.sqrt(word_bits * depth / 8)
        roots = [math.sqrt(read.bytes) for read in self.memory_read]
        values = [read.value for read in self.memory_read]
        if root <= roots[0]:
            value = values[0] * root / roots[0]
        elif root >= roots[-1]:
            value = values[-1] * root / roots[-1]
        else:
            above = next(at for at, bound in enumerate(roots) if root < bound)
            share = (root - roots[above - 1]) / (roots[above] - roots[above - 1])
            value = values[above - 1] + share * (values[above] - values[above - 1])
        return value * word_bits / 64

    def write_pj(self, word_bits: int, depth: int) -> float:
        """Return the energy of a write, as :meth:`read_pj`."""
        return self.memory_write.value * self.read_pj(word_bits, depth)

    def add_pj(self, bits: int) -> float:
        """Return the energy of an addition with a sum of so many bits, in pJ."""
        return self.add.value * bits

    def product_pj(self, spike_width: int, weight_width: int) -> float:
        """Return the energy of a product of a spike and a weight, in pJ."""
        return self.product.value * (spike_width - 1) * weight_width

    @property
    def flip_pj(self) -> float:
        """Energy of the flip of one net, C V^2 / 2, in pJ."""
        return self.net_capacitance.value * self.supply_voltage.value**2 / 2 / 1000


def _check_fields(data: Any, kind: type, where: str) -> None:
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: must be a table, got {data!r}")
    names = [item.name for item in fields(kind)]
    if unknown := sorted(set(data) - set(names)):
        raise ConfigError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(names)}")
    if missing := [name for name in names if name not in data]:
        raise ConfigError(f"{where}: field {missing[0]!r} is missing")


def _coefficient(kind: type, where: str, data: Any) -> Any:
    _check_fields(data, kind, where)
    value, unit = data["value"], _UNITS[where.partition("[")[0]]
    if isinstance(value, bool) or not isinstance(value, int | float) or not (math.isfinite(value) and value >= 0):
        raise ConfigError(f"{where}.value: must be a number of at least 0, got {value!r}")
    if data["unit"] != unit:
        raise ConfigError(f"{where}.unit: must be {unit!r}, got {data['unit']!r}")
    capacity = data.get("bytes", 1)
    if type(capacity) is not int or capacity < 1:
        raise ConfigError(f"{where}.bytes: must be a whole number of at least 1, got {capacity!r}")
    return kind(**{**data, "value": float(value), "source": _text(f"{where}.source", data["source"])})


def _text(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where}: must be a text that is not empty, got {value!r}")
    return value
