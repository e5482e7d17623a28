"""From bit flips to energy, module by module."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .coefficients import Coefficients


def switching(
    flips: Iterable[tuple[str, bool, int]], n_samples: int, cycles: int, coefficients: Coefficients
) -> dict[str, Any]:
    """Return the bit flips of a sample and their energy, ``C V^2 / 2`` each.

    Parameters
    ----------
    flips : iterable of (module, is register, flips)
        Of every net, as :class:`sim.result.Toggles` has them.
    n_samples, cycles : int
        Of the run.
    coefficients : Coefficients

    Returns
    -------
    dict
        `flips` a sample, those of `registers` (flip-flops and the output registers of memories) and of `nets`,
        `flips_per_cycle`, `energy` in pJ a sample, and a list `modules` of the same for each module, largest first.
    """
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for module, is_register, count in flips:
        found[module][not is_register] += count
    n_samples, pj = max(1, n_samples), coefficients.flip_pj

    def row(registers: int, nets: int) -> dict[str, Any]:
        total = (registers + nets) / n_samples
        return {"flips": total, "registers": registers / n_samples, "nets": nets / n_samples, "energy": total * pj}

    modules = [{"module": name or "top", **row(*counts)} for name, counts in found.items() if any(counts)]
    registers, nets = (sum(counts[at] for counts in found.values()) for at in (0, 1))
    return {
        **row(registers, nets),
        "flips_per_cycle": (registers + nets) / max(1, cycles),
        "modules": sorted(modules, key=lambda entry: (-entry["flips"], entry["module"])),
    }
