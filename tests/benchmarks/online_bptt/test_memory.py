"""Memory of a training step: by hand for a small network, and against what PyTorch keeps."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.online_bptt.measure import SETTINGS, make_trainer
from benchmarks.online_bptt.memory import (
    Accounting,
    bptt_bits,
    core_bits,
    kept_values,
    measured_memory,
    online_bits,
    peak_bytes,
    saved_bytes,
)
from golden.config import learning_config
from golden.presets import preset
from intsnn_hw.cost.memories import memories
from train.data import Dataset, load

CONFIG = learning_config(preset("digits-64", hidden=(12,), n_steps=3))
"""64-12-10: inputs of 4 bits shown once in 3 steps, shadow weights of 16 bits, membranes of 16 and 17."""


def test_bits_of_the_online_rule():
    assert online_bits(CONFIG) == {
        "weights": (64 * 12 + 12 * 10) * 16,
        "membranes": 12 * 16 + 10 * 17,
        "sums": 12 * 18 + 10 * 16,  # 64 * 15 * 128 and 12 * 15 * 128 at most, and a sign
        "traces": (64 + 12) * 6,  # 3 * 15 at most
        "surrogates": 12 * 2,
        "errors": 12 * (2 + 3) + 10 * 2,  # a shift of 0..7
        "lfsr": 16,
    }
    assert online_bits(CONFIG, 32)["traces"] == (64 + 12) * 32


def test_the_core_has_all_that_the_rule_needs_and_padding():
    assert online_bits(CONFIG)["weights"] < core_bits(CONFIG)
    lanes = replace(CONFIG, hardware=replace(CONFIG.hardware, lanes=(8,)))
    padded = memories(lanes, lanes.resolved[0])["weights"].bits - memories(CONFIG, CONFIG.resolved[0])["weights"].bits
    assert padded == 64 * 4 * 16 <= core_bits(lanes) - core_bits(CONFIG)


def test_bits_of_bptt():
    weights = 64 * 12 + 12 * 10
    kept = 64 + 3 * 12 + 2 * 3 * (12 + 10) + 10
    assert kept_values(CONFIG) == kept
    assert bptt_bits(CONFIG, Accounting(bits=32, batch_size=5, optimiser="adam")) == {
        "weights": 32 * weights,
        "gradients": 32 * weights,
        "optimiser": 2 * 32 * weights,
        "kept": 5 * kept * 32,
        "errors": 5 * 2 * 3 * 12 * 32,
    }
    least = bptt_bits(CONFIG, Accounting(bits=16, batch_size=1, optimiser="sgd", least=True))
    assert least == {
        "weights": 16 * weights,
        "gradients": 0,
        "optimiser": 0,
        "kept": 64 * 4 + 3 * 12 * 16,
        "errors": 2 * 3 * 12 * 16,
    }


def test_inputs_of_every_step_are_kept_in_every_step():
    every = preset("digits-64", hidden=(12,), n_steps=3, encoding="every_step")
    assert kept_values(every) == kept_values(CONFIG) + 2 * 64


@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_pytorch_keeps_what_is_counted(batch, optimiser):
    settings = SETTINGS["float"][0] | {"batch_size": batch, "optimiser": optimiser}
    trainer = make_trainer(CONFIG, load("digits"), "float", settings, 0, 1)
    samples = torch.arange(batch)
    trainer.step(samples)
    spikes, labels = trainer.train.spikes(samples), trainer.train.labels[samples]
    counted = bptt_bits(CONFIG, Accounting(bits=32, batch_size=batch, optimiser=optimiser))
    assert saved_bytes(trainer.model, lambda: trainer.loss(trainer.model(spikes), labels)) == counted["kept"] // 8
    state = [value for entry in trainer.optimiser.state.values() for value in entry.values() if value.dim()]
    assert sum(value.nbytes for value in state) == counted["optimiser"] // 8
    parameters = list(trainer.model.parameters())
    assert sum(value.nbytes for value in parameters) == counted["weights"] // 8
    peak = peak_bytes([*parameters, *state], lambda: trainer.step(samples))
    # Not all gradients are there while all kept values are; PyTorch needs more for itself.
    assert 8 * peak >= sum(counted.values()) - counted["gradients"]


def test_peak_counts_what_lives_at_once():
    held = [torch.zeros(1000)]

    def step():
        first = torch.ones(500)
        second = first.reshape(5, 100)[2:]  # the same memory
        del first, second
        return torch.ones(300) + torch.ones(300)

    assert peak_bytes(held, step) == 4 * (1000 + 900)


def test_bits_of_a_convolution():
    config = learning_config(preset("mnist-conv-8-16"))
    found = online_bits(config)
    assert found["weights"] == 16 * (8 * 25 + 16 * 8 * 25 + 10 * 16 * 16)
    assert found["membranes"] == 10 * 20  # maps keep none: they have one step
    assert found["traces"] == 28 * 28 * 4 + 8 * 12 * 12 * 6 + 16 * 4 * 4 * 6
    first, second = (layer.row_groups[0].gradient_width for layer in config.resolved[:2])
    assert found["gradients"] == 8 * 25 * first + 16 * 8 * 25 * second
    assert found["carried"] == sum(layer.kind.n_fed * layer.carried_width for layer in config.resolved[1:])
    assert "carried" not in online_bits(learning_config(preset("mnist-conv-8-16", route="direct")))


@pytest.mark.parametrize("name", ["mnist-conv-8-16", "mnist-conv-16"])
def test_pytorch_keeps_what_is_counted_of_a_convolution(name):
    images = np.random.default_rng(0).integers(0, 256, (128, 784)).astype(np.uint8)
    labels = np.arange(128) % 10
    config = preset(name)
    found = measured_memory(config, Dataset.from_arrays("noise", images, labels, images[:1], labels[:1]))
    for name, how in (
        ("BPTT, float32, batch 1, SGD", Accounting(bits=32, batch_size=1, optimiser="sgd")),
        ("BPTT, float32, batch 128, Adam", Accounting(bits=32, batch_size=128, optimiser="adam")),
    ):
        assert 8 * found[name]["saved"] == bptt_bits(config, how)["kept"]
