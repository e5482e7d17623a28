"""Options that several commands share, and what they stand for: networks, data sets, places to write to."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import ConfigError, DataError, InputError
from train.data.fit import VALIDATION_SEED, check_fit, load_set

from .output import note

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import Network
    from train.data import AnyDataset


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and tells each default that is a value."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        told = action.default in (None, False, argparse.SUPPRESS) or "%(default)" in text
        return text if told else f"{text} (default: %(default)s)"


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


# Options that change a preset, with the keyword of golden.presets.preset, and its help.
_VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "--shadow-width": ("shadow_width", {"type": int, "metavar": "BITS", "help": "shadow weights, 8..24 bits"}),
    "--weight-width": ("weight_width", {"type": int, "metavar": "BITS", "help": "inference weights, 2..16 bits"}),
    "--spike-width": (
        "spike_width",
        {
            "type": int,
            "metavar": "BITS",
            "help": "graded spikes of hidden neurons, 1..8 bits; presets of events are made for up to 4",
        },
    ),
    "--steps": ("n_steps", {"type": int, "metavar": "T", "help": "time steps of a sample"}),
    "--membrane-width": (
        "membrane_width",
        {"type": int, "metavar": "BITS", "help": "membranes of hidden neurons, 4..32 bits; the readout's follow them"},
    ),
    "--encoding": ("encoding", {"metavar": "KIND", "help": "single_shot, every_step, rate or latency"}),
    "--hidden": ("hidden", {"type": counts, "metavar": "N[,N..]", "help": "neurons of each hidden layer"}),
    "--recurrence": (
        "recurrence",
        {"metavar": "KIND", "help": "of the hidden layers of a preset of events: none, learned or fixed"},
    ),
    "--error": (
        "error",
        {"metavar": "KIND", "help": "that a preset of events learns from: graded, pair or margin"},
    ),
    "--route": ("route", {"metavar": "ROUTE", "help": "how the error travels: feedback or direct"}),
    "--timing": ("timing", {"metavar": "TIMING", "help": "when the network learns: final or every_step"}),
    "--rounding": (
        "rounding",
        {"metavar": "MODE", "help": "of the shadow update: floor, toward_zero, nearest or stochastic"},
    ),
}


def words(text: str) -> tuple[str, ...]:
    """Read words joined by commas; the configuration knows which."""
    return tuple(text.split(","))


# Options that change the hardware and no result, with the field of golden.config.HardwareConfig, and its help.
_HARDWARE: dict[str, tuple[str, dict[str, Any]]] = {
    "--lanes": ("lanes", {"type": counts, "metavar": "N[,N..]", "help": "weights read and added per cycle"}),
    "--fire-lanes": ("fire_lanes", {"type": counts, "metavar": "N[,N..]", "help": "neurons fired per cycle"}),
    "--banks": ("banks", {"type": int, "metavar": "N", "help": "2: a step fires while the next is added; 1: before"}),
    "--weight-memory": (
        "weight_memory",
        {"type": words, "metavar": "KIND[,KIND..]", "help": "dual_port, or single_port as in iCE40 UP5K SPRAM"},
    ),
    "--multiplier": ("multiplier", {"metavar": "KIND", "help": "shift_add (no DSP) or operator (the tool's choice)"}),
}


def add_network(parser: argparse.ArgumentParser, *, checkpoint: str | None = "as 'intsnn train' writes it") -> None:
    """Add the options that choose a network: CHECKPOINT, ``--preset`` with its variants, ``--config``.

    `checkpoint` says what one is here; None: it is none of the choices.
    """
    group = parser.add_argument_group("network", f"exactly one of the {'two' if checkpoint is None else 'first three'}")
    if checkpoint is not None:
        group.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=f"trained network (.npz), {checkpoint}")
    group.add_argument("--preset", metavar="NAME", help="named configuration; 'intsnn presets' lists them")
    group.add_argument("--config", metavar="FILE", help="configuration in TOML; 'intsnn presets NAME --toml' shows one")
    variants = parser.add_argument_group("variants of a preset", "the preset's own value where left out")
    for option, (keyword, arguments) in _VARIANTS.items():
        variants.add_argument(option, dest=keyword, **arguments)
    hardware = parser.add_argument_group("hardware", "changes no result; one value, or one for each layer")
    for option, (keyword, arguments) in _HARDWARE.items():
        hardware.add_argument(option, dest=keyword, **arguments)


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
    given = [value for value in (checkpoint, args.preset, args.config) if value is not None]
    if len(given) != 1:
        raise ConfigError(f"give exactly one of {', '.join(offered)}, not {len(given) or 'none'}{_fitting(args)}")
    variants = {keyword: getattr(args, keyword, None) for keyword, _ in _VARIANTS.values()}
    variants = {keyword: value for keyword, value in variants.items() if value is not None}
    hardware = {keyword: getattr(args, keyword, None) for keyword, _ in _HARDWARE.values()}
    hardware = {keyword: value for keyword, value in hardware.items() if value is not None}
    if args.preset is not None:
        from golden.presets import preset

        config = _with_hardware(preset(args.preset, **variants), hardware)
        return Source(config=config, where=f"preset {args.preset}")
    for option, (keyword, _) in _VARIANTS.items():
        if keyword in variants:
            raise ConfigError(f"{option}: changes presets only; {given[0]} has its own value")
    if args.config is not None:
        from golden.config import NetworkConfig

        config = NetworkConfig.from_toml(args.config)
        return Source(config=_with_hardware(config, hardware), where=args.config)
    return _checkpoint(given[0], hardware)


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
        "words in SHD's format, NAME_train.h5 with NAME_test.h5 beside it, as 'intsnn data encode-audio' writes them "
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

    name = args.data or _usual(config, trained_on)
    if download:
        folder = args.data_dir or os.environ.get("INTSNN_DATA")
        if name != "mnist" or not folder:
            raise DataError("--download fetches mnist into a folder: give --data mnist and --data-dir DIR")
        download_mnist(folder)
    dataset = load_set(name, args.data_dir)
    check_fit(config, dataset)
    for remark in _remarks(config, dataset):
        note(remark)
    return dataset.validation_split(seed=VALIDATION_SEED) if args.validation else dataset


def _usual(config: NetworkConfig, trained_on: str | None) -> str:
    """Return the set that the weights come from, without what ``--validation`` adds; without weights, by the inputs."""
    from golden.presets.temporal import usual_data
    from train.data import KNOWN

    if trained_on:
        name = trained_on.removesuffix("-validation")
        if name.partition(":")[0] in KNOWN:
            return name
        raise DataError(f"{config.name} has learnt {name}, a set of your own; give its file as --data")
    events = config.encoding.kind == "events"
    name = usual_data(config.name) if events else {64: "digits", 784: "mnist"}.get(config.n_inputs)
    if name is None:
        what = f"{config.n_inputs} inputs{' of events' if events else ''}"
        raise DataError(f"{config.name} has {what}, which tells no data set; give --data")
    return name


def _remarks(config: NetworkConfig, dataset: AnyDataset) -> Iterator[str]:
    """Yield what fits, but perhaps not as the user thinks."""
    from train.data import KNOWN

    if dataset.n_classes < config.n_classes:
        yield (
            f"{dataset.name} has {dataset.n_classes} classes, the network {config.n_classes} outputs: the others are "
            "never right"
        )
    name, n_samples = dataset.name.partition(":")[0], len(dataset.train_y) + len(dataset.test_y)
    whole = KNOWN[name].n_samples if name in KNOWN else None
    if whole not in (None, n_samples):
        yield f"{dataset.name}: only {n_samples:,} of its {whole:,} samples are there, and results are of these"
