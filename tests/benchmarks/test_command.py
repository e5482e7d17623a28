"""Exit codes of benchmarks."""

import pytest

from benchmarks.command import command
from golden.errors import ConfigError


@pytest.mark.parametrize("error, code, shown", [
    (ConfigError("--seeds: must be at least 1, got 0"), 2, "error: --seeds: must be at least 1, got 0\n"),
    (FileNotFoundError(2, "No such file", "a.csv"), 2, "error: [Errno 2] No such file: 'a.csv'\n"),
    (KeyboardInterrupt(), 130, ""),
])  # fmt: skip
def test_what_a_user_causes_is_an_exit_code(error, code, shown, capsys):
    @command
    def main(arguments):
        raise error

    assert main([]) == code and capsys.readouterr().err == shown


def test_a_main_is_called_with_its_arguments_and_gives_its_code():
    assert command(lambda arguments: None)() == 0
    assert command(lambda arguments: len(arguments))(["a", "b"]) == 2


def test_a_defect_keeps_its_traceback():
    @command
    def main(arguments):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        main([])
