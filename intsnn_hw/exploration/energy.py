"""The part of a point that tells energy: operations of a sample times a table of coefficients."""

from __future__ import annotations

import json
from typing import Any

from golden.config import NetworkConfig
from golden.digest import digest
from intsnn_hw.energy import Coefficients, energy_of
from intsnn_hw.energy.coefficients import DEFAULT

from .samples import inference_samples, learning_samples
from .work import Work


def energy(work: Work) -> dict[str, Any]:
    """Return nanojoules of an inference and, of a core that learns, of a training sample, by operations.

    Samples and counts are those of :mod:`intsnn_hw.exploration.samples`; a training sample is inference and update
    together, as the mean of :func:`intsnn_hw.energy.measured.training_energy`.
    """
    coefficients = Coefficients.load(work.sweep.coefficients or DEFAULT)
    inference = inference_samples(work.subject)
    found: dict[str, Any] = {
        "energy_nj": _nanojoules(work.subject.network.inference_only().config, inference, coefficients),
        "energy_by": inference["accesses_by"],
        "coefficients": coefficients_label(coefficients),
    }
    if work.core.learns:
        learning = learning_samples(work.subject)
        found["training_energy_nj"] = _nanojoules(work.subject.network.config, learning, coefficients)
        found["training_energy_by"] = learning["accesses_by"]
    return found


def coefficients_label(coefficients: Coefficients) -> str:
    """Return the name of a table and a few digits of its content, which tell it from another of the same name."""
    return f"{coefficients.name} {digest(json.dumps(coefficients.to_dict(), sort_keys=True).encode())[:8]}"


def _nanojoules(config: NetworkConfig, samples: dict[str, Any], coefficients: Coefficients) -> float:
    phases = energy_of(config, samples["accesses"], coefficients)
    return sum(phase["total"] for phase in phases.values()) / 1000
