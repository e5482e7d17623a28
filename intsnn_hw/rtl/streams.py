"""Streams that part."""

from amaranth.hdl import Cat, Module, Value, ValueLike
from amaranth.lib import stream


def fork(m: Module, source: stream.Interface, targets: list[tuple[stream.Interface, ValueLike]]) -> None:
    """Hand each beat to all targets whose condition holds for it, in one cycle."""
    free = [target.ready | ~Value.cast(wanted)[0] for target, wanted in targets]
    m.d.comb += source.ready.eq(Cat(free).all())
    for index, (target, wanted) in enumerate(targets):
        others = [ready for at, ready in enumerate(free) if at != index]
        m.d.comb += [
            target.valid.eq(source.valid & Value.cast(wanted)[0] & Cat(others).all()),
            target.payload.eq(source.payload),
        ]
