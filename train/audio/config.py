"""The settings of the audio front end."""

from dataclasses import dataclass, fields

from golden.errors import ConfigError

MAX_CHANNELS = 1024


@dataclass(frozen=True, kw_only=True)
class FrontEndConfig:
    """What the front end does with a recording; see :class:`train.audio.front_end.FrontEnd`.

    A *level* of 0 is `range_db` below the top, 1 is the top, `top_db` above the loudness of the recording.

    Parameters
    ----------
    channels : int
        Bands of frequency, 1 .. 1024; each has a sustained and an onset cell.
    low_hz, high_hz : float
        Centres of the lowest and the highest band; `high_hz` None: 0.45 of the rate, at most 8 kHz.
    envelope_s : float
        Time constant of each of the two low-passes behind the rectifier.
    range_db, top_db : float
    levelling : float
        0 .. 1, the share of a recording's own spectrum (its mean level in each band) that is taken off.
    membrane_s, onset_membrane_s : float
        Time constants of the two cells.
    threshold, onset_threshold : float
        Level at which a cell that has charged for long fires.
    adaptation_s : float
        Time constant of what an onset cell has got used to and fires no more for.

    Raises
    ------
    ConfigError
        A value out of range.
    """

    channels: int = 64
    low_hz: float = 80.0
    high_hz: float | None = None
    envelope_s: float = 0.003
    range_db: float = 50.0
    top_db: float = 6.0
    levelling: float = 0.5
    membrane_s: float = 0.02
    threshold: float = 0.57
    onset_membrane_s: float = 0.01
    onset_threshold: float = 0.28
    adaptation_s: float = 0.06

    def __post_init__(self) -> None:
        limits = {
            "channels": (1, MAX_CHANNELS), "low_hz": (20, 20_000), "high_hz": (20, 100_000), "range_db": (1, 200),
            "top_db": (-100, 100), "levelling": (0, 1), "threshold": (0.01, 10), "onset_threshold": (0.01, 10),
        }  # fmt: skip
        for entry in fields(self):
            value = getattr(self, entry.name)
            low, high = limits.get(entry.name, (0.001, 10))
            if entry.name == "high_hz" and value is None:
                continue
            kinds, kind = ((int,), "a whole number") if entry.name == "channels" else ((int, float), "a number")
            if type(value) not in kinds or not low <= value <= high:
                raise ConfigError(f"`{entry.name}`: must be {kind} {low}..{high}, got {value!r}")
        if self.high_hz is not None and self.channels > 1 and self.high_hz <= self.low_hz:
            raise ConfigError(f"`high_hz`: must be above `low_hz` {self.low_hz:g}, got {self.high_hz:g}")

    @property
    def n_units(self) -> int:
        """Units that events come from: the sustained cells of all channels, then the onset cells, low bands first."""
        return 2 * self.channels

    def top_hz(self, rate: int) -> float:
        """Return the centre of the highest band at a rate.

        Raises
        ------
        ConfigError
            The rate does not hold such frequencies.
        """
        top = min(0.45 * rate, 8000.0) if self.high_hz is None else self.high_hz
        if not self.low_hz < top < rate / 2:
            raise ConfigError(
                f"FrontEndConfig: bands of {self.low_hz:g} to {top:g} Hz do not lie below half the rate of {rate} Hz; "
                "choose other bands or a higher rate"
            )
        return top
