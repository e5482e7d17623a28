"""The emitted Verilog and its manifest."""

import json
import re
from dataclasses import replace

import pytest

from golden.config import HardwareConfig, NetworkConfig
from golden.errors import ConfigError
from intsnn_hw.emit.describe import describe
from intsnn_hw.emit.verilog import VERILATOR_WAIVERS, emit, generate
from intsnn_hw.rtl.core import Core
from sim.verify import stimuli
from sim.verilog import lint_icarus, lint_verilator


def configs():
    corner = stimuli.corner_config(readout="spike_count")
    yield corner
    yield replace(corner, hardware=HardwareConfig(lanes=(1,), fire_lanes=(1,), banks=1))
    yield from (stimuli.network_config(stimuli.SeededChoices(seed)) for seed in (20, 21, 22))
    yield stimuli.network_config(stimuli.SeededChoices(23), learning=True)


@pytest.mark.parametrize("probe", [False, True])
@pytest.mark.parametrize("config", list(configs()), ids=lambda config: config.topology)
def test_verilog_is_clean(config, probe, tmp_path):
    network = stimuli.network(config)
    verilog, _, _, waivers = generate(config, tmp_path, contents=network if probe else None, probe=probe)
    assert lint_icarus([verilog]) == []
    assert lint_verilator([waivers, verilog], top="intsnn") == []


def test_waivers_are_all_needed_and_hide_nothing_else(tmp_path):
    verilog, _, _, waivers = generate(stimuli.corner_config(), tmp_path)
    lines = lint_verilator([verilog], top="intsnn")
    negations = [line for line in lines if "Logical operator LOGNOT expects 1 bit" in line]
    assert negations and all("%Warning-WIDTHTRUNC" in line for line in negations)
    others = "\n".join(line for line in lines if line not in negations)
    assert set(re.findall(r"%Warning-(\w+)", others)) == set(VERILATOR_WAIVERS)
    careless = "module careless(input [7:0] a, output [3:0] b);\n  assign b = a;\nendmodule\n"
    (tmp_path / "other.v").write_text(careless)
    for path in (verilog, tmp_path / "other.v"):
        path.write_text(verilog.read_text() + careless if path == verilog else careless)
        found = lint_verilator([waivers, path], top="careless")
        assert any("%Warning-WIDTHTRUNC" in line for line in found), path


def test_no_multiplier_unless_asked_for():
    config = stimuli.corner_config()
    operator = replace(config, hardware=HardwareConfig(lanes=(4,), multiplier="operator"))
    product = re.compile(r"= .* \* ")
    assert not product.search(emit(Core(config)))
    assert product.search(emit(Core(operator)))


def test_memories_are_read_synchronously():
    """A read port is a register: Yosys writes it as an assignment inside ``always @(posedge clk)``."""
    text = emit(Core(stimuli.corner_config()))
    names = set(re.findall(r"reg \[\d+:\d+\] (\w+) \[\d+:\d+\];", text))
    assert {"memory"} <= names
    for name in names - {"storage"}:  # the two-word queue of finished steps is made of registers
        reads = [line for line in text.splitlines() if re.search(rf"= {name}\[", line)]
        assert reads and not [line for line in reads if line.lstrip().startswith("assign")]


def weight_memory(text):
    """Return the module of the first layer's weight memory."""
    found = re.search(r"\nmodule \\?intsnn\.layer0\.synapses\.weights ?\(.*?endmodule", text, re.S)
    assert found
    return found[0]


@pytest.mark.parametrize("is_loaded", [False, True])
def test_a_weight_memory_has_no_zeros_as_content_and_a_single_port_one_address(is_loaded):
    """What tools ask of an SPRAM."""
    network = stimuli.network(stimuli.corner_config())
    for kind in ("dual_port", "single_port"):
        config = replace(network.config, hardware=HardwareConfig(lanes=(4,), weight_memory=(kind,)))
        text = weight_memory(emit(Core(config, network if is_loaded else None)))
        assert ("initial begin" in text) == is_loaded, "a load writes every word first"
        addresses = set(re.findall(r"memory\[([a-z]\w*)\]", text))
        assert len(addresses) == (1 if kind == "single_port" else 2), addresses


def test_manifest_describes_the_ports(tmp_path):
    config = stimuli.corner_config(readout="spike_count")
    verilog, path, toml, _ = generate(config, tmp_path, probe=True)
    manifest, text = json.loads(path.read_text()), verilog.read_text()
    header = re.search(r"module intsnn\((.*?)\);(.*?)endmodule", text, re.S)
    assert header
    ports = {name.strip() for name in header[1].split(",")}
    expected = {"clk", "rst", *manifest["ports"]}
    for name, entry in manifest["streams"].items():
        expected |= {f"{name}__payload", f"{name}__valid", f"{name}__ready"}
        declared = re.search(rf"(input|output) \[(\d+):0\] {name}__payload;", header[2])
        assert declared and int(declared[2]) + 1 == entry["payload_width"]
        assert declared[1].startswith(entry["direction"])
        assert sum(field["width"] for field in entry["fields"]) == entry["payload_width"]
    assert ports == expected
    assert NetworkConfig.from_toml(toml) == config
    depths = {(entry["weights"]["depth"], entry["weights"]["width"]) for entry in manifest["memories"]}
    for depth, width in depths:
        assert f"reg [{width - 1}:0] memory [{depth - 1}:0];" in text


def test_emission_is_deterministic(tmp_path):
    config = stimuli.corner_config()
    first, second = (generate(config, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_unwritable_folder_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        generate(stimuli.corner_config(), tmp_path / "file")
    assert "\n" not in str(caught.value)


def test_describe_predicts_what_is_derived():
    config = stimuli.corner_config()
    summary = describe(config)
    assert summary["n_synapses"] == 6 * 15 + 15 * 14 + 14 * 10
    assert summary["topology"] == "6-15-14-10"
    for entry, layer in zip(summary["layers"], config.resolved, strict=True):
        assert entry["current_width"] == layer.current_width
        assert entry["weight_memory_bits"] >= layer.n_in * layer.n_out * layer.weight_width
    assert json.loads(json.dumps(summary)) == summary
