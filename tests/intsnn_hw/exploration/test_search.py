"""NSGA-II: the same points however many workers, known points are not computed again, and it finds the front."""

import pytest

from golden.errors import InputError
from intsnn_hw.exploration.objectives import front
from tests.intsnn_hw.exploration.evaluators import calls, failing, quick

SEARCH = """
preset = "digits-64"
objectives = ["accuracy", "memory_bits"]
constraints = ["shadow_width >= weight_width"]
[axes]
weight_width = [4, 6, 8, 12]
shadow_width = [8, 16]
hidden = [4, 8, 16, 32, 64]
route = ["direct", "feedback"]
[search]
sampler = "nsga2"
n_trials = 24
population = 6
seed = 3
"""


def numbers(rows):
    return [row["point"] for row in rows]


def test_the_same_points_however_many_workers(explore, tmp_path):
    alone = explore(quick, SEARCH)
    assert 6 < len(alone) <= 24 and len(calls()) == len(set(calls())) == len(alone)
    (tmp_path / "out").rename(tmp_path / "first")
    assert numbers(explore(quick, SEARCH, n_workers=2)) == numbers(alone)
    (tmp_path / "out").rename(tmp_path / "second")
    assert numbers(explore(quick, SEARCH.replace("seed = 3", "seed = 4"))) != numbers(alone)


def test_a_longer_search_is_another_sweep_that_begins_alike(explore, tmp_path):
    short = explore(quick, SEARCH.replace("n_trials = 24", "n_trials = 15"))
    with pytest.raises(InputError, match="holds another sweep"):
        explore(quick, SEARCH)
    (tmp_path / "out").rename(tmp_path / "short")
    assert set(numbers(short)) < set(numbers(explore(quick, SEARCH)))


def test_repeats_are_trials(explore):
    told = []
    rows = explore(
        quick,
        SEARCH.replace("[4, 8, 16, 32, 64]", "4").replace("[4, 6, 8, 12]", "4"),
        tell=lambda finished, total: told.append((finished, total)),
    )
    assert len(rows) <= 4 and told[-1] == (24, 24), "2 shadow widths x 2 routes"


def test_constraints_hold(explore):
    rows = explore(quick, SEARCH)
    assert all(row["shadow_width"] >= row["weight_width"] for row in rows)
    assert any(row["shadow_width"] == 8 for row in rows) and any(row["weight_width"] == 12 for row in rows)


@pytest.mark.parametrize("stop", [1, 4, 6, 9])
def test_an_interrupted_search_draws_what_an_uninterrupted_one_draws(explore, tmp_path, stop):
    whole = explore(quick, SEARCH)
    (tmp_path / "out").rename(tmp_path / "whole")
    (tmp_path / "calls").unlink()

    def interrupt(finished, total):
        assert total == 24
        if len(calls()) >= stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explore(quick, SEARCH, tell=interrupt)
    journal = (tmp_path / "out" / "study.log").read_bytes()
    (tmp_path / "out" / "study.log").write_bytes(journal + b'{"op_code": 6, "worker')
    assert numbers(explore(quick, SEARCH)) == numbers(whole)
    assert len(calls()) == len(set(calls())) == len(whole)
    assert explore(quick, SEARCH) == explore(quick, SEARCH) and len(calls()) == len(whole)


def test_progress_ends_at_the_number_of_trials(explore):
    told = []
    explore(quick, SEARCH, tell=lambda finished, total: told.append((finished, total)))
    assert told[0] == (0, 24) and told[-1] == (24, 24) and told == sorted(told)


def test_points_that_fail_are_trials(explore):
    rows = explore(failing, SEARCH.replace("[4, 8, 16, 32, 64]", "4").replace("n_trials = 24", "n_trials = 40"))
    assert {row["point"]: row["status"] for row in rows}[1] == "failed"


def test_it_comes_near_the_front(explore):
    text = SEARCH.replace("n_trials = 24", "n_trials = 120").replace("population = 6", "population = 20")
    rows = explore(quick, text)
    # Accuracy and memory both grow with their product: any point without an equal is on the front.
    assert len({row["memory_bits"] for row in front(rows, ["accuracy", "memory_bits"])}) >= 8


def test_a_core_that_does_not_fit_is_not_on_the_front():
    rows = [
        {"point": 0, "status": "ok", "accuracy": 0.9, "lut": 7000, "fits": False},
        {"point": 1, "status": "ok", "accuracy": 0.8, "lut": 4000, "fits": True},
        {"point": 2, "status": "ok", "accuracy": 0.7, "lut": 5000, "fits": True},
        {"point": 3, "status": "failed", "reason": "none"},
    ]
    assert [row["point"] for row in front(rows, ["accuracy", "lut"])] == [1]
    without_a_device = [{name: value for name, value in row.items() if name != "fits"} for row in rows]
    assert [row["point"] for row in front(without_a_device, ["accuracy", "lut"])] == [0, 1]
