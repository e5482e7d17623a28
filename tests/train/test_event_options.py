"""Names of event sets with options: what they stand for, and that a full name stands for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import DataError
from train.data.dvs_gesture import FORMAT as GESTURE
from train.data.event_options import event_options
from train.data.fsdd import FORMAT as FSDD
from train.data.heidelberg import SHD, SSC
from train.data.nmnist import FORMAT as NMNIST


@pytest.mark.parametrize(
    "format_, text, name, bin_us, shape",
    [
        (NMNIST, "", "nmnist:bins=30,bin_ms=10,downsample=1", 10_000, (2, 34, 34)),
        (NMNIST, "downsample=2", "nmnist:bins=30,bin_ms=10,downsample=2", 10_000, (2, 17, 17)),
        (NMNIST, "downsample=17,bins=1", "nmnist:bins=1,bin_ms=300,downsample=17", 300_000, (2, 2, 2)),
        (GESTURE, "", "dvs-gesture:bins=60,bin_ms=25,downsample=4", 25_000, (2, 32, 32)),
        (GESTURE, "over=sample,bins=16", "dvs-gesture:bins=16,over=sample,downsample=4", None, (2, 32, 32)),
        (GESTURE, "over=window", "dvs-gesture:bins=60,bin_ms=25,downsample=4", 25_000, (2, 32, 32)),
        (SHD, "", "shd:bins=100,bin_ms=14,channels=700", 14_000, (700,)),
        (SHD, "bins=100,channels=140", "shd:bins=100,bin_ms=14,channels=140", 14_000, (140,)),
        (SHD, "bins=96", "shd:bins=96,bin_ms=14.584,channels=700", 14_584, (700,)),  # rounded up: nothing is cut
        (SHD, "bin_ms=8", "shd:bins=175,bin_ms=8,channels=700", 8_000, (700,)),
        (SHD, "bin_ms=9", "shd:bins=156,bin_ms=9,channels=700", 9_000, (700,)),
        (SHD, "bin_ms=0.5,bins=4096", "shd:bins=4096,bin_ms=0.5,channels=700", 500, (700,)),
        (SHD, "bin_ms=0.001", "shd:bins=4096,bin_ms=0.001,channels=700", 1, (700,)),
        (FSDD, "", "fsdd:bins=80,bin_ms=8,channels=64,split=official", 8_000, (2, 64)),
        (FSDD, "split=theo,channels=4,bins=40", "fsdd:bins=40,bin_ms=16,channels=4,split=theo", 16_000, (2, 4)),
        (SSC, "bin_ms=1000000,channels=1", "ssc:bins=1,bin_ms=1000000,channels=1", 10**9, (1,)),
    ],
)
def test_what_a_name_stands_for(format_, text, name, bin_us, shape):
    options = event_options(text, format_)
    assert options.name == name
    assert (options.binning.bin_us, options.grid.shape) == (bin_us, shape)
    assert event_options(name.partition(":")[2], format_) == options


@given(st.integers(1, 4096), st.none() | st.integers(1, 10**6), st.sampled_from([1, 5, 140, 700]))
def test_a_full_name_stands_for_itself(bins, bin_us, channels):
    text = f"channels={channels},bins={bins}" + ("" if bin_us is None else f",bin_ms={bin_us / 1000:.3f}")
    options = event_options(text, SHD)
    assert options.binning.n_steps == bins and options.grid.shape == (channels,)
    assert options.binning.bin_us == (-(-1_400_000 // bins) if bin_us is None else bin_us)
    assert event_options(options.name.partition(":")[2], SHD) == options


@pytest.mark.parametrize(
    "text, words",
    [
        ("bins=0", "bins=0 must be a whole number of 1 to 4096"),
        ("bins=4097", "bins=4097"),
        ("bins=-3", "bins=-3"),
        ("bins=", "bins= must"),
        ("bins=ten", "bins=ten"),
        ("bins=" + "9" * 5000, "bins=999"),
        ("bins", "unknown option 'bins'; write shd:NAME=VALUE,.. with bins, bin_ms, over or channels"),
        ("bins=3,", "unknown option ''"),
        ("colour=3", "unknown option 'colour=3'"),
        ("downsample=2", "unknown option 'downsample=2'"),
        ("split=official", "unknown option 'split=official'"),
        ("bins=3,bins=3", "bins is given twice"),
        ("bin_ms=0", "bin_ms=0 must be milliseconds"),
        ("bin_ms=0.0005", "bin_ms=0.0005"),
        ("bin_ms=1e9", "bin_ms=1e9"),
        ("bin_ms=1e999999999", "bin_ms=1e99"),
        ("bin_ms=nan", "bin_ms=nan"),
        ("bin_ms=-1", "bin_ms=-1"),
        ("bin_ms=x", "bin_ms=x"),
        ("over=all", "over=all is not known; choose window or sample"),
        ("over=sample,bin_ms=3", "bin_ms does not go with over=sample"),
        ("channels=3", "channels=3 does not divide 700; choose one of 1, 2, 4, 5, 7"),
        ("channels=701", "channels=701 must be a whole number of 1 to 700"),
    ],
)
def test_options_that_make_no_sense(text, words):
    with pytest.raises(DataError) as error:
        event_options(text, SHD)
    assert words in str(error.value) and str(error.value).startswith("shd: ") and "\n" not in str(error.value)


def test_a_factor_that_does_not_divide():
    with pytest.raises(DataError) as error:
        event_options("downsample=4", NMNIST)
    assert "downsample=4 does not divide 34; choose one of 1, 2, 17, 34" in str(error.value)
