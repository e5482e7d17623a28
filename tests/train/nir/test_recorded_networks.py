"""Networks of four frameworks: their dialect reproduces every spike, and no other does."""

import numpy as np
import pytest

from tests.train.nir.graphs import FIXTURES, NAMES, labelled, recorded
from train.nir.chain import load_chain
from train.nir.dialects import DIALECTS
from train.nir.dynamics import discretize
from train.nir.read import read_graph
from train.nir.recording import read_recording
from train.nir.simulate import simulate
from train.nir.verify import choose, match, matches

EQUIVALENT = {("nir", "spikingjelly"), ("snntorch --reset subtract", "spikingjelly --reset subtract")}
"""Dialects that differ at the threshold alone, which drawn weights never meet: one in a recording, one beside it."""


def test_the_networks_cover_frameworks_kinds_and_dialects():
    labels = {str(recorded(name)["dialect"]) for name in NAMES}
    kinds = {layer.neuron.kind for name in NAMES for layer in load_chain(FIXTURES / f"{name}.nir").layers}
    assert len(NAMES) >= 14 and {label.split()[0] for label in labels} == set(DIALECTS)
    assert kinds >= {"LIF", "IF", "CubaLIF", "LI"}
    for path in FIXTURES.iterdir():
        assert path.stat().st_size < 100_000, path


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", NAMES)
def test_every_spike_of_every_layer_is_reproduced(name, dtype):
    chain, arrays = load_chain(FIXTURES / f"{name}.nir"), recorded(name)
    layers = discretize(chain, labelled(str(arrays["dialect"])))
    for layer, trace in zip(layers, simulate(layers, arrays["input"], dtype), strict=True):
        if layer.is_readout:
            theirs = arrays["output"].reshape(trace.membranes.shape)
            np.testing.assert_allclose(trace.output(layer), theirs, atol=1e-5 * np.abs(theirs).max())
        else:
            theirs = arrays[layer.name].reshape(trace.spikes.shape)
            assert 0.02 < theirs.mean() < 1
            np.testing.assert_array_equal(trace.spikes, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_recorded_spikes_choose_the_dialect(name):
    graph = read_graph(FIXTURES / f"{name}.nir")
    recording = read_recording(FIXTURES / f"{name}.npz", load_chain(FIXTURES / f"{name}.nir"))
    label = str(recorded(name)["dialect"])
    found = matches(graph, recording)
    equals = {each.dialect.label for each in found if each.is_reproduced} - {label}
    choice = choose(graph, recording)
    assert choice.dialect.label == label and set(choice.others) == equals
    assert choice.proof is not None and choice.proof.mismatches == 0
    assert all((label, other) in EQUIVALENT or (other, label) in EQUIVALENT for other in equals)
    assert all(each.share > 0.002 for each in found if not each.is_reproduced)


def test_graded_spikes_are_among_them():
    assert recorded("sinabs-lif")["1"].max() > 2


def test_a_spike_at_the_threshold_tells_the_comparison():
    recording = read_recording(
        FIXTURES / "spikingjelly-if-exact.npz", chain := load_chain(FIXTURES / "spikingjelly-if-exact.nir")
    )
    found = match(chain, DIALECTS["nir"], recording)
    first = found.layers[0].first
    assert not found.is_reproduced and first is not None and first.distance == 0
