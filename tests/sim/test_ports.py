import pytest
from amaranth.hdl import Module, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.errors import InputError
from sim.fast import compile_component
from sim.ports import Ports
from tests.sim.toys import Accumulator

BUS = wiring.Signature({"request": Out(stream.Signature(4)), "reply": In(stream.Signature(signed(6))), "busy": In(1)})


class Nested(wiring.Component):
    """Arrays of members and nested interfaces, both ways round."""

    client: Out(BUS)
    server: In(BUS)
    pair: In(stream.Signature(3)).array(2)
    level: In(signed(5), init=-2)
    seen: Out(data.StructLayout({"x": 8, "valid": 1}))
    loose: Out(data.StructLayout({"x": 8, "valid": 2}))

    def elaborate(self, platform):
        m = Module()
        m.d.comb += [
            self.client.request.valid.eq(self.pair[1].valid),
            self.client.request.payload.eq(self.pair[1].payload + self.level),
            self.pair[1].ready.eq(self.client.request.ready),
        ]
        return m


def test_nested_members_are_found():
    core = compile_component(Nested())
    streams = {port.name: (port.width, port.is_input) for port in core.ports.streams}
    assert streams == {
        "client__request": (4, False),
        "client__reply": (6, True),
        "server__request": (4, True),
        "server__reply": (6, False),
        "pair__0": (3, True),
        "pair__1": (3, True),
    }
    assert [(port.name, port.init) for port in core.ports.inputs] == [("client__busy", 0), ("level", 30)]
    assert [(port.name, port.valid_offset) for port in core.ports.probes] == [("seen", 8)]
    assert [port.name for port in core.ports.outputs] == ["server__busy", "loose"]
    result = core.run({"pair__1": [5, 7]}, expected={"client__request": 2}, cycle_budget=9)
    assert result.outputs["client__request"].tolist() == [3, 5]


def test_description_travels_as_json():
    component = Accumulator()
    component._MustUse__silence = True
    ports = Ports.of(component)
    assert Ports.from_json(ports.to_json()) == ports and ports.shapes["probe"] == component.probe.shape()


@pytest.mark.parametrize(
    "signature, message",
    [
        (stream.Signature(4, always_ready=True), "stream i is always_ready or always_valid"),
        (stream.Signature(0), "port i has no bits"),
    ],
)
def test_ports_that_cannot_be_driven_are_refused(signature, message):
    component = wiring.Component({"i": In(signature)})
    component._MustUse__silence = True
    with pytest.raises(InputError, match=message):
        Ports.of(component)
