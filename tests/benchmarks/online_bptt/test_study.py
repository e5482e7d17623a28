"""The file of answers, and the command's errors."""

import json

import pytest

from benchmarks.online_bptt.__main__ import main
from benchmarks.online_bptt.study import Answers
from golden.errors import InputError


def test_answers_outlive_an_interruption(tmp_path):
    path = tmp_path / "answers.jsonl"
    answers = Answers(path)
    answers.keep({"kind": "a", "seed": 0}, {"accuracy": 0.5})
    answers.keep({"kind": "a", "seed": 1}, {"accuracy": 0.6})
    path.write_text(path.read_text(encoding="utf-8")[:-9], encoding="utf-8")
    again = Answers(path)
    assert again[{"seed": 0, "kind": "a"}] == {"accuracy": 0.5} and {"kind": "a", "seed": 1} not in again
    again.keep({"kind": "a", "seed": 1}, {"accuracy": 0.7})
    assert Answers(path)[{"kind": "a", "seed": 1}] == {"accuracy": 0.7}
    assert len([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]) == 2


def test_a_damaged_line_is_named(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"key": {}, "answer": {}}\n{"ke\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"answers\.jsonl: line 2 is damaged"):
        Answers(path)


def test_errors_are_one_line(tmp_path, capsys):
    assert main(["--seeds", "0", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: --seeds: must be at least 1, got 0\n"
    assert main(["--quick", "--data-dir", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ") and not list(tmp_path.iterdir())
