"""The part of a point that training tells: accuracy over the seeds, events and updates."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from .memo import Memo, key_of
from .point import network_config
from .work import Work

if TYPE_CHECKING:
    from golden.network import LearningNetwork

_CODE = ("golden", "train", "intsnn_hw/explore/accuracy.py")


def accuracy(work: Work) -> dict[str, Any]:
    """Train once for each seed, and return means over the seeds.

    Points that differ in what training does not see (lanes, core, target) share their trainings.
    """
    runs = [_run(work, seed) for seed in work.sweep.seeds]
    accuracies = [run["accuracy"] for run in runs]
    means = {name: statistics.fmean(run[name] for run in runs) for name in runs[0]}
    return {
        **means,
        "accuracy_std": statistics.stdev(accuracies) if len(runs) > 1 else None,
        "accuracies": accuracies,
    }


def trained(work: Work) -> LearningNetwork:
    """Return the network of the first seed; it is trained anew where its checkpoint is not kept."""
    from golden import checkpoint
    from golden.errors import CheckpointError
    from golden.network import LearningNetwork

    path = _memo(work).path(_question(work, work.sweep.seeds[0]), ".npz")
    try:
        stored = checkpoint.load(path)
    except CheckpointError:
        _train(work, work.sweep.seeds[0])
        stored = checkpoint.load(path)
    return LearningNetwork.of(stored.network)


def _run(work: Work, seed: int) -> dict[str, float]:
    return _memo(work).answer(_question(work, seed), lambda: _train(work, seed))


def _memo(work: Work) -> Memo:
    return Memo(work.folder, "training", _CODE)


def _question(work: Work, seed: int) -> dict[str, Any]:
    config = network_config(work.sweep, work.point, seed)
    return {"config": key_of(config, hardware=False), "data": work.dataset_digest}


def _train(work: Work, seed: int) -> dict[str, float]:
    from golden import checkpoint
    from train.online import evaluate, train_online

    config = network_config(work.sweep, work.point, seed)
    training = train_online(config, work.dataset)
    if seed == work.sweep.seeds[0]:
        checkpoint.save(_memo(work).path(_question(work, seed), ".npz"), training.network)
    outcome, last = evaluate(training.network, work.dataset), training.history[-1]
    activity = outcome.activity
    return {
        "accuracy": outcome.accuracy,
        "training_accuracy": last.training_accuracy,
        "updated": last.updated,
        "synaptic_updates": last.synaptic_updates,
        "input_events": activity.input_events / activity.samples,
        "hidden_events": activity.hidden_events / activity.samples,
        "synaptic_operations": activity.synaptic_operations / activity.samples,
    }
