"""The manifest names every parameter of a load, in order."""

import json
from dataclasses import replace

from golden.presets import preset
from golden.weight_load import n_loaded
from intsnn_hw.emit.verilog import generate


def test_a_load_is_listed_parameter_by_parameter(tmp_path):
    config = preset("digits-64", hidden=(8,), lanes=4)
    config = replace(config, layers=tuple(replace(layer, bias="learned") for layer in config.layers))
    _, path, _, _ = generate(config, tmp_path)
    record = json.loads(path.read_text())
    listed = record["weight_load"]["parameters"]
    assert [(entry["layer"], entry["name"]) for entry in listed] == [
        (0, "weight"), (0, "bias"), (1, "weight"), (1, "bias")
    ]  # fmt: skip
    assert [entry["beats"] for entry in listed] == [64 * 8, 8, 8 * 10, 10]
    assert sum(entry["beats"] for entry in listed) == record["weight_load"]["beats"] == n_loaded(config)
    layer = config.resolved[0]
    assert [entry["width"] for entry in listed[:2]] == [layer.weights.stored_width, layer.bias.stored_width]
    assert record["memories"][0]["biases"] == {"depth": 2, "width": 4 * layer.bias.stored_width}
