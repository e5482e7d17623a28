"""Dialects by name, and with other values."""

import pytest

from golden.errors import ConfigError
from train.nir.dialects import DIALECTS, dialect


def test_a_label_is_the_options_of_the_command_line():
    assert dialect("norse").label == "norse"
    assert dialect("sinabs", gain="nir", dt=0.5).label == "sinabs --dt 0.5 --gain nir"
    assert (
        dialect("snntorch").override(reset="subtract").override(dt=1e-3).label == "snntorch --dt 0.001 --reset subtract"
    )


def test_what_is_left_out_or_the_same_overrides_nothing():
    assert dialect("nir", dt=None, reset="zero", compare=None) == DIALECTS["nir"]


@pytest.mark.parametrize(
    "name, given, words",
    [
        ("lava", {}, "dialect: must be one of nir, snntorch, spikingjelly, norse, sinabs, sinabs-single, got 'lava'"),
        ("nir", {"dt": 0.0}, "dt: must be above 0, got 0.0"),
        ("nir", {"dt": float("nan")}, "dt: must be above 0"),
        ("nir", {"reset": "soft"}, "reset: must be one of zero, subtract, subtract-next, got 'soft'"),
        ("nir", {"compare": "lt"}, "compare: must be one of gt, ge, floor"),
        ("nir", {"decay": "cubic"}, "decay: must be one of euler, exp"),
        ("nir", {"gain": 2}, "gain: must be one of nir, unit, got 2"),
    ],
)
def test_values_that_are_not_allowed(name, given, words):
    with pytest.raises(ConfigError) as caught:
        dialect(name, **given)
    assert words in str(caught.value)
