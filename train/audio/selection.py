"""Which recordings are test: by their number, their speaker, or a list of their files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.errors import ConfigError, DataError
from train.audio.collection import Word

FSDD_TEST = "index=0-4"
"""The official test set of FSDD: the first five recordings of each digit by each speaker."""


def is_test(rule: str, words: Sequence[Word]) -> NDArray[np.bool_]:
    """Return which recordings a rule selects, bool (n,).

    ``index=0-4,7``: by number. ``speaker=theo,lucas``: all of these people. ``list=FILE``: paths in a text file, one a
    line, as the last parts of the recordings' paths.

    Raises
    ------
    ConfigError
        No such rule, or numbers that are none.
    DataError
        A speaker or a file of the list that is not there, names that do not tell what the rule asks for, an unreadable
        list, or a rule that leaves one of the two parts empty or without recordings of a class.
    """
    kind, equals, text = rule.partition("=")
    selectors = {"index": _by_index, "speaker": _by_speaker, "list": _by_list}
    if not equals or not text or kind not in selectors:
        raise ConfigError(f"test rule {rule!r}: write index=0-4, speaker=NAME,.. or list=FILE")
    found = selectors[kind](text, words)
    if not found.any() or found.all():
        which = "none" if not found.any() else "all"
        raise DataError(f"test rule {rule!r}: selects {which} of {len(words)} recordings; choose some")
    labels = np.array([word.label for word in words])
    for part, chosen in (("training", ~found), ("test", found)):
        missing = np.setdiff1d(labels, labels[chosen])
        if len(missing):
            raise DataError(f"test rule {rule!r}: class {missing[0]} has no {part} recording; choose another rule")
    return found


def _by_index(text: str, words: Sequence[Word]) -> NDArray[np.bool_]:
    wanted: list[tuple[int, int]] = []
    for part in text.split(","):
        low, dash, high = part.partition("-")
        bounds = (low, high if dash else low)
        if not all(bound.isdecimal() and bound.isascii() and len(bound) < 10 for bound in bounds):
            raise ConfigError(f"test rule 'index={text}': numbers and ranges joined by commas are needed, as in 0-4,7")
        wanted.append((int(bounds[0]), int(bounds[1])))
    nameless = next((word.path for word in words if word.index is None), None)
    if nameless is not None:
        raise DataError(f"test rule 'index={text}': {nameless} tells no index; give a pattern with {{index}}")
    return np.array([any(low <= (word.index or 0) <= high for low, high in wanted) for word in words])


def _by_speaker(text: str, words: Sequence[Word]) -> NDArray[np.bool_]:
    wanted = text.split(",")
    check_speakers(f"test rule 'speaker={text}'", wanted, sorted({word.speaker for word in words} - {""}))
    return np.array([word.speaker in wanted for word in words])


def check_speakers(what: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    """Raise DataError where a speaker is not among the known ones, and list these."""
    unknown = [name for name in wanted if name not in known]
    if unknown and not known:
        raise DataError(f"{what}: no speakers are known; give a pattern with {{speaker}}")
    if unknown:
        raise DataError(f"{what}: no speaker {unknown[0]!r}; known are {shown(known)}")


def shown(names: Sequence[str], most: int = 20) -> str:
    """Return names for a message, not too many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _by_list(text: str, words: Sequence[Word]) -> NDArray[np.bool_]:
    try:
        lines = [line.strip() for line in Path(text).read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise DataError(f"{text}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{text}: not a text file; give a list of paths, one a line") from error
    wanted = {line.removeprefix("./") for line in lines if line}
    met: set[str] = set()
    found = np.zeros(len(words), bool)
    for index, word in enumerate(words):
        parts = word.path.split("/")
        hits = wanted.intersection("/".join(parts[start:]) for start in range(len(parts)))
        found[index] = bool(hits)
        met |= hits
    if missing := sorted(wanted - met):
        raise DataError(f"{text}: lists {missing[0]}, which is not among the recordings; check list and pattern")
    return found
