"""A small sweep, and a log of what was evaluated."""

import pytest

from intsnn_hw.exploration.run import run_sweep
from intsnn_hw.exploration.space import Sweep
from tests.intsnn_hw.exploration.evaluators import SWEEP


@pytest.fixture
def log(tmp_path, monkeypatch):
    """Where evaluators tell their calls."""
    monkeypatch.setenv("EXPLORE_LOG", str(tmp_path / "calls"))
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "calls"


@pytest.fixture
def explore(tmp_path, log):
    """Run a sweep with an evaluator of this folder: ``explore(quick)``."""

    def run(evaluate, text=SWEEP, **options):
        return run_sweep(Sweep.parse(text, "sweep"), text, tmp_path / "out", evaluate=evaluate, **options)

    return run
