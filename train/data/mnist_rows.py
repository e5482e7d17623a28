"""Row-sequential MNIST: a picture is read row by row, one a time step, each pixel a graded spike."""

from pathlib import Path

from golden.encoding import to_events
from train.data.event_dataset import EventDataset
from train.data.mnist import load_mnist


def load_mnist_rows(data_dir: Path | str | None = None) -> EventDataset:
    """Load MNIST as :func:`train.data.mnist.find_mnist` finds it: 28 inputs, the columns, and 28 steps, the rows.

    A level is a pixel of 8 bits; narrower spikes carry its upper bits.
    """
    mnist = load_mnist(data_dir)
    _, n_rows, n_columns = mnist.shape
    return EventDataset(
        name="mnist-rows",
        train=to_events(mnist.train_x.reshape(-1, n_rows, n_columns)),
        train_y=mnist.train_y,
        test=to_events(mnist.test_x.reshape(-1, n_rows, n_columns)),
        test_y=mnist.test_y,
        n_classes=mnist.n_classes,
        shape=(n_columns,),
        level_width=mnist.value_width,
    )
