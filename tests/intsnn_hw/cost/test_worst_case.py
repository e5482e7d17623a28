"""No sample takes longer than the worst case, and the worst input known takes nearly as long."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import worst_case as measure
from golden.config import LearningNetworkConfig
from golden.encoding import to_events
from golden.network import LearningNetwork
from golden.presets import preset
from intsnn_hw.cost.forward import inference_cycles, latency_cycles
from intsnn_hw.cost.worst_case import learning_cycles, worst_case
from sim.verify.learning import RtlLearner

CORES = (
    {"learns": False, "depth": 3, "banks": 1, "biased": False},
    {"learns": False, "depth": 2, "banks": 2, "recurrent": True, "biased": True},
    {"learns": True, "depth": 1, "timing": "every_step", "error": "pair", "leaks": True, "biased": True},
    {"learns": True, "depth": 2, "route": "feedback", "timing": "final", "error": "margin", "biased": False},
    {"learns": True, "depth": 2, "route": "feedback", "timing": "every_step", "error": "graded", "recurrent": True,
     "biased": True},
    {"learns": True, "depth": 2, "route": "direct", "error": "pair", "recurrent": True, "recurrence": "learned",
     "biased": True},
)  # fmt: skip
"""What is fixed of each random core, so that together they have every route, timing, error, and number of banks."""
MAPS = ({"learns": False}, {"learns": True, "route": "feedback"}, {"learns": True, "route": "direct", "depth": 2})
"""The same of cores with convolutions.

``python -m benchmarks.worst_case`` measures as many more as it is asked for.
"""


@pytest.mark.parametrize("seed", range(len(CORES)))
def test_no_sample_takes_longer_and_the_worst_nearly_as_long(seed):
    found = measure.outcome(measure.random_config(seed, size=6, **CORES[seed]))
    assert found.holds, (found, measure.core_name(found.config))
    assert found.ratio <= measure.MAX_RATIO, (found, measure.core_name(found.config))


@pytest.mark.parametrize("seed", range(len(MAPS)))
def test_convolutions_take_no_longer_and_the_worst_nearly_as_long(seed):
    found = measure.outcome(measure.random_maps(seed, **MAPS[seed]))
    assert found.holds, (found, measure.core_name(found.config))
    assert found.ratio <= measure.MAX_RATIO, (found, measure.core_name(found.config))


def test_the_random_cores_are_of_every_kind():
    configs = [measure.random_config(seed, size=6, **fixed) for seed, fixed in enumerate(CORES)]
    kinds = {kind for config in configs for kind in config.hardware.weight_memory}
    assert kinds == {"dual_port", "single_port"} and {config.hardware.banks for config in configs} == {1, 2}
    learning = [config.learning for config in configs if config.learning is not None]
    for name, n_kinds in (("route", 2), ("timing", 2), ("error", 3)):
        assert len({getattr(rule, name) for rule in learning}) == n_kinds
    assert {config.readout for config in configs} == {"membrane", "membrane_sum", "spike_count"}


@pytest.mark.parametrize("timing, mean", [("final", 853), ("every_step", 1131)])
def test_single_port_memories_of_digits(timing, mean):
    """A core whose update takes longer than with two ports: every input in every step, labels in turn."""
    config = preset("digits-64", hidden=(12,), lanes=4, timing=timing)
    config = replace(config, hardware=replace(config.hardware, weight_memory=("single_port",)))
    shape = (40, config.n_steps, config.n_inputs)
    events = to_events(np.full(shape, (1 << config.encoding.spike_width) - 1))
    times = measure.learning_times(RtlLearner(LearningNetwork.initial(config)), events, np.arange(40) % 10)
    _, worst = worst_case(config)
    assert worst is not None
    assert times.mean() == pytest.approx(mean, abs=1)
    assert times.mean() < times.max() <= worst <= measure.MAX_RATIO * times.max()


def test_a_network_without_a_rule_does_not_learn():
    config = preset("mnist-64", lanes=16)
    inference, learning = worst_case(config)
    assert learning is not None and worst_case(config.inference_only()) == (inference, None)
    # Steps of 784 events of 4 words and their markers; then the sweeps and classes that nothing overlaps.
    assert 0 < inference - 2 * (784 * 4 + 1) < 450


def test_a_step_more_costs_as_much_each_time():
    """Steps are alike once the pipeline is full, whether they were replayed or multiplied."""
    config = preset("digits-64", hidden=(12, 9), lanes=4)
    assert isinstance(config, LearningNetworkConfig)
    for cycles in (inference_cycles, latency_cycles, learning_cycles):
        counts = [cycles(config, n_steps) for n_steps in (10, 11, 1010)]
        assert counts[2] - counts[0] == 1000 * (counts[1] - counts[0]) > 0


def test_what_costs_more():
    config = preset("digits-64", hidden=(12,), lanes=4)

    def changed(**hardware):
        return worst_case(replace(config, hardware=replace(config.hardware, **hardware)))

    inference, learning = worst_case(config)
    assert learning is not None
    assert changed(weight_memory=("single_port",)) == (inference, learning + 64 * 3 + 12 * 3)
    assert changed(banks=1)[0] > inference
    assert changed(lanes=(2,))[0] > 1.9 * inference
