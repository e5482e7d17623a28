"""Emission of a core as Verilog with a manifest that tells another tool, or an engineer, how to connect it."""

import json
import os
import tempfile
from pathlib import Path

from amaranth.lib import wiring

from golden.config import NetworkConfig
from golden.errors import ConfigError
from intsnn_hw.rtl.core import Contents, Core
from intsnn_hw.rtl.memory import UNDEFINED_CONTENT

from .manifest import manifest
from .yosys import rtlil_of, run_yosys

MODULE = "intsnn"

VERILATOR_WAIVERS = ("UNUSEDSIGNAL", "WIDTHEXPAND", "PROCASSINIT", "CASEOVERLAP", "DECLFILENAME")
"""Warnings of Verilator that Yosys's way of writing Verilog causes; docs/architecture.md has the reason for each."""


def generate(
    config: NetworkConfig,
    folder: Path | str,
    *,
    contents: Contents | None = None,
    probe: bool = False,
) -> list[Path]:
    """Write ``intsnn.v``, ``manifest.json``, ``config.toml`` and ``intsnn.vlt`` into `folder`; return their paths.

    All files are made before the first is put in place, each by an atomic rename.

    Parameters
    ----------
    config : NetworkConfig
    folder : path
        Created when absent.
    contents : Network, optional
        Whose weights become initial memory content; of the same configuration.
    probe : bool
        Add the observation ports of :class:`Core`.

    Raises
    ------
    ConfigError
        Where the folder cannot be written.
    """
    core = Core(config, contents, probe=probe)
    record = manifest(core, config, module=MODULE, preloaded=core.preloaded)
    texts = {
        f"{MODULE}.v": emit(core),
        "manifest.json": json.dumps(record, indent=2) + "\n",
        "config.toml": config.to_toml(),
        f"{MODULE}.vlt": verilator_waivers(),
    }
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as staging:
            for name, text in texts.items():
                Path(staging, name).write_text(text, encoding="utf-8")
            for name in texts:
                os.replace(Path(staging, name), folder / name)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written ({error.strerror}); choose another output folder") from error
    return [folder / name for name in texts]


def verilator_waivers(name: str = MODULE) -> str:
    """Return the configuration file with which Verilator's lint of ``<name>.v`` is clean.

    ``verilator --lint-only -Wall intsnn.vlt intsnn.v``; a truncation is waived only where a vector is negated.
    """
    rules = [f'-rule {rule} -file "*{name}.v"' for rule in VERILATOR_WAIVERS]
    rules.append(f'-rule WIDTHTRUNC -file "*{name}.v" -match "Logical operator LOGNOT expects 1 bit*"')
    return "`verilator_config\n" + "".join(f"lint_off {rule}\n" for rule in rules)


def emit(component: wiring.Component, name: str = MODULE) -> str:
    """Return a component as Verilog text, the same on every machine."""
    return verilog_of(rtlil_of(component, name))


def verilog_of(rtlil: str) -> str:
    """Return a component's RTLIL as Verilog.

    Unlike :func:`amaranth.back.verilog.convert` combinational logic becomes continuous assignments: an ``always @*``
    whose inputs keep their initial values is never evaluated by an event-driven simulator and stays undefined.
    """
    attributes = "-remove generator -remove top -remove src -remove amaranth.hierarchy -remove amaranth.decoding "
    attributes += f"-remove {UNDEFINED_CONTENT}"
    return run_yosys(
        rtlil,
        f"delete a:{UNDEFINED_CONTENT} %m t:$meminit_v2 %i",
        "proc -norom",
        "opt_expr",
        "memory_collect",
        f"attrmap {attributes}",
        f"attrmap -modattr {attributes}",
        "write_verilog",
    )
