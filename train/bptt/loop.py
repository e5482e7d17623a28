"""The training loop: mini-batches, surrogate gradients through time, one history entry an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from golden.config import Readout
from golden.errors import ConfigError

from .inputs import Inputs
from .layers import spiking_layers
from .losses import LOSSES, OF_READOUT
from .model import SpikingNetwork

OPTIMISERS: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}
SCHEDULES = ("constant", "cosine")


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train.

    Parameters
    ----------
    epochs, batch_size : int
    learning_rate : float
    optimiser : {"adam", "adamw", "sgd"}
    weight_decay : float
    schedule : {"constant", "cosine"}
        Of the learning rate; cosine falls to 0 at the end of the last epoch.
    loss : str, optional
        Of :data:`train.bptt.losses.LOSSES`; the usual one of the readout where left out.
    bf16 : bool
        Products and sums of synapses in bfloat16; membranes and weights stay as they are.
    seed : int
        Of the initial weights, the order of samples and dropout.
    """

    epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 2e-3
    optimiser: str = "adam"
    weight_decay: float = 0.0
    schedule: str = "constant"
    loss: str | None = None
    bf16: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, holds, rule in (
            ("epochs", type(self.epochs) is int and self.epochs >= 1, "a whole number of at least 1"),
            ("batch_size", type(self.batch_size) is int and self.batch_size >= 1, "a whole number of at least 1"),
            ("learning_rate", is_number(self.learning_rate) and self.learning_rate > 0, "a number above 0"),
            ("optimiser", self.optimiser in list(OPTIMISERS), f"one of {', '.join(OPTIMISERS)}"),
            ("weight_decay", is_number(self.weight_decay) and self.weight_decay >= 0, "a number of at least 0"),
            ("schedule", self.schedule in list(SCHEDULES), f"one of {', '.join(SCHEDULES)}"),
            ("loss", self.loss is None or self.loss in list(LOSSES), f"one of {', '.join(LOSSES)}"),
            ("seed", type(self.seed) is int and 0 <= self.seed < 1 << 32, "a whole number 0..2^32 - 1"),
        ):
            if not holds:
                raise ConfigError(f"`{name}`: must be {rule}, got {getattr(self, name)!r}")

    def loss_of(self, readout: Readout) -> str:
        """Return the name of the loss for a readout.

        Raises
        ------
        ConfigError
            The one that was chosen does not go with it.
        """
        name, known = self.loss or OF_READOUT[readout][0], OF_READOUT[readout]
        if name not in known:
            choices = ", ".join(known)
            raise ConfigError(f"`loss`: {name!r} does not go with the readout {readout!r}; choose one of {choices}")
        return name


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What one epoch did.

    Attributes
    ----------
    epoch : int
        Counted from 1.
    loss, training_accuracy : float
        Means over its samples, each measured before the step of its batch; accuracy 0..1.
    firing_rates : tuple of float
        Of each layer: share of neurons and steps that fired, 0..1.
    test_accuracy : float or None
        After the epoch, where asked for.
    samples_per_second : float or None
        None of an epoch of an earlier run that was resumed.
    """

    epoch: int
    loss: float
    training_accuracy: float
    firing_rates: tuple[float, ...]
    test_accuracy: float | None = None
    samples_per_second: float | None = None


class Trainer:
    """A model under training; :meth:`epochs` trains, and can be left and taken up again between epochs.

    Parameters
    ----------
    model : SpikingNetwork
        On its device; quantised or not.
    train : Inputs
    settings : Settings
    test : Inputs, optional
        To measure ``test_accuracy`` after each epoch.
    """

    def __init__(self, model: SpikingNetwork, train: Inputs, settings: Settings, test: Inputs | None = None) -> None:
        name = settings.loss_of(model.config.readout)
        self.model, self.train, self.test, self.settings = model, train, test, settings
        self.loss = LOSSES[name]
        make: Any = OPTIMISERS[settings.optimiser]
        self.optimiser: torch.optim.Optimizer = make(
            model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.history: list[Epoch] = []
        self._order = torch.Generator().manual_seed(settings.seed)

    @property
    def n_batches(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.train) // self.settings.batch_size)

    def epochs(self, progress: Callable[[int], None] | None = None) -> Iterator[Epoch]:
        """Train the epochs that are left; `progress` is told of every so many samples done.

        Raises
        ------
        ConfigError
            The loss is no finite number any more.
        """
        while len(self.history) < self.settings.epochs:
            self.history.append(self._epoch(progress or (lambda samples: None)))
            yield self.history[-1]

    def step(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Train on one batch; returns its loss and the number of its samples that were right."""
        spikes, labels = self.train.spikes(samples), self.train.labels[samples]
        with torch.autocast(spikes.device.type, torch.bfloat16, enabled=self.settings.bf16):
            outputs = self.model(spikes)
        loss = self.loss(outputs, labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        return loss.detach(), (self.model.scores(outputs.detach()).argmax(-1) == labels).sum()

    def state(self) -> dict[str, Any]:
        """Return all that a resumed run needs, of types that ``torch.load(weights_only=True)`` reads."""
        return {
            "model": self.model.state_dict(),
            "shifts": [
                layer.quantisation and layer.quantisation.threshold_shift for layer in spiking_layers(self.model)
            ],
            "optimiser": self.optimiser.state_dict(),
            "history": [asdict(epoch) | {"samples_per_second": None} for epoch in self.history],
            "order": self._order.get_state(),
            "random": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self.train.device) if self.train.device.type == "cuda" else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state`; on the same CPU the result equals that of an uninterrupted run bit for bit.

        A state from another device keeps no random numbers of this one; dropout then takes others.
        """
        self.model.load_state_dict(state["model"])
        self.model.set_threshold_shifts(state["shifts"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.history = [Epoch(**{**entry, "firing_rates": tuple(entry["firing_rates"])}) for entry in state["history"]]
        self._order.set_state(state["order"])
        torch.set_rng_state(state["random"])
        if state.get("cuda") is not None and self.train.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], self.train.device)

    def _epoch(self, progress: Callable[[int], None]) -> Epoch:
        settings, n_samples, device = self.settings, len(self.train), self.train.device
        self.model.train()
        if self.model.fits:
            self.model.fit_threshold_shifts()
        order = torch.randperm(n_samples, generator=self._order).to(device)
        loss, right = torch.zeros((), device=device), torch.zeros((), device=device)
        began = time.perf_counter()
        with firing_rates(self.model) as rates:
            for index, samples in enumerate(order.split(settings.batch_size)):
                if settings.schedule == "cosine":
                    self._set_rate((len(self.history) + index / self.n_batches) / settings.epochs)
                batch_loss, batch_right = self.step(samples)
                loss += batch_loss * len(samples)
                right += batch_right
                progress(len(samples))
            totals = loss.item() / n_samples, right.item() / n_samples
        if not math.isfinite(totals[0]):
            raise ConfigError(
                f"`learning_rate`: the loss of epoch {len(self.history) + 1} is {totals[0]}; train with a lower rate"
            )
        seconds = time.perf_counter() - began
        return Epoch(
            epoch=len(self.history) + 1,
            loss=totals[0],
            training_accuracy=totals[1],
            firing_rates=rates(),
            test_accuracy=None if self.test is None else accuracy(self.model, self.test),
            samples_per_second=n_samples / seconds,
        )

    def _set_rate(self, done: float) -> None:
        factor = float((1 + torch.cos(torch.tensor(torch.pi * done))) / 2)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * factor


@torch.no_grad()
def accuracy(model: SpikingNetwork, inputs: Inputs, batch_size: int = 100) -> float:
    """Return the share of samples classified correctly, 0..1."""
    return float((classes(model, inputs, batch_size) == inputs.labels).float().mean())


@torch.no_grad()
def classes(model: SpikingNetwork, inputs: Inputs, batch_size: int = 100) -> Tensor:
    """Return the class that a model, without dropout, finds for each sample."""
    training = model.training
    model.eval()
    dtype = next(model.parameters()).dtype
    found = [
        model.scores(model(inputs.spikes(samples, dtype))).argmax(-1)
        for samples in torch.arange(len(inputs), device=inputs.device).split(batch_size)
    ]
    model.train(training)
    return torch.cat(found)


@contextmanager
def firing_rates(model: nn.Module) -> Iterator[Callable[[], tuple[float, ...]]]:
    """Count spikes while the context lasts; what it gives returns each layer's share of neurons and steps that fire."""
    layers = [layer for layer in spiking_layers(model) if layer.neuron.spike_bits]
    fired: list[Tensor | int] = [0] * len(layers)
    places = [0] * len(layers)

    def count(index: int) -> Callable[..., None]:
        def hook(module: nn.Module, inputs: Any, spikes: Tensor) -> None:
            fired[index] = fired[index] + torch.count_nonzero(spikes.detach())
            places[index] += spikes.numel()

        return hook

    hooks = [layer.register_forward_hook(count(index)) for index, layer in enumerate(layers)]
    try:
        yield lambda: tuple(float(hits) / max(1, of) for hits, of in zip(fired, places, strict=True))
    finally:
        for hook in hooks:
            hook.remove()
