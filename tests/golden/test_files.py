"""Files are written whole or not at all."""

import os

import pytest

from golden.errors import ToolError
from golden.files import cache_folder, write_all, write_whole


def test_a_file_is_written_and_nothing_beside_it(tmp_path):
    write_whole(tmp_path / "a.bin", b"\x00\xff" * 1000)
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff" * 1000
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch, call):
    target = tmp_path / "a.bin"
    target.write_bytes(b"before")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(target, b"after")
    assert target.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_missing_folder_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a.bin", b"")


def test_several_files_are_written_together(tmp_path):
    write_all({tmp_path / "a.bin": b"1", tmp_path / "b.bin": b"22"})
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"a.bin": b"1", "b.bin": b"22"}


def test_one_of_several_that_fails_keeps_all_from_being_written(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"before")
    with pytest.raises(FileNotFoundError):
        write_all({tmp_path / "a.bin": b"1", tmp_path / "none" / "b.bin": b"22"})
    assert (tmp_path / "a.bin").read_bytes() == b"before" and len(list(tmp_path.iterdir())) == 1


def test_where_the_cache_is(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("INTSNN_CACHE", raising=False)
    assert cache_folder() == tmp_path / "xdg" / "intsnn" and cache_folder().is_dir()
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own" and cache_folder(tmp_path / "given") == tmp_path / "given"
    (tmp_path / "file").touch()
    with pytest.raises(ToolError, match=r"cannot be written .*: set INTSNN_CACHE"):
        cache_folder(tmp_path / "file" / "below")
