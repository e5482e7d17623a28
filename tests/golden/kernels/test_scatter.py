"""Tables and order of the kernels' memory against the sums they stand for, one event at a time."""

import numpy as np
from hypothesis import given

from golden.config import ResolvedLayer
from golden.kernels.scatter import (
    LENGTH,
    N_RUNS,
    OUTSIDE,
    SOURCE,
    TARGET,
    from_memory,
    input_places,
    run_table,
    runs_step,
    to_memory,
)
from golden.maps import neuron_places
from golden.synapse import layer_current
from sim.verify import stimuli
from tests.strategies import seeds, spatial_configs


def in_memory(layer: ResolvedLayer, weight: np.ndarray) -> np.ndarray:
    """The weights of a layer as the kernels hold them."""
    return to_memory(layer.kind, layer.parameters[0], weight)


def added(layer: ResolvedLayer, weight: np.ndarray, address: int) -> np.ndarray:
    """What an event of level 1 adds to each neuron, as table and memory say."""
    place, (target_step, source_step) = input_places(layer.kind)[address], runs_step(layer.kind)
    memory, total = in_memory(layer, weight), np.zeros(layer.n_out, np.int64)
    if place == OUTSIDE:
        return total
    entry = run_table(layer.kind)[place]
    for run in range(entry[N_RUNS]):
        target, source = entry[TARGET] + run * target_step, entry[SOURCE] + run * source_step
        assert 0 <= target <= target + entry[LENGTH] <= layer.n_out
        assert 0 <= source <= source + entry[LENGTH] <= memory.size
        total[target : target + entry[LENGTH]] += memory[source : source + entry[LENGTH]]
    return total[neuron_places(layer.kind)]


def check(config, seed: int) -> set[str]:
    """Compare every event of every layer that has a map for an input; return what they met."""
    met = set()
    for layer, weight in zip(config.resolved, stimuli.network(config, seed=seed).weights, strict=True):
        found = from_memory(layer.kind, layer.parameters[0], in_memory(layer, weight))
        np.testing.assert_array_equal(found, weight)
        conv = layer.config.conv
        if layer.kind.input_shape is None:
            continue
        table, places = run_table(layer.kind), input_places(layer.kind)
        expected = layer_current(np.eye(layer.n_in, dtype=np.int64), weight, layer)
        for address in range(layer.n_in):
            np.testing.assert_array_equal(added(layer, weight, address), expected[address])
        kind = "dense" if conv is None else "strided" if conv.stride > 1 else "convolution"
        met |= {
            kind,
            *(["pooled"] if layer.config.pool > 1 else []),
            *(["lost events"] if (places == OUTSIDE).any() else []),
            *(["unseen positions"] if (table[:, N_RUNS] == 0).any() else []),
        }
        met |= {"several runs"} if table[:, N_RUNS].max() > 1 else set()
        met |= {"several windows a run"} if conv and table[:, LENGTH].max() > layer.weight_shape[0] else set()
        met |= {"windows beyond the map"} if conv and conv.padding else set()
    return met


@given(spatial_configs(), seeds)
def test_events_add_what_the_steps_add(config, seed):
    check(config, seed)


def test_seeded_configurations_meet_every_case():
    met = set()
    for seed in range(60):
        met |= check(stimuli.spatial_config(stimuli.SeededChoices(seed)), seed)
    assert met == {
        "dense", "convolution", "strided", "pooled", "lost events", "unseen positions", "several runs",
        "several windows a run", "windows beyond the map",
    }  # fmt: skip


def test_memory_of_a_dense_layer_is_row_by_row():
    config = stimuli.corner_config()
    layer, weight = config.resolved[0], stimuli.network(config).weights[0]
    np.testing.assert_array_equal(in_memory(layer, weight), weight.T.ravel())
    np.testing.assert_array_equal(neuron_places(layer.kind), np.arange(layer.n_out))
