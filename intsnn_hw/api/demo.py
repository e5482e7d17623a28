"""From handwritten digits to Verilog that is shown to compute what the model computes, in one call."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.places import writable_folder, write_file

from .hardware_run import HardwareRun, summary
from .opening import preset
from .progress import display
from .report import PRIVATE, Facts, Shown, to_json
from .wording import percent

if TYPE_CHECKING:
    from train.data import Dataset

    from .network import IntegerNetwork

_PRESET = "digits-64"
_SAMPLE = 0
"""Test sample whose spikes the figure shows."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Demo(HardwareRun):
    """What the demo found on all test samples.

    Attributes
    ----------
    network, topology, data : str
    seed, epochs : int
        Of the training.
    model_accuracy : float
        Of the golden model, 0..1.
    confusion : list of rows
        Samples of each true class (row) by class found (column).
    first_mismatches : tuple of str
    files : tuple of str
    folder : Path
    """

    network: str
    topology: str
    data: str
    seed: int
    epochs: int
    model_accuracy: float
    confusion: list[list[int]]
    first_mismatches: tuple[str, ...]
    files: tuple[str, ...]
    folder: Path = field(metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return facts, and the first mismatches."""
        facts = (
            ("test accuracy", f"{percent(self.accuracy)} of {self.samples} digits"),
            (
                "mismatches",
                f"{self.verdict} in {self.compared:,} spikes, membranes and classes, hardware against model",
            ),
            ("events per inference", f"{self.input_events:.1f} input, {self.hidden_events:.1f} hidden"),
            ("synaptic operations", f"{self.synaptic_operations:,.0f} per inference"),
            ("cycles per inference", f"{self.cycles_per_sample:.1f}, samples back to back"),
            ("lane utilisation", percent(self.lane_utilisation)),
            ("files", ", ".join(Path(name).name for name in self.files)),
            ("in", str(self.folder)),
        )
        title = f"{self.network}, {self.topology}, learned and run in integers"
        return [Facts(facts, title), *(f"mismatch: {line}" for line in self.first_mismatches)]


def demo(folder: Path | str = "build/demo", *, seed: int = 0, progress: bool = True) -> Demo:
    """Train, emit Verilog, and compare hardware and model on all test samples of scikit-learn's digits.

    Parameters
    ----------
    folder : path
        For Verilog, manifest, checkpoint, ``report.json`` and a figure; made where absent.
    seed : int
        Of the training.
    progress : bool

    Raises
    ------
    ConfigError, ToolError
        A folder that cannot be written, or no C++ compiler; before anything is written.
    """
    from sim.compiler import find_compiler
    from sim.verify.measure import measure_inference
    from train.data.digits import load_digits

    network, dataset = preset(_PRESET, seed=seed), load_digits()
    find_compiler()
    place, show = writable_folder(folder), display(progress)
    training = network.train(dataset, test_each_epoch=True, progress=progress)
    inference = network.inference_only()
    evaluated = inference.evaluate(dataset)
    files = inference.generate(place, with_weights=True, progress=progress).files
    measured = measure_inference(inference.golden, dataset, len(dataset.test_y), watch=show.watch, may_differ=True)
    found = summary(measured, dataset.test_y)
    with show.status("drawing"):
        figure = _figure(inference, dataset, [asdict(epoch) for epoch in training.history], evaluated.confusion, found)
    made = (*files, network.save(place / f"{_PRESET}.npz"), write_file(place / "demo.png", figure))
    result = Demo(
        network=network.config.name,
        topology=network.config.topology,
        data=dataset.name,
        seed=seed,
        epochs=len(training.history),
        **found,
        model_accuracy=evaluated.accuracy,
        confusion=evaluated.confusion.tolist(),
        first_mismatches=tuple(str(mismatch) for mismatch in measured.report.first),
        files=tuple(str(path) for path in (*made, place / "report.json")),
        folder=place,
    )
    write_file(place / "report.json", to_json(result.to_dict()))
    return result


def _figure(
    network: IntegerNetwork, dataset: Dataset, history: list[dict[str, Any]], confusion: Any, found: dict[str, Any]
) -> bytes:
    from sim.verify.observe import observe

    from .demo_figure import draw

    values = dataset.test_x[_SAMPLE]
    right = f"{percent(found['accuracy'])} of {found['samples']} test digits"
    return draw(
        title=f"{network.config.name}: {right}, in integers, in hardware",
        image=values.reshape(8, 8),
        label=int(dataset.test_y[_SAMPLE]),
        inference=observe(network.golden, values),
        max_spike=network.config.layers[0].neuron.max_spike,
        history=history,
        confusion=confusion,
    )
