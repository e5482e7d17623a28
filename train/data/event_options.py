"""The name of an event set with its options, ``shd:bins=100,channels=140``: how its recordings become spikes."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from golden.config import MAX_STEPS
from golden.errors import DataError
from train.data.binning import Binning, Grid


@dataclass(frozen=True, kw_only=True)
class EventFormat:
    """What is fixed of an event set, and the defaults of its options.

    Parameters
    ----------
    name : str
    sensor : tuple of int
        As of :class:`Grid`.
    n_classes : int
    bins : int
        Time steps where nothing else is asked for.
    window_us : int
        Microseconds that they cover, from the start of each sample.
    option, value : str, int
        Of the option that joins neighbours, and its default: ``downsample``, the rows and columns joined to one, or
        ``channels``, how many are left.
    """

    name: str
    sensor: tuple[int, ...]
    n_classes: int
    bins: int
    window_us: int
    option: str
    value: int

    def grid(self, value: int) -> Grid:
        """Return the inputs where :attr:`option` is `value`.

        Raises
        ------
        DataError
            A value that does not divide the sensor.
        """
        size = self.sensor[-1]
        if size % value:
            known = ", ".join(str(number) for number in range(1, size + 1) if size % number == 0)
            raise DataError(f"{self.name}: {self.option}={value} does not divide {size}; choose one of {known}")
        if self.option == "channels":
            return Grid(sensor=self.sensor, factors=(size // value,))
        return Grid(sensor=self.sensor, factors=(1, value, value))


@dataclass(frozen=True, kw_only=True)
class EventOptions:
    """What a name stands for; `name` spells all options out, so that it says the same whatever the defaults become."""

    name: str
    grid: Grid
    binning: Binning


def event_options(text: str, format_: EventFormat) -> EventOptions:
    """Read the options behind the colon of a name; "" takes all defaults.

    ``bins=T``: time steps. ``bin_ms=W``: milliseconds of a step, whole microseconds. One of the two alone covers the
    window of the set, rounded up. ``over=sample`` stretches the bins over each sample, from first event to last. And
    the set's own option to join neighbours.

    Raises
    ------
    DataError
        Unknown, given twice, not a number of the range, or two that do not go together.
    """
    given = _split(text, format_)
    bins = given.get("bins")
    n_steps = format_.bins if bins is None else _number("bins", bins, MAX_STEPS, format_)
    over, width, bin_us = given.get("over", "window"), given.get("bin_ms"), None
    if over not in ("window", "sample"):
        raise DataError(f"{format_.name}: over={over} is not known; choose window or sample")
    if over == "sample" and width is not None:
        raise DataError(
            f"{format_.name}: bin_ms does not go with over=sample, which makes the bins as long as it takes"
        )
    if over == "window":
        bin_us = -(-format_.window_us // n_steps) if width is None else _microseconds(width, format_)
        if bins is None:
            n_steps = min(-(-format_.window_us // bin_us), MAX_STEPS)
    value = given.get(format_.option)
    joined = format_.value if value is None else _number(format_.option, value, format_.sensor[-1], format_)
    grid = format_.grid(joined)
    shown = "over=sample" if bin_us is None else f"bin_ms={Decimal(bin_us) / 1000}"
    return EventOptions(
        name=f"{format_.name}:bins={n_steps},{shown},{format_.option}={joined}",
        grid=grid,
        binning=Binning(n_steps=n_steps, bin_us=bin_us),
    )


def _split(text: str, format_: EventFormat) -> dict[str, str]:
    known = ("bins", "bin_ms", "over", format_.option)
    given: dict[str, str] = {}
    for entry in text.split(",") if text else ():
        name, equals, value = entry.partition("=")
        if name not in known or not equals:
            raise DataError(
                f"{format_.name}: unknown option {entry!r}; write {format_.name}:NAME=VALUE,.. with {_or(known)}"
            )
        if name in given:
            raise DataError(f"{format_.name}: option {name} is given twice")
        given[name] = value
    return given


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _number(name: str, text: str, high: int, format_: EventFormat) -> int:
    return _in_range(
        name,
        text,
        high,
        format_,
        lambda value: int(value) if value.isdecimal() and len(value) < 10 else 0,
        "a whole number",
    )


def _microseconds(text: str, format_: EventFormat) -> int:
    def read(value: str) -> int:
        try:
            exact = Decimal(value) * 1000
            return int(exact) if 1 <= exact <= 10**9 and exact == exact.to_integral_value() else 0
        except ArithmeticError:
            return 0

    return _in_range("bin_ms", text, 10**9, format_, read, "milliseconds with at most 3 decimals, 0.001 to 1000000")


def _in_range(name: str, text: str, high: int, format_: EventFormat, read: Callable[[str], int], what: str) -> int:
    value = read(text)
    if not 1 <= value <= high:
        limits = "" if "to" in what.split() else f" of 1 to {high}"
        raise DataError(f"{format_.name}: {name}={text} must be {what}{limits}")
    return value
