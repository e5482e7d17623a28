"""Counting cells: what netlists of known cores occupy, worked out by hand from the vendors' rules."""

import pytest

from golden.errors import ToolError
from intsnn_hw.fpga.resources import Resources, count
from intsnn_hw.fpga.targets import RESOURCES, TARGETS, target

# `stat -json` of Yosys 0.70 for the inference core of mnist-64 with 16 lanes, and what it is in the vendor's units.
RECORDED = {
    "ecp5-25k": (
        {
            "$scopeinfo": 16, "CCU2C": 531, "DP16KD": 30, "L6MUX21": 153, "LUT4": 3981, "PFUMX": 623,
            "TRELLIS_DPR16X4": 242, "TRELLIS_FF": 2017,
        },
        Resources(lut=3981 + 2 * 531 + 6 * 242, ff=2017, bram=30, bram_bits=30 * 18 * 1024, spram=0, dsp=0),
    ),
    "xc7": (
        {
            "CARRY4": 286, "FDRE": 2101, "FDSE": 5, "INV": 27, "LUT2": 431, "LUT3": 770, "LUT4": 272, "LUT5": 510,
            "LUT6": 435, "RAM32M": 162, "RAM64M": 27, "RAMB36E1": 15,
        },
        Resources(
            lut=27 + 431 + 770 + 272 + 510 + 435 + 4 * (162 + 27), ff=2106, bram=2 * 15, bram_bits=15 * 36 * 1024,
            spram=0, dsp=0,
        ),
    ),
    "ice40up5k": (
        {
            "$scopeinfo": 16, "SB_CARRY": 902, "SB_DFF": 4, "SB_DFFE": 4072, "SB_DFFESR": 668, "SB_DFFSR": 365,
            "SB_LUT4": 9628, "SB_RAM40_4K": 115,
        },
        Resources(lut=9628, ff=4 + 4072 + 668 + 365, bram=115, bram_bits=115 * 4096, spram=0, dsp=0),
    ),
    "gowin-gw1n9": (
        {
            "$scopeinfo": 16, "ALU": 1076, "DFF": 3, "DFFE": 965, "DFFR": 364, "DFFRE": 668, "DFFS": 1, "DFFSE": 4,
            "GND": 1, "LUT1": 2087, "LUT2": 1214, "LUT3": 916, "LUT4": 3136, "MUX2_LUT5": 2658, "MUX2_LUT6": 1174,
            "MUX2_LUT7": 574, "MUX2_LUT8": 261, "RAM16SDP4": 244, "SDPX9B": 30, "VCC": 1,
        },
        Resources(
            lut=1076 + 2087 + 1214 + 916 + 3136 + 4 * 244, ff=3 + 965 + 364 + 668 + 1 + 4, bram=30,
            bram_bits=30 * 18 * 1024, spram=0, dsp=0,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_netlists(name):
    cells, expected = RECORDED[name]
    assert count(cells, target(name).family) == expected


@pytest.mark.parametrize(
    "name, cells, resource, expected",
    [
        ("xc7", {"RAMB36E1": 3, "RAMB18E1": 1}, "bram", 7),
        ("xc7", {"RAM64X1D": 3, "RAM128X1D": 1, "SRL16E": 5}, "lut", 6 + 4 + 5),
        ("xc7", {"DSP48E1": 2}, "dsp", 2),
        ("ecp5-85k", {"PDPW16KD": 1, "DP16KD": 1}, "bram", 2),
        ("ecp5-85k", {"MULT18X18D": 9}, "dsp", 9),
        ("ice40up5k", {"SB_SPRAM256KA": 2, "SB_RAM40_4KNRNW": 1}, "spram", 2),
        ("ice40up5k", {"SB_MAC16": 1, "SB_DFFNESS": 1}, "ff", 1),
        ("gowin-gw1n9", {"MULT18X18": 1, "MULT36X36": 1}, "dsp", 5),
        ("gowin-gw1n9", {"pROM": 1, "DPB": 1, "SPX9": 1}, "bram", 3),
    ],
)
def test_cells_that_take_several_units(name, cells, resource, expected):
    assert getattr(count(cells, target(name).family), resource) == expected


@pytest.mark.parametrize("name", TARGETS)
def test_a_cell_of_an_unknown_kind_is_told_instead_of_left_out(name):
    with pytest.raises(ToolError, match="MYSTERY_RAM"):
        count({"MYSTERY_RAM": 1}, target(name).family)


@pytest.mark.parametrize("name", TARGETS)
def test_no_cell_is_both_counted_and_free(name):
    family = target(name).family
    assert not family.free & {*family.lut, *family.ff, *family.bram, *family.spram, *family.dsp}


def test_a_device_is_full_at_its_capacity_and_too_small_one_above():
    device = target("ice40up5k")
    full = {name: device.capacity(name) for name in RESOURCES}
    assert Resources(**full, bram_bits=0).misfits(device) == []
    for name in RESOURCES:
        (line,) = Resources(**{**full, name: full[name] + 1}, bram_bits=0).misfits(device)
        assert line == f"{full[name] + 1:,} {name.upper()} of {full[name]:,}"


def test_shares_are_of_the_device_and_none_where_it_has_none():
    shares = Resources(lut=660, ff=2640, bram=15, bram_bits=0, spram=0, dsp=0).shares(target("ice40up5k"))
    assert shares == {"lut": 0.125, "ff": 0.5, "bram": 0.5, "spram": 0.0, "dsp": 0.0}
    assert Resources(lut=0, ff=0, bram=0, bram_bits=0, spram=0, dsp=0).shares(target("xc7"))["spram"] is None
