"""The margin rule: error, gradient and shadow-weight update, one pure function each, batch size 1.

Source: the update ``W <- W - (g * x) >> rate`` with shadow weights and traces is the Maastricht thesis's full integer
on-line training; the ternary error with margin, the power-of-two gradient and the stochastic rounding are this
project's (docs/arithmetic.md).
"""

from functools import cache

import numpy as np

from .config import GRADIENT_WIDTH, LearningConfig, NeuronConfig, ResolvedLayer
from .fixed import (
    IntArray,
    SeedLfsr,
    round_pow2,
    saturate,
    saturate_unsigned,
    shift_floor,
    shift_round,
    shift_rounding,
)
from .seeds import direct_seed, initial_seed


def surrogate(integrated: IntArray, config: NeuronConfig) -> IntArray:
    """Return the boxcar surrogate, 1 where ``0 <= U < 2^(k+n)`` before reset (centred as ETH 2025, eq. 3.2)."""
    return ((integrated >= 0) & (integrated < 1 << (config.threshold_shift + config.spike_width))).astype(np.int64)


def trace_step(trace: IntArray, spikes: IntArray, trace_shift: int | None, trace_width: int) -> IntArray:
    """Return ``saturate(x - (x >> trace_shift) + s)``, unsigned; without leak where `trace_shift` is None."""
    leaked = trace if trace_shift is None else trace - shift_floor(trace, trace_shift)
    return saturate_unsigned(leaked + spikes, trace_width)


def output_error(scores: IntArray, label: int, margin: int) -> IntArray:
    """Return the ternary error of each class, shape (n_classes,).

    -1 for the true class while its score is below `margin`; +1 for any other while its score is above ``-margin``;
    else 0.
    """
    error = (scores > -margin).astype(np.int64)
    error[label] = -1 if scores[label] < margin else 0
    return error


def feedback_error(error_above: IntArray, weight_above: IntArray) -> IntArray:
    """Return ``d_j = sum_k e_k * w_kj`` through the inference weights (n_above, n) of the layer above."""
    return error_above @ weight_above


def direct_error(error: IntArray, matrix: IntArray, direct_shift: int) -> IntArray:
    """Return ``d_j = (sum_c e_c * B_jc) << direct_shift`` through the fixed ternary matrix, shape (n, n_classes)."""
    return shift_floor(matrix @ error, -direct_shift)


@cache
def direct_matrix(layer: ResolvedLayer, n_classes: int, seed: int) -> IntArray:
    """Return the fixed ternary matrix of a hidden layer, shape (n_out, n_classes).

    Row j takes ``ceil(2 * n_classes / 16)`` words of :class:`golden.fixed.SeedLfsr`; class c uses bits 2c and 2c+1 of
    them, lowest first: lower bit 0 gives 0, lower bit 1 gives -1 or +1 by the upper bit. So the hardware needs no
    memory for it.
    """
    words_per_row = -(-2 * n_classes // 16)
    words = SeedLfsr(direct_seed(layer, seed)).words(layer.n_out * words_per_row).reshape(layer.n_out, words_per_row)
    bits = (words[:, :, None] >> np.arange(16) & 1).reshape(layer.n_out, -1)[:, : 2 * n_classes]
    return bits[:, 0::2] * (2 * bits[:, 1::2] - 1)


def gradient(error: IntArray, surrogate_count: IntArray, error_shift: int) -> IntArray:
    """Return ``g_j = round_pow2(clip(shift_round(d_j * S_j, error_shift), -127, 127))``: a sign and a shift amount."""
    limit = (1 << (GRADIENT_WIDTH - 1)) - 1
    return round_pow2(np.clip(shift_round(error * surrogate_count, error_shift), -limit, limit))


def shadow_update(
    shadow: IntArray, error: IntArray, trace: IntArray, rate_shift: int, draws: IntArray, config: LearningConfig
) -> IntArray:
    """Return ``saturate(W_ji + round((-e_j * x_i) >> rate_shift))`` for a whole layer.

    Parameters
    ----------
    shadow : IntArray
        Shape (n_out, n_in).
    error : IntArray
        Ternary error or power-of-two gradient, shape (n_out,).
    trace : IntArray
        Presynaptic traces, shape (n_in,).
    rate_shift : int
        Right shift, schedule included; negative means left.
    draws : IntArray
        One LFSR draw for each row i, shared by all j, shape (n_in,); read by stochastic rounding only.
    """
    step = shift_rounding(-error[:, None] * trace, rate_shift, config.rounding, draws)
    return saturate(shadow + step, config.shadow_width)


def initial_shadow(layer: ResolvedLayer, config: LearningConfig) -> IntArray:
    """Return initial shadow weights, shape (n_out, n_in), uniform in ``-2^s .. 2^s - 1`` with s the init shift.

    Drawn from :class:`golden.fixed.SeedLfsr` input by input, neuron by neuron within it, one word a weight (two where
    ``s > 15``), so that a core can draw them itself.
    """
    shift = config.init_shifts[layer.index]
    words_per_weight = 1 if shift <= 15 else 2
    lfsr = SeedLfsr(initial_seed(layer, config.seed))
    words = lfsr.words(layer.n_in * layer.n_out * words_per_weight).reshape(-1, words_per_weight)
    fresh = words[:, 0] if words_per_weight == 1 else words[:, 0] | words[:, 1] << 16
    drawn = (fresh & ((1 << (shift + 1)) - 1)) - (1 << shift)
    return drawn.reshape(layer.n_in, layer.n_out).T.copy()
