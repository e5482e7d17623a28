"""What the hardware did with test samples, and how often it differed from the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .evaluate import per_inference
from .report import Result

if TYPE_CHECKING:
    from golden.fixed import IntArray
    from sim.verify.inference import CosimReport
    from sim.verify.measure import Measured


@dataclass(frozen=True, kw_only=True, repr=False)
class HardwareRun(Result):
    """A comparison of hardware and model in inference; counts are means over the samples.

    Attributes
    ----------
    accuracy : float
        Of the hardware, 0..1.
    mismatches, compared, samples : int
        Values that differ; values compared.
    cycles : int
    cycles_per_sample : float
        Samples back to back.
    lane_utilisation : float
    layer_utilisation : tuple of float
    per_sample : dict
        Memory accesses and additions.
    input_events, hidden_events, synaptic_operations : float
    samples_per_second : float
        Through the hardware.
    """

    accuracy: float
    mismatches: int
    compared: int
    samples: int
    cycles: int
    cycles_per_sample: float
    lane_utilisation: float
    layer_utilisation: tuple[float, ...]
    per_sample: dict[str, Any]
    input_events: float
    hidden_events: float
    synaptic_operations: float
    samples_per_second: float

    @property
    def verdict(self) -> str:
        """The mismatches in words."""
        return f"{self.mismatches:,}" if self.mismatches else "none"


def summary(measured: Measured[CosimReport], labels: IntArray) -> dict[str, Any]:
    """Return the fields of a :class:`HardwareRun`."""
    report, n_samples = measured.report, len(labels)
    matching = len(report.classes) == n_samples
    return {
        "accuracy": float((report.classes == labels).mean()) if matching else 0.0,
        "mismatches": report.n_mismatches,
        "compared": report.n_compared,
        "samples": n_samples,
        "cycles": report.cycles,
        "cycles_per_sample": report.cycles_per_sample,
        "lane_utilisation": report.lane_utilisation,
        "layer_utilisation": tuple(report.layer_utilisation),
        "per_sample": report.accesses,
        **per_inference(report.activity),
        "samples_per_second": measured.n_samples / measured.seconds,
    }
