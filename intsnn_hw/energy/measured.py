"""Energy of an inference and of a training sample, from a measurement in the compiled hardware."""

from __future__ import annotations

from typing import Any

from golden.config import NetworkConfig, ResolvedLayer
from intsnn_hw.cost.reach import input_windows
from sim.result import RunResult
from sim.verify.inference import CosimReport, RtlNetwork, chunks
from sim.verify.learning import RtlLearner
from sim.verify.measure import Measured, MeasuredLearning, Watch, unwatched

from . import eth
from .coefficients import Coefficients
from .operations import energy_of, synaptic_operation_pj
from .switching import switching


def inference_energy(
    measured: Measured[CosimReport], coefficients: Coefficients, *, toggles: bool = False, watch: Watch = unwatched
) -> dict[str, Any]:
    """Return energy, operations and firing rates of an inference; a recurrent layer's own neurons are inputs of it.

    Parameters
    ----------
    measured : Measured
    coefficients : Coefficients
    toggles : bool
        Run the samples once more, with the bit flips of every net counted.
    watch : callable

    Returns
    -------
    dict
        `energy` (as :func:`intsnn_hw.energy.operations.energy_of` gives it, pJ), `per_sample` (accesses),
        `firing_rates` (share of a layer's inputs that fire in a step), `eth` (the thesis's model) and `toggles` (as
        :func:`intsnn_hw.energy.switching.switching`; None where not counted).
    """
    config, report = measured.network.config, measured.report
    energy = energy_of(config, report.accesses, coefficients)["inference"]
    rates = [
        sums / layer.n_words / (_windows(layer) * config.n_steps * measured.n_samples)
        for sums, layer in zip(report.adding, config.resolved, strict=True)
    ]
    return {
        "energy": energy,
        "per_sample": report.accesses["inference"],
        "firing_rates": rates,
        "eth": _eth_inference(config, rates, energy, coefficients),
        "toggles": _inference_toggles(measured, coefficients, watch) if toggles else None,
    }


def _windows(layer: ResolvedLayer) -> int:
    """Return how many windows see the inputs of a layer, all together; one for each row of a fully connected one."""
    return int(input_windows(layer).sum()) + layer.n_own


def training_energy(
    measured: MeasuredLearning, coefficients: Coefficients, *, toggles: bool = False, watch: Watch = unwatched
) -> dict[str, Any]:
    """Return energy and operations of a training sample.

    Parameters are those of :func:`inference_energy`.

    Returns
    -------
    dict
        `samples`, `updated_samples`, `each` (pJ of a sample without an update, with one, and the mean), `energy`,
        `per_sample`, `eth` and `toggles`.
    """
    config, report, n_samples = measured.network.config, measured.report, measured.n_samples
    energy = energy_of(config, report.accesses, coefficients)
    updated = report.activity.updated_samples
    forward, update = energy["inference"]["total"], energy["update"]["total"]
    each = {
        "skipped": forward,
        "updated": forward + update * n_samples / updated if updated else None,
        "mean": forward + update,
    }
    return {
        "samples": n_samples,
        "updated_samples": updated,
        "each": each,
        "energy": energy,
        "per_sample": report.accesses,
        "eth": _eth_training(config, n_samples, each),
        "toggles": _training_toggles(measured, coefficients, watch) if toggles else None,
    }


def _eth_inference(
    config: NetworkConfig, rates: list[float], energy: dict[str, Any], coefficients: Coefficients
) -> dict[str, Any]:
    """Return the thesis's model with the measured rates, an operation costing what it does with a spike of 1 bit."""
    layers = []
    for layer, rate, counted in zip(config.resolved, rates, energy["layers"], strict=True):
        operations = _windows(layer) * layer.config.size
        cost = synaptic_operation_pj(config, layer.index, 1, coefficients)
        modelled = eth.inference_energy(operations, rate, cost, config.n_steps)
        layers.append(
            {
                "F": operations,
                "fr": rate,
                "E": cost,
                "T": config.n_steps,
                "energy": modelled,
                "E_counted": synaptic_operation_pj(config, layer.index, layer.event_width, coefficients),
                "counted_over_model": counted["total"] / modelled if modelled else None,
            }
        )
    total = sum(layer["energy"] for layer in layers)
    return {
        "formula": "F * fr * E * T",
        "energy": total,
        "counted_over_model": energy["total"] / total if total else None,
        "layers": layers,
    }


def _eth_training(config: NetworkConfig, n_samples: int, each: dict[str, Any]) -> dict[str, Any]:
    """Return the thesis's model with the cost of a step that the samples had."""
    per_step = {name: None if value is None else value / config.n_steps for name, value in each.items()}
    return {
        "formula": "T * S * c",
        "T": config.n_steps,
        "S": n_samples,
        "c": per_step["mean"],
        "energy": eth.training_cost(config.n_steps, n_samples, per_step["mean"] or 0.0),
        "c_skipped": per_step["skipped"],
        "c_updated": per_step["updated"],
    }


def _inference_toggles(measured: Measured[CosimReport], coefficients: Coefficients, watch: Watch) -> dict[str, Any]:
    network, events = measured.network, measured.events
    with watch("compiling the hardware, with every net counted", 0):
        rtl = RtlNetwork(network, toggles=True)
    runs = []
    with watch("bit flips of inference", events.n_samples) as advance:
        for _, part in chunks(events, network.config):
            runs.append(rtl.run(part))
            advance(part.n_samples)
    return _switching(runs, events.n_samples, coefficients)


def _training_toggles(measured: MeasuredLearning, coefficients: Coefficients, watch: Watch) -> dict[str, Any]:
    with watch("compiling the hardware that learns, with every net counted", 0):
        rtl = RtlLearner(measured.network, toggles=True)
    with watch("bit flips of learning", 0):
        run = rtl.learn(measured.events, measured.labels)
    return _switching([run], measured.n_samples, coefficients)


def _switching(runs: list[RunResult], n_samples: int, coefficients: Coefficients) -> dict[str, Any]:
    flips = [(entry.net.module, entry.net.is_register, entry.flips) for result in runs for entry in result.toggles]
    return switching(flips, n_samples, sum(result.cycles for result in runs), coefficients)
