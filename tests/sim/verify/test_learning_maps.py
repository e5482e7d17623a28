"""The core that learns convolutions and pools against the golden model: spikes, membranes, shadow weights, the LFSR."""

import numpy as np
import pytest

from golden.config import ConvConfig
from golden.encoding import to_events
from golden.network import LearningNetwork
from sim.result import Stalls
from sim.verify import stimuli
from sim.verify.learning import colearn
from tests.map_configs import map_network, neurons

pytestmark = pytest.mark.usefixtures("emitted_once")
STALLS = Stalls(seed=0x5EED, gap=0.3, stall=0.4)


def map_config(layers, shape, n_steps=1, hardware=None, **learning):
    depth = len(layers)
    rule = {
        "shadow_width": 10, "margin": 60, "rate_shifts": (3,) * depth, "init_shifts": (8,) * depth, "direct_shift": 3,
    }  # fmt: skip
    return map_network(layers, shape, n_steps, neurons(5, 12, 3), rule | learning, hardware)


CONFIGS = {
    # Padding, a stride, a pool in front of a convolution and of a recurrent layer, biases that learn and one that does
    # not, a budget, single ports, words that are not full.
    "feedback-final": map_config(
        [
            {"size": 3, "conv": ConvConfig(kernel=3, padding=1), "bias": "learned"},
            {"size": 4, "conv": ConvConfig(kernel=3, stride=2, padding=1), "pool": 2, "bias": "fixed"},
            {"size": 5, "recurrent": True},
            {"size": 3, "bias": "learned"},
        ],
        (2, 7, 6), n_steps=2, budget=0, budget_shift=2, recurrent_rate_shifts=(3,), recurrent_init_shifts=(7,),
        hardware={"lanes": (2, 4, 2, 3), "fire_lanes": (1, 2, 1, 1), "weight_memory": ("single_port", "dual_port") * 2},
    ),
    # A pool in front of a fully connected readout, windows that leave a side unseen, leaks, draws of 32 bits.
    "direct-every_step": map_config(
        [
            {"size": 4, "conv": ConvConfig(kernel=2, stride=3), "bias": "learned"},
            {"size": 3, "conv": ConvConfig(kernel=1)},
            {"size": 3, "pool": 2},
        ],
        (1, 9, 9), n_steps=2, route="direct", timing="every_step", error="graded", error_octave=4, shadow_width=16,
        trace_shifts=(2, 3, 1), trace_gain=1, rate_shifts=(17, 3, 2), init_shifts=(14, 14, 14),
        hardware={"lanes": (4, 1, 3), "fire_lanes": (2, 1, 1), "banks": 1},
    ),
    # One window that sees all gives the classes; the input is pooled; no draws.
    "readout": map_config(
        [{"size": 3, "conv": ConvConfig(kernel=2), "pool": 2}, {"size": 4, "conv": ConvConfig(kernel=3)}],
        (2, 8, 8), rounding="nearest", rate_shifts=(1, 0), hardware={"lanes": (3, 2)}, error_bits=4, error_shifts=(),
    ),
    # Fully connected throughout: a pooled input, no convolution.
    "pooled": map_config(
        [{"size": 5, "pool": 3}, {"size": 3}], (2, 7, 9), n_steps=2, timing="every_step", trace_shifts=(1, 2),
        hardware={"lanes": (2, 3)}, error_bits=6, error_shifts=(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name, backend, n", [("readout", "fast", 60), *((name, "icarus", 12) for name in CONFIGS)])
def test_hardware_learns_what_the_model_learns(name, backend, n):
    config = CONFIGS[name]
    labels = np.random.default_rng(3).integers(0, config.n_classes, n)
    network = LearningNetwork.initial(config)
    events = to_events(stimuli.spikes(config, n, seed=3))
    report = colearn(network, events, labels, boost=1, interval=n, backend=backend, stalls=STALLS)
    assert report.n_mismatches == 0, report.first
    assert report.n_weights_compared == sum(
        parameter.size for layer in config.resolved for parameter in layer.parameters
    )
    learned = {(layer.index, group.parameter.name) for layer in config.resolved for group in layer.row_groups}
    for (layer, parameter, before), (*_, after) in zip(network.stored(), report.hardware.stored(), strict=True):
        assert (before != after).any() == ((layer.index, parameter.name) in learned), (layer.index, parameter.name)
    assert report.activity.updated_samples > n // 6 and report.activity.hidden_events > 0
