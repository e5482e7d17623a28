"""The Verilog of a network, with its manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import ConfigError
from golden.places import writable_folder

from .progress import Display
from .report import PRIVATE, Grid, Result, Shown

if TYPE_CHECKING:
    from .source import Source


@dataclass(frozen=True, kw_only=True, repr=False)
class Generated(Result):
    """Files of a core.

    Attributes
    ----------
    source, network, topology : str
    lanes : tuple of int
        Of each layer.
    learn, with_weights, probe : bool
        As :meth:`intsnn_hw.api.network.IntegerNetwork.generate` took them.
    files : tuple of path
    """

    source: str
    network: str
    topology: str
    lanes: tuple[int, ...]
    learn: bool
    with_weights: bool
    probe: bool
    files: tuple[Path, ...]
    sizes: tuple[int, ...] = field(metadata=PRIVATE)

    def shown(self) -> list[Shown]:
        """Return the files with their sizes."""
        rows = tuple((str(path), size) for path, size in zip(self.files, self.sizes, strict=True))
        return [Grid((f"{self.network}, {self.topology}", "bytes"), rows)]

    def __repr__(self) -> str:
        return f"Generated: {self.network}, {self.topology}\n" + "\n".join(f"  {path}" for path in self.files)


def generate(
    source: Source, folder: Path | str, *, learn: bool, with_weights: bool, probe: bool, show: Display
) -> Generated:
    """Write the core of a network into a folder."""
    from golden.config import require_learning_hardware
    from intsnn_hw.emit import verilog

    config, network, contents = source.config, source.network, None
    if with_weights and network is None:
        raise ConfigError(f"`with_weights`: {source.where} holds no weights; give a checkpoint")
    if learn and not config.learns:
        raise ConfigError(f"`learn`: {source.where} has no [learning]; give a configuration that has")
    if learn:
        require_learning_hardware(config)
    folder = writable_folder(folder)
    if (folder / "config.toml").resolve() == Path(source.where).resolve():
        raise ConfigError(f"{source.where}: would be replaced by the config.toml of the core; give another folder")
    if network is not None and with_weights:
        contents = network if learn else network.inference_only()
    if not learn:
        config = config.inference_only()
    with show.status("writing Verilog"):
        files = verilog.generate(config, folder, contents=contents, probe=probe)
    return Generated(
        source=source.where,
        network=source.config.name,
        topology=source.config.topology,
        lanes=tuple(layer.lanes for layer in source.config.resolved),
        learn=learn,
        with_weights=with_weights,
        probe=probe,
        files=tuple(files),
        sizes=tuple(path.stat().st_size for path in files),
    )
