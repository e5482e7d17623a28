"""Tables: what stands in them adds up."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.online_bptt.energy import Work
from benchmarks.online_bptt.memory import online_bits
from benchmarks.online_bptt.tables import (
    Counted,
    core_energy,
    energy_rows,
    inference_rows,
    ladder_rows,
    markdown,
    memory_rows,
    spread,
    write_csv,
)
from golden.config import learning_config
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.presets import preset
from intsnn_hw.energy import Coefficients, energy_of
from intsnn_hw.energy.estimate import estimated_accesses
from train.data import load

TABLE = Coefficients.load()
CONFIG = learning_config(preset("digits-64", hidden=(12,), n_steps=3))


@pytest.fixture(scope="module")
def counted():
    digits, states = load("digits"), {}
    kernel = Kernel(LearningNetwork.initial(CONFIG))
    events = digits.events("train", CONFIG.encoding, CONFIG.n_steps)
    for name, epochs in (("initial", 1), ("trained", 8)):
        runs = [kernel.learn(events, digits.train_y, np.arange(len(digits.train_y))) for _ in range(epochs)]
        activity = runs[-1]
        share = activity.updated_samples / activity.samples
        states[name] = {"accesses": estimated_accesses(CONFIG, activity), "updated": share}
    inference = kernel.infer(digits.events("test", CONFIG.encoding, CONFIG.n_steps)).activity
    accesses = estimated_accesses(CONFIG.inference_only(), inference)
    work = Work(events=(20.0, 9.0), updated=0.3, synaptic_updates=40.0)
    return Counted(
        config=CONFIG,
        online=work,
        bptt=Work(events=(20.0, 15.0)),
        core=states,
        inferences={"online": {"accesses": accesses}},
        test_events={"online": (20.0, 9.0), "float": (20.0, 15.0), "quantised": (20.0, 14.0)},
    )


def test_energy_of_the_core_is_that_of_its_accesses(counted):
    found = core_energy(counted, TABLE)
    phases = [energy_of(CONFIG, state["accesses"], TABLE) for state in counted.core.values()]
    shares = [state["updated"] for state in counted.core.values()]
    assert shares[0] != shares[1] and min(shares) > 0
    forward = sum(phase["inference"]["total"] for phase in phases) / 2
    update = sum(phase["update"]["total"] / share for phase, share in zip(phases, shares, strict=True)) / 2
    assert sum(found["forward"].values()) == pytest.approx(forward)
    assert sum(found["update"].values()) == pytest.approx(update)
    assert sum(found["mean"].values()) == pytest.approx(forward + 0.3 * update)


def test_a_network_that_never_errs_updates_nothing(counted):
    idle = {name: state | {"updated": 0.0} for name, state in counted.core.items()}
    found = core_energy(replace(counted, core=idle), TABLE)
    assert sum(found["update"].values()) == 0 and found["mean"] == found["forward"]


def test_the_way_to_the_rule_multiplies_up(counted):
    rows = ladder_rows(counted, TABLE)
    for start in {row["from"] for row in rows}:
        steps = [row for row in rows if row["from"] == start]
        product = math.prod(row["divided by"] for row in steps[1:-1])
        assert product == pytest.approx(steps[-1]["divided by"], rel=0.05)  # figures are rounded
        assert steps[0]["nJ"] / steps[-1]["nJ"] == pytest.approx(steps[-1]["divided by"], rel=0.05)
        assert steps[-1]["nJ"] == energy_rows(counted, TABLE)[0]["all, nJ"]


def test_memory_saved_is_that_of_the_totals():
    rows = {row[""]: row for row in memory_rows(CONFIG, {"BPTT, float32, batch 1, SGD": {"saved": 2048, "peak": 4096}})}
    ours = sum(online_bits(CONFIG).values())
    row = rows["BPTT, float32, batch 1, SGD"]
    assert row["measured saved"] == 2.0 and row["measured peak"] == 4.0
    assert row["all, KiB"] == pytest.approx(
        sum(row[part] for part in ("weights", "gradients", "optimiser", "kept", "errors")), abs=0.3
    )
    assert row["on-line saves, %"] == pytest.approx(100 * (1 - ours / 8192 / row["all, KiB"]), abs=0.3)
    assert rows["on-line rule"]["on-line saves, %"] == 0


def test_rows_become_files_of_the_same_columns(counted, tmp_path):
    for rows in (energy_rows(counted, TABLE), inference_rows(counted, TABLE), ladder_rows(counted, TABLE)):
        write_csv(tmp_path / "rows.csv", rows)
        assert len((tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines()) == len(rows) + 1
        assert markdown(rows).count("\n") == len(rows) + 1
    assert spread([0.5]) == "50.00" and spread([0.5, 0.52]) == "51.00 ± 1.41"
