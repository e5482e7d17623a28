"""Options that several commands share, and what they stand for: networks, data sets, places to write to."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, DataError, InputError
from golden.presets.hardware import HARDWARE
from golden.presets.option import Option
from golden.presets.variant import VARIANTS

from .output import note

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import Network
    from train.data import AnyDataset


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and states each default that is a value."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        says_it = action.default in (None, False, argparse.SUPPRESS) or "%(default)" in text
        return text if says_it else f"{text} (default: %(default)s)"


def add_command(commands: Any, name: str, help_: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Add the parser of a command, with ``--json`` and ``--verbose``; its module's ``run`` is still to be set."""
    parser = commands.add_parser(
        name,
        help=help_,
        description=description,
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines()),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout, and nothing else")
    # SUPPRESS: else the default here would undo a --verbose before the command.
    parser.add_argument(
        "--verbose", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )
    return parser


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


def flag(name: str) -> str:
    """Return the option of the command line for a field of a variant or of the hardware."""
    return "--" + _SHORT.get(name, name).replace("_", "-")


_SHORT = {"n_steps": "steps"}
"""Fields whose option has another name."""


def _add_options(group: argparse._ArgumentGroup, options: dict[str, Option]) -> None:
    """Add an option for each description, None where it is left out; the configuration checks the values."""
    for name, option in options.items():
        of_words, of_numbers = (words, counts) if option.each else (str, int)
        read = of_words if option.range is None else of_numbers
        group.add_argument(flag(name), dest=name, type=read, metavar=option.metavar, help=option.help)


def add_variants(parser: argparse.ArgumentParser) -> None:
    """Add the options that make variants of a preset."""
    group = parser.add_argument_group("variants of a preset", "the preset's own value where left out")
    _add_options(group, VARIANTS)


def given(args: argparse.Namespace, options: dict[str, Option]) -> dict[str, Any]:
    """Return the options that are given, by their fields."""
    found = {name: getattr(args, name, None) for name in options}
    return {name: value for name, value in found.items() if value is not None}


def add_network(parser: argparse.ArgumentParser, *, checkpoint: str | None = "as 'intsnn train' writes it") -> None:
    """Add the options that choose a network: CHECKPOINT, ``--preset`` with its variants, ``--config``.

    `checkpoint` says what one is here; None: it is none of the choices.
    """
    group = parser.add_argument_group("network", f"exactly one of the {'two' if checkpoint is None else 'first three'}")
    if checkpoint is not None:
        group.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=f"trained network (.npz), {checkpoint}")
    group.add_argument("--preset", metavar="NAME", help="named configuration; 'intsnn presets' lists them")
    group.add_argument("--config", metavar="FILE", help="configuration in TOML; 'intsnn presets NAME --toml' shows one")
    add_variants(parser)
    _add_options(parser.add_argument_group("hardware", "changes no result; one value, or one for each layer"), HARDWARE)


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the network options stand for; `network` is None for a configuration without weights."""

    config: NetworkConfig
    network: Network | None = None
    training: dict[str, Any] = field(default_factory=dict)
    where: str

    def with_weights(self) -> Network:
        """Return the network, with its initial weights where it is not trained."""
        from golden.network import LearningNetwork

        if self.network is not None:
            return self.network
        if not self.config.learns:
            raise ConfigError(f"{self.where}: has no weights and no [learning] to draw them by; give a checkpoint")
        return LearningNetwork.initial(self.config)


def source_of(args: argparse.Namespace, *, maps: bool = False) -> Source:
    """Resolve the options of :func:`add_network`.

    Parameters
    ----------
    args : Namespace
    maps : bool
        The command takes networks that convolve and pool.

    Raises
    ------
    InputError
        None or several are given, unknown, unreadable, an option that does not go with the choice, or a network that
        the command does not take.
    """
    from golden.config import require_dense

    source = _chosen(args)
    if not maps:
        require_dense(source.config)
    return source


def _fitting(args: argparse.Namespace) -> str:
    """Return what presets there are for the chosen data, where they are few."""
    from golden.presets.temporal import presets_for

    data = getattr(args, "data", None)
    found = presets_for(data) if data else []
    return f"; presets for {data}: {', '.join(found)}" if found else ""


def _chosen(args: argparse.Namespace) -> Source:
    checkpoint = getattr(args, "checkpoint", None)
    offered = ["CHECKPOINT"] * hasattr(args, "checkpoint") + ["--preset NAME", "--config FILE"]
    chosen = [value for value in (checkpoint, args.preset, args.config) if value is not None]
    if len(chosen) != 1:
        raise ConfigError(f"give exactly one of {', '.join(offered)}, not {len(chosen) or 'none'}{_fitting(args)}")
    variants, hardware = given(args, VARIANTS), given(args, HARDWARE)
    if args.preset is not None:
        from golden.presets import preset

        config = _with_hardware(preset(args.preset, **variants), hardware)
        return Source(config=config, where=f"preset {args.preset}")
    for name in variants:
        raise ConfigError(f"{flag(name)}: changes presets only; {chosen[0]} has its own value")
    if args.config is not None:
        from golden.config import NetworkConfig

        config = NetworkConfig.from_toml(args.config)
        return Source(config=_with_hardware(config, hardware), where=args.config)
    return _checkpoint(chosen[0], hardware)


def _with_hardware(config: NetworkConfig, choices: dict[str, Any]) -> NetworkConfig:
    return replace(config, hardware=replace(config.hardware, **choices))


def _checkpoint(path: str, hardware: dict[str, Any]) -> Source:
    from golden import checkpoint, presets

    if path in presets.PRESETS and not Path(path).exists():
        raise InputError(f"{path}: no such checkpoint; for the preset of this name write --preset {path}")
    stored = checkpoint.load(path)
    config = _with_hardware(stored.network.config, hardware)
    return Source(config=config, network=replace(stored.network, config=config), training=stored.training, where=path)


def add_data(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that choose a data set."""
    group = parser.add_argument_group("data")
    group.add_argument(
        "--data",
        metavar="SET",
        help="digits (8x8, comes with scikit-learn), mnist, fashion-mnist, cifar-10, or of events nmnist, dvs-gesture, "
        "shd, ssc, fsdd, fsdd-reversed, cues, mnist-rows, with options as in shd:bins=100,channels=140 (docs/data.md); "
        "a folder with the four IDX files of an MNIST-like set; an .npz file with x_train, y_train, x_test, y_test; "
        "words in SHD's format, NAME_train.h5 and NAME_test.h5 in one folder, as 'intsnn data encode-audio' writes "
        "(default: the set that a checkpoint was trained on; else digits for 64 inputs, mnist for 784, that of the "
        "preset for events)",
    )
    group.add_argument(
        "--data-dir",
        metavar="DIR",
        help="folder that holds the set's own, as mnist/*.gz (default: environment variable INTSNN_DATA)",
    )
    group.add_argument(
        "--validation",
        action="store_true",
        help="test on a sixth of the training set, held out, instead of on the test set: to choose settings by; of "
        "people that training does not meet, where the set tells them apart",
    )
    return group


def dataset_of(
    args: argparse.Namespace, config: NetworkConfig, *, trained_on: str | None = None, download: bool = False
) -> AnyDataset:
    """Load the data set that :func:`add_data` chose, and see that it fits the network.

    Parameters
    ----------
    args : Namespace
    config : NetworkConfig
    trained_on : str, optional
        Name of the set that the weights come from, taken where none is chosen: a test part of another could be samples
        that training has seen.
    download : bool
        Fetch MNIST where it is missing.

    Raises
    ------
    DataError
        Missing, damaged, or of other inputs, classes, time steps or kind than the network's; or none is chosen, and
        the weights come from a set of one's own, or no set has such inputs.
    """
    from train.data import download_mnist
    from train.data.fit import VALIDATION_SEED, check_fit, load_set, remarks, usual_set

    name = args.data or usual_set(config, trained_on)
    if download:
        folder = args.data_dir or os.environ.get("INTSNN_DATA")
        if name != "mnist" or not folder:
            raise DataError("--download fetches mnist into a folder: give --data mnist and --data-dir DIR")
        download_mnist(folder)
    dataset = load_set(name, args.data_dir)
    check_fit(config, dataset)
    for remark in remarks(config, dataset):
        note(remark)
    return dataset.validation_split(seed=VALIDATION_SEED) if args.validation else dataset
