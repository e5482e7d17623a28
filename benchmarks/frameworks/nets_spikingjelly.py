# pyright: reportMissingImports=false
"""Networks of SpikingJelly."""

from collections.abc import Callable

import torch
from spikingjelly.activation_based import functional, layer, neuron
from spikingjelly.activation_based.nir_exchange import export_to_nir
from torch import Tensor, nn

from benchmarks.frameworks.recording import Recording, calibrate, linear_maps, run, spikes, weights

SAMPLES, STEPS = 24, 12


def record(net: nn.Sequential, shape: tuple[int, ...], seed: int, grid: float | None = None) -> Recording:
    """Draw weights, run, export; with a `grid` weights are multiples of it, and membranes may meet the threshold."""
    weights(net, seed)
    x = spikes(seed, STEPS, SAMPLES, shape)
    neurons = {f"_{index}": module for index, module in enumerate(net) if isinstance(module, neuron.BaseNode)}

    def again() -> tuple[dict[str, Tensor], Tensor]:
        functional.reset_net(net)
        return run(net, neurons, x)

    calibrate(lambda: again()[0], list(zip(linear_maps(net), neurons, strict=True)))
    for linear in linear_maps(net) if grid is not None else []:
        linear.weight.data = (linear.weight.data / grid).round() * grid
    layers, output = again()
    functional.reset_net(net)
    graph = export_to_nir(net, torch.zeros(1, *shape))
    return Recording(graph=graph, dialect="spikingjelly", input=x, layers=layers, output=output)


def lif() -> Recording:
    """LIF that weighs its input by 1/tau."""
    net = nn.Sequential(
        layer.Linear(16, 20), neuron.LIFNode(tau=2.0), layer.Linear(20, 6), neuron.LIFNode(tau=3.0, v_threshold=0.8)
    )
    return record(net, (16,), 11)


def lif_reset() -> Recording:
    """LIF that takes its input as it is, and resets below zero."""
    net = nn.Sequential(
        layer.Linear(16, 20, bias=False), neuron.LIFNode(tau=4.0, decay_input=False, v_reset=-0.3),
        layer.Linear(20, 6), neuron.ParametricLIFNode(init_tau=2.5, decay_input=False, v_reset=0.2),
    )  # fmt: skip
    return record(net, (16,), 12)


def conv_if() -> Recording:
    """IF behind convolutions, average pooling, dense."""
    net = nn.Sequential(
        layer.Conv2d(2, 3, 3), neuron.IFNode(), layer.AvgPool2d(2),
        layer.Conv2d(3, 4, 3, padding=(2, 1), dilation=(2, 1)), neuron.IFNode(v_threshold=1.3),
        layer.Flatten(), layer.Linear(36, 5), neuron.IFNode(),
    )  # fmt: skip
    return record(net, (2, 8, 8), 13)


def if_exact() -> Recording:
    """IF whose membranes often equal the threshold, where this framework spikes and others do not."""
    net = nn.Sequential(
        layer.Linear(16, 20, bias=False), neuron.IFNode(),
        layer.Linear(20, 6, bias=False), neuron.IFNode(v_threshold=1.5),
    )  # fmt: skip
    return record(net, (16,), 16, grid=0.125)


def cuba() -> Recording:
    """CUBA neurons."""
    net = nn.Sequential(
        layer.Linear(16, 20), neuron.CUBALIFNode(c_decay=0.6, v_decay=0.8),
        layer.Linear(20, 6), neuron.CUBALIFNode(c_decay=0.4, v_decay=0.9),
    )  # fmt: skip
    return record(net, (16,), 14)


def conv1d() -> Recording:
    """Convolution in one dimension, pooling in front of a dense layer left out."""
    net = nn.Sequential(
        layer.Conv1d(3, 4, 3, stride=2, padding=1), neuron.LIFNode(tau=2.0),
        layer.Flatten(), layer.Linear(32, 5), neuron.LIFNode(tau=2.0),
    )  # fmt: skip
    return record(net, (3, 16), 15)


NETS: dict[str, Callable[[], Recording]] = {
    "spikingjelly-lif": lif,
    "spikingjelly-lif-reset": lif_reset,
    "spikingjelly-conv-if": conv_if,
    "spikingjelly-if-exact": if_exact,
    "spikingjelly-cuba": cuba,
    "spikingjelly-conv1d": conv1d,
}
