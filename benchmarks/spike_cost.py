"""What a spike costs by its bits, counted and from gates, against the assumption that it costs the same.

    python -m benchmarks.spike_cost [--bits N ...] [--samples N] [--lanes N] [--coefficients FILE]

The first layer of 784-64-10 with trained weights runs MNIST images whose events are the same at every spike width n:
the pixels of which the upper 4 bits are not 0. Only the spike's grading differs: the upper n bits of the pixel, at
least 1.
All figures are of that layer. Prints two Markdown tables:

  operations   the energy of a synaptic operation by the table of coefficients, and of a spike, which is 64 of them
  gates        a lane (product and addition): its LUTs on two families, its two-input gates, the flips of their outputs
               on the layer's real sequence of weights, spikes and sums, and the bit flips of all of the layer's nets in
               the compiled core

Synthesis is kept in the cache of `intsnn synth`.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Module, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from benchmarks.command import command
from golden.config import NetworkConfig, ResolvedLayer
from golden.encoding import Events, to_events
from golden.errors import InputError
from golden.kernels import Kernel
from golden.network import LearningNetwork, Network
from golden.presets import preset
from intsnn_hw.api.progress import status
from intsnn_hw.cache import Cache
from intsnn_hw.emit.verilog import MODULE, emit
from intsnn_hw.energy.coefficients import DEFAULT, Coefficients
from intsnn_hw.energy.operations import synaptic_operation_pj
from intsnn_hw.fpga import tools
from intsnn_hw.fpga.report import make_report
from intsnn_hw.fpga.targets import target
from intsnn_hw.rtl.arith import multiply
from sim.compiler import cache_folder
from sim.verify.inference import RtlNetwork
from train.data import load
from train.online import sample_order

BITS = (1, 2, 4, 8)
EPOCHS = 3
TARGETS = ("ice40up5k", "xc7")
_GATES = f"read_verilog source.v; synth -flatten -top {MODULE}; write_json gates.json"
_LOGIC = {
    "$_NOT_": lambda a: ~a,
    "$_AND_": lambda a, b: a & b,
    "$_NAND_": lambda a, b: ~(a & b),
    "$_OR_": lambda a, b: a | b,
    "$_NOR_": lambda a, b: ~(a | b),
    "$_XOR_": lambda a, b: a ^ b,
    "$_XNOR_": lambda a, b: ~(a ^ b),
    "$_ANDNOT_": lambda a, b: a & ~b,
    "$_ORNOT_": lambda a, b: a | ~b,
    "$_MUX_": lambda a, b, s: np.where(s, b, a),
}


class Lane(wiring.Component):
    """A lane of :class:`intsnn_hw.rtl.inference.synapse.SynapseArray` without its registers."""

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        super().__init__(
            {
                "weight": In(signed(layer.weight_width)),
                "spike": In(layer.input_spike_width),
                "previous": In(signed(layer.current_width)),
                "sum": Out(signed(layer.current_width)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.sum.eq(self.previous + multiply(self.weight, self.spike, shift_add=True))
        return m


@dataclass(frozen=True, kw_only=True)
class Row:
    """Figures of a spike width; of a synaptic operation unless a spike is named, energies in pJ."""

    bits: int
    sum_width: int
    events: float
    operation_pj: float
    logic_pj: float
    luts: tuple[int, ...]
    gates: int
    gate_flips: float
    layer_flips: float
    register_flips: float


def configuration(bits: int, lanes: int) -> NetworkConfig:
    """Return 784-64-10 with spikes of so many bits at input and hidden neurons."""
    base = replace(preset("mnist-64", lanes=lanes, n_steps=1), learning=None)
    neuron = replace(base.layers[0].neuron, spike_width=bits, membrane_width=20, threshold_shift=8)
    layers = tuple(replace(layer, neuron=neuron) for layer in base.layers)
    return replace(base, encoding=replace(base.encoding, spike_width=bits), layers=layers)


def trained_weights(dataset: Any) -> list[np.ndarray]:
    """Return the inference weights of 784-64-10 after a few epochs."""
    config = preset("mnist-64")
    assert config.learning is not None
    learner = Kernel(LearningNetwork.initial(config))
    events = dataset.events("train", config.encoding, config.n_steps)
    for epoch in range(EPOCHS):
        order = sample_order(len(dataset.train_y), config.learning.seed, epoch)
        learner.learn(events, dataset.train_y, order, config.learning.rate_boost(epoch))
    return learner.network().weights


def graded(pixels: np.ndarray, bits: int) -> Events:
    """Return the events of images: a pixel whose upper 4 bits are not 0 sends its upper `bits` bits, at least 1."""
    spikes = np.where(pixels >> 4, np.maximum(pixels >> (8 - bits), 1), 0)
    return to_events(spikes[:, None, :].astype(np.int64))


def lane_gates(lane: Lane, folder: Path) -> dict[str, Any]:
    """Synthesise a lane to two-input gates (and multiplexers); ports and cells as JSON values, bits as numbers."""
    verilog, versions = emit(lane), tools.require("yosys")

    def find() -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=folder) as work:
            Path(work, "source.v").write_text(verilog, encoding="utf-8")
            tools.run("yosys", ["-q", "-l", "log", "-p", _GATES], Path(work), folder)
            module = json.loads(Path(work, "gates.json").read_text(encoding="utf-8"))["modules"][MODULE]
        ports = {name: port["bits"] for name, port in module["ports"].items()}
        return {"ports": ports, "cells": [[cell["type"], cell["connections"]] for cell in module["cells"].values()]}

    return Cache(folder).answer({"verilog": verilog, "script": _GATES, "versions": versions}, find)


def gate_flips(gates: dict[str, Any], inputs: dict[str, np.ndarray], expected: np.ndarray) -> int:
    """Count the flips of all gates' outputs over a sequence of inputs, and see that the sum is what it should be."""
    length = len(expected)
    values: dict[Any, np.ndarray] = {"0": np.zeros(length, bool), "1": np.ones(length, bool)}
    for name, numbers in inputs.items():
        for at, bit in enumerate(gates["ports"][name]):
            values[bit] = (numbers >> at & 1).astype(bool)
    waiting, flips = list(gates["cells"]), 0
    while waiting:
        left = []
        for kind, connections in waiting:
            pins = [connections[pin][0] for pin in "ABS" if pin in connections]
            if any(pin not in values for pin in pins):
                left.append((kind, connections))
                continue
            output = values[connections["Y"][0]] = _LOGIC[kind](*(values[pin] for pin in pins))
            flips += int(np.count_nonzero(output[1:] != output[:-1]))
        assert len(left) < len(waiting), "gates form a loop"
        waiting = left
    bits = gates["ports"]["sum"]
    found = sum(values[bit].astype(np.int64) << at for at, bit in enumerate(bits))
    assert np.array_equal(found, expected & ((1 << len(bits)) - 1)), "the gates do not add up"
    return flips


def lane_sequences(layer: ResolvedLayer, weight: np.ndarray, events: Events) -> Any:
    """Yield for each lane what it sees in the order of the hardware: weight, spike, sum before; sum after."""
    offsets = np.asarray(events.offsets)
    sample = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    levels, addresses = np.asarray(events.levels, np.int64), np.asarray(events.addresses)
    padded = np.zeros((layer.n_words * layer.lanes, layer.n_in), np.int64)
    padded[: layer.n_out] = weight
    for lane in range(layer.lanes):
        weights = padded[lane :: layer.lanes, addresses].T  # (events, words)
        total = np.cumsum(weights * levels[:, None], axis=0)
        start = offsets[sample]
        before = np.where((start > 0)[:, None], total[start - 1], 0)
        after = total - before
        spikes = np.repeat(levels, layer.n_words)
        previous = after - weights * levels[:, None]
        yield {"weight": weights.ravel(), "spike": spikes, "previous": previous.ravel()}, after.ravel()


def measure(bits: int, lanes: int, weights: list[np.ndarray], pixels: np.ndarray, coefficients: Coefficients) -> Row:
    """Measure one spike width."""
    config = configuration(bits, lanes)
    layer, events, folder = config.resolved[0], graded(pixels, bits), cache_folder()
    lane = Lane(layer)
    luts = tuple(make_report(Lane(layer), target(name), folder=folder).resources.lut for name in TARGETS)
    gates = lane_gates(lane, folder)
    flips, n_operations = 0, 0
    for inputs, expected in lane_sequences(layer, weights[0], events):
        flips += gate_flips(gates, inputs, expected)
        n_operations += len(expected)
    result = RtlNetwork(Network(config=config, weights=weights), toggles=True).run(events)
    own = [entry for entry in result.toggles if f"{entry.net.module}.".startswith("layer0.synapses.")]
    n_events = len(events.levels)
    logic = coefficients.add_pj(layer.current_width) + coefficients.product_pj(bits, layer.weight_width)
    return Row(
        bits=bits,
        sum_width=layer.current_width,
        events=n_events / len(pixels),
        operation_pj=synaptic_operation_pj(config, 0, bits, coefficients),
        logic_pj=logic,
        luts=luts,
        gates=len(gates["cells"]),
        gate_flips=flips / n_operations,
        layer_flips=sum(entry.flips for entry in own) / n_events / layer.n_out,
        register_flips=sum(entry.flips for entry in own if entry.net.is_register) / n_events / layer.n_out,
    )


def markdown(rows: list[Row], n_out: int, coefficients: Coefficients) -> list[str]:
    """Return the lines of the two tables; ratios are to the first row."""
    first, pj = rows[0], coefficients.flip_pj
    lines = [
        "| n | bits of a sum | operation, pJ | of it add and product | spike, nJ | ratio, ETH 1 | a bit of a spike |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = row.operation_pj / first.operation_pj
        lines.append(
            f"| {row.bits} | {row.sum_width} | {row.operation_pj:.3f} | {row.logic_pj:.3f} "
            f"| {row.operation_pj * n_out / 1000:.3f} | {ratio:.2f} | {ratio * first.bits / row.bits:.2f} |"
        )
    names = ", ".join(TARGETS)
    lines += [
        "",
        f"| n | LUT of a lane: {names} | gates of a lane | their flips | ratio | layer's flips | of them registers "
        "| ratio, ETH 1 | fJ of the layer's flips |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        luts = ", ".join(map(str, row.luts))
        lines.append(
            f"| {row.bits} | {luts} | {row.gates} | {row.gate_flips:.1f} | {row.gate_flips / first.gate_flips:.2f} "
            f"| {row.layer_flips:.1f} | {row.register_flips:.1f} | {row.layer_flips / first.layer_flips:.2f} "
            f"| {row.layer_flips * pj * 1000:.0f} |"
        )
    return lines


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.spike_cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--bits", nargs="+", type=int, default=list(BITS), choices=range(1, 9), metavar="N")
    parser.add_argument("--samples", type=int, default=200, help="test images (default 200)")
    parser.add_argument("--lanes", type=int, default=16)
    parser.add_argument("--coefficients", type=Path, default=DEFAULT, help="table of coefficients")
    parser.add_argument("--data-dir", type=Path)
    args = parser.parse_args(arguments)
    coefficients = Coefficients.load(args.coefficients)
    dataset = load("mnist", args.data_dir)
    if args.samples < 1:
        raise InputError(f"--samples: must be at least 1, got {args.samples}")
    pixels = dataset.test_x[: args.samples].astype(np.int64)
    with status("training"):
        weights = trained_weights(dataset)
    rows = []
    for bits in args.bits:
        with status(f"{bits} bits"):
            rows.append(measure(bits, args.lanes, weights, pixels, coefficients))
    print(f"{rows[0].events:.1f} events an image at every n\n")
    print("\n".join(markdown(rows, configuration(1, args.lanes).resolved[0].n_out, coefficients)))


if __name__ == "__main__":
    sys.exit(main())
