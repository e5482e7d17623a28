"""Where the inputs of convolution and pooling act: the weights in the order, and the tables, that the kernels walk.

In the kernels' memory the channels of a map lie side by side, ``[y, x, channel]``, and so do the weights of a place in
a window, ``[c_in, row, column, c_out]``. Rows and columns of a window are ordered such that the neighbouring windows
that see an event take neighbouring weights: by their remainder of the stride, in each of them the last one first. So
what an event adds to a row of windows is one run of weights, added to one run of neurons. The error that is carried
down to an input, and what its trace adds to the gradient of the weights, are made of the same runs.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import Convolution, LayerKind, Parameter
from ..config.kinds.convolution import Windows
from ..fixed import IntArray

(N_RUNS, LENGTH, TARGET, SOURCE, N_ENTRIES) = range(5)
"""Columns of a table, a row for each input after pooling: `N_RUNS` runs of `LENGTH` weights, the first from `SOURCE`
to `TARGET`.
"""
OUTSIDE = -1
"""Place of an input that is in no square."""


def runs_step(kind: LayerKind) -> tuple[int, int]:
    """Return how far apart in memory the runs of an event are, neurons and weights."""
    if not isinstance(kind, Convolution):
        return 0, 0
    channels, _, width = kind.output_shape
    return width * channels, kind.conv.columns.kernel * channels


def input_places(kind: LayerKind) -> IntArray:
    """Return which row of the table each input has, (n_in + n_own,), C order; `OUTSIDE` for what pooling drops."""
    if kind.input_shape is None or kind.pooled_shape is None:
        return np.arange(kind.n_traces)
    channel, y, x = np.indices(kind.input_shape).reshape(3, -1)
    y, x = y // kind.pool, x // kind.pool
    _, height, width = kind.pooled_shape
    places = np.where((y < height) & (x < width), (channel * height + y) * width + x, OUTSIDE)
    return np.concatenate([places, np.arange(kind.n_fed, kind.n_traces)])


def run_table(kind: LayerKind) -> IntArray:
    """Return the runs of each input after pooling, and of the layer's own neurons, (n_traces, N_ENTRIES), C order."""
    table = np.zeros((kind.n_traces, N_ENTRIES), np.int64)
    if not isinstance(kind, Convolution):
        table[:, N_RUNS], table[:, LENGTH] = 1, kind.n_out
        table[:, SOURCE] = np.arange(kind.n_traces) * kind.n_out
        return table
    channel, y, x = np.indices(kind.pooled_shape).reshape(3, -1)
    channels, output_height, output_width = kind.output_shape
    first_y, n_y, row = _seen(y, output_height, kind.conv.rows)
    first_x, n_x, column = _seen(x, output_width, kind.conv.columns)
    rows, columns = (own.kernel for own in kind.conv.sides)
    table[:, N_RUNS], table[:, LENGTH] = n_y, n_x * channels
    table[:, TARGET] = (first_y * output_width + first_x) * channels
    table[:, SOURCE] = ((channel * rows + row) * columns + column) * channels
    table[(n_y == 0) | (n_x == 0)] = 0
    return table


def _seen(at: IntArray, n_windows: int, windows: Windows) -> tuple[IntArray, IntArray, IntArray]:
    """Return the first of the windows that see a position, their number, and where in memory its place in it lies."""
    place = np.argsort(_window_order(windows))
    padded = at + windows.padding
    first = np.maximum(-((windows.kernel - 1 - padded) // windows.stride), 0)
    last = np.minimum(padded // windows.stride, n_windows - 1)
    inside = np.clip(padded - first * windows.stride, 0, windows.kernel - 1)
    return first, np.maximum(last - first + 1, 0), place[inside]


def _window_order(windows: Windows) -> IntArray:
    """Return the rows, or columns, of a window in their order in memory."""
    places = np.arange(windows.kernel)
    return np.lexsort((-places, places % windows.stride))


def to_memory(kind: LayerKind, parameter: Parameter, values: IntArray) -> IntArray:
    """Return values of a parameter of a layer in the order of the kernels' memory, flat."""
    if isinstance(kind, Convolution) and len(parameter.shape) == 4:
        rows, columns = map(_window_order, kind.conv.sides)
        values = values[:, :, rows][:, :, :, columns]
    return parameter.to_load(values)


def from_memory(kind: LayerKind, parameter: Parameter, flat: NDArray[Any]) -> IntArray:
    """Undo :func:`to_memory`."""
    values = parameter.from_load(flat.astype(np.int64))
    if isinstance(kind, Convolution) and len(parameter.shape) == 4:
        rows, columns = (np.argsort(_window_order(windows)) for windows in kind.conv.sides)
        values = values[:, :, rows][:, :, :, columns]
    return values.copy()


def rows_in_memory(kind: LayerKind) -> IntArray:
    """Return which row of weights in memory each row is, (n_rows,), in the order of a weight load."""
    if not isinstance(kind, Convolution):
        return np.arange(kind.n_rows)
    rows, columns = (np.argsort(_window_order(windows)) for windows in kind.conv.sides)
    places = np.arange(kind.n_rows).reshape(-1, *kind.weight_shape[2:])
    return places[:, rows][:, :, columns].ravel()
