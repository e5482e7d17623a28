"""Compilation of the kernels: kept on disk, and shifts in the width of what is shifted."""

from typing import Any

from numba import njit
from numba.extending import intrinsic


def typed_shift(typing_context: Any, value: Any, amount: Any) -> tuple[Any, Any]:
    """Compile ``value >> amount`` in the type of `value`; numba's own shift is 64 bits wide, with half the lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ashr(arguments[0], context.cast(builder, arguments[1], amount, value))

    return value(value, amount), generate


shift_right: Any = intrinsic(typed_shift)


def compiled(function: Any) -> Any:
    """Compile a function, kept on disk from one process to the next where numba finds a folder for it."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # neither the source's folder nor one of the user's can be written
        return njit(function)
