"""Every rule of a configuration with its message."""

import pickle
from dataclasses import FrozenInstanceError
from itertools import product
from typing import Any

import pytest

from golden.config import (
    ConvConfig,
    EncodingConfig,
    FieldError,
    HardwareConfig,
    LayerConfig,
    NeuronConfig,
)
from golden.errors import ConfigError
from golden.fixed import signed_range
from tests.golden.config.builders import CONV, SPATIAL_FIELDS, learning, maps, network

NOT_A_NUMBER = [True, 8.0, "8", None, [8]]

LOSING_NEURONS = (
    NeuronConfig(reset="hard"),
    NeuronConfig(leak_shift=4),
    NeuronConfig(leak_factor=3, leak_frac=2),
    NeuronConfig(spike_width=1, threshold=1, reset_amount=0, current_shift=24, initial=-(1 << 15)),
    NeuronConfig(spike_width=1, threshold=(1 << 15) - 1, reset_amount=(1 << 15) - 1, threshold_shift=99),
)

BROKEN_RULES = [
    (NeuronConfig, {"membrane_width": 3}, "NeuronConfig.membrane_width: must be 4..32, got 3"),
    (NeuronConfig, {"membrane_width": 33}, "NeuronConfig.membrane_width: must be 4..32, got 33"),
    (NeuronConfig, {"spike_width": 0}, "NeuronConfig.spike_width: must be 1..8, got 0"),
    (NeuronConfig, {"spike_width": 9}, "NeuronConfig.spike_width: must be 1..8, got 9"),
    (
        NeuronConfig,
        {"membrane_width": 4, "threshold_shift": 0, "spike_width": 4},
        "NeuronConfig.spike_width: must be below membrane_width (4), got 4",
    ),
    (
        NeuronConfig,
        {"threshold_shift": -1},
        "NeuronConfig.threshold_shift: must be 0..11 with membrane_width 16 and spike_width 4, got -1",
    ),
    (
        NeuronConfig,
        {"threshold_shift": 12},
        "NeuronConfig.threshold_shift: must be 0..11 with membrane_width 16 and spike_width 4, got 12",
    ),
    (NeuronConfig, {"leak_shift": 0}, "NeuronConfig.leak_shift: must be 1..15, got 0"),
    (NeuronConfig, {"leak_shift": 16}, "NeuronConfig.leak_shift: must be 1..15, got 16"),
    (
        NeuronConfig,
        {"leak_shift": 3, "leak_factor": 1, "leak_frac": 1},
        "NeuronConfig.leak_factor: must be absent where leak_shift is given, got 1",
    ),
    (NeuronConfig, {"threshold": 5}, "NeuronConfig.threshold: goes with spike_width 1; give threshold_shift, got 5"),
    (NeuronConfig, {"threshold": 0, "spike_width": 1}, "NeuronConfig.threshold: must be 1..32767, got 0"),
    (NeuronConfig, {"reset_amount": 5}, "NeuronConfig.reset_amount: goes with spike_width 1, got 5"),
    (
        NeuronConfig,
        {"reset_amount": 5, "spike_width": 1, "reset": "hard"},
        'NeuronConfig.reset_amount: goes with reset = "soft", got 5',
    ),
    (
        NeuronConfig,
        {"reset_amount": 32768, "spike_width": 1},
        "NeuronConfig.reset_amount: must be 0..32767, got 32768",
    ),
    (NeuronConfig, {"current_shift": 25}, "NeuronConfig.current_shift: must be 0..24, got 25"),
    (NeuronConfig, {"initial": 32768}, "NeuronConfig.initial: must be -32768..32767, got 32768"),
    (NeuronConfig, {"leak_factor": 3}, "NeuronConfig.leak_frac: goes together with leak_factor, got None"),
    (NeuronConfig, {"leak_frac": 3}, "NeuronConfig.leak_frac: goes together with leak_factor, got 3"),
    (NeuronConfig, {"leak_factor": 0, "leak_frac": 0}, "NeuronConfig.leak_frac: must be 1..24, got 0"),
    (NeuronConfig, {"leak_factor": 0, "leak_frac": 25}, "NeuronConfig.leak_frac: must be 1..24, got 25"),
    (NeuronConfig, {"leak_factor": 9, "leak_frac": 3}, "NeuronConfig.leak_factor: must be 0..8, got 9"),
    (NeuronConfig, {"leak_factor": -1, "leak_frac": 3}, "NeuronConfig.leak_factor: must be 0..8, got -1"),
    (NeuronConfig, {"reset": "never"}, "NeuronConfig.reset: must be one of soft, hard, none, got 'never'"),
    (LayerConfig, {"size": 0}, "LayerConfig.size: must be 1..65536, got 0"),
    (LayerConfig, {"size": 65537}, "LayerConfig.size: must be 1..65536, got 65537"),
    (LayerConfig, {"size": 4, "weight_width": 1}, "LayerConfig.weight_width: must be 2..24, got 1"),
    (LayerConfig, {"size": 4, "weight_width": 25}, "LayerConfig.weight_width: must be 2..24, got 25"),
    (
        EncodingConfig,
        {"kind": "phase"},
        "EncodingConfig.kind: must be one of single_shot, every_step, rate, latency, events, got 'phase'",
    ),
    (EncodingConfig, {"value_width": 0}, "EncodingConfig.value_width: must be 1..16, got 0"),
    (EncodingConfig, {"value_width": 17}, "EncodingConfig.value_width: must be 1..16, got 17"),
    (EncodingConfig, {"spike_width": 0}, "EncodingConfig.spike_width: must be 1..8, got 0"),
    (EncodingConfig, {"spike_width": 9}, "EncodingConfig.spike_width: must be 1..8, got 9"),
    (EncodingConfig, {"seed": 0}, "EncodingConfig.seed: must be 1..65535, got 0"),
    (EncodingConfig, {"seed": 65536}, "EncodingConfig.seed: must be 1..65535, got 65536"),
    (learning, {"shadow_width": 7}, "LearningConfig.shadow_width: must be 8..24, got 7"),
    (learning, {"shadow_width": 25}, "LearningConfig.shadow_width: must be 8..24, got 25"),
    (learning, {"route": "up"}, "LearningConfig.route: must be one of feedback, direct, got 'up'"),
    (learning, {"timing": "late"}, "LearningConfig.timing: must be one of final, every_step, got 'late'"),
    (learning, {"margin": -1}, "LearningConfig.margin: must be 0..2147483647, got -1"),
    (learning, {"margin": 1 << 31}, "LearningConfig.margin: must be 0..2147483647, got 2147483648"),
    (
        learning,
        {"rounding": "up"},
        "LearningConfig.rounding: must be one of floor, toward_zero, nearest, stochastic, got 'up'",
    ),
    (learning, {"direct_shift": -1}, "LearningConfig.direct_shift: must be 0..16, got -1"),
    (learning, {"direct_shift": 17}, "LearningConfig.direct_shift: must be 0..16, got 17"),
    (learning, {"trace_shifts": (0, 4)}, "LearningConfig.trace_shifts: must be 1..15 each, got (0, 4)"),
    (learning, {"trace_shifts": (4, 16)}, "LearningConfig.trace_shifts: must be 1..15 each, got (4, 16)"),
    (learning, {"trace_gain": 9}, "LearningConfig.trace_gain: must be 0..8, got 9"),
    (learning, {"error": "mse"}, "LearningConfig.error: must be one of margin, pair, graded, got 'mse'"),
    (learning, {"error_octave": 31}, "LearningConfig.error_octave: must be 0..30, got 31"),
    (learning, {"surrogate": "flat"}, "LearningConfig.surrogate: must be one of wide, narrow, got 'flat'"),
    (learning, {"recurrence": "none"}, "LearningConfig.recurrence: must be one of learned, fixed, got 'none'"),
    (learning, {"budget": -1}, "LearningConfig.budget: must be 0..4096, got -1"),
    (learning, {"budget_shift": 25}, "LearningConfig.budget_shift: must be 0..24, got 25"),
    (learning, {"rate_shifts": (-17, 0)}, "LearningConfig.rate_shifts: must be -16..24 each, got (-17, 0)"),
    (learning, {"rate_shifts": (0, 25)}, "LearningConfig.rate_shifts: must be -16..24 each, got (0, 25)"),
    (learning, {"error_shifts": (-8,)}, "LearningConfig.error_shifts: must be -7..24 each, got (-8,)"),
    (learning, {"error_shifts": (25,)}, "LearningConfig.error_shifts: must be -7..24 each, got (25,)"),
    (learning, {"init_shifts": (-1, 0)}, "LearningConfig.init_shifts: must be 0..15 each, got (-1, 0)"),
    (
        learning,
        {"init_shifts": (0, 8), "shadow_width": 8},
        "LearningConfig.init_shifts: must be 0..7 each, got (0, 8)",
    ),
    (learning, {"epochs": 0}, "LearningConfig.epochs: must be 1..65536, got 0"),
    (learning, {"epochs": 65537}, "LearningConfig.epochs: must be 1..65536, got 65537"),
    (learning, {"schedule": (0, 2)}, "LearningConfig.schedule: must be epochs 1..65536 each, got (0, 2)"),
    (learning, {"schedule": (65537,)}, "LearningConfig.schedule: must be epochs 1..65536 each, got (65537,)"),
    (learning, {"schedule": (2, 2)}, "LearningConfig.schedule: must be ascending, got (2, 2)"),
    (learning, {"schedule": (3, 2)}, "LearningConfig.schedule: must be ascending, got (3, 2)"),
    (
        learning,
        {"schedule": tuple(range(1, 18))},
        f"LearningConfig.schedule: must hold at most 16 epochs, got {tuple(range(1, 18))}",
    ),
    (learning, {"seed": -1}, "LearningConfig.seed: must be 0..4294967295, got -1"),
    (learning, {"seed": 1 << 32}, "LearningConfig.seed: must be 0..4294967295, got 4294967296"),
    (HardwareConfig, {"lanes": ()}, "HardwareConfig.lanes: must hold at least one value, got ()"),
    (HardwareConfig, {"lanes": (0,)}, "HardwareConfig.lanes: must be 1..1024 for each layer, got (0,)"),
    (HardwareConfig, {"fire_lanes": (1025,)}, "HardwareConfig.fire_lanes: must be 1..1024 for each layer, got (1025,)"),
    (HardwareConfig, {"banks": 0}, "HardwareConfig.banks: must be 1..2, got 0"),
    (HardwareConfig, {"banks": 3}, "HardwareConfig.banks: must be 1..2, got 3"),
    (
        HardwareConfig,
        {"multiplier": "lut"},
        "HardwareConfig.multiplier: must be one of shift_add, operator, got 'lut'",
    ),
    (
        HardwareConfig,
        {"weight_memory": ("dual_port", "spram")},
        "HardwareConfig.weight_memory: must be one of dual_port, single_port for each layer, got ('dual_port', "
        "'spram')",
    ),
    (HardwareConfig, {"weight_memory": ()}, "HardwareConfig.weight_memory: must hold at least one value, got ()"),
    (
        HardwareConfig,
        {"weight_memory": "single_port"},
        "HardwareConfig.weight_memory: must be one of dual_port, single_port for each layer, got 'single_port'",
    ),
    (network, {"name": ""}, "NetworkConfig.name: must be printable and not empty, got ''"),
    (network, {"name": "  "}, "NetworkConfig.name: must be printable and not empty, got '  '"),
    (network, {"name": "a\nb"}, "NetworkConfig.name: must be printable and not empty, got 'a\\nb'"),
    (network, {"name": 5}, "NetworkConfig.name: must be printable and not empty, got 5"),
    (network, {"n_inputs": 0}, "NetworkConfig.n_inputs: must be 1..65536, got 0"),
    (network, {"n_inputs": 65537}, "NetworkConfig.n_inputs: must be 1..65536, got 65537"),
    (network, {"n_steps": 0}, "NetworkConfig.n_steps: must be 1..4096, got 0"),
    (network, {"n_steps": 4097}, "NetworkConfig.n_steps: must be 1..4096, got 4097"),
    (network, {"layers": ()}, "NetworkConfig.layers: must hold at least one layer, got ()"),
    (
        network,
        {"readout": "first"},
        "NetworkConfig.readout: must be one of membrane, membrane_sum, spike_count, got 'first'",
    ),
    (
        network,
        {"hardware": HardwareConfig(lanes=(1, 2, 3))},
        "HardwareConfig.lanes: must be one value or one for each of 2 layers, got (1, 2, 3)",
    ),
    (
        network,
        {"hardware": HardwareConfig(weight_memory=("single_port", "dual_port", "dual_port"))},
        "HardwareConfig.weight_memory: must be one value or one for each of 2 layers, got ('single_port', "
        "'dual_port', 'dual_port')",
    ),
    (
        network,
        {"hardware": HardwareConfig(fire_lanes=(1, 2, 3))},
        "HardwareConfig.fire_lanes: must be one value or one for each of 2 layers, got (1, 2, 3)",
    ),
    (
        network,
        {"learning": learning(rate_shifts=(4,))},
        "LearningConfig.rate_shifts: must hold 2 values here, or be left out, got (4,)",
    ),
    (
        network,
        {"learning": learning(init_shifts=(4,))},
        "LearningConfig.init_shifts: must hold 2 values here, or be left out, got (4,)",
    ),
    (
        network,
        {"learning": learning(error_shifts=(1, 1))},
        "LearningConfig.error_shifts: must hold 1 values here, or be left out, got (1, 1)",
    ),
    (
        network,
        {
            "layers": (LayerConfig(size=6, weight_width=12), LayerConfig(size=3)),
            "learning": learning(shadow_width=11, init_shifts=(1, 1)),
        },
        "LearningConfig.shadow_width: must be at least weight_width (12), got 11",
    ),
    *(
        (
            network,
            {
                "readout": "spike_count",
                "layers": (LayerConfig(size=6), LayerConfig(size=3, neuron=neuron)),
            },
            "LearningConfig.margin: a spike-count readout learns with soft reset of 2^threshold_shift and without leak "
            "only, got 512",
        )
        for neuron in LOSING_NEURONS
    ),
]


BROKEN_RULES += [
    (ConvConfig, {"kernel": 0}, "ConvConfig.kernel: must be 1..64, got 0"),
    (ConvConfig, {"kernel": 65}, "ConvConfig.kernel: must be 1..64, got 65"),
    (ConvConfig, {"kernel": 3, "stride": 0}, "ConvConfig.stride: must be 1..64, got 0"),
    (ConvConfig, {"kernel": 3, "stride": 65}, "ConvConfig.stride: must be 1..64, got 65"),
    (ConvConfig, {"kernel": 3, "padding": -1}, "ConvConfig.padding: must be 0..2, got -1"),
    (ConvConfig, {"kernel": 3, "padding": 3}, "ConvConfig.padding: must be 0..2, got 3"),
    (ConvConfig, {"kernel": 3, "kernel_x": 0}, "ConvConfig.kernel_x: must be 1..64, got 0"),
    (ConvConfig, {"kernel": 3, "kernel_x": 1, "padding": 1}, "ConvConfig.padding: must be 0..0, got 1"),
    (ConvConfig, {"kernel": 1, "kernel_x": 3, "padding_x": 3}, "ConvConfig.padding_x: must be 0..2, got 3"),
    (LayerConfig, {"size": 3, "pool": 0}, "LayerConfig.pool: must be 1..64, got 0"),
    (LayerConfig, {"size": 3, "pool": 65}, "LayerConfig.pool: must be 1..64, got 65"),
    *(
        (
            network,
            {"input_shape": shape},
            f"NetworkConfig.input_shape: must be channels, height and width, 5 inputs in all, got {shape!r}",
        )
        for shape in [(1, 5), (5,), (1, 1, 4), (2, 1, 5), (-1, -1, 5), (1, 5, True), (1, 1, 1, 5), (), [1, 1, 5], 5]
    ),
    *(
        (
            lambda fields=fields: maps({}, fields, n_inputs=4, input_shape=None),
            {},
            f"{field}: needs rows and columns, of an input_shape or of a convolution just in front of layer 1, "
            f"got {got}",
        )
        for field, got, fields in SPATIAL_FIELDS
    ),
    (lambda: maps({"pool": 6}), {}, "LayerConfig.pool: must fit into the 6x5 input of layer 0, got 6"),
    (
        lambda: maps({"pool": 2, "conv": CONV}),
        {},
        "ConvConfig.kernel: must fit into the 6x5 input of layer 0, pooled by 2, and its padding, got 3",
    ),
    (
        lambda: maps({"conv": CONV}, {"size": 8193, "conv": ConvConfig(kernel=1, padding=0)}),
        {},
        "LayerConfig.size: must make at most 65536 neurons, with 4x3 windows in layer 1, got 8193",
    ),
]


@pytest.mark.parametrize("build, fields, message", BROKEN_RULES)
def test_broken_rules(build, fields, message):
    with pytest.raises(ConfigError) as caught:
        build(**fields)
    assert str(caught.value) == message


def conv(**changes: Any) -> ConvConfig:
    return ConvConfig(**{"kernel": 3, **changes})


def layer(**changes: Any) -> LayerConfig:
    return LayerConfig(**{"size": 3, **changes})


NUMBERS = [
    *((conv, name) for name in ("kernel", "stride", "padding")),
    (layer, "pool"),
    *((NeuronConfig, name) for name in ("membrane_width", "spike_width", "threshold_shift")),
    *((EncodingConfig, name) for name in ("value_width", "spike_width", "seed")),
    *((learning, name) for name in ("shadow_width", "margin", "direct_shift", "epochs", "seed")),
    (HardwareConfig, "banks"),
    *((network, name) for name in ("n_inputs", "n_steps")),
]


@pytest.mark.parametrize("value", NOT_A_NUMBER)
@pytest.mark.parametrize("build, name", NUMBERS)
def test_numbers_are_integers(build, name, value):
    with pytest.raises(ConfigError, match=rf"\.{name}: must be .*, got "):
        build(**{name: value})


@pytest.mark.parametrize("value", [[1, 1], (1.0, 1), (True, 1), ("1", 1), (None, 1), 4, None])
@pytest.mark.parametrize(
    "build, name",
    [
        *((learning, name) for name in ("rate_shifts", "error_shifts", "init_shifts", "schedule")),
        *((HardwareConfig, name) for name in ("lanes", "fire_lanes")),
    ],
)
def test_lists_of_numbers_are_tuples_of_integers(build, name, value):
    with pytest.raises(ConfigError, match=rf"\.{name}: must be .*, got "):
        build(**{name: value})


def test_extremes_are_legal():
    NeuronConfig(membrane_width=4, spike_width=1, threshold_shift=2, leak_shift=3)
    NeuronConfig(membrane_width=32, spike_width=8, threshold_shift=23, leak_factor=1 << 16, leak_frac=16)
    learning(shadow_width=24, init_shifts=(23, 23), rate_shifts=(-16, 24), error_shifts=(24,), schedule=())
    network(n_inputs=65536, n_steps=4096, layers=(LayerConfig(size=65536), LayerConfig(size=1)))
    network(readout="spike_count", learning=learning())


def test_every_level_of_a_legal_neuron_can_be_reached():
    for membrane_width, spike_width in product(range(4, 33), range(1, 9)):
        if spike_width < membrane_width:
            top = membrane_width - 1 - spike_width
            config = NeuronConfig(membrane_width=membrane_width, spike_width=spike_width, threshold_shift=top)
            assert config.max_spike << top <= signed_range(membrane_width)[1]


def test_frozen_and_keyword_only():
    with pytest.raises(FrozenInstanceError):
        network().n_steps = 3  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(TypeError):
        NeuronConfig(16)  # pyright: ignore[reportCallIssue]
    assert hash(network()) == hash(network())


# Dictionaries and TOML


def test_an_error_of_a_field_survives_a_worker_and_takes_other_names():
    with pytest.raises(FieldError) as caught:
        EncodingConfig(value_width=17)
    same = pickle.loads(pickle.dumps(caught.value))
    assert type(same) is FieldError and str(same) == "EncodingConfig.value_width: must be 1..16, got 17"
    assert str(same.renamed("`width`")) == "`width`: must be 1..16, got 17"
    assert (same.field, same.rule, same.value) == ("value_width", "must be 1..16", 17)
