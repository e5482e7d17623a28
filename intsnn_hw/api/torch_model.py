"""Integer networks of models trained in PyTorch, and what they lose by their integers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import ConfigError, InputWarning

from .bptt import checkpoint_file, require_torch
from .data import fitting
from .progress import Display, display
from .report import PRIVATE, Facts, Grid, Result, Shown
from .source import Source
from .wording import percent

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import Network
    from train.bptt.inputs import Inputs
    from train.bptt.model import SpikingNetwork
    from train.bptt.post import LayerLoss

    from .data import AnyData


@dataclass(frozen=True, kw_only=True, repr=False)
class Export(Result):
    """A network of the state of a run, and what it loses by its integers.

    Attributes
    ----------
    state, network, topology, data : str
    float_accuracy : float or None
        Of the model in floating point; None where it was trained in its integers.
    accuracy : float
        Of the integer network, 0..1.
    samples, compared, mismatches : int
        Spikes and scores of model and integer network.
    layers : tuple of LayerLoss
        Of a model in floating point: what each layer loses, quantised alone.
    checkpoint : str
    """

    state: str
    network: str
    topology: str
    data: str
    float_accuracy: float | None
    accuracy: float
    samples: int
    compared: int
    mismatches: int
    layers: tuple[LayerLoss, ...]
    checkpoint: str
    exported: Network = field(repr=False, metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return the outcome, and what each layer loses."""
        outcome: list[tuple[str, object]] = []
        if self.float_accuracy is not None:
            outcome.append(("in floating point", percent(self.float_accuracy)))
        outcome += [
            ("in integers", f"{percent(self.accuracy)} of {self.samples:,} samples of {self.data}"),
            ("integer network", f"equal to the model in {self.compared:,} spikes and scores"),
            ("checkpoint", self.checkpoint),
        ]
        items: list[Shown] = [Facts(tuple(outcome), f"{self.network}, {self.topology}")]
        if self.layers:
            rows = tuple(
                (entry.layer, entry.weight_width, entry.threshold_shift,
                 "no error" if entry.weight_sqnr_db is None else f"{entry.weight_sqnr_db:.1f} dB",
                 "-" if entry.spikes_changed is None else percent(entry.spikes_changed), percent(entry.accuracy))
                for entry in self.layers
            )  # fmt: skip
            names = ("layer", "weight bits", "threshold shift", "weights to error", "spikes changed", "accuracy")
            items.append(Grid(names, rows, "each layer quantised alone", text=0))
        return items


def of_model(model: SpikingNetwork, widths: dict[str, int], where: str) -> Source:
    """Return the integer network of a model; one in floating point is quantised, with a warning where it loses much.

    Raises
    ------
    ConfigError
        Another kind of model, weights that are no finite numbers, widths out of range, or widths for a model that has
        its integers.
    """
    require_torch()
    from train.bptt.export import to_network
    from train.bptt.layers import spiking_layers
    from train.bptt.model import SpikingNetwork
    from train.bptt.quality import check_finite

    if not isinstance(model, SpikingNetwork):
        raise ConfigError(
            f"the model is of type {type(model).__name__}, which has no widths, encoding or leaks to make hardware of; "
            'build it as a train.bptt.SpikingNetwork: docs/tutorial.md, "A network that hardware can run"'
        )
    check_finite(model)
    if all(layer.quantisation is None for layer in spiking_layers(model)):
        model = _quantised(model, widths)
    elif widths:
        name = next(iter(widths))
        raise ConfigError(f"`{name}`: {where} was trained in its integers; only one in floating point takes others")
    network = to_network(model)
    return Source(config=network.config, network=network, where=where)


def chosen_widths(weight_width: int | None, membrane_width: int | None) -> dict[str, int]:
    """Return the widths that are given."""
    given = {"weight_width": weight_width, "membrane_width": membrane_width}
    for name, value in given.items():
        if value is not None and type(value) is not int:
            raise ConfigError(f"`{name}`: must be a whole number of bits, got {value!r}")
    return {name: value for name, value in given.items() if value is not None}


def data_of(state: Path | str) -> str:
    """Return the name of the data set that the state of a run comes from."""
    require_torch()
    from train.bptt.state import load
    from train.data.fit import usual_set

    stored = load(state)[0]
    return usual_set(stored.config, stored.data)


def export(
    state: Path | str,
    out: Path | str,
    *,
    data: AnyData | None = None,
    weight_width: int | None = None,
    membrane_width: int | None = None,
    progress: bool = True,
) -> Export:
    """Write the integer network of the state of a run, compared with its model on all test samples.

    Parameters
    ----------
    state : path
        As training by surrogate gradients leaves it (.pt).
    out : path
        Checkpoint to write (.npz).
    data : as :func:`intsnn_hw.dataset` takes it, optional
        That of the run where left out.
    weight_width, membrane_width : int, optional
        Of all layers of a model in floating point; its configuration's where left out.
    progress : bool
        Show work under way.

    Raises
    ------
    CheckpointError
        A state that is missing or damaged.
    ConfigError, DataError
        As :func:`intsnn_hw.from_torch` and :func:`intsnn_hw.dataset`.
    """
    require_torch()
    from golden import checkpoint
    from train.bptt.export import compare
    from train.bptt.inputs import Inputs
    from train.bptt.loop import Epoch, accuracy
    from train.bptt.record import notes
    from train.bptt.state import load, load_model

    stored, model = load_model(state)
    widths = chosen_widths(weight_width, membrane_width)
    place, show = checkpoint_file(out), display(progress)
    source = of_model(model, widths, str(state)) if stored.quantised else None
    dataset = fitting(stored.config, {"data": stored.data}, data)
    test = Inputs(dataset, "test", stored.config)
    layers: tuple[LayerLoss, ...] = ()
    float_accuracy = None
    if source is None:
        float_accuracy = accuracy(model, test)
        model, layers = _measured(model, widths, test, show)
        source = of_model(model, {}, str(state))
    network = source.with_weights()
    with show.status("comparing model and integer network"):
        comparison = compare(model, network, test)
    if comparison.n_mismatches:
        raise RuntimeError(f"model and integer network differ in {comparison.n_mismatches} values")
    history = [Epoch(**entry) for entry in load(state)[1]["history"]]
    checkpoint.save(place, network, training=notes(stored, history, network.config))
    return Export(
        state=str(state),
        network=network.config.name,
        topology=network.config.topology,
        data=dataset.name,
        float_accuracy=float_accuracy,
        accuracy=comparison.accuracy,
        samples=comparison.samples,
        compared=comparison.n_compared,
        mismatches=comparison.n_mismatches,
        layers=layers,
        checkpoint=str(place),
        exported=network,
    )


def _measured(
    model: SpikingNetwork, widths: dict[str, int], test: Inputs, show: Display
) -> tuple[SpikingNetwork, tuple[LayerLoss, ...]]:
    """Return a quantised copy of a model in floating point, and what each layer loses."""
    from train.bptt.post import losses_by_layer
    from train.bptt.quality import check_finite

    check_finite(model)
    model.config = _with_widths(model.config, widths)
    with show.status("quantising layer by layer"):
        layers = tuple(losses_by_layer(model, test))
    return _quantised(model, {}), layers


def _quantised(model: SpikingNetwork, widths: dict[str, int]) -> SpikingNetwork:
    """Return a quantised copy of a model; what loses much is an :class:`golden.errors.InputWarning`.

    Its integers are those of an inference core: scales follow the weights, not a learning rule.
    """
    import copy

    from train.bptt.post import quantised
    from train.bptt.quality import remarks

    copied = copy.deepcopy(model)
    copied.config = _with_widths(model.config, widths)
    found = quantised(copied)
    for remark in remarks(found):
        warnings.warn(remark, InputWarning, stacklevel=4)
    return found


def _with_widths(config: NetworkConfig, widths: dict[str, int]) -> NetworkConfig:
    from golden.config import FieldError

    try:
        layers = []
        for layer in config.layers:
            membrane_width = widths.get("membrane_width", layer.neuron.membrane_width)
            # The shift is chosen by the weights afterwards; here it only has to be possible.
            highest = max(0, membrane_width - 1 - layer.neuron.spike_width)
            neuron = replace(
                layer.neuron,
                membrane_width=membrane_width,
                threshold_shift=min(layer.neuron.threshold_shift, highest),
            )
            weight_width = widths.get("weight_width", layer.weight_width)
            layers.append(replace(layer, weight_width=weight_width, neuron=neuron))
        return replace(config, layers=tuple(layers), learning=None)
    except FieldError as error:
        raise error.renamed(f"`{error.field}`") from error
