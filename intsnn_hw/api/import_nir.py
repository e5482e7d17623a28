"""A NIR file as a checkpoint."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.errors import ConfigError
from golden.places import named_path, writable_file, write_file

from .nir import Imported
from .opening import from_nir
from .report import to_json


def import_nir(source: Any, out: Path | str, *, report: Path | str | None = None, **options: Any) -> Imported:
    """Convert a NIR file and write its checkpoint, and the report as JSON; nothing where it fails.

    Parameters
    ----------
    source : path or nir.NIRGraph
    out : path
        Checkpoint (.npz).
    report : path, optional
    options
        As of :func:`intsnn_hw.from_nir`.

    Raises
    ------
    InputError
        As of :func:`intsnn_hw.from_nir`; files that cannot be written, or are among those that are read.
    """
    from golden import checkpoint

    place = checkpoint.writable_checkpoint(out)
    report_place = None if report is None else writable_file(report)
    read = {key: named_path(each) for key, each in (("source", source), *options.items())
            if key in ("source", "verify", "calibrate") and isinstance(each, str | os.PathLike)}  # fmt: skip
    for written in (place, report_place):
        for path in read.values():
            if written is not None and written.resolve() == path.resolve():
                raise ConfigError(f"{written}: would be replaced, and is read; give another file to write")
    if report_place is not None and report_place.resolve() == place.resolve():
        raise ConfigError(f"{report_place}: is the checkpoint itself; give another `report`")
    network = from_nir(source, **options)
    found = replace(network.report, checkpoint=str(place))
    checkpoint.save(place, network.golden, training=network.notes)
    if report_place is not None:
        write_file(report_place, to_json(found.to_dict()))
    return found
