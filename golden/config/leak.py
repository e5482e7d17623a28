"""How a value leaks at the start of a step: by a shift, or by a fixed-point factor."""

from typing import Protocol

from .limits import LEAK_FRACS
from .rules import require, require_range


class Leak(Protocol):
    """The fields of a value that leaks; it does not where none of them is given.

    Attributes
    ----------
    leak_shift : int or None
        ``x <- x - (x >> leak_shift)``.
    leak_factor, leak_frac : int or None
        ``x <- (x * leak_factor) >> leak_frac`` instead, ``0 <= leak_factor <= 2^leak_frac``.
    """

    @property
    def leak_shift(self) -> int | None: ...

    @property
    def leak_factor(self) -> int | None: ...

    @property
    def leak_frac(self) -> int | None: ...


def require_leak(owner: Leak, width: int) -> None:
    """Require that the fields go together, and with a value of `width` bits."""
    if owner.leak_shift is not None:
        require_range(owner, "leak_shift", 1, width - 1)
        require(owner.leak_factor is None, owner, "leak_factor", "must be absent where leak_shift is given")
    require(
        (owner.leak_factor is None) == (owner.leak_frac is None), owner, "leak_frac", "goes together with leak_factor"
    )
    if owner.leak_frac is not None:
        require_range(owner, "leak_frac", *LEAK_FRACS)
        require_range(owner, "leak_factor", 0, 1 << owner.leak_frac)
