"""The command that makes the recorded networks: what it says where something is missing."""

import pytest

from benchmarks.frameworks import __main__ as frameworks


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "give --out DIR for the networks, or --make-env ENV for the frameworks"),
        (["--out", "x"], "--python: None does not exist; make an environment with --make-env ENV first"),
        (["--out", "x", "--python", "no/python"], "--python: no/python does not exist"),
    ],
)
def test_what_is_missing_is_one_line(arguments, words, capsys):
    assert frameworks.main(arguments) == 2
    assert words in (text := capsys.readouterr().err) and text.count("\n") == 1


def test_the_networks_are_made_by_that_python_from_the_root(monkeypatch, tmp_path):
    calls = []

    def run(command, **options):
        calls.append((command, options["cwd"]))
        return type("Done", (), {"returncode": 3})

    monkeypatch.setattr(frameworks.subprocess, "run", run)
    (python := tmp_path / "python").touch()
    out, data = tmp_path / "out", tmp_path / "data"
    given = ["--python", str(python), "--out", str(out), "--only", "norse", "--train", str(data)]
    assert frameworks.main(given) == 2
    command, root = calls[0]
    assert command[:3] == [python, "-m", "benchmarks.frameworks.record"] and (root / "pyproject.toml").exists()
    assert command[3:] == ["--out", str(out), "--only", "norse", "--train", str(data)]


def test_the_environment_is_made_under_constraints(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(frameworks, "run", lambda python, *arguments: calls.append(arguments))
    assert frameworks.main(["--make-env", str(tmp_path / "env")]) == 0
    assert calls[0][:2] == ("-m", "venv") and len(calls) == 3
    assert all(str(frameworks.HERE / "constraints.txt") in each for each in calls[1:]) and "--no-deps" in calls[2]
