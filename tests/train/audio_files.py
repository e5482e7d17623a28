"""Small wav files, and folders of them."""

import io
import struct
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np

RATE = 8000


def tone(hertz: float, seconds: float = 0.1, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """A tone that swells and fades, over faint noise."""
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.RandomState(seed).standard_normal(len(times))
    return 0.5 * np.sin(2 * np.pi * hertz * times) * np.sin(np.pi * times / seconds) + 1e-3 * noise


def wav_bytes(samples: np.ndarray, rate: int = RATE, width: int = 16) -> bytes:
    """PCM of `width` bits; samples of shape (n,) or (n, channels), full scale 1."""
    columns = samples[:, None] if samples.ndim == 1 else samples
    scaled = np.clip(np.rint(columns * 2 ** (width - 1)), -(2 ** (width - 1)), 2 ** (width - 1) - 1).astype(np.int64)
    if width == 8:
        scaled += 128
    raw = scaled.astype("<i8").reshape(-1, 1).view(np.uint8)[:, : width // 8].tobytes()
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((columns.shape[1], width // 8, rate, len(columns), "NONE", ""))
        file.writeframes(raw)
    return content.getvalue()


def with_chunk(wav: bytes, name: bytes, content: bytes) -> bytes:
    """The same file with another chunk before its first."""
    body = b"WAVE" + name + struct.pack("<I", len(content)) + content + wav[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def write_words(
    folder: Path,
    labels: Iterable[str] = "0123456789",
    speakers: Iterable[str] = ("ann", "bob", "eve"),
    indices: Iterable[int] = range(6),
    rate: int = RATE,
    pattern: str = "{label}_{speaker}_{index}.wav",
) -> Path:
    """A small FSDD: a tone for each label, shifted a little for each speaker and recording."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, label in enumerate(labels):
        for shift, speaker in enumerate(speakers):
            for index in indices:
                sound = tone(200 + 300 * place + 40 * shift + 3 * index, 0.06 + 0.002 * index, rate, seed=index)
                path = folder / pattern.format(label=label, speaker=speaker, index=index)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(wav_bytes(sound, rate))
    return folder
