"""A name for some bytes, the same on any machine."""

import hashlib


def digest(*parts: bytes) -> str:
    """Return 32 hexadecimal digits that tell the parts, and where one ends, from any others."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.hexdigest()[:32]
