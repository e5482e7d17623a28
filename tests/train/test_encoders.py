"""Encoders for torch: their means and formulas, and the golden spikes exactly."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.config import EncodingConfig
from golden.encoding import encode, to_events
from golden.errors import ConfigError
from sim.verify import stimuli
from tests.strategies import network_configs, seeds
from train.encoders import direct, events_to_dense, golden_spikes, latency, poisson

torch: Any = pytest.importorskip("torch")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_torch_is_loaded_on_use():
    code = "import sys, train.encoders; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("max_level", [1, 3, 15, 255])
def test_the_mean_of_poisson_is_the_value(max_level):
    values = torch.tensor([[0.0, 0.1, 0.5], [0.77, 0.999, 1.0]])
    spikes = poisson(values, 20_000, max_level, generator())
    assert spikes.shape == (20_000, 2, 3) and spikes.dtype == torch.float32
    scaled = (values * max_level).numpy()
    exact = scaled == np.floor(scaled)
    assert (spikes[:, torch.tensor(exact)] == values[torch.tensor(exact)] * max_level).all()  # no draw changes these
    assert ((spikes == values.mul(max_level).floor()) | (spikes == values.mul(max_level).ceil())).all()
    np.testing.assert_allclose(spikes.mean(0).numpy(), scaled, atol=5 * 0.5 / 20_000**0.5)
    assert spikes.min() == 0 and spikes.max() == max_level


def test_poisson_draws_anew_and_repeatably():
    values = torch.full((1, 2000), 0.5)
    once, again, other = (poisson(values, 3, 1, generator(seed)) for seed in (7, 7, 8))
    assert torch.equal(once, again) and not torch.equal(once, other)
    assert not torch.equal(once[0], once[1])
    products = (once[0] * 2 - 1) * (once[1] * 2 - 1)
    assert abs(products.mean()) < 5 / 2000**0.5  # steps do not depend on each other
    assert poisson(values.double(), 2, 5).dtype == torch.float64


def test_direct_repeats():
    values = torch.tensor([[0.0, 0.2, 0.5, 1.0]])
    assert torch.equal(direct(values, 3), torch.stack([values] * 3))
    assert direct(values, 2, 15).tolist() == [[[0, 3, 8, 15]]] * 2
    assert direct(values, 2, 1).tolist() == [[[0, 0, 1, 1]]] * 2
    assert direct(torch.rand(2, 3, 4, 4), 5).shape == (5, 2, 3, 4, 4)


@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_latency_is_one_spike_the_earlier_the_higher(n_steps):
    values = torch.tensor([[0.0, 1e-7, 0.1, 0.5, 0.99, 1.0]])
    spikes = latency(values, n_steps, 3)
    assert spikes.shape == (n_steps, 1, 6) and set(spikes.unique().tolist()) <= {0.0, 3.0}
    assert spikes.sum(0).tolist() == [[0, 3, 3, 3, 3, 3]]
    steps = spikes[:, 0, 1:].argmax(0).tolist()
    assert steps == [min(int((1 - value) * n_steps), n_steps - 1) for value in values[0, 1:].tolist()]
    assert latency(torch.rand(2, 3, 4), n_steps).shape == (n_steps, 2, 3, 4)


@pytest.mark.parametrize("n_steps", [1, 3, 16])
def test_latency_is_the_golden_one_where_steps_divide_the_values(n_steps):
    integers = np.arange(0, 256, 255 // n_steps if n_steps < 16 else 1)[None]
    config = EncodingConfig(kind="latency", value_width=8, spike_width=4)
    ours = latency(torch.from_numpy((integers + 1) / 256 * (integers > 0)), n_steps, 15)
    np.testing.assert_array_equal(ours.numpy(), golden_spikes(integers, config, n_steps).numpy())


@given(network_configs(), st.integers(1, 5), seeds)
def test_golden_spikes_are_those_of_the_golden_model(config, n_samples, seed):
    values = stimuli.values(config, n_samples, seed=seed)
    expected = encode(values, config.encoding, config.n_steps).swapaxes(0, 1)
    for given_ in (values, torch.from_numpy(values)):
        spikes = golden_spikes(given_, config.encoding, config.n_steps)
        assert spikes.dtype == torch.float32
        np.testing.assert_array_equal(spikes.numpy(), expected)


@pytest.mark.parametrize("kind", ["single_shot", "every_step", "rate", "latency"])
def test_golden_spikes_of_images(kind):
    images = np.random.RandomState(0).randint(0, 256, (3, 2, 4, 5)).astype(np.uint8)
    config = EncodingConfig(kind=kind)
    spikes = golden_spikes(images, config, 6)
    assert spikes.shape == (6, 3, 2, 4, 5)
    expected = encode(images.reshape(3, 40).astype(np.int64), config, 6)
    np.testing.assert_array_equal(spikes.reshape(6, 3, 40).numpy(), expected.swapaxes(0, 1))


def test_golden_spikes_of_events_are_refused():
    with pytest.raises(ConfigError):
        golden_spikes(np.zeros((1, 2), int), EncodingConfig(kind="events"), 2)


@given(network_configs(), st.integers(1, 6), seeds)
def test_events_become_dense(config, n_samples, seed):
    spikes = stimuli.spikes(config, n_samples, seed=seed)
    events = to_events(spikes)
    order = np.random.RandomState(seed % 1000).randint(n_samples, size=4)
    for samples in (None, order, [0]):
        expected = (spikes if samples is None else spikes[samples]).swapaxes(0, 1)
        dense = events_to_dense(events, samples if samples is None else np.array(samples))
        assert dense.dtype == torch.float32
        np.testing.assert_array_equal(dense.numpy(), expected)
