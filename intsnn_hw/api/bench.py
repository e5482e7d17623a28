"""Speed on this machine: training and inference of the golden model compared with PyTorch, and simulated hardware."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from golden.errors import ConfigError, DataError, InputWarning

from .data import fitting
from .progress import Display
from .report import Grid, Result, Shown

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from train.data import AnyDataset, Dataset

    from .data import AnyData
    from .source import Source
    from .torch_loop import Loop

PARTS = ("train", "infer", "rtl")
SAMPLES = 200
"""Through the hardware, by default."""

BATCH, STEPS = 128, 10
"""Of the PyTorch loop by default; a network that convolves has its own steps there."""

_HOW_TO_GET_TORCH = "torch is not installed, so there is nothing to compare with: pip install 'intsnn-hw[torch]'"


@dataclass(frozen=True, kw_only=True, repr=False)
class Speeds(Result):
    """Samples and cycles per second of processor time, on one thread.

    Attributes
    ----------
    network, topology, data : str
    threads : int
    torch : bool
        Whether there was a PyTorch loop to compare with.
    torch_steps, torch_batch : int or None
        Time steps and batch size of that loop.
    train : dict or None
        :class:`train.speed.TrainingSpeed` with the speeds of the loops, ``torch_samples_per_second`` and
        ``torch_hoisted_samples_per_second``, and the ratios to them, ``ratio`` and ``hoisted_ratio``.
    infer : dict or None
        :class:`train.speed.InferenceSpeed` with the same.
    rtl : dict or None
        Of the compiled hardware: ``cycles_per_second``, ``samples_per_second``, ``cycles``, ``samples``, ``lanes``.
    """

    network: str
    topology: str
    data: str
    threads: int
    torch: bool
    torch_steps: int | None
    torch_batch: int | None
    train: dict[str, Any] | None
    infer: dict[str, Any] | None
    rtl: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; what was not measured is left out."""
        return {name: value for name, value in super().to_dict().items() if value is not None}

    def shown(self) -> list[Shown]:
        """Return a row for each part."""
        rows: list[tuple[object, ...]] = []
        for name, measured in (("training", self.train), ("inference", self.infer)):
            if measured is not None:
                rows.append((f"{name} samples per second", *_compared(measured)))
        if self.rtl is not None:
            rows.append(("simulated cycles per second", self.rtl["cycles_per_second"], "", "", "", ""))
        title = f"{self.network}, {self.topology}, on {self.data}; one thread"
        if self.torch:
            title += f"; PyTorch with T = {self.torch_steps}, batch size {self.torch_batch}"
        return [Grid(("", "intsnn", "PyTorch", "ratio", "hoisted", "ratio"), tuple(rows), title)]


def bench(
    source: Source,
    data: AnyData | None,
    *,
    what: str = "all",
    epochs: int | None = None,
    samples: int | None = None,
    torch_steps: int | None = None,
    torch_batch: int | None = None,
    show: Display,
) -> Speeds:
    """Measure the parts that `what` names; where no data is given or found, on made-up samples of MNIST's sparsity."""
    from sim.verify.measure import measure_speed
    from train.speed import inference_speed, training_speed

    if what not in (*PARTS, "all"):
        raise ConfigError(f"`what`: must be one of {', '.join(PARTS)}, all, got {what!r}")
    if samples is not None and what not in ("rtl", "all"):
        raise ConfigError(f"`samples`: is of the hardware; it goes with `what` rtl or all, got {what}")
    counts = {"samples": samples, "torch_steps": torch_steps, "torch_batch": torch_batch}
    for name, value in counts.items():
        if value is not None and (type(value) is not int or value < 1):
            raise ConfigError(f"`{name}`: must be a whole number of at least 1, got {value!r}")
        if value is not None and name != "samples" and what == "rtl":
            raise ConfigError(f"`{name}`: is of the PyTorch loop; it goes with `what` train, infer or all, got rtl")
    parts, config = (PARTS if what == "all" else (what,)), source.config
    network, dataset = source.with_weights(), _dataset(source, data)
    why_not = None if what == "rtl" else _why_not_torch(dataset)
    with_torch = what != "rtl" and why_not is None
    values = cast("Dataset", dataset)  # where there are loops
    steps = torch_steps or (config.n_steps if config.is_spatial else STEPS)
    batch = torch_batch or BATCH
    loops = [_torch_loop(config, steps, batch, hoisted) for hoisted in (False, True)] if with_torch else []
    # Inference and hardware run with trained weights: an untrained network has another activity.
    n_epochs = epochs or (1 if config.learning is None else config.learning.epochs)
    with show.progress("integer training", n_epochs, "epochs") as advance:
        training, trained = training_speed(network, dataset, epochs, advance)
    found: dict[str, dict[str, Any] | None] = dict.fromkeys(PARTS)
    if "train" in parts:
        found["train"] = _beside(asdict(training), [partial(loop.train, values) for loop in loops], show)
    if "infer" in parts:
        inference = inference_speed(trained, dataset)
        found["infer"] = _beside(asdict(inference), [partial(loop.infer, values) for loop in loops], show)
    if "rtl" in parts:
        speed = measure_speed(trained, dataset, SAMPLES if samples is None else samples, watch=show.watch)
        found["rtl"] = {
            "cycles_per_second": speed.cycles / speed.seconds,
            "samples_per_second": speed.samples / speed.seconds,
            "cycles": speed.cycles,
            "samples": speed.samples,
            "lanes": [layer.lanes for layer in config.resolved],
        }
    if why_not is not None:
        warnings.warn(why_not, InputWarning, stacklevel=3)
    return Speeds(
        network=config.name,
        topology=config.topology,
        data=dataset.name,
        threads=1,
        torch=with_torch,
        torch_steps=steps if with_torch else None,
        torch_batch=batch if with_torch else None,
        **found,
    )


def _dataset(source: Source, data: AnyData | None) -> AnyDataset:
    config = source.config
    try:
        return fitting(config, source.notes, data, "train", "test")
    except DataError as error:
        if data is not None or config.encoding.kind == "events":
            raise  # asked for by name, or of events, which are not made up: nothing else will do
        from train.data.made_up import made_up

        warnings.warn(f"{error}; made-up samples take its place", InputWarning, stacklevel=4)
        return made_up(config)


def _why_not_torch(dataset: AnyDataset) -> str | None:
    """Return why there is nothing to compare with, where so."""
    from train.data import EventDataset

    if isinstance(dataset, EventDataset):
        return "the PyTorch loop shows values, not events, so there is nothing to compare with"
    return None if importlib.util.find_spec("torch") is not None else _HOW_TO_GET_TORCH


def _torch_loop(config: NetworkConfig, n_steps: int, batch_size: int, hoisted: bool) -> Loop:
    from .torch_loop import Loop

    return Loop(config.kinds, n_steps=n_steps, batch_size=batch_size, hoisted=hoisted)


def _beside(ours: dict[str, Any], theirs: list[Callable[[], float]], show: Display) -> dict[str, Any]:
    """Add the speeds of the PyTorch loops, where there are any, and the ratios."""
    speeds: list[float | None] = [None, None]
    with show.status("the same layers in PyTorch"):
        speeds[: len(theirs)] = [measure() for measure in theirs]
    for name, speed in zip(("torch", "torch_hoisted"), speeds, strict=True):
        ours[f"{name}_samples_per_second"] = speed
        ours["ratio" if name == "torch" else "hoisted_ratio"] = speed and ours["samples_per_second"] / speed
    return ours


def _compared(measured: dict[str, Any]) -> list[object]:
    names = ("samples_per_second", "torch_samples_per_second", "ratio", "torch_hoisted_samples_per_second")
    return [measured[name] or "-" for name in (*names, "hoisted_ratio")]
