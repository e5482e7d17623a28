"""Networks of four frameworks in integers: equal spike for spike at the widest, close to it at 8/16, and as the golden
network computes them."""

import json

import numpy as np
import pytest

from golden.errors import ConfigError, NirError
from golden.network import run
from tests.train.nir.graphs import FIXTURES, NAMES, affine, chain, labelled, li, lif, recorded
from train.nir.calibration import Calibration, calibrate, random_spikes
from train.nir.chain import load_chain
from train.nir.convert import Converted, convert, lost_a_step
from train.nir.dialects import DIALECTS
from train.nir.dynamics import Discrete, discretize
from train.nir.expressible import check_expressible
from train.nir.measure import Measured, measure
from train.nir.options import EXACT, Options
from train.nir.recording import Recording, read_recording
from train.nir.replay import replay
from train.nir.simulate import simulate

NOT_YET = {"norse-box-leak", "sinabs-lif-single", "snntorch-leaky-vectors"}
"""Vectors of thresholds or decays."""
CONVERTIBLE = [name for name in NAMES if name not in NOT_YET]
LARGEST_SHARE = 0.065
"""Of spikes that differ in cascade at 8/16, the worst of the networks, a recurrent one."""


def opened(name: str) -> tuple[tuple[Discrete, ...], Recording]:
    found = load_chain(FIXTURES / f"{name}.nir")
    layers = discretize(found, labelled(str(recorded(name)["dialect"])))
    return layers, read_recording(FIXTURES / f"{name}.npz", found)


def converted(name: str, **options) -> tuple[Converted, Measured, tuple[Discrete, ...], Recording]:
    layers, recording = opened(name)
    check_expressible(layers)
    seen = calibrate(layers, recording.input, name)
    made = convert(layers, seen, Options(**options), n_steps=len(recording.input), name=name)
    return made, measure(made, layers, seen, recording), layers, recording


@pytest.mark.parametrize("name", CONVERTIBLE)
def test_the_widest_integers_give_every_spike_of_every_layer(name):
    _, found, layers, _ = converted(name, **EXACT)
    assert found.is_exact and found.agreement == 1
    for layer, report in zip(layers, found.layers, strict=True):
        assert report.alone == report.cascade == report.saturated == report.clipped == 0
        assert report.first is report.first_in_cascade is None
        assert (report.decisions == 0) == layer.is_readout
        assert report.readout_error is None or 0 < report.readout_error < 1e-6


@pytest.mark.parametrize("name", CONVERTIBLE)
def test_integers_of_8_and_16_bits_come_close(name):
    _, found, _, _ = converted(name)
    assert all(layer.saturated == 0 and layer.clipped == 0 for layer in found.layers)
    differ, decisions = (sum(getattr(each, key) for each in found.layers) for key in ("cascade", "decisions"))
    assert differ <= LARGEST_SHARE * decisions
    assert found.is_exact == (name == "spikingjelly-if-exact")
    for layer in found.layers:
        assert layer.weight_sqnr_db is None or 39 < layer.weight_sqnr_db < 47
        assert layer.readout_error is None or layer.readout_error < 0.02
        if layer.alone >= 20 and layer.kind != "recurrent":
            assert layer.predicted is not None and 0.5 < layer.alone / layer.predicted < 2 * (
                1 + (layer.current_width is not None)
            )
        assert (layer.first is None) == (layer.alone == 0)
        # The float membrane was close to the threshold where the integers first decided otherwise.
        assert layer.first is None or abs(layer.first.distance) < 0.15


@pytest.mark.parametrize("name", ["norse-box", "sinabs-conv-iaf", "snntorch-rleaky", "spikingjelly-conv1d"])
def test_a_layer_alone_is_that_of_the_golden_network(name):
    made, found, layers, recording = converted(name)
    golden = run(made.network, recording.input.transpose(1, 0, 2).astype(np.int64))
    x = recording.input
    for index, layer in enumerate(layers):
        ours = replay(made.network, index, layer, x)
        x = golden.spikes[index].transpose(1, 0, 2)
        np.testing.assert_array_equal(ours.spikes, x)
        if layer.is_readout:
            np.testing.assert_array_equal(ours.membranes, golden.membranes[index].transpose(1, 0, 2))
        elif layer.name in recording.layers:
            assert found.layers[index].cascade == (x != recording.layers[layer.name]).sum()


def test_the_float_model_stands_for_layers_that_are_not_recorded():
    layers, recording = opened("snntorch-leaky")
    made, found, _, _ = converted("snntorch-leaky")
    seen = calibrate(layers, recording.input, "data")
    bare = Recording(where="input", input=recording.input, layers={}, labels=np.arange(recording.n_samples) % 6)
    again = measure(made, layers, seen, bare)
    assert [each.alone for each in again.layers] == [each.alone for each in found.layers]
    assert again.float_accuracy is not None and found.accuracy is None
    expected = simulate(layers, recording.input)[-1].spikes.sum(axis=0).argmax(axis=-1)
    assert again.float_accuracy == (expected == bare.labels).mean()


def test_thresholds_of_a_power_of_two():
    made, found, _, _ = converted("snntorch-leaky", threshold="pow2")
    for layer, report in zip(made.network.config.layers, found.layers, strict=True):
        assert report.threshold_shift is not None
        assert layer.neuron.threshold == 2**report.threshold_shift + 1  # above it, not at it
        assert layer.neuron.reset_amount is not None and layer.neuron.reset_amount > layer.neuron.level
    made, _, _, _ = converted("spikingjelly-lif", threshold="pow2")
    assert all(layer.neuron.threshold is None for layer in made.network.config.layers)


def test_guard_bits_are_used_where_weights_are_wide():
    made, found, _, _ = converted("snntorch-leaky", weight_width=(16,), membrane_width=(12,))
    guards = [layer.neuron.current_shift for layer in made.network.config.layers]
    assert min(guards) >= 3 and guards == [each.guard_bits for each in found.layers]
    for layer, bias in zip(made.network.config.resolved, made.network.biases, strict=True):
        assert layer.has_bias and np.abs(bias).max() < 1 << (layer.bias.width - 1)


def test_rounding_down_is_made_good_by_the_bias():
    made, _, layers, _ = converted("snntorch-leaky-zero")
    neuron, scale = made.network.config.layers[0].neuron, made.scales[0]
    assert lost_a_step(neuron) == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_array_equal(
        made.network.biases[0], np.rint(layers[0].bias * scale.weight_lsb + lost_a_step(neuron))
    )


def test_a_network_without_a_leak_on_a_grid_has_no_error():
    made, found, _, _ = converted("spikingjelly-if-exact")
    assert found.is_exact and sum(each.close for each in found.layers) > 100
    assert [each.weight_sqnr_db for each in found.layers] == [None, None]
    assert {float(scale.lsb).is_integer() for scale in made.scales} == {True}


def test_widths_of_each_layer():
    made, _, _, _ = converted("snntorch-leaky", weight_width=(12, 6), membrane_width=(20, 16))
    assert [layer.weight_width for layer in made.network.config.layers] == [12, 6]
    assert [layer.neuron.membrane_width for layer in made.network.config.layers] == [20, 16]


def test_graded_spikes_have_the_bits_that_are_seen_or_given():
    made, found, _, _ = converted("sinabs-lif")
    assert made.network.config.layers[0].neuron.spike_width == 2 and found.layers[0].clipped == 0
    made, found, _, recording = converted("sinabs-lif", spike_width=1)
    assert found.layers[0].clipped == (recording.layers["1"] > 1).sum() > 0


def test_synaptic_currents_have_a_state_that_holds_them():
    made, found, layers, recording = converted("snntorch-rsynaptic")
    largest = calibrate(layers, recording.input, "data").currents
    for index, (layer, report) in enumerate(zip(layers, found.layers, strict=True)):
        synaptic = made.network.config.layers[index].neuron.synaptic
        assert synaptic is not None and layer.synapse_decay is not None
        assert synaptic.leak_factor == round(layer.synapse_decay[0] * 2**12)
        assert synaptic.width == report.current_width
        assert 2 ** (synaptic.width - 3) < largest[index] * made.scales[index].weight_lsb < 2 ** (synaptic.width - 1)


def test_a_membrane_at_the_start_and_a_readout():
    nodes = {"a": affine(4, 3), "b": lif(4, v_leak=0.25), "c": affine(2, 4, seed=2), "d": li(2)}
    layers = discretize(chain((3,), **nodes), DIALECTS["nir"].override(start="leak"))
    spikes = random_spikes(3, 10)
    seen = calibrate(layers, spikes, "random")
    made = convert(layers, seen, Options(**EXACT), n_steps=10, name="x")
    neuron = made.network.config.layers[0].neuron
    assert neuron.initial == round(0.25 * made.scales[0].lsb) > 0
    found = measure(made, layers, seen, Recording(where="random", input=spikes, layers={}))
    assert found.is_exact and made.network.config.readout == "membrane"


SEEN = Calibration(where="x", largest=(4.0, 4.0), currents=(0.0, 0.0), levels=(1, 1), input_level=1)


@pytest.mark.parametrize(
    "options, steps, error, words",
    [
        ({"weight_width": (8, 8, 8)}, 5, ConfigError, "`weight_width`: must be one value or one for each of 2 layers"),
        ({}, 0, ConfigError, "`n_steps`: must be 1..4096, got 0"),
        ({}, 5000, ConfigError, "`n_steps`: must be 1..4096, got 5000"),
        ({"spike_width": 3}, 5, ConfigError, "`spike_width`: no layer sends graded spikes"),
        (
            {"weight_width": (2,), "membrane_width": (4,)},
            5,
            NirError,
            "node '1': weights up to 0.6239, membranes up to",
        ),
    ],
)
def test_what_cannot_be_converted(options, steps, error, words):
    layers, _ = opened("snntorch-leaky")
    with pytest.raises(error, match="^" + words.replace("(", r"\(")):
        convert(layers, SEEN, Options(**options), n_steps=steps, name="x")


def test_input_levels_have_a_limit():
    layers, _ = opened("snntorch-leaky")
    seen = Calibration(where="x", largest=(4.0, 4.0), currents=(0.0, 0.0), levels=(1, 1), input_level=256)
    with pytest.raises(ConfigError, match="the input has spikes of up to 256; 255 is the highest"):
        convert(layers, seen, Options(), n_steps=5, name="x")


@pytest.mark.parametrize(
    "given, words",
    [
        ({"weight_width": (1,)}, "`weight_width`: must be 2..24, got 1"),
        ({"weight_width": ()}, "`weight_width`: is empty"),
        ({"membrane_width": (33,)}, "`membrane_width`: must be 4..32, got 33"),
        ({"leak_frac": 0}, "`leak_frac`: must be 1..24, got 0"),
        ({"spike_width": 9}, "`spike_width`: must be 1..8, got 9"),
        ({"threshold": "neuron"}, "`threshold`: must be one of integer, pow2, got 'neuron'; a threshold for each"),
        ({"threshold": "odd"}, "`threshold`: must be one of integer, pow2, got 'odd'$"),
    ],
)
def test_options_are_checked(given, words):
    with pytest.raises(ConfigError, match="^" + words):
        Options(**given)


def test_networks_of_the_fixtures_fit_a_checkpoint(tmp_path):
    from golden import checkpoint

    made, _, _, recording = converted("snntorch-rleaky")
    checkpoint.save(tmp_path / "x.npz", made.network, training={"nir": json.loads('{"a": 1}')})
    again = checkpoint.load(tmp_path / "x.npz").network
    x = recording.input.transpose(1, 0, 2).astype(np.int64)
    np.testing.assert_array_equal(run(again, x).scores, run(made.network, x).scores)
