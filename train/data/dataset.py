"""A labelled data set of unsigned integers, split into training and test part."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from golden.errors import DataError

MAX_VALUE_WIDTH = 16


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their classes; built and checked by :meth:`from_arrays`.

    Members
    -------
    name : str
    train_x, test_x : uint8 or uint16 (n, n_features), unsigned values of ``value_width`` bits
    train_y, test_y : int64 (n,), classes 0 .. n_classes - 1
    n_classes : int
    value_width : int
        Bits of the largest value in either part, 1 .. 16.
    """

    name: str
    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    n_classes: int
    value_width: int

    @classmethod
    def from_arrays(
        cls,
        name: str,
        train_x: np.ndarray,
        train_y: np.ndarray,
        test_x: np.ndarray,
        test_y: np.ndarray,
        source: object = None,
    ) -> Self:
        """Check raw integer arrays and derive widths and classes.

        Samples of any shape are flattened to (n, n_features) in C order. ``source`` says in messages where the
        arrays come from; the name where it is left out.

        Raises
        ------
        DataError
            Not integers, out of range, empty, or parts that do not fit each other.
        """
        where = str(source or name)
        xs = [_samples(x, f"{where}: {part} images") for part, x in (("training", train_x), ("test", test_x))]
        ys = [_labels(y, f"{where}: {part} labels") for part, y in (("training", train_y), ("test", test_y))]
        for part, x, y in zip(("training", "test"), xs, ys, strict=True):
            if len(x) != len(y):
                raise DataError(f"{where}: {len(x)} {part} images but {len(y)} {part} labels; each image needs one")
        if xs[0].shape[1] != xs[1].shape[1]:
            raise DataError(
                f"{where}: training images have {xs[0].shape[1]} values, test images {xs[1].shape[1]}; "
                "both parts must be of one size"
            )
        value_width = max(1, *(int(x.max()).bit_length() for x in xs))
        dtype = np.uint8 if value_width <= 8 else np.uint16
        # np.array copies: what is read from a file's buffer is read-only, which compiled kernels type differently.
        return cls(
            name=name,
            train_x=np.array(xs[0], dtype=dtype, order="C"),
            train_y=np.array(ys[0], dtype=np.int64),
            test_x=np.array(xs[1], dtype=dtype, order="C"),
            test_y=np.array(ys[1], dtype=np.int64),
            n_classes=1 + max(int(y.max()) for y in ys),
            value_width=value_width,
        )

    @property
    def n_features(self) -> int:
        """Values per sample."""
        return self.train_x.shape[1]

    def validation_split(self, fraction: float = 1 / 6, seed: int = 0) -> Self:
        """Hold out a piece of the training part as the test part of a new set, to choose settings by.

        Of every class, ``fraction`` of its training samples (rounded half up), drawn by ``seed``; both pieces keep
        the order of the training part. The test part plays no role. The same on any machine: the stream of
        ``RandomState`` is frozen by numpy.

        Raises
        ------
        DataError
            A fraction that is not between 0 and 1, or that leaves one of the two pieces empty.
        """
        if not 0 < fraction < 1:
            raise DataError(f"validation fraction {fraction}: must lie between 0 and 1, both excluded")
        random = np.random.RandomState(seed)
        held = np.zeros(len(self.train_y), dtype=bool)
        for label in range(self.n_classes):
            members = np.flatnonzero(self.train_y == label)
            count = int(len(members) * fraction + 0.5)
            held[members[random.permutation(len(members))[:count]]] = True
        if not held.any() or held.all():
            raise DataError(
                f"{self.name}: a validation fraction of {fraction} leaves {held.sum()} of {len(held)} training "
                "samples held out; choose a fraction that leaves both parts some"
            )
        return replace(
            self,
            name=f"{self.name}-validation",
            train_x=self.train_x[~held],
            train_y=self.train_y[~held],
            test_x=self.train_x[held],
            test_y=self.train_y[held],
        )

    def take(self, n_train: int | None = None, n_test: int | None = None) -> Self:
        """Return the first ``n_train`` and ``n_test`` samples, all where None.

        Raises
        ------
        DataError
            A count below 1 or above what there is.
        """
        for part, count, y in (("training", n_train, self.train_y), ("test", n_test, self.test_y)):
            if count is not None and not 1 <= count <= len(y):
                raise DataError(f"{self.name}: {count} {part} samples asked for; choose 1 to {len(y)}")
        return replace(
            self,
            train_x=self.train_x[:n_train],
            train_y=self.train_y[:n_train],
            test_x=self.test_x[:n_test],
            test_y=self.test_y[:n_test],
        )


def _integers(values: np.ndarray, what: str) -> np.ndarray:
    values = np.asarray(values)
    if not np.issubdtype(values.dtype, np.integer):
        raise DataError(f"{what} are {values.dtype}; integers are needed (scale and round them first)")
    if values.size == 0:
        raise DataError(f"{what} are empty (shape {values.shape}); at least one is needed")
    if values.min() < 0:
        raise DataError(f"{what} go down to {values.min()}; values must be 0 or more")
    if values.max() >= 1 << MAX_VALUE_WIDTH:
        raise DataError(f"{what} go up to {values.max()}; at most {(1 << MAX_VALUE_WIDTH) - 1} is allowed")
    return values


def _samples(values: np.ndarray, what: str) -> np.ndarray:
    values = _integers(values, what)
    if values.ndim < 2:
        raise DataError(f"{what} have shape {values.shape}; (n, n_features) or (n, rows, columns) is needed")
    return values.reshape(len(values), -1)


def _labels(values: np.ndarray, what: str) -> np.ndarray:
    values = _integers(values, what)
    if values.ndim != 1:
        raise DataError(f"{what} have shape {values.shape}; one class number per image, (n,), is needed")
    return values
