# pyright: reportMissingImports=false
"""Networks of snnTorch."""

from collections.abc import Callable
from typing import Any

import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir
from torch import Tensor, nn

from benchmarks.frameworks.recording import Recording, calibrate, run, spikes, weights

SAMPLES, STEPS = 24, 12


def full(value: float, *shape: int) -> Tensor:
    """One number for each neuron: the exporter takes nothing else."""
    return torch.full(shape, value)


def spread(low: float, high: float, *shape: int) -> Tensor:
    """Another number for each neuron."""
    return torch.linspace(low, high, torch.Size(shape).numel()).reshape(shape)


def record(
    net: nn.Sequential, shape: tuple[int, ...], seed: int, dialect: str = "snntorch", *, is_positive: bool = False
) -> Recording:
    """Draw weights, run, export."""
    weights(net, seed)
    if is_positive:
        for module in maps(net):
            module.weight.data.abs_()
    x = spikes(seed, STEPS, SAMPLES, shape)
    spiking = [(index, module) for index, module in enumerate(net) if isinstance(module, snn.SpikingNeuron)]
    neurons: dict[str, Any] = {name(index, module): module for index, module in spiking}

    def again() -> tuple[dict[str, Tensor], Tensor]:
        for module in neurons.values():
            module.reset_mem()
        return run(net, neurons, x)

    pairs = [(linear, key) for linear, key in zip(maps(net), neurons, strict=True)]
    calibrate(lambda: again()[0], pairs, *((0.05, 0.1) if is_positive else (0.12, 0.3)))
    layers, output = again()
    for module in neurons.values():
        module.reset_mem()
    with torch.no_grad():
        net(torch.zeros(1, *shape))
        sample = torch.rand(*shape) if len(shape) == 1 else torch.rand(1, *shape)
        graph = export_to_nir(net, sample, ignore_dims=[] if len(shape) == 1 else [0])
    return Recording(graph=graph, dialect=dialect, input=x, layers=layers, output=output)


def maps(net: nn.Sequential) -> list[Any]:
    """The linear maps in front of the neurons, recurrent ones left out."""
    return [module for module in net if isinstance(module, nn.Linear | nn.Conv2d)]


def name(index: int, module: nn.Module) -> str:
    """The neurons' name in the graph."""
    return f"{index}.lif" if isinstance(module, snn.RLeaky | snn.RSynaptic) else str(index)


def leaky() -> Recording:
    """Leaky as it comes: theta is subtracted a step later."""
    hidden = snn.Leaky(beta=full(0.9, 20), threshold=full(1.0, 20), init_hidden=True)
    last = snn.Leaky(beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True, output=True)
    return record(nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last), (16,), 1)


def leaky_vectors() -> Recording:
    """A decay and a threshold for each neuron, no bias."""
    hidden = snn.Leaky(beta=spread(0.5, 0.97, 20), threshold=spread(0.7, 1.4, 20), init_hidden=True)
    last = snn.Leaky(beta=spread(0.6, 0.95, 6), threshold=spread(0.8, 1.2, 6), init_hidden=True)
    return record(nn.Sequential(nn.Linear(16, 20, bias=False), hidden, nn.Linear(20, 6, bias=False), last), (16,), 2)


def leaky_zero() -> Recording:
    """Reset to zero, which is what NIR says."""
    hidden = snn.Leaky(beta=full(0.9, 20), threshold=full(1.0, 20), init_hidden=True, reset_mechanism="zero")
    last = snn.Leaky(beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True, reset_mechanism="zero")
    return record(nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last), (16,), 3, "nir")


def leaky_now() -> Recording:
    """Theta is subtracted in the step of the spike.

    Weights are positive and so small that no membrane reaches 2 theta: snnTorch subtracts what is left above theta
    again before it compares, which no file and no dialect says.
    """
    hidden = snn.Leaky(beta=full(0.9, 20), threshold=full(1.0, 20), init_hidden=True, reset_delay=False)
    last = snn.Leaky(beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True, reset_delay=False)
    dialect = "snntorch --reset subtract"
    net = nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last)
    return record(net, (16,), 4, dialect, is_positive=True)


def synaptic() -> Recording:
    """A synaptic current in front of the membrane."""
    hidden = snn.Synaptic(alpha=full(0.7, 20), beta=full(0.9, 20), threshold=full(1.0, 20), init_hidden=True)
    last = snn.Synaptic(alpha=full(0.6, 6), beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True)
    return record(nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last), (16,), 5)


def rleaky() -> Recording:
    """Recurrent, all to all, with a bias of its own."""
    options = {"threshold": full(1.0, 20), "init_hidden": True, "linear_features": 20}
    hidden = snn.RLeaky(beta=full(0.9, 20), **options)
    last = snn.Leaky(beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True)
    return record(nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last), (16,), 6)


def rleaky_one() -> Recording:
    """Recurrent, each neuron to itself."""
    hidden = snn.RLeaky(
        beta=full(0.9, 20), V=spread(-0.5, 0.4, 20), threshold=full(1.0, 20), init_hidden=True, all_to_all=False
    )
    last = snn.Leaky(beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True)
    return record(nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last), (16,), 7)


def rsynaptic() -> Recording:
    """Recurrent, with a synaptic current."""
    options = {"threshold": full(1.0, 20), "init_hidden": True, "linear_features": 20}
    hidden = snn.RSynaptic(alpha=full(0.6, 20), beta=full(0.85, 20), **options)
    last = snn.Synaptic(alpha=full(0.5, 6), beta=full(0.8, 6), threshold=full(1.0, 6), init_hidden=True)
    return record(nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last), (16,), 8)


def conv() -> Recording:
    """Convolutions with stride and padding, average pooling, dense behind them."""
    first = snn.Leaky(beta=full(0.9, 3, 8, 8), threshold=full(1.0, 3, 8, 8), init_hidden=True)
    second = snn.Leaky(beta=full(0.8, 4, 2, 2), threshold=full(1.0, 4, 2, 2), init_hidden=True)
    last = snn.Leaky(beta=full(0.8, 5), threshold=full(1.0, 5), init_hidden=True)
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1, bias=False), first, nn.AvgPool2d(2), nn.Conv2d(3, 4, 3, stride=2, padding=1),
        second, nn.Flatten(), nn.Linear(16, 5), last,
    )  # fmt: skip
    return record(net, (2, 8, 8), 9)


NETS: dict[str, Callable[[], Recording]] = {
    "snntorch-leaky": leaky,
    "snntorch-leaky-vectors": leaky_vectors,
    "snntorch-leaky-zero": leaky_zero,
    "snntorch-leaky-now": leaky_now,
    "snntorch-synaptic": synaptic,
    "snntorch-rleaky": rleaky,
    "snntorch-rleaky-one": rleaky_one,
    "snntorch-rsynaptic": rsynaptic,
    "snntorch-conv": conv,
}
