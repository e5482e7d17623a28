"""Answers are kept by content, whole, and found anew where an entry is damaged."""

import pytest

from intsnn_hw.cache import Cache


def asked(cache, question, answer):
    """The answer to a question, and whether it had to be found."""
    calls = []

    def find():
        calls.append(question)
        return answer

    return cache.answer(question, find), bool(calls)


def test_the_same_question_is_answered_at_once(tmp_path):
    assert asked(Cache(tmp_path), {"verilog": "a", "seed": 1}, {"lut": (1, 2)}) == ({"lut": [1, 2]}, True)
    assert asked(Cache(tmp_path), {"seed": 1, "verilog": "a"}, {}) == ({"lut": [1, 2]}, False)


@pytest.mark.parametrize("other", [{"verilog": "b", "seed": 1}, {"verilog": "a", "seed": 2}, {"verilog": "a"}])
def test_another_question_is_another_answer(tmp_path, other):
    asked(Cache(tmp_path), {"verilog": "a", "seed": 1}, {"lut": 1})
    assert asked(Cache(tmp_path), other, {"lut": 2}) == ({"lut": 2}, True)


@pytest.mark.parametrize("content", ["", "{", "\x00"])
def test_a_damaged_entry_is_found_anew(tmp_path, content):
    asked(Cache(tmp_path), {}, {"lut": 1})
    (entry,) = (tmp_path / "fpga").iterdir()
    entry.write_text(content)
    assert asked(Cache(tmp_path), {}, {"lut": 1}) == ({"lut": 1}, True)
    assert asked(Cache(tmp_path), {}, {}) == ({"lut": 1}, False)


def test_nothing_is_left_when_the_search_fails(tmp_path):
    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cache(tmp_path).answer({}, fail)
    with pytest.raises(TypeError):
        Cache(tmp_path).answer({}, lambda: {"not JSON": object()})
    assert not list((tmp_path / "fpga").iterdir())
