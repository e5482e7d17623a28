"""A fully connected layer."""

from dataclasses import dataclass
from typing import ClassVar

from .kind import LayerKind


@dataclass(frozen=True, kw_only=True)
class Dense(LayerKind):
    """Every input, pooled first where `pool` is above 1, has a weight to every neuron."""

    name: ClassVar[str] = "dense"

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """(neurons, inputs after pooling)."""
        return self.size, self.n_fed

    @property
    def fan_in(self) -> int:
        """All inputs."""
        return self.n_fed * self.pool**2

    @property
    def fan_out(self) -> int:
        """All neurons."""
        return self.n_out

    @property
    def term(self) -> str:
        """As in ``128`` and ``2a-10``."""
        return f"{super().term}{self.size}"
