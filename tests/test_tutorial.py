"""The blocks of docs/tutorial.md, run in their order."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_tutorial_runs(tmp_path, monkeypatch, capsys):
    from intsnn_hw.cli.main import main

    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(python|sh)\n(.*?)^```$", (ROOT / "docs/tutorial.md").read_text(), re.M | re.S)
    assert [kind for kind, _ in blocks].count("python") == 3 and len(blocks) == 8
    names: dict = {}
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, "docs/tutorial.md", "exec"), names)
            continue
        for line in text.splitlines():
            program, *arguments = line.split()
            assert program == "intsnn"
            assert main(arguments) == 0, (line, capsys.readouterr().err)
    assert (tmp_path / "rtl/intsnn.v").exists() and (tmp_path / "refined.npz").exists()
    assert "none in" in capsys.readouterr().out, "the co-simulation found no mismatch"


def test_the_library_is_imported_without_the_command_line():
    code = "import sys, train.bptt; print([name for name in ('intsnn_hw', 'amaranth', 'sim') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
