"""A task that only time solves: each sample as it is and reversed in time, to be told apart."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from golden.encoding import Events
from train.data.event_dataset import EventDataset


def with_reversed(dataset: EventDataset) -> EventDataset:
    """Return a set of twice the classes: behind each sample of class c its reversal, of class ``n_classes`` + c.

    The time steps between the first and the last event of a sample change places, the first with the last and so on. So
    both have the same counts of events at every input, and begin and end at the same steps: only the order tells them
    apart. (Sound played backwards would not do: its onsets are other events, so rates would tell.)

    A validation split keeps the two together: it holds out groups, and where the set's own groups are not to be held
    out, each sample and its reversal are one.
    """
    own_groups = dataset.groups if dataset.by_group and dataset.groups is not None else np.arange(len(dataset.train_y))
    return replace(
        dataset,
        train=_both(dataset.train),
        train_y=_labels(dataset.train_y, dataset.n_classes),
        test=_both(dataset.test),
        test_y=_labels(dataset.test_y, dataset.n_classes),
        n_classes=2 * dataset.n_classes,
        groups=np.repeat(own_groups, 2),
        by_group=True,
    )


def _labels(labels: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    return np.stack([labels, labels + n_classes], axis=1).ravel()


def _both(events: Events) -> Events:
    n_samples, n_steps = events.n_samples, events.n_steps
    filled = np.diff(events.offsets).reshape(n_samples, n_steps) > 0
    first = filled.argmax(axis=1)[:, None]
    last = n_steps - 1 - filled[:, ::-1].argmax(axis=1)[:, None]
    steps = np.broadcast_to(np.arange(n_steps), filled.shape)
    backwards = np.where((steps >= first) & (steps <= last), first + last - steps, steps)
    rows = np.stack([steps, backwards], axis=1) + n_steps * np.arange(n_samples)[:, None, None]
    # A step is a sample of its own while they are put into order.
    return events._replace(n_steps=1).select(rows.ravel())._replace(n_steps=n_steps)
