"""A labelled data set of unsigned integers, split into training and test part."""

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from golden.config import EncodingConfig
from golden.digest import digest
from golden.encoding import Events, encode_events
from golden.errors import DataError
from golden.fixed import IntArray
from train.data.arrays import array_of, whole_numbers
from train.data.labels import check_classes, check_numbers
from train.data.split import check_counts, held_out

MAX_VALUE_WIDTH = 16

Part = Literal["train", "test"]
"""A part of a data set."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with their classes; built and checked by :meth:`from_arrays`. A part may be empty.

    Members
    -------
    name : str
    train_x, test_x : uint8 or uint16 (n, n_features), unsigned values of ``value_width`` bits
    train_y, test_y : int64 (n,), classes 0 .. n_classes - 1
    n_classes : int
    value_width : int
        Bits of the largest value in either part, 1 .. 16.
    shape : tuple of int
        Of a sample: (channels, rows, columns) of an image, (n_features,) of anything else. Features lie in C order.
    """

    name: str
    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    n_classes: int
    value_width: int
    shape: tuple[int, ...]

    @classmethod
    def from_arrays(
        cls,
        name: str,
        train_x: ArrayLike | None,
        train_y: ArrayLike | None,
        test_x: ArrayLike | None,
        test_y: ArrayLike | None,
        source: object = None,
    ) -> Self:
        """Check raw arrays of whole numbers and derive widths and classes.

        Samples of any shape are flattened to (n, n_features) in C order; (n, rows, columns) are images of one channel.
        Booleans are 0 and 1, and floats without a fraction are whole numbers too. Where both arrays of a part are None
        there are no samples in it. ``source`` says in messages where the arrays come from; the name where it is left
        out.

        Raises
        ------
        DataError
            No whole numbers, out of range, empty, or parts that do not fit each other.
        """
        where = str(source or name)
        given = [("training", train_x, train_y), ("test", test_x, test_y)]
        found = {part: _part(where, part, x, y) for part, x, y in given if x is not None or y is not None}
        if not found:
            raise DataError(f"{where}: holds no samples; give those of a part at least")
        (x, _), *others = found.values()
        for other, _ in others:
            if x.shape[1:] != other.shape[1:]:
                raise DataError(
                    f"{where}: training images have shape {x.shape[1:]}, test images {other.shape[1:]}; "
                    "both parts must be of one"
                )
        if "training" in found:
            labels = [y for _, y in found.values()]
            check_classes(where, labels[0], labels[-1])
        value_width = max(1, *(int(x.max()).bit_length() for x, _ in found.values()))
        dtype = np.uint8 if value_width <= 8 else np.uint16
        shape = x.shape[1:]
        n_features, none = math.prod(shape), (np.empty((0, *shape)), np.empty(0))
        # np.array copies: what is read from a file's buffer is read-only, which compiled kernels type differently.
        parts = [
            (np.array(x.reshape(len(x), n_features), dtype=dtype, order="C"), np.array(y, dtype=np.int64))
            for x, y in (found.get(part, none) for part, *_ in given)
        ]
        return cls(
            name=name,
            train_x=parts[0][0],
            train_y=parts[0][1],
            test_x=parts[1][0],
            test_y=parts[1][1],
            n_classes=1 + max(int(y.max()) for _, y in found.values()),
            value_width=value_width,
            shape=(1, *shape) if len(shape) == 2 else shape,
        )

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        counts = f"{len(self.train_y):,} training and {len(self.test_y):,} test samples"
        return f"Dataset({self.name}: {counts} of {shape} values of {self.value_width} bits, {self.n_classes} classes)"

    @property
    def n_features(self) -> int:
        """Values per sample."""
        return self.train_x.shape[1]

    @property
    def n_inputs(self) -> int:
        """Inputs of a network that takes the samples: one for each value."""
        return math.prod(self.shape)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """All samples and labels, to tell equal sets by."""
        return self.train_x, self.train_y, self.test_x, self.test_y

    @property
    def digest(self) -> str:
        """A name for all samples and labels."""
        return digest(*(array.tobytes() for array in self.arrays))

    def events(self, part: Part, encoding: EncodingConfig, n_steps: int, order: IntArray | None = None) -> Events:
        """Encode the samples of a part, or those of ``order``, into the spikes of ``n_steps`` time steps.

        Raises
        ------
        ConfigError
            An encoding of kind ``events``, which takes no values.
        """
        values = {"train": self.train_x, "test": self.test_x}[part]
        return encode_events(values if order is None else values[order], encoding, n_steps)

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
        held = held_out(self.name, self.train_y, self.n_classes, fraction, seed)
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
        check_counts(self.name, n_train, self.train_y, n_test, self.test_y)
        return replace(
            self,
            train_x=self.train_x[:n_train],
            train_y=self.train_y[:n_train],
            test_x=self.test_x[:n_test],
            test_y=self.test_y[:n_test],
        )


def _part(where: str, part: str, x: ArrayLike | None, y: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of a part as integers."""
    x_name, y_name = f"{where}: {part} images", f"{where}: {part} labels"
    images, labels = array_of(x, x_name), array_of(y, y_name)
    check_numbers(labels, y_name)
    images = _integers(whole_numbers(images, x_name), x_name)
    labels = _integers(whole_numbers(labels, y_name, "number the classes 0, 1, .."), y_name)
    if images.ndim < 2:
        raise DataError(f"{x_name} have shape {images.shape}; (n, n_features) or (n, rows, columns) is needed")
    if labels.ndim != 1:
        raise DataError(f"{y_name} have shape {labels.shape}; one class number per image, (n,), is needed")
    if len(images) != len(labels):
        raise DataError(f"{where}: {len(images)} {part} images but {len(labels)} {part} labels; each image needs one")
    return images, labels


def _integers(values: np.ndarray, what: str) -> np.ndarray:
    if values.size == 0:
        raise DataError(f"{what} are empty (shape {values.shape}); at least one is needed")
    if values.min() < 0:
        raise DataError(f"{what} go down to {values.min()}; values must be 0 or more")
    if values.max() >= 1 << MAX_VALUE_WIDTH:
        raise DataError(f"{what} go up to {values.max()}; at most {(1 << MAX_VALUE_WIDTH) - 1} is allowed")
    return values
