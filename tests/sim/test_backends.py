"""One body, every back end; then the back ends against each other, cycle by cycle."""

import dataclasses
import os

import numpy as np
import pytest

from golden.errors import InputError
from sim.job import Job
from sim.result import ProtocolError, SimulationTimeout, Stalls
from tests.sim.toys import Accumulator, Counter, GrayDecoder, requests

STALLS = [None, Stalls(seed=0x5EED, gap=0.6, stall=0.2), Stalls(seed=0x5EED, gap=0.1, stall=0.7)]


def assert_equal(this, other):
    """Everything two runs reported, down to the cycle of each item."""
    for name in (field.name for field in dataclasses.fields(this) if field.name != "shapes"):
        assert_same(getattr(this, name), getattr(other, name), name)


def assert_same(this, other, name):
    if isinstance(this, dict):
        assert this.keys() == other.keys()
        for key in this:
            assert_same(this[key], other[key], f"{name}.{key}")
    else:
        np.testing.assert_array_equal(this, other, err_msg=name, strict=isinstance(this, np.ndarray))


@pytest.mark.parametrize("stalls", STALLS, ids=str)
def test_accumulator_matches_model(core, stalls):
    n = 300
    request = requests(n, seed=1)
    expected = Accumulator.model(request, gain=9)
    assert set(np.sign(np.diff(expected["sum"]))) >= {-1, 1} and np.abs(np.diff(expected["sum"])).max() > 2048  # wraps
    result = core(Accumulator).run(
        {"i": request}, expected={"o": n}, cycle_budget=20 * n, stalls=stalls, settings={"gain": 9}, extra_cycles=10
    )
    for key in ("sum", "tag"):
        np.testing.assert_array_equal(result.fields("o")[key], expected[key])
    np.testing.assert_array_equal(result.fields("probe")["sum"], expected["sum"])
    np.testing.assert_array_equal(result.probe_cycles["probe"], result.input_cycles["i"])
    assert np.all(result.output_cycles["o"] > result.input_cycles["i"])
    assert result.cycles == result.output_cycles["o"][-1] + 11
    assert (result.values["full"], result.values["level"]) == (0, 0)
    # An item waits until the cycle in which it leaves; `level` lies across two words of 32 bits.
    waited = (result.output_cycles["o"] - result.input_cycles["i"]).sum()
    assert result.counts.keys() == {"full", "use.tag", "use.level", "use.taken"}
    assert result.counts["use.taken"] == n and result.counts["use.level"] == waited
    if stalls is None:
        assert result.counts["full"] == 0 and np.all(np.diff(result.input_cycles["i"]) == 1)
    elif stalls.stall > stalls.gap:
        assert result.counts["full"] > n // 4  # the back-pressure reached the input


@pytest.mark.parametrize("stalls", STALLS, ids=str)
def test_component_without_clock_and_with_feedback(core, stalls):
    n = 512
    result = core(GrayDecoder).run(
        {"i": np.arange(n) ^ np.arange(n) >> 1}, expected={"o": n}, cycle_budget=20 * n, stalls=stalls
    )
    np.testing.assert_array_equal(result.outputs["o"], np.arange(n))
    np.testing.assert_array_equal(result.output_cycles["o"], result.input_cycles["i"])


@pytest.mark.parametrize("stalls", STALLS[:2], ids=str)
@pytest.mark.parametrize("other", ["icarus", "verilator"])
def test_back_ends_agree_in_every_cycle(on, other, stalls):
    if other == "verilator" and not os.environ.get("INTSNN_VERILATOR"):
        pytest.skip("building takes ten seconds: set INTSNN_VERILATOR=1 to run it")
    run = {
        "inputs": {"i": requests(100, seed=2)},
        "expected": {"o": 100},
        "cycle_budget": 2000,
        "stalls": stalls,
        "extra_cycles": 3,
    }
    assert_equal(on("fast", Accumulator).run(**run), on(other, Accumulator).run(**run))


def test_component_that_breaks_the_protocol_is_caught(core):
    stalls = Stalls(seed=3, stall=0.5)
    counter = core(Counter)
    for fault, message in ((1, "stream o: valid was dropped while stalled"), (2, "stream o: the payload changed")):
        with pytest.raises(ProtocolError, match=message):
            counter.run({}, expected={"o": 100}, cycle_budget=1000, stalls=stalls, settings={"fault": fault})
        counter.reset()
        result = counter.run({}, expected={"o": 100}, cycle_budget=1000, settings={"fault": fault})
        assert result.cycles == 101  # no stall, no fault
        counter.reset()
    result = counter.run({}, expected={"o": 100}, cycle_budget=1000, stalls=stalls)
    np.testing.assert_array_equal(result.outputs["o"], np.arange(100))


def test_timeout_says_what_was_awaited(core):
    message = r"no end after 50 cycles: i moved 50 of 60 items, o moved 48 of 61 items"
    with pytest.raises(SimulationTimeout, match=message) as caught:
        core(Accumulator).run({"i": requests(60, seed=4)}, expected={"o": 61}, cycle_budget=50)
    assert caught.value.result.cycles == 50 and len(caught.value.result.outputs["o"]) == 48


@pytest.mark.parametrize(
    "change, message",
    [
        ({"inputs": {"x": [1]}}, r"no In stream is named 'x': there are \['i'\]"),
        ({"expected": {"i": 1}}, r"no Out stream is named 'i': there are \['o'\]"),
        ({"settings": {"gain": 16}}, "input gain: 16 does not fit into 4 bits"),
        ({"settings": {"loss": 1}}, "no plain input is named 'loss'"),
        ({"cycle_budget": -1}, "cycle_budget: a count must be at least 0, not -1"),
    ],
)
def test_bad_arguments_are_refused(core, change, message):
    run = {"inputs": {}, "expected": {}, "cycle_budget": 10} | change
    with pytest.raises(InputError, match=message):
        core(Accumulator).run(**run)


@pytest.mark.parametrize("backend", ["fast", "cxxrtl"])
def test_a_waveform_is_asked_for_when_the_component_is_compiled(on, backend, tmp_path):
    with pytest.raises(InputError, match=r"run.vcd: the component was compiled without; compile it with waves=True"):
        on(backend, Accumulator).run({}, expected={}, cycle_budget=1, extra_cycles=1, vcd=tmp_path / "run.vcd")
    assert not (tmp_path / "run.vcd").exists()


@pytest.mark.parametrize("backend", ["waves", "icarus"])
def test_waveform_can_be_had_and_changes_nothing(on, backend, tmp_path):
    with pytest.raises(InputError, match=r"waveform .* cannot be written"):
        vcd = tmp_path / "absent" / "run.vcd"
        on(backend, Accumulator).run({}, expected={}, cycle_budget=1, extra_cycles=1, vcd=vcd)
    run = {"inputs": {"i": requests(20, seed=5)}, "expected": {"o": 20}, "cycle_budget": 500, "stalls": STALLS[1]}
    plain = on(backend, Accumulator).run(**run)
    assert_equal(on(backend, Accumulator).run(**run, vcd=tmp_path / "run.vcd"), plain)
    text = (tmp_path / "run.vcd").read_text()
    assert "i__payload" in text and "$enddefinitions" in text and text.count("\n#") > plain.cycles


@pytest.mark.parametrize("gap, stall", [(0, 0.6), (0.6, 0), (0.3, 0.3)])
def test_stalls_have_their_probability(on, gap, stall):
    n = 20000
    core, stalls = on("fast", GrayDecoder), Stalls(seed=1, gap=gap, stall=stall)
    run = core.run({"i": np.zeros(n, int)}, expected={"o": n}, cycle_budget=4 * n, stalls=stalls)
    cycles_per_item = 1 / (1 - gap) + stall / (1 - stall)  # until offered, then until taken
    assert run.cycles / n == pytest.approx(cycles_per_item, rel=0.02)
    job = Job.of(core.ports, {}, {}, 1, stalls, {}, 0)
    assert len({job.coin(port) for port in core.ports.streams}) == 2


@pytest.mark.parametrize("bad", [{"seed": -1}, {"seed": 1, "gap": 1.0}, {"seed": 1, "stall": -0.1}])
def test_stalls_out_of_range_are_refused(bad):
    with pytest.raises(InputError, match="must lie in"):
        Stalls(**bad)
