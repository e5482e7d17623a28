"""Readouts: what the class of a sample is read from; the facts that model, kernels, trainer and RTL share."""

from dataclasses import dataclass
from typing import Literal

from ..widths import signed_range
from .neuron import NeuronConfig

Readout = Literal["membrane", "membrane_sum", "spike_count"]


@dataclass(frozen=True, kw_only=True)
class ReadoutKind:
    """How the last layer becomes scores; the class is their arg max, the lowest index on ties.

    Attributes
    ----------
    fires : bool
        The last layer fires, and scores are made of its spikes; else of its membranes after each step.
    sums : bool
        Scores are summed over the steps of a sample; else they are those of its last step.
    """

    fires: bool
    sums: bool

    def score_range(self, neuron: NeuronConfig, n_steps: int) -> tuple[int, int]:
        """Return the least and the greatest score of a sample of `n_steps` steps."""
        low, high = (0, neuron.max_spike) if self.fires else signed_range(neuron.membrane_width)
        times = n_steps if self.sums else 1
        return times * low, times * high


READOUTS: dict[Readout, ReadoutKind] = {
    "membrane": ReadoutKind(fires=False, sums=False),
    "membrane_sum": ReadoutKind(fires=False, sums=True),
    "spike_count": ReadoutKind(fires=True, sums=True),
}
