"""The report of a sweep: one HTML file with its plots, its table and all that these need."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from .axes import AXES, as_text
from .evaluate import Row
from .objectives import OBJECTIVES, front, values_of
from .space import Sweep

_PAGE = Path(__file__).with_name("report.html")
_HEIGHT = 460
_HIDDEN = ("reason", "command", "code", "status", "accuracies")
_GREY, _ORANGE = "#8a949e", "#d9730d"


def report(sweep: Sweep, rows: list[Row], names: list[str], text: str) -> str:
    """Return the page; it loads nothing from anywhere.

    Parameters
    ----------
    sweep : Sweep
    rows : list of dict
    names : list of str
        Columns of the table.
    text : str
        The sweep file.
    """
    from plotly.offline import get_plotlyjs

    best = {row["point"] for row in front(rows, sweep.objectives)}
    n_failed = sum(row["status"] == "failed" for row in rows)
    wanted = ", ".join(
        f"{OBJECTIVES[name].label} {'↑' if OBJECTIVES[name].higher else '↓'}" for name in sweep.objectives
    )
    parts = {
        "TITLE": html.escape(f"{sweep.preset}, {len(rows)} points"),
        "SUMMARY": html.escape(
            f"{len(rows)} points, {n_failed} of them failed; {len(best)} are Pareto-optimal in: {wanted}. Accuracy on "
            f"{sweep.data}, {sweep.split} part, mean of {len(sweep.seeds)} seed{'s' * (len(sweep.seeds) > 1)}."
        ),
        "SWEEP": html.escape(text),
        "TABLE": _table(sweep, rows, names, best),
        "PLOTS": _json(_plots(sweep, rows, best)),
        "COLOURS": "".join(f'<option value="{name}">{html.escape(AXES[name].label)}</option>' for name in sweep.axes),
        "PLOTLY": get_plotlyjs(),
    }
    # In one pass, so that nothing is looked for in what was put in.
    return re.sub(r"@([A-Z]+)@", lambda found: parts[found[1]], _PAGE.read_text(encoding="utf-8"))


def _json(value: Any) -> str:
    """Return JSON that can stand in a script of a page."""
    return json.dumps(value).replace("<", "\\u003c")


def _plots(sweep: Sweep, rows: list[Row], best: set[int]) -> dict[str, Any]:
    """Return what the page draws: each objective against the first, points with their front in that plane."""
    known = [row for row in rows if values_of(row, sweep.objectives) is not None]
    first, *others = sweep.objectives
    plots = []
    for name in others or [first]:
        pair = [name, first]
        line = sorted(front(known, pair), key=lambda row: (row[name], row[first]))
        # Between two points of the front only the one that is worse in x can be had.
        shape = "vh" if OBJECTIVES[name].higher else "hv"
        plots.append({"x": name, "y": first, "front": [row["point"] for row in line], "shape": shape})
    shown = ["point", *sweep.axes, *sweep.objectives, "command"]
    return {
        "plots": plots,
        "points": [{name: row[name] for name in shown} | {"best": row["point"] in best} for row in known],
        "spread": {row["point"]: row["accuracy_std"] for row in known if row.get("accuracy_std") is not None},
        "axes": {name: AXES[name].label for name in sweep.axes},
        "labels": {name: OBJECTIVES[name].label for name in sweep.objectives},
        "height": _HEIGHT,
        "grey": _GREY,
        "orange": _ORANGE,
    }


def _table(sweep: Sweep, rows: list[Row], names: list[str], best: set[int]) -> str:
    shown = [name for name in names if name not in _HIDDEN]
    lines = ["<thead><tr>", *(f"<th>{html.escape(name)}</th>" for name in [*shown, "command"]), "</tr></thead><tbody>"]
    for row in rows:
        kind = "failed" if row["status"] == "failed" else "best" if row["point"] in best else ""
        cells = [f"<td>{html.escape(_cell(row.get(name)))}</td>" for name in shown]
        text = row["command"] if row["status"] == "ok" else f"failed: {row['reason']}\n{row['command']}"
        cells.append(f'<td class="command"><button>copy</button><code>{html.escape(text)}</code></td>')
        lines.append(f'<tr id="point{row["point"]}" class="{kind}">{"".join(cells)}</tr>')
    return "\n".join([*lines, "</tbody>"])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else as_text(value)
