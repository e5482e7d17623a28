"""Memory of a training step of a convolution, counted by part, and compared with BPTT of the same network.

    python -m benchmarks.convolution_memory [--presets P ...] [--data-dir DIR]

Counted from the configuration, without padding and control (benchmarks/online_bptt/memory.py says what); of two kinds
of BPTT measured in PyTorch as well.
"""

import argparse
import sys

import torch

from benchmarks.command import command
from benchmarks.online_bptt.memory import measured_memory, online_bits
from benchmarks.online_bptt.tables import markdown, memory_rows
from golden.config import learning_config
from golden.presets import preset
from golden.presets.convolutional import CONVOLUTIONS
from train.data import load


@command
def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.convolution_memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--presets", nargs="+", choices=CONVOLUTIONS, default=["mnist-conv-8-16"])
    parser.add_argument("--data-dir", help="folder of the data (default: environment variable INTSNN_DATA)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    dataset = load("mnist", options.data_dir)
    for name in options.presets:
        config = learning_config(preset(name))
        parts = [{"": part, "bits": bits} for part, bits in online_bits(config).items()]
        print(f"{name}, {config.topology}: the on-line rule by part\n\n{markdown(parts)}\n")
        print(f"memory of a training step, KiB\n\n{markdown(memory_rows(config, measured_memory(config, dataset)))}\n")


if __name__ == "__main__":
    sys.exit(main())
