"""The direction of imports: golden knows nothing of ours, and nobody but the command line knows everybody."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("golden", "intsnn_hw", "sim", "train", "tests")
ALLOWED = {
    "golden": {"golden"},
    "intsnn_hw": {"golden", "intsnn_hw"},
    "sim": {"golden", "intsnn_hw", "sim"},
    "train": {"golden", "train"},
}
STEPS = {"neuron", "synapse", "learning", "encoding", "network", "scatter", "kernels", "vectors"}
"""What the RTL must not import of golden: the steps are written twice on purpose."""


def is_command_line(module: str) -> bool:
    """Tell whether a module may import all others, lazily."""
    return module.split(".")[:2] in (["intsnn_hw", "cli"], ["intsnn_hw", "commands"], ["intsnn_hw", "explore"])


def modules(package: str) -> dict[str, ast.Module]:
    """Module name to syntax tree, of a whole package."""
    trees = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        trees[".".join(parts)] = ast.parse(path.read_text(encoding="utf-8"))
    return trees


def imports(module: str, tree: ast.AST) -> Iterator[str]:
    """Yield the full name of everything imported under a node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def outside_functions(tree: ast.Module) -> ast.Module:
    """The part of a module that runs when it is imported."""

    class Strip(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        def visit_If(self, node: ast.If) -> ast.If | None:
            return None if ast.unparse(node.test) == "TYPE_CHECKING" else node

    return Strip().visit(ast.parse(ast.unparse(tree)))


def test_imports_are_read_as_python_reads_them():
    tree = ast.parse(
        "import sim.fast\nfrom . import a\nfrom ..b import c\ndef f():\n    from train import d\n"
        "if TYPE_CHECKING:\n    import train.e\n"
    )
    found = ["sim.fast", "x.y.a", "x.b.c", "train.d", "train.e"]
    assert sorted(imports("x.y.z", tree)) == sorted(found)
    assert sorted(imports("x.y.z", outside_functions(tree))) == sorted(found[:3])


@pytest.mark.parametrize("package", ALLOWED)
def test_direction_of_imports(package):
    trees = modules(package)
    assert trees, f"{package} holds no modules"
    for module, tree in trees.items():
        for name in imports(module, tree):
            ours = name.split(".")[0]
            if ours in OURS and not is_command_line(module):
                assert ours in ALLOWED[package], f"{module} imports {name}"


def test_the_command_line_imports_simulation_and_training_lazily():
    for module, tree in modules("intsnn_hw").items():
        names = list(imports(module, tree))
        assert not any(name.split(".")[0] == "tests" for name in names), module
        if is_command_line(module):
            for name in imports(module, outside_functions(tree)):
                assert name.split(".")[0] not in ("sim", "train"), f"{module} imports {name} at once"


def test_hardware_does_not_use_the_golden_steps():
    for module, tree in modules("intsnn_hw").items():
        if not is_command_line(module):
            for name in imports(module, tree):
                parts = name.split(".")
                assert parts[0] != "golden" or parts[1] not in STEPS, f"{module} imports {name}"


def test_importing_golden_loads_no_hardware_and_no_torch():
    names = list(modules("golden"))
    assert "golden.kernels" in names and "sim.verify.stimuli" in names
    heavy = [
        "amaranth",
        "torch",
        "sklearn",
        "matplotlib",
        "cocotb",
        "rich",
        *(name for name in OURS if name != "golden"),
    ]
    program = "\n".join(
        [
            "import importlib, sys",
            f"for name in {names!r}: importlib.import_module(name.removesuffix('.__init__'))",
            f"print([name for name in {heavy!r} if name in sys.modules])",
        ]
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_each_module_of_golden_has_its_test():
    tested = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    without = {"__init__", "errors", "vectors", "presets"}  # errors and stimuli are met in all other tests
    assert {name.split(".")[-1] for name in modules("golden")} - without <= tested
