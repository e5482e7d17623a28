"""The blocks of docs/nir.md, run in their order; its table is what the command prints that it names."""

import re
from pathlib import Path

import pytest

from benchmarks import nir

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/nir.md").read_text("utf-8")


def test_the_blocks_run(tmp_path, monkeypatch, capsys):
    from intsnn_hw.cli.main import main

    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(python|sh)\n(.*?)^```$", PAGE, re.M | re.S)
    assert [kind for kind, _ in blocks].count("sh") == 3
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, "docs/nir.md", "exec"), {})
            continue
        for line in text.splitlines():
            program, *arguments = line.split()
            assert program == "intsnn" and main(arguments) == 0, (line, capsys.readouterr().err)
    assert (tmp_path / "exact.npz").exists() and (tmp_path / "build/rtl/intsnn.v").exists()


@pytest.mark.slow
def test_the_table_is_that_of_the_command(capsys):
    assert nir.main([]) == 0
    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    assert len(lines) > 20 and [line for line in lines if line not in PAGE.splitlines()] == []


def test_a_folder_without_recordings(tmp_path, capsys):
    assert nir.main([str(tmp_path)]) == 2
    assert "holds no .nir file" in capsys.readouterr().err
