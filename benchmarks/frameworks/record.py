# pyright: reportMissingImports=false
"""Make the networks, within the frameworks' environment; ``python -m benchmarks.frameworks`` calls it."""

import argparse
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch

from benchmarks.frameworks.recording import Recording, write

FRAMEWORKS = ("snntorch", "spikingjelly", "norse", "sinabs")


def main() -> None:
    """Write every network, or those whose names hold one of the given words."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frameworks.record", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD", help="networks whose names hold a word")
    parser.add_argument("--train", type=Path, metavar="DIR", help="train three on MNIST, in DIR/mnist, instead")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # the frameworks' own
    torch.manual_seed(0)
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, make in nets(options.train).items():
        if any(word in name for word in options.only):
            print(write(options.out, name, make()), flush=True)


def nets(mnist: Path | None) -> dict[str, Callable[[], Recording]]:
    """All networks by name: small ones with drawn weights, or trained ones."""
    if mnist is not None:
        return import_module("benchmarks.frameworks.trained").nets(mnist)
    modules = (import_module(f"benchmarks.frameworks.nets_{framework}") for framework in FRAMEWORKS)
    return {name: make for module in modules for name, make in module.NETS.items()}


if __name__ == "__main__":
    main()
