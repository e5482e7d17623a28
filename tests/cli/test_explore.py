"""``intsnn explore``: files, page, table, resuming, and what a user can do wrong."""

import csv
import json
import os
import re
import signal
import time
from html.parser import HTMLParser

import pytest

from intsnn_hw.exploration.journal import JOURNAL
from intsnn_hw.exploration.journal import SWEEP as STATED

SWEEP = """\
preset = "digits-64"
epochs = 1
seeds = 2
objectives = ["accuracy", "memory_bits", "cycles"]
[axes]
weight_width = [4, 8]
hidden = [4, [6, 4]]
membrane_width = [9, 16]
lanes = 4
"""


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """One for all tests here: most run the same sweep."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTSNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.toml"
    path.write_text(SWEEP)
    return path


def fails(outcome, *words):
    lines = [line for line in outcome.err.splitlines() if line.strip()]
    assert outcome.code == 2 and not outcome.out, outcome.err
    assert len(lines) == 1 and lines[0].startswith("intsnn: error: "), outcome.err
    for word in words:
        assert str(word) in lines[0], lines[0]


class Page(HTMLParser):
    """What a page loads, its rows, and its scripts."""

    def __init__(self, text):
        super().__init__()
        self.loaded, self.rows, self.scripts, self._script = [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "href", "data", "srcset")]
        self.loaded += [tag] if tag in ("link", "iframe", "img", "base", "object") else []
        if tag == "tr" and dict(attrs).get("id"):
            self.rows.append(dict(attrs))
        self._script = tag == "script"
        if self._script:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._script = False

    def handle_data(self, data):
        if self._script:
            self.scripts[-1] += data


def test_files_table_and_show(intsnn, sweep, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = intsnn("explore", sweep, "--out", "out", "--workers", 2)
    assert done.code == 0 and "Traceback" not in done.err
    words = " ".join(done.out.split())
    for word in ("Pareto-optimal", "memory", "hidden", "8, 2 of them failed", "mean of 2 seeds", "report.html"):
        assert word in words, word
    rows = [json.loads(line) for line in (tmp_path / "out" / JOURNAL).read_text().splitlines()]
    assert {row["status"] for row in rows} == {"ok", "failed"} and len(rows) == 8

    result = json.loads((tmp_path / "out" / "results.json").read_text())
    ok = [row for row in result["rows"] if row["status"] == "ok"]
    assert (result["points"], result["failed"], len(ok)) == (8, 2, 6)
    for row in ok:
        beaten = any(
            other["accuracy"] >= row["accuracy"]
            and other["memory_bits"] <= row["memory_bits"]
            and other["cycles"] <= row["cycles"]
            and other is not row
            for other in ok
        )
        assert beaten != (row["point"] in result["front"]), row
    assert 0 < len(result["front"]) < len(ok), "the sweep must hold points of both kinds"

    with open(tmp_path / "out" / "results.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["point"] for row in table] == [str(number) for number in range(8)]
    assert [float(row["accuracy"]) for row in table if row["accuracy"]] == [row["accuracy"] for row in ok]
    assert table[2]["hidden"] == "6 4" and table[4]["reason"] and table[0]["command"].startswith("(for seed in 0 1;")
    assert list(table[0])[:9] == [
        "point", "weight_width", "hidden", "membrane_width", "lanes", "status", "accuracy", "memory_bits", "cycles"
    ]  # fmt: skip

    shown = intsnn("explore", "show", "out")
    assert (
        shown.code == 0
        and [line for line in shown.out.splitlines() if "files" not in line][:8] == done.out.splitlines()[:8]
    )
    assert "…" not in shown.out and max(len(line) for line in shown.out.splitlines() if "files" not in line) <= 80
    assert len(re.findall(r"\d\.\d\d ± \d+\.\d\d ", shown.out)) == len(result["front"]), "no value is broken"
    told = intsnn("explore", "show", "out", "--json").json
    assert told["rows"] == result["rows"] and told["front"] == result["front"] and told["files"] == []


def test_the_page_needs_nothing_else(intsnn, sweep, tmp_path):
    intsnn("explore", sweep, "--out", "out")
    text = (tmp_path / "out" / "report.html").read_text()
    page = Page(text)
    assert page.loaded == [] and "@import" not in text.split("<script")[0]
    assert [row["id"] for row in page.rows] == [f"point{number}" for number in range(8)]
    result = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [int(row["id"][5:]) for row in page.rows if row["class"] == "best"] == result["front"]
    data, library, own = page.scripts
    drawn = json.loads(data)
    assert len(drawn["points"]) == 6 and [plot["x"] for plot in drawn["plots"]] == ["memory_bits", "cycles"]
    assert {point["point"] for point in drawn["points"] if point["best"]} == set(result["front"])
    for plot in drawn["plots"]:
        values = [next(p for p in drawn["points"] if p["point"] == number) for number in plot["front"]]
        assert [p["accuracy"] for p in values] == sorted(p["accuracy"] for p in values)
    assert len(library) > 1_000_000 and "Plotly" in library and "Plotly.react" in own
    for row in result["rows"]:
        assert row["command"].replace("&&", "&amp;&amp;") in text
    assert "@" not in text.partition("<script")[0].replace("@media", "")


def test_nothing_in_a_page_ends_its_script():
    from intsnn_hw.exploration.report import _json

    assert "</script>" not in _json({"command": "</script><script>"})
    assert json.loads(_json({"a": "<b>"})) == {"a": "<b>"}


def test_again_and_resumed(intsnn, sweep, tmp_path):
    first = intsnn("explore", sweep, "--json")
    folder = tmp_path / "build" / "explore" / "small"
    assert first.code == 0 and first.json["folder"] == "build/explore/small"
    before = (folder / JOURNAL).read_bytes()
    again = intsnn("explore", sweep, "--json")
    assert again.json == first.json and (folder / JOURNAL).read_bytes() == before
    assert "8 points are finished" in again.err
    lines = before.splitlines(keepends=True)
    (folder / JOURNAL).write_bytes(b"".join(lines[:5]) + lines[5][:40])
    resumed = intsnn("explore", sweep, "--json")
    assert "5 points are finished" in resumed.err
    assert (folder / JOURNAL).read_bytes().startswith(b"".join(lines[:5]))
    assert [row["point"] for row in resumed.json["rows"]] == list(range(8))
    assert intsnn("explore", "show", "--json").json["rows"] == resumed.json["rows"], "the latest where none is named"


def test_rows_of_other_code_are_told(intsnn, sweep, tmp_path):
    intsnn("explore", sweep, "--out", "out")
    journal = tmp_path / "out" / JOURNAL
    lines = journal.read_text().splitlines()
    row = json.loads(lines[0])
    journal.write_text("\n".join([json.dumps({**row, "code": "older"}), *lines[1:]]) + "\n")
    assert "1 of them were computed by another version" in intsnn("explore", sweep, "--out", "out").err


def test_another_sweep_in_the_folder(intsnn, sweep, tmp_path):
    intsnn("explore", sweep, "--out", "out")
    journal = (tmp_path / "out" / JOURNAL).read_bytes()
    sweep.write_text(SWEEP.replace("[4, 8]", "[4, 6]"))
    fails(intsnn("explore", sweep, "--out", "out"), "out", "another sweep")
    assert (tmp_path / "out" / JOURNAL).read_bytes() == journal


def test_the_latest_sweep_is_shown(intsnn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fails(intsnn("explore", "show"), "build/explore")
    for index, name in enumerate(("b", "a")):
        folder = tmp_path / "build" / "explore" / name
        folder.mkdir(parents=True)
        (folder / STATED).write_text(SWEEP)
        (folder / JOURNAL).write_text("")
        os.utime(folder / JOURNAL, (time.time() + index, time.time() + index))
    assert intsnn("explore", "show", "--json").json["folder"] == "build/explore/a"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("explore",), ["SWEEP.toml"]),
        (("explore", "missing.toml"), ["missing.toml"]),
        (("explore", "bad.toml"), ["bad.toml", "wings"]),
        (("explore", "small.toml", "out"), ["out", "--out"]),
        (("explore", "small.toml", "--workers", "0"), ["--workers", "0"]),
        (("explore", "small.toml", "--workers", "2", "--scheduler", "tcp://127.0.0.1:1"), ["--workers", "--scheduler"]),
        (("explore", "show", "nowhere"), ["nowhere", "no sweep"]),
        (("explore", "show", "build", "--workers", "2"), ["--workers", "show"]),
        (("explore", "show", "build", "--retry-failed"), ["--retry-failed", "show"]),
        (("explore", "small.toml", "--out", "small.toml"), ["small.toml"]),
        (("explore", "mnist.toml"), ["mnist.toml", "no data.dir given", "set INTSNN_DATA=DIR"]),
        (("explore", "elsewhere.toml"), ["elsewhere.toml", "nowhere/mnist", "give that as data.dir"]),
        (("explore", "absent.toml"), ["absent.toml", "absent.npz: no such file", "from where the command runs"]),
        (("explore", "unfit.toml"), ["unfit.toml", "digits", "784", "choose other data.set"]),
        (("explore", "impossible.toml"), ["impossible.toml", ": membrane_width: must be", "with weight_width 4"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_one_clear_line(intsnn, sweep, tmp_path, monkeypatch, arguments, words):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    (tmp_path / "bad.toml").write_text(SWEEP + "wings = 2\n")
    (tmp_path / "mnist.toml").write_text(SWEEP.replace("digits-64", "mnist-64"))
    (tmp_path / "elsewhere.toml").write_text(SWEEP.replace("digits-64", "mnist-64") + '[data]\ndir = "nowhere"\n')
    (tmp_path / "absent.toml").write_text(SWEEP + '[data]\nset = "absent.npz"\n')
    (tmp_path / "unfit.toml").write_text(SWEEP.replace("digits-64", "mnist-64") + '[data]\nset = "digits"\n')
    (tmp_path / "impossible.toml").write_text(SWEEP.replace("[9, 16]", "[4, 5]"))
    before = sorted(tmp_path.rglob("*"))
    done = intsnn(*arguments)
    fails(done, *words)
    assert "--data" not in done.err, "an option that the command does not have"
    assert sorted(tmp_path.rglob("*")) == before


def test_missing_libraries_are_told_before_anything_is_written(intsnn, sweep, tmp_path, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    fails(intsnn("explore", sweep, "--out", "out"), "pip install 'intsnn-hw[explore]'")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_its_exit_code(intsnn, sweep, tmp_path, monkeypatch, how):
    from intsnn_hw.exploration import embedded

    def interrupted(*_):
        signal.raise_signal(how)
        raise AssertionError("went on")

    monkeypatch.setattr(embedded.Embedded, "wait", interrupted)
    done = intsnn("explore", sweep, "--out", "out")
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<tr id=") == 0 and "0 points" in page, "the finished points are reported, here none"
    assert done.code == 130 and "goes on from there" in done.err and "interrupted" in done.err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert intsnn("explore", sweep, "--out", "out").code == 0
