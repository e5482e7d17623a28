"""Hypothesis strategies: the random configurations of golden.vectors, drawn so that hypothesis can shrink them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from golden import vectors
from golden.config import NetworkConfig


class DrawnChoices:
    """Choices drawn by hypothesis; the twin of golden.vectors.SeededChoices."""

    def __init__(self, draw: st.DrawFn):
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one_of(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(options))


@st.composite
def network_configs(draw: st.DrawFn, **limits: Any) -> NetworkConfig:
    """Any valid configuration; `limits` are those of golden.vectors.network_config."""
    return vectors.network_config(DrawnChoices(draw), **limits)


@st.composite
def spatial_configs(draw: st.DrawFn, **limits: Any) -> NetworkConfig:
    """Any valid configuration of maps; `limits` are those of golden.vectors.spatial_config."""
    return vectors.spatial_config(DrawnChoices(draw), **limits)


seeds = st.integers(0, 2**32 - 1)
