"""AEDAT 3.1 against bytes packed by hand."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import DataError
from tests.train.event_files import HEADER, aedat_bytes, packet, polarity_bytes
from train.data.aedat import read_aedat

CORNERS = [(0, 0, 0, 0), (127, 0, 1, 1), (0, 127, 0, 1), (32767, 32767, 1, 0x7FFFFFFF), (5, 6, 1, 0x80000000)]


def write(folder, data):
    path = folder / "user.aedat"
    path.write_bytes(data)
    return path


def read(folder, data):
    found = read_aedat(write(folder, data))
    assert all(column.dtype == np.int64 for column in found)
    return list(zip(found.x, found.y, found.polarities, found.times, strict=True))


def test_the_fields_of_an_event(tmp_path):
    for packet_size in (1, 2, 100):
        assert read(tmp_path, aedat_bytes(CORNERS, packet_size)) == CORNERS


@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 127), st.integers(0, 1), st.integers(0, 1 << 33))))
def test_what_is_written_is_read(tmp_path_factory, events):
    events = sorted(events, key=lambda event: event[3])
    assert read(tmp_path_factory.mktemp("aedat"), aedat_bytes(events, 3)) == events


def test_invalid_events_and_unused_room_are_passed_over(tmp_path):
    payload = polarity_bytes(CORNERS[:2]) + polarity_bytes(CORNERS[:1], valid=0) + polarity_bytes(CORNERS[1:3])
    unused = polarity_bytes(CORNERS[:2])
    data = HEADER + packet(payload + unused, 5, capacity=7) + packet(polarity_bytes(CORNERS[3:4]), 1)
    assert read(tmp_path, data) == [*CORNERS[:2], *CORNERS[1:4]]


def test_a_file_without_events(tmp_path):
    assert read(tmp_path, HEADER) == []


GOOD = HEADER + packet(polarity_bytes(CORNERS[:3]), 3)


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "not an AEDAT 3.1 file"),
        (b"<html>", "not an AEDAT 3.1 file"),
        (GOOD.replace(b"DAT3.1", b"DAT2.0"), "not an AEDAT 3.1 file"),
        (HEADER[:-2], "cut short in its lines of text"),
        (HEADER[:40], "cut short in its lines of text"),
        (HEADER.replace(b"#!END-HEADER\r\n", b"") + packet(b"", 0), "cut short in its lines of text"),
        (GOOD[: len(HEADER) + 27], f"cut short in the head of a packet, at byte {len(HEADER)}"),
        (GOOD[:-1], f"cut short in a packet, {len(GOOD) - 1} of {len(GOOD)} bytes"),
        (GOOD[: len(HEADER) + 28], "cut short in a packet"),
        (GOOD + b"\0", "cut short in the head of a packet"),
        (HEADER + packet(b"", 0, size=0), "no packet of events"),
        (HEADER + packet(b"", 0, overflow=-1), "no packet of events"),
        (HEADER + packet(bytes(16), 2, capacity=1), "no packet of events"),
        (HEADER + packet(b"", -1), "no packet of events"),
        (HEADER + packet(bytes(32), 2, size=16), "polarity events of 16 bytes"),
        (HEADER + packet(b"", 1 << 30), "cut short in a packet"),
        (HEADER + packet(polarity_bytes([(0, 0, 0, 5), (0, 0, 0, 4)]), 2), "event 1 is earlier"),
        (GOOD + packet(polarity_bytes([(0, 0, 0, 0)]), 1), "event 3 is earlier"),
        (GOOD[: len(HEADER)] + struct.pack("<28s", b"\xff" * 28), "no packet of events"),
    ],
)
def test_damaged_files(tmp_path, data, words):
    path = write(tmp_path, data)
    with pytest.raises(DataError) as error:
        read_aedat(path)
    assert words in str(error.value) and str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_aedat(tmp_path)
