"""One inference in the hardware, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.encoding import encode_events
from golden.fixed import IntArray
from golden.network import Network
from sim.verify.inference import RtlNetwork, input_fields


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One sample in the hardware; the entries of `populations` belong to the inputs and each hidden layer.

    Attributes
    ----------
    populations : list of (name, size, cycles, addresses, levels)
        The clock cycle, address and graded spike of each event.
    step_ends : list of int
        Cycle in which the last input event or marker of each step was taken.
    end : int
        Cycle in which the class came out.
    """

    populations: list[tuple[str, int, IntArray, IntArray, IntArray]]
    step_ends: list[int]
    end: int


def observe(network: Network, values: IntArray) -> Observed:
    """Run one sample, values of shape (n_inputs,), through the compiled hardware and list its events."""
    config = network.config
    events = encode_events(values[None], config.encoding, config.n_steps)
    rtl = RtlNetwork(network)
    result = rtl.run(events)
    fields, cycles = input_fields(events), result.input_cycles["i"]
    real = fields["spike"] > 0
    inputs = ("input", config.n_inputs, cycles[real], fields["address"][real], fields["spike"][real])
    populations: list[tuple[str, int, Any, Any, Any]] = [inputs]
    for layer in config.resolved[:-1]:
        probe = result.fields(f"probe{layer.index}")
        spikes = probe["spikes"].astype(np.int64).reshape(-1, layer.fire_lanes)
        row, lane = np.nonzero(spikes)
        addresses = probe["first"].astype(np.int64)[row] + lane
        times = result.probe_cycles[f"probe{layer.index}"][row]
        name = "hidden" if len(config.layers) == 2 else f"hidden {layer.index}"
        populations.append((name, layer.n_out, times, addresses, spikes[row, lane]))
    return Observed(
        populations=populations,
        step_ends=[int(cycle) for cycle in cycles[fields["end_of_step"] == 1]],
        end=int(result.output_cycles["o"][0]),
    )
