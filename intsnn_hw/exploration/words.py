"""Names of arguments as the fields of a sweep file that stand for them."""

from __future__ import annotations

import re

FIELDS = {"data": "data.set", "data_dir": "data.dir", "pnr": "synthesis.pnr"}
"""Names between backticks whose field has another name."""

_NAME = re.compile(r"`([\w.]+)`")


def in_fields(text: object) -> str:
    """Return a message with the fields of a sweep file in it, without backticks."""
    return _NAME.sub(lambda found: FIELDS.get(found[1], found[1]), str(text))
