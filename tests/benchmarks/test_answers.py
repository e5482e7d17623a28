"""The file of answers."""

import json

import pytest

from benchmarks.answers import Answers
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


def _doubled(key):
    return {"value": 2 * key["number"]}


def test_a_question_is_answered_once(tmp_path):
    path = tmp_path / "answers.jsonl"
    answers = Answers(path)
    answers.keep({"number": 3}, {"value": 0})
    answers.complete([{"number": 1}, {"number": 3}, {"number": 1}, {"number": 2}], "numbers", 2, _doubled)
    assert [answers[{"number": number}]["value"] for number in (1, 2, 3)] == [2, 4, 0]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
