"""Processes for long tasks take each other's place."""

import os
from concurrent.futures.process import BrokenProcessPool

import pytest

from benchmarks import answers


def process(key):
    if key is None:
        os._exit(1)
    return os.getpid()


def test_every_key_is_answered_and_processes_end_after_some():
    keys = list(range(2 * answers.TASKS_OF_A_PROCESS + 1))
    found = dict(answers.finished(process, keys, 1))
    assert sorted(found) == keys
    assert len(set(found.values())) == 3 and os.getpid() not in found.values()


def test_a_process_that_dies_is_told():
    with pytest.raises(BrokenProcessPool):
        list(answers.finished(process, [None, 1], 1))
