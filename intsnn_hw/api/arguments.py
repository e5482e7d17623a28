"""Arguments as users of numpy give them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Integral
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def numpy_integers(function: _Function) -> _Function:
    """Let integers of numpy stand for whole numbers among the arguments by name."""

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        return function(*args, **{name: whole(value) for name, value in named.items()})

    return called  # pyright: ignore[reportReturnType] # of the same signature


def whole(value: Any) -> Any:
    """Return an integer of numpy as a whole number, also within a list or tuple; anything else as it is."""
    if isinstance(value, list):
        return [whole(each) for each in value]
    if type(value) is tuple:
        return tuple(whole(each) for each in value)
    return int(value) if isinstance(value, Integral) and not isinstance(value, int) else value
