"""Configuration: every rule with its message, round trips, and derived widths against brute force."""

from dataclasses import FrozenInstanceError, replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from golden.config import (
    ConvConfig,
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
    require_dense,
)
from golden.errors import ConfigError
from golden.fixed import signed_range
from golden.learning import trace_step
from sim.verify import stimuli
from tests.strategies import network_configs, spatial_configs


def learning(**changes: Any) -> LearningConfig:
    return LearningConfig(**{"rate_shifts": (4, 4), "error_shifts": (1,), "init_shifts": (12, 12), **changes})


def network(**changes: Any) -> NetworkConfig:
    layers = (LayerConfig(size=6), LayerConfig(size=3))
    return NetworkConfig(**{"n_inputs": 5, "n_steps": 2, "layers": layers, "learning": learning(), **changes})


NOT_A_NUMBER = [True, 8.0, "8", None, [8]]

LOSING_NEURONS = (
    NeuronConfig(reset="hard"),
    NeuronConfig(leak_shift=4),
    NeuronConfig(leak_factor=3, leak_frac=2),
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
    (NeuronConfig, {"leak_factor": 3}, "NeuronConfig.leak_frac: goes together with leak_factor, got None"),
    (NeuronConfig, {"leak_frac": 3}, "NeuronConfig.leak_frac: goes together with leak_factor, got 3"),
    (NeuronConfig, {"leak_factor": 0, "leak_frac": 0}, "NeuronConfig.leak_frac: must be 1..16, got 0"),
    (NeuronConfig, {"leak_factor": 0, "leak_frac": 17}, "NeuronConfig.leak_frac: must be 1..16, got 17"),
    (NeuronConfig, {"leak_factor": 9, "leak_frac": 3}, "NeuronConfig.leak_factor: must be 0..8, got 9"),
    (NeuronConfig, {"leak_factor": -1, "leak_frac": 3}, "NeuronConfig.leak_factor: must be 0..8, got -1"),
    (NeuronConfig, {"reset": "never"}, "NeuronConfig.reset: must be one of soft, hard, none, got 'never'"),
    (LayerConfig, {"size": 0}, "LayerConfig.size: must be 1..65536, got 0"),
    (LayerConfig, {"size": 65537}, "LayerConfig.size: must be 1..65536, got 65537"),
    (LayerConfig, {"size": 4, "weight_width": 1}, "LayerConfig.weight_width: must be 2..16, got 1"),
    (LayerConfig, {"size": 4, "weight_width": 17}, "LayerConfig.weight_width: must be 2..16, got 17"),
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
    (learning, {"rate_shifts": (-17, 0)}, "LearningConfig.rate_shifts: must be -16..16 each, got (-17, 0)"),
    (learning, {"rate_shifts": (0, 17)}, "LearningConfig.rate_shifts: must be -16..16 each, got (0, 17)"),
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
        "LearningConfig.rate_shifts: must hold 2 values here, got (4,)",
    ),
    (
        network,
        {"learning": learning(init_shifts=(4,))},
        "LearningConfig.init_shifts: must hold 2 values here, got (4,)",
    ),
    (
        network,
        {"learning": learning(error_shifts=(1, 1))},
        "LearningConfig.error_shifts: must hold 1 values here, got (1, 1)",
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
            "LearningConfig.margin: a spike-count readout learns with soft reset and without leak only, got 512",
        )
        for neuron in LOSING_NEURONS
    ),
]


CONV = ConvConfig(kernel=3)
SPATIAL_FIELDS: list[tuple[str, dict[str, Any]]] = [("conv", {"conv": CONV}), ("pool", {"pool": 2})]


def maps(*layers: dict[str, Any], **changes: Any) -> NetworkConfig:
    """A network on 2 channels of 6x5, of layers with these fields; size 3 where they do not say."""
    built = tuple(LayerConfig(**{"size": 3, **layer}) for layer in layers)
    return NetworkConfig(**{"n_inputs": 60, "n_steps": 2, "input_shape": (2, 6, 5), "layers": built, **changes})


BROKEN_RULES += [
    (ConvConfig, {"kernel": 0}, "ConvConfig.kernel: must be 1..64, got 0"),
    (ConvConfig, {"kernel": 65}, "ConvConfig.kernel: must be 1..64, got 65"),
    (ConvConfig, {"kernel": 3, "stride": 0}, "ConvConfig.stride: must be 1..64, got 0"),
    (ConvConfig, {"kernel": 3, "stride": 65}, "ConvConfig.stride: must be 1..64, got 65"),
    (ConvConfig, {"kernel": 3, "padding": -1}, "ConvConfig.padding: must be 0..2, got -1"),
    (ConvConfig, {"kernel": 3, "padding": 3}, "ConvConfig.padding: must be 0..2, got 3"),
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
            f"LayerConfig.{name}: needs an input with rows and columns, an input_shape or a convolution before it, "
            "which layer 1 has not",
        )
        for name, fields in SPATIAL_FIELDS
    ),
    (lambda: maps({"pool": 6}), {}, "LayerConfig.pool: must fit into the 6x5 input of layer 0, got 6"),
    (
        lambda: maps({"pool": 2, "conv": CONV}),
        {},
        "LayerConfig.conv: must fit into the 6x5 input of layer 0, pooled by 2, and its padding, got "
        "ConvConfig(kernel=3, stride=1, padding=0)",
    ),
    (
        lambda: maps({"conv": CONV}, {"size": 8193, "conv": ConvConfig(kernel=1, padding=0)}),
        {},
        "LayerConfig.size: must make at most 65536 neurons, with 4x3 windows in layer 1, got 8193",
    ),
    *(
        (
            lambda fields=fields: maps(fields, {}, learning=learning()),
            {},
            f"LayerConfig.{name}: layer 0 of network convolves or pools, for which there is no hardware and no on-line "
            "learning yet; 'intsnn eval' runs such a network",
        )
        for name, fields in SPATIAL_FIELDS
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
    learning(shadow_width=24, init_shifts=(23, 23), rate_shifts=(-16, 16), error_shifts=(24,), schedule=())
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


@given(network_configs(learning=True))
def test_round_trips_with_learning(config):
    assert NetworkConfig.from_dict(config.to_dict()) == config


@given(st.one_of(network_configs(), spatial_configs()))
def test_round_trips_of_inference(config):
    assert NetworkConfig.from_dict(config.to_dict()) == config


@given(st.one_of(network_configs(learning=True), spatial_configs()))
def test_toml_round_trips(tmp_path_factory, config):
    path = tmp_path_factory.getbasetemp() / "network.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    assert NetworkConfig.from_toml(path) == config
    assert NetworkConfig.from_toml(str(path)).resolved == config.resolved


def test_names_survive_toml(tmp_path):
    config = network(name='größe "1" \\ = [x]')
    (tmp_path / "n.toml").write_text(config.to_toml(), encoding="utf-8")
    assert NetworkConfig.from_toml(tmp_path / "n.toml") == config


def test_a_short_file_takes_the_defaults():
    config = NetworkConfig.from_dict({"n_inputs": 4, "n_steps": 1, "layers": [{"size": 2}]})
    assert config == NetworkConfig(n_inputs=4, n_steps=1, layers=(LayerConfig(size=2),))
    assert config.learning is None and config.readout == "membrane"
    assert config.to_dict()["layers"][0]["neuron"] == {
        "membrane_width": 16, "spike_width": 4, "threshold_shift": 8, "reset": "soft"
    }  # fmt: skip


def test_a_file_of_maps():
    config = NetworkConfig.from_dict(
        {
            "n_inputs": 64,
            "n_steps": 1,
            "input_shape": [1, 8, 8],
            "layers": [{"size": 2, "conv": {"kernel": 3}}, {"size": 10, "pool": 2}],
        }
    )
    assert config.input_shape == (1, 8, 8)
    assert config.layers == (LayerConfig(size=2, conv=ConvConfig(kernel=3)), LayerConfig(size=10, pool=2))
    plain = config.to_dict()
    assert plain["input_shape"] == [1, 8, 8]
    assert "pool" not in plain["layers"][0] and "conv" not in plain["layers"][1]
    assert plain["layers"][0]["conv"] == {"kernel": 3, "stride": 1, "padding": 0}
    assert plain["layers"][1]["pool"] == 2


def test_files_of_dense_networks_are_as_before_there_were_maps():
    plain = network().to_dict()
    assert list(plain) == ["name", "n_inputs", "n_steps", "readout", "encoding", "layers", "learning", "hardware"]
    assert [list(entry) for entry in plain["layers"]] == [["size", "weight_width", "neuron"]] * 2


def change(path: list, value: object = None, *, drop: bool = False) -> dict:
    data = network().to_dict()
    at = data
    for key in path[:-1]:
        at = at[key]
    if drop:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return data


@pytest.mark.parametrize(
    "data, message",
    [
        ([], "configuration: must be a table, got []"),
        (change(["speed"], 3), "configuration: unknown field 'speed'; known are name, n_inputs, n_steps, readout, "),
        (change(["n_inputs"], drop=True), "configuration: field 'n_inputs' is missing"),
        (change(["layers"], drop=True), "configuration: field 'layers' is missing"),
        (change(["layers", 1, "size"], drop=True), "configuration.layers[1]: field 'size' is missing"),
        (change(["layers", 0, "sise"], 3), "configuration.layers[0]: unknown field 'sise'; known are size, "),
        (change(["layers", 0, "neuron", "beta"], 3), "configuration.layers[0].neuron: unknown field 'beta'; "),
        (change(["learning", "rate_shifts"], drop=True), "configuration.learning: field 'rate_shifts' is missing"),
        (change(["layers"], 3), "configuration.layers: must be a list, got 3"),
        (change(["layers"], [3]), "configuration.layers[0]: must be a table, got 3"),
        (change(["learning"], 3), "configuration.learning: must be a table, got 3"),
        (change(["learning", "rate_shifts"], 3), "configuration.learning.rate_shifts: must be a list, got 3"),
        (change(["learning", "rate_shifts"], [3, "x"]), "configuration.learning.rate_shifts[1]: must be an integer, "),
        (change(["learning", "rate_shifts"], [3, True]), "configuration.learning.rate_shifts[1]: must be an integer, "),
        (change(["n_inputs"], "5"), "configuration.n_inputs: must be an integer, got '5'"),
        (change(["n_inputs"], 5.0), "configuration.n_inputs: must be an integer, got 5.0"),
        (change(["n_inputs"], True), "configuration.n_inputs: must be an integer, got True"),
        (change(["n_inputs"], None), "configuration.n_inputs: must be an integer, got None"),
        (change(["name"], 5), "configuration.name: must be a string, got 5"),
        (change(["readout"], 5), "configuration.readout: must be a string, got 5"),
        (
            change(["readout"], "best"),
            "NetworkConfig.readout: must be one of membrane, membrane_sum, spike_count, got 'best'",
        ),
        (
            change(["layers", 0, "neuron", "leak_shift"], "4"),
            "configuration.layers[0].neuron.leak_shift: must be an integer",
        ),
        (change(["input_shape"], 5), "configuration.input_shape: must be a list, got 5"),
        (change(["input_shape"], [1, 5, "x"]), "configuration.input_shape[2]: must be an integer, got 'x'"),
        (change(["layers", 0, "conv"], 3), "configuration.layers[0].conv: must be a table, got 3"),
        (change(["layers", 0, "conv"], {}), "configuration.layers[0].conv: field 'kernel' is missing"),
        (change(["layers", 0, "pool"], "2"), "configuration.layers[0].pool: must be an integer, got '2'"),
        (change(["layers", 0, "neuron", "membrane_width"], 99), "NeuronConfig.membrane_width: must be 4..32, got 99"),
    ],
)
def test_faulty_dictionaries(data, message):
    with pytest.raises(ConfigError) as caught:
        NetworkConfig.from_dict(data)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content, reason",
    [
        (None, "cannot be read (No such file or directory)"),
        (b"n_inputs = ", "not a TOML file (Invalid value"),
        (b"name = '\xff'", "not a TOML file ('utf-8' codec"),
        (b"n_inputs = " + b"9" * 5000, "not a TOML file (Exceeds the limit"),
        (b"n_inputs = 0", "configuration: field 'n_steps' is missing"),
        (tomli_w.dumps(change(["n_steps"], 0)).encode(), "NetworkConfig.n_steps: must be 1..4096, got 0"),
    ],
)
def test_faulty_files_are_named(tmp_path, content, reason):
    path = tmp_path / "net.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        NetworkConfig.from_toml(path)
    assert str(caught.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_configuration(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        NetworkConfig.from_toml(tmp_path)


# Learning-rate schedule


def test_rate_boost_counts_the_starts_passed():
    config = learning(schedule=(5, 7, 9, 11))
    assert [config.rate_boost(epoch) for epoch in range(13)] == [0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_for_epochs_stretches_the_schedule():
    config = learning(epochs=12, schedule=(5, 7, 9, 11))
    assert config.for_epochs(12) == config
    assert config.for_epochs(24) == replace(config, epochs=24, schedule=(10, 14, 18, 22))
    assert config.for_epochs(30).schedule == (13, 18, 23, 28)  # 12.5 and so on, rounded up
    assert config.for_epochs(6).schedule == (3, 4, 5, 6)  # 6: beyond the last epoch, which is 5
    assert config.for_epochs(1).schedule == (1,)
    with pytest.raises(ConfigError, match="epochs"):
        config.for_epochs(0)


# What follows from the configuration


@given(network_configs())
def test_layers_feed_each_other(config):
    sizes = [config.n_inputs, *(layer.size for layer in config.layers)]
    widths = [config.encoding.spike_width, *(layer.neuron.spike_width for layer in config.layers)]
    resolved = config.resolved
    assert [(layer.n_in, layer.n_out) for layer in resolved] == list(pairwise(sizes))
    assert [layer.input_spike_width for layer in resolved] == widths[:-1]
    assert [layer.index for layer in resolved] == list(range(len(sizes) - 1))
    assert all(layer.fires for layer in resolved[:-1])
    assert resolved[-1].fires == (config.readout == "spike_count")
    assert config.n_classes == sizes[-1]
    assert config.topology == "-".join(map(str, sizes))
    for layer in resolved:
        assert 1 <= layer.fire_lanes <= layer.lanes <= layer.n_out
        assert layer.lanes % layer.fire_lanes == 0
        assert layer.lanes * (layer.n_words - 1) < layer.n_out <= layer.lanes * layer.n_words
        assert 0 <= layer.n_fire_words * layer.fire_lanes - layer.n_out < layer.fire_lanes
        assert layer.weight_memory_bits == layer.n_in * layer.n_words * layer.lanes * layer.weight_width
        assert 2 ** (layer.input_address_width - 1) < max(layer.n_in, 2) <= 2**layer.input_address_width
        assert 2 ** (layer.output_address_width - 1) < max(layer.n_out, 2) <= 2**layer.output_address_width


def test_maps_feed_each_other():
    """28x28 pixels: windows of 5 leave 24, squares of 2 leave 12, windows of 5 leave 8, squares of 2 leave 4."""
    layers = (
        LayerConfig(size=8, conv=ConvConfig(kernel=5)),
        LayerConfig(size=16, conv=ConvConfig(kernel=5), pool=2),
        LayerConfig(size=10, pool=2),
    )
    config = NetworkConfig(n_inputs=784, n_steps=1, input_shape=(1, 28, 28), layers=layers)
    assert [layer.input_shape for layer in config.resolved] == [(1, 28, 28), (8, 24, 24), (16, 8, 8)]
    assert [layer.pooled_shape for layer in config.resolved] == [(1, 28, 28), (8, 12, 12), (16, 4, 4)]
    assert [layer.output_shape for layer in config.resolved] == [(8, 24, 24), (16, 8, 8), None]
    assert [layer.weight_shape for layer in config.resolved] == [(8, 1, 5, 5), (16, 8, 5, 5), (10, 256)]
    assert [(layer.n_in, layer.n_out) for layer in config.resolved] == [(784, 4608), (4608, 1024), (1024, 10)]
    assert [layer.fan_in for layer in config.resolved] == [25, 8 * 100, 1024]
    assert [layer.weight_memory_bits for layer in config.resolved] == [200 * 8, 3200 * 8, 2560 * 8]
    assert config.n_classes == 10 and config.is_spatial
    assert config.topology == "28x28-8c5-2a-16c5-2a-10"


def test_topologies_of_maps():
    assert maps({}).topology == "60-3"
    assert maps({"pool": 2}).topology == "6x5x2-2a-3"
    assert maps({"conv": ConvConfig(kernel=3, stride=2, padding=1)}, {}).topology == "6x5x2-3c3s2p1-3"
    assert maps({"conv": CONV, "pool": 1}, {"pool": 3}).topology == "6x5x2-3c3-3a-3"


def test_padding_does_not_reach_a_neuron():
    """Windows of 3 on a side of 5 and 6, all round: the most inside is 9; on a map of 1x2, it is 2."""
    padded = ConvConfig(kernel=3, padding=2)
    assert maps({"conv": padded}).resolved[0].fan_in == 2 * 9
    assert maps({"conv": padded}, n_inputs=2, input_shape=(1, 1, 2)).resolved[0].fan_in == 2


def test_classes_of_a_convolution_are_all_its_neurons():
    assert maps({"size": 10, "conv": ConvConfig(kernel=5)}).n_classes == 20


def test_require_dense_names_the_first_layer_that_is_not():
    require_dense(network())
    require_dense(maps({}, {}))
    for name, fields in SPATIAL_FIELDS:
        with pytest.raises(ConfigError, match=f"LayerConfig.{name}: layer 0 of network "):
            require_dense(maps(fields))


@pytest.mark.parametrize(
    "size, lanes, fire_lanes, expected",
    [(10, 16, 4, (10, 2)), (64, 16, 4, (16, 4)), (64, 12, 5, (12, 4)), (7, 16, 16, (7, 7)), (7, 7, 6, (7, 1))],
)
def test_lanes_are_cut_to_size_and_fire_lanes_to_a_divisor(size, lanes, fire_lanes, expected):
    hardware = HardwareConfig(lanes=(lanes,), fire_lanes=(fire_lanes,))
    layer, readout = network(layers=(LayerConfig(size=size), LayerConfig(size=3)), hardware=hardware).resolved
    assert (layer.lanes, layer.fire_lanes) == expected
    assert (readout.lanes, readout.fire_lanes) == (3, 1)  # the class is found one neuron at a time


def test_each_layer_has_its_own_lanes():
    layers = tuple(LayerConfig(size=size) for size in (6, 5, 3))
    config = network(layers=layers, hardware=HardwareConfig(lanes=(4, 3, 2), fire_lanes=(2, 3, 1)), learning=None)
    assert [(layer.lanes, layer.fire_lanes) for layer in config.resolved] == [(4, 2), (3, 3), (2, 1)]


def small_layer(n_in: int, weight_width: int, spike_width: int, n_steps: int = 1):
    layers = (LayerConfig(size=1, weight_width=weight_width),)
    encoding = EncodingConfig(spike_width=spike_width)
    return NetworkConfig(n_inputs=n_in, n_steps=n_steps, layers=layers, encoding=encoding).resolved[0]


@pytest.mark.parametrize("n_in", [1, 2, 3])
@pytest.mark.parametrize("weight_width", [2, 3])
@pytest.mark.parametrize("spike_width", [1, 2])
def test_current_width_is_necessary_and_sufficient(n_in, weight_width, spike_width):
    """Against the sums of every combination of weights and spikes."""
    layer = small_layer(n_in, weight_width, spike_width)
    low, high = signed_range(weight_width)
    products = {w * s for w in range(low, high + 1) for s in range(2**spike_width)}
    assert (
        min(products) >= signed_range(layer.product_width)[0] and max(products) <= signed_range(layer.product_width)[1]
    )
    sums = {sum(terms) for terms in product(products, repeat=n_in)}
    assert (min(sums), max(sums)) == layer.current_range
    width = layer.current_width
    assert signed_range(width)[0] <= min(sums) and max(sums) <= signed_range(width)[1]
    assert min(sums) < signed_range(width - 1)[0] or max(sums) > signed_range(width - 1)[1]


@pytest.mark.parametrize("n_steps", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("spike_width", [1, 2, 3])
@pytest.mark.parametrize("trace_shift", [None, 1, 2, 15])
@pytest.mark.parametrize("gain", [0, 2])
def test_input_trace_width_is_sufficient_and_without_leak_necessary(n_steps, spike_width, trace_shift, gain):
    """Against the traces of every sequence of spikes."""
    leaks = () if trace_shift is None else (trace_shift,)
    rule = learning(
        rate_shifts=(4,), init_shifts=(12,), error_shifts=(), schedule=(), trace_shifts=leaks, trace_gain=gain
    )
    config = LearningNetworkConfig(
        n_inputs=1, n_steps=n_steps, layers=(LayerConfig(size=1),), encoding=EncodingConfig(spike_width=spike_width),
        learning=rule,
    )  # fmt: skip
    layer = config.resolved[0]
    reached = {0}
    for _ in range(n_steps):
        trace, spikes = stimuli.product(np.array(sorted(reached)), np.arange(2**spike_width))
        reached = set(trace_step(trace, spikes, trace_shift, gain).tolist())
    assert max(reached) < 2**layer.input_trace_width
    if trace_shift is None:
        assert max(reached) >= 2 ** (layer.input_trace_width - 1)


@pytest.mark.parametrize("n_steps", range(1, 18))
def test_surrogate_and_score_widths(n_steps):
    layers = (LayerConfig(size=2, neuron=NeuronConfig(spike_width=3)),)
    rule = learning(rate_shifts=(4,), init_shifts=(12,), error_shifts=(), schedule=())
    config = LearningNetworkConfig(n_inputs=1, n_steps=n_steps, layers=layers, readout="spike_count", learning=rule)
    (layer,) = config.resolved
    assert 2 ** (layer.surrogate_width - 1) <= n_steps < 2**layer.surrogate_width
    highest = 7 * n_steps
    assert 2 ** (config.score_width - 2) <= highest < 2 ** (config.score_width - 1)
    assert replace(config, readout="membrane").score_width == 16


def test_sums_of_the_largest_legal_network_fit_64_bits():
    """The model computes in int64: the widest intermediate values must stay below."""
    neuron = NeuronConfig(membrane_width=32, spike_width=8, threshold_shift=23)
    layers = tuple(LayerConfig(size=65536, weight_width=16, neuron=neuron) for _ in range(3))
    limits = learning(
        rate_shifts=(-16,) * 3, init_shifts=(12,) * 3, error_shifts=(-7, -7), direct_shift=16, shadow_width=24
    )
    config = LearningNetworkConfig(
        n_inputs=65536, n_steps=4096, layers=layers, encoding=EncodingConfig(spike_width=8), learning=limits
    )
    layer = config.resolved[1]
    gradient, weight, surrogate = 2**7, 2**15, config.n_steps
    leaked = 2**31 * 2**16
    current = max(-layer.current_range[0], layer.current_range[1])
    carried = max(gradient * weight * layer.n_out, config.n_classes << limits.direct_shift) * surrogate
    wanted = gradient * 2**layer.input_trace_width << 16
    score = 2**31 + (config.n_steps * 255 << 23)
    assert max(leaked, current + 2**31, carried << 7, carried + 2**23, wanted + 2**24, score) < 2**63
