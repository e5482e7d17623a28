"""Geometry of convolution and pooling: shapes of maps, and what a window sees of them; whole numbers alone.

A map has a shape (channels, height, width); the address of a neuron or input in it is its index in C order.
"""

Shape = tuple[int, int, int]


def pooled_shape(shape: Shape, pool: int) -> Shape:
    """Return the shape that squares of `pool` x `pool` leave of a map; what fills no square is dropped."""
    channels, height, width = shape
    return channels, height // pool, width // pool


def n_windows(side: int, kernel: int, stride: int, padding: int) -> int:
    """Return how many windows fit along a side with `padding` zeros at both ends; 0 where none does."""
    return max(0, (side + 2 * padding - kernel) // stride + 1)


def window_overlap(side: int, kernel: int, stride: int, padding: int) -> int:
    """Return the most windows along a side that see one position."""
    starts = [window * stride - padding for window in range(n_windows(side, kernel, stride, padding))]
    return max(sum(start <= position < start + kernel for start in starts) for position in range(side))


def window_reach(side: int, kernel: int, stride: int, padding: int) -> int:
    """Return the most positions along a side that lie in one window, the zeros around not counted."""
    starts = (window * stride - padding for window in range(n_windows(side, kernel, stride, padding)))
    return max(min(start + kernel, side) - max(start, 0) for start in starts)
