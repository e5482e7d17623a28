"""``intsnn data encode-audio``: wav files become events in the format of SHD."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import InputError
from golden.places import writable_file, write_files

from .options import add_command, count
from .output import emit, note, progress, table

if TYPE_CHECKING:
    from train.audio.collection import Word

_SETTINGS = ("channels", "low_hz", "high_hz", "threshold", "onset_threshold")


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "encode-audio",
        "make events of wav files, in the format of SHD",
        """\
Make events of all recordings in a folder or an archive (tar of any compression, zip) by a model of the ear: gammatone
filters, envelopes in decibels above the loudness of the recording, and for each filter a sustained and an onset cell,
leaky integrate-and-fire. Units 0 .. N-1 are the sustained cells from low bands to high ones, N .. 2N-1 the onset cells.

Files are wav of 8 to 32 bits; channels are averaged. Label, speaker and number come from the name of the file:
--pattern says how, with {label}, {speaker}, {index} and * for anything else; only {label} must be there. For instance
  {label}_{speaker}_{index}.wav           7_theo_12.wav, as in FSDD (the default)
  {label}/{speaker}_nohash_{index}.wav    the folder is the label, as in Speech Commands
  {label}/*.wav                           the folder is the label, nobody knows the speaker

With --test two files are written, OUT_train.h5 and OUT_test.h5; without, one, of which 'split=SPEAKER' behind its name
makes a test part. --data takes them as OUT_train.h5 or OUT.h5.""",
        """\
intsnn data encode-audio recordings.tar.xz --test index=0-4 --out digits.h5
intsnn data encode-audio words --pattern '{label}/{speaker}_nohash_{index}.wav' --test list=testing_list.txt \\
    --out words.h5
intsnn data encode-audio voices.zip --channels 32 --rate 8000 --out voices.h5
intsnn train --config mine.toml --data digits_train.h5:bins=80,bin_ms=8 --out mine.npz""",
    )
    parser.set_defaults(run=run)
    parser.add_argument("source", metavar="SOURCE", help="folder or archive with wav files")
    parser.add_argument("--out", required=True, metavar="FILE.h5", help="file to write")
    names = parser.add_argument_group("recordings")
    names.add_argument(
        "--pattern", metavar="TEXT", help="what the names of files tell (default: {label}_{speaker}_{index}.wav)"
    )
    names.add_argument(
        "--test", metavar="RULE", help="which are test: index=0-4 (FSDD's rule), speaker=NAME,.. or list=FILE of paths"
    )
    names.add_argument("--ignore-others", action="store_true", help="leave out files that do not fit the pattern")
    ear = parser.add_argument_group("front end")
    ear.add_argument("--channels", type=count, metavar="N", help="bands, each with two units (default: 64)")
    ear.add_argument(
        "--rate", type=count, metavar="HZ", help="resample all to this rate (default: all must have that of the first)"
    )
    ear.add_argument("--low", dest="low_hz", type=float, metavar="HZ", help="centre of the lowest band (default: 80)")
    ear.add_argument(
        "--high", dest="high_hz", type=float, metavar="HZ",
        help="centre of the highest band (default: 0.45 of the rate, at most 8000)",
    )  # fmt: skip
    ear.add_argument(
        "--threshold", type=float, metavar="X", help="of sustained cells; more is fewer events (default: 0.57)"
    )
    ear.add_argument("--onset-threshold", type=float, metavar="X", help="of onset cells (default: 0.28)")


def run(args: argparse.Namespace) -> int:
    """Execute the command."""
    import numpy as np

    from train.audio.collection import FSDD_PATTERN, NamePattern, open_collection
    from train.audio.config import FrontEndConfig
    from train.audio.encoding import encode_collection, words_of
    from train.audio.selection import is_test
    from train.audio.wav import MAX_RATE, MIN_RATE
    from train.data.heidelberg_file import heidelberg_bytes, import_h5py

    import_h5py(args.out)
    given = {name: getattr(args, name) for name in _SETTINGS if getattr(args, name) is not None}
    config, pattern = FrontEndConfig(**given), NamePattern(args.pattern or FSDD_PATTERN)
    if args.rate is not None and not MIN_RATE <= args.rate <= MAX_RATE:
        raise InputError(f"--rate: must be {MIN_RATE} to {MAX_RATE} samples a second, not {args.rate}")
    out = Path(args.out)
    if out.suffix != ".h5":
        raise InputError(f"--out: {out} must end in .h5")
    targets = [out] if args.test is None else [out.with_name(f"{out.stem}_{part}.h5") for part in ("train", "test")]
    collection = open_collection(args.source)
    words = words_of(collection, pattern, ignore_others=args.ignore_others)
    if args.test is not None:
        is_test(args.test, words)  # a bad rule is told before hours are spent
    for target in targets:
        writable_file(target, make_folder=False)
    if ignored := len(collection.paths) - len(words):
        note(f"{ignored} of {len(collection.paths)} wav files do not fit the pattern and are left out")
    encoded = encode_collection(collection, words, config, rate=args.rate, track=_bar)
    parts = [encoded]
    if args.test is not None:
        test = is_test(args.test, encoded.words)
        parts = [encoded.select(np.flatnonzero(chosen)) for chosen in (~test, test)]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_files({target: heidelberg_bytes(part, config) for target, part in zip(targets, parts, strict=True)})
    result = {
        "source": str(args.source),
        "files": [str(target) for target in targets],
        "recordings": [len(part.labels) for part in parts],
        "ignored": ignored,
        "classes": list(encoded.keys),
        "speakers": list(encoded.speaker_names),
        "rate": encoded.rate,
        "units": encoded.n_units,
        "events": len(encoded.times) / len(encoded.labels),
        "without_events": int((np.diff(encoded.offsets) == 0).sum()),
        "longest_s": int(encoded.times.max(initial=0)) / 1e6,
        "front_end": asdict(config),
    }
    emit(args, result, table(*_rows(result), title=str(args.source)))
    return 0


def _rows(result: dict[str, Any]) -> list[tuple[str, object]]:
    """Return what a person reads."""
    written = zip(result["files"], result["recordings"], strict=True)
    return [
        *((path, f"{number:,} recordings") for path, number in written),
        ("classes", f"{len(result['classes']):,}: {_shown(result['classes'])}"),
        (
            "speakers",
            f"{len(result['speakers']):,}: {_shown(result['speakers'])}" if result["speakers"] else "not known",
        ),
        ("samples a second", result["rate"]),
        ("units", result["units"]),
        ("events a recording", result["events"]),
        ("recordings without an event", result["without_events"]),
        ("last event", f"at {result['longest_s']:.2f} s"),
    ]


def _bar(words: Sequence[Word]) -> Iterator[Word]:
    with progress("encoding", len(words), "recordings") as advance:
        for word in words:
            yield word
            advance(1)


def _shown(names: list[str]) -> str:
    from train.audio.selection import shown

    return shown(names)
