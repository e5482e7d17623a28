"""The scores of a sample by every readout, and what errors are made of, against hand-made values."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from golden.config import READOUTS, NetworkConfig, Readout
from golden.fixed import signed_range
from golden.readout import learning_scores, scores
from sim.verify import stimuli

MEMBRANES = np.array([[3, -4], [5, -1], [-2, 7]])
SPIKES = np.array([[0, 1], [3, 0], [0, 2]])


def config_of(readout: Readout) -> NetworkConfig:
    return replace(stimuli.corner_config(), readout=readout)


def test_every_choice_has_its_facts():
    assert tuple(READOUTS) == get_args(Readout)


@pytest.mark.parametrize(
    "readout, expected", [("membrane", [-2, 7]), ("membrane_sum", [6, 2]), ("spike_count", [3, 3])]
)
def test_scores_of_three_steps(readout, expected):
    assert scores(config_of(readout), MEMBRANES, SPIKES).tolist() == expected
    both = np.stack([MEMBRANES, -MEMBRANES]), np.stack([SPIKES, 2 * SPIKES])
    assert scores(config_of(readout), *both)[0].tolist() == expected


def test_errors_are_made_of_the_membrane_and_of_all_that_it_has_emitted():
    counts = SPIKES.sum(axis=0)
    level = 1 << config_of("spike_count").layers[-1].neuron.threshold_shift
    assert learning_scores(config_of("spike_count"), MEMBRANES[-1], counts).tolist() == [-2 + 3 * level, 7 + 3 * level]
    for readout in ("membrane", "membrane_sum"):
        assert learning_scores(config_of(readout), MEMBRANES[-1], counts).tolist() == [-2, 7]


@pytest.mark.parametrize("readout", READOUTS)
def test_a_score_fits_its_width_and_no_narrower_one(readout):
    config = config_of(readout)
    low, high = config.readout_kind.score_range(config.layers[-1].neuron, config.n_steps)
    least, greatest = signed_range(config.score_width)
    assert least <= low and high <= greatest
    assert low < signed_range(config.score_width - 1)[0] or high > signed_range(config.score_width - 1)[1]
