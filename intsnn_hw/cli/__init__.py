"""The commands of ``intsnn``: each module has ``add_parser(subparsers)`` and ``run(args) -> int``, the exit code."""

COMMANDS = (
    "demo", "data", "train", "export", "eval", "generate", "cosim", "synth", "energy", "explore", "describe", "presets",
    "bench",
)  # fmt: skip
"""In the order of the help."""
