"""The recipes of CONTRIBUTING.md name files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_file_named_is_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w.]+/[\w./]*)`", text)) | set(re.findall(r"\]\(([\w./]+)\)", text))
    assert len(named) > 30
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
