"""One small trained network, and a set of its own in a file."""

import numpy as np
import pytest

import intsnn_hw
from train.data.digits import load_digits


@pytest.fixture(scope="session")
def mine():
    """Arrays of a set of one's own: 60 and 20 digits, values of 4 bits."""
    data = load_digits()
    return {"x_train": data.train_x[:60], "y_train": data.train_y[:60], "x_test": data.test_x[:20],
            "y_test": data.test_y[:20]}  # fmt: skip


@pytest.fixture(scope="session")
def mine_npz(mine, tmp_path_factory):
    path = tmp_path_factory.mktemp("mine") / "mine.npz"
    np.savez(path, **mine)
    return path


@pytest.fixture(scope="session")
def trained(mine, tmp_path_factory):
    """digits-4, one epoch, and its checkpoint."""
    net = intsnn_hw.preset("digits-64", hidden=(4,), lanes=2)
    path = tmp_path_factory.mktemp("trained") / "digits.npz"
    net.train(mine, epochs=1, out=path, progress=False)
    return net


@pytest.fixture(scope="session")
def checkpoint(trained):
    return trained.source
