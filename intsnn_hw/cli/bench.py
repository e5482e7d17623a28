"""``intsnn bench``: speed of training and inference compared with PyTorch, and of the simulated hardware."""

from __future__ import annotations

import argparse
from typing import Any

from golden.errors import ConfigError
from golden.presets.hardware import HARDWARE
from intsnn_hw.api.bench import BATCH, PARTS, SAMPLES, STEPS

from .messages import flag
from .options import add_data, add_network, count, dataset_of, given, network_of
from .output import show
from .parser import add_command

_DEFAULT = "mnist-256"


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "bench",
        """\
Measure, on one thread and in processor time, so that other load on the machine does not count:
  train  samples per second of the integer learning rule, batch 1, over a whole run, compared with a plain PyTorch
         surrogate-gradient loop of the same layers (package extra 'torch'), and with the same loop with the first
         layer's product hoisted out of it (once a sample)
  infer  samples per second of the golden model on its input events, compared with the same PyTorch network
  rtl    clock cycles per second of the compiled hardware
Without the network's data set, made-up samples of MNIST's sparsity take its place.""",
        """\
intsnn bench
intsnn bench --what train --preset mnist-512 --data-dir data --json
intsnn bench --what rtl --preset mnist-128 --lanes 16 --samples 500""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("--what", choices=(*PARTS, "all"), default="all", help="what to measure")
    parser.add_argument("--epochs", type=count, metavar="N", help="length of the run (default: the configuration's)")
    parser.add_argument(
        "--samples", type=count, metavar="N", help=f"test samples through the hardware (default: {SAMPLES})"
    )
    parser.add_argument(
        "--torch-steps",
        type=count,
        metavar="T",
        help=f"time steps of the PyTorch loop (default: {STEPS}; those of a network that convolves)",
    )
    parser.add_argument(
        "--torch-batch", type=count, metavar="N", help=f"batch size of the PyTorch loop (default: {BATCH})"
    )
    add_network(parser, checkpoint=None)
    add_data(parser)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    if args.preset is None and args.config is None:
        args.preset = _DEFAULT
    for option in given(args, HARDWARE) if args.what not in ("rtl", "all") else ():
        raise ConfigError(f"{flag(option)}: is of the hardware; it goes with --what rtl or all")
    network = network_of(args)
    chosen = args.data is not None or args.data_dir is not None or args.validation or args.download
    data = dataset_of(args, network) if chosen else None
    speeds = network.benchmark(
        data,
        what=args.what,
        epochs=args.epochs,
        samples=args.samples,
        torch_steps=args.torch_steps,
        torch_batch=args.torch_batch,
    )
    show(args, speeds)
    return 0
