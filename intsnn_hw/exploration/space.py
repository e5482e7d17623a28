"""A sweep file: which variants of a preset, how they are measured, and what is wanted of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, Literal, cast, get_args

from golden.config import MAX_EPOCHS, require_learning_hardware
from golden.errors import ConfigError
from golden.presets import PRESETS, preset
from intsnn_hw.fpga.targets import TARGETS

from .axes import AXES
from .objectives import OBJECTIVES

Split = Literal["validation", "test"]
Sampler = Literal["grid", "nsga2"]

_COMPARISONS = {
    "<": int.__lt__,
    "<=": int.__le__,
    ">": int.__gt__,
    ">=": int.__ge__,
    "==": int.__eq__,
    "!=": int.__ne__,
}
_CONSTRAINT = re.compile(r"\s*(\w+)\s*(<=|>=|==|!=|<|>)\s*(\w+)\s*")
_DEFAULTS = {"core": "inference"}
"""Values of axes that are left out and have none in the preset."""


def _require(condition: bool, owner: object, name: str, rule: str) -> None:
    if not condition:
        raise ConfigError(f"{name}: must be {rule}, got {getattr(owner, name)!r}")


def _whole(value: object, low: int, high: int | None = None) -> bool:
    return type(value) is int and low <= value and (high is None or value <= high)


@dataclass(frozen=True, kw_only=True)
class Point:
    """One variant: its place in the whole grid, from 0, and its value of each axis, as JSON values."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Axes that vary together; `values` holds a tuple of one value for each of `names`."""

    names: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]

    def __post_init__(self) -> None:
        for name in self.names:
            if name not in AXES:
                raise ConfigError(f"axes: unknown axis {name!r}; known are {', '.join(AXES)}")
        if not self.values:
            raise ConfigError(f"axes.{self.names[0]}: must hold at least one value")
        for row in self.values:
            for name, value in zip(self.names, row, strict=True):
                if not AXES[name].holds(value):
                    raise ConfigError(f"axes.{name}: must be {AXES[name].rule}, got {value!r}")
        repeated = [row for at, row in enumerate(self.values) if row in self.values[:at]]
        if repeated:
            raise ConfigError(f"axes.{', '.join(self.names)}: holds {list(repeated[0])} twice")


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """A comparison ``left sign right`` of an axis with another or a number; points that break it are left out."""

    left: str
    sign: str
    right: str | int

    @classmethod
    def parse(cls, text: object) -> Constraint:
        """Read a text such as ``"shadow_width >= weight_width"``."""
        found = _CONSTRAINT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ConfigError(f"constraints: must be like 'shadow_width >= weight_width', got {text!r}")
        left, sign, right = found.groups()
        return cls(left=left, sign=sign, right=int(right) if right.isdecimal() else right)

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether a point keeps it."""
        right = values[self.right] if isinstance(self.right, str) else self.right
        return _COMPARISONS[self.sign](values[self.left], right)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A whole sweep.

    Parameters
    ----------
    preset : str
        Base of all variants, of :data:`golden.presets.PRESETS`.
    bundles : tuple of Bundle
        The axes; the grid is their product, the last one changing first.
    constraints : tuple of Constraint
    seeds : tuple of int
        Trainings of each variant; accuracy is their mean.
    epochs : int, optional
        Length of a training; the preset's own where left out.
    objectives : tuple of str
        Of :data:`intsnn_hw.exploration.objectives.OBJECTIVES`.
    data : str
        Data set, as :func:`train.data.load` takes it.
    data_dir : str, optional
    split : {"validation", "test"}
        What accuracy is measured on: a sixth of the training set, held out, or the test set.
    cosim_samples : int, optional
        Cycles and operations are measured on the first so many samples in the compiled hardware; predicted from the
        events of the model where left out.
    coefficients : str, optional
        Path of a table of energy coefficients; the package's own where left out.
    pnr : bool
        Place and route.
    placement_seed : int
    clock_mhz : float, optional
        Clock for times where nothing is placed.
    sampler : {"grid", "nsga2"}
        All points, or a genetic search by Optuna.
    n_trials, population, search_seed : int
        Of the search.
    """

    preset: str
    bundles: tuple[Bundle, ...]
    constraints: tuple[Constraint, ...] = ()
    seeds: tuple[int, ...] = (0,)
    epochs: int | None = None
    objectives: tuple[str, ...] = ("accuracy", "memory_bits")
    data: str
    data_dir: str | None = None
    split: Split = "validation"
    cosim_samples: int | None = None
    coefficients: str | None = None
    pnr: bool = False
    placement_seed: int = 1
    clock_mhz: float | None = None
    sampler: Sampler = "grid"
    n_trials: int = 100
    population: int = 20
    search_seed: int = 0

    def __post_init__(self) -> None:
        _require(self.preset in PRESETS, self, "preset", f"one of {', '.join(PRESETS)}")
        if not preset(self.preset).learns:
            raise ConfigError(f"preset: {self.preset} has no on-line learning, which sweeps are of")
        require_learning_hardware(preset(self.preset))
        if not self.bundles:
            raise ConfigError("axes: must hold at least one axis")
        names = self.axes
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice is not None:
            raise ConfigError(f"axes.{twice}: is given twice")
        seeds = len(self.seeds) > 0 and all(_whole(seed, 0, (1 << 32) - 1) for seed in self.seeds)
        seeds = seeds and len(set(self.seeds)) == len(self.seeds)
        _require(seeds, self, "seeds", "a number of seeds, or a list of different ones")
        _require(self.epochs is None or _whole(self.epochs, 1, MAX_EPOCHS), self, "epochs", f"1..{MAX_EPOCHS}")
        _require(self.split in get_args(Split), self, "split", f"one of {', '.join(get_args(Split))}")
        samples = self.cosim_samples
        _require(samples is None or _whole(samples, 1), self, "cosim_samples", "a whole number of at least 1")
        _require(_whole(self.placement_seed, 0), self, "placement_seed", "a whole number of at least 0")
        clock = self.clock_mhz is None or self.clock_mhz > 0
        _require(clock, self, "clock_mhz", "above 0")
        _require(self.sampler in get_args(Sampler), self, "sampler", f"one of {', '.join(get_args(Sampler))}")
        for name, low in (("n_trials", 1), ("population", 2), ("search_seed", 0)):
            _require(_whole(getattr(self, name), low), self, name, f"a whole number of at least {low}")
        self._check_constraints()
        self._check_objectives()
        self._check_synthesis()
        if next(self.points(), None) is None:
            raise ConfigError("constraints: leave no point")

    def _check_constraints(self) -> None:
        for constraint in self.constraints:
            for name in (constraint.left, constraint.right):
                if isinstance(name, str) and name not in self.axes:
                    raise ConfigError(f"constraints: {name!r} is not among the axes {', '.join(self.axes)}")
                if isinstance(name, str) and not all(type(value) is int for value in self.values(name)):
                    raise ConfigError(f"constraints: {name!r} does not hold single numbers")

    def _check_objectives(self) -> None:
        _require(len(self.objectives) > 0, self, "objectives", "at least one")
        clocked = self.pnr or self.clock_mhz is not None
        has = {"target": "target" in self.axes, "learning": self.values("core") == ["learning"], "clock": clocked}
        wanted = {"target": "the axis target", "learning": 'core = "learning"', "clock": "synthesis.pnr or clock_mhz"}
        for name in self.objectives:
            if not isinstance(name, str) or name not in OBJECTIVES:
                raise ConfigError(f"objectives: unknown objective {name!r}; known are {', '.join(OBJECTIVES)}")
            for need in OBJECTIVES[name].needs:
                if not has[need]:
                    raise ConfigError(f"objectives: {name!r} needs {wanted[need]}")
        if len(set(self.objectives)) < len(self.objectives):
            raise ConfigError("objectives: the same is named twice")

    def _check_synthesis(self) -> None:
        if self.pnr and "target" not in self.axes:
            raise ConfigError("synthesis.pnr: needs the axis target")
        for name in self.values("target") if self.pnr else ():
            if TARGETS[name].family.nextpnr is None:
                raise ConfigError(f"synthesis.pnr: {name} has no place and route whose timing can be trusted")

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, in the order of the file."""
        return tuple(name for bundle in self.bundles for name in bundle.names)

    def values(self, axis: str) -> list[Any]:
        """Return the different values of an axis, in order; its default where it is not varied."""
        for bundle in self.bundles:
            if axis in bundle.names:
                column = [row[bundle.names.index(axis)] for row in bundle.values]
                return [value for at, value in enumerate(column) if value not in column[:at]]
        return [_DEFAULTS[axis]] if axis in _DEFAULTS else []

    @property
    def n_grid(self) -> int:
        """Size of the whole grid, points that break a constraint included."""
        return prod(len(bundle.values) for bundle in self.bundles)

    def point(self, choices: tuple[int, ...]) -> Point | None:
        """Return the point of one choice for each bundle; None where it breaks a constraint."""
        number, values = 0, {}
        for bundle, choice in zip(self.bundles, choices, strict=True):
            number = number * len(bundle.values) + choice
            values |= zip(bundle.names, bundle.values[choice], strict=True)
        if not all(constraint.holds(values) for constraint in self.constraints):
            return None
        return Point(number=number, values=values)

    def points(self) -> Iterator[Point]:
        """Give the points of the grid in order."""
        for choices in product(*(range(len(bundle.values)) for bundle in self.bundles)):
            if (point := self.point(choices)) is not None:
                yield point

    @classmethod
    def from_toml(cls, path: Path | str) -> Sweep:
        """Read a sweep file; every fault is a :class:`ConfigError` that names the file."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise ConfigError(f"{path}: not a TOML file ({error})") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, where: str) -> Sweep:
        """Read the text of a sweep file; `where` names it in messages."""
        try:
            data = tomllib.loads(text)
        except ValueError as error:
            raise ConfigError(f"{where}: not a TOML file ({error})") from error
        try:
            return cls(**_fields(data))
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error


@dataclass
class _Table:
    """A table of the file, of which every field must be taken."""

    name: str
    data: dict[str, Any]
    taken: list[str] = field(default_factory=list)

    def take(self, name: str, kinds: type | tuple[type, ...], into: dict[str, Any], key: str | None = None) -> None:
        """Move a field to the keyword arguments `into`, where it is there."""
        self.taken.append(name)
        if name not in self.data:
            return
        value = self.data[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            names = {int: "a whole number", str: "a text", list: "a list", dict: "a table", bool: "true or false"}
            wanted = names.get(cast(type, kinds), "a number")
            raise ConfigError(f"{self.name}{name}: must be {wanted}, got {value!r}")
        into[key or name] = value

    def finish(self) -> None:
        """Raise where a field is left."""
        unknown = sorted(set(self.data) - set(self.taken))
        if unknown:
            raise ConfigError(f"{self.name}{unknown[0]}: unknown field; known are {', '.join(self.taken)}")


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of :class:`Sweep` that a file stands for."""
    found: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    top = _Table("", data)
    for name, kind in (("preset", str), ("seeds", (int, list)), ("epochs", int), ("objectives", list)):
        top.take(name, kind, found)
    top.take("constraints", list, found)
    for name in ("axes", "data", "cycles", "energy", "synthesis", "search"):
        top.take(name, dict, tables)
    together: dict[str, Any] = {}
    top.take("together", list, together)
    top.finish()
    for name, fields in _SECTIONS.items():
        section = _Table(f"{name}.", tables.get(name, {}))
        for entry, (kind, key) in fields.items():
            section.take(entry, kind, found, key)
        section.finish()
    if "preset" not in found:
        raise ConfigError(f"preset: is missing; known are {', '.join(PRESETS)}")
    if type(found.get("seeds")) is int:
        found["seeds"] = range(found["seeds"])
    for name in ("seeds", "objectives"):
        if name in found:
            found[name] = tuple(found[name])
    found["constraints"] = tuple(Constraint.parse(text) for text in found.get("constraints", ()))
    found["bundles"] = _bundles(tables.get("axes", {}), together.get("together", []))
    if "data" not in found and found["preset"] in PRESETS:
        from train.data.fit import usual_set

        found["data"] = usual_set(preset(found["preset"]))
    return {"data": "", **found}


_SECTIONS: dict[str, dict[str, tuple[Any, str]]] = {
    "data": {"set": (str, "data"), "dir": (str, "data_dir"), "split": (str, "split")},
    "cycles": {"cosim_samples": (int, "cosim_samples"), "clock_mhz": ((int, float), "clock_mhz")},
    "energy": {"coefficients": (str, "coefficients")},
    "synthesis": {"pnr": (bool, "pnr"), "seed": (int, "placement_seed")},
    "search": {
        "sampler": (str, "sampler"),
        "n_trials": (int, "n_trials"),
        "population": (int, "population"),
        "seed": (int, "search_seed"),
    },
}
"""Fields of the tables of a file: their types, and their keywords."""


def _bundles(axes: dict[str, Any], together: list[Any]) -> tuple[Bundle, ...]:
    bundles = []
    for group in together:
        if not isinstance(group, dict) or not all(isinstance(values, list) for values in group.values()):
            raise ConfigError(f"together: must be tables of lists, got {group!r}")
        lengths = {len(values) for values in group.values()}
        if len(lengths) != 1:
            raise ConfigError(f"together: the lists of {', '.join(group)} must be of one length")
        bundles.append(Bundle(names=tuple(group), values=tuple(zip(*group.values(), strict=True))))
    for name, values in axes.items():
        values = values if isinstance(values, list) else [values]
        bundles.append(Bundle(names=(name,), values=tuple((value,) for value in values)))
    return tuple(bundles)
