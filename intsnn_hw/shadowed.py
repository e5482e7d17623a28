"""A user's own ``train.py``, ``sim.py`` or ``golden.py`` in the way of the packages of these names."""

import sys
from importlib.util import find_spec
from pathlib import Path

_PACKAGES = ("golden", "sim", "train")


def check_packages() -> None:
    """See that the packages next to this one are those that Python finds.

    Raises
    ------
    ImportError
        A file or folder is in the way; it is named.
    """
    ours = Path(__file__).resolve().parents[1]
    for name in _PACKAGES:
        place = _place(name)
        if place is not None and place.resolve() != ours / name / "__init__.py":
            blocks = place.parent if place.name == "__init__.py" else place
            raise ImportError(f"{blocks} is in the way of the package {name!r} of intsnn-hw; give it another name")


def _place(name: str) -> Path | None:
    """Return the file that stands for a package; None where there is none, as a missing one is an error of its own."""
    module = sys.modules.get(name)
    origin = module.__file__ if module is not None else getattr(find_spec(name), "origin", None)
    return None if origin is None else Path(origin)
