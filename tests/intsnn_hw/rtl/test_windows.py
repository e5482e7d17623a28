"""The windows that see a place, against the definition of a window."""

import pytest

from golden.config import ConvConfig
from intsnn_hw.rtl.windows import seen_along


@pytest.mark.parametrize("pool", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_every_window_that_sees_a_place_and_no_other(kernel, stride, pool):
    dropped = 0
    for side in range(pool, 12):
        for padding in range(kernel):
            conv = ConvConfig(kernel=1, kernel_x=kernel, stride_x=stride, padding_x=padding).columns
            windows = range(conv.count(side // pool))
            for place, seen in enumerate(seen_along(side, pool, conv)):
                pooled = place // pool
                inside = {window: pooled - (window * stride - padding) for window in windows}
                inside = {w: at for w, at in inside.items() if 0 <= at < kernel and pooled < side // pool}
                found = {seen.first + at: seen.inside - at * stride for at in range(seen.n_windows)}
                assert found == inside, (side, padding, place)
                dropped += not inside
    assert dropped > 0 or (pool == 1 and stride <= kernel and stride == 1)


def test_one_window_sees_all_that_fills_squares():
    assert [tuple(seen) for seen in seen_along(5, 2, None)] == [
        (0, 0, 1), (0, 0, 1), (0, 1, 1), (0, 1, 1), (0, 0, 0)]  # fmt: skip
