"""Does the suite notice a wrong core? Each mutation is made in a copy of the project, where tests that should fail run.

``python -m benchmarks.mutations`` prints a line for each mutation and ends with exit code 1 where one survives.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command import command

ROOT = Path(__file__).resolve().parents[1]
_COPIED = ("golden", "intsnn_hw", "sim", "train", "tests", "pyproject.toml")
_LEARN, _FAULTS, _CORE = (
    "tests/sim/verify/test_learning.py",
    "tests/sim/test_faults.py",
    "tests/intsnn_hw/rtl/test_core.py",
)


@dataclass(frozen=True)
class Mutation:
    """Replaces the only occurrence of `old` in a file of ``intsnn_hw`` by `new`; `tests` should fail then."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = (_LEARN, "-k", "icarus")


MUTATIONS = (
    Mutation(
        "a wrong shift of the update",
        "rtl/learning/rounding.py",
        "for rate in layer.rates_at(b)",
        "for rate in layer.rates_at(0)",
    ),
    Mutation("a shadow weight that wraps", "rtl/learning/lane.py", "saturate(total, self._width)", "total"),
    Mutation("a skipped LFSR draw", "rtl/learning/walk.py", "self.drawn.eq(taken & will_update)", "self.drawn.eq(0)"),
    Mutation(
        "a swapped sign of the update", "rtl/learning/lane.py", "exact = before + taken", "exact = before - taken"
    ),
    Mutation(
        "a swapped sign of the carried error",
        "rtl/learning/lane.py",
        "Mux(error.negative, -weighed, weighed)",
        "Mux(error.negative, weighed, -weighed)",
    ),
    Mutation("the margin's edge", "rtl/learning/errors/margin.py", "self.charge > -margin", "self.charge >= -margin"),
    Mutation(
        "a graded error that is not scaled",
        "rtl/learning/errors/graded.py",
        "GRADED_SHIFT - octave.below - shares.down",
        "GRADED_SHIFT - octave.below",
    ),
    Mutation(
        "a trace that ends but keeps its row",
        "rtl/learning/trace_leak.py",
        "self.valid & (self.leaked != 0)",
        "self.valid",
    ),
    Mutation(
        "own events after a sample's last step",
        "rtl/inference/recurrent_layer.py",
        "(event.spike != 0) & ~sweep.final",
        "(event.spike != 0)",
        (_CORE, "-k", "recurrent"),
    ),
    Mutation(
        "a step that does not wait for own events",
        "rtl/inference/recurrence.py",
        "closes & (unfired | (queue.level != 0))",
        "closes & (queue.level != 0)",
        (_CORE, "-k", "recurrent"),
    ),
    Mutation("a place in the list believed too far", "rtl/learning/trace_insert.py", "self.found < self.count", "1"),
    Mutation(
        "rows of no use not ended by the last", "rtl/learning/scan.py", "else 1 if lane == last_lane else", "else"
    ),
    Mutation("padding neurons with rows", "rtl/learning/scan.py", "in_last = 0 if lane > last_lane else", "in_last ="),
    Mutation(
        "the last word of errors lost", "rtl/learning/error_store.py", "found & (begins | self.flush)", "found & begins"
    ),
    Mutation("errors of the word before kept", "rtl/learning/error_store.py", "m.d.sync += error.active.eq(0)", "pass"),
    Mutation("one port read and written at once", "rtl/learning/walk.py", "slot.eq(~slot)", "slot.eq(0)"),
    Mutation(
        "a weight load taken during an update",
        "rtl/learning/lock.py",
        "self.o.ready & ~self.granted",
        "self.o.ready",
        (_FAULTS, "-k", "single_port"),
    ),
    Mutation(
        "an update in the middle of a weight load",
        "rtl/learning/lock.py",
        "self.asked & ~in_progress",
        "self.asked",
        (_FAULTS, "-k", "single_port"),
    ),
    Mutation(
        "membranes kept by a discarded sample",
        "rtl/inference/fire_pipeline.py",
        "m.d.sync += fresh.eq(1)",
        "pass",
        (_FAULTS,),
    ),
    Mutation(
        "a discarded sample that keeps its label",
        "rtl/learning/evaluation.py",
        "(accepted & score.discard) | (rule.done & final)",
        "rule.done & final",
        (_FAULTS,),
    ),
    Mutation(
        "an accumulator that is not restarted",
        "rtl/inference/accumulators.py",
        "Mux(add.first, 0, previous[lane])",
        "previous[lane]",
        (_CORE, "-k", "icarus"),
    ),
    Mutation(
        "a membrane that wraps",
        "rtl/inference/neuron.py",
        "saturate(total, neuron.membrane_width)",
        "total",
        (_CORE, "-k", "icarus"),
    ),
)


def is_caught(mutation: Mutation) -> str | None:
    """Run the tests on a mutated copy; return the first that fails, None where none does."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        for name in _COPIED:
            source, target = ROOT / name, Path(folder, name)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        path = Path(folder, "intsnn_hw", mutation.file)
        text = path.read_text(encoding="utf-8")
        if text.count(mutation.old) != 1:
            raise SystemExit(
                f"{mutation.what}: {mutation.file} holds {mutation.old!r} {text.count(mutation.old)} times"
            )
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutation.tests]
        environment = os.environ | {"PYTHONPATH": folder}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{mutation.what}: pytest ended with code {done.returncode}\n{done.stdout[-2000:]}")
        failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        return failed[0].split()[1] if failed else None


@command
def main(arguments: list[str] | None = None) -> int:
    """Try every mutation, or those whose description holds a word."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("word", nargs="?", default="", help="only mutations whose description holds it")
    word = parser.parse_args(arguments).word
    n_survivors = 0
    for mutation in MUTATIONS:
        if word in mutation.what:
            caught = is_caught(mutation)
            n_survivors += caught is None
            print(f"{mutation.what:45s} {'SURVIVES' if caught is None else f'caught by {caught}'}", flush=True)
    return 1 if n_survivors else 0


if __name__ == "__main__":
    sys.exit(main())
