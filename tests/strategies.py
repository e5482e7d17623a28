"""Hypothesis strategies: the random configurations of sim.verify.stimuli, drawn so that hypothesis can shrink them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

from hypothesis import strategies as st

from golden.config import NetworkConfig
from golden.config.layer import Bias
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
    return _with_biases(draw, stimuli.network_config(DrawnChoices(draw), **limits))


@st.composite
def spatial_configs(draw: st.DrawFn, **limits: Any) -> NetworkConfig:
    """Any valid configuration of maps; `limits` are those of sim.verify.stimuli.spatial_config."""
    return _with_biases(draw, stimuli.spatial_config(DrawnChoices(draw), **limits))


def _with_biases(draw: st.DrawFn, config: NetworkConfig) -> NetworkConfig:
    """Give some layers a bias, of half of the configurations."""
    if not draw(st.booleans()):
        return config
    biases = st.sampled_from(get_args(Bias))
    return replace(config, layers=tuple(replace(layer, bias=draw(biases)) for layer in config.layers))


seeds = st.integers(0, 2**32 - 1)
