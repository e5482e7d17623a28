"""SHD and SSC, the Heidelberg data sets: words through a model of the cochlea, 700 channels (Cramer et al., 2020)."""

from pathlib import Path

from train.data.binning import collect
from train.data.event_dataset import EventDataset
from train.data.event_options import EventFormat, event_options
from train.data.heidelberg_file import open_heidelberg
from train.data.place import find_folder, get_it_from

SHD = EventFormat(name="shd", sensor=(700,), n_classes=20, bins=100, window_us=1_400_000, option="channels", value=700)
SSC = EventFormat(name="ssc", sensor=(700,), n_classes=35, bins=100, window_us=1_400_000, option="channels", value=700)


def find_heidelberg(format_: EventFormat, data_dir: Path | str | None = None) -> Path:
    """Return the folder with ``shd_train.h5`` and ``shd_test.h5`` (``ssc_*``): ``data_dir``/shd (/ssc) or ``data_dir``.

    ``data_dir`` is the environment variable INTSNN_DATA where it is left out.

    Raises
    ------
    DataError
        Not there.
    """
    name, files = format_.name, _files(format_)
    how_to_get = get_it_from("https://zenkelab.org/datasets/", " and ".join(files) + ", extracted,", name)

    def is_there(folder: Path) -> bool:
        return any((folder / file).is_file() for file in files)

    return find_folder(name.upper(), "its files", (name, name.upper(), ""), is_there, how_to_get, data_dir)


def load_heidelberg(format_: EventFormat, options: str = "", data_dir: Path | str | None = None) -> EventDataset:
    """Load the two files of SHD or SSC, as :func:`find_heidelberg` finds them.

    Digits in German and English, 20 classes, 8,156 training and 2,264 test samples (SHD), or 35 words, 75,466 and
    20,382 (SSC). Groups are the speakers, where the file tells them.

    Raises
    ------
    DataError
        Bad options, h5py is not installed, not there, or a damaged file.
    """
    chosen = event_options(options, format_)
    folder = find_heidelberg(format_, data_dir)
    parts = []
    for path in (folder / file for file in _files(format_)):
        file = open_heidelberg(path)
        found = collect(file.recordings(), chosen.grid, chosen.binning, format_.n_classes, str(path))
        parts.append((*found, file.speakers is not None))
    (train, train_y, groups, known), (test, test_y, _, _) = parts
    return EventDataset(
        name=chosen.name, train=train, train_y=train_y, test=test, test_y=test_y,
        n_classes=format_.n_classes, shape=chosen.grid.shape, groups=groups if known else None,
    )  # fmt: skip


def _files(format_: EventFormat) -> tuple[str, str]:
    return f"{format_.name}_train.h5", f"{format_.name}_test.h5"
