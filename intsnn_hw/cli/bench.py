"""``intsnn bench``: speed of training and inference beside PyTorch, and of the simulated hardware."""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from golden.errors import DataError

from .options import add_command, add_data, add_network, count, dataset_of, source_of
from .output import columns, emit, note, progress, status

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.encoding import Events
    from golden.kernels import Kernel
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
    from golden.kernels import Kernel

    if args.preset is None and args.config is None:
        args.preset = _DEFAULT
    source = source_of(args)
    config = source.config
    dataset = _dataset(args, config)
    kernel = Kernel(source.with_weights())
    start = time.process_time()
    events = dataset.events("test", config.encoding, config.n_steps)
    encoding_seconds = time.process_time() - start
    result: dict[str, Any] = {"network": config.name, "topology": config.topology, "data": dataset.name, "threads": 1}
    rows: list[tuple[object, ...]] = []
    why_not = _why_not_torch(dataset)
    with_torch = result["torch"] = args.what != "rtl" and why_not is None
    values = cast("Dataset", dataset)  # where there are loops
    loops = [_torch_loop(config, hoisted) for hoisted in (False, True)] if with_torch else []
    # Inference and hardware run with trained weights: an untrained network has another activity.
    trained = _train(kernel, dataset, args.epochs)
    if args.what in ("train", "all"):
        result["train"] = _beside(trained, [partial(loop.train, values) for loop in loops])
        rows.append(("training samples per second", *_compared(result["train"])))
    if args.what in ("infer", "all"):
        measured = _infer(kernel, events, dataset)
        result["infer"] = _beside(measured, [partial(loop.infer, values) for loop in loops])
        result["infer"]["encoded_per_second"] = events.n_samples / encoding_seconds
        rows.append(("inference samples per second", *_compared(result["infer"])))
    if args.what in ("rtl", "all"):
        n_samples = min(args.samples, events.n_samples)
        result["rtl"] = _rtl(kernel, events.take(0, n_samples))
        rows.append(("simulated cycles per second", result["rtl"]["cycles_per_second"], "", "", "", ""))
    if args.what != "rtl" and why_not is not None:
        note(why_not)
    title = f"{config.name}, {config.topology}, on {dataset.name}; one thread"
    emit(args, result, columns(("", "intsnn", "PyTorch", "ratio", "hoisted", "ratio"), rows, title))
    return 0


def _why_not_torch(dataset: AnyDataset) -> str | None:
    """Return why there is nothing to compare with, where so."""
    from train.data import EventDataset

    if isinstance(dataset, EventDataset):
        return "the PyTorch loop shows values, not events, so there is nothing to compare with"
    return None if importlib.util.find_spec("torch") is not None else _HOW_TO_GET_TORCH


def _dataset(args: argparse.Namespace, config: NetworkConfig) -> AnyDataset:
    try:
        return dataset_of(args, config)
    except DataError as error:
        if args.data is not None or args.data_dir is not None or config.encoding.kind == "events":
            raise  # asked for by name, or of events, which are not made up: nothing else will do
        note(f"{error}; made-up samples take its place")
        return made_up(config)


def made_up(config: NetworkConfig, n_train: int = 20_000, n_test: int = 2_000) -> Dataset:
    """Return random samples that can be learned: a noisy copy of its class's pattern each, a fifth set."""
    import numpy as np

    from train.data import Dataset

    random = np.random.RandomState(0)
    high = (1 << config.encoding.value_width) - 1
    patterns = random.random_sample((config.n_classes, config.n_inputs)) < 0.25

    def samples(n: int) -> tuple[Any, Any]:
        labels = random.randint(config.n_classes, size=n)
        kept = patterns[labels] & (random.random_sample((n, config.n_inputs)) < 0.7)
        noise = random.random_sample((n, config.n_inputs)) < 0.03
        values = random.randint(high // 2, high + 1, size=kept.shape).astype(np.uint16)
        return values * (kept | noise), labels

    (train_x, train_y), (test_x, test_y) = samples(n_train), samples(n_test)
    return Dataset.from_arrays("made-up", train_x, train_y, test_x, test_y)


def _train(kernel: Kernel, dataset: AnyDataset, epochs: int | None) -> dict[str, Any]:
    import numpy as np

    config = kernel.config
    if config.learning is None:
        raise DataError(f"{config.name}: has no [learning], so there is no training to measure")
    learning = config.learning.for_epochs(epochs or config.learning.epochs)
    events = dataset.events("train", config.encoding, config.n_steps)
    n_samples = len(dataset.train_y)
    random = np.random.RandomState(learning.seed)
    kernel_class = type(kernel)
    kernel_class(kernel.network()).learn(events, dataset.train_y, np.arange(1))  # compiles, on a copy
    seconds, updated = [], []
    with progress("integer training", learning.epochs, "epochs") as advance:
        for epoch in range(learning.epochs):
            order = random.permutation(n_samples)
            start = time.process_time()
            activity = kernel.learn(events, dataset.train_y, order, learning.rate_boost(epoch))
            seconds.append(time.process_time() - start)
            updated.append(activity.updated_samples / n_samples)
            advance(1)
    return {
        "samples_per_second": learning.epochs * n_samples / sum(seconds),
        "first_epoch_samples_per_second": n_samples / seconds[0],
        "last_epoch_samples_per_second": n_samples / seconds[-1],
        "updated_samples": sum(updated) / len(updated),
        "epochs": learning.epochs,
        "samples": n_samples,
    }


def _infer(kernel: Kernel, events: Events, dataset: AnyDataset) -> dict[str, Any]:
    kernel.infer(events.take(0, 1))  # compiles
    correct = kernel.infer(events, dataset.test_y).activity.correct
    speed = _speed(lambda: kernel.infer(events), events.n_samples)
    return {"samples_per_second": speed, "accuracy": correct / events.n_samples, "samples": events.n_samples}


def _rtl(kernel: Kernel, events: Events) -> dict[str, Any]:
    from sim.verify.inference import RtlNetwork

    with status("compiling the hardware"):
        rtl = RtlNetwork(kernel.network())
        rtl.run(events.take(0, 1))  # loads the weights
    start = time.process_time()
    cycles = rtl.run(events).cycles
    seconds = time.process_time() - start
    return {
        "cycles_per_second": cycles / seconds,
        "samples_per_second": events.n_samples / seconds,
        "cycles": cycles,
        "samples": events.n_samples,
        "lanes": [layer.lanes for layer in kernel.config.resolved],
    }


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


def _speed(work: Callable[[], object], n_samples: int, repeats: int = 5) -> float:
    """Return samples per second of processor time, the best of some repeats."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return n_samples / best
