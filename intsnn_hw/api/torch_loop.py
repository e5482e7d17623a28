"""The PyTorch surrogate-gradient loop that speeds are compared with: LIF layers, Adam, cross entropy.

Fully connected layers are ``Linear``, convolutions ``Conv2d``, and sum pooling is average pooling in other units.

Plain, as users of the field's libraries write it, every layer is computed at every step. Hoisted, the product of the
first layer is computed once a sample, since the same values are shown at every step: the fairest the loop can be.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch  # pyright: ignore[reportMissingImports]
from torch import Tensor, nn  # pyright: ignore[reportMissingImports]

if TYPE_CHECKING:
    from golden.config import LayerKind
    from train.data import Dataset

_BETA, _SLOPE, _RATE = 0.9, 25.0, 1e-3
_WARM_UP, _TIMED = 5, 60
_REPEATS = 3


class _Spike(torch.autograd.Function):
    """1 at or above threshold; backward the fast sigmoid ``1 / (1 + slope * |u|)^2``."""

    @staticmethod
    def forward(ctx: Any, u: Tensor) -> Tensor:
        ctx.save_for_backward(u)
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        (u,), (gradient,) = ctx.saved_tensors, gradients
        return gradient / (_SLOPE * u.abs() + 1) ** 2


def _synapse(kind: LayerKind) -> nn.Module:
    """Return the module of a layer, from the spikes of its inputs (batch, n_in) to the currents (batch, n_out)."""
    from golden.config import Convolution

    steps: list[nn.Module] = []
    if kind.is_spatial and kind.input_shape is not None:
        steps.append(nn.Unflatten(1, kind.input_shape))
    if kind.pool > 1:
        steps.append(nn.AvgPool2d(kind.pool))
    if isinstance(kind, Convolution):
        kernel, stride, padding = zip(*kind.conv.sides, strict=True)
        steps.append(nn.Conv2d(kind.pooled_shape[0], kind.size, kernel, stride, padding))
    if kind.is_spatial:
        steps.append(nn.Flatten())
    if not isinstance(kind, Convolution):
        steps.append(nn.Linear(kind.n_fed, kind.n_out))
    return nn.Sequential(*steps) if len(steps) > 1 else steps[0]


class _Network(nn.Module):
    def __init__(self, kinds: Sequence[LayerKind], n_steps: int, hoisted: bool):
        super().__init__()
        self.layers = nn.ModuleList(_synapse(kind) for kind in kinds)
        self.n_steps, self.hoisted = n_steps, hoisted

    def forward(self, x: Tensor) -> Tensor:
        """Show the values at every step; return the membranes of the readout after the last."""
        first, *others = self.layers
        membranes = [x.new_zeros(()) for _ in self.layers]
        current = first(x) if self.hoisted else None
        for _ in range(self.n_steps):
            membranes[0] = _BETA * membranes[0] + (first(x) if current is None else current)
            for index, layer in enumerate(others):
                spikes = _Spike.apply(membranes[index] - 1)
                membranes[index] = membranes[index] - spikes
                membranes[index + 1] = _BETA * membranes[index + 1] + layer(spikes)
        return membranes[-1]


class Loop:
    """The loop on one thread; its timing repeats and takes the best.

    Parameters
    ----------
    kinds : sequence of LayerKind
        Hidden layers and readout; recurrent ones without their own spikes.
    n_steps, batch_size : int
    hoisted : bool
    """

    def __init__(self, kinds: Sequence[LayerKind], *, n_steps: int, batch_size: int, hoisted: bool = False):
        torch.set_num_threads(1)
        torch.manual_seed(0)
        self.network = _Network(kinds, n_steps, hoisted)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=_RATE)
        self.batch_size = batch_size

    def train(self, dataset: Dataset) -> float:
        """Return training samples per second of processor time."""
        x, y = self._batches(dataset)

        def step(index: int) -> None:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.network(x[index]), y[index]).backward()
            self.optimizer.step()

        return self._speed(step, len(x))

    def infer(self, dataset: Dataset) -> float:
        """Return inference samples per second of processor time."""
        x, _ = self._batches(dataset)
        with torch.inference_mode():
            return self._speed(lambda index: self.network(x[index]), len(x))

    def _batches(self, dataset: Dataset) -> tuple[Tensor, Tensor]:
        count = min(len(dataset.train_y) // self.batch_size, _TIMED) or 1
        chosen = slice(count * self.batch_size)
        x = torch.tensor(dataset.train_x[chosen].astype("float32")) / float((1 << dataset.value_width) - 1)
        y = torch.tensor(dataset.train_y[chosen])
        return x.reshape(count, -1, x.shape[-1]), y.reshape(count, -1)

    def _speed(self, step: Any, n_batches: int) -> float:
        for index in range(_WARM_UP):
            step(index % n_batches)
        best = float("inf")
        for _ in range(_REPEATS):
            start = time.process_time()
            for index in range(_TIMED):
                step(index % n_batches)
            best = min(best, time.process_time() - start)
        return _TIMED * self.batch_size / best
