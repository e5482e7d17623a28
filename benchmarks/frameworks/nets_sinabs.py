# pyright: reportMissingImports=false
"""Networks of Sinabs."""

from collections.abc import Callable, Sequence
from typing import Any

import sinabs.layers as sl
import torch
from sinabs import nir as exchange
from sinabs.activation import SingleSpike
from torch import Tensor, nn

from benchmarks.frameworks.recording import (
    Recording,
    calibrate,
    first,
    give_shapes,
    linear_maps,
    spikes,
    weights,
)

SAMPLES, STEPS = 24, 12


def record(
    net: nn.Sequential,
    shape: tuple[int, ...],
    seed: int,
    dialect: str = "sinabs",
    sizes: dict[str, tuple[int, ...]] | None = None,
    rates: tuple[float, float] = (0.4, 0.7),
) -> Recording:
    """Draw weights, run, export; layers whose names end in Squeeze take batch and time as one."""
    weights(net, seed)
    x = spikes(seed, STEPS, SAMPLES, shape)
    neurons: dict[str, Any] = {
        str(index): module for index, module in enumerate(net) if isinstance(module, sl.StatefulLayer)
    }
    squeezed = any(isinstance(module, sl.SqueezeMixin) for module in net)

    def again() -> tuple[dict[str, Tensor], Tensor]:
        for module in neurons.values():
            module.reset_states()
        seen: dict[str, Tensor] = {}
        hooks = [module.register_forward_hook(keep(seen, key)) for key, module in neurons.items()]
        batch_first = x.transpose(0, 1)
        with torch.no_grad():
            output = net(batch_first.reshape(-1, *shape) if squeezed else batch_first)
        for hook in hooks:
            hook.remove()
        return {key: steps_first(each, squeezed) for key, each in seen.items()}, steps_first(output, squeezed)

    calibrate(lambda: again()[0], list(zip(linear_maps(net), neurons, strict=False)), *rates)
    layers, output = again()
    graph = exchange.to_nir(net, x.transpose(0, 1).reshape(-1, *shape) if squeezed else x.transpose(0, 1))
    give_shapes(graph, sizes or {})
    spiking = {key: each for key, each in layers.items() if not isinstance(neurons[key], sl.ExpLeak)}
    return Recording(graph=graph, dialect=dialect, input=x, layers=spiking, output=output)


def keep(seen: dict[str, Tensor], key: str) -> Callable[[Any, Sequence[Any], Any], None]:
    """Keep what a layer returns."""
    return lambda _module, _inputs, output: seen.__setitem__(key, first(output).detach().clone())


def steps_first(values: Tensor, squeezed: bool) -> Tensor:
    """(B, T, ...) or (B T, ...) as (T, B, ...)."""
    values = values.reshape(SAMPLES, STEPS, *values.shape[1:]) if squeezed else values
    return values.transpose(0, 1).contiguous()


def lif() -> Recording:
    """Graded spikes."""
    options = {"norm_input": False}
    hidden, last = sl.LIF(tau_mem=8.0, **options), sl.LIF(tau_mem=4.0, **options)
    net = nn.Sequential(nn.Linear(16, 20), hidden, nn.Linear(20, 6), last)
    return record(net, (16,), 31)


def lif_single() -> Recording:
    """One spike a step at most."""
    options = {"norm_input": False, "spike_fn": SingleSpike}
    net = nn.Sequential(
        nn.Linear(16, 20), sl.LIF(tau_mem=torch.linspace(3.0, 20.0, 20), spike_threshold=torch.ones(20), **options),
        nn.Linear(20, 6), sl.LIF(tau_mem=4.0, **options),
    )  # fmt: skip
    return record(net, (16,), 32, "sinabs-single", rates=(0.15, 0.35))


def lif_normed() -> Recording:
    """Sinabs' own default: the input weighs 1 - exp(-1/tau), which its files do not say."""
    net = nn.Sequential(nn.Linear(16, 20), sl.LIF(tau_mem=8.0), nn.Linear(20, 6), sl.LIF(tau_mem=4.0))
    return record(net, (16,), 33, "sinabs --gain nir")


def conv_iaf() -> Recording:
    """Graded IF behind convolutions, sum pooling, dense, and a readout that does not spike."""
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, groups=2), sl.IAFSqueeze(batch_size=SAMPLES), sl.SumPool2d(2),
        nn.Conv2d(4, 3, 3, bias=False), sl.IAFSqueeze(batch_size=SAMPLES, spike_threshold=torch.tensor(1.5)),
        nn.Flatten(), nn.Linear(12, 5), sl.ExpLeakSqueeze(tau_mem=6.0, batch_size=SAMPLES),
    )  # fmt: skip
    return record(net, (2, 8, 8), 34, sizes={"0": (8, 8), "3": (4, 4), "5": (3, 2, 2)})


NETS: dict[str, Callable[[], Recording]] = {
    "sinabs-lif": lif,
    "sinabs-lif-single": lif_single,
    "sinabs-lif-normed": lif_normed,
    "sinabs-conv-iaf": conv_iaf,
}
