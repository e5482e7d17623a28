"""Compilation of the kernels: kept on disk, and shifts in the width of what is shifted."""

import hashlib
from collections.abc import Callable
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
        dispatcher: Any = njit(cache=True)(function)
    except RuntimeError:  # neither the source's folder nor one of the user's can be written
        return njit(function)
    # What is kept holds constants and functions of other files; numba looks at the file of the function alone.
    kept = dispatcher._cache._cache_file
    kept._source_stamp = (*kept._source_stamp, fingerprint(function))
    return dispatcher


def fingerprint(function: Callable[..., Any]) -> str:
    """Return a digest of the code of a function, of the constants it names, and of the compiled functions it calls."""
    code = function.__code__
    parts = [code.co_code.hex(), repr(code.co_consts)]
    for name in code.co_names:
        value: Any = function.__globals__.get(name)
        if hasattr(value, "py_func"):
            parts.append(f"{name}: {fingerprint(value.py_func)}")
        elif isinstance(value, int | float | str | tuple):
            parts.append(f"{name}: {value!r}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
