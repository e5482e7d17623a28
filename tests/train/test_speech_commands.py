"""Spoken commands: small sets in the layouts of Speech Commands."""

import hashlib
import io
import tarfile
from typing import Any

import numpy as np
import pytest

from golden.errors import DataError
from tests.train.audio_files import tone, wav_bytes, write_words
from tests.train.event_files import load_events
from tests.train.test_event_dataset import dense
from train.audio import kept
from train.audio.front_end import FrontEnd
from train.audio.wav import read_wav
from train.data.speech_commands import WORDS, find_speech_commands, is_test_speaker
from train.data.spoken import FRONT_END

RATE = 16_000
TEST, TRAINING = ("ann", "kim"), ("bob", "eve", "gus")
NOISE = "_background_noise_/dishes.wav"


def write_commands(folder, words=WORDS, speakers=("ann", "bob", "eve"), indices=(0,)):
    return write_words(folder, words, speakers, indices, RATE, "{label}/{speaker}_nohash_{index}.wav")


def write_others(folder):
    """What the published set also holds."""
    write_commands(folder, ("bed", "_unknown_"), ("ann", "bob"))
    (folder / NOISE).parent.mkdir()
    (folder / NOISE).write_bytes(wav_bytes(tone(100, 0.1, RATE), RATE))
    (folder / "README.md").write_text("words")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with speech-commands: 10 words, 3 speakers, recordings 0 and 1, and what does not belong to the set."""
    folder = tmp_path_factory.mktemp("data")
    write_commands(folder / "speech-commands", indices=(0, 1))
    write_others(folder / "speech-commands")
    return folder


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """One cache for all tests, so that each content is encoded once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTSNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_words_and_unseen_speakers(place):
    data = load_events("speech-commands", place)
    assert data.name == "speech-commands:bins=125,bin_ms=8,channels=64,split=official"
    assert (data.n_inputs, data.n_steps, data.n_classes, data.shape) == (128, 125, 10, (2, 64))
    assert data.train_y.tolist() == [*range(10)] * 4 and data.test_y.tolist() == [*range(10)] * 2
    assert data.groups is not None and data.groups.tolist() == ([1] * 10 + [2] * 10) * 2
    expected = np.zeros((125, 128), np.int64)
    path = place / "speech-commands/no/eve_nohash_1.wav"
    times, units = FrontEnd(FRONT_END, RATE).encode(read_wav(path.read_bytes(), ""), "")
    np.add.at(expected, (times // 8000, units), 1)
    np.testing.assert_array_equal(dense(data.train)[30 + 3], expected)
    assert expected.sum() > 20


def test_validation_holds_out_a_whole_speaker(place):
    split = load_events("speech-commands", place).validation_split()
    assert split.groups is not None and len(set(split.groups)) == 1
    assert (len(split.train_y), len(split.test_y)) == (20, 20)


def test_one_speaker_is_test(place):
    data = load_events("speech-commands:split=bob,bins=50,channels=16", place)
    assert data.name == "speech-commands:bins=50,bin_ms=20,channels=16,split=bob" and data.n_inputs == 32
    assert (len(data.train_y), len(data.test_y)) == (40, 20)
    assert data.groups is not None and set(data.groups) == {0, 2}
    with pytest.raises(DataError, match="speech-commands: split=carl: no speaker 'carl'; known are ann, bob, eve"):
        load_events("speech-commands:split=carl", place)


def test_who_is_test_is_the_same_everywhere():
    # Recorded once: it follows from SHA-1 alone.
    assert all(map(is_test_speaker, (*TEST, "0cd323ec"))) and not any(map(is_test_speaker, (*TRAINING, "022cd682")))
    assert 900 < sum(is_test_speaker(f"{number:08x}") for number in range(6000)) < 1100


def test_a_published_split_by_another_hash_leaves_a_sixth_as_well():
    """The published test part is chosen by the last 27 bits of the same SHA-1: ours must not follow from these."""
    names = [f"{number:08x}" for number in range(20_000)]
    share = [int(hashlib.sha1(name.encode()).hexdigest(), 16) % (1 << 27) / (1 << 27) for name in names]
    published = [name for name, place in zip(names, share, strict=True) if 0.1 <= place < 0.2]
    assert 0.14 < np.mean([is_test_speaker(name) for name in published]) < 0.2


@pytest.mark.parametrize("prefix", ["", "./"])
@pytest.mark.parametrize("name", ["words.tar.xz", "speech_commands_v0.02.tar.gz", "speech_commands_test_set_v0.02.tar"])
def test_archives(place, tmp_path, name, prefix):
    path = tmp_path / "speech-commands" / name
    path.parent.mkdir()
    mode: Any = f"w:{path.suffix[1:].removeprefix('tar')}"
    with tarfile.open(path, mode) as archive:
        for file in sorted((place / "speech-commands").rglob("*.*")):
            content = file.read_bytes()
            member = tarfile.TarInfo(prefix + file.relative_to(place / "speech-commands").as_posix())
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    assert find_speech_commands(tmp_path) == path
    for first, second in zip(
        load_events("speech-commands", tmp_path).arrays, load_events("speech-commands", place).arrays, strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_where_it_is_found(tmp_path):
    with pytest.raises(DataError) as error:
        find_speech_commands(tmp_path)
    for words in ("Speech Commands: its recordings are neither in", "tensorflow.org", "into DIR/speech-commands"):
        assert words in str(error.value) and "\n" not in str(error.value)
    own, theirs = tmp_path / "speech-commands", tmp_path / "SpeechCommands" / "speech_commands_v0.02"
    for folder in (theirs, own):
        (folder / "up").mkdir(parents=True)
        assert find_speech_commands(tmp_path) == find_speech_commands(folder) == folder
    (own / "words.zip").touch()
    assert find_speech_commands(tmp_path) == own
    (own / "up").rmdir()
    assert find_speech_commands(tmp_path) == own / "words.zip"
    (own / "speech_commands_v0.02.tar.gz").touch()
    assert find_speech_commands(tmp_path) == own / "speech_commands_v0.02.tar.gz"


def test_other_files_neither_count_nor_are_read(place, tmp_path, monkeypatch):
    folder = write_commands(tmp_path / "speech-commands")
    load_events("speech-commands", tmp_path)
    write_others(folder)
    (folder / NOISE).write_bytes(b"none")
    monkeypatch.setattr(kept, "encode_collection", lambda *arguments, **options: pytest.fail("encoded twice"))
    load_events("speech-commands", tmp_path)


@pytest.mark.parametrize(
    "words, speakers, message",
    [
        (WORDS[:9], ("ann", "bob"), "holds recordings of down, go, left, no, off, on, right, stop, up; all of down, "),
        ((), (), "holds no recording of down, go, left"),
        (WORDS, TEST, "speech-commands: class 0 has no training sample with split=official"),
        (WORDS, TRAINING, "speech-commands: class 0 has no test sample with split=official"),
    ],
)
def test_sets_that_lack_something(tmp_path, words, speakers, message):
    folder = write_commands(tmp_path / "speech-commands", words, speakers)
    (folder / "yes").mkdir(exist_ok=True)
    write_others(folder)
    with pytest.raises(DataError) as error:
        load_events("speech-commands", tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_word_that_a_speaker_lacks(tmp_path):
    folder = write_commands(tmp_path / "speech-commands")
    (folder / "left/bob_nohash_0.wav").unlink()
    assert len(load_events("speech-commands", tmp_path).train_y) == 19
    with pytest.raises(DataError, match="speech-commands: class 2 has no test sample with split=bob"):
        load_events("speech-commands:split=bob", tmp_path)
