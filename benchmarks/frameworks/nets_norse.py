# pyright: reportMissingImports=false
"""Networks of Norse."""

from collections.abc import Callable
from typing import Any

import norse.torch as norse
import torch
from norse.torch.functional.iaf import IAFParameters
from norse.torch.functional.leaky_integrator_box import LIBoxParameters
from norse.torch.functional.lif import LIFParameters
from norse.torch.functional.lif_box import LIFBoxParameters
from norse.torch.module.iaf import IAFCell
from norse.torch.module.leaky_integrator_box import LIBoxCell
from norse.torch.module.lif_box import LIFBoxCell
from norse.torch.utils.export_nir import to_nir
from torch import Tensor, nn

from benchmarks.frameworks.recording import (
    Recording,
    calibrate,
    give_shapes,
    linear_maps,
    run,
    spikes,
    weights,
)

SAMPLES, STEPS = 24, 16
SPIKING = (LIFBoxCell, IAFCell, norse.LIFCell)


def record(
    net: nn.Module, shape: tuple[int, ...], seed: int, sizes: dict[str, tuple[int, ...]] | None = None
) -> Recording:
    """Draw weights, run, export."""
    weights(net, seed)
    x = spikes(seed, STEPS, SAMPLES, shape)
    neurons = {name: module for name, module in net.named_children() if isinstance(module, SPIKING)}

    def again() -> tuple[dict[str, Tensor], Tensor]:
        state: Any = None

        def step(x_t: Tensor) -> Tensor:
            nonlocal state
            output, state = net(x_t, state)
            return output

        return run(step, neurons, x)

    pairs = list(zip(linear_maps(net), neurons, strict=False))
    calibrate(lambda: again()[0], pairs)
    layers, output = again()
    graph = to_nir(net, torch.zeros(1, *shape))
    give_shapes(graph, sizes or {})
    return Recording(graph=graph, dialect="norse", input=x, layers=layers, output=output)


def box() -> Recording:
    """LIF without a synaptic current, and a readout that does not spike."""
    net = norse.SequentialState(
        nn.Linear(16, 20), LIFBoxCell(LIFBoxParameters(tau_mem_inv=torch.tensor(200.0))),
        nn.Linear(20, 12), LIFBoxCell(), nn.Linear(12, 4), LIBoxCell(LIBoxParameters()),
    )  # fmt: skip
    return record(net, (16,), 21)


def box_leak() -> Recording:
    """LIF that rests above its reset, with a number for each neuron."""
    hidden = LIFBoxParameters(
        tau_mem_inv=torch.linspace(80.0, 300.0, 20), v_leak=torch.full((20,), 0.2), v_th=torch.linspace(0.8, 1.2, 20)
    )
    net = norse.SequentialState(
        nn.Linear(16, 20, bias=False), LIFBoxCell(hidden), nn.Linear(20, 6), LIFBoxCell(LIFBoxParameters())
    )
    return record(net, (16,), 22)


def cuba() -> Recording:
    """LIF with a synaptic current."""
    net = norse.SequentialState(
        nn.Linear(16, 20), norse.LIFCell(LIFParameters()), nn.Linear(20, 6), norse.LIFCell(LIFParameters())
    )
    return record(net, (16,), 23)


def conv_if() -> Recording:
    """IF and LIF behind convolutions; a Flatten is what the exporter cannot write."""
    net = norse.SequentialState(
        nn.Conv2d(1, 3, 3, stride=2), IAFCell(IAFParameters()),
        nn.Conv2d(3, 4, 2), LIFBoxCell(LIFBoxParameters(tau_mem_inv=torch.tensor(250.0))),
        nn.Conv2d(4, 5, 2), IAFCell(IAFParameters(v_th=torch.tensor(1.5))),
    )  # fmt: skip
    return record(net, (1, 8, 8), 24, {"0": (8, 8), "2": (3, 3), "4": (2, 2)})


NETS: dict[str, Callable[[], Recording]] = {
    "norse-box": box,
    "norse-box-leak": box_leak,
    "norse-cuba": cuba,
    "norse-conv-if": conv_if,
}
