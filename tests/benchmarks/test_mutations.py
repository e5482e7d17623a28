"""The mutations of the RTL: each is still where its text says."""

import pytest

from benchmarks.mutations import MUTATIONS, ROOT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.what)
def test_a_mutation_finds_its_place_once_and_tests_to_fail(mutation):
    text = (ROOT / "intsnn_hw" / mutation.file).read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1
    assert (ROOT / mutation.tests[0]).is_file()
