"""The same recordings are encoded once."""

import numpy as np
import pytest

from golden.errors import DataError, ToolError
from tests.train.audio_files import write_words
from train.audio import kept
from train.audio.collection import NamePattern
from train.audio.config import FrontEndConfig

CONFIG = FrontEndConfig(channels=4)


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "cache"))
    return write_words(tmp_path / "words", labels=("a", "b"), speakers=("ann", "bob"), indices=(0, 1))


@pytest.fixture
def encodings(monkeypatch):
    """What was encoded, one entry a call."""
    made, real = [], kept.encode_collection

    def counted(*arguments, **options):
        made.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(kept, "encode_collection", counted)
    return made


def once(place, config=CONFIG, **options):
    return kept.encode_once(place, NamePattern(), config, **options)


def assert_equal(first, second):
    for name, value in vars(first).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(second, name))
            assert value.dtype == getattr(second, name).dtype
        else:
            assert value == getattr(second, name)


def test_a_second_call_encodes_nothing(place, encodings):
    first, second = once(place), once(place)
    assert len(encodings) == 1 and len(first.times) > 0
    assert_equal(first, second)


def test_what_changes_the_events_is_encoded_anew(place, encodings, monkeypatch):
    once(place)
    once(place, FrontEndConfig(channels=4, threshold=0.6))
    once(place, rate=4000)
    monkeypatch.setattr(kept, "_code", lambda: "other")
    once(place)
    assert len(encodings) == 4
    path = place / "a_ann_0.wav"
    path.write_bytes(path.read_bytes()[:-2] + b"\x00\x01")
    once(place)
    assert len(encodings) == 5


def test_labels_choose_what_is_encoded_and_known(place, encodings):
    (place / "noise.wav").write_bytes(b"none")
    with pytest.raises(DataError, match=r"noise.wav does not fit the pattern"):
        once(place)
    first = once(place, labels=("b",))
    assert first.keys == ("b",) and len(first.words) == 4
    for name in ("a_ann_0.wav", "noise.wav"):
        (place / name).write_bytes(b"changed")
    assert_equal(once(place, labels=("b",)), first)
    assert len(encodings) == 1
    with pytest.raises(DataError, match="holds no recording of c, d; check the path"):
        once(place, labels=("c", "d"))


def test_a_damaged_entry_is_made_anew(place, encodings, tmp_path):
    first = once(place)
    (entry,) = (tmp_path / "cache" / "audio").iterdir()
    whole = entry.read_bytes()
    for content in (b"", whole[:-10], whole[: len(whole) // 2], b"PK", b"\x93NUMPY"):
        entry.write_bytes(content)
        assert_equal(once(place), first)
        assert entry.read_bytes() == whole
    assert len(encodings) == 6


def test_a_cache_that_cannot_be_written(place, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "file"))
    with pytest.raises(ToolError, match="set INTSNN_CACHE"):
        once(place)
