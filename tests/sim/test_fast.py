import os
import subprocess
import sys

import numpy as np
import pytest

from golden.errors import InputError, ToolError
from sim.fast import compile_component
from sim.result import Stalls
from tests.sim.toys import Accumulator, Counter, SecondClock, requests


def test_state_lasts_from_run_to_run(on):
    request = requests(90, seed=6)
    whole = on("fast", Accumulator).run({"i": request}, expected={"o": 90}, cycle_budget=1000)
    core, parts = on("fast", Accumulator), []
    for start in range(0, 90, 30):
        part = {key: values[start : start + 30] for key, values in request.items()}
        stalls = Stalls(seed=start)
        parts.append(core.run({"i": part}, expected={"o": 30}, cycle_budget=1000, stalls=stalls).outputs["o"])
    np.testing.assert_array_equal(np.concatenate(parts), whole.outputs["o"])


def test_instances_have_their_own_state(on, cache):
    core, other = on("fast", Counter), compile_component(Counter())
    core.run({}, expected={"o": 5}, cycle_budget=10)
    assert other.run({}, expected={"o": 2}, cycle_budget=10).outputs["o"].tolist() == [0, 1]
    assert core.run({}, expected={"o": 2}, cycle_budget=10).outputs["o"].tolist() == [5, 6]


def test_long_run_goes_in_chunks(on):
    n = (1 << 20) + 5
    result = on("fast", Counter).run({}, expected={"o": n}, cycle_budget=n + 1)
    np.testing.assert_array_equal(result.outputs["o"], np.arange(n) % 256)


def test_equal_hardware_is_compiled_once(tmp_path, monkeypatch):
    compile_component(Counter(), cache_dir=tmp_path)
    monkeypatch.setattr("sim.compiler.subprocess.run", None)
    before = sorted(tmp_path.iterdir())
    compile_component(Counter(), cache_dir=tmp_path)
    assert sorted(tmp_path.iterdir()) == before and {path.suffix for path in before} == {".so"}


def test_broken_compiler_is_a_tool_error(tmp_path, monkeypatch):
    compiler = tmp_path / "cc"
    compiler.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "x.cpp:1: error: no" >&2; exit 3\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    with pytest.raises(ToolError, match=r"failed with code 3: x\.cpp:1: error: no"):
        compile_component(Counter(), cache_dir=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_missing_compiler_is_a_tool_error(tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler -O1")
    with pytest.raises(ToolError, match="CXX names 'no-such-compiler', which does not exist"):
        compile_component(Counter(), cache_dir=tmp_path)
    monkeypatch.delenv("CXX")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolError, match="no C\\+\\+ compiler found"):
        compile_component(Counter(), cache_dir=tmp_path)


def test_cache_that_cannot_be_written_is_a_tool_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ToolError, match=r"cannot be written .*: set INTSNN_CACHE"):
        compile_component(Counter(), cache_dir=tmp_path / "file")


def test_second_clock_is_refused(tmp_path):
    with pytest.raises(InputError, match="port other_clk is not driven; use one clock domain, named sync"):
        compile_component(SecondClock(), cache_dir=tmp_path)


def test_parallel_processes_share_the_cache(tmp_path):
    script = (
        "import ctypes; from sim.compiler import compile_shared\n"
        "source = {'x.cpp': 'extern \"C\" int answer() { return 42; }'}\n"
        "path = compile_shared(['x'], lambda: source, 'x.cpp', include=[], flags=['-O0'])\n"
        "print(ctypes.CDLL(str(path)).answer())"
    )
    environment = {**os.environ, "INTSNN_CACHE": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    both = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in both] == ["42"] * 2
    assert len(list(tmp_path.iterdir())) == 1
