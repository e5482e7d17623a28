"""The control's model and loss: the same network, and the errors of the margin rule."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.online_bptt.measure import MARGIN, margin_loss, shown_once
from golden.config import LearningConfig
from golden.output_error import output_error
from golden.presets import preset
from train.bptt import Inputs, SpikingNetwork
from train.data import load

CONFIG = replace(preset("digits-64", hidden=(12,), n_steps=3), learning=None)


@pytest.mark.parametrize("quantised", [False, True])
def test_inputs_shown_once_give_the_same_network(quantised):
    spikes = Inputs(load("digits"), "train", CONFIG).spikes(torch.arange(50))
    found = []
    for change in (lambda model: model, shown_once):
        torch.manual_seed(3)
        model = change(SpikingNetwork(CONFIG))
        if quantised:
            model.quantise()
        outputs = model(spikes)
        outputs.square().sum().backward()
        found.append([outputs, *(parameter.grad for parameter in model.parameters())])
    assert found[0][0].abs().sum() > 0
    for plain, once in zip(*found, strict=True):
        torch.testing.assert_close(plain, once)


def test_the_margin_loss_has_the_errors_of_the_rule():
    scores = np.random.default_rng(5).integers(-3, 4, (40, 10))
    labels = np.arange(40) % 10
    outputs = torch.tensor(np.stack([np.zeros_like(scores), scores]) / 2.0 * MARGIN, requires_grad=True)
    margin_loss(outputs, torch.from_numpy(labels)).backward()
    assert outputs.grad is not None and not outputs.grad[0].any()
    rule = LearningConfig(margin=2, rate_shifts=(0,), init_shifts=(0,), error_shifts=())
    errors = [output_error(each, int(label), rule) for each, label in zip(scores, labels, strict=True)]
    np.testing.assert_allclose(40 * outputs.grad[1].numpy(), errors)
