"""What a test needs and a machine may lack."""

import os
from collections.abc import Callable
from typing import TypeVar

import pytest

from golden.errors import DataError, ToolError

T = TypeVar("T")


def needed(find: Callable[[], T]) -> T:
    """Return what is found; where it is missing, skip on a user's machine and fail in CI."""
    try:
        return find()
    except (DataError, ToolError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"in CI it must be there: {error}")
        pytest.skip(str(error))
