"""Sweep files: what they stand for, and what is told of those that stand for nothing."""

from pathlib import Path

import pytest

from golden.config import MEMBRANE_WIDTHS
from golden.errors import ConfigError
from golden.presets import preset
from intsnn_hw.exploration.axes import AXES
from intsnn_hw.exploration.point import core_config, network_config
from intsnn_hw.exploration.search import Grid
from intsnn_hw.exploration.space import Sweep
from tests.intsnn_hw.exploration.evaluators import SWEEP

EXAMPLES = Path(__file__).parents[3] / "examples"


def parse(text):
    return Sweep.parse(text, "sweep.toml")


def values(text):
    return [tuple(point.values.values()) for point in parse(text).points()]


def test_the_grid_is_the_product_of_the_axes_the_last_first():
    assert values(SWEEP) == [(4, 4, 4), (4, 8, 4), (4, 16, 4), (8, 4, 4), (8, 8, 4), (8, 16, 4)]
    assert [point.number for point in parse(SWEEP).points()] == list(range(6))


def test_axes_that_vary_together():
    text = 'preset = "digits-64"\n[[together]]\nspike_width = [1, 4]\nn_steps = [8, 2]\n[axes]\nhidden = [4, [8, 4]]'
    assert values(text) == [(1, 8, 4), (1, 8, [8, 4]), (4, 2, 4), (4, 2, [8, 4])]
    configs = [network_config(parse(text), point, 3) for point in parse(text).points()]
    assert [config.topology for config in configs] == ["64-4-10", "64-8-4-10"] * 2
    assert [config.n_steps for config in configs] == [8, 8, 2, 2]
    assert configs[3] == preset("digits-64", hidden=(8, 4), spike_width=4, n_steps=2, seed=3)


def test_steps_follow_the_spike_bits_where_they_are_no_axis():
    sweep = parse('preset = "digits-64"\n[axes]\nspike_width = [1, 2, 3, 4, 8]')
    assert [network_config(sweep, point, 0).n_steps for point in sweep.points()] == [8, 4, 2, 2, 1]


@pytest.mark.parametrize(
    "constraint, kept",
    [
        ("shadow_width >= weight_width", [(8, 4), (8, 8), (12, 4), (12, 8), (12, 12)]),
        ("shadow_width > weight_width", [(8, 4), (12, 4), (12, 8)]),
        ("weight_width == 8", [(8, 8), (12, 8)]),
        ("weight_width != shadow_width", [(8, 4), (8, 12), (12, 4), (12, 8)]),
        ("weight_width < 8", [(8, 4), (12, 4)]),
        ("weight_width <= 4", [(8, 4), (12, 4)]),
    ],
)
def test_constraints_leave_points_out_and_no_number_changes(constraint, kept):
    axes = 'preset = "digits-64"\n%s\n[axes]\nshadow_width = [8, 12]\nweight_width = [4, 8, 12]'
    sweep, whole = parse(axes % f"constraints = ['{constraint}']"), parse(axes % "")
    assert [tuple(point.values.values()) for point in sweep.points()] == kept
    assert {point.number: point.values for point in sweep.points()}.items() <= {
        point.number: point.values for point in whole.points()
    }.items()
    assert sweep.n_grid == 6


def test_every_axis_reaches_the_configuration():
    chosen = {
        "spike_width": 2, "n_steps": 3, "weight_width": 6, "shadow_width": 12, "membrane_width": 17, "hidden": [6, 5],
        "encoding": "rate", "route": "direct", "timing": "every_step", "rounding": "nearest", "lanes": [3, 2, 1],
        "fire_lanes": 2, "banks": 1, "multiplier": "operator", "weight_memory": "single_port", "core": "learning",
        "target": "xc7",
    }  # fmt: skip
    assert set(chosen) | {"recurrence", "error", "kernel"} == set(AXES)  # these go with other presets, below
    lines = [f"{name} = {[value]!r}" for name, value in chosen.items()]
    sweep = parse("\n".join(['preset = "digits-64"', "[axes]", *lines]))
    (point,) = sweep.points()
    config = network_config(sweep, point, 5)
    learning, hardware = config.learning, config.hardware
    assert learning is not None
    assert (config.n_steps, config.encoding.kind, config.topology) == (3, "rate", "64-6-5-10")
    assert [layer.weight_width for layer in config.layers] == [6] * 3
    assert [layer.neuron.spike_width for layer in config.layers] == [2] * 3
    assert [layer.neuron.membrane_width for layer in config.layers] == [17, 17, 18]
    assert (learning.shadow_width, learning.route, learning.timing, learning.rounding, learning.seed) == (
        12, "direct", "every_step", "nearest", 5,
    )  # fmt: skip
    assert (hardware.lanes, hardware.fire_lanes, hardware.banks) == ((3, 2, 1), (2,), 1)
    assert (hardware.multiplier, hardware.weight_memory) == ("operator", ("single_port",))
    assert core_config(sweep, point).learning is not None


def test_the_guide_names_every_axis():
    text = (Path(__file__).parents[3] / "docs" / "explore.md").read_text(encoding="utf-8")
    (paragraph,) = [part for part in text.split("\n\n") if part.startswith("**Axes**")]
    assert [name for name in AXES if f"`{name}`" not in paragraph] == []


def test_axes_of_presets_of_events():
    sweep = parse('preset = "fsdd-128r"\n[axes]\nrecurrence = ["none", "fixed"]\nerror = "pair"\nhidden = 6')
    assert sweep.data == "fsdd"
    configs = [network_config(sweep, point, 0) for point in sweep.points()]
    assert [config.topology for config in configs] == ["128-6-10", "128-6r-10"]
    rules = [config.learning for config in configs if config.learning is not None]
    assert [(rule.error, rule.recurrence) for rule in rules] == [("pair", "learned"), ("pair", "fixed")]


def test_an_axis_of_presets_of_convolutions():
    sweep = parse('preset = "mnist-conv-3"\n[axes]\nkernel = [3, 5]')
    layers = [network_config(sweep, point, 0).layers[0] for point in sweep.points()]
    assert [layer.conv.kernel for layer in layers if layer.conv is not None] == [3, 5]


def test_points_with_one_core_have_equal_core_configurations_and_come_apart():
    sweep = parse(
        'preset = "digits-64"\n[axes]\nhidden = [4, 8]\nshadow_width = [8, 16]\nroute = ["feedback", "direct"]'
    )
    points = list(sweep.points())
    cores = [core_config(sweep, point) for point in points]
    assert cores[0] == cores[1] == cores[2] == cores[3] != cores[4] == cores[7]
    search = Grid(sweep, {5: {"status": "ok"}})
    order = [point.number for point in iter(search.ask, None)]
    assert order == [0, 4, 1, 2, 6, 3, 7] and (search.finished, search.total) == (1, 8)


def test_defaults():
    sweep = parse('preset = "digits-64"\n[axes]\nhidden = 8')
    assert (sweep.data, sweep.split, sweep.seeds, sweep.values("hidden")) == ("digits", "validation", (0,), [8])
    assert sweep.values("core") == ["inference"] and sweep.values("target") == [] and sweep.sampler == "grid"
    assert parse('preset = "mnist-64"\n[axes]\nhidden = 8').data == "mnist"
    assert parse('preset = "mnist-64"\nseeds = [7, 3]\n[axes]\nhidden = 8').seeds == (7, 3)


@pytest.mark.parametrize(
    "text, words",
    [
        ("not toml [", ["not a TOML file"]),
        ("", ["preset", "missing", "digits-64"]),
        ('preset = "digits-65"\n[axes]\nhidden = 8', ["preset", "digits-65"]),
        ('preset = "digits-64"', ["axis"]),
        ('preset = "digits-64"\nwings = 2', ["wings", "unknown"]),
        ('preset = "digits-64"\n[axes]\nwings = 2', ["wings", "spike_width"]),
        ('preset = "digits-64"\n[axes]\nhidden = []', ["hidden", "at least one"]),
        ('preset = "digits-64"\n[axes]\nhidden = [8, 8]', ["hidden", "twice"]),
        ('preset = "digits-64"\n[axes]\nhidden = [[]]', ["hidden", "[]"]),
        ('preset = "digits-64"\n[axes]\nweight_width = [8, 99]', ["weight_width", "99", "2..24"]),
        ('preset = "digits-64"\n[axes]\nweight_width = true', ["weight_width", "True"]),
        ('preset = "digits-64"\n[axes]\nroute = "scenic"', ["route", "scenic", "feedback"]),
        ('preset = "digits-64"\n[axes]\ntarget = "abacus"', ["target", "abacus", "xc7"]),
        ('preset = "digits-64"\nconstraints = ["a = b"]\n[axes]\nhidden = 8', ["constraints", "a = b"]),
        ('preset = "digits-64"\nconstraints = ["lanes > 2"]\n[axes]\nhidden = 8', ["constraints", "lanes"]),
        ('preset = "digits-64"\nconstraints = ["hidden > 9"]\n[axes]\nhidden = 8', ["constraints", "no point"]),
        (
            'preset = "digits-64"\nconstraints = ["hidden > 9"]\n[axes]\nhidden = [16, [16, 8]]',
            ["constraints", "hidden", "single numbers"],
        ),
        ('preset = "digits-64"\nconstraints = ["route > 9"]\n[axes]\nroute = "direct"', ["constraints", "route"]),
        ('preset = "digits-64"\nseeds = 0\n[axes]\nhidden = 8', ["seeds"]),
        ('preset = "digits-64"\nseeds = [1, 1]\n[axes]\nhidden = 8', ["seeds", "different"]),
        ('preset = "digits-64"\nepochs = 0\n[axes]\nhidden = 8', ["epochs", "0"]),
        ('preset = "digits-64"\nepochs = "all"\n[axes]\nhidden = 8', ["epochs", "whole number", "all"]),
        ('preset = "digits-64"\nobjectives = ["beauty"]\n[axes]\nhidden = 8', ["objectives", "beauty", "accuracy"]),
        ('preset = "digits-64"\nobjectives = [["lut"]]\n[axes]\nhidden = 8', ["objectives", "lut"]),
        ('preset = "digits-64"\nobjectives = []\n[axes]\nhidden = 8', ["objectives"]),
        ('preset = "digits-64"\nobjectives = ["lut"]\n[axes]\nhidden = 8', ["lut", "target"]),
        ('preset = "digits-64"\nobjectives = ["latency_us"]\n[axes]\nhidden = 8', ["latency_us", "clock_mhz"]),
        ('preset = "digits-64"\nobjectives = ["training_cycles"]\n[axes]\nhidden = 8', ["training_cycles", "core"]),
        ('preset = "digits-64"\nobjectives = ["cycles", "cycles"]\n[axes]\nhidden = 8', ["objectives", "twice"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[data]\nsplit = "all"', ["split", "all", "validation"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[data]\nset = 5', ["data.set", "text", "5"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[cycles]\ncosim_samples = 0', ["cosim_samples", "0"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[cycles]\nclock_mhz = 0', ["clock_mhz", "0"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[cycles]\nclock_mhz = nan', ["clock_mhz", "nan"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[synthesis]\npnr = true', ["pnr", "target"]),
        ('preset = "digits-64"\n[axes]\ntarget = "xc7"\n[synthesis]\npnr = true', ["pnr", "xc7"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[search]\nsampler = "dice"', ["sampler", "dice", "nsga2"]),
        ('preset = "digits-64"\n[axes]\nhidden = 8\n[search]\npopulation = 1', ["population", "1"]),
        ('preset = "digits-64"\n[[together]]\nspike_width = [1, 2]\nn_steps = [8]', ["together", "one length"]),
        ('preset = "digits-64"\n[[together]]\nspike_width = 1\n', ["together", "lists"]),
        ('preset = "digits-64"\n[[together]]\nhidden = [8]\n[axes]\nhidden = 4', ["hidden", "twice"]),
    ],
)
def test_what_is_wrong_is_told_with_the_file(text, words):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith("sweep.toml: ") and "\n" not in message
    for word in words:
        assert word in message, message


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_examples(path):
    sweep = Sweep.from_toml(path)
    points = list(sweep.points())
    assert len(points) == {"bit-widths": 216, "digits": 18, "spoken-digits": 12}[path.stem]
    for point in points:
        widths = {layer.neuron.membrane_width for layer in network_config(sweep, point, 0).layers}
        assert all(MEMBRANE_WIDTHS[0] <= width <= MEMBRANE_WIDTHS[1] for width in widths)
        core_config(sweep, point)


def test_examples_are_found():
    assert len(list(EXAMPLES.glob("*.toml"))) == 3
