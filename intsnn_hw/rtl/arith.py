"""Hardware twins of :mod:`golden.fixed`: same names, same arguments, combinational Amaranth expressions."""

from functools import reduce
from operator import add, xor

from amaranth.hdl import Cat, Const, Mux, Shape, Value, signed, unsigned

from golden.fixed import DRAW_STEPS, TAPS, lfsr_steps, unsigned_width


def index_shape(count: int) -> Shape:
    """Return the shape of an index into `count` things, at least 1 bit wide: Verilog has no vectors of width 0."""
    return unsigned(unsigned_width(count - 1))


def saturate(value: Value, width: int) -> Value:
    """Clip a signed value to the range of a signed integer of `width` bits."""
    if len(value) <= width:
        return value
    sign = value[-1]
    fits = value[width - 1 :] == sign.replicate(len(value) - width + 1)
    limit = Cat((~sign).replicate(width - 1), sign)
    return Mux(fits, value[:width], limit).as_signed()


def shift_floor(value: Value, shift: int) -> Value:
    """Divide by ``2^shift``, rounding down; a negative `shift` multiplies."""
    return value.shift_right(shift)


def shift_ceil(value: Value, shift: int) -> Value:
    """Divide by ``2^shift``, rounding up; `shift` is 0 or above."""
    return (value + ((1 << shift) - 1)).shift_right(shift)


def shift_round(value: Value, shift: int) -> Value:
    """Divide a signed value by ``2^shift``, rounding half up; a negative `shift` multiplies."""
    return (value + (1 << (shift - 1))).shift_right(shift) if shift > 0 else value.shift_left(-shift)


def saturate_unsigned(value: Value, width: int) -> Value:
    """Clip an unsigned value to ``0..2^width - 1``."""
    if len(value) <= width:
        return value
    return value[:width] | value[width:].any().replicate(width)


def round_pow2(magnitude: Value) -> tuple[Value, Value]:
    """Round an unsigned magnitude to the nearest power of two, half way up.

    Returns the exponent, and whether the magnitude is above 0 (where not, the exponent has no meaning).
    """
    exponent: Value = Const(0, (len(magnitude)).bit_length())
    for bit in range(len(magnitude)):
        rounded = bit + magnitude[bit - 1] if bit else Const(0, 1)
        exponent = Mux(magnitude[bit], rounded, exponent)
    return exponent, magnitude.any()


def lfsr_leap(state: Value, n_steps: int) -> Value:
    """Return the state of a Galois LFSR `n_steps` on: every bit is a sum over GF(2) of some bits of the state."""
    width = len(state)
    if n_steps == 1:
        return state.shift_right(1) ^ Mux(state[0], TAPS[width], 0)
    images = [lfsr_steps(1 << bit, n_steps, width) for bit in range(width)]
    bits = []
    for target in range(width):
        sources = [state[bit] for bit, image in enumerate(images) if image >> target & 1]
        bits.append(reduce(xor, sources, Const(0, 1)))
    return Cat(bits)


def lfsr_draw(state: Value) -> Value:
    """Return the state of the LFSR of stochastic rounding that is its next draw; :class:`golden.fixed.Lfsr`."""
    return lfsr_leap(state, DRAW_STEPS[len(state)])


def clip_unsigned(value: Value, width: int) -> Value:
    """Clip a signed value to ``0..2^width - 1``, as :func:`golden.neuron.fire` does."""
    return Mux(value[-1], 0, saturate_unsigned(value[:-1], width))


def multiply(value: Value, factor: Value, *, shift_add: bool) -> Value:
    """Return signed `value` times unsigned `factor`, exactly.

    With `shift_add` one shifted addition for each bit of `factor`, which no tool maps to a DSP block; else ``*``.
    """
    width = len(value) + len(factor)
    if not shift_add:
        return (value * factor)[:width].as_signed()
    terms = [Mux(factor[bit], value, Const(0, signed(len(value)))).shift_left(bit) for bit in range(len(factor))]
    return add_all(terms)[:width].as_signed()


def multiply_constant(value: Value, factor: int) -> Value:
    """Return `value` times a non-negative constant, one shifted addition for each of its set bits."""
    terms = [value.shift_left(bit) for bit in range(factor.bit_length()) if factor >> bit & 1]
    return add_all(terms) if terms else Const(0, value.shape())


def reciprocal(divisor: int, limit: int) -> tuple[int, int]:
    """Return factor and shift with which ``value * factor >> shift`` is ``value // divisor`` of all below `limit`.

    Of those that are (Granlund and Montgomery, 1994) the factor with the fewest set bits, then the lowest shift, since
    it is multiplied by shifted additions.
    """
    most = limit - 1
    # Too large a factor shows first at the end of the last whole interval, or at the end of all.
    critical = {most, max(most - (most + 1) % divisor, 0)}
    pairs = ((-(-(1 << shift) // divisor), shift) for shift in range((most * divisor).bit_length() + 1))
    exact = [(f, s) for f, s in pairs if all(value * f >> s == value // divisor for value in critical)]
    return min(exact, key=lambda pair: (pair[0].bit_count(), pair[1]))


def split(value: Value, divisor: int, limit: int) -> tuple[Value, Value]:
    """Return quotient and remainder of an unsigned value below `limit` by a constant, without a divider.

    Powers of two are wiring; what is odd of the divisor takes a product by a constant with shifted additions, another,
    and a difference.
    """
    zeros = (divisor & -divisor).bit_length() - 1
    odd, upper = divisor >> zeros, ((limit - 1) >> zeros) + 1
    low, high = value[:zeros], value[zeros:]
    if odd == 1:
        return high, low
    factor, shift = reciprocal(odd, upper)
    quotient = multiply_constant(high, factor)[shift:][: unsigned_width((upper - 1) // odd)]
    rest = (high - multiply_constant(quotient, odd))[: unsigned_width(odd - 1)]
    return quotient, Cat(low, rest)


def add_all(terms: list[Value]) -> Value:
    """Add by a balanced tree, so that the width grows with the logarithm of the number of terms."""
    while len(terms) > 1:
        terms = [reduce(add, terms[at : at + 2]) for at in range(0, len(terms), 2)]
    return terms[0]
