"""Networks of other frameworks in integers: how many spikes are those that the framework recorded.

``python -m benchmarks.nir`` converts every NIR file of a folder that comes with its recording, an ``.npz`` of its
name, at several widths, and prints a table for docs/nir.md: the share of spikes, of all layers in cascade, that are
equal. Networks that integers do not express yet are named below it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import intsnn_hw
from benchmarks.command import command
from golden.errors import DataError, NirError
from intsnn_hw.api.nir import Imported

FOLDER = Path(__file__).parents[1] / "tests/fixtures/nir"
WIDTHS = ((8, 16, 12), (12, 24, 16), (16, 24, 16), (24, 32, 24))
"""Bits of weights, membranes and decays."""


def files(folder: Path) -> list[Path]:
    """Return the NIR files with a recording."""
    found = [path for path in sorted(folder.glob("*.nir")) if path.with_suffix(".npz").exists()]
    if not found:
        raise DataError(f"{folder}: holds no .nir file with an .npz of its name; give another folder")
    return found


def imported(path: Path, widths: tuple[int, int, int], threshold: str) -> Imported:
    """Return the report of a network at some widths."""
    weights, membranes, leak = widths
    return intsnn_hw.from_nir(
        path, verify=path.with_suffix(".npz"), weight_width=weights, membrane_width=membranes, leak_frac=leak,
        threshold=threshold, progress=False,
    ).report  # fmt: skip


def row(path: Path, threshold: str) -> list[str]:
    """Return the cells of a network."""
    reports = [imported(path, widths, threshold) for widths in WIDTHS]
    return [path.stem, reports[0].topology, reports[0].dialect, *(_equal(report) for report in reports)]


def table(paths: Sequence[Path], threshold: str = "integer") -> list[str]:
    """Return the lines of the table, and of what is not expressed."""
    names = ["network", "topology", "dialect", *("/".join(map(str, widths)) for widths in WIDTHS)]
    lines, without = [_line(names), "|---|---|---|" + "---:|" * len(WIDTHS)], []
    for path in paths:
        try:
            lines.append(_line(row(path, threshold)))
        except NirError as error:
            without.append(f"{path.stem}: {str(error).partition(': ')[2]}")
    return [*lines, "", *without]


def _equal(report: Imported) -> str:
    decisions, differ = (sum(getattr(each, key) for each in report.layers) for key in ("decisions", "cascade"))
    return "100 %" if not differ else f"{min(99.99, 100 * (1 - differ / decisions)):.2f} %"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


@command
def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="of .nir and .npz files")
    parser.add_argument("--threshold", default="integer", help="integer or pow2 (default: integer)")
    options = parser.parse_args(arguments)
    print("\n".join(table(files(options.folder), options.threshold)))


if __name__ == "__main__":
    sys.exit(main())
