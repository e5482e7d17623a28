"""Hypothesis strategies: the random configurations of sim.verify.stimuli, drawn so that hypothesis can shrink them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from golden.config import NetworkConfig
from sim.verify import stimuli


class DrawnChoices:
    """Choices drawn by hypothesis; the twin of sim.verify.stimuli.SeededChoices."""

    def __init__(self, draw: st.DrawFn):
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one_of(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(options))


@st.composite
def network_configs(draw: st.DrawFn, **limits: Any) -> NetworkConfig:
    """Any valid configuration; `limits` are those of sim.verify.stimuli.network_config."""
    return stimuli.network_config(DrawnChoices(draw), **limits)


@st.composite
def spatial_configs(draw: st.DrawFn, **limits: Any) -> NetworkConfig:
    """Any valid configuration of maps; `limits` are those of sim.verify.stimuli.spatial_config."""
    return stimuli.spatial_config(DrawnChoices(draw), **limits)


seeds = st.integers(0, 2**32 - 1)
