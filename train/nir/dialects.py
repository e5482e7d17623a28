"""What the frameworks mean by a NIR file: one graph, other dynamics; each fact stands here and nowhere else."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from golden.errors import ConfigError

Reset = Literal["zero", "subtract", "subtract-next"]
Compare = Literal["gt", "ge", "floor"]
Decay = Literal["euler", "exp"]
Gain = Literal["nir", "unit"]
Start = Literal["reset", "leak"]


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a graph becomes steps of time; :mod:`train.nir.dynamics` has the equations.

    Parameters
    ----------
    name : str
        One of :data:`DIALECTS`.
    dt : float
        A step, in the unit of the time constants in the file.
    reset : {"zero", "subtract", "subtract-next"}
        After a spike: v_reset, or less by ``v_threshold - v_reset``, at once or a step later.
    compare : {"gt", "ge", "floor"}
        A spike where v is above the threshold, or also at it; or as many as the threshold goes into v.
    decay : {"euler", "exp"}
        Of a step: ``1 - dt / tau``, or ``exp(-dt / tau)``.
    gain : {"nir", "unit"}
        Of LIF and LI, and of the membranes of CubaLIF and CubaLI: ``r (1 - decay)`` as the equation says, or r.
    gain_if : {"nir", "unit"}
        Of IF and I: ``r dt``, or r.
    gain_synapse : {"nir", "unit"}
        Of the synaptic currents: ``w_in (1 - decay)``, or w_in.
    start : {"reset", "leak"}
        The membrane at the start: v_reset, or v_leak.
    overridden : tuple of str
        Fields that differ from those of the dialect's name.
    """

    name: str
    dt: float
    reset: Reset = "zero"
    compare: Compare = "gt"
    decay: Decay = "euler"
    gain: Gain = "nir"
    gain_if: Gain = "nir"
    gain_synapse: Gain = "nir"
    start: Start = "reset"
    overridden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.dt < float("inf"):
            raise ConfigError(f"dt: must be above 0, got {self.dt}; give a time step in the unit of the file")
        for field, choices in (
            ("reset", Reset), ("compare", Compare), ("decay", Decay), ("gain", Gain), ("gain_if", Gain),
            ("gain_synapse", Gain), ("start", Start),
        ):  # fmt: skip
            if getattr(self, field) not in get_args(choices):
                given = getattr(self, field)
                raise ConfigError(f"{field}: must be one of {', '.join(get_args(choices))}, got {given!r}")

    @property
    def label(self) -> str:
        """Its name, and options of the command line for what differs."""
        return " ".join(
            [self.name, *(f"--{field.replace('_', '-')} {_text(getattr(self, field))}" for field in self.overridden)]
        )

    def override(self, **given: Any) -> "Dialect":
        """Return the dialect with other values of some fields; None leaves one as it is.

        Raises
        ------
        ConfigError
            A value that is not allowed.
        """
        other = {name: value for name, value in given.items() if value is not None and value != getattr(self, name)}
        names = {*self.overridden, *other}
        order = tuple(field.name for field in fields(self) if field.name in names)
        return replace(self, **other, overridden=order)


DIALECTS: dict[str, Dialect] = {
    each.name: each
    for each in (
        Dialect(name="nir", dt=1e-4),
        # Leaky, Synaptic, RLeaky and RSynaptic as they come. The file says v_reset = 0, which holds for reset "zero".
        Dialect(name="snntorch", dt=1e-4, reset="subtract-next"),
        Dialect(name="spikingjelly", dt=1e-4, compare="ge"),
        # The file holds dt / tau_inv with dt = 1e-3, and a step is dt tau_inv: 1e-6 / tau. IF adds its input as it is,
        # so does the synaptic current, and membranes start at rest.
        Dialect(name="norse", dt=1e-6, gain_if="unit", gain_synapse="unit", start="leak"),
        # Time constants in steps; `--gain nir` for LIF with norm_input, their default, which the file does not say.
        Dialect(
            name="sinabs", dt=1.0, reset="subtract", compare="floor", decay="exp", gain="unit", gain_if="unit",
            gain_synapse="unit",
        ),
        Dialect(
            name="sinabs-single", dt=1.0, reset="subtract", compare="ge", decay="exp", gain="unit", gain_if="unit",
            gain_synapse="unit",
        ),
    )
}  # fmt: skip
"""All dialects by name."""


def dialect(name: str, **overrides: Any) -> Dialect:
    """Return a dialect by name, with other values of some fields.

    Raises
    ------
    ConfigError
        An unknown name, a value that is not allowed.
    """
    if name not in DIALECTS:
        raise ConfigError(f"dialect: must be one of {', '.join(DIALECTS)}, got {name!r}")
    return DIALECTS[name].override(**overrides)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
