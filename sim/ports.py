"""What a co-simulation back end has to know about the ports of a component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import Shape, Value
from amaranth.lib import data, stream, wiring

from golden.errors import InputError

__all__ = ["Plain", "Ports", "Probe", "Stream", "Tally"]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One stream; its signals are named ``{name}__payload``, ``{name}__valid``, ``{name}__ready``.

    ``width`` is the payload's in bits; ``is_input`` is seen from the component; ``shape`` is the payload's Amaranth
    shape, or None where the description was read back from JSON.
    """

    name: str
    width: int
    is_input: bool
    shape: Any = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A port that is no part of a stream: ``width`` in bits, ``init`` the packed value of an input never set."""

    name: str
    width: int
    init: int = 0
    shape: Any = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """An output struct that is recorded, whole, in every cycle in which its 1-bit field ``valid`` is high."""

    name: str
    width: int
    valid_offset: int
    shape: Any = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What is summed over the cycles of a run: ``width`` bits of the plain output ``port`` from bit ``offset`` on."""

    name: str
    port: str
    offset: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of a component, sorted by what a driver does with them.

    Members
    -------
    streams : every stream, in the order of the signature; the position seeds the stall pattern of each
    inputs  : plain inputs, set to one value for a run
    outputs : plain outputs that are no probe; the last value is reported
    probes  : outputs whose struct layout has a 1-bit field ``valid``
    tallies : of the outputs, those of 1 bit and, of structs, every unsigned field of at most 32 bits, as ``port.field``
    """

    streams: tuple[Stream, ...]
    inputs: tuple[Plain, ...]
    outputs: tuple[Plain, ...]
    probes: tuple[Probe, ...]
    tallies: tuple[Tally, ...] = ()

    @classmethod
    def of(cls, component: wiring.Component) -> Ports:
        """Reads the signature of ``component``, nested interfaces and arrays of members included.

        Raises
        ------
        InputError
            On a stream that is ``always_ready`` or ``always_valid``, or a port of no width.
        """
        found: dict[type, list] = {Stream: [], Plain: [], Probe: []}
        inputs = []
        for name, is_input, interface, shape in _walk(component, component.signature.members):
            port = _describe(name, is_input, interface, shape)
            (inputs if is_input and isinstance(port, Plain) else found[type(port)]).append(port)
        return cls(
            streams=tuple(found[Stream]),
            inputs=tuple(inputs),
            outputs=tuple(found[Plain]),
            probes=tuple(found[Probe]),
            tallies=tuple(tally for port in found[Plain] for tally in _tallies(port)),
        )

    @property
    def in_streams(self) -> tuple[Stream, ...]:
        """The streams that a driver feeds."""
        return tuple(port for port in self.streams if port.is_input)

    @property
    def out_streams(self) -> tuple[Stream, ...]:
        """The streams that a driver takes from."""
        return tuple(port for port in self.streams if not port.is_input)

    @property
    def shapes(self) -> dict[str, Any]:
        """Amaranth shape of every stream payload, probe and plain port, by name."""
        return {port.name: port.shape for port in (*self.streams, *self.inputs, *self.outputs, *self.probes)}

    def signals(self) -> set[str]:
        """Names of all the signals of all the ports, as the emitted Verilog has them; clock and reset excluded."""
        names = {port.name for port in (*self.inputs, *self.outputs, *self.probes)}
        return names | {f"{port.name}__{part}" for port in self.streams for part in ("payload", "valid", "ready")}

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """The description without the shapes, as plain JSON values."""

        def rows(ports: tuple) -> list[dict[str, Any]]:
            return [{key: value for key, value in vars(port).items() if key != "shape"} for port in ports]

        return {key: rows(ports) for key, ports in vars(self).items()}

    @classmethod
    def from_json(cls, rows: dict[str, list[dict[str, Any]]]) -> Ports:
        """The inverse of :meth:`to_json`, shapes being None."""
        kinds: dict[str, type] = {
            "streams": Stream,
            "inputs": Plain,
            "outputs": Plain,
            "probes": Probe,
            "tallies": Tally,
        }
        return cls(**{key: tuple(kind(**row) for row in rows[key]) for key, kind in kinds.items()})


def _walk(interface: Any, members: Any, prefix: str = "") -> Iterator[tuple[str, bool, Any, Any]]:
    """Yields name, direction, interface object and payload shape of every stream and plain port."""
    for name, member in members.items():
        is_input = member.flow == wiring.In
        for suffix, item in _elements(getattr(interface, name), member.dimensions):
            path = f"{prefix}{name}{suffix}"
            if member.is_port:
                yield path, is_input, item, member.shape
            elif isinstance(_unflipped(item), stream.Interface):
                yield path, is_input, item, item.payload.shape()
            else:
                yield from _walk(item, member.signature.members, f"{path}__")


def _unflipped(interface: Any) -> Any:
    """The object behind a flipped interface."""
    return wiring.flipped(interface) if isinstance(interface, wiring.FlippedInterface) else interface


def _elements(item: Any, dimensions: tuple[int, ...], suffix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields name suffix and object of every element of an array of members."""
    if not dimensions:
        yield suffix, item
        return
    for index in range(dimensions[0]):
        yield from _elements(item[index], dimensions[1:], f"{suffix}__{index}")


def _describe(name: str, is_input: bool, interface: Any, shape: Any) -> Stream | Plain | Probe:
    width = Shape.cast(shape).width
    if width == 0:
        raise InputError(f"port {name} has no bits: a co-simulated port needs a width of at least 1")
    if isinstance(_unflipped(interface), stream.Interface):
        signature = _unflipped(interface).signature
        if signature.always_ready or signature.always_valid:
            raise InputError(f"stream {name} is always_ready or always_valid: a co-simulated stream needs both signals")
        return Stream(name=name, width=width, is_input=is_input, shape=shape)
    valid_offset = None if is_input else _valid_offset(shape)
    if valid_offset is not None:
        return Probe(name=name, width=width, valid_offset=valid_offset, shape=shape)
    init = getattr(Value.cast(interface), "init", 0) & ((1 << width) - 1)
    return Plain(name=name, width=width, init=init, shape=shape)


def _valid_offset(shape: Any) -> int | None:
    """Position of the 1-bit field ``valid`` in a struct layout, None where there is none."""
    for key, place in _fields(shape):
        if key == "valid" and place.width == 1:
            return place.offset
    return None


def _tallies(port: Plain) -> Iterator[Tally]:
    fields = _fields(port.shape)
    if port.width == 1 and not fields:
        yield Tally(name=port.name, port=port.name, offset=0, width=1)
    for key, place in fields:
        if place.width <= 32 and not Shape.cast(place.shape).signed:
            yield Tally(name=f"{port.name}.{key}", port=port.name, offset=place.offset, width=place.width)


def _fields(shape: Any) -> list[tuple[Any, data.Field]]:
    """Name and place of each field of a layout; none of any other shape."""
    try:
        return list(data.Layout.cast(shape))
    except TypeError:
        return []
