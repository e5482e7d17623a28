"""What a module's digest depends on: all it imports of ours, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from intsnn_hw.exploration.code import OURS, closure, code_digest

ROOT = Path(__file__).parents[3]
TRAINING, SAMPLES, SYNTHESIS = (f"intsnn_hw.exploration.{name}" for name in ("training", "samples", "synthesis"))
EVALUATE = "intsnn_hw.exploration.evaluate"


def test_what_is_imported_at_the_top_and_in_functions_and_through_others_counts():
    assert {TRAINING, "golden.presets", "golden.kernels", "train.online"} - closure(TRAINING) == {"golden.presets"}
    assert {"train.data.dataset", "golden.kernels.learn", "intsnn_hw.exploration.memo"} <= closure(TRAINING)
    assert {"sim.fast", "sim.verify.measure", "intsnn_hw.rtl.core", TRAINING} <= closure(SAMPLES)
    assert {"intsnn_hw.fpga.yosys", "intsnn_hw.rtl.core"} <= closure(SYNTHESIS)
    assert closure(TRAINING) | closure(SAMPLES) | closure(SYNTHESIS) < closure(EVALUATE)


def test_what_answers_do_not_depend_on_does_not_count():
    for asked in (TRAINING, SAMPLES, SYNTHESIS):
        aside = [name for name in closure(asked) if name.startswith("intsnn_hw.cli") or name in (EVALUATE, asked)]
        assert aside == [asked], "neither the command line, nor the sweep around it"
    assert not any(name.startswith(("sim", "intsnn_hw.rtl", "intsnn_hw.fpga")) for name in closure(TRAINING))
    assert not any(name.startswith("train") for name in closure(SYNTHESIS))


@pytest.fixture
def digests_of_a_copy(tmp_path):
    """Change a copy of our sources by ``edit(root)``, and ask it for digests."""

    def digests(edit=lambda root: None, modules=(TRAINING, SAMPLES, SYNTHESIS)):
        root = tmp_path / "copy"
        shutil.rmtree(root, ignore_errors=True)
        for package in OURS:
            shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
        edit(root)
        program = f"from intsnn_hw.exploration.code import code_digest\nprint(*map(code_digest, {list(modules)!r}))"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=root, env={**os.environ, "PYTHONPATH": str(root)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()

    return digests


def change(name, old, new):
    def edit(root):
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new, 1))

    return edit


def test_digests_follow_what_modules_do(digests_of_a_copy):
    before = digests_of_a_copy()
    assert before == [code_digest(name) for name in (TRAINING, SAMPLES, SYNTHESIS)] and len(set(before)) == 3

    def changed(edit):
        return [one != other for one, other in zip(before, digests_of_a_copy(edit), strict=True)]

    comments = change("golden/digest.py", "import hashlib", "# a comment\n\n\nimport hashlib  # another")
    assert changed(comments) == [False, False, False]
    assert changed(change("golden/digest.py", "[:32]", "[:30]")) == [True, True, True]
    assert changed(change("train/online.py", "CHUNK_SAMPLES = 500", "CHUNK_SAMPLES = 501")) == [True, True, False]
    assert changed(change("sim/fast_driver.cpp", "\n", "\n\n")) == [False, True, False]
    assert changed(change("intsnn_hw/fpga/yosys.py", "annotations\n", "annotations\nX = 1\n")) == [False, False, True]
    assert changed(change("intsnn_hw/exploration/space.py", "annotations\n", "annotations\nX = 1\n")) == [
        False,
        False,
        False,
    ]
