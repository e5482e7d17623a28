"""The ways in: a network from a checkpoint, a preset, a TOML file, a model of PyTorch or a graph of NIR."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import plain_arguments
from .network import IntegerNetwork
from .source import of_checkpoint, of_preset, of_toml

if TYPE_CHECKING:
    from train.bptt.model import SpikingNetwork

    from .nir import ImportedNetwork


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


@plain_arguments
def from_nir(
    source: Any,
    *,
    dialect: str = "auto",
    dt: float | None = None,
    reset: str | None = None,
    compare: str | None = None,
    decay: str | None = None,
    gain: str | None = None,
    n_steps: int | None = None,
    weight_width: int | Sequence[int] | None = None,
    membrane_width: int | Sequence[int] | None = None,
    spike_width: int | str | None = None,
    leak_frac: int | None = None,
    threshold: str | None = None,
    exact: bool = False,
    calibrate: Any = None,
    verify: Any = None,
    require_exact: bool = False,
    name: str | None = None,
    progress: bool = True,
) -> ImportedNetwork:
    """Return the integer network of a NIR graph; its `report` tells what each layer loses (docs/nir.md).

    Parameters
    ----------
    source : path or nir.NIRGraph
    dialect : str
        What the graph means to the framework that wrote it: nir, snntorch, spikingjelly, norse, sinabs, sinabs-single;
        "auto": the one that reproduces the spikes of `verify`, or without them the one that the file gives away.
    dt : float, optional
        Time step, in the unit of the file.
    reset : {"zero", "subtract", "subtract-next"}, optional
    compare : {"gt", "ge", "floor"}, optional
    decay : {"euler", "exp"}, optional
    gain : {"nir", "unit"}, optional
        The dialect's own where left out; so are the three above.
    n_steps : int, optional
        Of a sample; those of the data where there is any.
    weight_width, membrane_width : int or sequence of int, optional
        Bits, 2..24 and 4..32; one value or one for each layer; 8 and 16 where left out.
    spike_width : int or "auto", optional
        Bits of graded spikes, 1..8; as many as the data needs where left out.
    leak_frac : int, optional
        Bits of a decay behind the point, 1..24; 12 where left out.
    threshold : {"integer", "pow2"}, optional
        Any whole number; or a power of two, for smaller hardware.
    exact : bool
        The widest: weights of 24 bits, membranes of 32, decays of 24.
    calibrate : path, mapping or array, optional
        Input spikes (steps, samples, ...), alone or as ``input``, from which the range of the membranes is taken; those
        of `verify` where left out, or else random ones.
    verify : path or mapping, optional
        What the framework computed, as :func:`train.nir.recording.read_recording` takes it.
    require_exact : bool
        Raise where a spike or class differs from those of `verify`.
    name : str, optional
        Of the network; that of the file where left out.
    progress : bool

    Raises
    ------
    NirError
        A file that cannot be read, what integers do not express, widths that have no room for it.
    DataError
        Data that cannot be read or does not fit; spikes that no dialect reproduces.
    InputError
        Options out of range; a dialect that neither file nor data gives away.
    """
    from . import nir

    options = {
        "dt": dt, "reset": reset, "compare": compare, "decay": decay, "gain": gain, "weight_width": weight_width,
        "membrane_width": membrane_width, "spike_width": spike_width, "leak_frac": leak_frac, "threshold": threshold,
    }  # fmt: skip
    return nir.from_nir(
        source, dialect=dialect, n_steps=n_steps, calibrate=calibrate, verify=verify, exact=exact,
        require_exact=require_exact, name=name, progress=progress, options=options,
    )  # fmt: skip
