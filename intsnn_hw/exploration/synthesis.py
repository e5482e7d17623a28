"""What cores take of a device, each synthesised once: by its configuration, whoever asks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from golden.config import NetworkConfig
from intsnn_hw.fpga.targets import Target

from .memo import Memo, key_of


def synthesised(core: NetworkConfig, device: Target, folder: Path, placement_seed: int | None) -> dict[str, Any]:
    """Return resources, fit and, where it is placed, the clock of a core.

    Parameters
    ----------
    core : NetworkConfig
    device : Target
    folder : path
        Where answers are kept.
    placement_seed : int or None
        Of place and route; None: synthesis alone.
    """
    from intsnn_hw.fpga.report import check

    question = {
        "core": key_of(core, hardware=True),
        "device": device.name,
        "pnr": placement_seed,
        "versions": check(device, pnr=placement_seed is not None),
    }
    return Memo(folder, "area", __name__).answer(question, lambda: _synthesise(core, device, folder, placement_seed))


def _synthesise(core: NetworkConfig, device: Target, folder: Path, placement_seed: int | None) -> dict[str, Any]:
    from intsnn_hw.fpga.report import make_report
    from intsnn_hw.rtl.core import Core

    pnr, seed = placement_seed is not None, placement_seed or 0
    report = make_report(Core(core), device, pnr=pnr, seed=seed, folder=folder)
    return {
        **asdict(report.resources),
        "fits": report.fits,
        "misfits": "; ".join(report.misfits),
        "fmax_mhz": None if report.placed is None else report.placed.fmax_mhz,
    }
