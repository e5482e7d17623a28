"""Speed of the trainer beside a plain minimal PyTorch loop of the same network, in one run, taken in turns.

``python -m benchmarks.training_speed`` prints samples a second on one thread, the median of the rounds, for inputs that
are the same at every step (the plain loop with and without its first layer taken out of the loop) and for inputs that
change. The plain loop makes the same numbers: the loss after the last batch is compared.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.command import command
from golden.presets import preset
from train.bptt import Inputs, Settings, SpikingNetwork, Trainer
from train.data import load


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, membrane: Tensor) -> Tensor:
        ctx.save_for_backward(membrane)
        return (membrane >= 1).float()

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        (membrane,) = ctx.saved_tensors
        value = torch.sigmoid(4 * (membrane - 1))
        return gradients[0] * 4 * value * (1 - value)


def plain(inputs: Inputs, hidden: int, batches: list[Tensor], *, hoisted: bool) -> float:
    """Train with what a user would write by hand; returns the last loss."""
    torch.manual_seed(0)
    first, second = nn.Linear(784, hidden, bias=False), nn.Linear(hidden, 10, bias=False)
    optimiser = torch.optim.Adam([*first.parameters(), *second.parameters()], 2e-3)
    last = torch.zeros(())
    for samples in batches:
        spikes, labels = inputs.spikes(samples), inputs.labels[samples]
        membrane, scores = torch.zeros(len(samples), hidden), torch.zeros(len(samples), 10)
        once = first(spikes[0]) if hoisted else None
        for step in spikes:
            membrane = membrane + (first(step) if once is None else once)
            fired = _Spike.apply(membrane)
            membrane = membrane - fired
            scores = scores + second(fired)
        last = nn.functional.cross_entropy(scores, labels)
        optimiser.zero_grad()
        last.backward()
        optimiser.step()
    return last.item()


def ours(inputs: Inputs, batches: list[Tensor], *, quantised: bool) -> float:
    """Train with the trainer; returns the last loss."""
    torch.manual_seed(0)
    model = SpikingNetwork(inputs.config)
    if quantised:
        model.quantise()
    trainer = Trainer(model, inputs, Settings())
    model.train()
    return [trainer.step(samples)[0] for samples in batches][-1].item()


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--samples", type=int, default=12_800)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data-dir")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    dataset = load("mnist", options.data_dir)
    print(f"| 784-{options.hidden}-10, n = 1, T = 10, batch 128 | samples/s | of the plain loop | last loss |")
    print("|---|---|---|---|")
    for kind in ("every_step", "rate"):
        config = preset("mnist-128", hidden=(options.hidden,), spike_width=1, n_steps=10, encoding=kind)
        config = replace(
            config, learning=None, encoding=replace(config.encoding, spike_width=1 if kind == "rate" else 8)
        )
        inputs = Inputs(dataset, "train", config)
        batches = list(torch.arange(options.samples).split(128))
        contestants: dict[str, Callable[[], float]] = {
            "plain loop": lambda inputs=inputs, batches=batches: plain(inputs, options.hidden, batches, hoisted=False),
            "plain loop, first layer summed once": lambda inputs=inputs, batches=batches: plain(
                inputs, options.hidden, batches, hoisted=True
            ),
            "trainer": lambda inputs=inputs, batches=batches: ours(inputs, batches, quantised=False),
            "trainer, 8-bit weights": lambda inputs=inputs, batches=batches: ours(inputs, batches, quantised=True),
        }
        if kind == "rate":
            del contestants["plain loop, first layer summed once"]
        speeds: dict[str, list[float]] = {name: [] for name in contestants}
        losses: dict[str, float] = {}
        for _ in range(options.rounds):
            for name, run in contestants.items():
                began = time.perf_counter()
                losses[name] = run()
                speeds[name].append(options.samples / (time.perf_counter() - began))
        base = statistics.median(speeds["plain loop"])
        for name, values in speeds.items():
            speed = statistics.median(values)
            print(f"| {kind}: {name} | {speed:,.0f} | {speed / base:.2f} | {losses[name]:.4f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
