"""The AEDAT 3.1 file format of iniVation's cameras: packets of events after lines of text.

https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-3.1.html. Only polarity events (a pixel
that became brighter or darker) are kept; the format's other types are passed over.
"""

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.errors import DataError

_VERSION, _END = b"#!AER-DAT3.1\r\n", b"#!END-HEADER\r\n"
_PACKET = struct.Struct("<hhiiiiii")
_POLARITY, _POLARITY_SIZE, _POLARITY_TIME = 1, 8, 4


class Polarities(NamedTuple):
    """Polarity events of a file, each an array (n,) of int64.

    Attributes
    ----------
    times : microseconds, ascending
    x, y : 0..32767, from the upper left corner
    polarities : 1 brighter, 0 darker
    """

    times: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    polarities: NDArray[np.int64]


def read_aedat(path: Path | str) -> Polarities:
    """Read the valid polarity events of a file.

    Layout: lines of text up to ``#!END-HEADER``; then packets, little-endian, each with a head of 28 bytes (type and
    source 16 bits; size of an event, offset of its time, overflows of the time, capacity, number, number of valid
    events 32 bits) and capacity times an event. A polarity event is a word (bit 0 valid, bit 1 polarity, bits 2..16 y,
    bits 17..31 x) and 31 bits of microseconds.

    Raises
    ------
    DataError
        Unreadable, no AEDAT 3.1 file, cut short, damaged, or times that go backwards.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if not data.startswith(_VERSION):
        raise DataError(f"{path}: not an AEDAT 3.1 file (it starts with {data[:12]!r}); give the file as published")
    words, times = [np.zeros(0, np.uint32)], [np.zeros(0, np.int64)]
    at = _header_end(data, path)
    while at < len(data):
        if len(data) - at < _PACKET.size:
            raise DataError(f"{path}: cut short in the head of a packet, at byte {at}; fetch the file again")
        kind, _, size, offset, overflow, capacity, number, _ = _PACKET.unpack_from(data, at)
        at += _PACKET.size
        if size < 1 or overflow < 0 or not 0 <= number <= capacity:
            raise DataError(f"{path}: no packet of events ends before byte {at}; the file is damaged, fetch it again")
        end = at + size * capacity
        if end > len(data):
            raise DataError(f"{path}: cut short in a packet, {len(data)} of {end} bytes; fetch the file again")
        if kind == _POLARITY:
            if (size, offset) != (_POLARITY_SIZE, _POLARITY_TIME):
                raise DataError(f"{path}: polarity events of {size} bytes, not 8; the file is damaged, fetch it again")
            rows = np.frombuffer(data, "<u4", 2 * number, at).reshape(-1, 2)
            rows = rows[(rows[:, 0] & 1).astype(bool)]
            words.append(rows[:, 0])
            times.append(rows[:, 1].astype(np.int64) | overflow << 31)
        at = end
    word, time = np.concatenate(words).astype(np.int64), np.concatenate(times)
    backwards = np.flatnonzero(np.diff(time) < 0)
    if len(backwards):
        raise DataError(f"{path}: event {backwards[0] + 1} is earlier than the one before it; is the file damaged?")
    return Polarities(time, word >> 17 & 0x7FFF, word >> 2 & 0x7FFF, word >> 1 & 1)


def _header_end(data: bytes, path: Path | str) -> int:
    """Return where the first packet starts; lines that are not of the head end the search."""
    at = 0
    while data.startswith(b"#", at):
        end = data.find(b"\n", at) + 1
        if not end:
            break
        if data[at:end] == _END:
            return end
        at = end
    raise DataError(f"{path}: cut short in its lines of text, which have no end; fetch the file again")
