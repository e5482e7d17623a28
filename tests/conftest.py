"""What all tests share."""

import os
import signal
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from golden.files import cache_folder
from intsnn_hw.emit.verilog import emit
from intsnn_hw.rtl.core import Core
from sim.compiler import compile_shared
from tests.needed import needed
from train.data import find_mnist

TESTS = Path(__file__).parent
QUICK = ("golden/", "intsnn_hw/test_cache.py", "sim/test_payload.py", "sim/test_ports.py", "train/test_encoders.py",
         "test_contributing.py", "test_imports.py", "test_quick.py")  # fmt: skip
"""Folders and files of the tests of `make quick`: what most changes break, without a simulator or a training run."""

# The same examples on every run and machine; slow machines are not failures.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

# Tests run side by side: threads of PyTorch within each would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Machine code of the FPGA tools, a minute of work, is shared by tests with a cache of their own.
os.environ.setdefault("YOWASP_CACHE_DIR", str(cache_folder() / "yowasp"))

# A shell's job in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before pytest chooses by marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of :data:`QUICK`."""
    for item in items:
        if item.path.relative_to(TESTS).as_posix().startswith(QUICK):
            item.add_marker("quick")


@pytest.fixture(scope="session")
def cores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of compiled cores that all workers of the session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cores"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def own_cache(cores: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, in which nothing is known but compiled cores."""

    def compile_here(*arguments: Any, cache_dir: Path | None = None, **options: Any) -> Path:
        return compile_shared(*arguments, cache_dir=cache_dir or cores, **options)

    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "cache"))
    for engine in ("sim.cxxrtl", "sim.verilated"):
        monkeypatch.setattr(f"{engine}.compile_shared", compile_here)
    return tmp_path / "cache"


_VERILOG: dict[Any, str] = {}


@pytest.fixture
def emitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verilog of equal cores is emitted once a worker: that takes longer than a short run in Icarus.

    For tests that leave the RTL as it is.
    """

    def emit_once(component: Any, name: str) -> str:
        if type(component) is not Core or component.preloaded:
            return emit(component, name)
        key = component.config, "probe0" in component.signature.members, name
        if key in _VERILOG:
            component._MustUse__silence = True
        else:
            _VERILOG[key] = emit(component, name)
        return _VERILOG[key]

    monkeypatch.setattr("sim.verilog.emit", emit_once)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return the folder with MNIST's four files; without it skip on a user's machine, fail in CI."""
    return needed(find_mnist)
