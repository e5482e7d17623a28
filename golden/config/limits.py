"""The ranges and choices of every field of a configuration."""

from typing import Literal

Reset = Literal["soft", "hard", "none"]
EncodingKind = Literal["single_shot", "every_step", "rate", "latency", "events"]
Route = Literal["feedback", "direct"]
Timing = Literal["final", "every_step"]
Surrogate = Literal["wide", "narrow"]
Recurrence = Literal["learned", "fixed"]
Multiplier = Literal["shift_add", "operator"]
WeightMemory = Literal["dual_port", "single_port"]


# Limits: wide enough for every published integer SNN, narrow enough that 64-bit arithmetic in the model is exact.
MEMBRANE_WIDTHS = (4, 32)
WEIGHT_WIDTHS = (2, 24)
SHADOW_WIDTHS = (8, 24)
SPIKE_WIDTHS = (1, 8)
LEAK_FRACS = (1, 24)
CURRENT_SHIFTS = (0, 24)
CURRENT_WIDTHS = (4, 36)
RATE_SHIFTS = (-16, 24)
WINDOW_SIDES = (1, 64)
MAX_NEURONS = 1 << 16
MAX_STEPS = 1 << 12
MAX_EPOCHS = 1 << 16
GRADIENT_WIDTH = 8
"""Width of the clipped gradient before it is rounded to a power of two, sign included: -127..127."""
ERROR_SHIFTS = (1 - GRADIENT_WIDTH, 24)
"""With lower ones every error saturates the gradient; the limit also keeps the product within 64 bits."""
GRADED_SHIFT = GRADIENT_WIDTH - 2
"""A graded error is 0 or a power of two up to 2^GRADED_SHIFT with a sign, like a gradient."""
LEFT_OUT = "left_out"
"""Key of a field's metadata: the value, besides None, that plain data leaves out."""
