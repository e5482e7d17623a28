"""Processes for long tasks take each other's place."""

import os

from benchmarks import answers


def test_a_process_ends_after_some_tasks():
    with answers.workers_of(1) as pool:
        found = [pool.submit(os.getpid).result() for _ in range(answers.TASKS_OF_A_PROCESS + 1)]
    assert len(set(found)) == 2 and found[0] == found[-2]
