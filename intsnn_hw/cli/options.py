"""Options that several commands share, and what they stand for: networks and data sets."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError
from golden.presets.hardware import HARDWARE
from golden.presets.option import Option
from golden.presets.variant import RUN, VARIANTS

from .messages import flag

if TYPE_CHECKING:
    from intsnn_hw.api.network import IntegerNetwork
    from train.data import AnyDataset


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    return _whole(text, 1)


def natural(text: str) -> int:
    """Read a whole number of at least 0."""
    return _whole(text, 0)


def counts(text: str) -> tuple[int, ...]:
    """Read whole numbers joined by commas; the configuration knows their limits."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be whole numbers joined by commas, got {text!r}") from None


def _whole(text: str, low: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if value < low:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least {low}, got {text!r}")
    return value


def words(text: str) -> tuple[str, ...]:
    """Read words joined by commas; the configuration knows which."""
    return tuple(text.split(","))


def _add_options(group: argparse._ArgumentGroup, options: dict[str, Option]) -> None:
    """Add an option for each description, None where it is left out; the configuration checks the values."""
    for name, option in options.items():
        of_words, of_numbers = (words, counts) if option.each else (str, int)
        read = of_words if option.range is None else of_numbers
        group.add_argument(flag(name), dest=name, type=read, metavar=option.metavar, help=option.line)


def add_variants(parser: argparse.ArgumentParser, *, whole: bool = False) -> None:
    """Add the options that make variants of a preset; the `whole` of them: those of a run and of hardware too."""
    group = parser.add_argument_group("variants of a preset", "the preset's own value where left out")
    _add_options(group, {**VARIANTS, **RUN} if whole else VARIANTS)
    if whole:
        _add_hardware(parser)


def _add_hardware(parser: argparse.ArgumentParser) -> None:
    _add_options(parser.add_argument_group("hardware", "changes no result; one value, or one for each layer"), HARDWARE)


def given(args: argparse.Namespace, options: dict[str, Option]) -> dict[str, Any]:
    """Return the options that are given, by their fields."""
    found = {name: getattr(args, name, None) for name in options}
    return {name: value for name, value in found.items() if value is not None}


def add_network(parser: argparse.ArgumentParser, *, checkpoint: str | None = "as 'intsnn train' writes it") -> None:
    """Add the options that choose a network: CHECKPOINT, ``--preset`` with its variants, ``--config``.

    `checkpoint` says what one is here; None: it is none of the choices.
    """
    group = parser.add_argument_group(
        "network",
        f"give one of {'' if checkpoint is None else 'CHECKPOINT, '}--preset and --config; other options change it",
    )
    if checkpoint is not None:
        group.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=f"trained network (.npz), {checkpoint}")
    group.add_argument("--preset", metavar="NAME", help="named configuration; 'intsnn presets' lists them")
    group.add_argument("--config", metavar="FILE", help="configuration in TOML; 'intsnn presets NAME --toml' shows one")
    add_variants(parser)
    _add_hardware(parser)


def _fitting(args: argparse.Namespace) -> str:
    """Return what presets there are for the chosen data."""
    from golden.presets.usual import presets_for

    data = getattr(args, "data", None)
    found = presets_for(data) if data else []
    return f"; presets for {data}: {', '.join(found)}" if found else ""


def network_of(args: argparse.Namespace) -> IntegerNetwork:
    """Resolve the options of :func:`add_network`.

    Raises
    ------
    InputError
        None or several are given, unknown, unreadable, or an option that does not go with the choice.
    """
    from intsnn_hw.api.opening import from_toml, load, preset

    ways = {"CHECKPOINT": getattr(args, "checkpoint", None)} if hasattr(args, "checkpoint") else {}
    ways |= {"--preset": args.preset, "--config": args.config}
    chosen = [value for value in ways.values() if value is not None]
    if len(chosen) > 1:
        both = " and ".join(f"{way} {value}" for way, value in ways.items() if value is not None)
        raise ConfigError(f"{both}: each is a network; give one of them")
    if not chosen:
        offered = [*(["a CHECKPOINT"] if "CHECKPOINT" in ways else []), "--preset NAME"]
        raise ConfigError(f"no network is given; give {', '.join(offered)} or --config FILE{_fitting(args)}")
    variants, hardware = given(args, VARIANTS), given(args, HARDWARE)
    if args.preset is not None:
        return preset(args.preset, **variants, **hardware)
    for name in variants:
        raise ConfigError(f"{flag(name)}: changes presets only; {chosen[0]} has its own value")
    return from_toml(args.config, **hardware) if args.config is not None else load(chosen[0], **hardware)


def add_data(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that choose a data set."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "--data",
        metavar="SET",
        help="digits (8x8, comes with scikit-learn), mnist, fashion-mnist, cifar-10, or of events nmnist, dvs-gesture, "
        "shd, ssc, fsdd, fsdd-reversed, speech-commands, cues, mnist-rows, with options as in "
        "shd:bins=100,channels=140 (docs/data.md); a folder with the four IDX files of an MNIST-like set; an .npz file "
        "with x_train, y_train, x_test, y_test; words in SHD's format, NAME_train.h5 and NAME_test.h5 in one folder, "
        "as 'intsnn data encode-audio' writes (default: the set that a checkpoint was trained on; else that of the "
        "preset, by the network's name; else digits for 64 inputs, mnist for 784)",
    )
    group.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder of the data sets, with mnist/*.gz and others in it (default: environment variable INTSNN_DATA)",
    )
    group.add_argument("--download", action="store_true", help="fetch MNIST into --data-dir first, if it is not there")
    group.add_argument(
        "--validation",
        action="store_true",
        help="test on a sixth of the training set, held out, in place of the test set, to choose settings by; where "
        "the set knows its speakers, on some that training does not meet",
    )
    return group


def dataset_of(args: argparse.Namespace, network: IntegerNetwork) -> AnyDataset:
    """Load the data set that :func:`add_data` chose.

    Parameters
    ----------
    args : Namespace
    network : IntegerNetwork
        Where none is chosen, the set that its weights come from, or that it is made for: a test part of another could
        be samples that training has seen.

    Raises
    ------
    DataError
        Missing or damaged; or none is chosen, and the weights come from a user's own set, or no set has such inputs.
    """
    from intsnn_hw.api.data import dataset
    from train.data.fit import usual_set

    name = args.data or usual_set(network.config, network.notes.get("data"))
    return dataset(name, args.data_dir, validation=args.validation, download=args.download)
