"""Files of a training run by surrogate gradients: all that a resumed run and an export need, as PyTorch keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from golden.config import LearningNetworkConfig, NetworkConfig
from golden.errors import CheckpointError
from golden.files import write_whole

from .loop import Settings, Trainer
from .model import SpikingNetwork

FORMAT = "intsnn-bptt"
VERSION = 1
_AGAIN = "train the network again"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a run is, beside the state that it is in.

    Attributes
    ----------
    config : NetworkConfig
    settings : Settings
    neuron : dict
        Arguments of :class:`train.bptt.model.SpikingNetwork`: `dropout`, `surrogate`, ...
    quantised : bool
        Trained in the integers of the configuration.
    keep_thresholds : bool
        With the threshold shifts of the configuration; else they follow the weights.
    data : str
    samples : int
        Of the training part.
    digest : str
        Of the data, by content.
    """

    config: NetworkConfig
    settings: Settings
    neuron: dict[str, Any]
    quantised: bool
    data: str
    samples: int
    digest: str
    keep_thresholds: bool = False

    @property
    def fits(self) -> bool:
        """Whether threshold shifts follow the weights; a network that is to learn on line keeps its own."""
        return not (self.keep_thresholds or isinstance(self.config, LearningNetworkConfig))

    def model(self) -> SpikingNetwork:
        """Build the model, with the initial weights of the seed."""
        torch.manual_seed(self.settings.seed)
        model = SpikingNetwork(self.config, **self.neuron)
        return model.quantise(fit=self.fits) if self.quantised else model

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {
            "config": self.config.to_dict(),
            "settings": asdict(self.settings),
            "neuron": self.neuron,
            "quantised": self.quantised,
            "data": self.data,
            "samples": self.samples,
            "digest": self.digest,
            "keep_thresholds": self.keep_thresholds,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Run:
        """Undo :meth:`to_dict`."""
        config, settings = NetworkConfig.from_dict(data["config"]), Settings(**data["settings"])
        return cls(**(data | {"config": config, "settings": settings}))


def save(path: Path | str, run: Run, trainer: Trainer) -> None:
    """Write a run and its state, whole or not at all."""
    content = BytesIO()
    torch.save({"format": FORMAT, "version": VERSION, "run": run.to_dict(), "state": trainer.state()}, content)
    try:
        write_whole(Path(path), content.getvalue())
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be written ({error.strerror}); choose another file or folder") from error


def load(path: Path | str) -> tuple[Run, dict[str, Any]]:
    """Read a run and its state, on the CPU; every fault of the file is one :class:`CheckpointError` that names it."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except Exception as error:  # whatever the library raises, the file is at fault
        raise CheckpointError(f"{path}: damaged, or no state of a training run; {_AGAIN}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path}: no state of a training run by surrogate gradients; {_AGAIN}")
    if content.get("version") != VERSION:
        raise CheckpointError(f"{path}: version {content.get('version')!r}, this program reads {VERSION}; {_AGAIN}")
    try:
        return Run.from_dict(content["run"]), content["state"]
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: damaged ({error}); {_AGAIN}") from error


def load_model(path: Path | str) -> tuple[Run, SpikingNetwork]:
    """Read the model of a run as it was left."""
    run, state = load(path)
    model = run.model()
    try:
        model.load_state_dict(state["model"])
        model.set_threshold_shifts(state["shifts"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"{path}: its weights do not fit its configuration; {_AGAIN}") from error
    return run, model
