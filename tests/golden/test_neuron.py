"""One step of a neuron against plain Python integers and fractions; the stimuli are shown to reach their corners."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from golden.config import NeuronConfig, SynapticConfig
from golden.fixed import signed_range
from golden.neuron import NeuronState, fire, integrate, leak, lif_step, readout_step, reset
from sim.verify import stimuli

LEAKS = [
    {},
    {"leak_shift": 1},
    {"leak_shift": 3},
    {"leak_factor": 0, "leak_frac": 1},
    {"leak_factor": 13, "leak_frac": 4},
    {"leak_factor": 16, "leak_frac": 4},
]
SHAPES = [(6, 1, 4), (6, 2, 3), (8, 4, 2), (8, 7, 0), (16, 4, 8), (24, 8, 15), (32, 8, 23), (32, 1, 0)]
"""membrane_width, spike_width, threshold_shift"""


def expected_step(membrane: int, current: int, config: NeuronConfig, fires: bool = True) -> tuple[int, int, int]:
    """The step written out with exact numbers and a comparison with each level."""
    low, high = signed_range(config.membrane_width)
    if config.leak_shift is not None:
        membrane -= math.floor(Fraction(membrane, 2**config.leak_shift))
    elif config.leak_factor is not None and config.leak_frac is not None:
        membrane = math.floor(Fraction(membrane * config.leak_factor, 2**config.leak_frac))
    integrated = min(max(membrane + math.floor(Fraction(current, 2**config.current_shift)), low), high)
    if not fires:
        return integrated, 0, integrated
    first = 2**config.threshold_shift if config.threshold is None else config.threshold
    levels = [level * first for level in range(1, 2**config.spike_width)]
    spike = sum(integrated >= level for level in levels)
    after = integrated
    if config.reset == "soft" and spike > 0:
        after = integrated - (levels[spike - 1] if config.reset_amount is None else config.reset_amount)
    elif config.reset == "hard" and spike > 0:
        after = 0
    return after, spike, integrated


def configuration(shape: tuple[int, int, int], **fields: Any) -> NeuronConfig:
    names = ("membrane_width", "spike_width", "threshold_shift")
    return NeuronConfig(**dict(zip(names, shape, strict=True)), **fields)


def current_width(config: NeuronConfig) -> int:
    return config.membrane_width + 2


def stepped(step, membrane, current, config):
    """A step from a state of the given membranes."""
    return step(NeuronState(membrane, np.zeros_like(membrane)), current, config)


@pytest.mark.parametrize("leak_fields", LEAKS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_lif_step(shape, leak_fields):
    for kind in ("soft", "hard", "none"):
        config = configuration(shape, reset=kind, **leak_fields)
        drawn = stimuli.neuron(config, current_width(config), seed=1)
        result = stepped(lif_step, *drawn, config)
        assert stimuli.reaches_every_level(result.spike, config)
        assert stimuli.reaches_both_saturations(*drawn, config)
        assert stimuli.reaches_every_threshold(*drawn, config)
        thinned = slice(None, None, 1 if kind == "soft" else 7)
        pairs = zip(*(axis[thinned].tolist() for axis in drawn), strict=True)
        expected = np.array([expected_step(u, i, config) for u, i in pairs]).T
        found = np.stack([result.state.membrane, result.spike, result.integrated])
        np.testing.assert_array_equal(found[:, thinned], expected)


FOREIGN = [
    {"threshold": 11, "reset_amount": 14},
    {"threshold": 1},
    {"threshold": 31, "reset_amount": 0, "current_shift": 3},
    {"reset_amount": 31, "current_shift": 1},
]


@pytest.mark.parametrize("fields", FOREIGN, ids=str)
@pytest.mark.parametrize("width", [6, 16])
def test_neurons_of_other_frameworks(width, fields):
    config = NeuronConfig(membrane_width=width, spike_width=1, threshold_shift=2, leak_factor=13, leak_frac=4, **fields)
    drawn = stimuli.neuron(config, current_width(config) + config.current_shift, seed=1)
    result = stepped(lif_step, *drawn, config)
    assert stimuli.reaches_every_level(result.spike, config)
    assert stimuli.reaches_both_saturations(*drawn, config)
    assert stimuli.reaches_every_threshold(*drawn, config)
    expected = np.array([expected_step(u, i, config) for u, i in zip(*(x.tolist() for x in drawn), strict=True)]).T
    np.testing.assert_array_equal(np.stack([result.state.membrane, result.spike, result.integrated]), expected)


@pytest.mark.parametrize("leak_fields", LEAKS, ids=str)
def test_the_synaptic_current_leaks_adds_and_saturates_in_front_of_the_membrane(leak_fields):
    synaptic = SynapticConfig(width=6, **leak_fields)
    config = NeuronConfig(
        membrane_width=6, spike_width=1, threshold=9, leak_shift=2, current_shift=1, synaptic=synaptic
    )
    grid = np.meshgrid(np.arange(-32, 32, 3), np.arange(-32, 32), np.arange(-40, 41, 4), indexing="ij")
    membrane, kept, current = (axis.ravel() for axis in grid)
    result = lif_step(NeuronState(membrane, kept), current, config)
    current_leak = NeuronConfig(membrane_width=6, spike_width=1, threshold=9, **leak_fields)
    expected = [
        expected_step(i, x, current_leak, fires=False)[0] for i, x in zip(kept.tolist(), current.tolist(), strict=True)
    ]
    assert {-32, 31} <= set(expected)
    np.testing.assert_array_equal(result.state.current, expected)
    without = replace(config, synaptic=None)
    after = [expected_step(u, i, without) for u, i in zip(membrane.tolist(), expected, strict=True)]
    np.testing.assert_array_equal(np.stack([result.state.membrane, result.spike, result.integrated]), np.array(after).T)
    readout = readout_step(NeuronState(membrane, kept), current, config)
    np.testing.assert_array_equal(readout.state.current, expected)
    np.testing.assert_array_equal(readout.state.membrane, result.integrated)


def test_a_sample_begins_with_the_initial_membrane():
    state = NeuronState.initial((2, 3), NeuronConfig(initial=-7))
    assert (state.membrane == -7).all() and (state.current == 0).all()
    assert state.membrane.shape == state.current.shape == (2, 3)


@pytest.mark.parametrize("leak_fields", LEAKS, ids=str)
@pytest.mark.parametrize("shape", SHAPES[:3], ids=str)
def test_readout_step(shape, leak_fields):
    config = configuration(shape, **leak_fields)
    drawn = stimuli.neuron(config, current_width(config), seed=1)
    assert stimuli.reaches_both_saturations(*drawn, config)
    expected = [expected_step(u, i, config, fires=False) for u, i in zip(*(x.tolist() for x in drawn), strict=True)]
    result = stepped(readout_step, *drawn, config)
    found = np.stack([result.state.membrane, result.spike, result.integrated])
    np.testing.assert_array_equal(found, np.array(expected).T)


@pytest.mark.parametrize("n", range(1, 9))
def test_a_neuron_fires_from_the_threshold_on(n):
    config = NeuronConfig(membrane_width=20, spike_width=n, threshold_shift=8)
    levels = 256 * np.arange(1, 2**n)
    assert (fire(levels, config) == np.arange(1, 2**n)).all()
    assert (fire(levels - 1, config) == np.arange(2**n - 1)).all()
    assert (fire(levels + 1, config) == np.arange(1, 2**n)).all()
    theta = (2**n - 1) * 2**8
    assert fire(np.array([theta, theta + 10**5, 2**19 - 1]), config).tolist() == [2**n - 1] * 3
    assert fire(np.array([-1, -256, -(2**19)]), config).tolist() == [0, 0, 0]


@pytest.mark.parametrize("leak_fields", LEAKS, ids=str)
def test_the_state_never_leaves_its_width(leak_fields):
    for kind in ("soft", "hard", "none"):
        config = configuration((8, 4, 2), reset=kind, **leak_fields)
        membranes = stimuli.signed(8)
        low, high = signed_range(8)
        leaked = leak(membranes, config)
        assert (np.abs(leaked) <= np.abs(membranes)).all()
        result = stepped(lif_step, *stimuli.neuron(config, 8), config)
        for state in (leaked, result.state.membrane, result.integrated):
            assert low <= state.min() and state.max() <= high


def test_leak_rounds_down_toward_minus_infinity():
    by_shift, by_factor = NeuronConfig(leak_shift=2), NeuronConfig(leak_factor=3, leak_frac=2)
    assert leak(np.array([7, 4, 3, 0, -1, -4, -5]), by_shift).tolist() == [6, 3, 3, 0, 0, -3, -3]
    assert leak(np.array([7, 4, 3, 0, -1, -4, -5]), by_factor).tolist() == [5, 3, 2, 0, -1, -3, -4]
    assert leak(np.array([7, -7]), NeuronConfig()).tolist() == [7, -7]


def test_leak_comes_before_the_input_and_saturation_after_it():
    config = NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=4, leak_shift=1)
    assert integrate(np.array([100, -100, 127]), np.array([10, -10, 127]), config).tolist() == [60, -60, 127]


def test_reset_by_kind():
    shape = (8, 2, 4)
    config = {kind: configuration(shape, reset=kind) for kind in ("soft", "hard", "none")}
    integrated = np.array([-7, 15, 16, 47, 48, 100])
    spike = fire(integrated, config["soft"])
    assert spike.tolist() == [0, 0, 1, 2, 3, 3]
    assert reset(integrated, spike, config["soft"]).tolist() == [-7, 15, 0, 15, 0, 52]
    assert reset(integrated, spike, config["hard"]).tolist() == [-7, 15, 0, 0, 0, 0]
    assert reset(integrated, spike, config["none"]).tolist() == integrated.tolist()


def test_steps_are_pure_and_take_any_shape():
    config = NeuronConfig(leak_shift=3)
    membrane, current = np.arange(-600, 600).reshape(2, 3, 200), np.full((2, 3, 200), 77)
    before = membrane.copy()
    result = stepped(lif_step, membrane, current, config)
    np.testing.assert_array_equal(membrane, before)
    assert result.state.membrane.shape == result.spike.shape == (2, 3, 200)
    readout = stepped(readout_step, membrane, current, config)
    np.testing.assert_array_equal(membrane, before)
    assert not readout.spike.any()


@pytest.mark.parametrize("width", [4, 12, 32])
def test_stimuli_are_repeatable(width):
    config = NeuronConfig(membrane_width=width, spike_width=1, threshold_shift=1)
    first, again, other = (stimuli.neuron(config, 14, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.shape(first) != np.shape(other) or (np.array(first) != np.array(other)).any()


def test_predicates_tell_missing_corners():
    """A predicate that cannot fail would prove nothing."""
    config = NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=4)
    membrane, current = stimuli.neuron(config, 8)
    assert not stimuli.reaches_every_level(np.array([0, 1, 2]), config)
    assert not stimuli.reaches_every_level(np.array([1, 2, 3]), config)
    assert not stimuli.reaches_both_saturations(membrane, np.abs(current), config)
    assert not stimuli.reaches_both_saturations(membrane, -np.abs(current), config)
    assert not stimuli.reaches_both_saturations(np.array([127, -128]), np.array([0, 0]), config)
    for missing in (31, 32, 47):
        kept = membrane + current != missing
        assert not stimuli.reaches_every_threshold(membrane[kept], current[kept], config)
