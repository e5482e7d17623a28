"""A bias for each neuron through the core: inference, and learning of every rule that changes it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from golden.config import (
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NeuronConfig,
)
from golden.encoding import to_events
from golden.kernels import Kernel
from golden.network import LearningNetwork, Network
from golden.synapse import inference_weight
from sim.result import Stalls
from sim.verify import inference, stimuli
from sim.verify.learning import RtlLearner, colearn, continue_learning

pytestmark = pytest.mark.usefixtures("emitted_once")
STALLS = Stalls(seed=0xB1A5, gap=0.3, stall=0.4)
MODES: dict[str, dict[str, Any]] = {
    "feedback": {},
    "every-step": {"timing": "every_step", "trace_shifts": (2, 1)},
    "direct-single-port": {"route": "direct", "weight_memory": ("single_port",), "biases": ("learned", "none")},
    "recurrent": {"recurrent": (0,), "banks": 1, "trace_gain": 1},
    "fixed": {"biases": ("fixed", "learned"), "rounding": "nearest"},
}


def config_of(*, biases=("learned", "learned"), recurrent=(), weight_memory=("dual_port",), banks=2, **rule: Any):
    neuron = NeuronConfig(membrane_width=14, spike_width=3, threshold_shift=5)
    settings: dict[str, Any] = {
        "shadow_width": 12, "margin": 40, "rate_shifts": (0, -2), "error_shifts": (1,), "init_shifts": (10, 10),
        "schedule": (5, 7),
    }  # fmt: skip
    if recurrent:
        settings |= {"recurrent_rate_shifts": (3,), "recurrent_init_shifts": (9,)}
    settings |= rule
    return LearningNetworkConfig(
        name="biased",
        n_inputs=12,
        n_steps=3,
        encoding=EncodingConfig(spike_width=3),
        layers=tuple(
            LayerConfig(size=size, weight_width=5, neuron=neuron, recurrent=index in recurrent, bias=biases[index])
            for index, size in enumerate((7, 4))
        ),
        learning=LearningConfig(**settings),
        hardware=HardwareConfig(lanes=(4, 2), fire_lanes=(2,), banks=banks, weight_memory=weight_memory),
    )


def biased(config, seed=3):
    """Return an untrained network with random shadow biases."""
    rng, network = np.random.default_rng(seed), LearningNetwork.initial(config)
    ranges = [1 << layer.bias.stored_width - 5 if layer.has_bias else 0 for layer in config.resolved]
    shadows = [rng.integers(-top, top, layer.n_out) if top else np.zeros(0, np.int64)
               for top, layer in zip(ranges, config.resolved, strict=True)]  # fmt: skip
    return LearningNetwork.from_shadows(config, network.shadows, shadow_biases=shadows)


def samples(config, n, seed=0):
    """Return samples of which some have empty steps, and labels."""
    spikes, rng = stimuli.spikes(config, n, seed=seed), np.random.default_rng(seed)
    spikes[rng.random(spikes.shape[:2]) < 0.3] = 0
    return to_events(spikes), rng.integers(0, config.n_classes, n)


@pytest.mark.parametrize("mode", MODES)
def test_learning_in_icarus(mode, tmp_path):
    config = config_of(**MODES[mode])
    network = biased(config)
    events, labels = samples(config, 40)
    report = colearn(network, events, labels, boost=1, interval=20, backend="icarus", stalls=STALLS, build_dir=tmp_path)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))
    stored = sum(parameter.size for layer in config.resolved for parameter in layer.parameters)
    assert report.n_weights_compared == 2 * stored
    after = report.network.shadow_biases
    for layer, before, learned in zip(config.resolved, network.shadow_biases, after, strict=True):
        assert (before != learned).any() == (layer.config.bias == "learned")


def test_a_long_run_compiled():
    config = config_of(recurrent=(0,), timing="every_step", trace_shifts=(2, 1))
    network = biased(config)
    events, labels = samples(config, 200)
    rtl, kernel = RtlLearner(network), Kernel(network)
    for boost, stalls in ((0, None), (2, STALLS)):
        report = continue_learning(rtl, kernel, events, labels, boost=boost, interval=100, stalls=stalls)
        assert report.n_mismatches == 0, "\n".join(map(str, report.first))


@pytest.mark.parametrize("readout", ["membrane", "spike_count"])
def test_inference(readout, tmp_path):
    config = replace(config_of(banks=1), readout=readout)
    network = biased(config).inference_only()
    events, _ = samples(config, 60)
    report = inference.cosimulate(network, events, backend="icarus", stalls=STALLS, build_dir=tmp_path)
    assert report.n_mismatches == 0, "\n".join(map(str, report.first))
    silent = replace(network, biases=[np.zeros_like(bias) for bias in network.biases])
    classes = [Kernel(each).infer(samples(config, 60)[0]).scores for each in (network, silent)]
    assert (classes[0] != classes[1]).any(), "the bias matters"


def test_inference_values_are_rounded_from_shadow_values():
    config = config_of()
    network = biased(config)
    for layer, bias, shadow in zip(config.resolved, network.biases, network.shadow_biases, strict=True):
        np.testing.assert_array_equal(bias, inference_weight(shadow, layer.bias.stored_width, layer.bias.width))
        assert isinstance(network.inference_only(), Network) and (bias != 0).any()
