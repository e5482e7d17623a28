"""The commands of ``intsnn``: each module has ``add_parser(subparsers)`` and ``run(args) -> int``, the exit code."""

COMMANDS = {
    "demo": "all of it on handwritten digits: train, emit Verilog, prove it equal",
    "data": "list the data sets, or make events of recordings",
    "train": "train a network and write its checkpoint",
    "import": "make an integer network of one that another framework trained, from NIR",
    "export": "make an integer network of one trained by surrogate gradients",
    "eval": "accuracy, confusion matrix and activity of a trained network",
    "generate": "write the Verilog of a network, with a manifest of its ports",
    "cosim": "run the hardware on data and compare it with the model, value by value",
    "synth": "LUTs, memory blocks and clock of a core on an FPGA",
    "energy": "energy of an inference and of a training sample",
    "explore": "train and synthesise many variants of a network, and show which are worth building",
    "describe": "sizes, widths, memory bits and predicted cycles of a network",
    "presets": "list the named configurations, or show one as TOML",
    "bench": "measure training, inference and simulation speed on this machine",
}
"""Each with the line that the help has of it, in the order there."""

MODULES = {"import": "import_"}
"""Modules of another name than their command: a word of Python."""
