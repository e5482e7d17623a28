"""Engines: the same rows from either; nothing finished is lost or computed again, whatever ends a worker or a run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import distributed
import pytest

from golden.errors import InputError
from intsnn_hw.exploration.evaluate import TIMES, evaluate
from intsnn_hw.exploration.run import run_sweep
from intsnn_hw.exploration.space import Sweep
from tests.intsnn_hw.exploration.evaluators import (
    SWEEP,
    calls,
    failing,
    killing,
    killing_once,
    quick,
    sharing,
    slow,
    threads,
)

ROOT = Path(__file__).parents[3]


def local_cluster(n_workers) -> Any:
    """Dask workers, processes of their own, on this machine."""
    return distributed.LocalCluster(
        n_workers=n_workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0",
        silence_logs=50,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTSNN_CACHE", str(tmp_path_factory.mktemp("cluster")))
        with local_cluster(2) as made:
            yield made


def without_times(rows):
    return [{name: value for name, value in row.items() if not name.startswith(TIMES)} for row in rows]


def test_the_same_rows_from_workers_of_this_machine_and_of_a_cluster(tmp_path, monkeypatch, cluster):
    rows = {}
    for name, options in {
        "alone": {"n_workers": 1},
        "two": {"n_workers": 2},
        "cluster": {"scheduler": cluster.scheduler_address},
    }.items():
        monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / name / "cache"))
        rows[name] = run_sweep(Sweep.parse(SWEEP, "sweep"), SWEEP, tmp_path / name / "out", **options)
    assert len(rows["alone"]) == 6 and all(row["status"] == "ok" for row in rows["alone"])
    assert len({row["accuracy"] for row in rows["alone"]}) == 6 and all(row["cycles"] > 0 for row in rows["alone"])
    assert without_times(rows["alone"]) == without_times(rows["two"]) == without_times(rows["cluster"])
    assert [row["point"] for row in rows["alone"]] == list(range(6))


def test_a_cluster_evaluates_with_both_workers(explore, cluster):
    rows = explore(threads, scheduler=cluster.scheduler_address)
    assert len({row["process"] for row in rows}) == 2 and os.getpid() not in {row["process"] for row in rows}


def test_workers_have_one_thread_and_a_group_of_their_own(explore):
    rows = explore(threads, n_workers=2)
    assert [row["status"] for row in rows] == ["ok"] * 6
    assert {row["process"] for row in rows} == {row["group"] for row in rows} and len(
        {row["group"] for row in rows}
    ) == 2
    for row in rows:
        assert set(row["pools"]) <= {1}


def test_what_points_share_is_computed_once_by_workers_side_by_side(explore):
    rows = explore(sharing, n_workers=3)
    assert len(calls()) == 1 and {row["found_by"] for row in rows} == set(calls())


def test_a_point_that_fails_is_a_row_with_its_reason(explore):
    rows = explore(failing, n_workers=2)
    assert [row["status"] for row in rows] == ["ok", "failed", "ok", "ok", "ok", "ok"]
    assert rows[1]["reason"] == "ZeroDivisionError: nothing to divide" and "accuracy" not in rows[1]
    explore(quick)
    assert sorted(calls()) == list(range(6)), "a failed point is finished as well"
    assert [row["status"] for row in explore(quick, retry_failed=True)] == ["ok"] * 6
    assert sorted(calls()) == [0, 1, 1, 2, 3, 4, 5]


def test_a_point_that_cannot_be_built_is_a_row_with_its_reason(explore):
    text = SWEEP.replace("lanes = 4", "membrane_width = [9, 16]")
    rows = explore(evaluate, text)
    assert [row["status"] for row in rows[6:]] == ["failed", "ok"] * 3
    assert [row["status"] for row in rows[:6]] == ["ok"] * 6
    assert "threshold_shift" in rows[6]["reason"] or "membrane_width" in rows[6]["reason"]


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_killed_worker_loses_only_its_point_which_is_tried_again(explore, n_workers):
    rows = explore(killing_once, n_workers=n_workers)
    assert [row["status"] for row in rows] == ["ok"] * 6
    assert sorted(calls()) == [0, 1, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("n_workers", [1, 2])
def test_a_point_that_kills_every_worker_fails_and_the_others_go_on(explore, n_workers):
    rows = explore(killing, n_workers=n_workers)
    assert [row["status"] for row in rows] == ["ok", "failed", "ok", "ok", "ok", "ok"]
    assert rows[1]["reason"] == "its worker was killed by SIGKILL, 2 times"
    assert sorted(calls()) == [0, 1, 1, 2, 3, 4, 5]


def test_a_killed_worker_of_a_cluster(tmp_path, log, explore):
    with local_cluster(2) as cluster:
        rows = explore(killing, scheduler=cluster.scheduler_address)
    assert [row["status"] for row in rows] == ["ok", "failed", "ok", "ok", "ok", "ok"]
    assert "workers were ended" in rows[1]["reason"]
    counted = calls()
    assert counted.count(1) >= 2 and {0, 2, 3, 4, 5} <= set(counted)


def test_an_interrupted_sweep_goes_on_where_it_stopped(explore, tmp_path):
    finished = []

    def interrupt(count, total):
        finished.append(count)
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explore(quick, n_workers=2, tell=interrupt)
    before = (tmp_path / "out" / "journal.jsonl").read_text().splitlines()
    assert len(before) == 3 and finished == [0, 1, 2, 3]
    kept = [json.loads(line)["point"] for line in before]
    told = []
    rows = explore(quick, n_workers=2, tell=lambda count, total: told.append((count, total)))
    assert told == [(3, 6), (4, 6), (5, 6), (6, 6), (6, 6)] and len(rows) == 6
    assert all(calls().count(point) == 1 for point in kept)
    assert set(calls()) == set(range(6))
    n_calls = len(calls())
    assert explore(quick) == rows and len(calls()) == n_calls


def test_an_interrupt_ends_workers_at_once(explore):
    def interrupt(count, total):
        if count == 2:
            raise KeyboardInterrupt

    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        explore(slow, n_workers=2, tell=interrupt)
    assert time.perf_counter() - began < 30


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_worker_and_loses_no_point(tmp_path, log, explore, sign):
    """From outside, as a terminal or the kernel ends it."""
    program = "\n".join(
        [
            "from tests.intsnn_hw.exploration.evaluators import SWEEP, slow",
            "from intsnn_hw.exploration.run import run_sweep",
            "from intsnn_hw.exploration.space import Sweep",
            "if __name__ == '__main__':",
            f"    run_sweep(Sweep.parse(SWEEP, ''), SWEEP, {str(tmp_path / 'out')!r}, n_workers=2, evaluate=slow)",
        ]
    )
    (tmp_path / "program.py").write_text(program)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, str(tmp_path / "program.py")], env=environment, stderr=subprocess.DEVNULL)
    journal = tmp_path / "out" / "journal.jsonl"
    wait_until(lambda: len(calls()) >= 4 and len(journal.read_text().splitlines()) == 2)
    workers = children(child.pid)
    assert len(workers) >= 2
    child.send_signal(sign)
    child.wait(30)
    wait_until(lambda: not any(map(is_alive, workers)))
    rows = explore(quick)
    assert len(rows) == 6 and calls().count(0) == calls().count(1) == 1


def children(pid):
    """The processes that a process has started."""
    return [int(text) for path in Path(f"/proc/{pid}/task").glob("*/children") for text in path.read_text().split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(holds, patience_s=30):
    end = time.perf_counter() + patience_s
    while not holds():
        assert time.perf_counter() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.parametrize("address", ["foo", "tcp://", "tcp://host", "host:port", "tcp://a b:1"])
def test_no_address(explore, address):
    with pytest.raises(InputError, match="must be an address such as"):
        explore(quick, scheduler=address)


def test_a_scheduler_that_does_not_answer(explore, tmp_path, monkeypatch):
    from intsnn_hw.exploration import cluster as module

    monkeypatch.setattr(module, "_PATIENCE_S", 1)
    with pytest.raises(InputError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"):
        explore(quick, scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "out").exists()


def test_workers_with_other_code(explore, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(distributed.Client, "run", lambda *_, **__: {"tcp://10.0.0.2:1": "another"})
    with pytest.raises(InputError, match=r"tcp://10\.0\.0\.2:1 runs another version"):
        explore(quick, scheduler=cluster.scheduler_address)
    assert not (tmp_path / "out").exists()


def test_a_cluster_without_workers(explore, tmp_path):
    with local_cluster(0) as empty, pytest.raises(InputError, match="has no workers"):
        explore(quick, scheduler=empty.scheduler_address)
    assert not (tmp_path / "out").exists()
