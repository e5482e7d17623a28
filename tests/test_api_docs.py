"""The blocks of docs/api.md, run in their order; its two ways through the same task give the same."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TIMES = {"samples_per_second", "seconds", "source", "checkpoint", "files", "history"}
"""Keys that differ between two runs of the same, or name their own files."""


@pytest.mark.slow
def test_the_page_runs_and_both_ways_give_the_same(tmp_path, monkeypatch, capsys):
    from intsnn_hw.cli.main import main

    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(python|sh)\n(.*?)^```$", (ROOT / "docs/api.md").read_text("utf-8"), re.M | re.S)
    python = [text for kind, text in blocks if kind == "python"]
    assert [kind for kind, _ in blocks] == ["python"] * 5 + ["sh", "python"]
    assert sum(len(text.strip().splitlines()) for text in python[:4]) <= 40, "from data to Verilog"
    assert all(len(text.strip().splitlines()) < 12 for _, text in blocks[-2:])
    names: dict = {}
    printed = []
    for kind, text in blocks:
        if kind == "python":
            exec(compile(text, "docs/api.md", "exec"), names)
            continue
        capsys.readouterr()
        for line in text.splitlines():
            program, *arguments = line.split()
            assert program == "intsnn" and main([*arguments, "--json"]) == 0, (line, capsys.readouterr().err)
            printed.append(json.loads(capsys.readouterr().out))
    returned = [json.loads(json.dumps(result.to_dict())) for result in names["results"]]
    assert len(printed) == len(returned) == 5
    for ours, theirs in zip(printed, returned, strict=True):
        assert set(ours) - {"checkpoint"} == set(theirs) - {"checkpoint"}
        kept = set(ours) - TIMES
        assert len(kept) > 4 and {key: ours[key] for key in kept} == {key: theirs[key] for key in kept}
    assert (tmp_path / "cli.npz").read_bytes() == (tmp_path / "python.npz").read_bytes()
    for path in (tmp_path / "cli-rtl").iterdir():
        assert path.read_bytes() == (tmp_path / "python-rtl" / path.name).read_bytes()
    assert (tmp_path / "rtl/intsnn.v").read_bytes() == (tmp_path / "cli-rtl/intsnn.v").read_bytes()
