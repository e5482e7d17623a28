"""The devices: how each is synthesised, how its cells are counted, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from golden.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Family:
    """How Yosys maps to a family of devices, and how its cells are counted.

    A table gives, for each type of cell, how many units of the resource one such cell occupies.

    Attributes
    ----------
    synth : str
        Yosys command; ``-top`` and its output are added to it.
    lut : dict
        Look-up tables, those that are used as carry or as distributed RAM included, as the vendor counts them.
    ff, bram, spram, dsp : dict
        Flip-flops; memory blocks; large single-port memory blocks; multiplier blocks.
    free : set of str
        Cells that take no unit of any of these: they stand in the same logic cell as a LUT that is counted.
    bram_unit : str
        Name of a memory block.
    bram_block_bits : int
        Bits of one.
    spram_shape : tuple of int
        Bits of a word and words of a large single-port memory block, where there are any.
    nextpnr : str or None
        ``ice40`` or ``ecp5``; None where there is no open place and route whose timing can be trusted.
    """

    synth: str
    lut: dict[str, int]
    ff: dict[str, int]
    bram: dict[str, int]
    spram: dict[str, int] = field(default_factory=dict)
    dsp: dict[str, int] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    bram_unit: str
    bram_block_bits: int
    spram_shape: tuple[int, int] = (0, 0)
    nextpnr: str | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """One device; capacities are in the units of its family's tables.

    Attributes
    ----------
    name, device : str
        Ours; the vendor's.
    lut, ff, bram, spram, dsp : int
        What the device holds.
    pnr_options : tuple of str
        Device and package for nextpnr.
    pnr_mhz : int
        Clock that place and route aims at; what it achieves is reported.
    bitstream_suffix : str
        Of the file that the packer writes.
    """

    name: str
    device: str
    family: Family
    lut: int
    ff: int
    bram: int
    spram: int = 0
    dsp: int
    pnr_options: tuple[str, ...] = ()
    pnr_mhz: int = 0
    bitstream_suffix: str = ""

    def capacity(self, resource: str) -> int:
        """Return how many units of a resource the device holds."""
        return getattr(self, resource)


RESOURCES = ("lut", "ff", "bram", "spram", "dsp")


def _each(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 1)


_CONSTANTS = frozenset({"$scopeinfo", "GND", "VCC"})

_ICE40 = Family(
    # FPGA-DS-02008 (iCE40 UltraPlus): a logic cell is a LUT4, a carry and a flip-flop; the carry belongs to the LUT of
    # its cell. A carry whose LUT is unused takes a cell all the same, which the logic cells after packing show.
    synth="synth_ice40 -device u -spram",
    lut=_each("SB_LUT4"),
    ff=_each(
        *(
            f"SB_DFF{edge}{kind}"
            for edge in ("", "N")
            for kind in ("", "E", "SR", "R", "SS", "S", "ESR", "ER", "ESS", "ES")
        )
    ),
    bram=_each(*(f"SB_RAM40_4K{edges}" for edges in ("", "NR", "NW", "NRNW"))),
    spram=_each("SB_SPRAM256KA"),
    dsp=_each("SB_MAC16"),
    free=_CONSTANTS | {"SB_CARRY", "SB_GB", "SB_IO", "SB_GB_IO"},
    bram_unit="EBR of 4 kbit",
    bram_block_bits=4096,
    spram_shape=(16, 16_384),
    nextpnr="ice40",
)

_ECP5 = Family(
    # FPGA-DS-02012 (ECP5 and ECP5-5G): a carry cell (CCU2C) is both LUT4 of a slice; a distributed RAM of 16x4 with a
    # read port of its own is three slices, two of storage and one that writes them, six LUT4 in all.
    synth="synth_ecp5",
    lut={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
    ff=_each("TRELLIS_FF"),
    bram=_each("DP16KD", "PDPW16KD"),
    dsp=_each("MULT18X18D"),
    free=_CONSTANTS | {"PFUMX", "L6MUX21"},
    bram_unit="EBR of 18 kbit",
    bram_block_bits=18_432,
    nextpnr="ecp5",
)

_GOWIN = Family(
    # DS117 (GW1NR) and UG288 (configurable function unit): an ALU is one LUT4; a shadow RAM of 16 words takes one LUT4
    # for each bit of a word; wide multiplexers (MUX2_LUT5 and up) stand beside the LUTs.
    synth="synth_gowin -noiopads",
    lut={
        **_each("LUT1", "LUT2", "LUT3", "LUT4", "ALU", "INV"),
        **{f"RAM16{kind}{width}": width for kind in ("S", "SDP") for width in (1, 2, 4)},
    },
    ff=_each(
        *(f"DFF{edge}{kind}" for edge in ("", "N") for kind in ("", "E", "R", "RE", "S", "SE", "P", "PE", "C", "CE"))
    ),
    bram=_each(
        *(f"{kind}{nine}{block}" for kind in ("SDP", "DP") for nine in ("", "X9") for block in ("", "B")),
        *("SP", "SPX9", "pROM", "pROMX9"),
    ),
    dsp={"MULT9X9": 1, "MULT18X18": 1, "MULT36X36": 4, "MULTALU18X18": 1, "MULTADDALU18X18": 2},
    free=_CONSTANTS | {f"MUX2_LUT{inputs}" for inputs in (5, 6, 7, 8)},
    bram_unit="BSRAM of 18 kbit",
    bram_block_bits=18_432,
)

_XC7 = Family(
    # UG474 (7 Series CLB): RAM32M and RAM64M are the four LUTs of a SLICEM; a shift register is one LUT; carry and wide
    # multiplexers stand beside the LUTs. UG473: a 36-kbit block is two of 18 kbit.
    synth="synth_xilinx -family xc7 -flatten -noiopad -noclkbuf",
    lut={
        **_each(*(f"LUT{inputs}" for inputs in range(1, 7)), "INV", "SRL16E", "SRLC16E", "SRLC32E"),
        **_each("RAM32X1S", "RAM64X1S"),
        **{"RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1S": 2, "RAM128X1D": 4, "RAM256X1S": 4, "RAM32M": 4, "RAM64M": 4},
    },
    ff=_each(*(f"FD{kind}{edge}" for kind in ("RE", "SE", "CE", "PE") for edge in ("", "_1"))),
    bram={"RAMB18E1": 1, "RAMB36E1": 2},
    dsp=_each("DSP48E1"),
    free=_CONSTANTS | {"CARRY4", "MUXF7", "MUXF8"},
    bram_unit="BRAM of 18 kbit",
    bram_block_bits=18_432,
)


def _ecp5(size: int, lut: int, bram: int, dsp: int) -> Target:
    return Target(
        name=f"ecp5-{size}k", device=f"LFE5U-{size}F", family=_ECP5, lut=lut, ff=lut, bram=bram, dsp=dsp,
        pnr_options=(f"--{size}k", "--package", "CABGA381"), pnr_mhz=100, bitstream_suffix=".bit",
    )  # fmt: skip


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="ice40up5k", device="iCE40UP5K-SG48", family=_ICE40, lut=5280, ff=5280, bram=30, spram=4, dsp=8,
            pnr_options=("--up5k", "--package", "sg48"), pnr_mhz=24, bitstream_suffix=".bin",
        ),
        _ecp5(25, 24_288, 56, 28),
        _ecp5(45, 43_848, 108, 72),
        _ecp5(85, 83_640, 208, 156),
        Target(name="gowin-gw1n9", device="GW1NR-9", family=_GOWIN, lut=8640, ff=6480, bram=26, dsp=20),
        # DS180 (7 Series overview): the Artix-7 of common boards stands for the family.
        Target(name="xc7", device="XC7A100T", family=_XC7, lut=63_400, ff=126_800, bram=270, dsp=240),
    )
}  # fmt: skip
"""By name, smallest first; capacities from the data sheets named at the families."""


def target(name: str) -> Target:
    """Return a device.

    Raises
    ------
    ConfigError
        Unknown name.
    """
    if not isinstance(name, str) or name not in TARGETS:
        raise ConfigError(f"unknown target {name!r}; known are {', '.join(TARGETS)}")
    return TARGETS[name]
