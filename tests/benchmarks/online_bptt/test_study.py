"""The command's errors."""

from benchmarks.online_bptt.__main__ import main


def test_errors_are_one_line(tmp_path, capsys):
    assert main(["--seeds", "0", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: --seeds: must be at least 1, got 0\n"
    assert main(["--quick", "--data-dir", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: ") and not list(tmp_path.iterdir())
