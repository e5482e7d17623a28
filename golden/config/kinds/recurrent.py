"""A fully connected layer whose neurons also receive their own spikes of the step before."""

from dataclasses import dataclass
from typing import ClassVar

from .dense import Dense


@dataclass(frozen=True, kw_only=True)
class Recurrent(Dense):
    """The layer's own spikes of the previous step are further inputs, the last columns of its weights."""

    name: ClassVar[str] = "recurrent"

    @property
    def n_own(self) -> int:
        """One for each neuron."""
        return self.size

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """(neurons, inputs + neurons)."""
        return self.size, self.n_in + self.size

    @property
    def fan_in(self) -> int:
        """All inputs."""
        return self.n_in

    @property
    def term(self) -> str:
        """As in ``128r``."""
        return f"{super().term}r"
