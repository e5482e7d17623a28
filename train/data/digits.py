"""The 1,797 handwritten digits of 8x8 pixels that scikit-learn ships (UCI optical recognition, test part)."""

import numpy as np

from train.data.dataset import Dataset


def load_digits() -> Dataset:
    """Load the digits with their fixed split: 64 features of 4 bits, 10 classes, 1,352 training and 445 test samples.

    The pixels are counts 0 .. 16; 16 becomes 15, so that four bits hold them. Within each class, in the order of
    the file, every fourth sample (the 4th, 8th, 12th ...) is test, the others are training; both parts keep the
    order of the file. No random generator is involved. Writers occur in both parts.
    """
    from sklearn import datasets  # takes a second to import; only this set needs it

    pixels, labels = datasets.load_digits(return_X_y=True)
    values = np.minimum(pixels.astype(np.int64), 15).reshape(-1, 8, 8)
    test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        test[np.flatnonzero(labels == label)[3::4]] = True
    return Dataset.from_arrays("digits", values[~test], labels[~test], values[test], labels[test])
