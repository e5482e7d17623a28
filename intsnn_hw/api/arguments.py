"""Arguments as users of numpy give them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from numbers import Integral
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


def numpy_integers(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let integers of numpy stand for whole numbers among the arguments by name."""

    @wraps(function)
    def called(*args: _P.args, **named: _P.kwargs) -> _R:
        plain: Any = {name: whole(value) for name, value in named.items()}
        return function(*args, **plain)

    return called


def whole(value: Any) -> Any:
    """Return an integer of numpy as a whole number, also within a list or tuple; anything else as it is."""
    if isinstance(value, Integral) and not isinstance(value, int):
        return int(value)
    return type(value)(map(whole, value)) if type(value) in (list, tuple) else value
