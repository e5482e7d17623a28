"""Back ends under test; a missing tool skips on a user's machine and fails in CI."""

import functools

import pytest

from sim.fast import compile_component
from sim.verilog import build_component
from tests.needed import needed


@pytest.fixture(scope="session", autouse=True)
def cache(cores):
    """A cache of the session's own, so that every session compiles; workers of one session share it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTSNN_CACHE", str(cores))
        yield cores


@functools.cache
def _core(backend, component):
    if backend in ("fast", "waves"):
        return compile_component(component(), waves=backend == "waves")
    if backend == "cxxrtl":  # as where Verilator is not installed
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sim.fast.verilator_root", lambda: None)
            return compile_component(component())
    return build_component(component(), simulator=backend)


@pytest.fixture(params=["fast", "cxxrtl", "icarus"])
def core(request):
    """The function that gives the core of a component class, at power-on, on one of the back ends."""
    return functools.partial(fresh, request.param)


@pytest.fixture
def on():
    """The function that gives the core of a component class on the back end named."""
    return fresh


def fresh(backend, component):
    """The core of ``component`` at power-on; built once a session."""
    core = needed(lambda: _core(backend, component))
    core.reset()
    return core
