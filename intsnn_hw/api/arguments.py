"""Arguments as users give them: integers of numpy, and what is true or false."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Integral
from typing import Any, TypeVar

from golden.errors import ConfigError

FLAGS = (
    "bf16", "detach_reset", "download", "exact", "float", "ignore_others", "inference_only", "keep_thresholds",
    "learn", "learn_decay", "pnr", "probe", "progress", "require_exact", "resume", "retry_failed", "test_each_epoch",
    "validation", "with_weights",
)  # fmt: skip
"""Arguments that are true or false; a text would be true whatever it says."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


def plain_arguments(function: _Function) -> _Function:
    """Let integers of numpy stand for whole numbers among the arguments by name, and check :data:`FLAGS`."""

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        for name in FLAGS:
            if type(named.get(name, False)).__name__ not in ("bool", "bool_", "NoneType"):
                raise ConfigError(f"`{name}`: must be True or False, got {named[name]!r}")
        return function(*args, **{name: whole(value) for name, value in named.items()})

    return called  # pyright: ignore[reportReturnType] # of the same signature


def whole(value: Any) -> Any:
    """Return an integer of numpy as a whole number, also within a list or tuple; anything else as it is."""
    if isinstance(value, list):
        return [whole(each) for each in value]
    if type(value) is tuple:
        return tuple(whole(each) for each in value)
    return int(value) if isinstance(value, Integral) and not isinstance(value, int) else value
