"""A name for what a module of ours does, all that it imports of ours included."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from golden.digest import digest

OURS = ("golden", "intsnn_hw", "sim", "train")
"""The packages whose modules are followed; all others are libraries."""
_COMPILED = (".cpp", ".h")
"""Sources that belong to every module of their folder."""
_ROOT = Path(__file__).parents[__name__.count(".")]


@functools.cache
def code_digest(module: str) -> str:
    """Return a name for what a module and all that it imports of ours do; comments and layout do not count.

    Parameters
    ----------
    module : str
        Its dotted name, mostly the ``__name__`` of who asks.
    """
    names = sorted(closure(module))
    folders = sorted({_path(name).parent for name in names})
    compiled = [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in _COMPILED]
    return digest(*(_read(name)[0] for name in names), *(path.read_bytes() for path in compiled))


@functools.cache
def closure(module: str) -> frozenset[str]:
    """Return the module and all of ours that it imports, at the top or in functions, directly or through others.

    What is imported for types alone does not count, nor what the packages above a module import.
    """
    found, left = {module}, [module]
    while left:
        new = _read(left.pop())[1] - found
        found |= new
        left += new
    return frozenset(found)


@functools.cache
def _read(module: str) -> tuple[bytes, frozenset[str]]:
    """Return a digest of what a module does, and the modules of ours that it imports."""
    path = _path(module)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = frozenset(name for node in _run(tree) for name in _imported(node, package) if _is_ours(name))
    return digest(ast.dump(tree).encode()).encode(), found


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it, but for what stands there for types."""
    yield node
    types_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    below = node.orelse if isinstance(node, ast.If) and types_only else ast.iter_child_nodes(node)
    for child in below:
        yield from _run(child)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    """Yield the modules that a statement imports, and a text that may be the name of one to import."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        source = ".".join([*above, *([node.module] if node.module else [])])
        yield from (name if _is_ours(name := f"{source}.{alias.name}") else source for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
        yield node.value


@functools.cache
def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS and all(map(str.isidentifier, name.split("."))) and _path(name).is_file()


def _path(module: str) -> Path:
    """Return the file of a module, or that of a package; it need not exist."""
    path = _ROOT.joinpath(*module.split("."))
    package = path / "__init__.py"
    return package if package.is_file() else path.with_suffix(".py")
