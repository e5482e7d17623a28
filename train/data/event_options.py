"""The name of an event set with its options, ``shd:bins=100,channels=140``: how its recordings become spikes."""

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
    split : str, optional
        Default of the option ``split``, which names the test part; None: the set has no such option.
    """

    name: str
    sensor: tuple[int, ...]
    n_classes: int
    bins: int
    window_us: int
    option: str
    value: int
    split: str | None = None

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
            return Grid(sensor=self.sensor, factors=(1,) * (len(self.sensor) - 1) + (size // value,))
        return Grid(sensor=self.sensor, factors=(1, value, value))


@dataclass(frozen=True, kw_only=True)
class EventOptions:
    """What a name stands for; `name` spells all options out, so that it says the same whatever the defaults become."""

    name: str
    grid: Grid
    binning: Binning
    split: str | None = None


def event_options(text: str, format_: EventFormat) -> EventOptions:
    """Read the options behind the colon of a name; "" takes all defaults.

    ``bins=T``: time steps. ``bin_ms=W``: milliseconds of a step, whole microseconds. One of the two alone covers the
    window of the set, rounded up. ``over=sample`` stretches the bins over each sample, from first event to last. The
    set's own option to join neighbours. ``split=NAME``, where the set has it: what is test.

    Raises
    ------
    DataError
        Unknown, given twice, not a number of the range, or two that do not go together.
    """
    own = (format_.option,) if format_.split is None else (format_.option, "split")
    given = given_options(text, format_.name, ("bins", "bin_ms", "over", *own))
    bins = given.get("bins")
    n_steps = format_.bins if bins is None else whole_number(format_.name, "bins", bins, MAX_STEPS)
    over, width, bin_us = given.get("over", "window"), given.get("bin_ms"), None
    if over not in ("window", "sample"):
        raise DataError(f"{format_.name}: over={over} is not known; choose window or sample")
    if over == "sample" and width is not None:
        raise DataError(
            f"{format_.name}: bin_ms does not go with over=sample, which makes the bins as long as it takes"
        )
    if over == "window":
        bin_us = -(-format_.window_us // n_steps) if width is None else microseconds(format_.name, "bin_ms", width)
        if bins is None:
            n_steps = min(-(-format_.window_us // bin_us), MAX_STEPS)
    value = given.get(format_.option)
    joined = format_.value if value is None else whole_number(format_.name, format_.option, value, format_.sensor[-1])
    grid = format_.grid(joined)
    shown = "over=sample" if bin_us is None else f"bin_ms={Decimal(bin_us) / 1000}"
    split = given.get("split", format_.split)
    ending = "" if split is None else f",split={split}"
    return EventOptions(
        name=f"{format_.name}:bins={n_steps},{shown},{format_.option}={joined}{ending}",
        grid=grid,
        binning=Binning(n_steps=n_steps, bin_us=bin_us),
        split=split,
    )


def given_options(text: str, title: str, known: tuple[str, ...]) -> dict[str, str]:
    """Return the values of ``NAME=VALUE,..`` by name.

    Raises
    ------
    DataError
        A name that is not `known`, given twice or without a value.
    """
    given: dict[str, str] = {}
    for entry in text.split(",") if text else ():
        name, equals, value = entry.partition("=")
        if name not in known or not equals:
            raise DataError(f"{title}: unknown option {entry!r}; write {title}:NAME=VALUE,.. with {_or(known)}")
        if name in given:
            raise DataError(f"{title}: option {name} is given twice")
        given[name] = value
    return given


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def whole_number(title: str, name: str, text: str, high: int, low: int = 1) -> int:
    """Read a whole number of `low` to `high`; DataError where it is none."""
    value = int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else -1
    if not low <= value <= high:
        raise DataError(f"{title}: {name}={text} must be a whole number of {low} to {high}")
    return value


def microseconds(title: str, name: str, text: str) -> int:
    """Read milliseconds as whole microseconds, 1 to 10^9; DataError where they are none."""
    value = 0
    try:
        exact = Decimal(text) * 1000
        if 1 <= exact <= 10**9 and exact == exact.to_integral_value():
            value = int(exact)
    except ArithmeticError:
        pass
    if not value:
        raise DataError(f"{title}: {name}={text} must be milliseconds with at most 3 decimals, 0.001 to 1000000")
    return value
