"""Errors carried down and gradients: by hand, and against the way forward."""

import numpy as np
from hypothesis import given

from golden.config import ConvConfig
from golden.synapse import SYNAPSES, carried_error, conv_error, conv_gradient, layer_current, pooled, spread
from sim.verify import stimuli
from tests.strategies import seeds, spatial_configs


def test_the_way_back_by_hand():
    """Windows of 2x2, 3 apart, with padding: one sees the first input by its last weight, one the third."""
    conv, shape = ConvConfig(kernel=2, stride=3, padding=1), (1, 2, 3)
    weight, trace = np.array([[[[1, 10], [100, 1000]]]]), np.array([1, 2, 3, 4, 5, 6])
    assert conv_error(np.array([2, -1]), weight, shape, conv).tolist() == [2000, 0, -100, 0, 0, 0]
    assert conv_gradient(np.array([2, -1]), trace, shape, conv).tolist() == [[0, 0, -3, 2]]


def test_the_way_back_through_pools_by_hand():
    """Each input of a square has its error, those outside of all squares none."""
    assert spread(np.array([7, -2]), (1, 3, 5), 2).reshape(3, 5).tolist() == [
        [7, 7, -2, -2, 0], [7, 7, -2, -2, 0], [0, 0, 0, 0, 0]
    ]  # fmt: skip


@given(spatial_configs(), seeds)
def test_the_way_back_is_the_way_forward(config, seed):
    """The sum of errors times currents is that of inputs times carried errors, and of weights times gradients."""
    rng = np.random.default_rng(seed)
    for layer, weight in zip(config.resolved, stimuli.network(config, seed=seed).weights, strict=True):
        kind = layer.kind
        spikes, error = rng.integers(0, 1 << layer.input_spike_width, layer.n_in), rng.integers(-128, 129, layer.n_out)
        forward = layer_current(spikes, weight, layer) @ error
        carried, gradient = (
            carried_error(error, weight, layer), SYNAPSES[type(kind)].gradient(error, pooled(spikes, kind), kind)
        )  # fmt: skip
        assert carried.shape == (layer.n_in,) and carried @ spikes == forward
        assert (layer.weights.as_rows(weight) * gradient).sum() == forward
