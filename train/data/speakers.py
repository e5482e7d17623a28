"""Recordings of known speakers in two parts: as published, or one speaker as the test part."""

import numpy as np
from numpy.typing import NDArray

from golden.encoding import Events
from golden.errors import DataError
from train.audio.selection import check_speakers, shown
from train.data.event_dataset import EventDataset
from train.data.event_options import EventOptions

OFFICIAL = "official"


def in_parts(
    options: EventOptions,
    events: Events,
    labels: NDArray[np.int64],
    speakers: NDArray[np.int64],
    names: tuple[str, ...],
    official: NDArray[np.bool_] | None,
    n_classes: int,
) -> EventDataset:
    """Return the data set that the option ``split`` asks for.

    ``official``: the test part is what `official` says. Else the name of a speaker, who is the test part. Groups are
    the speakers; a validation split holds out one (or some), as the test part does, unless they speak in both parts.

    Parameters
    ----------
    options : EventOptions
    events, labels, speakers
        Of all samples; `speakers` are indices of `names`.
    names : tuple of str
    official : bool (n,) or None
        None: there is no official test part.
    n_classes : int

    Raises
    ------
    DataError
        An unknown speaker, no official test part where it is asked for, or a part that lacks a class.
    """
    title = options.name.partition(":")[0]
    if options.split != OFFICIAL:
        assert options.split is not None
        check_speakers(f"{title}: split={options.split}", [options.split], names)
        test = speakers == names.index(options.split)
    elif official is not None:
        test = official
    else:
        whom = f"choose split=SPEAKER, one of {shown(names)}, or " if names else ""
        raise DataError(f"{title}: one file has no test part; {whom}encode the recordings with `test`")
    for part, chosen in (("training", ~test), ("test", test)):
        missing = np.flatnonzero(np.bincount(labels[chosen], minlength=n_classes) == 0)
        if len(missing):
            raise DataError(
                f"{title}: class {missing[0]} has no {part} sample with split={options.split}; choose another split, "
                "or add recordings"
            )
    return EventDataset(
        name=options.name,
        train=events.select(np.flatnonzero(~test)),
        train_y=labels[~test],
        test=events.select(np.flatnonzero(test)),
        test_y=labels[test],
        n_classes=n_classes,
        shape=options.grid.shape,
        groups=speakers[~test] if len(names) else None,
        by_group=not np.isin(speakers[test], speakers[~test]).any(),
    )
