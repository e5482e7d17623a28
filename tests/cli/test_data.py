"""intsnn data: what it lists, what it makes of recordings, and what a user can do wrong."""

import os
import re
import tarfile
from dataclasses import fields, replace

import h5py
import numpy as np
import pytest

from golden import files
from golden.config import EncodingConfig, LayerConfig, LearningConfig, NetworkConfig, NeuronConfig
from tests.cli.test_errors import fails
from tests.train.audio_files import tone, wav_bytes, write_words
from tests.train.event_files import load_events
from tests.train.test_data import write_idx_set
from train.audio.collection import FSDD_PATTERN
from train.audio.config import FrontEndConfig
from train.data import KNOWN

ENCODE = ("data", "encode-audio")
LABELS = ("go", "stop", "up")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    return write_words(tmp_path_factory.mktemp("wavs"), labels=LABELS, indices=range(6))


def network(**sizes):
    neuron = NeuronConfig(membrane_width=16, spike_width=1, threshold_shift=8, leak_shift=4)
    readout = NeuronConfig(membrane_width=18, spike_width=1, threshold_shift=8, leak_shift=None)
    return NetworkConfig(
        name="words", n_inputs=sizes["n_inputs"], n_steps=sizes["n_steps"],
        encoding=EncodingConfig(kind="events", spike_width=1),
        layers=(
            LayerConfig(size=16, weight_width=8, neuron=neuron),
            LayerConfig(size=sizes["n_classes"], weight_width=8, neuron=readout),
        ),
        learning=LearningConfig(
            timing="every_step", margin=512, rate_shifts=(2, -4), error_shifts=(1,), init_shifts=(13, 12),
            trace_shifts=(4, 4), epochs=2,
        ),
    )  # fmt: skip


def test_every_known_set_is_listed_with_its_place(intsnn, tmp_path, recordings, monkeypatch):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    monkeypatch.setattr("train.data.place.SYSTEM", tmp_path / "system")
    (tmp_path / "fsdd").mkdir()
    (tmp_path / "fsdd" / "recordings").symlink_to(recordings)
    done = intsnn("data", "list", "--data-dir", tmp_path, "--json")
    assert done.code == 0
    listed = {entry["name"]: entry for entry in done.json["sets"]}
    assert set(listed) == set(KNOWN)
    assert listed["fsdd"]["there"] and listed["fsdd"]["place"] == str(tmp_path / "fsdd" / "recordings")
    assert listed["cues"]["there"] and listed["cues"]["place"] is None
    assert not listed["shd"]["there"] and "zenkelab.org" in listed["shd"]["missing"]
    assert [name for name, entry in listed.items() if entry["there"]] == ["digits", "fsdd", "fsdd-reversed", "cues"]
    shown = intsnn("data", "list", "--data-dir", tmp_path)
    assert shown.code == 0 and os.path.join("fsdd", "recordings") in shown.out and "missing" in shown.out
    bare = intsnn("data", "list")
    assert bare.code == 0 and bare.out.count("missing") == len(KNOWN) - 2


def test_a_set_of_a_package_is_listed_with_its_whole_path(intsnn, tmp_path, monkeypatch):
    monkeypatch.delenv("INTSNN_DATA", raising=False)
    monkeypatch.setattr("train.data.place.SYSTEM", tmp_path / "system")
    packaged = write_idx_set(tmp_path / "system" / "fashion-mnist")
    (tmp_path / "data").mkdir()
    for place in ((), ("--data-dir", tmp_path / "data")):
        listed = {entry["name"]: entry for entry in intsnn("data", "list", *place, "--json").json["sets"]}
        assert listed["fashion-mnist"]["there"] and listed["fashion-mnist"]["place"] == str(packaged)
        shown = intsnn("data", "list", *place).out
        assert str(packaged)[:12] in shown and "fashion-mnist" in shown and "…" not in shown and ".." not in shown


def test_from_recordings_to_a_trained_network(intsnn, recordings, tmp_path):
    out = tmp_path / "made" / "words.h5"
    done = intsnn(*ENCODE, recordings, "--test", "index=0-1", "--channels", 12, "--out", out, "--json")
    assert done.code == 0, done.err
    result = done.json
    assert result["files"] == [str(tmp_path / "made" / f"words_{part}.h5") for part in ("train", "test")]
    assert sorted(path.name for path in out.parent.iterdir()) == ["words_test.h5", "words_train.h5"]
    assert result["recordings"] == [36, 18] and result["classes"] == [*LABELS]
    assert result["speakers"] == ["ann", "bob", "eve"] and (result["rate"], result["units"]) == (8000, 24)
    assert result["front_end"]["channels"] == 12 and result["events"] > 5 and result["without_events"] == 0

    name = f"{result['files'][0]}:bins=16,bin_ms=6"
    config = network(n_inputs=24, n_steps=16, n_classes=3)
    (tmp_path / "words.toml").write_text(config.to_toml(), encoding="utf-8")
    trained = intsnn(
        "train", "--config", tmp_path / "words.toml", "--data", name, "--out", tmp_path / "words.npz", "--json"
    )
    assert trained.code == 0, trained.err
    assert trained.json["data"] == "words:bins=16,bin_ms=6,channels=24,split=official"
    assert trained.json["samples"] == 36 and trained.json["history"][-1]["updated"] > 0
    for command in (("eval",), ("cosim",), ("cosim", "--learn"), ("train", "--epochs", 1)):
        done = intsnn(*command, tmp_path / "words.npz")
        fails(done, "was trained on data of yours, called words:bins=16", "as --data")
    evaluated = intsnn("eval", tmp_path / "words.npz", "--data", name, "--json")
    assert evaluated.code == 0 and evaluated.json["accuracy"] == trained.json["accuracy"]


def test_the_same_run_makes_the_same_bytes(intsnn, recordings, tmp_path):
    contents = []
    for name in ("a", "b"):
        assert intsnn(*ENCODE, recordings, "--channels", 4, "--out", tmp_path / name / "words.h5").code == 0
        contents.append((tmp_path / name / "words.h5").read_bytes())
    assert contents[0] == contents[1]


def test_it_shows_what_it_made(intsnn, recordings, tmp_path):
    done = intsnn(*ENCODE, recordings, "--channels", 4, "--out", tmp_path / "words.h5")
    assert done.code == 0 and "54 recordings" in done.out and "3: go, stop, up" in done.out
    assert "3: ann, bob, eve" in done.out and "54/54" in done.err


def test_folders_as_labels_and_another_rate(intsnn, tmp_path):
    for label in ("yes", "no"):
        folder = tmp_path / "set" / label
        folder.mkdir(parents=True)
        for number, speaker in enumerate(("0a", "1b")):
            for index in range(2):
                path = folder / f"{speaker}_nohash_{index}.wav"
                path.write_bytes(wav_bytes(tone(300 + 500 * len(label) + 20 * number, 0.1, 16_000), 16_000))
    (tmp_path / "set" / "_background_noise_").mkdir()
    (tmp_path / "set" / "_background_noise_" / "dishes.wav").write_bytes(wav_bytes(tone(100, 0.1, 16_000), 16_000))
    (tmp_path / "list.txt").write_text("yes/0a_nohash_1.wav\nno/1b_nohash_0.wav\n")
    pattern = ("--pattern", "{label}/{speaker}_nohash_{index}.wav", "--out", tmp_path / "set.h5")
    fails(intsnn(*ENCODE, tmp_path / "set", *pattern), "dishes.wav does not fit the pattern", "--ignore-others")
    done = intsnn(
        *ENCODE, tmp_path / "set", *pattern, "--ignore-others", "--test", f"list={tmp_path / 'list.txt'}",
        "--rate", 8000, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert done.json["recordings"] == [6, 2] and done.json["ignored"] == 1 and done.json["rate"] == 8000
    assert "1 of 9 wav files do not fit the pattern" in done.err
    with h5py.File(tmp_path / "set_test.h5") as file:
        assert [name.decode() for name in file["extra/meta_info/recording"]] == [
            "no/1b_nohash_0.wav", "yes/0a_nohash_1.wav",
        ]  # fmt: skip


def test_settings_of_the_front_end_reach_it(intsnn, recordings, tmp_path):
    def run(*options):
        done = intsnn(*ENCODE, recordings, "--channels", 6, "--out", tmp_path / "words.h5", *options, "--json")
        assert done.code == 0, done.err
        return done.json

    plain = run()
    assert run("--threshold", 0.9)["events"] < plain["events"] > run("--onset-threshold", 0.6)["events"]
    settings = run("--low", 300, "--high", 2000)["front_end"]
    assert (settings["low_hz"], settings["high_hz"]) == (300, 2000)


def test_help_tells_the_defaults(intsnn, capsys):
    with pytest.raises(SystemExit):
        intsnn(*ENCODE, "--help")
    text = " ".join(capsys.readouterr().out.split())
    defaults = {field.name: field.default for field in fields(FrontEndConfig)}
    for option, name in (("--channels", "channels"), ("--low", "low_hz"), ("--threshold", "threshold"),
                         ("--onset-threshold", "onset_threshold")):  # fmt: skip
        (found,) = re.findall(rf"{option} \w+ [^()]*\(default: ([0-9.]+)\)", text)
        assert float(found) == defaults[name]
    assert f"(default: {FSDD_PATTERN})" in text


def broken(folder, name="go_ann_9.wav", content=b""):
    (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    "change, options, words",
    [
        (lambda folder: broken(folder), (), ["go_ann_9.wav: not a readable wav file"]),
        (lambda folder: broken(folder, content=wav_bytes(np.zeros(0))), (), ["go_ann_9.wav: of zero length"]),
        (
            lambda folder: broken(folder, content=wav_bytes(tone(300, 0.1, 16_000), 16_000)),
            (),
            ["go_ann_9.wav: 16000 samples a second where go_ann_0.wav has 8000", "--rate"],
        ),
        (lambda folder: broken(folder, "hum.wav", wav_bytes(tone(50))), (), ["hum.wav does not fit", "--pattern"]),
        (None, ("--pattern", "{speaker}.wav"), ["pattern '{speaker}.wav'", "{label}"]),
        (None, ("--test", "speaker=carl"), ["no speaker 'carl'; known are ann, bob, eve"]),
        (None, ("--test", "index=7-9"), ["selects none of 54"]),
        (None, ("--test", "half"), ["test rule 'half'"]),
        (lambda folder: broken(folder, "down_ann_0.wav", wav_bytes(tone(50))), ("--test", "index=0-1"),
         ["class down has no training recording"]),
        (None, ("--rate", "100"), ["--rate", "4000 to 384000"]),
        (None, ("--rate", "fast"), ["--rate", "fast"]),
        (None, ("--channels", "0"), ["--channels", "0"]),
        (None, ("--channels", "2000"), ["--channels: must be a whole number 1..1024, got 2000"]),
        (None, ("--high", "4000"), ["80 to 4000 Hz", "8000 Hz"]),
        (None, ("--threshold", "nan"), ["threshold"]),
    ],
)  # fmt: skip
def test_what_a_user_can_do_wrong(intsnn, recordings, tmp_path, change, options, words):
    folder = tmp_path / "wavs"
    folder.mkdir()
    for path in recordings.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    if change is not None:
        change(folder)
    done = intsnn(*ENCODE, folder, "--out", tmp_path / "below" / "words.h5", *options)
    done.err = "\n".join(line for line in done.err.splitlines() if not line.startswith("encoding"))
    fails(done, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["wavs"]


def test_sources_and_places_that_do_not_serve(intsnn, recordings, tmp_path):
    out = ("--out", tmp_path / "words.h5")
    fails(intsnn("data"), "COMMAND")
    fails(intsnn(*ENCODE, tmp_path / "nothing", *out), "nothing: no such folder or archive")
    fails(intsnn(*ENCODE, tmp_path, *out), "holds no wav file")
    with tarfile.open(tmp_path / "words.tar.gz", "w:gz") as archive:
        archive.add(recordings, "wavs")
    whole = (tmp_path / "words.tar.gz").read_bytes()
    (tmp_path / "words.tar.gz").write_bytes(whole[: len(whole) // 2])
    fails(intsnn(*ENCODE, tmp_path / "words.tar.gz", *out), "words.tar.gz: cannot be read", "fetch it again")
    fails(intsnn(*ENCODE, recordings, "--out", tmp_path / "words.npz"), "must end in .h5")
    fails(intsnn(*ENCODE, recordings, "--out", tmp_path / "words.tar.gz" / "words.h5"), "words.tar.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["words.tar.gz"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing_half_written(intsnn, recordings, tmp_path, monkeypatch, call):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, call, fail)
    done = intsnn(*ENCODE, recordings, "--channels", 4, "--test", "index=0", "--out", tmp_path / "words.h5")
    done.err = done.err.splitlines()[-1]
    fails(done, "words_train.h5", "No space left on device")
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(intsnn, recordings, tmp_path, monkeypatch):
    def stop(show, words):
        yield words[0]
        raise KeyboardInterrupt

    monkeypatch.setattr("intsnn_hw.api.encode_audio._bar", stop)
    done = intsnn(*ENCODE, recordings, "--out", tmp_path / "words.h5")
    assert done.code == 130 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["fsdd", "fsdd-reversed:split=bob", "cues:train=20,test=10,bin_ms=50", "mnist-rows"])
def test_training_on_sets_by_name(intsnn, tmp_path, monkeypatch, name):
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "cache"))
    write_idx_set(tmp_path / "mnist")
    write_words(tmp_path / "fsdd" / "recordings", speakers=("ann", "bob"), indices=(0, 7))
    folder = None if name.startswith("cues") else tmp_path  # these lie in none
    data = load_events(name, folder)
    config = network(n_inputs=data.n_inputs, n_steps=data.n_steps, n_classes=data.n_classes)
    (tmp_path / "net.toml").write_text(config.to_toml(), encoding="utf-8")
    arguments = ["--config", tmp_path / "net.toml", "--data", name, "--epochs", 1, "--json"]
    if folder is not None:
        arguments += ["--data-dir", folder]
    done = intsnn("train", *arguments, "--out", tmp_path / "net.npz")
    assert done.code == 0, done.err
    assert done.json["data"] == data.name and done.json["samples"] == len(data.train_y)
    whole = {"fsdd": "3,000", "fsdd-reversed": "6,000"}.get(name)
    n_samples = len(data.train_y) + len(data.test_y)
    assert (f"only {n_samples} of its {whole} samples are there" in done.err) == (whole is not None)


def test_outputs_without_a_class_are_told(intsnn, recordings, tmp_path):
    assert intsnn(*ENCODE, recordings, "--test", "index=0-1", "--channels", 4, "--out", tmp_path / "w.h5").code == 0
    for n_classes in (3, 10):
        (tmp_path / "net.toml").write_text(network(n_inputs=8, n_steps=100, n_classes=n_classes).to_toml())
        done = intsnn("train", "--config", tmp_path / "net.toml", "--data", tmp_path / "w_train.h5", "--epochs", 1)
        assert done.code == 0, done.err
        assert ("3 classes, the network 10 outputs: the others are never right" in done.err) == (n_classes == 10)


def test_a_checkpoint_is_measured_on_the_set_it_was_trained_on(intsnn, tmp_path, monkeypatch):
    monkeypatch.setenv("INTSNN_CACHE", str(tmp_path / "cache"))
    write_words(tmp_path / "fsdd" / "recordings", speakers=("ann", "bob", "cy"), indices=(0, 7))
    (tmp_path / "net.toml").write_text(
        replace(network(n_inputs=128, n_steps=80, n_classes=10), name="fsdd-mine").to_toml(), encoding="utf-8"
    )
    place, path = ("--data-dir", tmp_path, "--json"), tmp_path / "net.npz"
    for validation in ((), ("--validation",)):
        trained = intsnn(
            "train", "--config", tmp_path / "net.toml", "--data", "fsdd:split=bob", *validation, *place, "--epochs", 1,
            "--out", path,
        )  # fmt: skip
        assert trained.code == 0, trained.err
        for command in (("eval", path), ("cosim", path, "--samples", 2), ("train", path, "--epochs", 1)):
            done = intsnn(*command, *place)
            assert done.code == 0 and done.json["data"] == "fsdd:bins=80,bin_ms=8,channels=64,split=bob", done.err
        assert intsnn("eval", path, *validation, *place).json["data"] == trained.json["data"]
        chosen = intsnn("eval", path, "--data", "fsdd", *place)
        assert chosen.code == 0 and chosen.json["data"].endswith("split=official")
