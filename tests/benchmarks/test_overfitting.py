"""The study of overfitting: its penalty, and the accuracies it compares."""

import pytest
import torch

from benchmarks.overfitting.runs import excess, questions
from benchmarks.overfitting.tables import at_goal, first_reached


def test_a_penalty_counts_steps_beyond_the_budget_whatever_the_level():
    # Four steps, one sample, three neurons: they fire in 3, 1 and 0 steps.
    spikes = torch.tensor([[1, 0, 0], [1 / 3, 1, 0], [1 / 15, 0, 0], [0, 0, 0]])[:, None].requires_grad_()
    penalty = excess(spikes, 0.25)
    penalty.backward()
    assert penalty.item() == pytest.approx((3 / 4 - 1 / 4) / 3)
    assert spikes.grad is not None
    torch.testing.assert_close(spikes.grad[:, 0], torch.tensor([[1 / 12, 0, 0]]).expand(4, 3))


def test_a_goal_is_first_reached_by_the_first_accuracy_that_is_as_high():
    assert first_reached([0.5, 0.9, 0.8, 0.95], 0.9) == 1
    assert first_reached([0.5, 0.89], 0.9) is None and first_reached([], 0.9) is None


def test_test_accuracy_at_a_goal_is_that_of_the_epoch_that_reached_it():
    runs = [
        {"after": [2, 4], "training": [0.7, 0.9], "test": [0.6, 0.65]},
        {"after": [2, 4], "training": [0.8, 0.7], "test": [0.75, 0.9]},
    ]
    assert at_goal(runs, 0.8) == "70.00 ± 7.07 (epoch 4, 2)"
    assert at_goal(runs, 0.9) == "65.00 (epoch 4, 1 of 2 runs)"
    assert at_goal(runs, 0.95) == "not reached"


def test_no_run_is_asked_for_twice_and_seeds_differ_by_nothing_else():
    keys = questions(2, quick=False)
    assert len({str(key) for key in keys}) == len(keys)
    assert [key | {"seed": 0} for key in keys if key["seed"] == 1] == [key for key in keys if key["seed"] == 0]
