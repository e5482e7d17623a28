"""The command line run in this process, and a small trained network."""

import json

import pytest

from intsnn_hw.cli import main


class Outcome:
    """Exit code and what was printed; `json` is the one object on stdout."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def intsnn(capsys):
    """Run a command: ``intsnn("eval", path, "--json")``."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A checkpoint of digits-64, two epochs."""
    path = tmp_path_factory.mktemp("trained") / "digits.npz"
    assert main(["train", "--preset", "digits-64", "--epochs", "2", "--out", str(path), "--json"]) == 0
    return path
