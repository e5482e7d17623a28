# pyright: reportMissingImports=false
"""A network of a framework with the spikes that the framework itself computed; runs in the frameworks' environment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nir
import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What is written of a network.

    Attributes
    ----------
    graph : nir.NIRGraph
        As the framework exports it.
    dialect : str
        That of nir.md which the framework computes; what it leaves open stands behind it, as ``sinabs --gain nir``.
    input : Tensor (T, B, ...)
    layers : dict of str to Tensor (T, B, ...)
        Spikes of each spiking layer under the name of its neurons in the graph.
    output : Tensor (T, B, ...)
        What the network returns: spikes of its last layer, or membranes where that layer does not spike.
    """

    graph: Any
    dialect: str
    input: Tensor
    layers: dict[str, Tensor]
    output: Tensor
    extra: dict[str, Tensor] = field(default_factory=dict)


def spikes(seed: int, steps: int, samples: int, shape: Sequence[int], rate: float = 0.35) -> Tensor:
    """Draw Bernoulli spikes (T, B, ...)."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand((steps, samples, *shape), generator=generator) < rate).float()


def weights(net: nn.Module, seed: int, *, bias: float = 0.05) -> None:
    """Draw the weights of all linear maps: normal, with a mean that lets layers fire; biases of a tenth of them."""
    generator = torch.Generator().manual_seed(seed)
    for module in linear_maps(net):
        fan_in = module.weight[0].numel()
        drawn = torch.randn(module.weight.shape, generator=generator) + 0.25
        module.weight.data = drawn / fan_in**0.5
        if module.bias is not None:
            module.bias.data = bias * torch.randn(module.bias.shape, generator=generator)


def linear_maps(net: nn.Module) -> list[Any]:
    """All linear maps with weights in the order of their use; recurrent ones among them."""
    return [module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d | nn.Conv1d)]


def run(step: Callable[[Tensor], Any], neurons: dict[str, nn.Module], x: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Run a network step by step, and keep what each of its `neurons` and what it returns."""
    seen: dict[str, list[Tensor]] = {name: [] for name in neurons}

    def keep(name: str) -> Callable[..., None]:
        return lambda _module, _inputs, output: seen[name].append(first(output).detach().clone())

    hooks = [module.register_forward_hook(keep(name)) for name, module in neurons.items()]
    try:
        with torch.no_grad():
            output = torch.stack([first(step(x_t)).detach().clone() for x_t in x])
    finally:
        for hook in hooks:
            hook.remove()
    return {name: torch.stack(each) for name, each in seen.items()}, output


def first(output: Any) -> Tensor:
    """What neurons or a network return, without the states behind it."""
    while not isinstance(output, Tensor):
        output = output[0]
    return output


def calibrate(
    record: Callable[[], dict[str, Tensor]], pairs: Sequence[tuple[Any, str]], low: float = 0.12, high: float = 0.3
) -> None:
    """Scale the weights of each linear map in turn until the neurons behind it fire at a rate of `low` to `high`."""
    for linear, name in pairs:
        for _ in range(60):
            rate = record()[name].mean().item()
            if low <= rate <= high:
                break
            linear.weight.data *= 1.11 if rate < low else 0.9
        else:
            raise RuntimeError(f"{name}: no scale of weights gives a rate within {low}..{high}")


def write(folder: Path, name: str, recording: Recording) -> str:
    """Write ``NAME.nir`` and ``NAME.npz``; returns a line about them."""
    plain(recording.graph)
    nir.write(folder / f"{name}.nir", recording.graph, compression=None)  # HDF5 compresses no scalars
    tensors = {"input": recording.input, **recording.layers, "output": recording.output, **recording.extra}
    arrays: dict[str, Any] = {key: compact(each.numpy()) for key, each in tensors.items()}
    np.savez_compressed(folder / f"{name}.npz", dialect=np.array(recording.dialect), **arrays)
    size = sum((folder / f"{name}{suffix}").stat().st_size for suffix in (".nir", ".npz"))
    rates = ", ".join(f"{key} {each.mean().item():.3f}" for key, each in recording.layers.items())
    return f"{name}: {recording.dialect}, {size} bytes, rates {rates}"


def compact(values: np.ndarray) -> np.ndarray:
    """Whole numbers in 8 bits, all others as they are."""
    return values.astype(np.uint8) if (values == values.astype(np.uint8)).all() else values


def plain(graph: Any) -> None:
    """Turn the tensors of a graph into arrays, since some of nir's code takes only these."""
    for node in graph.nodes.values():
        if isinstance(node, nir.NIRGraph):
            plain(node)
            continue
        for key, value in vars(node).items():
            if isinstance(value, Tensor):
                setattr(node, key, value.detach().numpy())


def give_shapes(graph: Any, shapes: dict[str, tuple[int, ...]]) -> None:
    """Give nodes the shapes that two exporters leave out and nir.write needs: (height, width), or a Flatten's input."""
    for name, shape in shapes.items():
        node = graph.nodes[name]
        if isinstance(node, nir.Flatten):
            node.input_type = {"input": np.array(shape)}
        else:
            node.input_shape = shape
