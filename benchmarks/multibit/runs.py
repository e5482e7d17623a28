"""One run of the study: train a variant from a seed and measure it after every epoch."""

import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.bptt.inputs import Inputs
from train.bptt.layers import recorded, spiking_layers
from train.encoders import poisson

from .variants import ALL, IMAGES, POISSON

if TYPE_CHECKING:
    import torch

SEEN = 1000
"""Test images of which spikes are counted after every epoch: the first."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run.

    Attributes
    ----------
    batch_accuracies : list of float
        Of each iteration, before its step.
    training_accuracies, test_accuracies : list of float
        Of each epoch: the mean of its iterations, and after it, on the watched test images.
    accuracy : float
        After the last epoch, on all test images.
    firing_rates : list of list of float
        Of the spiking layers, each epoch: share of neurons and steps that fire, while training.
    values : list of list of float
        Mean spike of a neuron and step, 1 being the highest level, on the first test images after each epoch.
    highest : list of list of float
        Share of those spikes that are of the highest level.
    operations : list of float
        Synaptic operations of an inference into each layer, mean over the first test images.
    """

    data: str
    name: str
    seed: int
    samples: int
    epochs: int
    batch_accuracies: list[float]
    training_accuracies: list[float]
    test_accuracies: list[float]
    accuracy: float
    firing_rates: list[list[float]]
    values: list[list[float]]
    highest: list[list[float]]
    operations: list[float]
    samples_per_second: float


class PoissonInputs(Inputs):
    """Pixels as spikes of one bit, drawn anew whenever a sample is shown (ETH 2025)."""

    def __init__(self, dataset: Any, part: Any, config: Any, seed: int) -> None:
        import torch

        super().__init__(dataset, part, config)
        values = dataset.train_x if part == "train" else dataset.test_x
        self._pixels = torch.from_numpy(values.reshape(len(values), -1))
        self._draws = torch.Generator().manual_seed(seed)

    def spikes(self, samples: "torch.Tensor", dtype: "torch.dtype | None" = None) -> "torch.Tensor":
        """Return fresh spikes of some samples, shape (T, batch, n_inputs)."""
        import torch

        pixels = self._pixels[samples].to(dtype or torch.float32) / 255
        return poisson(pixels, self.config.n_steps, generator=self._draws)


def inputs_of(data: str, dataset: Any, part: Any, config: Any, seed: int) -> Inputs:
    """Return a part of a data set in the way it enters the networks of the study."""
    return (
        PoissonInputs(dataset, part, config, seed)
        if IMAGES[data].encoding is POISSON
        else Inputs(dataset, part, config)
    )


def train(which: "Which", data: str, data_dir: str | None) -> Outcome:
    """Train one variant from one seed."""
    import torch

    from train.bptt.loop import Settings, Trainer, accuracy
    from train.bptt.memory import keep_freed_memory
    from train.bptt.model import SpikingNetwork
    from train.bptt.operations import mean_operations
    from train.data import load

    torch.set_num_threads(1)
    keep_freed_memory()
    name, seed, samples, epochs = which
    variant = ALL[name]
    dataset = load(data, data_dir).take(n_train=samples)
    config = variant.config(data)
    torch.manual_seed(seed)
    model = SpikingNetwork(config, **variant.neuron)
    first = spiking_layers(model)[0].neuron
    first.dynamics = first.dynamics._replace(level=first.dynamics.level * variant.first_threshold)
    if variant.weight_width is not None:
        model.quantise()
    settings = Settings(epochs=epochs, batch_size=variant.batch_size, seed=seed, bf16=variant.bf16, loss=variant.loss)
    shares: list[Any] = []

    class Watched(Trainer):
        def step(self, samples: Any) -> Any:
            loss, right = super().step(samples)
            shares.append(right / len(samples))
            return loss, right

    def test(count: int | None) -> Inputs:
        return inputs_of(data, dataset.take(n_test=count), "test", config, seed)

    few = test(SEEN)
    trainer = Watched(model, inputs_of(data, dataset, "train", config, seed), settings, test(IMAGES[data].watched))
    looks = [_spikes(model, few) for _ in trainer.epochs()]
    history = trainer.history
    return Outcome(
        data=data,
        name=name,
        seed=seed,
        samples=samples,
        epochs=epochs,
        batch_accuracies=[float(share) for share in shares],
        training_accuracies=[epoch.training_accuracy for epoch in history],
        test_accuracies=[epoch.test_accuracy or 0.0 for epoch in history],
        firing_rates=[list(epoch.firing_rates) for epoch in history],
        values=[values for values, _ in looks],
        highest=[highest for _, highest in looks],
        accuracy=accuracy(model, test(None)),
        operations=mean_operations(model.eval(), few),
        samples_per_second=statistics.fmean(epoch.samples_per_second or 0.0 for epoch in history),
    )


def _spikes(model: Any, inputs: Inputs) -> tuple[list[float], list[float]]:
    """Return mean spike and share of the highest level of each layer that fires."""
    import torch

    layers = [layer for layer in spiking_layers(model) if layer.neuron.spike_bits]
    totals = torch.zeros(4, len(layers), dtype=torch.float64)
    with torch.no_grad():
        for samples in torch.arange(len(inputs)).split(100):
            with recorded(model) as outputs:
                model(inputs.spikes(samples))
            for index, spikes in enumerate(outputs[: len(layers)]):
                counts = spikes.numel(), spikes.double().sum(), (spikes > 0).sum(), (spikes == 1).sum()
                totals[:, index] += torch.tensor([float(count) for count in counts])
    places, summed, fired, highest = totals.tolist()
    return (
        [total / count for total, count in zip(summed, places, strict=True)],
        [count / max(1.0, total) for count, total in zip(highest, fired, strict=True)],
    )


Which = tuple[str, int, int, int]
"""A run: name of the variant, seed, samples, epochs."""


class Runs:
    """The file of runs, one a line."""

    def __init__(self, path: Path, data: str) -> None:
        self.path, self.data = path, data
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = [Outcome(**json.loads(line)) for line in text.splitlines() if line.endswith("}")]
        self._found = {_which(run): run for run in found if run.data == data}

    def get(self, which: Which) -> Outcome | None:
        """Return a run; None where there is none yet."""
        return self._found.get(which)

    def keep(self, run: Outcome) -> None:
        """Add a run and write it down."""
        self._found[_which(run)] = run
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(run)) + "\n")


def _which(run: Outcome) -> Which:
    return run.name, run.seed, run.samples, run.epochs
