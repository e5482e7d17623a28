"""Networks trained on a data set, each once: by what is trained, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.config import NetworkConfig

from .memo import Memo, key_of

if TYPE_CHECKING:
    from golden.network import LearningNetwork
    from train.data import AnyDataset


@dataclass(frozen=True, kw_only=True)
class Trainings:
    """Trainings on one data set, kept in a folder.

    Parameters
    ----------
    dataset : Dataset or EventDataset
    digest : str
        A name for its samples.
    folder : path
        Exists, and can be written.
    """

    dataset: AnyDataset
    digest: str
    folder: Path

    def outcome(self, config: NetworkConfig, *, keep: bool) -> dict[str, float]:
        """Return accuracy and activity of a network trained for its whole run; `keep`: store the network as well."""
        return self._memo.answer(self._question(config), lambda: self._train(config, keep))

    def network(self, config: NetworkConfig) -> LearningNetwork:
        """Return the trained network; it is trained anew where it is not kept. Its hardware may be another."""
        from golden import checkpoint
        from golden.errors import CheckpointError
        from golden.network import LearningNetwork

        path = self._path(config)
        try:
            stored = checkpoint.load(path)
        except CheckpointError:
            self._train(config, keep=True)
            stored = checkpoint.load(path)
        return LearningNetwork.of(stored.network)

    @property
    def _memo(self) -> Memo:
        return Memo(self.folder, "training", __name__)

    def _question(self, config: NetworkConfig) -> dict[str, Any]:
        return {"config": key_of(config, hardware=False), "data": self.digest}

    def _path(self, config: NetworkConfig) -> Path:
        return self._memo.path(self._question(config), ".npz")

    def _train(self, config: NetworkConfig, keep: bool) -> dict[str, float]:
        from golden import checkpoint
        from train.online import evaluate, train_online

        training = train_online(config, self.dataset)
        if keep:
            checkpoint.save(self._path(config), training.network)
        outcome, last = evaluate(training.network, self.dataset), training.history[-1]
        activity = outcome.activity
        return {
            "accuracy": outcome.accuracy,
            "training_accuracy": last.training_accuracy,
            "updated": last.updated,
            "synaptic_updates": last.synaptic_updates,
            "input_events": activity.input_events / activity.samples,
            "hidden_events": activity.hidden_events / activity.samples,
            "synaptic_operations": activity.synaptic_operations / activity.samples,
        }
