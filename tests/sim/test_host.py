"""The recipe of docs/host.md, by a host that knows nothing but the manifest."""

import json

import numpy as np
import pytest

from golden.encoding import to_events
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.weight_load import flat_weights
from intsnn_hw.emit.verilog import generate
from sim.ports import Plain, Ports, Stream
from sim.result import Stalls
from sim.verify import inference
from sim.verilog import VerilogCore
from tests.sim.verify.test_learning import samples, small_config

CONFIGS = {
    "feedback": small_config(schedule=(1, 2)),
    "direct-single-port": small_config(route="direct", weight_memory=("single_port",), schedule=(1, 2)),
    "every-step-three-layers": small_config(sizes=(9, 5, 4), timing="every_step", schedule=(1,)),
}


class Host:
    """Drives the Verilog in a folder by the manifest beside it."""

    def __init__(self, folder):
        self.manifest = json.loads((folder / "manifest.json").read_text())
        streams = tuple(
            Stream(name=name, width=entry["payload_width"], is_input=entry["direction"] == "in")
            for name, entry in self.manifest["streams"].items()
        )
        outputs = tuple(Plain(name=name, width=entry["width"]) for name, entry in self.manifest["ports"].items())
        ports = Ports(streams=streams, inputs=(), outputs=outputs, probes=())
        self._core = VerilogCore(folder / "intsnn.v", ports, top=self.manifest["module"], build_dir=folder)

    def beats(self, stream, **fields):
        """Return the payloads of a stream from the values of its fields, absent ones 0."""
        layout = {field["name"]: field for field in self.manifest["streams"][stream]["fields"]}
        beats = [0] * len(next(iter(fields.values())))
        for name, values in fields.items():
            width, offset = layout[name]["width"], layout[name]["offset"]
            beats = [beat | (int(v) & ((1 << width) - 1)) << offset for beat, v in zip(beats, values, strict=True)]
        return beats

    def field(self, stream, name, beats):
        """Return a field of the payloads of a stream."""
        field = next(field for field in self.manifest["streams"][stream]["fields"] if field["name"] == name)
        values = [int(beat) >> field["offset"] & ((1 << field["width"]) - 1) for beat in beats]
        wrap = 1 << field["width"]
        return np.array([v - wrap if field["signed"] and 2 * v >= wrap else v for v in values])

    def run(self, operations, events, expected, stalls, **streams):
        codes = self.manifest["learning"]["operations"]
        names, values = zip(*operations, strict=True)
        inputs = {"control": self.beats("control", operation=[codes[name] for name in names], value=values)}
        inputs |= {"i": self.beats("i", **inference.input_fields(events))} if events is not None else {}
        return self._core.run(inputs | streams, expected=expected, cycle_budget=200_000, stalls=stalls)


def boost_of(epoch, learning):
    return sum(start <= epoch for start in learning["schedule"])


@pytest.fixture(scope="module", params=CONFIGS)
def generated(request, tmp_path_factory):
    """A configuration and the host of its core."""
    config, folder = CONFIGS[request.param], tmp_path_factory.mktemp("core")
    generate(config, folder)
    return config, Host(folder)


@pytest.mark.parametrize("stalls", [None, Stalls(seed=3, gap=0.3, stall=0.3)], ids=["", "stalls"])
def test_a_host_trains_from_power_on_reads_the_weights_and_loads_others(generated, stalls):
    config, host = generated
    network = LearningNetwork.initial(config)
    learning, n_weights = host.manifest["learning"], host.manifest["weight_load"]["beats"]
    events, labels = samples(config, 24)
    order = np.concatenate([np.arange(12), np.arange(12)])
    operations = [("INITIALISE", 0)]
    for epoch in range(2):
        operations += [("SET_BOOST", boost_of(epoch, learning)), *(("LEARN", label) for label in labels[:12])]
    operations += [("READ_WEIGHTS", 0), *[("INFER", 0)] * 12]
    parts = events.select(np.concatenate([order, np.arange(12, 24)]))
    result = host.run(operations, parts, {"o": 36, "shadow": n_weights}, stalls)

    kernel = Kernel(network)
    for epoch in range(2):
        kernel.learn(events, labels, np.arange(12), boost_of(epoch, learning))
    trained = kernel.network()
    learned = flat_weights(trained)
    np.testing.assert_array_equal(host.field("shadow", "weight", result.outputs["shadow"]), learned)
    assert (learned != flat_weights(network)).any()
    classes = host.field("o", "label", result.outputs["o"])
    np.testing.assert_array_equal(classes[24:], Kernel(trained).infer(events.take(12, 24)).classes)

    first = (np.arange(n_weights) == 0).astype(int)
    load = host.beats("weights", weight=learned, first=first)
    operations = [("INFER", 0)] * 12
    result = host.run(operations, events.take(12, 24), {"o": 12, "shadow": 0}, stalls, weights=load)
    np.testing.assert_array_equal(host.field("o", "label", result.outputs["o"]), classes[24:])


def test_the_manifest_tells_the_memory_and_the_cycles_of_a_core_that_learns(generated):
    config, host = generated
    learning, loads = host.manifest["learning"], host.manifest["weight_load"]
    n_weights = loads["beats"]
    assert config.learning is not None
    assert learning["max_boost"] == config.learning.max_boost and loads["holds"] == "shadow weights"
    assert loads["weight_widths"] == [config.learning.shadow_width] * len(config.layers)
    kept = [{n: m["depth"] * m["width"] for n, m in entry.items() if isinstance(m, dict)}
            for entry in host.manifest["memories"]]  # fmt: skip
    network = host.manifest["network"]
    assert {"history", "places", "entries", "errors"} <= set(kept[0]) and {"errors"} <= set(kept[-1])
    assert network["weight_memory_bits"] == sum(entry["weights"] for entry in kept) == network["shadow_weight_bits"]
    assert network["state_memory_bits"] == sum(sum(entry.values()) - entry["weights"] for entry in kept)

    read = host.run([("INITIALISE", 0), ("READ_WEIGHTS", 0)], None, {"o": 0, "shadow": n_weights}, None)
    drawn, sent = read.input_cycles["control"]
    assert 0 <= drawn - learning["timing"]["initialise_cycles"] < 8
    assert 0 <= sent - drawn - learning["timing"]["read_cycles"] < 8
    dense = to_events(np.full((1, config.n_steps, config.n_inputs), 3))
    operations = [("INITIALISE", 0), ("LEARN", 0), ("SET_BOOST", 0)]
    done = host.run(operations, dense, {"o": 1, "shadow": 0}, None)
    bound, updates = learning["timing"]["update_cycles_at_most"], done.values["updated"]
    assert 0 < updates <= learning["timing"]["updates_per_sample_at_most"]
    assert bound / 3 < done.values["update_cycles"] / updates <= bound
