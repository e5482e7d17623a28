"""Batches of input spikes as tensors: exactly the spikes of :mod:`golden.encoding`, normalised to 0..1."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from golden.config import NetworkConfig
from golden.encoding import Events, encode, encode_events
from train.data import Dataset


class Inputs:
    """One part of a data set, encoded batch by batch.

    Parameters
    ----------
    values : uint array (n, n_inputs)
    labels : int64 array (n,)
    config : NetworkConfig
        Its encoding and steps.
    device : torch.device
    """

    def __init__(
        self, values: np.ndarray, labels: np.ndarray, config: NetworkConfig, device: torch.device | str = "cpu"
    ) -> None:
        self.config, self.device = config, torch.device(device)
        self.labels = torch.from_numpy(np.ascontiguousarray(labels, np.int64)).to(self.device)
        self._values = values
        self._levels: Tensor | None = None
        if config.encoding.kind in ("every_step", "single_shot"):
            once = encode(values, config.encoding, 1)[:, 0]
            self._levels = torch.from_numpy(once.astype(np.uint8)).to(self.device)

    @classmethod
    def of(cls, dataset: Dataset, part: str, config: NetworkConfig, device: torch.device | str = "cpu") -> Inputs:
        """Take the ``train`` or ``test`` part of a data set."""
        values, labels = (
            (dataset.train_x, dataset.train_y) if part == "train" else (dataset.test_x, dataset.test_y)
        )  # fmt: skip
        return cls(values, labels, config, device)

    def __len__(self) -> int:
        return len(self.labels)

    def spikes(self, samples: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the spikes of some samples, shape (T, batch, n_inputs); steps that are alike share their memory."""
        config = self.config
        highest = (1 << config.encoding.spike_width) - 1
        if self._levels is None:
            found = encode(self._values[samples.cpu().numpy()], config.encoding, config.n_steps)
            return torch.from_numpy(found).transpose(0, 1).to(self.device, dtype) / highest
        first = self._levels[samples].to(dtype) / highest
        if config.encoding.kind == "every_step":
            return first.expand(config.n_steps, *first.shape)
        spikes = first.new_zeros(config.n_steps, *first.shape)
        spikes[0] = first
        return spikes

    def events(self, samples: Tensor) -> Events:
        """Return the same spikes as events."""
        return encode_events(self._values[samples.cpu().numpy()], self.config.encoding, self.config.n_steps)
