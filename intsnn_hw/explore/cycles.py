"""The part of a point that tells time: cycles of a sample, measured in the compiled hardware or predicted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from golden.config import NetworkConfig
from intsnn_hw.describe import step_cycles
from intsnn_hw.fpga.cycles import worst_case

from .memo import Memo, key_of
from .work import Work

if TYPE_CHECKING:
    from golden.encoding import Events
    from golden.network import Network

PREDICTION_SAMPLES = 500
"""On whose events cycles are predicted, where they are not measured."""
_CODE = ("golden", "intsnn_hw", "sim", "train", "intsnn_hw/explore/cycles.py")


def cycles(work: Work) -> dict[str, Any]:
    """Return cycles of a sample, how they were found, and times where there is a clock.

    Samples are back to back: those of the test part in inference with the weights of the first seed, of the training
    part in learning, from the same weights. Without ``cosim_samples`` inference is predicted from the events of the
    model, learning by its worst case.
    """
    question = {
        "config": key_of(work.config, hardware=True),
        "core": key_of(work.core, hardware=True),
        "data": work.dataset_digest,
        "samples": work.sweep.cosim_samples,
    }
    find = _predicted if work.sweep.cosim_samples is None else _measured
    found = Memo(work.folder, "cycles", _CODE).answer(question, lambda: find(work))
    return {**found, **_times(work, found)}


def predicted_cycles(network: Network, events: Events) -> float:
    """Return the mean cycles of a sample, as the formula of a step tells of the events of the model.

    Layers work side by side, so that the busiest counts. Steps of a layer are added up, although a sweep may overlap
    more than the step after it: measured cycles are up to a sixth lower where events are unevenly spread over steps.
    """
    from golden.kernels import Kernel

    config = network.config
    inference = Kernel(network.inference_only()).infer(events, record=True)
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


def _predicted(work: Work) -> dict[str, Any]:
    n_samples = min(PREDICTION_SAMPLES, len(work.dataset.test_y))
    found = {
        "cycles": predicted_cycles(work.network, _test_events(work, n_samples)),
        "cycles_by": f"predicted from the events of {n_samples} samples",
    }
    _, learning = worst_case(work.core)
    return found if learning is None else {**found, "training_cycles": learning, "training_cycles_by": "worst case"}


def _measured(work: Work) -> dict[str, Any]:
    from sim.cosim import RtlNetwork, cosimulate

    wanted = work.sweep.cosim_samples
    assert wanted is not None
    n_samples = min(wanted, len(work.dataset.test_y))
    _compile(work, work.network.inference_only().config, lambda: RtlNetwork(work.network))
    report = cosimulate(work.network, _test_events(work, n_samples))
    found = {"cycles": report.cycles_per_sample, "cycles_by": f"measured on {n_samples} samples"}
    mismatches = report.n_mismatches
    if work.core.learning is not None:
        n_samples = min(wanted, len(work.dataset.train_y))
        learning, more = _measured_learning(work, n_samples)
        found |= {"training_cycles": learning, "training_cycles_by": f"measured on {n_samples} samples"}
        mismatches += more
    if mismatches:
        raise RuntimeError(f"hardware and model differ in {mismatches} values; 'intsnn cosim' shows where")
    return found


def _measured_learning(work: Work, n_samples: int) -> tuple[float, int]:
    """Return cycles of a training sample, in the order of a first epoch, and what differs from the model."""
    from golden.encoding import encode_events
    from golden.kernels import Kernel
    from sim.learn import RtlLearner, continue_learning
    from train.online import sample_order

    config = work.network.config
    assert config.learning is not None
    order = sample_order(len(work.dataset.train_y), config.learning.seed, 0)[:n_samples]
    events = encode_events(work.dataset.train_x[order], config.encoding, config.n_steps)
    _compile(work, config, lambda: RtlLearner(work.network))
    report = continue_learning(
        RtlLearner(work.network), Kernel(work.network), events, work.dataset.train_y[order]
    )  # fmt: skip
    return report.cycles / len(order), report.n_mismatches


def _compile(work: Work, core: NetworkConfig, build: Callable[[], Any]) -> None:
    """Leave the compiled hardware in its cache; of workers that need the same, one compiles."""

    def find() -> dict[str, Any]:
        build()
        return {"compiled": True}

    Memo(work.folder, "compiled", _CODE).answer({"core": key_of(core, hardware=True)}, find)


def _test_events(work: Work, n_samples: int) -> Events:
    from golden.encoding import encode_events

    config: NetworkConfig = work.config
    return encode_events(work.dataset.test_x[:n_samples], config.encoding, config.n_steps)


def _times(work: Work, found: dict[str, Any]) -> dict[str, Any]:
    """Return microseconds at the clock of place and route, else at the one that the sweep gives."""
    clock = work.row.get("fmax_mhz") or work.sweep.clock_mhz
    names = {"cycles": "latency_us", "training_cycles": "training_latency_us"}
    return {} if clock is None else {names[name]: found[name] / clock for name in names if name in found}
