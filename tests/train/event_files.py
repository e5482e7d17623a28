"""Writers of the files that event sets are published in, written from their descriptions alone."""

import struct
from pathlib import Path

import h5py
import numpy as np

from train.data import EventDataset, load


def load_events(name: str, folder: Path | None) -> EventDataset:
    data = load(name, folder)
    assert isinstance(data, EventDataset)
    return data


def nmnist_bytes(events) -> bytes:
    """40 bits for each (x, y, polarity, microseconds)."""
    return b"".join(struct.pack(">BBBH", x, y, p << 7 | t >> 16, t & 0xFFFF) for x, y, p, t in events)


def nmnist_events(seed: int, count: int = 60, last: int = 299_999) -> list[tuple[int, ...]]:
    random = np.random.RandomState(seed)
    times = np.sort(random.randint(0, last + 1, count))
    return [(*map(int, random.randint(34, size=2)), int(random.randint(2)), int(t)) for t in times]


def write_nmnist(folder: Path, per_class: int = 1, **options) -> Path:
    """A set whose file NUMBER.bin of class c holds nmnist_events(NUMBER), numbers running across classes."""
    for first, part in ((1, "Train"), (1001, "Test")):
        for index in range(10 * per_class):
            number, label = first + index, index * 7 % 10
            path = folder / part / str(label) / f"{number:05}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(nmnist_bytes(nmnist_events(number, **options)))
    return folder


HEADER = (
    b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2016-05-01 12:00:00 (TZ+0200)\r\n"
    b"#!END-HEADER\r\n"
)


def packet(
    payload: bytes, number: int, kind: int = 1, size: int = 8, overflow: int = 0, capacity: int | None = None
) -> bytes:
    head = struct.pack(
        "<hhiiiiii", kind, 1, size, 4, overflow, number if capacity is None else capacity, number, number
    )
    return head + payload


def polarity_bytes(events, valid: int = 1) -> bytes:
    """8 bytes for each (x, y, polarity, 31 bits of microseconds)."""
    return b"".join(struct.pack("<II", x << 17 | y << 2 | p << 1 | valid, t & 0x7FFFFFFF) for x, y, p, t in events)


def aedat_bytes(events, packet_size: int = 7) -> bytes:
    """A file with packets of polarity events, cut where the clock overflows, and packets of other types in between."""
    data, start = HEADER, 0
    while start < len(events):
        overflow = events[start][3] >> 31
        chunk = [event for event in events[start : start + packet_size] if event[3] >> 31 == overflow]
        data += packet(polarity_bytes(chunk), len(chunk), overflow=overflow)
        data += packet(bytes(36), 1, kind=3, size=36) + packet(b"", 0)
        start += len(chunk)
    return data


def gesture_events(seed: int, start: int, length: int, count: int = 40) -> list[tuple[int, ...]]:
    random = np.random.RandomState(seed)
    times = start + np.sort(random.randint(length, size=count))
    return [(*map(int, random.randint(128, size=2)), int(random.randint(2)), int(t)) for t in times]


def write_gestures(folder: Path, n_train: int = 2, n_test: int = 1) -> Path:
    """One recording a person: class c in 10 ms from c * 20 ms on, and events that belong to no gesture in between."""
    folder.mkdir(parents=True, exist_ok=True)
    for listing, numbers in (("trials_to_train.txt", range(n_train)), ("trials_to_test.txt", range(50, 50 + n_test))):
        names = [f"user{number:02}_led" for number in numbers]
        (folder / listing).write_text("".join(f"{name}.aedat\n" for name in names) + "\n")
        for number, name in zip(numbers, names, strict=True):
            (folder / f"{name}.aedat").write_bytes(aedat_bytes(recording(number)))
            lines = [f"{label + 1},{label * 20_000},{label * 20_000 + 10_000}\n" for label in range(11)]
            (folder / f"{name}_labels.csv").write_text("class,startTime_usec,endTime_usec\n" + "".join(lines))
    return folder


def recording(number: int) -> list[tuple[int, ...]]:
    return [event for half in range(22) for event in gesture_events(100 * number + half, half * 10_000, 10_000)]


def spoken(seed: int, count: int = 50, last: float = 1.3) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds, as 16-bit floats, and channels."""
    random = np.random.RandomState(seed)
    return np.sort(random.uniform(0, last, count)).astype(np.float16), random.randint(700, size=count).astype(np.uint16)


def write_h5(path: Path, labels, samples, speakers=None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for column, (name, dtype) in enumerate((("times", np.float16), ("units", np.uint16))):
            lists = file.create_dataset(f"spikes/{name}", (len(samples),), h5py.vlen_dtype(dtype))
            for index, sample in enumerate(samples):
                lists[index] = sample[column]
        file["labels"] = np.asarray(labels, np.uint16)
        file["extra/keys"] = np.array([b"word"] * 20)
        if speakers is not None:
            file["extra/speaker"] = np.asarray(speakers, np.uint16)
    return path


def write_shd(folder: Path, n_classes: int = 20, name: str = "shd", repeats: int = 2, speakers: bool = True) -> Path:
    """Sample i of a part holds spoken(i + 1000 for the test part), class i modulo n_classes, speaker i // n_classes."""
    for first, part in ((0, "train"), (1000, "test")):
        numbers = range(repeats * n_classes)
        write_h5(
            folder / f"{name}_{part}.h5",
            [number % n_classes for number in numbers],
            [spoken(first + number) for number in numbers],
            [number // n_classes for number in numbers] if speakers else None,
        )
    return folder
