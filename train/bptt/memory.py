"""Freed memory kept for the next step: a training step frees and takes the same large tensors over and over."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's options, malloc.h."""


def keep_freed_memory() -> bool:
    """Tell the C library to keep freed memory in this process, up to 2 GB; returns whether it does.

    Without, it hands large tensors back to the system, which maps and clears their pages anew at each step, a good part
    of the time of the convolutional preset on a CPU. Only glibc knows how.
    """
    try:
        option = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    # 32 MB is the most that glibc takes from its heap instead of from the system.
    return bool(option(_MMAP_THRESHOLD, 32 << 20) and option(_TRIM_THRESHOLD, (1 << 31) - 1))
