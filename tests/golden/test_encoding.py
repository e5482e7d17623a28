"""Input encodings against their formulas in plain Python, their means, and events there and back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden import encoding
from golden.config import EncodingConfig
from golden.encoding import encode, encode_events, rate_noise, to_events
from golden.fixed import LFSR_WIDTH, Lfsr
from sim.verify import stimuli
from tests.strategies import network_configs, seeds

WIDTHS = [(1, 1), (1, 8), (4, 4), (8, 1), (8, 4), (8, 8), (16, 4), (3, 5)]
"""value_width, spike_width"""


def configuration(kind: Any, widths: tuple[int, int], **fields: Any) -> EncodingConfig:
    return EncodingConfig(kind=kind, value_width=widths[0], spike_width=widths[1], **fields)


def upper_bits(value: int, config: EncodingConfig) -> int:
    drop = config.value_width - config.spike_width
    return value // 2**drop if drop >= 0 else value * 2**-drop


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_single_shot_shows_the_upper_bits_once(widths):
    config = configuration("single_shot", widths)
    values = stimuli.unsigned(widths[0])
    spikes = encode(values, config, 3)
    assert spikes.shape == (3, len(values))
    assert spikes[0].tolist() == [upper_bits(value, config) for value in values.tolist()]
    assert not spikes[1:].any()
    assert spikes.min() == 0 and spikes.max() == upper_bits(2 ** widths[0] - 1, config) < 2 ** widths[1]


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_every_step_repeats_it(widths):
    values = stimuli.unsigned(widths[0])
    once = encode(values, configuration("single_shot", widths), 3)
    assert (encode(values, configuration("every_step", widths), 3) == once[0]).all()


@pytest.mark.parametrize("n_steps", [1, 2, 7, 16])
@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_latency_is_one_full_spike_the_earlier_the_higher(widths, n_steps):
    config = configuration("latency", widths)
    values = stimuli.unsigned(widths[0])
    spikes = encode(values, config, n_steps)
    for value, train in zip(values.tolist(), spikes.T.tolist(), strict=True):
        expected = [0] * n_steps
        if value > 0:
            expected[(2 ** widths[0] - 1 - value) * n_steps // 2 ** widths[0]] = 2 ** widths[1] - 1
        assert train == expected
    assert spikes[0, -1] == 2 ** widths[1] - 1  # the highest value, at once


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_rate_follows_its_formula(widths):
    config = configuration("rate", widths, seed=7)
    values = stimuli.unsigned(widths[0])
    spikes, lfsr = encode(values, config, 2), Lfsr(7)
    for step in spikes.tolist():
        for value, spike in zip(values.tolist(), step, strict=True):
            draws = [lfsr.draw() for _ in range(widths[0])]
            assert spike == (value * (2 ** widths[1] - 1) + draws[-1] % 2 ** widths[0]) // 2 ** widths[0]
    assert spikes.min() >= 0 and spikes.max() < 2 ** widths[1]


@pytest.mark.parametrize("value", [0, 1, 77, 128, 254, 255])
def test_the_mean_of_the_rate_is_the_value(value):
    """Over one period of the LFSR, which misses but one draw of 0: the count is exact."""
    config = EncodingConfig(kind="rate", value_width=8, spike_width=4)
    period = 2**LFSR_WIDTH - 1
    spikes = encode(np.full(257, value), config, period // 257)
    missed = value * 15 // 256
    assert (spikes.sum() + missed) * 256 == value * 15 * 2**LFSR_WIDTH


def test_rate_starts_anew_for_each_sample():
    config = EncodingConfig(kind="rate")
    values = np.tile(np.arange(0, 256, 5), (3, 1))
    spikes = encode(values, config, 4)
    assert (spikes == spikes[0]).all()
    assert (spikes[0] == encode(values[0], config, 4)).all()
    assert (spikes[0, 0] != spikes[0, 1]).any()  # the draws differ from step to step
    assert (spikes != encode(values, EncodingConfig(kind="rate", seed=1), 4)).any()


def test_a_shorter_run_is_the_start_of_a_longer_one():
    values = np.arange(256)
    for kind in ("single_shot", "every_step", "rate"):
        config = configuration(kind, (8, 4))
        np.testing.assert_array_equal(encode(values, config, 2), encode(values, config, 5)[:2])


def test_noise_uses_fresh_bits():
    """The bits of consecutive draws, put together, are the LFSR's own sequence."""
    noise = rate_noise(EncodingConfig(kind="rate", value_width=4, seed=0x1234), 1, 50).ravel()
    lfsr, states = Lfsr(0x1234), []
    for _ in range(200):
        states.append(lfsr.draw())
    assert noise.tolist() == [state % 16 for state in states[3::4]]


def test_values_are_not_changed():
    values = np.arange(16)
    for kind in ("single_shot", "every_step", "rate", "latency"):
        encode(values, configuration(kind, (4, 4)), 2)
    assert values.tolist() == list(range(16))


def from_events(events: encoding.Events, n_inputs: int) -> np.ndarray:
    spikes = np.zeros((events.n_samples, events.n_steps, n_inputs), np.int64)
    for row, (start, stop) in enumerate(zip(events.offsets[:-1], events.offsets[1:], strict=True)):
        sample, step = divmod(row, events.n_steps)
        assert (np.diff(events.addresses[start:stop]) > 0).all()  # ascending, each input at most once
        for address, level in zip(events.addresses[start:stop], events.levels[start:stop], strict=True):
            spikes[sample, step, address] = level
    return spikes


@given(network_configs(), st.integers(1, 9), seeds)
def test_events_hold_the_spikes(config, n_samples, seed):
    spikes = stimuli.spikes(config, n_samples, seed=seed)
    events = to_events(spikes)
    assert (events.n_samples, events.n_steps, events.n_inputs) == (n_samples, config.n_steps, config.n_inputs)
    assert (events.levels > 0).all()
    assert [column.dtype for column in events[:3]] == [np.int64, np.int32, np.uint8]
    np.testing.assert_array_equal(from_events(events, config.n_inputs), spikes)


@given(network_configs(), st.integers(1, 9), seeds)
def test_values_become_events(config, n_samples, seed):
    values = stimuli.values(config, n_samples, seed=seed)
    events = encode_events(values, config.encoding, config.n_steps)
    spikes = encode(values, config.encoding, config.n_steps)
    assert spikes.min() >= 0 and spikes.max() < 2**config.encoding.spike_width
    np.testing.assert_array_equal(from_events(events, config.n_inputs), spikes)


@given(network_configs(), st.integers(0, 5), st.integers(0, 5), seeds)
def test_taken_events_are_those_of_the_samples(config, start, count, seed):
    spikes = stimuli.spikes(config, 10, seed=seed)
    taken, expected = to_events(spikes).take(start, start + count), to_events(spikes[start : start + count])
    assert taken.n_samples == count
    for ours, theirs in zip(taken, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", ["single_shot", "every_step", "rate", "latency"])
@pytest.mark.parametrize("n_samples", [0, 1, 6, 7])
def test_chunks_make_no_difference(monkeypatch, kind, n_samples):
    config = configuration(kind, (8, 4))
    values = np.random.default_rng(1).integers(0, 256, (n_samples, 5))
    whole = encode_events(values, config, 3)
    assert whole.n_samples == n_samples and whole.n_steps == 3
    for chunk_spikes in (1, 2 * 5 * 3, 3 * 5 * 3 + 1):
        monkeypatch.setattr(encoding, "CHUNK_SPIKES", chunk_spikes)
        for part, expected in zip(encode_events(values, config, 3)[:3], whole[:3], strict=True):
            np.testing.assert_array_equal(part, expected)
            assert part.dtype == expected.dtype
