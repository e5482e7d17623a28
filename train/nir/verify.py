"""Which dialect reproduces recorded spikes: mismatches of every one, and the choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.errors import DataError, InputError, NirError
from train.nir.chain import read_chain
from train.nir.dialects import DIALECTS, Dialect
from train.nir.dynamics import Discrete, discretize
from train.nir.hints import Hint, guess, hints
from train.nir.layers import Chain
from train.nir.recording import Recording
from train.nir.simulate import Dtype, Trace, run

ROUNDING = 1e-5
"""Share of the threshold within which float32 and float64 may decide otherwise."""

RARE = 1e-5
"""Share of decisions that may lie so close: the networks measured had fewer than one in a million."""

SCREENED = 64
"""Samples that are enough to tell dialects apart; the one that is chosen must reproduce all."""

_ELEMENTS = 1 << 22
"""Membranes that are kept at a time."""

_READOUT = 1e-3
"""Share of the largest membrane by which those of a readout may differ: float32 sums over all steps."""


@dataclass(frozen=True, kw_only=True)
class First:
    """A first mismatch.

    Attributes
    ----------
    sample, step, neuron : int
    distance : float
        ``u / threshold`` less the nearest whole level at which the decision changes.
    """

    sample: int
    step: int
    neuron: int
    distance: float


@dataclass(frozen=True, kw_only=True)
class LayerMatch:
    """A layer, fed with recorded spikes of the layer before, or simulated ones where there are none.

    Attributes
    ----------
    name : str
    mismatches, decisions : int
        Of spikes, or of membranes of a readout.
    close, origins : int
        Mismatches of samples whose first one lies within :data:`ROUNDING` of the threshold, and how many samples.
    first : First or None
    """

    name: str
    mismatches: int
    decisions: int
    close: int
    origins: int
    first: First | None

    @property
    def is_rounding(self) -> bool:
        """Whether all mismatches follow from decisions so close to the threshold that float32 may differ, a rare few.

        Many that lie at the threshold mean another comparison.
        """
        return self.mismatches == self.close and self.origins <= 1 + RARE * self.decisions


@dataclass(frozen=True, kw_only=True)
class Match:
    """A dialect against a recording.

    Attributes
    ----------
    dialect : Dialect
    layers : tuple of LayerMatch
        Those that are recorded; none where the dialect does not apply.
    obstacle : str or None
        Why it does not apply, as a time constant below its step.
    """

    dialect: Dialect
    layers: tuple[LayerMatch, ...]
    obstacle: str | None = None

    @property
    def mismatches(self) -> int:
        """Of all layers."""
        return sum(layer.mismatches for layer in self.layers)

    @property
    def share(self) -> float:
        """Mismatches of all decisions; 1 where the dialect does not apply."""
        return self.mismatches / sum(layer.decisions for layer in self.layers) if self.layers else 1.0

    @property
    def is_reproduced(self) -> bool:
        """Whether there is no mismatch, or none that does not follow from rounding."""
        return bool(self.layers) and all(layer.is_rounding for layer in self.layers)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A dialect that was found.

    Attributes
    ----------
    dialect : Dialect
    why : str
        The hint, or the recording that it reproduces.
    others : tuple of str
        Labels of dialects that reproduce the recording as well: equal on this network, or on so few spikes.
    proof : Match or None
        Over all samples; None of a hint.
    """

    dialect: Dialect
    why: str
    others: tuple[str, ...] = ()
    proof: Match | None = None


def candidates(hint: Hint) -> tuple[Dialect, ...]:
    """All dialects and their usual variants, those that a file hints at first; with the dt that it hints at."""
    variants = [
        *DIALECTS.values(),
        DIALECTS["snntorch"].override(reset="subtract"),
        DIALECTS["spikingjelly"].override(reset="subtract"),
        DIALECTS["sinabs"].override(gain="nir"),
        DIALECTS["sinabs-single"].override(gain="nir"),
    ]
    if hint.dt is not None:
        with_dt = [each.override(dt=hint.dt) for each in variants if each.name in ("nir", "snntorch", "spikingjelly")]
        variants = [*with_dt, *(each for each in variants if each not in with_dt)]
    order = {name: place for place, name in enumerate(hint.dialects)}
    return tuple(sorted(variants, key=lambda each: (order.get(each.name, len(order)), len(each.overridden))))


def match(chain: Chain, dialect: Dialect, recorded: Recording, dtype: Dtype = np.float64) -> Match:
    """Compare a dialect with a recording, some samples at a time."""
    try:
        layers = discretize(chain, dialect)
    except NirError as error:
        return Match(dialect=dialect, layers=(), obstacle=str(error))
    found: dict[str, LayerMatch] = {}
    step = max(1, _ELEMENTS // (recorded.input.shape[0] * max(layer.n_neurons for layer in layers)))
    for start in range(0, recorded.n_samples, step):
        block = recorded.samples(start, start + step)
        x = block.input
        for layer in layers:
            trace, theirs = run(layer, x, dtype), block.layers.get(layer.name)
            if theirs is not None:
                scale = float(np.abs(recorded.layers[layer.name]).max()) if layer.is_readout else 0.0
                ours = _layer(layer, trace, theirs, start, scale)
                found[layer.name] = _together(found[layer.name], ours) if layer.name in found else ours
            x = trace.spikes if theirs is None else theirs
    return Match(dialect=dialect, layers=tuple(found.values()))


def matches(
    graph: Any, recorded: Recording, chain: Chain | None = None, overrides: Mapping[str, Any] | None = None
) -> tuple[Match, ...]:
    """Compare all :func:`candidates` with the first :data:`SCREENED` samples, the best first; equals keep order.

    `overrides` are fields of :class:`Dialect` that are known.
    """
    chain = read_chain(graph) if chain is None else chain
    some = recorded.samples(0, SCREENED)
    tried = dict.fromkeys(each.override(**(overrides or {})) for each in candidates(hints(graph)))
    found = [match(chain, each, some) for each in tried]
    return tuple(sorted(found, key=lambda each: (not each.is_reproduced, each.share)))


def choose(
    graph: Any,
    recorded: Recording | None,
    chain: Chain | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Choice:
    """Choose the dialect of a graph: the one that reproduces a recording, or without one a certain hint.

    `overrides` are fields of :class:`Dialect` that are known.

    Several may reproduce it, if nothing in it tells them apart; then the one that the file hints at.

    Raises
    ------
    DataError
        No dialect reproduces the recording; the message holds the table.
    InputError
        No recording, and the hint is not certain.
    """
    if recorded is None:
        return Choice(dialect=guess(graph).override(**(overrides or {})), why=hints(graph).why)
    chain = read_chain(graph) if chain is None else chain
    found = matches(graph, recorded, chain, overrides)
    proof = match(chain, found[0].dialect, recorded)
    if not found[0].is_reproduced or not proof.is_reproduced:
        raise DataError(
            f"{recorded.where}: no dialect reproduces these spikes: {table(found)}; record what the exported network "
            "itself computes, or override `dt`, `reset`, `compare`, `decay` or `gain`"
        )
    others = tuple(each.dialect.label for each in found[1:] if each.is_reproduced)
    return Choice(dialect=proof.dialect, why=f"reproduces {recorded.where}", others=others, proof=proof)


def require(chain: Chain, dialect: Dialect, recorded: Recording) -> Match:
    """Return the match of a dialect that was named.

    Raises
    ------
    InputError
        It does not reproduce the recording, or does not apply.
    """
    found = match(chain, dialect, recorded)
    if found.obstacle is not None:
        raise InputError(found.obstacle)
    if not found.is_reproduced:
        layer = next(each for each in found.layers if not each.is_rounding)
        raise InputError(
            f"{recorded.where}: dialect {dialect.label} does not reproduce these spikes: {_row(found)}, first in layer "
            f"'{layer.name}', {_text(layer.first)}; let `dialect` auto find the one that does"
        )
    return found


def table(found: Sequence[Match]) -> str:
    """All matches in one line, the best first."""
    return ", ".join(f"{each.dialect.label} {_row(each)}" for each in sorted(found, key=lambda each: each.share))


def _row(found: Match) -> str:
    if found.obstacle is not None:
        return "does not apply"
    decisions = sum(layer.decisions for layer in found.layers)
    return f"{found.mismatches:,} of {decisions:,} ({100 * found.share:.2g} %)"


def _text(first: First | None) -> str:
    if first is None:
        return "nowhere"
    return f"sample {first.sample}, step {first.step}, neuron {first.neuron}, {first.distance:+.2g} from the threshold"


def _layer(layer: Discrete, trace: Trace, theirs: Any, start: int, scale: float) -> LayerMatch:
    """Compare a layer over the samples from `start` on; `scale` is the largest membrane of a readout."""
    ours = trace.output(layer)
    off = np.abs(ours - theirs) > _READOUT * max(scale, 1e-9) if layer.is_readout else ours != theirs
    first, close, origins = None, 0, 0
    for sample in np.flatnonzero(off.any(axis=(0, 2))):
        step = int(np.flatnonzero(off[:, sample].any(axis=1))[0])
        neurons = np.flatnonzero(off[step, sample])
        away = distances(layer, trace.membranes[step, sample, neurons], neurons)
        if (np.abs(away) <= ROUNDING).all():
            close, origins = close + int(off[:, sample].sum()), origins + 1
        if first is None:
            worst = int(np.abs(away).argmax())
            neuron, distance = int(neurons[worst]), float(away[worst])
            first = First(sample=start + int(sample), step=step, neuron=neuron, distance=distance)
    n_off = int(off.sum())
    return LayerMatch(name=layer.name, mismatches=n_off, decisions=off.size, close=close, origins=origins, first=first)


def _together(one: LayerMatch, other: LayerMatch) -> LayerMatch:
    """The counts of two blocks of samples, and the first mismatch of the earlier that has one."""
    return LayerMatch(
        name=one.name,
        mismatches=one.mismatches + other.mismatches,
        decisions=one.decisions + other.decisions,
        close=one.close + other.close,
        origins=one.origins + other.origins,
        first=one.first or other.first,
    )


def distances(layer: Discrete, membranes: Any, neurons: Any = slice(None)) -> Any:
    """How far membranes (..., neurons) are from the level at which the number of spikes changes, in thresholds."""
    if layer.threshold is None:
        return np.full(membranes.shape, np.inf)
    levels = membranes / layer.threshold[neurons]
    nearest = np.maximum(np.round(levels), 1) if layer.compare == "floor" else 1.0
    return levels - nearest
