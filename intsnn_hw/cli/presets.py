"""``intsnn presets``: the named configurations."""

from __future__ import annotations

import argparse
from typing import Any

from golden.errors import ConfigError
from golden.presets.variant import OPTIONS

from .options import add_variants, flag, given
from .output import columns, emit
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "presets",
        """\
Without NAME, list the presets with their layer sizes. With NAME, show that configuration in full; --toml prints it
as a file that --config reads back: the place to start from for a network of your own. All options of a preset and of
the hardware do so here as well.""",
        """\
intsnn presets
intsnn presets digits-64 --toml > mine.toml
intsnn presets fsdd-128r --hidden 64,64 --recurrence fixed --toml > mine.toml
intsnn train --config mine.toml --data digits --out mine.npz""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this preset")
    parser.add_argument("--toml", action="store_true", help="print the preset NAME as TOML")
    add_variants(parser, whole=True)


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    from golden.presets import PRESETS, preset
    from intsnn_hw.api.opening import preset as variant_of

    variants = given(args, OPTIONS)
    if args.toml and args.json:
        raise ConfigError("--toml: goes without --json; choose one")
    if args.name is None:
        for option in variants:
            raise ConfigError(f"{flag(option)}: changes a preset; give its NAME")
        if args.toml:
            raise ConfigError("--toml: give the NAME of a preset; 'intsnn presets' lists them")
        configs = {name: preset(name) for name in PRESETS}
        rows = [(name, config.topology, PRESETS[name]) for name, config in configs.items()]
        listed = [{"name": name, "topology": topology, "description": text} for name, topology, text in rows]
        emit(args, {"presets": listed}, columns(("preset", "topology", "description"), list(rows), text=3))
        return 0
    config = variant_of(args.name, **variants).config
    emit(args, {"name": args.name, "config": config.to_dict()}, config.to_toml().rstrip("\n"))
    return 0
