"""What `make quick` chooses is there."""

import pytest

from tests.conftest import QUICK, TESTS


@pytest.mark.parametrize("place", QUICK)
def test_each_quick_place_holds_tests(place):
    path = TESTS / place
    assert path.is_file() if path.suffix else list(path.rglob("test_*.py"))


def test_quick_tests_are_marked(request):
    assert request.node.get_closest_marker("quick")
