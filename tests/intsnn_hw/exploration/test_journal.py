"""The folder of a sweep: rows are on disk at once, damage is told, two runs do not meet."""

import json
import os

import pytest

from golden.errors import InputError
from intsnn_hw.exploration.journal import JOURNAL, Store, read
from intsnn_hw.exploration.space import Sweep
from tests.intsnn_hw.exploration.evaluators import SWEEP

ROWS = [{"point": number, "status": "ok", "accuracy": number / 10} for number in range(3)]


def store(folder, text=SWEEP):
    return Store(folder, Sweep.parse(text, "sweep"), text)


@pytest.fixture
def folder(tmp_path):
    with store(tmp_path / "out") as opened:
        for row in (ROWS[2], ROWS[0], ROWS[1]):
            opened.add(row)
    return tmp_path / "out"


def test_rows_come_back_in_order(folder):
    assert read(folder) == (Sweep.parse(SWEEP, ""), ROWS)
    with store(folder) as opened:
        assert opened.ordered == ROWS


def test_a_row_is_on_disk_when_it_is_added(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    with store(tmp_path / "out") as opened:
        synced.clear()  # the sweep's own file
        for number, row in enumerate(ROWS, 1):
            opened.add(row)
            assert len((tmp_path / "out" / JOURNAL).read_text().splitlines()) == number == len(synced)
    assert synced[-1] == (tmp_path / "out" / JOURNAL).stat().st_size


@pytest.mark.parametrize("cut", [1, 2, 20])
def test_a_torn_last_line_is_a_point_that_is_not_finished(folder, cut):
    path = folder / JOURNAL
    path.write_bytes(path.read_bytes()[:-cut])
    assert read(folder)[1] == [ROWS[0], ROWS[2]], "the last line held point 1"
    with store(folder) as opened:
        opened.add(ROWS[1] | {"accuracy": 0.5})
    assert read(folder)[1] == [ROWS[0], ROWS[1] | {"accuracy": 0.5}, ROWS[2]]


@pytest.mark.parametrize("end", [b"\0\0\0\0\n", b"{}\n", b"nothing"])
def test_what_a_crash_leaves_at_the_end(folder, end):
    path = folder / JOURNAL
    whole = path.read_bytes()
    path.write_bytes(whole + end)
    with store(folder) as opened:
        assert opened.ordered == ROWS
    assert path.read_bytes() == whole


def test_damage_in_the_middle_is_told(folder):
    path = folder / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{]\n" + lines[2])
    with pytest.raises(InputError, match=r"journal\.jsonl: line 2 is damaged"):
        read(folder)
    with pytest.raises(InputError, match="line 2 is damaged"), store(folder):
        pass
    assert path.read_bytes() == lines[0] + b"{]\n" + lines[2]


def test_a_later_row_of_a_point_counts(folder):
    with store(folder) as opened:
        opened.add(ROWS[1] | {"status": "failed"})
    assert [row["status"] for row in read(folder)[1]] == ["ok", "failed", "ok"]


def test_one_run_at_a_time(folder):
    with store(folder) as first:
        with pytest.raises(InputError, match="another run"), store(folder):
            pass
        first.add(ROWS[0])
    with store(folder):
        pass


def test_comments_do_not_make_another_sweep_but_values_do(folder):
    with store(folder, "# the same\n" + SWEEP):
        pass
    assert (folder / "sweep.toml").read_text() == SWEEP
    with pytest.raises(InputError, match="another sweep"), store(folder, SWEEP.replace("seeds = 2", "seeds = 3")):
        pass


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "thesis.tex").write_text("all of it")
    with pytest.raises(InputError, match="not empty"), store(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="holds no sweep"):
        read(tmp_path)


def test_rows_are_json(folder):
    for line in (folder / JOURNAL).read_text().splitlines():
        assert json.loads(line)["point"] in (0, 1, 2)
