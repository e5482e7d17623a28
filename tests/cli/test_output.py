"""Tables in terminals of every width."""

import pytest
from rich.console import Console

from intsnn_hw.cli.output import Wide

NAMES = ("module", "shadow bits", "hidden neurons", "accuracy, %", "memory bits", "energy, nJ")
ROWS: list[tuple[object, ...]] = [
    ("layer0.synapses", 16, "128,64", "98.40 ± 0.05", 1656744, 123.4),
    ("all", 8, "64", "90.40 ± 0.15", 56744, 0.334),
]
VALUES = ("16", "128,64", "98.40 ± 0.05", "1,656,744", "123.4")


def lines_of(width):
    console = Console(width=width, highlight=False, markup=False, record=True, file=None)
    with console.capture() as captured:
        console.print(Wide(NAMES, ROWS, "points"))
    return [line.rstrip() for line in captured.get().splitlines() if line.strip()]


@pytest.mark.parametrize("width, n_tables", [(200, 1), (68, 1), (67, 2), (48, 2), (40, 3), (31, 5)])
def test_a_wide_table_is_split_and_no_value_broken(width, n_tables):
    lines = lines_of(width)
    assert max(map(len, lines)) <= width and "…" not in "".join(lines)
    rows = [line.split() for line in lines if line.startswith(" layer0.synapses ")]
    assert [word for row in rows for word in row[1:]] == " ".join(VALUES).split(), "each value once, in order"
    assert len(rows) == n_tables == sum(line == " all" or line.startswith(" all ") for line in lines)
    assert [line for line in lines if line.startswith("points")] == ["points"] + ["points, continued"] * (n_tables - 1)


def test_headings_are_broken_at_spaces_alone():
    above, below = lines_of(200)[1:3]
    assert above.split() == ["shadow", "hidden", "accuracy,", "memory", "energy,"]
    assert below.split() == ["module", "bits", "neurons", "%", "bits", "nJ"]
