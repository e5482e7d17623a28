"""On-line learning: error, gradient and shadow-weight update, one pure function each, batch size 1.

Source: the update ``W <- W - (g * x) >> rate`` with shadow weights and traces is the Maastricht thesis's full integer
on-line training; the errors, the power-of-two gradient and the stochastic rounding are this project's
(docs/arithmetic.md).
"""

from functools import cache

import numpy as np

from .config import GRADIENT_WIDTH, LearningLayer, ResolvedLayer
from .fixed import (
    IntArray,
    Rounding,
    SeedLfsr,
    round_pow2,
    saturate,
    shift_ceil,
    shift_floor,
    shift_round,
    shift_rounding,
)
from .maps import neuron_places
from .seeds import direct_seed, initial_seed


def surrogate(integrated: IntArray, layer: LearningLayer) -> IntArray:
    """Return the boxcar surrogate of membranes before reset, in the middle of the staircase (ETH 2025, eq. 3.2).

    1 where ``0 <= U < 2^(k+n)`` ("wide"), or where ``2^(k-1) <= U < 2^(k+n) - 2^(k-1)`` ("narrow"; with k = 0 the
    same); else 0.
    """
    low, high = layer.surrogate_window
    return ((integrated >= low) & (integrated < high)).astype(np.int64)


def leak_trace(trace: IntArray, trace_shift: int | None) -> IntArray:
    """Return ``x - ceil(x / 2^trace_shift)``, the trace itself where `trace_shift` is None.

    The leak is rounded up, so that a trace without spikes ends at 0, and its row need not be visited any more.
    """
    return trace if trace_shift is None else trace - shift_ceil(trace, trace_shift)


def trace_step(trace: IntArray, spikes: IntArray, trace_shift: int | None, gain: int = 0) -> IntArray:
    """Return the trace after a step: leaked, plus ``s << gain``."""
    return leak_trace(trace, trace_shift) + shift_floor(spikes, -gain)


def direct_error(error: IntArray, matrix: IntArray, direct_shift: int) -> IntArray:
    """Return ``d_j = (sum_c e_c * B_jc) << direct_shift`` through the fixed ternary matrix, shape (n, n_classes)."""
    return shift_floor(matrix @ error, -direct_shift)


@cache
def direct_matrix(layer: ResolvedLayer, n_classes: int, seed: int) -> IntArray:
    """Return the fixed ternary matrix of a hidden layer, shape (n_out, n_classes).

    Row j takes ``ceil(2 * n_classes / 16)`` words of :class:`golden.fixed.SeedLfsr`; class c uses bits 2c and 2c+1 of
    them, lowest first: lower bit 0 gives 0, lower bit 1 gives -1 or +1 by the upper bit. So the hardware needs no
    memory for it. Rows of a map's neurons follow each other as these lie in memory, position by position.
    """
    words_per_row = -(-2 * n_classes // 16)
    words = SeedLfsr(direct_seed(layer, seed)).words(layer.n_out * words_per_row).reshape(layer.n_out, words_per_row)
    bits = (words[:, :, None] >> np.arange(16) & 1).reshape(layer.n_out, -1)[:, : 2 * n_classes]
    return (bits[:, 0::2] * (2 * bits[:, 1::2] - 1))[neuron_places(layer.kind)]


def over_budget(error: IntArray, fired: IntArray, layer: LearningLayer) -> IntArray:
    """Return ``d_j`` plus ``2^budget_shift`` for each neuron that fired in more than `budget` steps of the sample."""
    if layer.learning.budget is None:
        return error
    return error + np.where(fired > layer.learning.budget, layer.budget_push, 0)


def error_shift(error: IntArray, surrogate_count: IntArray, layer: LearningLayer) -> int:
    """Return the right shift of ``d_j * S_j`` of a hidden layer in an update.

    A constant of the configuration, or the least from 0 on that brings the largest magnitude to `error_bits` bits.
    """
    if layer.error_shift is not None:
        return layer.error_shift
    largest = int(np.abs(error * surrogate_count).max(initial=0))
    assert layer.learning.error_bits is not None
    return max(0, largest.bit_length() - layer.learning.error_bits)


def gradient(error: IntArray, surrogate_count: IntArray, error_shift: int) -> IntArray:
    """Return ``g_j = round_pow2(clip(shift_round(d_j * S_j, error_shift), -127, 127))``: a sign and a shift amount."""
    limit = (1 << (GRADIENT_WIDTH - 1)) - 1
    return round_pow2(np.clip(shift_round(error * surrogate_count, error_shift), -limit, limit))


def shadow_update(
    shadow: IntArray, gradient: IntArray, rate_shift: int, draws: IntArray, rounding: Rounding, width: int
) -> IntArray:
    """Return ``saturate(W_ji + round((-G_ji) >> rate_shift))`` for the given rows of a layer.

    Parameters
    ----------
    shadow : IntArray
        Shape (output channels, rows), a column for each row of weights.
    gradient : IntArray
        Error times presynaptic trace, ``e_j * x_i``, summed over the neurons that share a weight; of the same shape.
    rate_shift : int
        Right shift, schedule included; negative means left.
    draws : IntArray
        One LFSR draw for each row i, shared by all j, shape (rows,); read by stochastic rounding only.
    rounding : {"floor", "toward_zero", "nearest", "stochastic"}
    width : int
        Bits that the result saturates to.
    """
    return saturate(shadow + shift_rounding(-gradient, rate_shift, rounding, draws), width)


def initial_shadow(layer: LearningLayer) -> IntArray:
    """Return initial shadow weights, of the layer's weight shape, uniform in ``-2^s .. 2^s - 1``, s the init shift.

    Drawn from :class:`golden.fixed.SeedLfsr` row by row in the order of a weight load, output channel by output channel
    within it, so that a core can draw them itself: one word a weight, two where the layer has a shift above 15.
    """
    weights, words_per_weight = layer.weights, layer.init_words
    shift = np.repeat(layer.init_shifts, (layer.n_rows - layer.n_own, layer.n_own)[: len(layer.init_shifts)])
    lfsr = SeedLfsr(initial_seed(layer, layer.learning.seed))
    words = lfsr.words(weights.size * words_per_weight).reshape(weights.n_rows, weights.n_outputs, -1)
    fresh = words[..., 0] if words_per_weight == 1 else words[..., 0] | words[..., 1] << 16
    drawn = (fresh & ((2 << shift) - 1)[:, None]) - (1 << shift)[:, None]
    return weights.from_load(drawn.ravel()).copy()
