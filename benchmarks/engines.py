"""The two engines of the fast back end, CXXRTL and Verilator: time to compile six cores, and clock cycles per second.

    python -m benchmarks.engines [--samples N] [--rounds N] [--data-dir DIR]

Both run the same samples in one process, in turns, in processor time; compilation starts from an empty cache and
includes the elaboration of the RTL, the same for both. Verilator's own functions, which are compiled once on a machine,
are compiled before.
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch

from benchmarks.command import command, require_positive
from benchmarks.online_bptt.tables import markdown
from golden.config import LearningNetworkConfig
from golden.encoding import Events
from golden.network import LearningNetwork
from golden.presets import preset
from sim.verify.inference import RtlNetwork
from sim.verify.learning import RtlLearner
from train.data import load

CORES = (
    ("mnist-128", False),
    ("mnist-64", True),
    ("fsdd-128r", True),
    ("mnist-conv-16", True),
    ("mnist-conv-8-16", False),
    ("mnist-conv-8-16", True),
)
"""Preset, and whether the core learns."""


def seconds() -> float:
    """Return the processor time of this process and of all that it started and waited for."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of a call, and its result."""
    began = seconds()
    result = call()
    return seconds() - began, result


def core_of(network: LearningNetwork, learns: bool, engine: str) -> RtlNetwork | RtlLearner:
    """Compile a core with Verilator, or with CXXRTL, as where Verilator is not installed."""
    with patch("sim.fast.verilator_root", lambda: None) if engine == "CXXRTL" else nullcontext():
        return RtlLearner(network) if learns else RtlNetwork(network)


def run(core: RtlNetwork | RtlLearner, events: Events, labels: Any) -> int:
    """Return the cycles of a run over samples."""
    result = core.learn(events, labels) if isinstance(core, RtlLearner) else core.run(events)
    return result.cycles


def measured(name: str, learns: bool, options: argparse.Namespace) -> dict[str, Any]:
    """Return the row of a core: both engines, and their ratios with the spread over the rounds."""
    config = preset(name)
    assert isinstance(config, LearningNetworkConfig)
    dataset = load(name.split("-")[0], options.data_dir)
    part = "train" if learns else "test"
    events = dataset.events(part, config.encoding, config.n_steps).take(0, options.samples)
    labels = getattr(dataset, f"{part}_y")[: options.samples]
    network = LearningNetwork.initial(config)
    compiled, speeds, cores = {}, {"CXXRTL": [], "Verilator": []}, {}
    for engine in speeds:
        compiled[engine], cores[engine] = timed(lambda engine=engine: core_of(network, learns, engine))
        run(cores[engine], events, labels)  # loads the weights
    for _ in range(options.rounds):
        counts = {}
        for engine, core in cores.items():
            spent, counts[engine] = timed(lambda core=core: run(core, events, labels))
            speeds[engine].append(counts[engine] / spent)
        assert len(set(counts.values())) == 1, f"{name}: the engines differ"
    ratios = [new / old for old, new in zip(speeds["CXXRTL"], speeds["Verilator"], strict=True)]
    return {
        "core": f"{config.topology}, {'learning' if learns else 'inference'}",
        "CXXRTL: compiled, s": f"{compiled['CXXRTL']:.1f}",
        "Verilator: compiled, s": f"{compiled['Verilator']:.1f}",
        "times as fast": f"{compiled['CXXRTL'] / compiled['Verilator']:.1f}",
        "CXXRTL, kcycles/s": f"{statistics.median(speeds['CXXRTL']) / 1e3:,.0f}",
        "Verilator, kcycles/s": f"{statistics.median(speeds['Verilator']) / 1e3:,.0f}",
        "ratio (lowest, highest)": f"{statistics.median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})",
    }


@command
def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.engines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--samples", type=int, default=100, help="through each core, each round (default 100)")
    parser.add_argument("--rounds", type=int, default=5, help="(default 5)")
    parser.add_argument("--data-dir", help="folder of the data (default: environment variable INTSNN_DATA)")
    options = parser.parse_args(arguments)
    require_positive(options, "samples", "rounds")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INTSNN_CACHE"] = folder
        RtlNetwork(LearningNetwork.initial(preset("digits-64", hidden=(1,))))  # Verilator's own functions
        for name, learns in CORES:
            rows.append(measured(name, learns, options))
            print(rows[-1]["core"], file=sys.stderr, flush=True)
    print(markdown(rows))


if __name__ == "__main__":
    sys.exit(main())
