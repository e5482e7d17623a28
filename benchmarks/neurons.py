"""What the features of a neuron cost in gates: one lane that leaks, integrates, fires and resets, on a device.

    python -m benchmarks.neurons [--target ecp5-25k] [--membrane-width 24]

A lane is combinational: the state goes in, with the sum of a step, and comes out. A second state costs its bits in the
memory of states besides. Prints a Markdown table.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from amaranth.back import verilog
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from benchmarks.command import command
from golden.config import LayerConfig, NetworkConfig, NeuronConfig, ResolvedLayer, SynapticConfig
from intsnn_hw.api.progress import progress
from intsnn_hw.fpga.resources import count
from intsnn_hw.fpga.targets import target
from intsnn_hw.fpga.yosys import synthesise
from intsnn_hw.rtl.inference.group_fire import GroupFire
from intsnn_hw.rtl.inference.group_integrate import GroupIntegrate
from intsnn_hw.rtl.layouts import spikes_layout, states_layout, sums_layout
from sim.compiler import cache_folder


class Lane(wiring.Component):
    """A neuron from one step to the next; `fresh`, `empty` and `first` as of its two halves."""

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        states = states_layout(layer)
        super().__init__(
            {
                "i": In(states), "fresh": In(1), "empty": In(1), "sums": In(sums_layout(layer)),
                "spikes": Out(spikes_layout(layer)), "o": Out(states),
            }
        )  # fmt: skip

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.integrate = integrate = GroupIntegrate(self._layer)
        m.submodules.fire = fire = GroupFire(self._layer)
        m.d.comb += [
            integrate.i.eq(self.i), integrate.fresh.eq(self.fresh), integrate.empty.eq(self.empty),
            integrate.sums.eq(self.sums), fire.i.eq(integrate.o), self.o.eq(fire.o), self.spikes.eq(fire.spikes),
        ]  # fmt: skip
        return m


def lane(neuron: NeuronConfig) -> Lane:
    """Return a lane of neurons that are fed by 128 inputs of one bit."""
    layers = (LayerConfig(size=1, neuron=neuron), LayerConfig(size=2))
    return Lane(NetworkConfig(n_inputs=128, n_steps=2, layers=layers).resolved[0])


def variants(width: int) -> Iterator[tuple[str, NeuronConfig]]:
    """Yield the neurons of the table; each is the first with one thing more."""
    base: dict[str, Any] = {"membrane_width": width, "spike_width": 1, "threshold_shift": width // 2}
    factor, theta = round(0.9 * 2**16), round(0.7 * 2 ** (width - 4))
    yield "no leak, threshold 2^k", NeuronConfig(**base)
    yield "leak by shift", NeuronConfig(**base, leak_shift=4)
    yield "leak by a factor of 8 fraction bits", NeuronConfig(**base, leak_factor=round(0.9 * 2**8), leak_frac=8)
    yield "leak by a factor of 16", NeuronConfig(**base, leak_factor=factor, leak_frac=16)
    yield "leak by a factor of 24", NeuronConfig(**base, leak_factor=round(0.9 * 2**24), leak_frac=24)
    yield "threshold, any integer", NeuronConfig(**base, threshold=theta)
    yield "threshold 2^k + 1 (`>` in place of `>=`)", NeuronConfig(**base, threshold=2 ** (width // 2) + 1)
    yield "reset amount", NeuronConfig(**base, reset_amount=theta)
    yield "guard bits, 4", NeuronConfig(**base, current_shift=4)
    yield "initial membrane", NeuronConfig(**base, initial=-theta)
    synaptic = SynapticConfig(width=width, leak_factor=factor, leak_frac=16)
    yield "synaptic current, leak by shift", NeuronConfig(**base, synaptic=SynapticConfig(width=width, leak_shift=4))
    yield "synaptic current, leak by a factor of 16", NeuronConfig(**base, synaptic=synaptic)


@command
def main(arguments: list[str] | None = None) -> None:
    """Synthesize each and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.neurons", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", default="ecp5-25k", help="device (default ecp5-25k)")
    parser.add_argument("--membrane-width", type=int, default=24, help="bits of a membrane (default 24)")
    options = parser.parse_args(arguments)
    family, cache = target(options.target).family, cache_folder()
    found = []
    neurons = dict(variants(options.membrane_width))
    with progress("synthesis", len(neurons), "lanes") as advance:
        for name, neuron in neurons.items():
            text = verilog.convert(lane(neuron), name="lane", emit_src=False)
            state = sum(neuron.state_widths.values())
            found.append((name, count(synthesise(text, family, top="lane", cache=cache), family).lut, state))
            advance(1)
    print("| neuron | LUT | more than the first | bits of state |\n|---|---|---|---|")
    for name, lut, state in found:
        print(f"| {name} | {lut:,} | {lut - found[0][1]:+,} | {state} |")


if __name__ == "__main__":
    sys.exit(main())
