"""Energy of a training step: sums by hand for a small network, products as PyTorch makes them, and the ladder."""

import math
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.online_bptt.energy import SWITCHES, Choice, Work, bptt_energy, inference_energy, ladder, rule_energy
from benchmarks.online_bptt.measure import SETTINGS, make_trainer
from golden.config import learning_config
from golden.presets import preset
from intsnn_hw.energy import Coefficients
from train.data import load

TABLE = Coefficients.load()
CONFIG = learning_config(preset("digits-64", hidden=(12,), n_steps=3))
"""64-12-10: inputs of 4 bits shown once in 3 steps, shadow weights of 16 bits, weights of 8."""
WORK = Work(events=(20.0, 9.0), updated=0.25, synaptic_updates=30.0)
FIRST, LAST = 64 * 12, 12 * 10
FLOAT = 0.9 + 3.7


def test_plain_bptt_by_hand():
    bill = bptt_energy(CONFIG, WORK, Choice(), TABLE)
    # Forward and gradient: the first layer in one step, the readout in three; errors carried through the readout.
    operations = 2 * (FIRST + 3 * LAST) + 3 * LAST
    assert bill.operations == operations
    assert bill.pj["arithmetic"] == pytest.approx(operations * FLOAT + (FIRST + LAST) * FLOAT)
    first, last = TABLE.read_pj(32, FIRST), TABLE.read_pj(32, LAST)
    assert bill.pj["weights"] == pytest.approx(3 * FIRST * first + 4 * LAST * last)
    assert bill.pj["gradients"] == pytest.approx(2 * FIRST * first + 2 * LAST * last)
    values = 64 + 2 * 3 * 12 + 3 * 12 + 2 * 3 * 10
    accesses = 3 * (64 + 36) + 4 * (36 + 30)
    assert bill.pj["activations"] == pytest.approx(accesses * TABLE.read_pj(32, values))


def test_a_batch_shares_weights_gradients_and_the_optimiser():
    choice = Choice(batch_size=10, optimiser="adam")
    alone, batch = (bptt_energy(CONFIG, WORK, each, TABLE) for each in (Choice(), choice))
    assert batch.operations == alone.operations
    assert batch.pj["weights"] == pytest.approx(alone.pj["weights"] / 10)
    assert batch.pj["gradients"] == pytest.approx(3 * alone.pj["gradients"] / 10)
    update = (FIRST + LAST) / 10 * (8 * 3.7 + 4 * 0.9)
    assert batch.pj["arithmetic"] == pytest.approx(alone.operations * FLOAT + update)


def test_events_leave_out_products_of_nothing():
    bill = bptt_energy(CONFIG, WORK, Choice(events=True), TABLE)
    operations = 20 * 12 + 9 * 10
    assert bill.operations == 2 * operations + 3 * LAST
    first, last = TABLE.read_pj(32, FIRST), TABLE.read_pj(32, LAST)
    # Forward, update twice; the readout once more for the errors it carries.
    assert bill.pj["weights"] == pytest.approx(3 * (20 * 12 * first + 9 * 10 * last) + LAST * last)
    many = bptt_energy(CONFIG, replace(WORK, events=(64.0, 36.0)), Choice(events=True), TABLE)
    assert many.total == pytest.approx(bptt_energy(CONFIG, WORK, Choice(), TABLE).total)


def test_integers_cost_what_the_table_says():
    bill = bptt_energy(CONFIG, WORK, Choice(integer=True, at_once=True), TABLE)
    forward = FIRST * 18 + 3 * LAST * 16  # bits of the sums
    arithmetic = TABLE.add_pj(1) * (forward + 16 * (FIRST + 2 * 3 * LAST))
    arithmetic += TABLE.product_pj(4, 8) * 2 * (FIRST + 3 * LAST) + TABLE.product_pj(8, 8) * 3 * LAST
    assert bill.pj["arithmetic"] == pytest.approx(arithmetic)
    assert bill.pj["gradients"] == 0
    weights = 3 * FIRST * TABLE.read_pj(16, FIRST) + 4 * LAST * TABLE.read_pj(16, LAST)
    assert bill.pj["weights"] == pytest.approx(weights)


def test_skipping_leaves_the_forward_pass():
    full, none, some = (
        bptt_energy(CONFIG, replace(WORK, updated=share), Choice(skips=True), TABLE) for share in (1.0, 0.0, 0.25)
    )
    assert full.total == pytest.approx(bptt_energy(CONFIG, WORK, Choice(), TABLE).total)
    assert none.operations == FIRST + 3 * LAST and none.pj["gradients"] == 0
    assert some.total == pytest.approx(none.total + 0.25 * (full.total - none.total))
    batch = Choice(skips=True, batch_size=4)
    touched = bptt_energy(CONFIG, WORK, batch, TABLE).pj["gradients"]
    every = bptt_energy(CONFIG, WORK, replace(batch, skips=False), TABLE).pj["gradients"]
    assert touched == pytest.approx((1 - 0.75**4) * every)


def test_at_once_is_of_batch_1():
    with pytest.raises(ValueError, match="batch size 1"):
        Choice(at_once=True, batch_size=2)


def test_rule_by_hand():
    bill = rule_energy(CONFIG, WORK, TABLE)
    assert bill.operations == 20 * 12 + 9 * 10 + 0.25 * LAST
    first, last = TABLE.read_pj(16, FIRST), TABLE.read_pj(16, LAST)
    assert bill.pj["weights"] == pytest.approx((20 * 12 + 2 * 30) * first + (9 * 10 + 0.25 * LAST) * last)
    adds = 20 * 12 * 18 + 9 * 10 * 16 + 16 * (30 + 0.25 * LAST)
    products = (20 * 12 + 9 * 10) * TABLE.product_pj(4, 8)
    assert bill.pj["arithmetic"] == pytest.approx(TABLE.add_pj(1) * adds + products)
    idle = rule_energy(CONFIG, replace(WORK, updated=0.0, synaptic_updates=0.0), TABLE)
    assert idle.operations == 20 * 12 + 9 * 10 and idle.pj["activations"] < bill.pj["activations"]


def test_inference_is_the_forward_pass():
    config = CONFIG.inference_only()
    dense = inference_energy(config, WORK, Choice(), TABLE)
    assert dense.operations == FIRST + 3 * LAST
    assert dense.pj["arithmetic"] == pytest.approx(dense.operations * FLOAT)
    events = inference_energy(config, WORK, Choice(integer=True, events=True), TABLE)
    wanted = 20 * 12 * TABLE.read_pj(8, FIRST) + 9 * 10 * TABLE.read_pj(8, LAST)
    assert events.pj["weights"] == pytest.approx(wanted)


@pytest.mark.parametrize("batch", [1, 6])
def test_pytorch_makes_as_many_products(batch):
    trainer = make_trainer(CONFIG, load("digits"), "float", SETTINGS["float"][0] | {"batch_size": batch}, 0, 1)
    with FlopCounterMode(display=False) as counter:
        trainer.step(torch.arange(batch))
    counted = bptt_energy(CONFIG, WORK, Choice(batch_size=batch, optimiser="adam"), TABLE).operations
    assert counter.get_total_flops() == 2 * batch * counted


def test_the_ladder_ends_where_all_switches_are_on():
    def energy(choice):
        return bptt_energy(CONFIG, WORK, choice, TABLE).total

    for start in (Choice(), Choice(batch_size=16, optimiser="adam")):
        rungs = ladder(start, energy)
        assert [rung.name for rung in rungs] == list(SWITCHES)
        assert rungs[-1].pj == energy(Choice(integer=True, events=True, skips=True, at_once=True))
        whole = energy(start) / rungs[-1].pj
        assert math.prod(rung.factor for rung in rungs) == pytest.approx(whole)
        assert math.prod(rung.mean for rung in rungs) == pytest.approx(whole)
        assert all(
            rung.least <= min(rung.factor, rung.mean) and rung.most >= max(rung.factor, rung.mean) for rung in rungs
        )
        assert any(rung.most > 1.05 * rung.least for rung in rungs), "the order matters somewhere"
