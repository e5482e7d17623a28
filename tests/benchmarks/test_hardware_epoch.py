"""An epoch in pieces: it is equal only where every piece is, and where the pieces join."""

import pytest

from benchmarks.hardware_epoch import configuration, main, report

PIECE = {
    "mismatches": 0, "first": [], "compared": 5000, "weights_compared": 100, "updated": 6, "right": 7, "cycles": 4000,
    "update_cycles": 3000, "lane_cycles": 1500, "before": "a", "after": "b", "seconds": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(
    "second, code, words",
    [
        ({"before": "b", "after": "c"}, 0, ["pieces that join     1 of 1", "right while learned  70.00 %, 12 samples"]),
        ({"before": "c"}, 1, ["pieces that join     0 of 1"]),
        ({"before": "b", "mismatches": 2, "first": ["sample 3"]}, 1, ["mismatches           2", "differs: sample 3"]),
    ],
)
def test_pieces_that_are_equal_and_join_are_an_equal_epoch(capsys, second, code, words):
    assert report(configuration("digits-64"), [PIECE, PIECE | second], 20) == code
    printed = capsys.readouterr().out
    assert all(word in printed for word in words), printed


def test_what_cannot_be_asked(capsys, tmp_path):
    for wrong in (["--samples", "0"], ["--preset", "mnist-cnn"]):
        assert main([*wrong, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("error: ") == 2
