"""Batches of input spikes as tensors: exactly the spikes that the golden model sees, normalised to 0..1."""

from __future__ import annotations

import torch
from torch import Tensor

from golden.config import NetworkConfig
from golden.encoding import Events
from train.data import AnyDataset, Dataset
from train.data.dataset import Part
from train.encoders import events_to_dense, golden_spikes


class Inputs:
    """One part of a data set, encoded batch by batch.

    Parameters
    ----------
    dataset : Dataset or EventDataset
    part : {"train", "test"}
    config : NetworkConfig
        Its encoding and steps.
    device : torch.device
    """

    def __init__(
        self, dataset: AnyDataset, part: Part, config: NetworkConfig, device: torch.device | str = "cpu"
    ) -> None:
        self.config, self.device = config, torch.device(device)
        self.labels = torch.from_numpy(dataset.train_y if part == "train" else dataset.test_y).to(self.device)
        self._dataset: AnyDataset = dataset
        self._part: Part = part
        # Values that are shown as they are: encoded once, for all steps.
        self._levels: Tensor | None = None
        if isinstance(dataset, Dataset) and config.encoding.kind in ("every_step", "single_shot"):
            values = dataset.train_x if part == "train" else dataset.test_x
            self._levels = golden_spikes(values, config.encoding, 1)[0].to(self.device, torch.uint8)

    def __len__(self) -> int:
        return len(self.labels)

    def spikes(self, samples: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the spikes of some samples, shape (T, batch, n_inputs); steps that are alike share their memory."""
        config = self.config
        highest = (1 << config.encoding.spike_width) - 1
        if self._levels is None:
            return events_to_dense(self.events(samples)).to(self.device, dtype) / highest
        first = self._levels[samples].to(dtype) / highest
        if config.encoding.kind == "every_step":
            return first.expand(config.n_steps, *first.shape)
        spikes = first.new_zeros(config.n_steps, *first.shape)
        spikes[0] = first
        return spikes

    def events(self, samples: Tensor) -> Events:
        """Return the same spikes as events."""
        config = self.config
        return self._dataset.events(self._part, config.encoding, config.n_steps, samples.cpu().numpy())
