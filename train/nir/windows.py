"""Convolutions with groups, dilation or wide padding as plain ones, by weights of 0."""

from dataclasses import replace

import numpy as np

from train.nir.layers import Convolution


def plain(conv: Convolution) -> Convolution:
    """Return the same map with one group, no dilation, and paddings below the sides of its kernel.

    Weights of 0 fill what a window does not see: other groups, the gaps of a dilation, and, where a padding is as wide
    as the kernel, as many rows or columns around it with as many more of padding, which change no sum.
    """
    found = _without_groups(_without_dilation(conv))
    more = [max(0, pad - side + 1) for pad, side in zip(found.padding, found.weight.shape[2:], strict=True)]
    weight = np.pad(found.weight, [(0, 0), (0, 0), *((each, each) for each in more)])
    return replace(found, weight=weight, padding=(found.padding[0] + more[0], found.padding[1] + more[1]))


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
