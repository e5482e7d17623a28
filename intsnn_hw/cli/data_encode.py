"""``intsnn data encode-audio``: wav files become events in the format of SHD."""

from __future__ import annotations

import argparse
from typing import Any

from .options import count
from .output import show
from .parser import add_command


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "encode-audio",
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
        help_line="make events of wav files, in the format of SHD",
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
    from intsnn_hw.api.encode_audio import FRONT_END, encode_audio

    front_end = {name: getattr(args, name) for name in FRONT_END if getattr(args, name) is not None}
    result = encode_audio(
        args.source, args.out, pattern=args.pattern, test=args.test, ignore_others=args.ignore_others, rate=args.rate,
        **front_end,
    )  # fmt: skip
    show(args, result)
    return 0
