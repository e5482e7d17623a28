"""Costs of learning in time: counts by hand, and against what PyTorch keeps."""

import pytest

from benchmarks.online_bptt.memory import Accounting, bptt_bits, n_weights, online_bits
from benchmarks.temporal.cost import dense_products, main, measured_memory, place_rows, work_rows
from golden.config import learning_config
from golden.presets import preset
from train.data.cues import load_cues
from train.online import train_online

CUES = load_cues("cues=3,delay_ms=100,train=300,test=10")
CONFIG = learning_config(preset("cues-64r", hidden=(6,), n_steps=CUES.n_steps, epochs=2, timing="every_step"))
"""40-6r-2: traces leak by 10, gain 4; graded errors."""


def test_bits_of_the_rule_for_a_recurrent_layer():
    found = online_bits(CONFIG)
    assert n_weights(CONFIG) == 46 * 6 + 6 * 2 and found["weights"] == 16 * n_weights(CONFIG)
    # Of 70 steps, far less than the leak takes at the level 2^10 * 16: 70 * 16 at most.
    assert CONFIG.n_steps == 70 and found["traces"] == (40 + 6 + 6) * 11
    assert found["surrogates"] == 6 and found["own spikes"] == 6
    assert found["errors"] == (6 + 2) * 5 and "counters" not in found
    assert "own spikes" not in online_bits(learning_config(preset("fsdd-128")))
    speech = learning_config(preset("fsdd-128r"))
    assert online_bits(speech)["counters"] == 128 * 7 + 10 * speech.score_width
    # Of 80 steps, but what leaks at the level 2^4 * 16 is what a spike adds.
    assert online_bits(speech)["traces"] == 3 * 128 * 9


@pytest.mark.parametrize("recurrence", ["none", "learned"])
def test_pytorch_keeps_what_is_counted(recurrence):
    config = preset("cues-64r", hidden=(6,), n_steps=CUES.n_steps, recurrence=recurrence)
    found = measured_memory(config, CUES)
    for name, how in (
        ("BPTT, float32, batch 1, SGD", Accounting(bits=32, batch_size=1, optimiser="sgd")),
        ("BPTT, float32, batch 128, Adam", Accounting(bits=32, batch_size=128, optimiser="adam")),
    ):
        assert 8 * found[name]["saved"] == bptt_bits(config, how)["kept"]
        assert found[name]["peak"] > found[name]["saved"]


def test_memory_by_place():
    rows = {row[""]: row for row in place_rows(CONFIG)}
    assert rows["on-line rule"]["bits a synapse"] == 16.0
    assert rows["BPTT, float32, batch 1, Adam"]["bits a synapse"] == 128.0
    ours = online_bits(CONFIG)
    state = sum(ours.values()) - ours["weights"]
    assert rows["on-line rule"]["bits a neuron or input"] == round(state / (40 + 6 + 2), 1)


def test_work_of_a_sample():
    first, last, bptt = work_rows(CONFIG, CUES, None)
    history = train_online(CONFIG, CUES).history
    assert first["synaptic operations"] == round(history[0].synaptic_operations)
    assert last["weight updates"] == round(history[-1].synaptic_updates)
    # Sums and gradients of all weights; errors carried down from the readout and back through the layer's own.
    assert bptt["operations and updates"] == dense_products(CONFIG) == 70 * (2 * (46 * 6 + 12) + 36 + 12)


def test_the_command(capsys):
    assert main(["--presets", "cues-64r", "--epochs", "1", "--samples", "160"]) == 0
    assert capsys.readouterr().out.count("cues-64r: ") == 3
    assert main(["--presets", "cues-64r", "--epochs", "0"]) == 2
    assert capsys.readouterr().err.startswith("error: ")
