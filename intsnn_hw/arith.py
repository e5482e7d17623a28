"""Hardware twins of :mod:`golden.fixed`: same names, same arguments, combinational Amaranth expressions."""

from functools import reduce
from operator import add

from amaranth.hdl import Cat, Const, Mux, Shape, Value, signed, unsigned

from golden.fixed import unsigned_width


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


def clip_unsigned(value: Value, width: int) -> Value:
    """Clip a signed value to ``0..2^width - 1``, as :func:`golden.neuron.fire` does."""
    magnitude = value[:-1]
    if len(magnitude) <= width:
        return Mux(value[-1], 0, magnitude)
    return Mux(value[-1], 0, magnitude[:width] | magnitude[width:].any().replicate(width))


def multiply(value: Value, factor: Value, *, shift_add: bool) -> Value:
    """Return signed `value` times unsigned `factor`, exactly.

    With `shift_add` one shifted addition for each bit of `factor`, which no tool maps to a DSP block; else ``*``.
    """
    width = len(value) + len(factor)
    if not shift_add:
        return (value * factor)[:width].as_signed()
    terms = [Mux(factor[bit], value, Const(0, signed(len(value)))).shift_left(bit) for bit in range(len(factor))]
    return _sum(terms)[:width].as_signed()


def multiply_constant(value: Value, factor: int) -> Value:
    """Return `value` times a non-negative constant, one shifted addition for each of its set bits."""
    terms = [value.shift_left(bit) for bit in range(factor.bit_length()) if factor >> bit & 1]
    return _sum(terms) if terms else Const(0, value.shape())


def _sum(terms: list[Value]) -> Value:
    """Add by a balanced tree, so that the width grows with the logarithm of the number of terms."""
    while len(terms) > 1:
        terms = [reduce(add, terms[at : at + 2]) for at in range(0, len(terms), 2)]
    return terms[0]
