"""What samples do in the hardware of a point: cycles and operations, measured in the compiled hardware or predicted.

Samples are back to back: those of the test part in inference with the weights of the first seed, of the training part
in learning, from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from golden.config import NetworkConfig
from intsnn_hw.cost.step import step_cycles
from intsnn_hw.cost.worst_case import worst_case

from .memo import Memo, key_of
from .training import Trainings

if TYPE_CHECKING:
    from golden.encoding import Events
    from golden.kernels import Inference
    from golden.network import LearningNetwork, Network
    from sim.verify.measure import Measured

PREDICTION_SAMPLES = 500
"""On whose events cycles are predicted and operations counted, where they are not measured."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What samples are run on.

    Parameters
    ----------
    config : NetworkConfig
        The network to train, with its hardware.
    core : NetworkConfig
        Of which cycles are wanted; with its learning rule where it learns.
    trainings : Trainings
        Of the data set.
    n_samples : int or None
        Samples to measure on; None: predict.
    """

    config: NetworkConfig
    core: NetworkConfig
    trainings: Trainings
    n_samples: int | None

    @cached_property
    def network(self) -> LearningNetwork:
        """The trained network, with its hardware."""
        return replace(self.trainings.network(self.config), config=self.config)


def inference_samples(subject: Subject) -> dict[str, Any]:
    """Return `cycles` of an inference and its `accesses`, as :func:`intsnn_hw.cost.accesses.accesses` gives them.

    `by` and `accesses_by` tell how they were found. Predicted cycles are those of the formula of a step; accesses are
    exact either way.
    """
    return _answer(subject, "inference", _infer_in_hardware, _infer_in_model)


def learning_samples(subject: Subject) -> dict[str, Any]:
    """Return the same of a training sample, in the order of a first epoch.

    Without a measurement `cycles` are the worst case, and accesses an estimate from what the model counts.
    """
    return _answer(subject, "learning", _learn_in_hardware, _learn_in_model)


def predicted_cycles(network: Network, events: Events, inference: Inference) -> float:
    """Return the mean cycles of a sample, as the formula of a step tells of the events of the model.

    Layers work side by side, so that the busiest counts. Steps of a layer are added up, although a sweep may overlap
    more than the step after it: measured cycles are up to a sixth lower where events are unevenly spread over steps.
    They are up to a fifth higher where layers of a few neurons wait for each other in turn. Of recurrent layers it is
    rough: their own events come back during the adds, or are waited for, so that measured cycles were up to a quarter
    lower and up to 30 % higher.

    Parameters
    ----------
    network : Network
    events : Events
    inference : Inference
        Recorded, of these events.
    """
    config = network.config
    assert inference.spikes is not None
    steps = (events.n_samples, config.n_steps)
    spiking, at, busy = np.diff(events.offsets).reshape(steps), 0, []
    for layer in config.resolved:
        fired = (inference.spikes[..., at : at + layer.n_out] > 0).sum(axis=-1)
        at += layer.n_out
        pairs = zip(spiking.ravel(), fired.ravel(), strict=True)
        busy.append(sum(step_cycles(layer, int(inputs), int(outputs)) for inputs, outputs in pairs))
        spiking = fired
    return float(max(busy)) / events.n_samples


def _answer(
    subject: Subject,
    kind: str,
    measure: Callable[[Subject, int], dict[str, Any]],
    predict: Callable[[Subject], dict[str, Any]],
) -> dict[str, Any]:
    wanted = subject.n_samples
    question = {
        "config": key_of(subject.config, hardware=True),
        "core": key_of(subject.core, hardware=True),
        "data": subject.trainings.digest,
        "samples": wanted,
    }
    memo = Memo(subject.trainings.folder, kind, __name__)
    return memo.answer(question, lambda: predict(subject) if wanted is None else measure(subject, wanted))


def _infer_in_model(subject: Subject) -> dict[str, Any]:
    from golden.kernels import Kernel
    from intsnn_hw.energy.estimate import recorded_accesses

    network, events = subject.network.inference_only(), _test_events(subject)
    inference = Kernel(network).infer(events, record=True)
    assert inference.spikes is not None
    return {
        "cycles": predicted_cycles(network, events, inference),
        "accesses": recorded_accesses(network.config, events, inference),
        "by": f"predicted from the events of {events.n_samples} samples",
        "accesses_by": f"counted in the model on {events.n_samples} samples",
    }


def _learn_in_model(subject: Subject) -> dict[str, Any]:
    from golden.kernels import Kernel
    from golden.seeds import sample_order
    from intsnn_hw.energy.estimate import estimated_accesses

    config, dataset = subject.network.config, subject.trainings.dataset
    order = sample_order(len(dataset.train_y), config.learning.seed, 0)[:PREDICTION_SAMPLES]
    events = dataset.events("train", config.encoding, config.n_steps, order)
    activity = Kernel(subject.network).learn(events, dataset.train_y[order], np.arange(len(order)))
    _, worst = worst_case(subject.core)
    return {
        "cycles": worst,
        "accesses": estimated_accesses(config, activity),
        "by": "worst case",
        "accesses_by": f"estimated from {len(order)} samples",
    }


def _infer_in_hardware(subject: Subject, wanted: int) -> dict[str, Any]:
    from sim.verify.inference import RtlNetwork
    from sim.verify.measure import measure_inference

    network = subject.network
    _compile(subject, network.inference_only().config, lambda: RtlNetwork(network))
    return _found(measure_inference(network, subject.trainings.dataset, wanted))


def _learn_in_hardware(subject: Subject, wanted: int) -> dict[str, Any]:
    from sim.verify.learning import RtlLearner
    from sim.verify.measure import measure_learning

    network = subject.network
    _compile(subject, network.config, lambda: RtlLearner(network))
    return _found(measure_learning(network, subject.trainings.dataset, wanted))


def _found(measured: Measured) -> dict[str, Any]:
    by = f"measured on {measured.n_samples} samples"
    return {"cycles": measured.cycles_per_sample, "accesses": measured.accesses, "by": by, "accesses_by": by}


def _compile(subject: Subject, core: NetworkConfig, build: Callable[[], Any]) -> None:
    """Leave the compiled hardware in its cache; of workers that need the same, one compiles."""

    def find() -> dict[str, Any]:
        build()
        return {"compiled": True}

    Memo(subject.trainings.folder, "compiled", __name__).answer({"core": key_of(core, hardware=True)}, find)


def _test_events(subject: Subject) -> Events:
    config, dataset = subject.config, subject.trainings.dataset
    order = np.arange(min(PREDICTION_SAMPLES, len(dataset.test_y)))
    return dataset.events("test", config.encoding, config.n_steps, order)
