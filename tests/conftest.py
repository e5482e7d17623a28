"""What all tests share."""

import os
from pathlib import Path

import hypothesis
import pytest

from golden.errors import DataError
from train.data import find_mnist

# The same examples on every run and machine; slow machines are not failures.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return the folder with MNIST's four files; without it skip on a user's machine, fail in CI."""
    try:
        return find_mnist()
    except DataError as error:
        if os.environ.get("CI"):
            pytest.fail(f"in CI the data must be there: {error}")
        pytest.skip(str(error))
