"""The choice of a dialect by recorded spikes, and what is said where there is none."""

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import DataError, InputError
from tests.train.nir.graphs import FIXTURES, affine, chain, li, lif
from train.nir import verify
from train.nir.chain import load_chain
from train.nir.dialects import DIALECTS, dialect
from train.nir.dynamics import discretize
from train.nir.hints import hints
from train.nir.read import read_graph
from train.nir.recording import read_recording, recording
from train.nir.simulate import simulate
from train.nir.verify import candidates, choose, match, matches, require


def opened(name):
    graph, chain = read_graph(FIXTURES / f"{name}.nir"), load_chain(FIXTURES / f"{name}.nir")
    return graph, chain, read_recording(FIXTURES / f"{name}.npz", chain)


def flipped(recorded, layer, *place):
    spikes = recorded.layers[layer].copy()
    spikes[place] = 1 - spikes[place]
    return replace(recorded, layers={**recorded.layers, layer: spikes})


def test_without_a_recording_a_certain_hint_decides():
    choice = choose(opened("norse-box")[0], None)
    assert (choice.dialect.name, choice.why, choice.proof) == ("norse", "r = 1 and tau < 1e-4", None)
    with pytest.raises(InputError, match="snnTorch default or literal"):
        choose(opened("snntorch-leaky")[0], None)


def test_one_spike_too_many_is_found(name="snntorch-leaky"):
    _, chain, recorded = opened(name)
    found = match(chain, DIALECTS["snntorch"], flipped(recorded, "3", 7, 5, 2))
    one, two = found.layers
    assert (one.mismatches, two.mismatches, two.decisions) == (0, 1, recorded.layers["3"].size)
    assert two.first is not None and (two.first.sample, two.first.step, two.first.neuron) == (5, 7, 2)
    assert abs(two.first.distance) > 1e-4 and not found.is_reproduced


def test_no_dialect_reproduces_other_spikes():
    graph, _, recorded = opened("snntorch-leaky")
    with pytest.raises(DataError) as caught:
        choose(graph, flipped(recorded, "1", slice(3), 5))
    text = str(caught.value)
    assert "\n" not in text and "no dialect reproduces these spikes: snntorch " in text
    assert all(f"{name} " in text for name in DIALECTS) and "does not apply" not in text


def test_a_dialect_that_does_not_apply_stands_in_the_table():
    graph, _, recorded = opened("norse-box")
    found = matches(graph, recorded)
    obstacles = {each.dialect.name: each.obstacle for each in found if each.obstacle}
    assert set(obstacles) == {"nir", "snntorch", "spikingjelly"} and "below the time step" in str(obstacles["nir"])
    assert "nir does not apply" in verify.table(found)


def test_a_named_dialect_must_reproduce_too():
    _, chain, recorded = opened("snntorch-leaky")
    assert require(chain, DIALECTS["snntorch"], recorded).mismatches == 0
    with pytest.raises(InputError) as caught:
        require(chain, DIALECTS["nir"], recorded)
    assert "dialect nir does not reproduce these spikes: " in str(caught.value)
    assert "first in layer '1', sample 0, step" in str(caught.value)
    _, chain, recorded = opened("norse-box")
    with pytest.raises(InputError, match="below the time step"):
        require(chain, DIALECTS["nir"], recorded)


def test_blocks_of_samples_change_nothing(monkeypatch):
    _, chain, recorded = opened("snntorch-conv")
    whole = match(chain, DIALECTS["nir"], recorded)
    monkeypatch.setattr(verify, "_ELEMENTS", 12 * 192 * 5)
    assert match(chain, DIALECTS["nir"], recorded) == whole and whole.mismatches > 0


def test_all_samples_must_be_reproduced_not_only_those_screened(monkeypatch):
    graph, _, recorded = opened("snntorch-leaky")
    monkeypatch.setattr(verify, "SCREENED", 16)
    assert choose(graph, recorded).dialect.name == "snntorch"
    with pytest.raises(DataError, match="no dialect reproduces"):
        choose(graph, flipped(recorded, "1", slice(3), 20))


def test_layers_that_are_not_recorded_are_simulated():
    _, chain, recorded = opened("snntorch-conv")
    last = replace(recorded, layers={"7": recorded.layers["7"]})
    found = match(chain, DIALECTS["snntorch"], last)
    assert [each.name for each in found.layers] == ["7"] and found.mismatches == 0


def test_membranes_of_a_readout_are_compared():
    found = chain((4,), fc=affine(3, 4), out=li(3))
    x = np.random.default_rng(0).integers(0, 2, (20, 6, 4))
    layers = discretize(found, DIALECTS["nir"])
    membranes = simulate(layers, x, np.float32)[0].membranes
    good = recording({"input": x, "output": membranes}, found)
    assert match(found, DIALECTS["nir"], good).is_reproduced
    bad = recording({"input": x, "output": membranes * 1.01}, found)
    assert not match(found, DIALECTS["nir"], bad).is_reproduced


def test_a_decision_within_rounding_is_no_mismatch_but_many_are():
    weights = affine(3, 4)
    weights.weight, weights.bias = np.full((3, 4), 0.25), np.zeros(3)
    found = chain((4,), fc=weights, n=lif(3, v_threshold=1 + 1e-7, tau=1.0, r=1e4))
    x = np.zeros((8, 40, 4), int)
    x[3, 7] = 1  # the sum is 1, a hair below the threshold
    spikes = np.zeros((8, 40, 3))
    spikes[3, 7] = 1
    one = match(found, DIALECTS["nir"], recording({"input": x, "output": spikes}, found))
    assert (one.mismatches, one.is_reproduced) == (3, True)
    x[3], spikes[3] = 1, 1
    many = match(found, DIALECTS["nir"], recording({"input": x, "output": spikes}, found))
    assert (many.mismatches, many.is_reproduced) == (120, False)


def test_candidates_start_with_those_that_a_file_hints_at():
    graph, _, _ = opened("sinabs-lif")
    labels = [each.label for each in candidates(hints(graph))]
    assert labels[:4] == ["sinabs", "sinabs --gain nir", "sinabs-single", "sinabs-single --gain nir"]
    assert set(DIALECTS) <= set(labels) and len(set(labels)) == len(labels)


def test_candidates_take_the_step_that_r_holds():
    found = chain((4,), fc=affine(3, 4), n=lif(3, tau=0.02, r=20.0))
    hint = replace(hints(opened("snntorch-leaky")[0]), dt=1e-3)
    labels = [each.label for each in candidates(hint)]
    assert "snntorch --dt 0.001" in labels and "nir --dt 0.001" in labels and len(found.layers) == 1
    assert dialect("snntorch", dt=1e-3) in candidates(hint)
