"""The controls of the graded error: beside hand-made values, and in place of the kernels' own."""

from typing import cast

import numpy as np
import pytest

from benchmarks.temporal.errors import CONTROLS, ERRORS, control, learning_from, main
from golden.config import LearningConfig
from golden.kernels.plan import ERROR_OCTAVE
from golden.output_error import output_error
from golden.presets import preset
from train.data.cues import load_cues
from train.online import train_online

RULE = cast(LearningConfig, preset("fsdd-128r").learning)


def error_of(name, scores, label):
    rule = np.zeros(100, np.int64)
    rule[ERROR_OCTAVE] = RULE.error_octave
    found = np.zeros(len(scores), np.int32)
    wrong = control(name)["output_error"](rule, scores, label, found)
    assert wrong == found.any()
    return found.tolist()


def test_errors_of_five_classes():
    scores = np.rint(-np.array([0, 1, 1.3, 2, 7]) * 2**RULE.error_octave).astype(np.int64)
    # Shares of whole octaves: 1, 1/2, 1/2, 1/4, none; their sum is 9/4.
    assert error_of("exact", scores, 0) == [28 - 64, 14, 14, 7, 0]
    assert error_of("rounded", scores, 0) == [-32, 16, 16, 8, 0]
    assert output_error(scores, 0, RULE).tolist() == [-16, 8, 8, 4, 0], "the shift has 4 for the sum 9/4"
    # Shares as they are: 1, 0.5, 0.406, 0.25, 0.008; their sum is 2.164.
    assert error_of("softmax", scores, 4) == [30, 15, 12, 7, -64]
    assert error_of("exact", scores * 0 + [0, -9999, -9999, -9999, -9999], 0) == [0] * 5


def test_the_kernels_learn_from_a_control_only_within_the_context():
    cues = load_cues("cues=3,delay_ms=100,train=60,test=10")
    config = preset("cues-64r", hidden=(8,), n_steps=cues.n_steps, epochs=2, timing="every_step")

    def shadows():
        return [shadow.tolist() for shadow in train_online(config, cues).network.shadows or ()]

    own = shadows()
    for name in ("exact", "softmax"):  # of two close classes, `rounded` is what the shift gives
        with learning_from(name):
            assert shadows() != own
    with learning_from("shift"):
        assert shadows() == own
    assert shadows() == own


def test_the_command(tmp_path, capsys):
    chosen = ("shift", "exact", "margin")
    quick = ["--quick", "--tasks", "cues", "--workers", "1", "--out", str(tmp_path)]
    assert main([*chosen, *quick, "--seeds", "1"]) == 0
    table = capsys.readouterr().out
    assert [name for name in ERRORS if f"| {name} |" in table] == list(chosen)
    assert main(["octave", *quick]) == 2
    assert "unknown error 'octave'" in capsys.readouterr().err
    assert main(["--quick", "--tasks", "cues", "--seeds", "0", "--out", str(tmp_path)]) == 2
    assert main(["--tasks", "official", "--data-dir", str(tmp_path), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("error: ") == 2


@pytest.mark.parametrize("name", CONTROLS)
def test_errors_of_a_sample_that_is_right(name):
    assert error_of(name, np.array([0, -(30 << RULE.error_octave)]), 0) == [0, 0]
