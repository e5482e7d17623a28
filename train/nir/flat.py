"""A NIR graph without graphs within it: names of paths, and edges past the inner Input and Output nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from golden.errors import NirError


@dataclass(frozen=True, kw_only=True)
class Flat:
    """Nodes by name and the edges between them, each once.

    Attributes
    ----------
    nodes : dict of str to nir.NIRNode
        Inner nodes under the path to them, as ``lif1.w_rec``; no graphs.
    edges : tuple of (str, str)
    """

    nodes: Mapping[str, Any]
    edges: tuple[tuple[str, str], ...]

    def before(self, name: str) -> list[str]:
        """Nodes with an edge to this one."""
        return [source for source, target in self.edges if target == name]

    def behind(self, name: str) -> list[str]:
        """Nodes that this one has an edge to."""
        return [target for source, target in self.edges if source == name]

    def kind(self, name: str) -> str:
        """The type of a node."""
        return kind(self.nodes[name])

    def call(self, name: str) -> str:
        """A node in a message."""
        return f"node '{name}' ({self.kind(name)})"

    def without(self, names: set[str], edges: set[tuple[str, str]]) -> "Flat":
        """The graph with fewer nodes and edges."""
        return Flat(
            nodes={name: node for name, node in self.nodes.items() if name not in names},
            edges=tuple(edge for edge in self.edges if not ({*edge} & names or edge in edges)),
        )


def kind(node: Any) -> str:
    """The type of a node, by its name: this needs no import of ``nir``."""
    return type(node).__name__


def flatten(graph: Any) -> Flat:
    """Put what is within inner graphs in their place.

    Raises
    ------
    NirError
        No graph, an edge to no node, an inner graph without one input and one output.
    """
    if kind(graph) != "NIRGraph":
        raise NirError(f"a {kind(graph)} is no graph; give a NIRGraph, such as nir.read returns")
    nodes: dict[str, Any] = {}
    entries: dict[str, str] = {}  # of inner graphs, by name: the node that edges to them lead to
    exits: dict[str, str] = {}
    edges: list[tuple[str, str]] = []
    _collect(graph, "", nodes, edges, entries, exits)
    edges = [(_followed(exits, source), _followed(entries, target)) for source, target in edges]
    inner = [*entries.values(), *exits.values()]
    for name in dict.fromkeys(inner):
        if name in nodes:
            before = [source for source, target in edges if target == name]
            behind = [target for source, target in edges if source == name]
            edges = [edge for edge in edges if name not in edge]
            edges += [(source, target) for source in before for target in behind]
            del nodes[name]
    return Flat(nodes=nodes, edges=tuple(dict.fromkeys(edges)))


def _collect(
    graph: Any,
    prefix: str,
    nodes: dict[str, Any],
    edges: list[tuple[str, str]],
    entries: dict[str, str],
    exits: dict[str, str],
) -> None:
    """Gather the nodes and edges of a graph and of those within it."""
    for name, node in graph.nodes.items():
        path = prefix + name
        if kind(node) != "NIRGraph":
            nodes[path] = node
            continue
        for role, found in (("Input", entries), ("Output", exits)):
            names = [inner for inner, each in node.nodes.items() if kind(each) == role]
            if len(names) != 1:
                raise NirError(
                    f"node '{path}' (NIRGraph): has {len(names)} {role} nodes; give it one, or put its nodes beside it"
                )
            found[path] = f"{path}.{names[0]}"
        _collect(node, f"{path}.", nodes, edges, entries, exits)
    for source, target in graph.edges:
        for end in (source, target):
            if end not in graph.nodes:
                edge = f"'{prefix}{source}' -> '{prefix}{target}'"
                raise NirError(f"the edge {edge}: there is no node '{prefix}{end}'; export the graph again")
        edges.append((prefix + source, prefix + target))


def _followed(ends: Mapping[str, str], name: str) -> str:
    while name in ends:
        name = ends[name]
    return name
