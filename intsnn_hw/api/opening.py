"""The ways in: a network from a checkpoint, a preset, a TOML file or a model of PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import plain_arguments
from .network import IntegerNetwork
from .source import of_checkpoint, of_preset, of_toml

if TYPE_CHECKING:
    from train.bptt.model import SpikingNetwork


@plain_arguments
def load(path: Path | str, **hardware: Any) -> IntegerNetwork:
    """Return the network of a checkpoint, ``.npz``; `hardware` as :meth:`IntegerNetwork.with_hardware` takes it.

    Raises
    ------
    CheckpointError
        Missing, damaged or of another version.
    """
    return IntegerNetwork(of_checkpoint(path, hardware))


@plain_arguments
def preset(name: str, **options: Any) -> IntegerNetwork:
    """Return a named network, or a variant of it, without weights.

    Parameters
    ----------
    name : str
        Of :data:`intsnn_hw.PRESETS`.
    options
        Fields of :class:`golden.presets.Variant`, as ``hidden=(32, 16)`` or ``spike_width=1``, and of the hardware, as
        ``lanes=8``.

    Raises
    ------
    ConfigError
        An unknown name or option, or a value out of range.
    """
    return IntegerNetwork(of_preset(name, options))


@plain_arguments
def from_toml(path: Path | str, **hardware: Any) -> IntegerNetwork:
    """Return the network of a TOML file, without weights.

    Raises
    ------
    ConfigError
        A file that cannot be read, or a key that breaks a rule; it names the file and the key.
    """
    return IntegerNetwork(of_toml(path, hardware))


@plain_arguments
def from_torch(
    model: SpikingNetwork, *, weight_width: int | None = None, membrane_width: int | None = None
) -> IntegerNetwork:
    """Return the integer network of a model of :mod:`train.bptt`.

    A model in integers gives its own, spike for spike. One in floating point is quantised, with threshold shifts that
    suit its weights; where much is lost, an :class:`intsnn_hw.InputWarning` says so.

    Parameters
    ----------
    model : train.bptt.SpikingNetwork
    weight_width, membrane_width : int, optional
        Of all layers of a model in floating point; its configuration's where left out.

    Raises
    ------
    ConfigError
        Another kind of model, weights that are no finite numbers, or widths out of range.
    """
    from .torch_model import chosen_widths, of_model

    return IntegerNetwork(of_model(model, chosen_widths(weight_width, membrane_width), "the model"))
