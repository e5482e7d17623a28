"""What a file lets one guess of the framework that wrote it; only recorded spikes are proof."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.errors import InputError
from train.nir.dialects import DIALECTS, Dialect
from train.nir.flat import Flat, flatten

_TAUS = {"LIF": "tau", "LI": "tau", "CubaLIF": "tau_mem", "CubaLI": "tau_mem"}
_NEURONS = (*_TAUS, "IF", "I")
_PROOF = "record spikes of the framework and verify, or name the dialect"


@dataclass(frozen=True, kw_only=True)
class Hint:
    """A guess.

    Attributes
    ----------
    dialects : tuple of str
        Names of those that fit, the likeliest first.
    is_certain : bool
        Whether the first may be taken without a proof.
    dt : float or None
        A step as the parameters say it, by ``r = tau / dt`` or, of IF, ``r = 1 / dt``; None where they do not.
    why : str
        What it rests on, in a few words.
    """

    dialects: tuple[str, ...]
    is_certain: bool
    dt: float | None
    why: str


def hints(graph: Any) -> Hint:
    """Guess the dialect of a graph by the names of its nodes, its r and its time constants.

    Raises
    ------
    NirError
        No graph.
    """
    flat = flatten(graph)
    neurons = [name for name in flat.nodes if flat.kind(name) in _NEURONS]
    if not neurons:
        return Hint(dialects=("nir",), is_certain=True, dt=None, why="no parameter depends on the dialect")
    dt = _step(flat, neurons)
    if _is_spikingjelly(flat):
        return Hint(dialects=("spikingjelly",), is_certain=True, dt=dt, why="nodes are called input_1 and _0")
    if any(name.endswith(".w_rec") and f"{name[:-6]}.lif" in flat.nodes for name in flat.nodes):
        return Hint(dialects=("snntorch", "nir"), is_certain=False, dt=dt, why="nodes are called .lif and .w_rec")
    taus = [np.ravel(getattr(flat.nodes[name], _TAUS[flat.kind(name)])) for name in neurons if flat.kind(name) in _TAUS]
    if not all((np.asarray(flat.nodes[name].r) == 1).all() for name in neurons):
        names, why = ("snntorch", "nir", "spikingjelly"), "r is not 1"
        return Hint(dialects=names, is_certain=False, dt=dt, why=why if dt is None else "r = tau / dt")
    if not taus:
        return Hint(dialects=("norse", "sinabs", "sinabs-single"), is_certain=False, dt=dt, why="r = 1 of IF")
    if max(each.max() for each in taus) < 1e-4:
        return Hint(dialects=("norse",), is_certain=True, dt=dt, why="r = 1 and tau < 1e-4")
    if min(each.min() for each in taus) >= 1:
        return Hint(dialects=("sinabs", "sinabs-single"), is_certain=False, dt=dt, why="r = 1 and tau >= 1")
    return Hint(dialects=("nir", "spikingjelly", "sinabs"), is_certain=False, dt=dt, why="r = 1")


def guess(graph: Any) -> Dialect:
    """Return the dialect that a graph hints at with certainty.

    Raises
    ------
    InputError
        The hint is not certain; the message tells what fits.
    """
    hint = hints(graph)
    if hint.is_certain:
        return DIALECTS[hint.dialects[0]]
    if hint.dialects[:2] == ("snntorch", "nir"):
        raise InputError(f"dialect: snnTorch default or literal? The file ({hint.why}) does not say; {_PROOF}")
    raise InputError(f"dialect: {' or '.join(hint.dialects)}? The file ({hint.why}) does not say; {_PROOF}")


def _step(flat: Flat, neurons: list[str]) -> float | None:
    """The dt that r holds, if all neurons say the same."""
    found = []
    for name in neurons:
        node, kind = flat.nodes[name], flat.kind(name)
        r = np.asarray(node.r, float)
        if (r == 1).all() or not (r > 0).all():
            continue
        tau = np.asarray(getattr(node, _TAUS[kind]), float) if kind in _TAUS else np.ones_like(r)
        found += [*np.ravel(tau / r)]
    if not found or not np.allclose(found, found[0], rtol=1e-3, atol=0):
        return None
    return float(f"{np.median(found):.3g}")


def _is_spikingjelly(flat: Flat) -> bool:
    """Whether nodes have the names that torch.fx gives, as its exporter does and the others do not."""
    inputs = [name for name in flat.nodes if flat.kind(name) == "Input"]
    return "input_1" in inputs and any(re.fullmatch(r"_\d+", name) for name in flat.nodes)
