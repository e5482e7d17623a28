"""Networks of other frameworks, through NIR: converted to integers, and compared with what the framework computed."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, NirError
from golden.places import named_path

from .network import IntegerNetwork
from .progress import SILENT, display
from .report import Facts, Grid, Result, Shown
from .source import Source
from .wording import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from train.nir.calibration import Calibration
    from train.nir.convert import Converted
    from train.nir.dialects import Dialect
    from train.nir.dynamics import Discrete
    from train.nir.layers import Chain
    from train.nir.measure import Measured
    from train.nir.options import Options
    from train.nir.recording import Recording
    from train.nir.report import LayerReport
    from train.nir.verify import Choice, First

OVERRIDES = ("dt", "reset", "compare", "decay", "gain")
"""What a caller may change of a dialect."""
WIDTHS = ("weight_width", "membrane_width", "spike_width", "leak_frac", "threshold")
_SHOW_FROM = 3e9
"""Products from which work takes seconds, so that it is shown."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Imported(Result):
    """A network of NIR in integers.

    Attributes
    ----------
    source, network, topology : str
    dialect : str
        What the file was taken for, as options of the command line.
    why : str
        What that rests on.
    others : tuple of str
        Dialects that reproduce the recorded spikes as well.
    calibration : str
        What the range of the membranes comes from.
    reference : str
        What the integers are compared with.
    steps, samples : int
        Of the comparison.
    exact : bool
        Whether no spike and no class differs.
    agreement : float
        Share of samples with the same class, 0..1.
    float_accuracy, accuracy : float or None
        Of the reference and of the integers, where the classes are known.
    layers : tuple of LayerReport
    checkpoint : str or None
    """

    source: str
    network: str
    topology: str
    dialect: str
    why: str
    others: tuple[str, ...]
    calibration: str
    reference: str
    steps: int
    samples: int
    exact: bool
    agreement: float
    float_accuracy: float | None
    accuracy: float | None
    layers: tuple[LayerReport, ...]
    checkpoint: str | None = None

    def shown(self) -> list[Shown]:
        """Return the dialect, the equality, and a row for each layer."""
        also = f"; so do {', '.join(self.others)}" if self.others else ""
        compared = f"{self.samples:,} samples of {self.steps} steps, {self.reference}"
        facts: list[tuple[str, object]] = [
            ("dialect", f"{self.dialect} ({self.why}{also})"),
            ("compared with", compared),
            ("spikes that differ", self._differing()),
            ("same class", percent(self.agreement)),
        ]
        if self.accuracy is not None and self.float_accuracy is not None:
            facts.append(("accuracy", f"{percent(self.accuracy)}, in float {percent(self.float_accuracy)}"))
        if first := next((each for each in self.layers if each.first_in_cascade is not None), None):
            facts.append(("first difference", f"layer '{first.name}', {_text(first.first_in_cascade)}"))
        facts += [(f"layer '{each.name}'", text) for each in self.layers for text in _remarks(each)]
        if self.checkpoint is not None:
            facts.append(("checkpoint", self.checkpoint))
        names = (
            "layer", "neurons", "bits of weights, membranes", "threshold", "guard bits", "weights to error",
            "decisions", "differ alone", "in cascade", "predicted alone",
        )  # fmt: skip
        rows = tuple(_row(each) for each in self.layers)
        title = f"{self.network}, {self.topology}"
        return [Facts(tuple(facts), title), Grid(names, rows, "each layer", wide=True)]

    def _differing(self) -> str:
        decisions = sum(each.decisions for each in self.layers)
        if not decisions:
            return "there are none"
        differ = sum(each.cascade for each in self.layers)
        return f"{differ:,} of {decisions:,} ({percent(differ / decisions)})" if differ else f"none of {decisions:,}"


class ImportedNetwork(IntegerNetwork):
    """A network that :func:`intsnn_hw.from_nir` made; `report` tells what it loses by its integers."""

    def __init__(self, source: Source, report: Imported) -> None:
        super().__init__(source)
        self._report = report

    @property
    def report(self) -> Imported:
        """What the conversion found."""
        return self._report


def from_nir(
    source: Any,
    *,
    dialect: str,
    n_steps: int | None,
    calibrate: Any,
    verify: Any,
    exact: bool,
    require_exact: bool,
    name: str | None,
    progress: bool,
    options: Mapping[str, Any],
) -> ImportedNetwork:
    """Convert a NIR graph; see :func:`intsnn_hw.from_nir`."""
    from train.nir.convert import convert
    from train.nir.expressible import check_expressible
    from train.nir.measure import measure

    chosen = _options(options, exact)
    where, graph, chain = _opened(source)
    recorded = None if verify is None else _recording(verify, chain)
    choice = _choice(graph, chain, recorded, dialect, {key: options[key] for key in OVERRIDES if key in options})
    with _named(where):
        layers = _discretized(chain, choice.dialect)
        check_expressible(layers)
    spikes = None if calibrate is None else _inputs(calibrate, chain)
    n_steps = _steps(n_steps, recorded, spikes)
    if require_exact and recorded is None:
        raise ConfigError("`require_exact`: needs spikes that the framework recorded; give them as `verify`")
    reference = recorded or _stand_in(layers, spikes, n_steps)
    samples = reference.n_samples + (reference.n_samples if spikes is None else spikes[1].shape[1])
    show = display(progress) if _products(layers, n_steps) * samples > _SHOW_FROM else SILENT
    with show.watch("converting", samples) as advance, _named(where):
        seen = _calibration(layers, spikes, recorded, reference, advance)
        made = convert(layers, seen, chosen, n_steps=n_steps, name=_name(name, where))
        measured = measure(made, layers, seen, reference, advance)
    report = _report(where, choice, seen, reference, recorded is not None, made, measured)
    if require_exact:
        _check_exact(report)
    return ImportedNetwork(
        Source(config=made.network.config, network=made.network, notes={"nir": _notes(report)}, where=where), report
    )


def _options(given: Mapping[str, Any], exact: bool) -> Options:
    from train.nir.options import EXACT, Options

    widths = {key: given[key] for key in WIDTHS if given.get(key) is not None}
    if widths.get("spike_width") == "auto":
        del widths["spike_width"]
    for key in ("weight_width", "membrane_width"):
        if key in widths:
            widths[key] = tuple(widths[key]) if isinstance(widths[key], list | tuple) else (widths[key],)
    if exact:
        for key in EXACT:
            if key in widths:
                raise ConfigError(f"`{key}`: goes without `exact`, which says it; leave one of them out")
        widths |= EXACT
    return Options(**widths)


def _opened(source: Any) -> tuple[str, Any, Chain]:
    """Return what the network is called in messages, its graph, and its layers."""
    from train.nir.chain import read_chain
    from train.nir.read import read_graph

    if not isinstance(source, str | os.PathLike):
        return "the graph", source, read_chain(source)
    path = named_path(source)
    graph = read_graph(path)
    with _named(str(path)):
        return str(path), graph, read_chain(graph)


class _named:
    """Begins messages about a graph with the name of its file."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, NirError) and not str(error).startswith(self._where):
            raise NirError(f"{self._where}: {error}") from error


def _recording(verify: Any, chain: Chain) -> Recording:
    from train.nir.recording import read_recording, recording

    return recording(verify, chain, "`verify`") if isinstance(verify, Mapping) else read_recording(
        named_path(verify), chain
    )  # fmt: skip


def _inputs(calibrate: Any, chain: Chain) -> tuple[str, NDArray[Any]]:
    """Return spikes (steps, samples, inputs) and where they are from."""
    from train.nir.recording import input_spikes, read_arrays

    if isinstance(calibrate, Mapping):
        return "`calibrate`", input_spikes(calibrate, chain, "`calibrate`")
    if not isinstance(calibrate, str | os.PathLike):
        return "`calibrate`", input_spikes({"input": calibrate}, chain, "`calibrate`")
    path = named_path(calibrate)
    return str(path), input_spikes(read_arrays(path), chain, str(path))


def _choice(graph: Any, chain: Chain, recorded: Recording | None, name: str, overrides: Mapping[str, Any]) -> Choice:
    from train.nir.dialects import dialect
    from train.nir.verify import Choice, choose, require

    given = {key: value for key, value in overrides.items() if value is not None}
    if name == "auto":
        return choose(graph, recorded, chain, given)
    found = dialect(name, **given)
    if recorded is None:
        return Choice(dialect=found, why="as given")
    return Choice(dialect=found, why=f"reproduces {recorded.where}", proof=require(chain, found, recorded))


def _discretized(chain: Chain, found: Dialect) -> tuple[Discrete, ...]:
    from train.nir.dynamics import discretize

    return discretize(chain, found)


def _steps(given: int | None, recorded: Recording | None, spikes: tuple[str, NDArray[Any]] | None) -> int:
    """Return the steps of a sample: those of the data that the integers are compared on."""
    if recorded is None and spikes is None:
        if given is None:
            raise ConfigError("`n_steps`: a NIR file does not say them; give it, or recorded spikes as `verify`")
        return given
    where, data = (recorded.where, recorded.input) if recorded is not None else spikes or ("", None)
    assert data is not None
    if given is not None and given != len(data):
        raise ConfigError(f"`n_steps`: {where} has {len(data)} steps, got {given}; leave it out")
    return len(data)


def _stand_in(layers: tuple[Discrete, ...], spikes: tuple[str, NDArray[Any]] | None, n_steps: int) -> Recording:
    """Inputs without recorded spikes: the float model stands for them."""
    from golden.config.limits import MAX_STEPS
    from train.nir.calibration import random_spikes
    from train.nir.recording import Recording

    if spikes is not None:
        return Recording(where=spikes[0], input=spikes[1], layers={})
    if type(n_steps) is not int or not 1 <= n_steps <= MAX_STEPS:
        raise ConfigError(f"`n_steps`: must be 1..{MAX_STEPS}, got {n_steps!r}")
    return Recording(where="random spikes", input=random_spikes(layers[0].n_inputs, n_steps), layers={})


def _calibration(
    layers: tuple[Discrete, ...],
    spikes: tuple[str, NDArray[Any]] | None,
    recorded: Recording | None,
    reference: Recording,
    advance: Any,
) -> Calibration:
    from train.nir.calibration import MARGIN, RANDOM_MARGIN, calibrate

    where, data = spikes or (reference.where, reference.input)
    margin = RANDOM_MARGIN if spikes is None and recorded is None else MARGIN
    return calibrate(layers, data, where, margin=margin, advance=advance)


def _products(layers: tuple[Discrete, ...], n_steps: int) -> float:
    """Spike-times-weight products of a sample."""
    each = (layer.n_neurons * math.prod(layer.map.weight.shape[1:]) for layer in layers)
    return float(sum(each)) * n_steps


def _name(name: str | None, where: str) -> str:
    return name or ("nir" if where == "the graph" else Path(where).stem) or "nir"


def _report(
    where: str, choice: Choice, seen: Calibration, reference: Recording, is_recorded: bool, made: Converted,
    measured: Measured,
) -> Imported:  # fmt: skip
    config = made.network.config
    calibration, compared = (text.replace("`", "") for text in (seen.where, reference.where))  # names of arguments
    spikes = "recorded" if is_recorded else "simulated in float"
    return Imported(
        source=where,
        network=config.name,
        topology=config.topology,
        dialect=choice.dialect.label,
        why=choice.why.replace("`", ""),
        others=choice.others,
        calibration=calibration,
        reference=f"{spikes} {'in' if is_recorded else 'on'} {compared}",
        steps=config.n_steps,
        samples=measured.samples,
        exact=measured.is_exact,
        agreement=measured.agreement,
        float_accuracy=measured.float_accuracy,
        accuracy=measured.accuracy,
        layers=measured.layers,
    )


def _notes(report: Imported) -> dict[str, Any]:
    """What a checkpoint keeps of where it comes from."""
    differ = {each.name: [each.alone, each.cascade, each.decisions] for each in report.layers}
    return {"file": Path(report.source).name, "dialect": report.dialect, "differ": differ, "exact": report.exact}


def _check_exact(report: Imported) -> None:
    """Raise ConfigError where integers and reference differ."""
    for layer in report.layers:
        if not layer.is_exact:
            count, first = (layer.alone, layer.first) if layer.alone else (layer.cascade, layer.first_in_cascade)
            raise ConfigError(
                f"`require_exact`: layer '{layer.name}' differs in {count:,} of {layer.decisions:,} spikes, first in "
                f"{_text(first)}; give larger widths, or `exact`"
            )
    if not report.exact:
        raise ConfigError(
            f"`require_exact`: {percent(1 - report.agreement)} of the samples have another class; give larger widths, "
            "or `exact`"
        )


def _text(first: First | None) -> str:
    if first is None:
        return "none"
    where = f"sample {first.sample}, step {first.step}, neuron {first.neuron}"
    return f"{where}, whose float membrane is {first.distance:+.2g} thresholds from firing"


def _row(layer: LayerReport) -> tuple[object, ...]:
    level = "-" if layer.level is None else (
        f"2^{layer.threshold_shift}" if layer.threshold_shift is not None else f"{layer.level:,}"
    )  # fmt: skip
    weights = "no error" if layer.weight_sqnr_db is None else f"{layer.weight_sqnr_db:.1f} dB"
    sizes = (
        layer.name,
        layer.neurons,
        f"{layer.weight_width}, {layer.membrane_width}",
        level,
        layer.guard_bits,
        weights,
    )
    if layer.readout_error is not None and layer.cascade_error is not None:
        return (*sizes, "membranes", percent(layer.readout_error), percent(layer.cascade_error), "-")
    return (*sizes, layer.decisions, layer.alone, layer.cascade, f"{layer.predicted:.0f}")


def _remarks(layer: LayerReport) -> list[str]:
    """What else is to be said of a layer."""
    found = []
    if layer.saturated:
        found.append(f"{layer.saturated:,} membranes had no room; give a larger membrane width, or data to calibrate")
    if layer.clipped:
        found.append(f"{layer.clipped:,} spikes are above the highest level, {(1 << layer.spike_width) - 1}")
    if layer.zero_weights:
        found.append(f"{layer.zero_weights:,} weights of 0 stand for its groups, dilation or long padding")
    if layer.close and (layer.alone or layer.cascade):
        found.append(f"{layer.close:,} decisions are so close to the threshold that float32 may decide otherwise")
    return found
