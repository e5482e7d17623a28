"""Convolutions as the integer layers have them: weights of 0 stand for groups, dilation and padding beyond a kernel."""

from dataclasses import replace

import numpy as np

from train.nir.layers import Convolution


def plain(conv: Convolution) -> Convolution:
    """Return the same map with one group, no dilation, and paddings below the kernel.

    Rows of zeros around a kernel, with as many more of padding, change no sum.
    """
    found = _without_groups(_without_dilation(conv))
    more = [_missing(side, padding) for side, padding in zip(found.weight.shape[2:], found.padding, strict=True)]
    weight = np.pad(found.weight, [(0, 0), (0, 0), *((each, each) for each in more)])
    padding = (found.padding[0] + more[0], found.padding[1] + more[1])
    return replace(found, weight=weight, padding=padding)


def _missing(side: int, padding: int) -> int:
    """Zeros at each end of a kernel with which it is longer than its padding, which grows by as many."""
    return max(0, padding - side + 1)


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
