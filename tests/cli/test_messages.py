"""Lower rooms name their own arguments; the command line, and it alone, names its options."""

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from intsnn_hw.cli import COMMANDS
from intsnn_hw.cli.main import build_parser
from intsnn_hw.cli.messages import OPTIONS, worded
from intsnn_hw.exploration.words import in_fields

ROOT = Path(__file__).parents[2]
LOWER = [
    path
    for package in ("golden", "intsnn_hw", "sim", "train")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path.name != "__main__.py" and ROOT / "intsnn_hw" / "cli" not in path.parents
]


def options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield all long options of a parser and of its commands."""
    for action in parser._actions:
        yield from (text for text in action.option_strings if text.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from options(inner)


ALL = sorted(set(options(build_parser())), key=len, reverse=True)
OPTION = re.compile(rf"(?<![\w-])({'|'.join(ALL)})(?![\w-])")
COMMAND = re.compile(rf"\bintsnn ({'|'.join(COMMANDS)})\b")


def literals(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Yield all texts of a module, and whether each is a docstring."""
    stand_alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, id(node) in stand_alone


def named(source: str) -> list[str]:
    """The options and commands that a module names; an option alone is an argument for a tool from outside."""
    found = []
    for text, is_docstring in literals(ast.parse(source)):
        found += [option for option in OPTION.findall(text) if text != option]
        found += [] if is_docstring else COMMAND.findall(text)
    return found


def test_what_names_an_option_is_seen():
    assert "--data-dir" in ALL and "--hidden" in ALL and "--scheduler" in ALL
    assert named('raise X(f"no --data-dir for {x}")') == ["--data-dir"]
    assert named('def f():\n    """As ``--data`` takes it."""') == ["--data"]
    assert named("X(\"run 'intsnn eval'\")") == ["eval"] and named('"""As intsnn eval does."""') == []
    assert named('run("nextpnr", "--seed", "--no-such")') == []


def test_no_lower_room_names_an_option_of_the_command_line():
    assert len(LOWER) > 100
    found = {str(path.relative_to(ROOT)): names for path in LOWER if (names := named(path.read_text("utf-8")))}
    assert found == {}


def test_every_name_in_an_error_is_one_that_lower_rooms_write():
    sources = "".join(path.read_text("utf-8") for path in LOWER)
    assert [name for name in OPTIONS if f"`{name}`" not in sources] == []
    for stands_for in OPTIONS.values():
        assert stands_for in ALL or COMMAND.search(stands_for), stands_for


@pytest.mark.parametrize(
    "text, found",
    [
        ("choose other `data` or", "choose other --data or"),
        ("pass `data_dir` DIR, not `data`", "pass --data-dir DIR, not --data"),
        ("`cosimulate` shows where", "'intsnn cosim' shows where"),
        ("field `wings` of my`file", "field wings of my`file"),
        ("`hidden`: must be", "--hidden: must be"),
        ("`n_steps` and `with_weights`", "--steps and --with-weights"),
    ],
)
def test_names_become_options(text, found):
    assert worded(ValueError(text), ALL) == found
    assert "--data" not in in_fields(text) and in_fields("`data`, `hidden`") == "data.set, hidden"
