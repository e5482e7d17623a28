"""What a network is made from: a configuration, and weights where there are any."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden.errors import CheckpointError, ConfigError
from golden.presets.hardware import HARDWARE
from golden.presets.option import Option
from golden.presets.variant import OPTIONS, VARIANTS

if TYPE_CHECKING:
    from golden.config import NetworkConfig
    from golden.network import Network


@dataclass(frozen=True, kw_only=True)
class Source:
    """A configuration, with weights or without.

    Attributes
    ----------
    config : NetworkConfig
    network : Network or None
        None: a configuration without weights.
    notes : dict
        What the run that made the weights noted in its checkpoint.
    where : str
        Where it comes from, in messages: a path, or ``preset NAME``.
    """

    config: NetworkConfig
    network: Network | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    where: str

    def with_weights(self) -> Network:
        """Return the network, with its initial weights where it is not trained.

        Raises
        ------
        ConfigError
            It has no weights, and no learning rule to draw them by.
        """
        from golden.network import LearningNetwork

        if self.network is not None:
            return self.network
        if not self.config.learns:
            raise ConfigError(f"{self.where}: has no weights and no [learning] to draw them by; give a checkpoint")
        return LearningNetwork.initial(self.config)

    def require_learning(self) -> None:
        """Raise ConfigError where the configuration has no learning rule."""
        if not self.config.learns:
            raise ConfigError(
                f"{self.where}: has no [learning] to learn by; add it to the configuration, or train by `method` bptt"
            )

    def with_hardware(self, options: dict[str, Any]) -> Source:
        """Return the same on other hardware, of fields of :class:`golden.config.HardwareConfig`."""
        if not options:
            return self
        config = with_hardware(self.config, options)
        return replace(self, config=config, network=self.network and replace(self.network, config=config))

    def inference_only(self) -> Source:
        """Return the same without a learning rule."""
        network = self.network and self.network.inference_only()
        return replace(self, config=self.config.inference_only(), network=network)


def with_hardware(config: NetworkConfig, options: dict[str, Any]) -> NetworkConfig:
    """Return a configuration with other choices of hardware, each a value or one for each layer.

    Raises
    ------
    ConfigError
        An unknown choice, or a value out of range.
    """
    from golden.config import FieldError

    check_known(options, HARDWARE, "hardware")
    found = {name: _checked(HARDWARE[name], name, value) for name, value in options.items()}
    try:
        return replace(config, hardware=replace(config.hardware, **found))
    except FieldError as error:
        raise error.renamed(f"`{error.field}`") from error


def check_known(options: dict[str, Any], known: Collection[str], what: str) -> None:
    """Raise ConfigError for a name that is none of the known ones; `what` says of what they are."""
    for name in options:
        if name not in known:
            raise ConfigError(f"{name}: is no option of {what}; known are {', '.join(known)}")


def _checked(option: Option, name: str, value: Any) -> Any:
    """Return a value as a configuration takes it."""
    given = list(value) if isinstance(value, tuple) else value
    option.require(name, given[0] if isinstance(given, list) and len(given) == 1 else given)
    return tuple(given if isinstance(given, list) else [given]) if option.each else given


def of_preset(name: str, options: dict[str, Any]) -> Source:
    """Return a preset, or a variant of it; options are those of a variant and of the hardware."""
    from golden.presets import preset

    check_known(options, OPTIONS, "a preset")
    hardware = {key: value for key, value in options.items() if key in HARDWARE}
    variant = {key: value for key, value in options.items() if key not in HARDWARE}
    for key in variant.keys() & VARIANTS.keys():
        if isinstance(variant[key], list):
            variant[key] = tuple(variant[key])
        elif VARIANTS[key].each and isinstance(variant[key], int):
            variant[key] = (variant[key],)
    return Source(config=with_hardware(preset(name, **variant), hardware), where=f"preset {name}")


def of_toml(path: Path | str, hardware: dict[str, Any]) -> Source:
    """Return the configuration of a TOML file."""
    from golden.config import NetworkConfig

    return Source(config=with_hardware(NetworkConfig.from_toml(path), hardware), where=str(path))


def of_checkpoint(path: Path | str, hardware: dict[str, Any]) -> Source:
    """Return the network of a checkpoint."""
    from golden import checkpoint, presets

    if str(path) in presets.PRESETS and not Path(path).exists():
        raise CheckpointError(f"{path}: no such checkpoint; a preset of this name is taken as `preset` {path}")
    stored = checkpoint.load(path)
    source = Source(config=stored.network.config, network=stored.network, notes=stored.training, where=str(path))
    return source.with_hardware(hardware)
