"""Each row of the table for users of snnTorch, docs/tutorial.md, against spikes that snnTorch recorded."""

from pathlib import Path

import numpy as np
import pytest
import torch

from train.bptt import LIF, Spiking

ROOT = Path(__file__).parents[3]
ROWS = {
    "subtract": "LIF(1, decay=0.9, reset_amount=1 / 0.9)",
    "zero": 'LIF(1, decay=0.9, reset="hard")',
    "none": 'LIF(1, decay=0.9, reset="none")',
    "no delay": "LIF(1, decay=0.9)",
}


@pytest.fixture(scope="module")
def recorded():
    with np.load(ROOT / "tests/fixtures/snntorch-neurons.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_table_is_equal(recorded, name):
    assert f"| `{ROWS[name]}`" in (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    neurons = eval(ROWS[name], {"LIF": LIF})
    currents, theirs = recorded["currents"], recorded[name]
    ours = neurons(currents)
    if name == "no delay":  # theirs subtracts the threshold once, and again in the next step
        below_twice = _below(currents, theirs, 2.0)
        assert 0.5 < below_twice.float().mean() < 1
        ours, theirs = ours[:, below_twice], theirs[:, below_twice]
    assert theirs.float().mean() > 0.05
    assert torch.equal(ours, theirs.float())


def _below(currents, spikes, limit):
    """Return the neurons, (samples, neurons), whose membrane stays below a limit in front of every reset."""
    membrane, below = torch.zeros_like(currents[0]), torch.ones_like(currents[0], dtype=torch.bool)
    for current, spike in zip(currents, spikes, strict=True):
        membrane = 0.9 * membrane + current
        below &= membrane < limit
        membrane = membrane - spike
    return below


def test_the_default_is_not_a_reset_at_once(recorded):
    ours = LIF(1, decay=0.9)(recorded["currents"])
    assert (ours != recorded["subtract"]).float().mean() > 0.03


def test_a_recurrent_layer_is_equal(recorded):
    currents = recorded["currents"]
    n = currents.shape[-1]
    synapse, own = torch.nn.Linear(n, n), torch.nn.Linear(n, n, bias=False)
    with torch.no_grad():
        synapse.weight.copy_(torch.eye(n))
        synapse.bias.copy_(recorded["recurrent bias"])
        own.weight.copy_(recorded["recurrent weights"])
    ours = Spiking(synapse, LIF(1, decay=0.9, reset_amount=1 / 0.9), own=own)(currents)
    assert torch.equal(ours, recorded["recurrent"].float())


def test_surrogate_and_learned_decay_have_the_same_gradients(recorded):
    given = recorded["currents"].clone().requires_grad_()
    neurons = LIF(1, decay=0.9, reset="none", surrogate="sigmoid", slope=4, learn_decay=True)
    neurons(given).sum().backward()
    assert given.grad is not None and neurons.decay_logit is not None and neurons.decay_logit.grad is not None
    torch.testing.assert_close(given.grad, recorded["gradient"], rtol=1e-4, atol=1e-5)
    by_decay = neurons.decay_logit.grad / (0.9 * 0.1)  # the decay is a sigmoid of what is learned
    torch.testing.assert_close(by_decay, recorded["beta gradient"], rtol=1e-4, atol=1e-3)
