"""A small sweep, and what stands for the measurement of a point: workers import it, `$EXPLORE_LOG` holds all calls."""

import os
import signal
import time
from pathlib import Path

SWEEP = """
preset = "digits-64"
epochs = 1
seeds = 2
objectives = ["accuracy", "memory_bits"]
[axes]
weight_width = [4, 8]
hidden = [4, 8, 16]
lanes = 4
"""


def note(point):
    """Add a call to the log; one write each, so that workers do not mix theirs."""
    with open(os.environ["EXPLORE_LOG"], "a") as file:
        file.write(f"{point.number}\n")


def calls():
    """The points evaluated so far, in order."""
    path = Path(os.environ["EXPLORE_LOG"])
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def quick(sweep, point):
    """A row at once: more neurons, more accuracy, more memory."""
    note(point)
    return columns(point)


def columns(point):
    hidden, weight = point.values["hidden"], point.values["weight_width"]
    return {"accuracy": 1 - 1 / (hidden * weight), "memory_bits": hidden * weight, "accuracy_std": 0.01}


def failing(sweep, point):
    """Point 1 fails."""
    note(point)
    if point.number == 1:
        raise ZeroDivisionError("nothing\nto divide")
    return columns(point)


def killing(sweep, point):
    """Point 1 kills its worker, whenever it is evaluated."""
    note(point)
    if point.number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return columns(point)


def killing_once(sweep, point):
    """Point 1 kills the first worker that has it."""
    note(point)
    if point.number == 1 and calls().count(1) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return columns(point)


def slow(sweep, point):
    """Point 2 and those after it take an hour."""
    note(point)
    if point.number >= 2:
        time.sleep(3600)
    return columns(point)


def threads(sweep, point):
    """What a worker finds of its environment."""
    import threadpoolctl

    pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    return {**columns(point), "pools": pools, "group": os.getpgid(0), "process": os.getpid()}


def sharing(sweep, point):
    """All points need the same part, which takes a while; the log tells who computed it."""
    from intsnn_hw.exploration.memo import Memo
    from sim.compiler import cache_folder

    def find():
        note(point)
        time.sleep(1)
        return {"found_by": point.number}

    return {**columns(point), **Memo(cache_folder(), "shared", "golden.digest").answer({"part": 1}, find)}
