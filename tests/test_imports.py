"""The rooms of the house: every arrow between them, at once or lazy, no circle, and the drawing of it."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOUSES = ("golden", "intsnn_hw", "sim", "train")
OURS = (*HOUSES, "tests", "benchmarks")

AT_ONCE = {
    "golden": {"golden/config", "golden/synapse"},
    "golden/config": {"golden"},
    "golden/kernels": {"golden", "golden/config"},
    "golden/presets": {"golden", "golden/config"},
    "golden/synapse": {"golden", "golden/config"},
    "intsnn_hw/api": {"golden", "golden/presets"},
    "intsnn_hw/cache": {"golden"},
    "intsnn_hw/cli": {"golden", "golden/presets", "intsnn_hw/api", "intsnn_hw/fpga"},
    "intsnn_hw/cost": {
        "golden/config", "golden/synapse", "intsnn_hw/rtl", "intsnn_hw/rtl/inference", "intsnn_hw/rtl/learning",
    },
    "intsnn_hw/emit": {"golden", "golden/config", "intsnn_hw/cost", "intsnn_hw/rtl", "intsnn_hw/rtl/learning"},
    "intsnn_hw/energy": {"golden", "golden/config", "intsnn_hw/cost", "sim", "sim/verify"},
    "intsnn_hw/exploration": {
        "golden", "golden/config", "golden/presets", "intsnn_hw/cache", "intsnn_hw/cost", "intsnn_hw/emit",
        "intsnn_hw/energy", "intsnn_hw/fpga",
    },
    "intsnn_hw/fpga": {"golden", "intsnn_hw/cache", "intsnn_hw/cost", "intsnn_hw/emit", "intsnn_hw/rtl"},
    "intsnn_hw/rtl": {"golden", "golden/config", "intsnn_hw/rtl/inference", "intsnn_hw/rtl/learning"},
    "intsnn_hw/rtl/inference": {"golden", "golden/config", "intsnn_hw/rtl", "intsnn_hw/rtl/learning"},
    "intsnn_hw/rtl/learning": {"golden", "golden/config", "intsnn_hw/rtl"},
    "sim": {"golden", "intsnn_hw/emit"},
    "sim/verify": {
        "golden", "golden/config", "golden/kernels", "golden/synapse", "intsnn_hw/cost", "intsnn_hw/rtl",
        "intsnn_hw/rtl/learning", "sim",
    },
    "train": {"golden", "golden/config", "golden/kernels", "train/data"},
    "train/audio": {"golden"},
    "train/bptt": {"golden", "golden/config", "golden/kernels", "train", "train/data"},
    "train/data": {"golden", "golden/config", "train/audio"},
    "train/nir": {"golden", "golden/config", "golden/kernels"},
}  # fmt: skip
"""Room to the rooms that its files import when they are imported; a room holds the files of its folders without rooms
of their own."""

LAZILY = {
    "intsnn_hw": {"golden", "golden/presets", "intsnn_hw/api"},
    "intsnn_hw/api": {
        "golden/config", "golden/kernels", "intsnn_hw/cost", "intsnn_hw/emit", "intsnn_hw/energy",
        "intsnn_hw/exploration", "intsnn_hw/fpga", "intsnn_hw/rtl", "sim", "sim/verify", "train", "train/audio",
        "train/bptt", "train/data", "train/nir",
    },
    "intsnn_hw/cli": {"intsnn_hw/exploration", "train/data"},
    "intsnn_hw/exploration": {"golden/kernels", "intsnn_hw/rtl", "sim", "sim/verify", "train", "train/data"},
    "train/data": {"golden/presets"},
}  # fmt: skip
"""Room to the rooms that its files import within functions, or for the type checker, alone."""

LEVELS = (
    {"cli", "intsnn_hw"},
    {"api"},
    {"exploration"},
    {"energy", "fpga"},
    {"sim"},
    {"emit"},
    {"cost"},
    {"rtl"},
    {"cache", "train"},
    {"golden"},
)
"""Rooms as drawn, the highest first: arrows run down. What the training needs is golden alone."""

STEPS = {"neuron", "synapse", "learning", "output_error", "readout", "encoding", "network", "kernels"}
"""What the RTL must not import of golden: the steps are written twice on purpose."""


# The files and their imports ---------------------------------------------------------------------------------------


@cache
def files(house: str) -> dict[str, ast.Module]:
    """Module name to syntax tree of all files of a house; a package goes by its own name, without ``__init__``."""
    trees = {}
    for path in sorted((ROOT / house).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        trees[".".join(parts)] = ast.parse(path.read_text(encoding="utf-8"))
    return {name.removesuffix(".__init__"): tree for name, tree in trees.items()}


def imports(module: str, nodes: Iterable[ast.AST], *, package: bool = False) -> Iterator[str]:
    """Yield the full name of everything that some nodes of a module, or of a package's ``__init__``, import."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            base = parts[: len(parts) - node.level + package] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module that run when it is imported."""
    for node in ast.iter_child_nodes(tree):
        for_checker = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not isinstance(node, ast.FunctionDef | ast.expr) and not for_checker:
            yield node
            yield from run_at_import(node)


@cache
def graph(*, at_once: bool = False) -> dict[str, set[str]]:
    """File to the files of the houses that it imports; `at_once` leaves out what it imports lazily."""
    trees = {name: tree for house in HOUSES for name, tree in files(house).items()}
    found: dict[str, set[str]] = {}
    for name, tree in trees.items():
        package = (ROOT / name.replace(".", "/")).is_dir()
        named = set(imports(name, run_at_import(tree) if at_once else ast.walk(tree), package=package))
        # `from .config import NetworkConfig` names the package, `from . import config` the file.
        found[name] = {each if each in trees else each.rpartition(".")[0] for each in named} & set(trees) - {name}
    return found


def room(module: str) -> str:
    """The room of a file: the deepest of those in the tables that holds it."""
    path = module.replace(".", "/")
    return max((each for each in ROOMS if path == each or path.startswith(f"{each}/")), key=len)


def arrows(edges: dict[str, set[str]]) -> dict[str, set[str]]:
    """Room to the other rooms that its files import."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, others in edges.items():
        found[room(name)] |= {room(other) for other in others} - {room(name)}
    return {name: others for name, others in found.items() if others}


def circles(edges: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of a graph of more than one node."""

    def reached(start: str) -> set[str]:
        found, ahead = set(), [start]
        while ahead:
            ahead += (new := edges[ahead.pop()] - found)
            found |= new
        return found

    beyond = {name: reached(name) for name in edges}
    together = {frozenset({name, *(other for other in beyond[name] if name in beyond[other])}) for name in edges}
    return [set(names) for names in together if len(names) > 1]


def drawn(name: str) -> str:
    """The room of the drawing: a room's own rooms are part of it."""
    house, _, inner = name.partition("/")
    return inner.partition("/")[0] if house == "intsnn_hw" and inner else house


def drawn_arrows(table: dict[str, set[str]]) -> set[tuple[str, str]]:
    """The arrows of a table of rooms, between the rooms of the drawing."""
    pairs = {(drawn(source), drawn(target)) for source, targets in table.items() for target in targets}
    return {(source, target) for source, target in pairs if source != target}


ROOMS = {*AT_ONCE, *LAZILY, *(name for table in (AT_ONCE, LAZILY) for names in table.values() for name in names)}


def both() -> dict[str, set[str]]:
    """The whole table, lazy arrows included."""
    return {name: AT_ONCE.get(name, set()) | LAZILY.get(name, set()) for name in ROOMS}


# Tests ---------------------------------------------------------------------------------------------------------------


def test_imports_are_read_as_python_reads_them():
    tree = ast.parse(
        "import sim.fast\nfrom . import a\nfrom ..b import c\ndef f():\n    from train import d\n"
        "if TYPE_CHECKING:\n    import train.e\n"
    )
    found = ["sim.fast", "x.y.a", "x.b.c", "train.d", "train.e"]
    assert sorted(imports("x.y.z", ast.walk(tree))) == sorted(found)
    assert sorted(imports("x.y.z", run_at_import(tree))) == sorted(found[:3])
    assert sorted(imports("x.y", ast.walk(tree), package=True)) == sorted(found)


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"f"}, "f": {"e"}}) in (
        [{"a", "b", "c"}, {"e", "f"}],
        [{"e", "f"}, {"a", "b", "c"}],
    )
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_the_table_holds_every_arrow_between_rooms_and_no_other():
    at_once, all_arrows = arrows(graph(at_once=True)), arrows(graph())
    lazily = {name: others - at_once.get(name, set()) for name, others in all_arrows.items()}
    assert differences(at_once, AT_ONCE) == []
    assert differences({name: others for name, others in lazily.items() if others}, LAZILY) == []


def differences(found: dict[str, set[str]], table: dict[str, set[str]]) -> list[str]:
    """What code and table do not share, one line an arrow."""
    lines = []
    for name in sorted({*found, *table}):
        ours, theirs = found.get(name, set()), table.get(name, set())
        lines += [f"not in the table: {name} -> {other}" for other in sorted(ours - theirs)]
        lines += [f"not in the code: {name} -> {other}" for other in sorted(theirs - ours)]
    return lines


def test_differences_are_named():
    assert differences({"a": {"b"}}, {"a": {"b"}}) == []
    assert differences({"a": {"b"}, "c": {"d"}}, {"a": {"e"}}) == [
        "not in the table: a -> b", "not in the code: a -> e", "not in the table: c -> d",
    ]  # fmt: skip


def test_every_package_of_a_house_is_a_room():
    packages = {path.parent.relative_to(ROOT) for house in HOUSES for path in (ROOT / house).glob("*/__init__.py")}
    assert {path.as_posix() for path in packages} <= ROOMS


def test_no_file_imports_itself_in_a_circle():
    assert circles(graph()) == []


def test_arrows_run_down():
    level = {name: depth for depth, names in enumerate(LEVELS) for name in names}
    assert {name for arrow in drawn_arrows(both()) for name in arrow} == set(level)
    upwards = [(source, target) for source, target in drawn_arrows(both()) if level[source] >= level[target]]
    assert upwards == []
    assert {target for source, target in drawn_arrows(both()) if source == "train"} == {"golden"}


def test_command_line_door_and_exploration_import_simulation_and_training_lazily():
    for name in ("intsnn_hw/cli", "intsnn_hw/api", "intsnn_hw/exploration"):
        assert not {drawn(target) for target in AT_ONCE[name]} & {"sim", "train"}, name


def test_no_house_imports_tests_or_benchmarks():
    for house in HOUSES:
        for name, tree in files(house).items():
            assert not {each.split(".")[0] for each in imports(name, ast.walk(tree))} & {"tests", "benchmarks"}, name


def test_hardware_does_not_use_the_golden_steps():
    for name, targets in graph().items():
        if room(name).startswith("intsnn_hw/rtl"):
            taken = {target for target in targets if target.startswith("golden.") and target.split(".")[1] in STEPS}
            assert not taken, f"{name} imports {taken}"


def test_the_drawing_is_the_table():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.partition("\n## The rooms")[2].partition("\n## ")[0]
    (block,) = re.findall(r"^```mermaid\n(.*?)^```$", section, re.M | re.S)
    first, *lines = block.strip().splitlines()
    assert first == "flowchart TD" and len(lines) < 12
    assert set(arrows_of(lines)) == drawn_arrows(both())
    assert len(list(arrows_of(lines))) == len(drawn_arrows(both())), "an arrow is drawn twice"


def arrows_of(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the arrows of lines such as ``a & b --> c & d``."""
    for line in lines:
        sources, targets = line.strip().split(" --> ")
        yield from ((source, target) for source in sources.split(" & ") for target in targets.split(" & "))


def test_the_front_door_loads_nothing_until_a_name_is_used():
    heavy = [
        "torch",
        "amaranth",
        "sklearn",
        "scipy",
        "matplotlib",
        "numpy",
        "numba",
        "rich",
        *(set(OURS) - {"intsnn_hw"}),
    ]
    program = "\n".join(
        [
            "import sys, intsnn_hw",
            f"print([name for name in {heavy!r} if name in sys.modules])",
            "print(all(getattr(intsnn_hw, name) is not None for name in intsnn_hw.__all__))",
            "print(set(intsnn_hw.__all__) <= set(dir(intsnn_hw)), set(intsnn_hw.__all__) == set(intsnn_hw._PLACES))",
            "print([name for name in ('torch', 'amaranth', 'sklearn', 'scipy', 'matplotlib') if name in sys.modules])",
        ]
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split("\n") == ["[]", "True", "True True", "[]", ""]


def test_packages_carry_their_types_into_the_wheel():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    assert "py.typed" in data["*"] and all((ROOT / house / "py.typed").is_file() for house in HOUSES)


def test_importing_golden_loads_no_hardware_and_no_torch():
    names = list(files("golden"))
    assert "golden.kernels.kernel" in names and "golden.presets" in names
    heavy = ["amaranth", "torch", "sklearn", "matplotlib", "cocotb", "rich", *(set(OURS) - {"golden"})]
    program = "\n".join(
        [
            "import importlib, sys",
            f"for name in {names!r}: importlib.import_module(name)",
            f"print([name for name in {heavy!r} if name in sys.modules])",
        ]
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_each_file_of_golden_and_each_of_its_packages_has_its_test():
    """A file `golden/x.py` in `tests/golden/test_x.py`, a package in a folder of its name."""
    at_top = {path for path in (ROOT / "golden").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    without = {"__init__", "errors"}  # errors are met in all other tests
    mirrors = {ROOT / "tests/golden" / (f"test_{path.name}" if path.suffix else path.name): path for path in at_top}
    tested = {path for mirror, path in mirrors.items() if mirror.is_file() or any(mirror.glob("test_*.py"))}
    assert {path.stem for path in at_top - tested} <= without
