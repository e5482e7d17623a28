"""Places to write to: what cannot be written is known before, and nothing is written by halves."""

import pytest

from golden.errors import InputError
from golden.places import writable_file, writable_folder, write_file, write_files


def test_a_file_in_a_new_folder_can_be_written(tmp_path):
    path = writable_file(tmp_path / "a" / "b.npz")
    assert path.parent.is_dir() and not path.exists()
    assert write_file(path, "größe") == path and path.read_bytes() == "größe".encode()


def test_asking_alone_makes_no_folder(tmp_path):
    assert writable_folder(tmp_path / "a" / "b", make=False) == tmp_path / "a" / "b"
    assert writable_file(tmp_path / "c" / "d.npz", make_folder=False) == tmp_path / "c" / "d.npz"
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="is a folder; give a file"):
        writable_file(tmp_path)


def test_below_a_file_is_no_folder(tmp_path):
    (tmp_path / "a").write_text("")
    for make in (False, True):
        with pytest.raises(InputError, match=r"^.*/a/b: cannot be written \(.*\); choose another folder$"):
            writable_folder(tmp_path / "a" / "b", make=make)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a").write_text("")
    for place in (lambda: writable_folder(tmp_path / "a"), lambda: writable_file(tmp_path / "a" / "b.npz")):
        with pytest.raises(InputError, match=r"/a: is a file; give a folder$"):
            place()


def test_a_file_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def refuse(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("golden.places.tempfile.TemporaryFile", refuse)
    with pytest.raises(InputError, match=r"/b\.npz: cannot be written \(Permission denied\); choose another folder$"):
        writable_file(tmp_path / "b.npz")


def test_files_are_written_together_or_not_at_all(tmp_path):
    good, bad = tmp_path / "good", tmp_path / "missing" / "bad"
    with pytest.raises(InputError, match=r"good and .*bad: cannot be written \(.*\); choose another folder$"):
        write_files({good: b"1", bad: b"2"})
    assert not list(tmp_path.iterdir())
    write_files({good: b"1", tmp_path / "other": b"2"})
    assert good.read_bytes() == b"1"
