"""Presets of events: what each is made for, and that every variant is a valid network."""

from itertools import product

import pytest

from golden.config import Timing
from golden.errors import ConfigError
from golden.presets import PRESETS, preset
from golden.presets.temporal import TASKS
from golden.presets.usual import usual_data


@pytest.mark.parametrize("name", TASKS)
def test_a_preset_is_that_of_its_task(name):
    config, task = preset(name), TASKS[name]
    assert name in PRESETS and config.name == name
    assert (config.n_inputs, config.n_steps, config.n_classes) == (task.n_inputs, task.n_steps, task.n_classes)
    assert config.encoding.kind == "events" and usual_data(config.name) == task.data
    assert [layer.recurrent for layer in config.layers] == [name.endswith("r")] * len(task.hidden) + [False]
    assert config.learning is not None and config.learning.epochs == task.epochs


@pytest.mark.parametrize(
    "shadow_width, weight_width", [(8, 2), (8, 4), (8, 8), (12, 6), (16, 4), (16, 8), (16, 12), (16, 16), (24, 16)]
)
@pytest.mark.parametrize("route", ["feedback", "direct"])
@pytest.mark.parametrize("timing", ["final", "every_step"])
def test_every_variant_is_valid_and_scaled(shadow_width, weight_width, route, timing):
    usual = preset("fsdd-128r", route=route, timing=timing)
    for error, spike_width, recurrence in product(
        ("graded", "pair", "margin"), (1, 4, 8), ("none", "learned", "fixed")
    ):
        config = preset(
            "fsdd-128r", shadow_width=shadow_width, weight_width=weight_width, spike_width=spike_width, route=route,
            timing=timing, error=error, recurrence=recurrence, hidden=(20, 30), epochs=7, seed=3, lanes=4,
        )  # fmt: skip
        rule, hidden = config.learning, config.layers[0]
        assert rule is not None and usual.learning is not None
        assert config.topology == ("128-20-30-10" if recurrence == "none" else "128-20r-30r-10")
        assert (rule.error, rule.epochs, rule.seed, config.hardware.lanes) == (error, 7, 3, (4,))
        assert rule.recurrence == ("fixed" if recurrence == "fixed" else "learned")
        finer = min({1: 0, 4: 3, 8: 4}[spike_width], weight_width // 2)
        assert hidden.neuron.threshold_shift == max(0, weight_width - finer)
        # Initial weights are as large a share of the range of the shadow weights, whatever its width.
        wanted = usual.learning.init_shifts[0] + shadow_width - 16
        assert rule.init_shifts[0] == wanted
        # All others have at least one step of the inference weights.
        least = max(0, shadow_width - weight_width)
        assert min(*rule.init_shifts, *rule.recurrent_init_shifts) >= least


@pytest.mark.parametrize("name", ["fsdd-128r", "cues-64r"])
def test_with_an_error_at_the_end_the_readout_and_all_traces_reach_over_the_sample(name):
    steps, end = (preset(name, timing=timing, hidden=(8, 8)) for timing in ("every_step", "final"))
    assert steps.learning is not None and end.learning is not None
    leaks = [[layer.neuron.leak_shift for layer in config.layers] for config in (steps, end)]
    reach = 10 if name == "cues-64r" else 8
    assert list(steps.learning.trace_shifts) == leaks[0] and end.learning.trace_shifts == (reach,) * 3
    assert leaks[1] == [*leaks[0][:2], reach]
    # Membranes that leak less are larger, and the octaves of the error with them.
    assert end.learning.error_octave - steps.learning.error_octave == reach - steps.learning.trace_shifts[-1]


def test_what_is_asked_at_the_end_is_learned_at_the_end():
    rules = [preset(name).learning for name in ("cues-64r", "fsdd-128")]
    assert [rule.timing for rule in rules if rule is not None] == ["final", "every_step"]


def test_a_recurrence_slower_than_draws_have_bits_learns_from_a_smaller_error():
    wide, narrow = preset("cues-64r").learning, preset("cues-64r", shadow_width=8).learning
    assert wide is not None and narrow is not None
    assert wide.recurrent_rate_shifts == (12,) and narrow.recurrent_rate_shifts == (13,), "16 after the schedule"
    smaller = narrow.error_shifts[0] - wide.error_shifts[0]
    # An update of shadow weights of 8 bits is 2^8 times smaller, in LSBs, than that of 16 bits.
    assert smaller == 7 and narrow.recurrent_rate_shifts[0] + smaller - wide.recurrent_rate_shifts[0] == 8
    assert narrow.rate_shifts[0] + smaller - wide.rate_shifts[0] == 8
    assert narrow.rate_shifts[-1] - wide.rate_shifts[-1] == 8, "the readout has its own error"


@pytest.mark.parametrize("route, lower", [("feedback", 0), ("direct", 7)])
def test_a_smaller_error_makes_the_gradients_below_smaller_once(route, lower):
    wide, narrow = (preset("cues-64r", hidden=(8, 8), shadow_width=width, route=route).learning for width in (16, 8))
    assert wide is not None and narrow is not None
    smaller = [a - b for a, b in zip(narrow.error_shifts, wide.error_shifts, strict=True)]
    assert smaller == [lower, 7], "errors of the direct route are carried to every layer by itself"


@pytest.mark.parametrize(
    "timing, width, smaller", [("every_step", 16, 0), ("every_step", 8, 3), ("final", 16, 0), ("final", 8, 7)]
)
def test_an_error_is_not_made_so_small_that_hidden_weights_stop_learning(timing, width, smaller):
    for spike_width, more in ((1, 0), (4, 5), (8, 7)):  # more of a weight that reads larger spikes, where it may be
        rules = [
            preset("cues-64r", shadow_width=s, spike_width=n, timing=timing).learning
            for s, n in ((16, 1), (width, spike_width))
        ]
        shifts = [rule.error_shifts[0] for rule in rules if rule is not None]
        assert shifts[1] - shifts[0] == min(smaller + more, 3 if timing == "every_step" else 9)


def test_what_follows_the_size_of_graded_spikes():
    one, graded, most = (preset("fsdd-128", hidden=(8, 8), spike_width=n) for n in (1, 4, 8))
    assert one.learning is not None and graded.learning is not None and most.learning is not None
    for config, finer, wider in ((graded, 3, 0), (most, 4, 3)):
        rule = config.learning
        assert rule is not None
        assert config.layers[0].neuron.threshold_shift == one.layers[0].neuron.threshold_shift - finer
        assert config.layers[-1].neuron.membrane_width == one.layers[-1].neuron.membrane_width + finer
        assert rule.error_octave - one.learning.error_octave == finer and rule.margin == one.learning.margin << finer
        rates = [a - b for a, b in zip(rule.rate_shifts, one.learning.rate_shifts, strict=True)]
        inits = [a - b for a, b in zip(rule.init_shifts, one.learning.init_shifts, strict=True)]
        assert rates == [-wider, 2 * finer, finer] and inits == [0, -finer, 0]
        assert rule.trace_gain == one.learning.trace_gain, "input events have one bit"


def test_networks_without_hidden_layers_and_samples_of_any_length():
    config = preset("cues-64r", hidden=())
    assert config.topology == "40-2" and config.learning is not None and config.learning.error_shifts == ()
    for steps in (1, 4096):
        assert preset("cues-64r", hidden=(8, 8), weight_width=16, n_steps=steps).n_steps == steps


def test_below_an_error_at_the_end_gradients_count_the_surrogate_over_the_sample():
    shifts = []
    runs: list[tuple[Timing, int]] = [("every_step", 80), ("final", 80), ("final", 160)]
    for timing, steps in runs:
        rule = preset("fsdd-128", hidden=(8, 8), timing=timing, n_steps=steps).learning
        assert rule is not None
        shifts.append(rule.error_shifts[0] - rule.error_shifts[1])
    assert shifts == [1, 6, 7]


@pytest.mark.parametrize("option", [{"weight_width": 2}, {"weight_width": 4, "membrane_width": 7}])
@pytest.mark.parametrize("timing", ["final", "every_step"])
def test_leaks_fit_narrow_membranes(option, timing):
    config = preset("cues-64r", timing=timing, **option)
    for layer in config.layers:
        leak = layer.neuron.leak_shift
        assert leak is not None and leak == min(10, layer.neuron.membrane_width - 1)


def test_widths_scale_thresholds_and_errors_together():
    narrow, wide = preset("fsdd-128", weight_width=4), preset("fsdd-128", weight_width=12)
    assert narrow.learning is not None and wide.learning is not None
    assert wide.layers[0].neuron.threshold_shift - narrow.layers[0].neuron.threshold_shift == 8
    assert wide.learning.error_octave - narrow.learning.error_octave == 8
    assert wide.learning.error_shifts[0] - narrow.learning.error_shifts[0] == 8
    assert wide.learning.budget_shift - narrow.learning.budget_shift == 8
    assert wide.learning.direct_shift - narrow.learning.direct_shift == 8
    assert wide.learning.rate_shifts == narrow.learning.rate_shifts


@pytest.mark.parametrize(
    "name, option, message",
    [
        ("fsdd-128", {"encoding": "rate"}, "`encoding`: preset fsdd-128 takes none; its samples are events already"),
        (
            "mnist-64",
            {"recurrence": "learned"},
            "preset mnist-64 takes no `recurrence`; it goes with presets of",
        ),
        (
            "mnist-cnn",
            {"error": "pair"},
            "preset mnist-cnn takes no `error`; it goes with presets of",
        ),
        ("fsdd-128", {"error": "mse"}, "`error`: must be one of margin, pair, graded, got 'mse'"),
        ("fsdd-128", {"recurrence": "some"}, "`recurrence`: must be one of none, learned, fixed, got 'some'"),
    ],
)
def test_options_that_do_not_go_with_a_preset(name, option, message):
    with pytest.raises(ConfigError) as caught:
        preset(name, **option)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "name, option, low, high",
    [
        ("fsdd-128r", {}, 11, 30),
        ("cues-64r", {"spike_width": 8}, 13, 26),
        ("fsdd-128", {"weight_width": 2}, 5, 30),
    ],
)
def test_membranes_that_thresholds_do_not_fit_or_that_leave_no_room_for_the_readouts(name, option, low, high):
    for width in (low, high):
        assert preset(name, membrane_width=width, **option).layers[0].neuron.membrane_width == width
    for width in (low - 1, high + 1):
        with pytest.raises(ConfigError, match=f"`membrane_width`: must be {low}..{high} with .* got {width}"):
            preset(name, membrane_width=width, **option)


def test_data_of_networks_by_their_names():
    assert usual_data("fsdd-reversed-64-64") == "fsdd-reversed" and usual_data("fsdd-7") == "fsdd"
    assert usual_data("fashion-7-8") == "fashion-mnist" and usual_data("mnist-conv-8-17") == "mnist"
    assert usual_data("mine") is None and usual_data("words") is None
