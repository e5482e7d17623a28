# pyright: reportMissingImports=false
"""Three networks trained on MNIST in their frameworks, images as Bernoulli spikes."""

import gzip
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import norse.torch as norse
import numpy as np
import snntorch as snn
import torch
from norse.torch.functional.lif_box import LIFBoxParameters
from norse.torch.module.lif_box import LIFBoxCell
from norse.torch.utils.export_nir import to_nir
from snntorch.export_nir import export_to_nir
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from spikingjelly.activation_based.nir_exchange import export_to_nir as export_spikingjelly
from torch import Tensor, nn

from benchmarks.frameworks.nets_snntorch import full
from benchmarks.frameworks.recording import Recording, run

STEPS, SAMPLES, BATCH, TRAINED = 10, 64, 64, 20_000

Run = Callable[[Tensor], Tensor]


def nets(data: Path) -> dict[str, Callable[[], Recording]]:
    """The networks by name; images from the IDX files in ``data/mnist``."""
    return {
        "mnist-snntorch": partial(snntorch_dense, data),
        "mnist-spikingjelly-conv": partial(spikingjelly_conv, data),
        "mnist-norse": partial(norse_dense, data),
    }


def images(data: Path, part: str) -> tuple[Tensor, Tensor]:
    """Pixels (n, 28, 28) of 0..1 and labels."""
    with gzip.open(data / "mnist" / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(data / "mnist" / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return torch.tensor(pixels / 255, dtype=torch.float32), torch.tensor(labels.astype(np.int64))


def bernoulli(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Spikes (T, B, ...) at the rate of each pixel."""
    return (torch.rand((STEPS, *pixels.shape), generator=generator) < pixels).float()


def train(net: nn.Module, forward: Run, data: Path, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """One epoch on the spike counts of the last layer; returns spikes (T, B, ...) and labels of test samples."""
    generator = torch.Generator().manual_seed(1)
    pixels, labels = images(data, "train")
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    for rows in torch.randperm(len(pixels), generator=generator)[:TRAINED].split(BATCH):
        x = bernoulli(pixels[rows].reshape(-1, *shape), generator)
        loss = nn.functional.cross_entropy(forward(x).sum(0), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    pixels, labels = images(data, "t10k")
    x = bernoulli(pixels[:1000].reshape(-1, *shape), generator)
    with torch.no_grad():
        correct = (forward(x).sum(0).argmax(1) == labels[:1000]).float().mean().item()
    print(f"{type(net).__name__}: {100 * correct:.1f} % of 1,000 test images")
    return x[:, :SAMPLES], labels[:SAMPLES]


def record(
    graph: Callable[[], Any],
    dialect: str,
    again: Callable[[Tensor], tuple[dict[str, Tensor], Tensor]],
    tested: tuple[Tensor, Tensor],
) -> Recording:
    """Run the test samples through a trained network and export it."""
    x, labels = tested
    layers, output = again(x)
    return Recording(graph=graph(), dialect=dialect, input=x, layers=layers, output=output, extra={"labels": labels})


def snntorch_dense(data: Path) -> Recording:
    """784-128-10, Leaky."""
    hidden = snn.Leaky(beta=full(0.9, 128), threshold=full(1.0, 128), init_hidden=True)
    last = snn.Leaky(beta=full(0.9, 10), threshold=full(1.0, 10), init_hidden=True)
    net = nn.Sequential(nn.Linear(784, 128), hidden, nn.Linear(128, 10), last)

    def start() -> None:
        for module in (hidden, last):
            module.mem = torch.zeros(0)

    def forward(x: Tensor) -> Tensor:
        start()
        return torch.stack([net(x_t) for x_t in x])

    tested = train(net, forward, data, (784,))

    def again(x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        start()
        return run(net, {"1": hidden, "3": last}, x)

    def graph() -> Any:
        start()
        return export_to_nir(net, torch.rand(784))

    return record(graph, "snntorch", again, tested)


def spikingjelly_conv(data: Path) -> Recording:
    """A convolution, average pooling, another one, dense."""
    options = {"surrogate_function": surrogate.ATan(), "detach_reset": True}
    net = nn.Sequential(
        layer.Conv2d(1, 8, 3, stride=2, padding=1), neuron.LIFNode(tau=2.0, **options), layer.AvgPool2d(2),
        layer.Conv2d(8, 16, 3, padding=1), neuron.LIFNode(tau=2.0, **options),
        layer.Flatten(), layer.Linear(784, 10), neuron.LIFNode(tau=2.0, **options),
    )  # fmt: skip

    def forward(x: Tensor) -> Tensor:
        functional.reset_net(net)
        return torch.stack([net(x_t) for x_t in x])

    tested = train(net, forward, data, (1, 28, 28))

    def again(x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        functional.reset_net(net)
        return run(net, {f"_{index}": net[index] for index in (1, 4, 7)}, x)

    def graph() -> Any:
        functional.reset_net(net)
        return export_spikingjelly(net, torch.zeros(1, 1, 28, 28))

    return record(graph, "spikingjelly", again, tested)


def norse_dense(data: Path) -> Recording:
    """784-128-10, LIF without a synaptic current."""
    hidden, last = (LIFBoxCell(LIFBoxParameters(tau_mem_inv=torch.tensor(200.0))) for _ in range(2))
    net = norse.SequentialState(nn.Linear(784, 128), hidden, nn.Linear(128, 10), last)
    for linear in (net[0], net[2]):
        linear.weight.data *= 4  # inputs weigh dt tau_inv = 0.2

    def forward(x: Tensor) -> Tensor:
        state, outputs = None, []
        for x_t in x:
            output, state = net(x_t, state)
            outputs.append(output)
        return torch.stack(outputs)

    tested = train(net, forward, data, (784,))

    def again(x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        state: Any = None

        def step(x_t: Tensor) -> Tensor:
            nonlocal state
            output, state = net(x_t, state)
            return output

        return run(step, {"1": hidden, "3": last}, x)

    return record(lambda: to_nir(net, torch.zeros(1, 784)), "norse", again, tested)
