"""What samples do in the hardware of a point: cycles and operations, measured in the compiled hardware or predicted.

Samples are back to back: those of the test part in inference with the weights of the first seed, of the training part
in learning, from the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from golden.config import NetworkConfig
from intsnn_hw.cost.step import step_cycles
from intsnn_hw.cost.worst_case import worst_case

from .memo import Memo, key_of
from .space import PREDICTION_SAMPLES
from .work import Work

if TYPE_CHECKING:
    from golden.encoding import Events
    from golden.kernels import Inference
    from golden.network import Network

_CODE = ("golden", "intsnn_hw", "sim", "train", "intsnn_hw/explore/samples.py")


def inference_samples(work: Work) -> dict[str, Any]:
    """Return `cycles` of an inference and its `accesses`, as :func:`intsnn_hw.cost.accesses.accesses` gives them.

    `by` and `accesses_by` tell how they were found. Predicted cycles are those of the formula of a step; accesses are
    exact either way.
    """
    return _answer(work, "inference", _infer_in_hardware, _infer_in_model)


def learning_samples(work: Work) -> dict[str, Any]:
    """Return the same of a training sample, in the order of a first epoch.

    Without a measurement `cycles` are the worst case, and accesses an estimate from what the model counts.
    """
    return _answer(work, "learning", _learn_in_hardware, _learn_in_model)


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
    work: Work, kind: str, measure: Callable[[Work, int], dict[str, Any]], predict: Callable[[Work], dict[str, Any]]
) -> dict[str, Any]:
    wanted = work.sweep.cosim_samples
    question = {
        "config": key_of(work.config, hardware=True),
        "core": key_of(work.core, hardware=True),
        "data": work.dataset_digest,
        "samples": wanted,
    }
    memo = Memo(work.folder, kind, _CODE)
    return memo.answer(question, lambda: predict(work) if wanted is None else measure(work, wanted))


def _infer_in_model(work: Work) -> dict[str, Any]:
    from golden.kernels import Kernel
    from intsnn_hw.energy.estimate import inference_accesses, step_events

    network, events = work.network.inference_only(), _test_events(work, PREDICTION_SAMPLES)
    inference = Kernel(network).infer(events, record=True)
    assert inference.spikes is not None
    return {
        "cycles": predicted_cycles(network, events, inference),
        "accesses": inference_accesses(network.config, step_events(network.config, events.offsets, inference.spikes)),
        "by": f"predicted from the events of {events.n_samples} samples",
        "accesses_by": f"counted in the model on {events.n_samples} samples",
    }


def _learn_in_model(work: Work) -> dict[str, Any]:
    from golden.kernels import Kernel
    from intsnn_hw.energy.estimate import estimated_accesses

    events, labels = _training_events(work, PREDICTION_SAMPLES)
    activity = Kernel(work.network).learn(events, labels, np.arange(len(labels)))
    _, worst = worst_case(work.core)
    return {
        "cycles": worst,
        "accesses": estimated_accesses(work.network.config, activity),
        "by": "worst case",
        "accesses_by": f"estimated from {len(labels)} samples",
    }


def _infer_in_hardware(work: Work, wanted: int) -> dict[str, Any]:
    from sim.verify.inference import RtlNetwork, cosimulate

    events = _test_events(work, wanted)
    _compile(work, work.network.inference_only().config, lambda: RtlNetwork(work.network))
    report = cosimulate(work.network, events)
    _check_equal(report.n_mismatches)
    by = f"measured on {events.n_samples} samples"
    return {"cycles": report.cycles_per_sample, "accesses": report.accesses, "by": by, "accesses_by": by}


def _learn_in_hardware(work: Work, wanted: int) -> dict[str, Any]:
    from golden.kernels import Kernel
    from sim.verify.learning import RtlLearner, continue_learning

    events, labels = _training_events(work, wanted)
    _compile(work, work.network.config, lambda: RtlLearner(work.network))
    report = continue_learning(RtlLearner(work.network), Kernel(work.network), events, labels)
    _check_equal(report.n_mismatches)
    by = f"measured on {len(labels)} samples"
    return {"cycles": report.cycles / len(labels), "accesses": report.accesses, "by": by, "accesses_by": by}


def _check_equal(n_mismatches: int) -> None:
    if n_mismatches:
        raise RuntimeError(f"hardware and model differ in {n_mismatches} values; 'intsnn cosim' shows where")


def _compile(work: Work, core: NetworkConfig, build: Callable[[], Any]) -> None:
    """Leave the compiled hardware in its cache; of workers that need the same, one compiles."""

    def find() -> dict[str, Any]:
        build()
        return {"compiled": True}

    Memo(work.folder, "compiled", _CODE).answer({"core": key_of(core, hardware=True)}, find)


def _test_events(work: Work, wanted: int) -> Events:
    dataset = work.dataset
    dataset = dataset.take(n_test=min(wanted, len(dataset.test_y)))
    return dataset.events("test", work.config.encoding, work.config.n_steps)


def _training_events(work: Work, wanted: int) -> tuple[Events, Any]:
    from train.online import sample_order

    config, dataset = work.network.config, work.dataset
    order = sample_order(len(dataset.train_y), config.learning.seed, 0)[:wanted]
    return dataset.events("train", config.encoding, config.n_steps, order), dataset.train_y[order]
