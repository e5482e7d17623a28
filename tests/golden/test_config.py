"""Configuration: every rule with its message, round trips, and derived widths against brute force."""

from dataclasses import FrozenInstanceError, replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given

from golden import vectors
from golden.config import (
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
    NeuronConfig,
)
from golden.errors import ConfigError
from golden.fixed import signed_range
from golden.learning import trace_step
from tests.strategies import network_configs


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
    (NeuronConfig, {"threshold_shift": -1}, "NeuronConfig.threshold_shift: must be 0..11, got -1"),
    (NeuronConfig, {"threshold_shift": 12}, "NeuronConfig.threshold_shift: must be 0..11, got 12"),
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
    (learning, {"trace_shift": 0}, "LearningConfig.trace_shift: must be 1..15, got 0"),
    (learning, {"trace_shift": 16}, "LearningConfig.trace_shift: must be 1..15, got 16"),
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
        {"rate_shifts": (13, 0), "schedule": (1, 2, 3, 4)},
        "LearningConfig.schedule: rate shift and schedule together must stay at or below 16, got (1, 2, 3, 4)",
    ),
    (
        learning,
        {"rate_shifts": (-16, -16), "schedule": tuple(range(1, 18))},
        "LearningConfig.schedule: rate shift and schedule together must stay at or below 16, "
        f"got {tuple(range(1, 18))}",
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
    (network, {"readout": "first"}, "NetworkConfig.readout: must be one of membrane, spike_count, got 'first'"),
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


@pytest.mark.parametrize("build, fields, message", BROKEN_RULES)
def test_broken_rules(build, fields, message):
    with pytest.raises(ConfigError) as caught:
        build(**fields)
    assert str(caught.value) == message


NUMBERS = [
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


@given(network_configs())
def test_round_trips_of_inference(config):
    assert NetworkConfig.from_dict(config.to_dict()) == config


@given(network_configs(learning=True))
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
        (change(["readout"], "best"), "NetworkConfig.readout: must be one of membrane, spike_count, got 'best'"),
        (
            change(["layers", 0, "neuron", "leak_shift"], "4"),
            "configuration.layers[0].neuron.leak_shift: must be an integer",
        ),
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
def test_input_trace_width_is_sufficient_and_without_leak_necessary(n_steps, spike_width, trace_shift):
    """Against the traces of every sequence of spikes."""
    layer = small_layer(1, 4, spike_width, n_steps)
    reached = {0}
    for _ in range(n_steps):
        trace, spikes = vectors.product(np.array(sorted(reached)), np.arange(2**spike_width))
        reached = set(trace_step(trace, spikes, trace_shift, 62).tolist())
    assert max(reached) < 2**layer.input_trace_width
    if trace_shift is None:
        assert max(reached) >= 2 ** (layer.input_trace_width - 1)


@pytest.mark.parametrize("n_steps", range(1, 18))
def test_surrogate_and_score_widths(n_steps):
    layers = (LayerConfig(size=2, neuron=NeuronConfig(spike_width=3)),)
    config = NetworkConfig(n_inputs=1, n_steps=n_steps, layers=layers, readout="spike_count")
    (layer,) = config.resolved
    assert 2 ** (layer.surrogate_width - 1) <= n_steps < 2**layer.surrogate_width
    highest = 7 * n_steps
    assert 2 ** (config.score_width - 2) <= highest < 2 ** (config.score_width - 1)
    assert replace(config, readout="membrane").score_width == 16


def test_sums_of_the_largest_legal_network_fit_64_bits():
    """The model computes in int64: the widest intermediate values must stay below."""
    neuron = NeuronConfig(membrane_width=32, spike_width=8, threshold_shift=23)
    layers = tuple(LayerConfig(size=65536, weight_width=16, neuron=neuron) for _ in range(3))
    config = NetworkConfig(n_inputs=65536, n_steps=4096, layers=layers, encoding=EncodingConfig(spike_width=8))
    limits = learning(
        rate_shifts=(-16,) * 3, init_shifts=(12,) * 3, error_shifts=(-7, -7), direct_shift=16, shadow_width=24
    )
    config = replace(config, learning=limits)
    layer = config.resolved[1]
    gradient, weight, surrogate = 2**7, 2**15, config.n_steps
    leaked = 2**31 * 2**16
    current = max(-layer.current_range[0], layer.current_range[1])
    carried = max(gradient * weight * layer.n_out, config.n_classes << limits.direct_shift) * surrogate
    wanted = gradient * 2**layer.input_trace_width << 16
    score = 2**31 + (config.n_steps * 255 << 23)
    assert max(leaked, current + 2**31, carried << 7, carried + 2**23, wanted + 2**24, score) < 2**63
