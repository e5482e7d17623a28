"""Convolutions of other shapes as those with square windows, by weights of 0."""

from dataclasses import replace

import numpy as np

from train.nir.layers import Convolution


def squared(conv: Convolution) -> Convolution | None:
    """Return the same map with one group, no dilation, a square kernel, and equal padding below its side.

    Weights of 0 fill what a window does not see. Rows and columns of zeros around a kernel, with as many more of
    padding, change no sum: so kernel and padding of both axes can be made equal if ``kernel - 2 padding`` is. A map of
    one row needs only as many windows in its column as it had.

    Returns
    -------
    Convolution or None
        None where no square does it: unequal strides; paddings that do not follow from the kernel's sides.
    """
    found = _without_groups(_without_dilation(conv))
    if conv.shape[1] == 1 and conv.output_shape[1] == 1:
        found = _of_one_row(found)
    rows, columns = found.weight.shape[2:]
    (pad_y, pad_x), (step_y, step_x) = found.padding, found.stride
    if step_y != step_x or rows - 2 * pad_y != columns - 2 * pad_x:
        return None
    side = max(rows, columns, columns - 2 * pad_x + 2 * max(0, _least(rows, pad_y), _least(columns, pad_x)))
    side += (side - rows) % 2
    more_y, more_x = (side - rows) // 2, (side - columns) // 2
    weight = np.pad(found.weight, [(0, 0), (0, 0), (more_y, more_y), (more_x, more_x)])
    made = replace(found, weight=weight, padding=(pad_y + more_y, pad_x + more_x))
    return made if made.output_shape == conv.output_shape and made.padding[0] < side else None


def _least(side: int, padding: int) -> int:
    """The least padding that is below the side with as many rows of zeros added."""
    return padding + max(0, padding - side + 1)


def _without_dilation(conv: Convolution) -> Convolution:
    gap_y, gap_x = conv.dilation
    outputs, channels, rows, columns = conv.weight.shape
    weight = np.zeros((outputs, channels, gap_y * (rows - 1) + 1, gap_x * (columns - 1) + 1))
    weight[:, :, ::gap_y, ::gap_x] = conv.weight
    return replace(conv, weight=weight, dilation=(1, 1))


def _without_groups(conv: Convolution) -> Convolution:
    outputs, channels, rows, columns = conv.weight.shape
    weight = np.zeros((outputs, conv.groups * channels, rows, columns))
    each = outputs // conv.groups
    for group in range(conv.groups):
        own = slice(group * each, (group + 1) * each)
        weight[own, group * channels : (group + 1) * channels] = conv.weight[own]
    return replace(conv, weight=weight, groups=1)


def _of_one_row(conv: Convolution) -> Convolution:
    """The one row that a kernel applies to a map of height 1, in a square in which it meets that row alone."""
    row = conv.padding[0]
    columns, pad, step = conv.weight.shape[3], conv.padding[1], conv.stride[1]
    if not (0 <= row < conv.weight.shape[2] and 0 <= 2 * pad + 1 - columns < step):
        return conv
    weight = np.zeros((*conv.weight.shape[:2], columns, columns))
    weight[:, :, pad] = conv.weight[:, :, row]
    return replace(conv, weight=weight, stride=(step, step), padding=(pad, pad))
