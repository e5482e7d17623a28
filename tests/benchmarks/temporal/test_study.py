"""What is asked, what is chosen by validation alone, and what the tables say."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.answers import Answers
from benchmarks.temporal import runs
from benchmarks.temporal.__main__ import main, parsed
from benchmarks.temporal.study import CHOICES, SETTINGS, WIDTHS, Study, constants
from train.data.cues import load_cues


def study_of(tmp_path, *arguments):
    return Study(parsed(["--out", str(tmp_path), *arguments]), Answers(tmp_path / "answers.jsonl"))


def pretended(study, accuracy):
    """Answer all questions by a function of the key, in the order of the command."""
    cases = list(study.cases())
    for at in range(CHOICES):
        for key in [key for case in cases for key in study.choice(case, at)]:
            study.answers.keep(key, {"accuracy": accuracy(key)})
    for key in [key for case in cases for key in study.runs(case)]:
        study.answers.keep(key, {"accuracy": accuracy(key)})


def test_settings_are_chosen_one_after_the_other_on_validation_alone(tmp_path):
    best = {"learning_rate": 2e-2, "readout_leak": 4, "loss": None, "hidden_leak": 5, "epochs": 80}

    def accuracy(key):
        if key["part"] == "test":
            return 0.9 - sum(key[name] == value for name, value in best.items()) / 10
        return 0.5 + sum(key[name] == value for name, value in best.items()) / 10

    study = study_of(tmp_path, "--tasks", "official", "--methods", "bptt-rsnn", "--hidden", "128")
    (case,) = study.cases()
    assert study.settings(case)["epochs"] == max(SETTINGS["bptt-rsnn"]["epochs"]), "the estimate takes the longest"
    assert len(study.missing()) == 2 * (5 + 4 + 1 + 1 + 2) + 3
    pretended(study, accuracy)
    assert study.settings(case) == best and not study.missing()
    asked = [key for at in range(CHOICES) for key in study.choice(case, at)]
    assert {key["part"] for key in asked} == {"validation"} and {key["seed"] for key in asked} == {0, 1}
    assert {key["part"] for key in study.runs(case)} == {"test"} and len(study.runs(case)) == 3
    again = study_of(tmp_path, "--tasks", "official", "--methods", "bptt-rsnn", "--hidden", "128", "--seeds", "4")
    assert [key["seed"] for key in again.missing()] == [3], "what is answered is not asked again"
    (row,) = study.setting_rows()
    assert "learning_rate 0.02" in row["settings"] and "loss of the score" in row["settings"]


def test_settings_are_those_of_the_first_size_over_all_sets_of_a_task(tmp_path):
    study = study_of(tmp_path, "--tasks", "speakers", "--methods", "mlp", "--hidden", "64", "32")
    cases = list(study.cases())
    assert len(cases) == 2 * len(runs.SPEAKERS)
    asked = study.choice(cases[-1], 0)
    assert asked == study.choice(cases[0], 0) and len(asked) == len(SETTINGS["mlp"]["learning_rate"]) * len(
        runs.SPEAKERS
    )
    assert {key["hidden"] for key in asked} == {64} and {key["seed"] for key in asked} == {0}
    assert {key["hidden"] for case in cases for key in study.runs(case)} == {64, 32}


def test_what_is_made_on_the_fly_has_settings_chosen_on_samples_of_its_own(tmp_path):
    study = study_of(tmp_path, "--tasks", "cues", "--methods", "bptt-snn", "--hidden", "64")
    (case,) = study.cases()
    (apart,) = {key["data"] for key in study.choice(case, 0)}
    assert apart != case["data"] and {key["data"] for key in study.runs(case)} == {case["data"]}
    made, tested = runs.dataset_of(apart, None), runs.dataset_of(case["data"], None)
    assert runs.validating(apart, made) is made and len(made.test_y) == 3000
    for part in (made.test, made.train):
        assert not np.array_equal(part.addresses[:1000], tested.test.addresses[:1000])
    assert len(runs.validating("cues", tested).test_y) < len(tested.train_y)


def test_strategies_are_compared_on_one_task_and_have_their_error_shift_chosen(tmp_path):
    methods = ("--methods", "rsnn", "fixed", "direct", "final", "--hidden", "64", "32", "--widths", "16-8")
    study = study_of(tmp_path, "--tasks", "reversed", "official", *methods)
    found = {(case["method"], case["task"], case["hidden"]): case for case in study.cases()}
    strategies = {key for key in found if key[0] in ("direct", "final")}
    assert strategies == {("direct", "reversed", 64), ("final", "reversed", 64)}
    for method, route, timing in (
        ("rsnn", "feedback", "every_step"), ("direct", "direct", "every_step"), ("final", "feedback", "final"),
    ):  # fmt: skip
        learning = runs.configuration(found[method, "reversed", 64] | {"seed": 0}).learning
        assert learning is not None and (learning.route, learning.timing) == (route, timing)
    pretended(study, lambda key: 0.5 + 0.1 * (key.get("error_shift") == -1))
    assert not study.missing()
    (case, *_) = [case for case in study.cases() if case["method"] == "fixed"]
    learning = runs.configuration(study.runs(case)[0]).learning
    assert learning is not None and learning.recurrence == "fixed"
    (case,) = [case for case in study.cases() if case["method"] == "final"]
    assert study.settings(case) == {"error_shift": -1, "epochs": 40}
    other = runs.configuration(study.runs(case)[0] | {"error_shift": 0}).learning
    learning = runs.configuration(study.runs(case)[0]).learning
    assert learning is not None and other is not None
    assert learning.error_shifts == (other.error_shifts[0] - 1,) and learning.timing == "final"
    rows = {row["method"]: row for row in study.accuracy_rows()}
    name = "integer RSNN, Final 64, 16-8"
    assert rows[name] == {"method": name, "reversed": "60.00 ± 0.00", "official": ""}


def test_epochs_of_all_widths_and_sizes_are_chosen_with_16_8_and_the_first_size(tmp_path):
    arguments = ("--tasks", "official", "--methods", "snn", "rsnn", "--hidden", "64", "32")
    study = study_of(tmp_path, *arguments, "--widths", "16-4", "8-8")
    asked = [key for case in study.cases() for key in study.choice(case, 0)]
    assert {(key["widths"], key["hidden"]) for key in asked} == {("16-8", 64)}
    pretended(study, lambda key: 0.5 + 0.1 * (key["epochs"] == 80) * (key["method"] == "snn"))
    assert {(key["method"], key["epochs"]) for case in study.cases() for key in study.runs(case)} == {
        ("snn", 80), ("rsnn", 40),
    }  # fmt: skip
    assert {(case["widths"], case["hidden"]) for case in study.cases()} == {
        (widths, hidden) for widths in ("16-4", "8-8") for hidden in (64, 32)
    }


def test_answers_of_other_constants_are_not_taken(tmp_path, monkeypatch):
    from golden.presets import temporal

    arguments = ("--tasks", "cues", "--methods", "rsnn", "--hidden", "64", "--widths", "16-8")
    study = study_of(tmp_path, *arguments)
    pretended(study, lambda key: 0.5)
    assert not study_of(tmp_path, *arguments).missing()
    monkeypatch.setitem(temporal.TASKS, "cues-64r", replace(temporal.TASKS["cues-64r"], readout_leak=5))
    assert len(study_of(tmp_path, *arguments).missing()) == 3


@pytest.mark.parametrize("change, counts", [
    ({"budget": 5}, [True, False, False]),
    ({"readout_leak": 5}, [True, False, False]),
    ({"n_steps": 100}, [True, True, True]),
])  # fmt: skip
def test_constants_of_the_rule_are_not_those_of_bptt(monkeypatch, change, counts):
    from golden.presets import temporal

    methods = [runs.METHODS[name] for name in ("rsnn", "bptt-rsnn", "mlp")]
    before = [constants("cues-64r", method) for method in methods]
    monkeypatch.setitem(temporal.TASKS, "cues-64r", replace(temporal.TASKS["cues-64r"], **change))
    found = [constants("cues-64r", method) for method in methods]
    assert [a != b for a, b in zip(found, before, strict=True)] == counts


def test_constants_are_those_of_recurrence_and_strategy():
    names = ("snn", "rsnn", "direct", "final")
    assert len({constants("fsdd-128r", runs.METHODS[name]) for name in names}) == len(names)
    widths = {constants("fsdd-128r", runs.METHODS["rsnn"], widths) for widths in WIDTHS}
    assert len(widths) == len(WIDTHS) and constants("fsdd-128r", runs.METHODS["rsnn"]) in widths


def test_tables_are_means_over_seeds_of_means_over_speakers(tmp_path):
    def accuracy(key):
        base = {"integer": 0.7, "bptt": 0.6, "mlp": 0.5}[key["family"]]
        speaker = runs.SPEAKERS.index(key["data"].partition("=")[2]) if "=" in key["data"] else 0
        return base + 0.01 * key["seed"] + 0.02 * speaker - 0.2 * (key.get("widths") == "16-4")

    study = study_of(tmp_path, "--tasks", "official", "speakers", "--hidden", "64", "--widths", "16-4", "16-8")
    pretended(study, accuracy)
    rows = {row["method"]: row for row in study.accuracy_rows()}
    assert list(rows) == [
        "integer SNN 64, 16-8", "integer RSNN 64, 16-8", "integer RSNN, fixed recurrence 64, 16-8", "BPTT SNN 64",
        "BPTT RSNN 64", "MLP on event counts 64",
    ]  # fmt: skip
    assert rows["BPTT SNN 64"] == {"method": "BPTT SNN 64", "official": "61.00 ± 1.00", "speakers": "66.00 ± 1.00"}
    (speakers,) = [row for row in study.speaker_rows() if row["method"] == "MLP on event counts 64"]
    assert speakers["yweweler"] == "61.00 ± 1.00" and len(speakers) == 7
    widths = study.width_rows()
    assert [(row["task"], row["method"]) for row in widths] == [
        (task, f"integer {kind} 64") for task in ("official", "speakers") for kind in ("SNN", "RSNN")
    ]
    assert widths[0] | {"16-4": "51.00 ± 1.00", "16-8": "71.00 ± 1.00"} == widths[0] and len(widths[0]) == 4
    goals = study.goal_rows()
    assert [next(iter(row.values())) for row in goals] == ["integer SNN 64, 16-8", "integer RSNN 64, 16-8"]
    assert {row["official"] for row in goals} == {"+11.00"}
    assert len(study.run_rows()) == 8 * 7 * 3 and set(study.tables()) > {"Test accuracy, %"}


@pytest.mark.parametrize("family, settings", [
    ("integer", {"widths": "16-8", "epochs": 1}),
    ("bptt", {"learning_rate": 5e-3, "readout_leak": 6, "loss": None, "hidden_leak": 5, "epochs": 1}),
    ("mlp", {"learning_rate": 1e-3, "alpha": 1.0, "epochs": 50}),
])  # fmt: skip
def test_each_family_answers(family, settings):
    key = {"task": "cues", "preset": "cues-64r", "data": "cues:train=80,test=40", "method": "", "family": family,
           "recurrence": "learned", "hidden": 8, "samples": None, "part": "validation", "seed": 0}  # fmt: skip
    key |= settings
    found = runs.answer(key, None)
    assert 0 <= found["accuracy"] <= 1 and found["seconds"] > 0
    assert runs.answer(key, None)["accuracy"] == found["accuracy"]
    config = runs.configuration(key)
    assert config.layers[0].recurrent and config.layers[0].size == 8
    leaks = [layer.neuron.leak_shift for layer in config.layers]
    assert leaks == [settings.get("hidden_leak", 10), settings.get("readout_leak", 10)]


def test_the_network_of_a_question():
    key = {"preset": "fsdd-128r", "family": "integer", "hidden": 256, "recurrence": "fixed", "widths": "8-8", "seed": 3}
    config = runs.configuration(key)
    assert config.learning is not None and config.learning.shadow_width == 8 and config.learning.seed == 3
    assert config.topology == "128-256r-10" and config.learning.recurrence == "fixed"


def test_counts_are_blind_to_time():
    dataset = load_cues("train=20,test=10")
    found = runs.counts(dataset, "train")
    assert found.shape == (20, 40) and found.sum() == dataset.train.levels.sum()
    first = slice(dataset.train.offsets[0], dataset.train.offsets[dataset.n_steps])
    expected = np.bincount(dataset.train.addresses[first], dataset.train.levels[first], minlength=40)
    assert (found[0] == expected).all()
    backwards = dataset.train.offsets[-1] - dataset.train.offsets[::-1]
    turned = dataset.train._replace(
        offsets=backwards, addresses=dataset.train.addresses[::-1], levels=dataset.train.levels[::-1]
    )
    assert (runs.counts(replace(dataset, train=turned), "train") == found[::-1]).all()


def test_errors_are_one_line_and_an_estimate_runs_nothing(tmp_path, capsys):
    assert main(["--seeds", "0"]) == 2
    assert capsys.readouterr().err == "error: --seeds: must be at least 1, got 0\n"
    nowhere = ["--data-dir", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]
    assert main(["--tasks", "official", *nowhere]) == 2
    assert capsys.readouterr().err.startswith("error: ") and not list(tmp_path.iterdir())
    assert main(["--tasks", "cues", "--methods", "mlp", "rsnn", "--estimate", *nowhere]) == 0
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.startswith("46 runs to do, about ") and not list(tmp_path.iterdir())
