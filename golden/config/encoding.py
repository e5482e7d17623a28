"""How the samples of a network become spikes."""

from dataclasses import dataclass
from typing import get_args

from .limits import SPIKE_WIDTHS, EncodingKind
from .rules import require_choice, require_range


@dataclass(frozen=True, kw_only=True)
class EncodingConfig:
    """How a value (a pixel) of `value_width` bits becomes graded spikes of `spike_width` bits over the time steps.

    Parameters
    ----------
    kind : {"single_shot", "every_step", "rate", "latency", "events"}
        See :func:`golden.encoding.encode`; "events": samples are events already, `value_width` is not used.
    value_width : int
        Bits of the unsigned input value, 1..16.
    spike_width : int
        Bits of an input spike, 1..8.
    seed : int
        First state of the LFSR of the rate encoding, 1..65535.
    """

    kind: EncodingKind = "single_shot"
    value_width: int = 8
    spike_width: int = 4
    seed: int = 0xACE1

    def __post_init__(self) -> None:
        require_choice(self, "kind", get_args(EncodingKind))
        require_range(self, "value_width", 1, 16)
        require_range(self, "spike_width", *SPIKE_WIDTHS)
        require_range(self, "seed", 1, 0xFFFF)
