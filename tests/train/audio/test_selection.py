"""Which recordings are test."""

import numpy as np
import pytest

from golden.errors import ConfigError, DataError
from train.audio.collection import Word
from train.audio.selection import is_test

WORDS = tuple(
    Word(f"set/{label}/{speaker}_{index}.wav", label, speaker, index)
    for label in ("no", "yes")
    for speaker in ("ann", "bob")
    for index in range(4)
)


def chosen(rule, words=WORDS):
    return {word.path for word, test in zip(words, is_test(rule, words), strict=True) if test}


def test_by_index():
    assert chosen("index=0-1,3") == {word.path for word in WORDS if word.index in (0, 1, 3)}
    assert chosen("index=2") == {word.path for word in WORDS if word.index == 2}


def test_by_speaker():
    assert chosen("speaker=bob") == {word.path for word in WORDS if word.speaker == "bob"}


def test_by_list(tmp_path):
    (tmp_path / "list.txt").write_text("yes/ann_0.wav\n\n./set/no/bob_3.wav\n")
    assert chosen(f"list={tmp_path / 'list.txt'}") == {"set/yes/ann_0.wav", "set/no/bob_3.wav"}


@pytest.mark.parametrize(
    "rule, kind, words",
    [
        ("", ConfigError, "write index=0-4, speaker=NAME,.. or list=FILE"),
        ("index", ConfigError, "write index"),
        ("index=", ConfigError, "write index"),
        ("colour=red", ConfigError, "write index"),
        ("index=a", ConfigError, "numbers and ranges"),
        ("index=1-", ConfigError, "numbers and ranges"),
        ("index=1,,2", ConfigError, "numbers and ranges"),
        ("index=9", DataError, "selects none of 16"),
        ("index=0-9", DataError, "selects all of 16"),
        ("speaker=ann,bob", DataError, "selects all"),
        ("speaker=carl", DataError, "no speaker 'carl'; known are ann, bob"),
        ("list=/nowhere/list.txt", DataError, "/nowhere/list.txt: cannot be read"),
    ],
)
def test_rules_that_do_not_work(rule, kind, words):
    with pytest.raises(kind) as error:
        is_test(rule, WORDS)
    assert words in str(error.value) and "\n" not in str(error.value)


def test_lists_that_do_not_work(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("yes/ann_0.wav\nno/zoe_0.wav\n")
    with pytest.raises(DataError, match=r"lists no/zoe_0\.wav, which is not among the recordings"):
        is_test(f"list={path}", WORDS)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file"):
        is_test(f"list={path}", WORDS)


def test_names_that_tell_neither_speaker_nor_index():
    words = [Word(f"yes/{number}.wav", "yes", "", None) for number in range(3)]
    with pytest.raises(DataError, match=r"yes/0\.wav tells no index; give a pattern with {index}"):
        is_test("index=0", words)
    with pytest.raises(DataError, match=r"no speakers are known; give a pattern with {speaker}"):
        is_test("speaker=ann", words)


def test_a_class_must_be_in_both_parts():
    lonely = (*WORDS, Word("set/maybe/ann_0.wav", "maybe", "ann", 0))
    for rule, part in (("index=0", "training"), ("index=1", "test")):
        with pytest.raises(DataError, match=f"class maybe has no {part} recording"):
            is_test(rule, lonely)
    assert np.sum(is_test("index=0", WORDS)) == 4
