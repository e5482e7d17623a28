"""One description of each option: of a preset, and of hardware."""

import hashlib
import random
from dataclasses import fields
from typing import Any

import pytest

from golden.config import HardwareConfig
from golden.errors import ConfigError
from golden.presets import PRESETS, Variant, preset
from golden.presets.convolutional import CONVOLUTIONS
from golden.presets.hardware import HARDWARE
from golden.presets.option import Option
from golden.presets.variant import RUN, VARIANTS


def test_every_field_has_a_description():
    names = [entry.name for entry in fields(Variant)]
    assert set(VARIANTS) | set(RUN) | {"lanes"} == set(names) and not set(VARIANTS) & {*RUN, *HARDWARE}
    assert set(HARDWARE) == {entry.name for entry in fields(HardwareConfig)}
    for name, option in {**VARIANTS, **RUN, **HARDWARE}.items():
        assert (option.range is None) != (option.choices == ()), name
        assert option.label and option.help and option.metavar, name


@pytest.mark.parametrize(
    "option, good, bad",
    [
        (VARIANTS["weight_width"], [2, 24], [1, 25, True, 8.0, "8", [8], None]),
        (VARIANTS["hidden"], [1, [1], [65536, 2]], [0, [], [0], [65537], [True], "8"]),
        (VARIANTS["route"], ["direct"], ["scenic", 1, ["direct"]]),
        (HARDWARE["weight_memory"], ["dual_port", ["dual_port", "single_port"]], ["tape", [], ["tape"], 1]),
    ],
)
def test_what_holds(option, good, bad):
    assert all(option.holds(value) for value in good) and not any(option.holds(value) for value in bad)
    each = ", or a list of them, one for each layer"
    assert option.rule.endswith(each) == option.each and option.rule.startswith(("one of ", "a whole number "))


def test_rules_in_words():
    assert VARIANTS["spike_width"].rule == "a whole number 1..8"
    assert VARIANTS["spike_width"].line.endswith(" (1..8)") and VARIANTS["route"].line == VARIANTS["route"].help
    assert Option(label="a", help="b", metavar="c", choices=("x", "y")).rule == "one of x, y"


@pytest.mark.parametrize("part, options", [("hardware", HARDWARE), ("network", VARIANTS | RUN)])
def test_configurations_refuse_what_the_ranges_leave_out(part, options):
    """Just outside each range: the configuration, which checks the values, knows the same limits."""
    base = {"kernel": "mnist-conv-3"}
    for name, option in options.items():
        if option.range is None:
            continue
        low, high = option.range
        for value in (low - 1, high + 1):
            given: dict[str, Any] = {name: (value,) if option.each else value}
            with pytest.raises(
                ConfigError, match="HardwareConfig" if part == "hardware" else f"^`{name}`: must be .*got"
            ):
                HardwareConfig(**given) if part == "hardware" else preset(base.get(name, "digits-64"), **given)


def test_an_unknown_option_is_one_clear_error():
    with pytest.raises(ConfigError, match="wings: is no option of a preset; known are shadow_width, weight_width"):
        preset("digits-64", hidden=(4,), wings=2)
    with pytest.raises(ConfigError, match="unknown preset 'digits-65'"):
        preset("digits-65", error="pair")
    for name in ("digits-64", "mnist-cnn"):
        with pytest.raises(ConfigError, match=f"preset {name} takes no `error`; it goes with presets of events"):
            preset(name, error="pair")


@pytest.mark.parametrize(
    "option", [{"hidden": ()}, {"route": "direct"}, {"timing": "every_step"}, {"rounding": "floor"}, {"epochs": 0}]
)
def test_what_convolutions_take_none_of(option):
    with pytest.raises(ConfigError, match=f"`{next(iter(option))}`: preset mnist-cnn takes none"):
        preset("mnist-cnn", **option)


VALUES = {
    "hidden": [(5,), (8, 6), [7, 7]], "shadow_width": [8, 12, 20, 24], "weight_width": [2, 4, 6, 12, 16],
    "spike_width": [1, 2, 3, 8], "n_steps": [1, 5, 80], "membrane_width": [9, 16, 32],
    "encoding": ["rate", "latency", "every_step"], "recurrence": ["none", "learned", "fixed"], "route": ["direct"],
    "timing": ["final", "every_step"], "error": ["pair", "margin"], "rounding": ["nearest", "floor"],
    "epochs": [1, 7, 40], "seed": [5], "lanes": [3, (4,)],
}  # fmt: skip


def digests_of(name):
    """Return digests of the texts of a preset and of random variants: of deep networks of values, and of all others."""
    draw, refused, texts = random.Random(name), 0, {"deep": "", "others": preset(name).to_toml()}
    for _ in range(60):
        chosen = draw.sample(sorted(VALUES), draw.randint(1, 4))
        try:
            config = preset(name, **{option: draw.choice(VALUES[option]) for option in chosen})
        except ConfigError:
            refused += 1
            continue
        deep = config.encoding.kind != "events" and config.learns and len(config.layers) > 2
        texts["deep" if deep else "others"] += config.to_toml()
    assert refused < 60
    return [hashlib.sha256(text.encode()).hexdigest()[:8] for text in texts.values() if text]


def test_variants_are_what_they_were():
    """Results and checkpoints name presets: what a name stands for must stay the same."""
    assert set(VALUES) == {entry.name for entry in fields(Variant)} - {"kernel"}  # of convolutions alone
    assert {name: digests_of(name) for name in PRESETS if name not in CONVOLUTIONS} == {
        "digits-64": ["606e8e04", "9a799dc2"],
        "mnist-64": ["3d013530", "442869c0"],
        "mnist-100": ["900747e1", "087a2c57"],
        "mnist-128": ["c6e4a7d1", "b9621f8f"],
        "mnist-256": ["109f67ec", "c0ef13ba"],
        "fashion-256": ["04083491", "7e57a360"],
        "mnist-512": ["099cc290", "1548b57c"],
        "mnist-cnn": ["8e27782c"],
        "cues-64r": ["d6810d9c"],
        "mnist-rows-128r": ["af8d5ab3"],
        "fsdd-128": ["4c0b75b2"],
        "fsdd-128r": ["f75d2125"],
        "fsdd-reversed-128r": ["314052b0"],
        "words-128r": ["91d3c275"],
        "shd-128r": ["6abae526"],
    }


@pytest.mark.parametrize(
    "option", [{"hidden": "many"}, {"hidden": (4, 2.0)}, {"weight_width": "8"}, {"seed": True}, {"route": 3}]
)
def test_a_value_of_another_type_is_one_clear_error(option):
    (name,) = option
    with pytest.raises(ConfigError, match=f"^`{name}`: must be"):
        preset("digits-64", **option)


def test_what_follows_from_an_option_names_it():
    with pytest.raises(ConfigError, match=r"^`membrane_width`: must be at least 13 in preset digits-64, got 12$"):
        preset("digits-64", membrane_width=12)
    with pytest.raises(ConfigError, match=r"^`membrane_width`: must be at most 31 in preset digits-64, got 32$"):
        preset("digits-64", membrane_width=32)
