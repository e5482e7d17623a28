"""The hardware twins against golden.fixed and golden.neuron: exhaustive up to 8 bits, corners above."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.sim import Simulator

from golden import fixed, neuron
from golden.config import NeuronConfig
from intsnn_hw.rtl import arith
from intsnn_hw.rtl.inference import neuron as neuron_hw
from sim.verify import stimuli


def evaluate(expressions, stimuli):
    """Evaluate named combinational expressions: `expressions(*inputs) -> dict`; `stimuli` are (shape, values) pairs."""
    m = Module()
    inputs = [Signal(shape, name=f"input{index}") for index, (shape, _) in enumerate(stimuli)]
    outputs = {}
    for name, value in expressions(*inputs).items():
        outputs[name] = Signal(value.shape(), name="output")
        m.d.comb += outputs[name].eq(value)
    results = {name: [] for name in outputs}

    async def bench(ctx):
        for row in zip(*(values.tolist() for _, values in stimuli), strict=True):
            for signal, value in zip(inputs, row, strict=True):
                ctx.set(signal, value)
            for name, signal in outputs.items():
                results[name].append(ctx.get(signal))

    simulator = Simulator(m)
    simulator.add_testbench(bench)
    simulator.run()
    return {name: np.array(values, np.int64) for name, values in results.items()}


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 16, 24])
def test_saturate_and_shift(width):
    values = stimuli.signed(width)
    targets = [target for target in (1, 2, 3, width - 1, width, width + 2) if target >= 1]
    shifts = [-3, 0, 1, width - 1, width, width + 3]

    def expressions(value):
        return {("saturate", target): arith.saturate(value, target) for target in targets} | {
            ("shift", shift): arith.shift_floor(value, shift) for shift in shifts
        }

    results = evaluate(expressions, [(signed(width), values)])
    for target in targets:
        np.testing.assert_array_equal(results["saturate", target], fixed.saturate(values, target), f"to {target}")
    for shift in shifts:
        np.testing.assert_array_equal(results["shift", shift], fixed.shift_floor(values, shift), f"by {shift}")


@pytest.mark.parametrize("width", [2, 5, 8, 20])
def test_clip_unsigned(width):
    values = stimuli.signed(width)
    targets = [1, 2, width - 1, width + 1]
    results = evaluate(
        lambda value: {target: arith.clip_unsigned(value, target) for target in targets}, [(signed(width), values)]
    )
    for target in targets:
        np.testing.assert_array_equal(results[target], fixed.saturate_unsigned(values, target), f"to {target}")


@pytest.mark.parametrize("shift_add", [True, False])
@pytest.mark.parametrize("width, factor_width", [(2, 1), (4, 4), (8, 3), (8, 8), (16, 8)])
def test_multiply(width, factor_width, shift_add):
    values, factors = stimuli.product(stimuli.signed(width), stimuli.unsigned(factor_width))
    keep = slice(None, None, 1 if len(values) <= 1 << 12 else 7)  # a seventh of the full product of 8 by 8 bits
    results = evaluate(
        lambda value, factor: {"product": arith.multiply(value, factor, shift_add=shift_add)},
        [(signed(width), values[keep]), (unsigned(factor_width), factors[keep])],
    )
    np.testing.assert_array_equal(results["product"], (values * factors)[keep])


def test_multiply_constant():
    values = stimuli.signed(7)
    factors = [0, 1, 2, 3, 11, 128, 65535]
    results = evaluate(
        lambda value: {factor: arith.multiply_constant(value, factor) for factor in factors}, [(signed(7), values)]
    )
    for factor in factors:
        np.testing.assert_array_equal(results[factor], values * factor, f"times {factor}")


@pytest.mark.parametrize("count, width", [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)])
def test_index_shape(count, width):
    assert arith.index_shape(count) == unsigned(width)


LEAKS = [
    {},
    {"leak_shift": 1},
    {"leak_shift": 4},
    {"leak_factor": 13, "leak_frac": 4},
    {"leak_factor": 0, "leak_frac": 2},
]


@pytest.mark.parametrize("leak", LEAKS, ids=str)
@pytest.mark.parametrize("reset", ["soft", "hard", "none"])
@pytest.mark.parametrize("membrane_width, current_width, spike_width", [(5, 6, 1), (6, 5, 3), (16, 21, 4), (32, 12, 8)])
def test_lif_matches_golden(membrane_width, current_width, spike_width, reset, leak):
    config = NeuronConfig(
        membrane_width=membrane_width,
        spike_width=spike_width,
        threshold_shift=min(8, membrane_width - 2 - spike_width),
        reset=reset,
        **leak,
    )
    membrane, current = stimuli.neuron(config, current_width, seed=0x5EED)
    expected = neuron.lif_step(neuron.NeuronState(membrane, np.zeros_like(membrane)), current, config)
    low, high = fixed.signed_range(membrane_width)
    furthest = neuron.leak(np.array([low, high]), config) + fixed.signed_range(current_width)
    if furthest[0] < low and furthest[1] > high:
        assert stimuli.reaches_both_saturations(membrane, current, config)
    if furthest[1] >> config.threshold_shift >= config.max_spike:
        assert stimuli.reaches_every_level(expected.spike, config)

    def expressions(u, i):
        integrated = arith.saturate(neuron_hw.leak(u, config) + i, config.membrane_width)
        spike = neuron_hw.fire(integrated, config)
        return {"integrated": integrated, "spike": spike, "membrane": neuron_hw.reset(integrated, spike, config)}

    results = evaluate(expressions, [(signed(membrane_width), membrane), (signed(current_width), current)])
    wanted = expected.state._asdict() | {"integrated": expected.integrated, "spike": expected.spike}
    for name in ("integrated", "spike", "membrane"):
        np.testing.assert_array_equal(results[name], wanted[name], name)


@pytest.mark.parametrize("divisor", [1, 2, 3, 5, 7, 12, 24, 28, 34, 63])
@pytest.mark.parametrize("limit", [1, 2, 29, 256, 784])
def test_split_is_quotient_and_remainder(divisor, limit):
    values = np.arange(limit)

    def both(value):
        quotient, remainder = arith.split(value, divisor, limit)
        return {"quotient": quotient, "remainder": remainder}

    found = evaluate(both, [(unsigned(max(1, (limit - 1).bit_length())), values)])
    np.testing.assert_array_equal(found["quotient"], values // divisor)
    np.testing.assert_array_equal(found["remainder"], values % divisor)


def test_reciprocals_of_wide_values_are_exact():
    for divisor in (3, 7, 17, 49, 251, 4095):
        for limit in (1, 2, divisor, 10 * divisor + 1, 1000, 1 << 16):
            factor, shift = arith.reciprocal(divisor, limit)
            values = np.arange(limit)
            np.testing.assert_array_equal(values * factor >> shift, values // divisor)
