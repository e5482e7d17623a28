"""The blocks of docs/api.md, run in their order; its two ways through the same task give the same, and the notebook has
its blocks, so that it need not run as well."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TIMES = {"samples_per_second", "seconds", "source", "checkpoint", "files", "history"}
"""Keys that differ between two runs of the same, or name their own files."""


def blocks() -> list[tuple[str, str]]:
    """Return the blocks of the page that are run, as (language, text)."""
    page = (ROOT / "docs/api.md").read_text("utf-8")
    return re.findall(r"^```(python|sh)\n(.*?)^```$", page, re.M | re.S)


def from_data_to_verilog() -> list[str]:
    """Return the blocks up to the one that synthesizes."""
    texts = [text.strip() for kind, text in blocks() if kind == "python"]
    return texts[: next(index for index, text in enumerate(texts) if "net.synthesize(" in text) + 1]


def test_the_notebook_has_the_blocks_of_the_page_and_no_outputs():
    notebook = json.loads((ROOT / "examples/from-data-to-verilog.ipynb").read_text("utf-8"))
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert ["".join(cell["source"]) for cell in code] == from_data_to_verilog()
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert all(cells[cells.index(cell) - 1]["cell_type"] == "markdown" for cell in code)
    assert len({cell["id"] for cell in cells}) == len(cells) and notebook["nbformat"] == 4


@pytest.mark.slow
def test_the_page_runs_and_both_ways_give_the_same(tmp_path, monkeypatch, capsys):
    from intsnn_hw.cli.main import main

    monkeypatch.chdir(tmp_path)
    found = blocks()
    assert [kind for kind, _ in found] == ["python"] * 9 + ["sh", "python"]
    assert sum(len(text.splitlines()) for text in from_data_to_verilog()) <= 40
    assert all(len(text.strip().splitlines()) < 12 for _, text in found[-2:])
    names: dict = {}
    printed = []
    for kind, text in found:
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
