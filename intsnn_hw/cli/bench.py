"""``intsnn bench``: speed of training and inference beside PyTorch, and of the simulated hardware."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from golden.errors import DataError
from intsnn_hw.api.data import fitting
from intsnn_hw.api.progress import progress, status, watch

from .messages import worded
from .options import add_command, add_data, add_network, count, dataset_of, network_of
from .output import columns, emit, note

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from intsnn_hw.api.network import IntegerNetwork
    from train.data import AnyDataset, Dataset

    from .bench_torch import Loop

_DEFAULT = "mnist-256"
_BATCH, _STEPS = 128, 10
_TORCH_BATCHES = 100
_HOW_TO_GET_TORCH = "torch is not installed, so there is nothing to compare with: pip install 'intsnn-hw[torch]'"


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "bench",
        "measure training, inference and simulation speed on this machine",
        f"""\
Measure, on one thread and in processor time, so that other load on the machine does not count:
  train  samples per second of the integer learning rule, batch 1, over a whole run, beside a plain PyTorch
         surrogate-gradient loop of the same layer sizes ({_STEPS} steps, batch {_BATCH}; package extra 'torch'),
         and beside the same loop with the first layer's product hoisted out of it (once a sample)
  infer  samples per second of the golden model on its input events, beside the same PyTorch network
  rtl    clock cycles per second of the compiled hardware
Without the network's data set, made-up samples of MNIST's sparsity take its place.""",
        """\
intsnn bench
intsnn bench --what train --preset mnist-512 --data-dir data --json
intsnn bench --what rtl --preset mnist-128 --lanes 16 --samples 500""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--what", choices=("train", "infer", "rtl", "all"), default="all", help="what to measure")
    parser.add_argument("--epochs", type=count, metavar="N", help="length of the run (default: the configuration's)")
    parser.add_argument("--samples", type=count, default=200, metavar="N", help="test samples through the hardware")
    add_network(parser, checkpoint=None)
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from sim.verify.measure import measure_speed
    from train.speed import inference_speed, training_speed

    if args.preset is None and args.config is None:
        args.preset = _DEFAULT
    network = network_of(args)
    config = network.config
    dataset = _dataset(args, network)
    result: dict[str, Any] = {"network": config.name, "topology": config.topology, "data": dataset.name, "threads": 1}
    rows: list[tuple[object, ...]] = []
    why_not = _why_not_torch(dataset)
    with_torch = result["torch"] = args.what != "rtl" and why_not is None
    values = cast("Dataset", dataset)  # where there are loops
    loops = [_torch_loop(config, hoisted) for hoisted in (False, True)] if with_torch else []
    # Inference and hardware run with trained weights: an untrained network has another activity.
    with progress("integer training", args.epochs or _epochs(config), "epochs") as advance:
        training, trained = training_speed(network.golden, dataset, args.epochs, advance)
    if args.what in ("train", "all"):
        result["train"] = _beside(asdict(training), [partial(loop.train, values) for loop in loops])
        rows.append(("training samples per second", *_compared(result["train"])))
    if args.what in ("infer", "all"):
        inference = inference_speed(trained, dataset)
        result["infer"] = _beside(asdict(inference), [partial(loop.infer, values) for loop in loops])
        rows.append(("inference samples per second", *_compared(result["infer"])))
    if args.what in ("rtl", "all"):
        speed = measure_speed(trained, dataset, args.samples, watch=watch)
        result["rtl"] = {
            "cycles_per_second": speed.cycles / speed.seconds,
            "samples_per_second": speed.samples / speed.seconds,
            "cycles": speed.cycles,
            "samples": speed.samples,
            "lanes": [layer.lanes for layer in config.resolved],
        }
        rows.append(("simulated cycles per second", result["rtl"]["cycles_per_second"], "", "", "", ""))
    if args.what != "rtl" and why_not is not None:
        note(why_not)
    title = f"{config.name}, {config.topology}, on {dataset.name}; one thread"
    emit(args, result, columns(("", "intsnn", "PyTorch", "ratio", "hoisted", "ratio"), rows, title))
    return 0


def _epochs(config: NetworkConfig) -> int:
    return 1 if config.learning is None else config.learning.epochs


def _why_not_torch(dataset: AnyDataset) -> str | None:
    """Return why there is nothing to compare with, where so."""
    from train.data import EventDataset

    if isinstance(dataset, EventDataset):
        return "the PyTorch loop shows values, not events, so there is nothing to compare with"
    return None if importlib.util.find_spec("torch") is not None else _HOW_TO_GET_TORCH


def _dataset(args: argparse.Namespace, network: IntegerNetwork) -> AnyDataset:
    config = network.config
    try:
        return fitting(config, network.notes, dataset_of(args, network))
    except DataError as error:
        if args.data is not None or args.data_dir is not None or config.encoding.kind == "events":
            raise  # asked for by name, or of events, which are not made up: nothing else will do
        from train.data.made_up import made_up

        note(f"{worded(error)}; made-up samples take its place")
        return made_up(config)


def _torch_loop(config: NetworkConfig, hoisted: bool) -> Loop:
    from .bench_torch import Loop

    sizes = [config.n_inputs, *(layer.size for layer in config.layers)]
    return Loop(sizes, n_steps=_STEPS, batch_size=_BATCH, hoisted=hoisted)


def _beside(ours: dict[str, Any], theirs: list[Callable[[], float]]) -> dict[str, Any]:
    """Add the speeds of the PyTorch loops, where there are any, and the ratios."""
    speeds: list[float | None] = [None, None]
    with status("the same layer sizes in PyTorch"):
        speeds[: len(theirs)] = [measure() for measure in theirs]
    for name, speed in zip(("torch", "torch_hoisted"), speeds, strict=True):
        ours[f"{name}_samples_per_second"] = speed
        ours["ratio" if name == "torch" else "hoisted_ratio"] = speed and ours["samples_per_second"] / speed
    return ours


def _compared(measured: dict[str, Any]) -> list[object]:
    names = ("samples_per_second", "torch_samples_per_second", "ratio", "torch_hoisted_samples_per_second")
    return [measured[name] or "-" for name in (*names, "hoisted_ratio")]
