"""Stages of a pipeline as interfaces: all that a stage holds stands under one name."""

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import ShapeLike
from amaranth.lib import wiring
from amaranth.lib.wiring import Out


def stage(name: str, fields: Mapping[str, ShapeLike]) -> Any:
    """Return the signals of a stage, ``<name>__<field>`` each."""
    return wiring.Signature({field: Out(shape) for field, shape in fields.items()}).create(path=(name,))


def shift(earlier: Any, later: Any) -> list[Any]:
    """Return the assignments that hand on, field by field, what both stages hold.

    A later stage may drop fields, and may have some of its own, which are assigned where they are computed.
    """
    kept = earlier.signature.members
    return [getattr(later, name).eq(getattr(earlier, name)) for name in later.signature.members if name in kept]
