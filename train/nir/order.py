"""The order of a flat graph: a path from its input to its output, and which neurons see their own spikes."""

from collections.abc import Mapping
from dataclasses import dataclass

from golden.errors import NirError
from train.nir.flat import Flat

NEURONS = ("LIF", "IF", "CubaLIF", "LI", "I", "CubaLI", "Threshold")
POOLS = ("SumPool2d", "AvgPool2d")
WEIGHTS = ("Linear", "Affine", "Conv1d", "Conv2d")
KNOWN = ("Input", "Output", "Flatten", "Scale", *NEURONS, *POOLS, *WEIGHTS)


@dataclass(frozen=True, kw_only=True)
class Path:
    """A graph as a row of nodes.

    Attributes
    ----------
    names : tuple of str
        From the input to the output, without the recurrent maps.
    recurrent : dict of str to str or None
        Of neurons that see their own spikes: the node with the weights, or None for an edge from them to themselves.
    """

    names: tuple[str, ...]
    recurrent: Mapping[str, str | None]


def order(flat: Flat) -> Path:
    """Order the nodes of a graph.

    Raises
    ------
    NirError
        A node of another type, more than one input or output, skips, fan-out, a cycle through more than the spikes of
        one layer, a node apart from the others.
    """
    for name in flat.nodes:
        _require_known(flat, name)
    recurrent = _recurrent(flat)
    maps = {name for name in recurrent.values() if name is not None}
    rest = flat.without(maps, {(name, name) for name in recurrent})
    _require_no_cycle(rest)
    starts = [name for name in rest.nodes if not rest.before(name)]
    inputs = [name for name in starts if rest.kind(name) == "Input"] or starts
    if len(inputs) != 1:
        named = ", ".join(f"'{name}'" for name in inputs)
        raise NirError(f"the graph starts at {len(inputs)} nodes ({named}); a chain of layers has one input")
    names = [inputs[0]]
    while behind := rest.behind(names[-1]):
        if len(behind) > 1:
            targets = " and ".join(f"'{name}'" for name in behind)
            raise NirError(
                f"{flat.call(names[-1])}: leads to {targets}; skips and fan-out are not supported, make it a chain"
            )
        before = rest.before(behind[0])
        if len(before) > 1:
            sources = " and ".join(f"'{name}'" for name in before)
            raise NirError(f"{flat.call(behind[0])}: adds {sources}; skips are not supported, make it a chain")
        names += behind
    if apart := [name for name in rest.nodes if name not in names]:
        raise NirError(f"{flat.call(apart[0])}: is not reached from '{names[0]}'; remove it or join it to the chain")
    return Path(names=tuple(names), recurrent=recurrent)


def _require_known(flat: Flat, name: str) -> None:
    kind = flat.kind(name)
    if kind == "Delay":
        raise NirError(f"{flat.call(name)}: delays are not supported; remove it, or train without delays")
    if kind not in KNOWN:
        raise NirError(f"{flat.call(name)}: this type is not supported; known are {', '.join(KNOWN)}")


def _recurrent(flat: Flat) -> dict[str, str | None]:
    """Neurons with an edge to themselves, or to a linear map that leads back to them alone."""
    found: dict[str, str | None] = {}
    for name in flat.nodes:
        if flat.kind(name) not in NEURONS:
            continue
        maps = [
            target for target in flat.behind(name)
            if flat.kind(target) in WEIGHTS and flat.before(target) == [name] and flat.behind(target) == [name]
        ]  # fmt: skip
        loops: list[str | None] = [*maps, *([None] if name in flat.behind(name) else [])]
        if len(loops) > 1:
            raise NirError(f"{flat.call(name)}: sees its spikes {len(loops)} times; add the recurrent weights up")
        if loops:
            found[name] = loops[0]
    return found


def _require_no_cycle(flat: Flat) -> None:
    """Take nodes without predecessors away until none is left: what remains is a cycle, or behind one."""
    left = dict.fromkeys(flat.nodes)
    while free := [name for name in left if not any(source in left for source in flat.before(name))]:
        for name in free:
            del left[name]
    if left:
        name = next(iter(left))
        seen = [name]
        while (name := next(source for source in flat.before(name) if source in left)) not in seen:
            seen.append(name)
        cycle = " -> ".join(f"'{each}'" for each in [name, *reversed(seen[seen.index(name) :])])
        raise NirError(
            f"{flat.call(name)}: is in the cycle {cycle}; neurons may only see their own layer's spikes, a step later"
        )
