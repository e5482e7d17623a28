"""Every rule of errors against golden.output_error.output_error: all scores at and around the thresholds."""

from itertools import product
from typing import get_args

import numpy as np
import pytest

from golden.config import ErrorKind
from golden.output_error import output_error
from intsnn_hw.rtl.learning.errors import ERRORS

from .benches import error_value, fields, network_config, simulate

MARGIN = 3


def test_every_rule_has_its_component():
    assert set(ERRORS) == set(get_args(ErrorKind))


async def evaluate(ctx, rule, scores, label, known):
    """Send the scores; return the errors, whether there was any, and the cycles from the last score to the end."""
    ctx.set(rule.label, int(label))
    ctx.set(rule.known, known)
    errors, cycles = [], 0
    for index, score in enumerate(scores):
        ctx.set(rule.valid, 1)
        ctx.set(rule.charge, int(score))
        ctx.set(rule.last, index == len(scores) - 1)
        assert not ctx.get(rule.busy)
        if ctx.get(rule.push):
            errors.append(error_value(fields(ctx.get(rule.error))))
        if index < len(scores) - 1:
            assert not ctx.get(rule.done)
            await ctx.tick()
    while not ctx.get(rule.done):
        await ctx.tick()
        ctx.set(rule.valid, 0)
        cycles += 1
        assert ctx.get(rule.busy) and cycles < 100
        if ctx.get(rule.push):
            errors.append(error_value(fields(ctx.get(rule.error))))
    wrong = ctx.get(rule.wrong)
    await ctx.tick()
    ctx.set(rule.valid, 0)
    assert not ctx.get(rule.busy)
    return errors, wrong, cycles


AROUND = (-8, -4, -3, -2, 0, 2, 3, 4, 7)
CASES = [
    ("margin", 2, {}, AROUND),
    ("margin", 3, {}, AROUND),
    ("pair", 2, {}, AROUND),
    ("pair", 3, {}, AROUND),
    ("pair", 1, {}, range(-8, 8)),
    ("graded", 2, {"error_octave": 0}, (-8, -7, -1, 0, 1, 6, 7)),
    ("graded", 3, {"error_octave": 1}, (-8, -7, -5, -4, 0, 3, 4, 6, 7)),
    ("graded", 5, {"error_octave": 2}, (-7, 0, 5, 7)),
    ("graded", 1, {"error_octave": 0}, range(-8, 8)),
]
N_CASES = 170
"""So many of those that there are, drawn at random where there are more."""


@pytest.mark.parametrize("kind, n_classes, options, values", CASES, ids=str)
def test_every_error_is_that_of_the_model(kind, n_classes, options, values):
    config = network_config((n_classes,), membrane_width=4, error=kind, margin=MARGIN, **options)
    rule = ERRORS[kind](config)
    cases = [(scores, label) for scores in product(values, repeat=n_classes) for label in range(n_classes)]
    order = np.random.default_rng(0xE44).permutation(len(cases))
    cases = [cases[index] for index in order[:N_CASES]]
    longest, seen = 0, set()

    async def bench(ctx):
        nonlocal longest
        for index, (scores, label) in enumerate(cases):
            known = index % 8 != 0
            expected = output_error(np.array(scores), label, config.learning) if known else np.zeros(n_classes, int)
            errors, wrong, cycles = await evaluate(ctx, rule, scores, label, known)
            assert (errors or [0] * n_classes) == expected.tolist(), (scores, label)
            assert wrong == expected.any()
            longest = max(longest, cycles)
            seen.update(expected.tolist())

    simulate(rule, bench)
    if n_classes > 1:
        assert longest == rule.cycles(config)
        assert {0, 1, -1} <= seen if kind != "graded" else {0, 32, -32, -64} <= seen
    assert longest <= rule.cycles(config)
