"""Options of ``intsnn train --method bptt``: surrogate gradients through time in PyTorch."""

from __future__ import annotations

import argparse

from .options import count


def positive(text: str) -> float:
    """Read a number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, got {text!r}")
    return value


def share(text: str) -> float:
    """Read a number of at least 0 and below 1."""
    try:
        value = float(text)
    except ValueError:
        value = 1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 0 and below 1, got {text!r}")
    return value


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this method; each is None where it is left out."""
    group = parser.add_argument_group("surrogate gradients", "with --method bptt; needs PyTorch")
    group.add_argument("--batch-size", type=count, metavar="N", help="samples of a batch (default: 128)")
    group.add_argument("--learning-rate", type=positive, metavar="RATE", help="learning rate, above 0 (default: 0.002)")
    group.add_argument("--optimiser", choices=("adam", "adamw", "sgd"), help="what takes the steps (default: adam)")
    group.add_argument(
        "--weight-decay", type=share, metavar="SHARE", help="decay of the weights, at least 0 and below 1 (default: 0)"
    )
    group.add_argument(
        "--schedule",
        choices=("constant", "cosine"),
        help="how the learning rate changes over the epochs (default: constant)",
    )
    group.add_argument(
        "--loss",
        help="membrane or mean_membrane; of a readout membrane_sum: membrane_sum or mean_membrane; of spike_count: "
        "count or rate (default: the first)",
    )
    group.add_argument(
        "--dropout",
        type=share,
        metavar="SHARE",
        help="share of hidden spikes that are dropped, at least 0 and below 1 (default: 0)",
    )
    group.add_argument(
        "--surrogate",
        choices=("sigmoid", "arctan", "boxcar", "triangular"),
        help="shape of the surrogate (default: sigmoid)",
    )
    group.add_argument(
        "--slope", type=positive, metavar="SLOPE", help="slope of the surrogate, above 0 (default: its own)"
    )
    group.add_argument(
        "--centre",
        choices=("staircase", "theta", "zero"),
        help="where the surrogate is centered (default: staircase, ETH eq. 3.2)",
    )
    group.add_argument("--detach-reset", action="store_true", default=None, help="no gradient through the reset")
    group.add_argument("--learn-decay", action="store_true", default=None, help="learn the leaks, of layers that leak")
    group.add_argument(
        "--float", action="store_true", default=None, help="train without quantisation; 'intsnn export' quantises"
    )
    group.add_argument(
        "--keep-thresholds", action="store_true", default=None,
        help="keep the threshold shifts of the configuration (default: they follow the weights, except in a network "
        "with a learning rule)",
    )  # fmt: skip
    group.add_argument("--bf16", action="store_true", default=None, help="synapses in bfloat16")
    group.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: cpu)")
    group.add_argument("--log", metavar="FILE", help="write the epochs to FILE, .csv or .json")
