"""Memory of a training step, counted from a configuration and measured in PyTorch.

Both methods hold the weights. Beside them the on-line rule holds what a sample needs until its last step is over; BPTT
holds what every step left behind, and as many gradients and values of the optimiser as there are weights. Control, the
label and buffers of the interface are in neither count.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from golden.config import GRADIENT_WIDTH, LearningNetworkConfig, NetworkConfig, ResolvedLayer
from golden.fixed import LFSR_WIDTH, unsigned_width
from intsnn_hw.cost.memories import memories
from intsnn_hw.rtl.layouts import fed_by_map
from train.bptt import Inputs, Settings, SpikingNetwork, Trainer
from train.data import AnyDataset

BATCH = 128
OPTIMISER_VALUES = {"sgd": 0, "adam": 2}
"""Values of state that an optimiser keeps for a weight; SGD here has no momentum, AdamW is as Adam."""


def n_weights(config: NetworkConfig) -> int:
    """Return the weights of all layers, and biases."""
    return sum(parameter.size for layer in config.resolved for parameter in layer.parameters)


def input_steps(config: NetworkConfig, layer: ResolvedLayer) -> int:
    """Return the steps in which a layer has an input at all: one for the network's input where it is shown once."""
    return 1 if layer.index == 0 and config.encoding.kind == "single_shot" else config.n_steps


def online_bits(config: LearningNetworkConfig, bits: int | None = None) -> dict[str, int]:
    """Return the bits that the on-line rule needs, by part, without any padding.

    Inference weights are the upper bits of the shadow weights, rounded when read: they take no memory. Sums are those
    of one step; a trace is kept for each row of weights that learns, which for the readout is the activity of the
    hidden neurons; ternary errors have two bits, all others a sign, a shift and a flag. Counters are those of the
    firing budget and the sums of the scores; own spikes those that come back to their layer in the next step. A
    convolution has a sum for the gradient of each weight, a layer fed by a map a carried error for each of its inputs;
    a map that has but one step keeps no membranes.

    Parameters
    ----------
    config : NetworkConfig
        With a learning rule.
    bits : int, optional
        Of every value, in place of what each needs: the same rule in another format.
    """
    layers, hidden, learning = config.resolved, config.resolved[:-1], config.learning
    exponent = unsigned_width(GRADIENT_WIDTH - 1)
    at_once = learning.timing == "every_step"
    counted = [(layer.n_out, unsigned_width(config.n_steps)) for layer in hidden if learning.budget is not None]
    if config.readout == "membrane_sum":
        counted.append((config.n_classes, config.score_width))
    own = [(layer.n_own, layer.own_trace_width) for layer in hidden if layer.learns_own]
    shared = [(group, layer.kind.shares_weights) for layer in layers for group in layer.row_groups]
    carries = learning.feeds_back
    values = {
        "weights": [(parameter.size, parameter.stored_width) for layer in layers for parameter in layer.parameters],
        "membranes": [(layer.n_out, layer.neuron.membrane_width) for layer in layers if layer.keeps_state],
        "sums": [(layer.n_out, layer.current_width) for layer in layers],
        "traces": [(layer.kind.n_fed, layer.input_trace_width) for layer in layers] + own,
        "gradients": [(group.parameter.size, group.gradient_width) for group, is_shared in shared if is_shared],
        "carried": [(layer.kind.n_fed, layer.carried_width) for layer in layers if carries and fed_by_map(layer)],
        "surrogates": [(layer.n_out, 1 if at_once else layer.surrogate_width) for layer in hidden],
        "errors": [(layer.n_out, 2 if layer.ternary_errors else 2 + exponent) for layer in layers],
        "own spikes": [(layer.n_own, layer.neuron.spike_width) for layer in hidden],
        "counters": counted,
        "lfsr": [(1, LFSR_WIDTH)],
    }
    found = {name: sum(count * (bits or width) for count, width in parts) for name, parts in values.items()}
    return {name: total for name, total in found.items() if total}


def core_bits(config: NetworkConfig) -> int:
    """Return the bits of all memories of the core that learns, as it is built: words of lanes, padding, lists."""
    return sum(kept.bits for layer in config.resolved for kept in memories(config, layer).values())


@dataclass(frozen=True, kw_only=True)
class Accounting:
    """How BPTT is taken to be carried out.

    Attributes
    ----------
    bits : int
        Of every value.
    batch_size : int
    optimiser : {"sgd", "adam"}
    least : bool
        Gradients go into the weights at once, and only what cannot be made again is kept: inputs in the bits that they
        have, membranes before the spike. Otherwise what the trainer keeps.
    """

    bits: int
    batch_size: int
    optimiser: str
    least: bool = False


def kept_values(config: NetworkConfig) -> int:
    """Return the values that the trainer keeps of a sample for the backward pass.

    Of every layer its input after pooling, and before if its gradient is needed, and, of each neuron and step, the
    membrane before the spike and the spike; of the loss the logarithms of the shares of the classes.
    """
    inputs = sum(
        input_steps(config, layer) * (layer.kind.n_fed + (layer.n_in if layer.kind.pool > 1 and layer.index else 0))
        for layer in config.resolved
    )
    return inputs + 2 * config.n_steps * sum(layer.n_out for layer in config.resolved) + config.n_classes


def bptt_bits(config: NetworkConfig, how: Accounting) -> dict[str, int]:
    """Return the bits that BPTT needs, by part.

    Errors are the gradients at the spikes and at the summed inputs of the layer in work, of all steps; they are needed
    while all kept values still are.
    """
    layers, weights = config.resolved, n_weights(config) * how.bits
    kept = kept_values(config) * how.bits
    if how.least:
        shown = input_steps(config, layers[0]) * layers[0].n_in * layers[0].input_spike_width
        kept = shown + config.n_steps * sum(layer.n_out for layer in layers[:-1]) * how.bits
    return {
        "weights": weights,
        "gradients": 0 if how.least else weights,
        "optimiser": OPTIMISER_VALUES[how.optimiser] * weights,
        "kept": how.batch_size * kept,
        "errors": how.batch_size * 2 * config.n_steps * max(layer.n_out for layer in layers) * how.bits,
    }


def saved_bytes(model: nn.Module, forward: Callable[[], Any]) -> int:
    """Return the bytes of all floating-point tensors that a forward pass saves for the backward pass, each once.

    The model's own parameters are not among them: they are there anyway.
    """
    own = {parameter.data_ptr() for parameter in model.parameters()}
    found: dict[int, torch.Tensor] = {}  # holds them, so that no place is used twice

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        at = tensor.data_ptr()
        if tensor.is_floating_point() and tensor.dim() and at not in own:
            found[at] = max(tensor, found.get(at, tensor), key=torch.numel)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = forward()
    total = sum(tensor.nbytes for tensor in found.values())
    del result
    return total


class _Live(TorchDispatchMode):
    """Follows the bytes of all storages that are made, until they are freed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.follow(tensor)
        return result

    def follow(self, tensor: torch.Tensor) -> None:
        """Count the storage of a tensor, unless it is counted already."""
        storage = tensor.untyped_storage()
        at, size = storage._cdata, storage.nbytes()
        if at in self._known:
            return
        self._known.add(at)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._free, at, size)

    def _free(self, at: int, size: int) -> None:
        self._known.discard(at)
        self.now -= size


def peak_bytes(held: list[torch.Tensor], step: Callable[[], Any]) -> int:
    """Return the most bytes of tensors that live at once while a step runs, those of `held` included."""
    live = _Live()
    for tensor in held:
        live.follow(tensor)
    with live:
        step()
    return live.peak


def step_bytes(trainer: Trainer, samples: torch.Tensor) -> dict[str, int]:
    """Return bytes of a training step on some samples: `saved` for the backward pass, and the `peak` of all tensors."""
    trainer.step(samples)  # makes the optimiser's state
    spikes, labels = trainer.train.spikes(samples), trainer.train.labels[samples]
    state = [value for entry in trainer.optimiser.state.values() for value in entry.values()]
    held = [*trainer.model.parameters(), *(value for value in state if isinstance(value, torch.Tensor))]
    return {
        "saved": saved_bytes(trainer.model, lambda: trainer.loss(trainer.model(spikes), labels)),
        "peak": peak_bytes(held, lambda: trainer.step(samples)),
    }


MEASURED = {"BPTT, float32, batch 1, SGD": (1, "sgd"), "BPTT, float32, batch 128, Adam": (BATCH, "adam")}
"""Batch size and optimiser of the ways of BPTT that :func:`measured_memory` measures."""


def measured_memory(config: NetworkConfig, dataset: AnyDataset) -> dict[str, dict[str, int]]:
    """Return :func:`step_bytes` of a training step in PyTorch, by the names of :data:`MEASURED`."""
    found = {}
    for name, (batch, optimiser) in MEASURED.items():
        torch.manual_seed(0)
        settings = Settings(batch_size=batch, optimiser=optimiser)
        trainer = Trainer(SpikingNetwork(config), Inputs(dataset, "train", config), settings)
        found[name] = step_bytes(trainer, torch.arange(batch))
    return found
