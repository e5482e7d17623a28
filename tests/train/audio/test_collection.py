"""Wav files in folders and archives, and what their names tell."""

import io
import tarfile
import zipfile
from typing import Any

import numpy as np
import pytest

from golden.errors import ConfigError, DataError
from tests.train.audio_files import tone, wav_bytes
from train.audio.collection import NamePattern, Word, digest_of, open_collection

FILES = {
    "set/yes/ann_nohash_0.wav": wav_bytes(tone(300)),
    "set/yes/bob_nohash_0.wav": wav_bytes(tone(400)),
    "set/no/ann_nohash_1.WAV": wav_bytes(tone(500)),
    "set/README.md": b"words",
    "set/.hidden.wav": b"none",
    "__MACOSX/set/yes/._ann_nohash_0.wav": b"none",
}
PATHS = {"set/yes/ann_nohash_0.wav", "set/yes/bob_nohash_0.wav", "set/no/ann_nohash_1.WAV"}


def write_folder(path, files=None):
    for name, content in (FILES if files is None else files).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def write_tar(path, kind):
    mode: Any = f"w:{kind}"
    with tarfile.open(path, mode) as archive:
        folder = tarfile.TarInfo("set/empty")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("set/link.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, content in FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def write_zip(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("set/empty")
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path


def made(tmp_path, kind):
    if kind == "folder":
        (tmp_path / "here" / "set" / "empty").mkdir(parents=True)
        return write_folder(tmp_path / "here")
    if kind == "zip":
        return write_zip(tmp_path / "words.zip")
    return write_tar(tmp_path / f"words.tar.{kind}", kind)


@pytest.mark.parametrize("kind", ["folder", "zip", "", "gz", "bz2", "xz"])
def test_the_wav_files_of_a_collection(tmp_path, kind):
    collection = open_collection(made(tmp_path, kind))
    assert set(collection.paths) == PATHS and len(collection.paths) == 3
    assert [name.rstrip("/").split("/")[-1] for name in collection.empty] == ["empty"]
    with collection.reader() as read:
        for order in (collection.paths, collection.paths[::-1]):
            assert [read(path) for path in order] == [FILES[path] for path in order]


@pytest.mark.parametrize("kind", ["folder", "zip", "gz"])
def test_a_digest_names_the_content(tmp_path, kind):
    path = made(tmp_path, kind)
    before = digest_of(path)
    assert digest_of(path) == before and len(before) == 64
    changed = path / "set/yes/ann_nohash_0.wav" if kind == "folder" else path
    changed.write_bytes(changed.read_bytes()[:-1] + b"\x01\x02")
    assert digest_of(path) != before


def test_the_digest_of_a_folder_knows_names_and_borders(tmp_path):
    found = set()
    for number, files in enumerate(
        ({"a.wav": b"12", "b.wav": b"3"}, {"a.wav": b"1", "b.wav": b"23"}, {"c.wav": b"123"})
    ):
        found.add(digest_of(write_folder(tmp_path / str(number), files)))
    assert len(found) == 3


def test_the_digest_of_a_folder_knows_the_chosen_files_alone(tmp_path):
    both, one = {"a.wav": b"12", "b.wav": b"3"}, {"a.wav": b"12"}
    first, second = (write_folder(tmp_path / str(number), files) for number, files in enumerate((both, one)))
    assert digest_of(first, lambda name: name == "a.wav") == digest_of(second) != digest_of(first)


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda path: path / "nothing", "no such folder or archive"),
        (lambda path: path, "holds no wav file"),
        (lambda path: write_folder(path, {"a.mp3": b""}), "holds no wav file"),
        (lambda path: write_folder(path, {"words.zip": b"PK\x03\x04"}) / "words.zip", "neither a folder nor"),
        (lambda path: write_folder(path, {"a.wav": FILES["set/yes/ann_nohash_0.wav"]}) / "a.wav", "neither a folder"),
        (lambda path: write_folder(path, {"words.tar": b""}) / "words.tar", "neither a folder nor"),
    ],
)
def test_no_collection(tmp_path, make, words):
    path = make(tmp_path)
    with pytest.raises(DataError) as error:
        open_collection(path)
    assert words in str(error.value) and str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def read_all(path):
    collection = open_collection(path)
    with collection.reader() as read:
        return [read(name) for name in collection.paths]


@pytest.mark.parametrize("kind", ["zip", "", "gz", "bz2", "xz"])
def test_archives_cut_short_and_damaged_never_end_in_another_exception(tmp_path, kind):
    path = made(tmp_path, kind)
    whole, random, refused = path.read_bytes(), np.random.RandomState(0), 0
    contents = [whole[: len(whole) * part // 10] for part in range(10)]
    for position in random.randint(len(whole), size=60):
        contents.append(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
    for content in contents:
        path.write_bytes(content)
        try:
            read_all(path)
        except DataError as error:
            refused += 1
            assert str(error).startswith(str(path)) and "\n" not in str(error)
    assert refused >= 10


def test_a_defect_while_reading_is_not_taken_for_damage(tmp_path):
    collection = open_collection(made(tmp_path, "folder"))
    with pytest.raises(ValueError, match=r"^ours$"), collection.reader():
        raise ValueError("ours")


@pytest.mark.parametrize(
    "text, path, expected",
    [
        ("{label}_{speaker}_{index}.wav", "7_theo_12.wav", ("7", "theo", 12)),
        ("{label}_{speaker}_{index}.wav", "recordings/7_theo_12.wav", ("7", "theo", 12)),
        ("{label}_{speaker}_{index}.wav", "7_van_gogh_1.wav", ("7", "van_gogh", 1)),
        ("{label}_{speaker}_{index}.wav", "7_theo.wav", None),
        ("{label}_{speaker}_{index}.wav", "7_theo_x.wav", None),
        ("{label}_{speaker}_{index}.wav", "7_theo_1.WAV", None),
        ("{label}_{speaker}_{index}.wav", "_theo_1.wav", None),
        ("{label}/{speaker}_nohash_{index}.wav", "a/b/yes/0a7c_nohash_3.wav", ("yes", "0a7c", 3)),
        ("{label}/{speaker}_nohash_{index}.wav", "0a7c_nohash_3.wav", None),
        ("{label}/{speaker}_nohash_{index}.wav", "_background_noise_/dude.wav", None),
        ("{label}/*.wav", "words/left/anything at all.wav", ("left", "", None)),
        ("{speaker}/{label}-*.wav", "ann/left-1-2.wav", ("left", "ann", None)),
        ("{label}.wav", "a.b.wav", ("a.b", "", None)),
        ("({label}).wav", "(yes).wav", ("yes", "", None)),
    ],
)
def test_what_a_pattern_reads_from_a_name(text, path, expected):
    found = NamePattern(text).word(path)
    assert found == (None if expected is None else Word(path, *expected))


@pytest.mark.parametrize(
    "text", ["", "*.wav", "{speaker}.wav", "{label}{label}.wav", "{label}_{colour}.wav", "{label}{}"]
)
def test_patterns_that_are_none(text):
    with pytest.raises(ConfigError, match=r"needs {label} once"):
        NamePattern(text)
