"""Checkpoints: exact round trips, bytes that repeat, and one clear error for every damaged or foreign file."""

import json
import os
import zipfile
from copy import deepcopy
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden import checkpoint
from golden.checkpoint import Checkpoint, load, save
from golden.config import ConvConfig, LayerConfig, LearningConfig, LearningNetworkConfig, NetworkConfig
from golden.encoding import to_events
from golden.errors import CheckpointError
from golden.fixed import Lfsr
from golden.kernels import Kernel
from golden.network import LearningNetwork, Network
from sim.verify import stimuli
from tests.strategies import network_configs, seeds, spatial_configs

NOTES = {"epoch": 3, "seed": 5, "history": [{"accuracy": 0.5}, {"accuracy": 0.75}], "name": "größe"}


def small_config(**changes: Any) -> LearningNetworkConfig:
    rule = LearningConfig(rate_shifts=(4, -4), error_shifts=(1,), init_shifts=(15, 15))
    layers = (LayerConfig(size=3), LayerConfig(size=2, weight_width=12))
    return LearningNetworkConfig(**{"n_inputs": 4, "n_steps": 2, "layers": layers, "learning": rule, **changes})


@pytest.fixture
def network() -> LearningNetwork:
    return LearningNetwork.initial(small_config())


def assert_same(ours: Network, theirs: Network) -> None:
    assert type(ours) is type(theirs) and ours.config == theirs.config
    for name in ("weights", "stored_weights"):
        for a, b in zip(getattr(ours, name), getattr(theirs, name), strict=True):
            assert a.dtype == np.int64
            np.testing.assert_array_equal(a, b)
    if isinstance(ours, LearningNetwork) and isinstance(theirs, LearningNetwork):
        assert ours.lfsr.state == theirs.lfsr.state


def fault_of(path: Path) -> str:
    """The message of a file that cannot be loaded, checked for its form; without the path."""
    with pytest.raises(CheckpointError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    assert "; " in message  # what is wrong; what to do
    return message.removeprefix(f"{path}: ")


# Round trips


@given(network_configs(learning=True), seeds)
def test_round_trip_of_a_learning_network(tmp_path_factory, config, seed):
    path = tmp_path_factory.getbasetemp() / "learning.npz"
    network = stimuli.network(config, seed=seed)
    save(path, network, training=NOTES)
    loaded = load(path)
    assert_same(loaded.network, network)
    assert loaded.training == NOTES


@given(st.one_of(network_configs(), spatial_configs()), seeds)
def test_round_trip_of_inference(tmp_path_factory, config, seed):
    path = tmp_path_factory.getbasetemp() / "inference.npz"
    network = stimuli.network(config, seed=seed)
    save(str(path), network)
    assert_same(load(str(path)).network, network)
    assert load(path).training == {}


@given(network_configs(learning=True), seeds)
def test_saves_repeat_byte_for_byte(tmp_path_factory, config, seed):
    folder = tmp_path_factory.getbasetemp()
    network = stimuli.network(config, seed=seed)
    save(folder / "a.npz", network, training={"a": 1, "b": 2})
    save(folder / "b.npz", deepcopy(network), training={"b": 2, "a": 1})
    first = (folder / "a.npz").read_bytes()
    assert (folder / "b.npz").read_bytes() == first
    loaded = load(folder / "a.npz")
    save(folder / "b.npz", loaded.network, training=loaded.training)
    assert (folder / "b.npz").read_bytes() == first


def test_saves_do_not_tell_the_time(tmp_path, network, monkeypatch):
    save(tmp_path / "a.npz", network)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    save(tmp_path / "b.npz", network)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_run_resumes_bit_for_bit(tmp_path, network):
    config = network.config
    spikes = stimuli.spikes(config, 30, seed=1)
    events, labels = to_events(spikes), np.arange(30) % 2
    whole = Kernel(network)
    whole.learn(events, labels, np.arange(30))
    part = Kernel(network)
    part.learn(events, labels, np.arange(12))
    save(tmp_path / "half.npz", part.network())
    part = Kernel(load(tmp_path / "half.npz").network)
    part.learn(events, labels, np.arange(12, 30))
    assert_same(part.network(), whole.network())
    assert whole.model.lfsr[0] != Kernel(network).model.lfsr[0]


def test_numpy_reads_the_file(tmp_path, network):
    """The format is a plain .npz of narrow integers and JSON, for tools that know nothing of this project."""
    save(tmp_path / "n.npz", network, training=NOTES)
    with np.load(tmp_path / "n.npz", allow_pickle=False) as file:
        members = {name: file[name] for name in file.files}
    assert list(members) == [
        "format_version", "config", "training",
        "layer0.weight", "layer0.shadow_weight", "layer1.weight", "layer1.shadow_weight",
    ]  # fmt: skip
    assert members["format_version"] == checkpoint.FORMAT_VERSION == 1
    assert json.loads(str(members["config"])) == network.config.to_dict()
    assert json.loads(str(members["training"])) == {**NOTES, "lfsr_state": network.lfsr.state}
    dtypes = [np.dtype(kind) for kind in ("<i1", "<i2", "<i2", "<i2")]
    arrays = list(members.values())[3:]
    assert [array.dtype for array in arrays] == dtypes
    for array, expected in zip(arrays[0::2] + arrays[1::2], network.weights + network.shadows, strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize("width, kind", [(2, "<i1"), (8, "<i1"), (9, "<i2"), (16, "<i2")])
def test_weights_take_the_narrowest_type(tmp_path, width, kind):
    config = NetworkConfig(n_inputs=2, n_steps=1, layers=(LayerConfig(size=5, weight_width=width),))
    save(tmp_path / "n.npz", stimuli.network(config))
    with np.load(tmp_path / "n.npz") as file:
        assert file["layer0.weight"].dtype == np.dtype(kind)


def test_wide_shadow_weights(tmp_path):
    rule = LearningConfig(shadow_width=24, rate_shifts=(4,), error_shifts=(), init_shifts=(23,))
    network = LearningNetwork.initial(
        NetworkConfig(n_inputs=9, n_steps=1, layers=(LayerConfig(size=9),), learning=rule)
    )
    save(tmp_path / "n.npz", network)
    with np.load(tmp_path / "n.npz") as file:
        assert file["layer0.shadow_weight"].dtype == np.dtype("<i4")
    assert_same(load(tmp_path / "n.npz").network, network)


def test_kernels_of_a_convolution(tmp_path):
    config = stimuli.spatial_corner_config()
    network = stimuli.network(config)
    save(tmp_path / "n.npz", network)
    with np.load(tmp_path / "n.npz") as file:
        assert [file[f"layer{index}.weight"].shape for index in range(3)] == [(5, 2, 3, 3), (10, 5, 2, 2), (10, 10)]
        np.testing.assert_array_equal(file["layer0.weight"], network.weights[0])
    wrong = replace(network, weights=[network.weights[0][:, :1], *network.weights[1:]])
    with pytest.raises(ValueError, match=r"layer0.weight has shape \(5, 1, 3, 3\), not \(5, 2, 3, 3\)"):
        save(tmp_path / "n.npz", wrong)
    other = replace(
        config, layers=(replace(config.layers[0], conv=ConvConfig(kernel=5, padding=2)), *config.layers[1:])
    )
    rewrite(tmp_path / "n.npz", {"config": np.array(json.dumps(other.to_dict()))})
    assert fault_of(tmp_path / "n.npz").startswith("layer0.weight has shape (5, 2, 3, 3), not (5, 2, 5, 5); ")


# Writing


def test_unwritable_places(tmp_path, network):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner").write_bytes(b"")
    for path in (tmp_path / "none" / "n.npz", tmp_path / "file" / "n.npz", tmp_path / "folder", Path("a\0b"), Path("")):
        with pytest.raises(CheckpointError) as caught:
            save(path, network)
        assert str(caught.value).startswith(f"{path}: cannot be written (")
        assert str(caught.value).endswith("; choose another file or folder")
        assert "\n" not in str(caught.value)
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["file", "folder", "inner"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path, network):
    tmp_path.chmod(0o500)
    with pytest.raises(CheckpointError, match="Permission denied"):
        save(tmp_path / "n.npz", network)


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_an_interrupted_save_keeps_the_old_file(tmp_path, network, monkeypatch, step, error):
    path = tmp_path / "n.npz"
    save(path, network)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise error

    if step == "write":

        class Full(BytesIO):
            write = fail  # pyright: ignore[reportAssignmentType]

        monkeypatch.setattr("builtins.open", lambda *_: Full())
    else:
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(CheckpointError if isinstance(error, OSError) else KeyboardInterrupt):
        save(path, network.inference_only())
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["n.npz"]


def broken_networks(network: LearningNetwork) -> dict[str, Network]:
    weights, shadows = network.weights, network.shadows
    return {
        "shadow weights and LFSR state must be there": Network(config=network.config, weights=weights),
        "shadow weights and LFSR state must be": replace(network, config=network.config.inference_only()),
        "must hold weights of 2 layers": replace(network, weights=weights[:1], shadows=shadows[:1]),
        "must hold weights of 2": replace(network, shadows=shadows[:1]),
        "layer0.weight has shape (4, 3)": replace(network, weights=[weights[0].T, weights[1]]),
        "layer1.weight has values outside -2048..2047": replace(network, weights=[weights[0], weights[1] + 4096]),
        "layer0.shadow_weight has values outside -32768..32767": replace(
            network, shadows=[shadows[0] - 65536, shadows[1]]
        ),
        "layer1.shadow_weight does not round": replace(network, shadows=[shadows[0], shadows[1] ^ 64]),
        "the LFSR state must be 1..65535, not 0": replace(network, lfsr=Lfsr(0)),
        "the LFSR state must be 1..65535, not 65536": replace(network, lfsr=Lfsr(65536)),
    }


def test_the_state_of_an_lfsr_of_32_bits_is_kept(tmp_path, network):
    rule = replace(network.config.learning, rate_shifts=(20, 3))
    wide = replace(network, config=replace(network.config, learning=rule), lfsr=Lfsr(0xFEDCBA98, 32))
    save(tmp_path / "n.npz", wide)
    found = load(tmp_path / "n.npz").network
    assert isinstance(found, LearningNetwork) and found.lfsr.draw() == wide.lfsr.draw() < 2**32
    with pytest.raises(ValueError, match=r"the LFSR state must be 1\.\.4294967295, not 4294967296"):
        save(tmp_path / "n.npz", replace(wide, lfsr=Lfsr(2**32, 32)))


def test_a_network_that_breaks_its_configuration_is_not_written(tmp_path, network):
    for message, broken in broken_networks(network).items():
        with pytest.raises(ValueError, match=r"^network network: ") as caught:
            save(tmp_path / "n.npz", broken)
        assert message in str(caught.value) and not isinstance(caught.value, CheckpointError)
    for notes in ({"lfsr_state": 3}, {"loss": float("nan")}, {"loss": np.int64(3)}):
        with pytest.raises((ValueError, TypeError)):
            save(tmp_path / "n.npz", network, training=notes)
    assert not list(tmp_path.iterdir())


# Damaged and foreign files


def rewrite(path: Path, changes: dict[str, Any], *, drop: str = "", compression: int = zipfile.ZIP_STORED) -> None:
    """Write the file anew with some members changed: bytes as they are, all else as numpy stores it."""
    with zipfile.ZipFile(path) as archive:
        members = {entry.filename.removesuffix(".npy"): archive.read(entry) for entry in archive.infolist()}
    members |= changes
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, value in members.items():
            if name != drop:
                content = BytesIO()
                if isinstance(value, bytes):
                    content.write(value)
                else:
                    np.lib.format.write_array(content, np.asarray(value))
                archive.writestr(f"{name}.npy", content.getvalue())


def test_unchanged_rewrites_load(tmp_path, network):
    """The helper of the tests below does no damage of its own."""
    path = tmp_path / "n.npz"
    save(path, network, training=NOTES)
    rewrite(path, {})
    assert_same(load(path).network, network)
    rewrite(path, {"layer0.weight": network.weights[0]})  # a wider type holds the same
    assert_same(load(path).network, network)
    rewrite(path, {"layer0.weight": network.weights[0].astype(">i2")})
    assert_same(load(path).network, network)


def test_missing_files(tmp_path):
    assert fault_of(tmp_path / "none.npz") == "cannot be read (No such file or directory); check the path"
    assert fault_of(tmp_path) == "cannot be read (Is a directory); check the path"
    assert fault_of(Path("a\0b")).startswith("cannot be read (")


@pytest.mark.parametrize(
    "content",
    [b"", b"n", b"not a checkpoint", b"PK\x05\x06" + bytes(18), b"PK\x03\x04" + bytes(200), b"\x80\x04K\x01."],
)
def test_other_files(tmp_path, content):
    path = tmp_path / "n.npz"
    path.write_bytes(content)
    assert "no checkpoint" in fault_of(path)


def test_other_archives(tmp_path, network):
    path = tmp_path / "n.npz"
    np.savez(path, x=np.arange(3))
    assert fault_of(path).startswith("holds no 'format_version', so it is no checkpoint")
    np.savez_compressed(path, x=np.arange(3))
    assert "not written by intsnn" in fault_of(path)
    np.savez(path, x=np.array([object()]), allow_pickle=True)
    assert "no checkpoint" in fault_of(path)
    np.save(path.with_suffix(".npy"), np.arange(3))
    assert "no checkpoint" in fault_of(path.with_suffix(".npy"))
    save(path, network)
    rewrite(path, {}, compression=zipfile.ZIP_DEFLATED)
    assert "not written by intsnn" in fault_of(path)


@pytest.mark.parametrize("version", [0, 2, 99, -1])
def test_other_versions(tmp_path, network, version):
    path = tmp_path / "n.npz"
    save(path, network)
    rewrite(path, {"format_version": np.array(version), "config": b"of a form nobody knows yet"})
    expected = f"has format version {version}, this intsnn reads 1; use the intsnn that wrote it, or train "
    assert fault_of(path).startswith(expected)


MEMBERS = ["format_version", "config", "training", "layer0.weight", "layer0.shadow_weight", "layer1.shadow_weight"]


@pytest.mark.parametrize("name", MEMBERS)
def test_missing_members(tmp_path, network, name):
    path = tmp_path / "n.npz"
    save(path, network)
    rewrite(path, {}, drop=name)
    assert fault_of(path).startswith(f"holds no {name!r}, so it is no checkpoint")


def test_unknown_and_repeated_members(tmp_path, network):
    path = tmp_path / "n.npz"
    save(path, network)
    rewrite(path, {"layer2.weight": np.zeros((2, 2), np.int8)})
    assert fault_of(path).startswith("holds an unknown member 'layer2.weight.npy'")
    save(path, network)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("config.npy", b"")
    assert "repeated" in fault_of(path)


def flat(value: Any) -> Any:
    return np.array(json.dumps(value))


CONFIG = small_config().to_dict()


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"format_version": np.array(1.0)}, "format_version has elements float64, signed integers in rows are needed"),
        ({"format_version": np.array([1])}, "format_version has shape (1,), not ()"),
        ({"format_version": np.array("1")}, "format_version has elements <U1, signed integers"),
        ({"config": np.array(3)}, "config has elements int64, text in rows are needed"),
        ({"config": np.array("")}, "config is"),
        ({"config": np.array("{")}, "config is no JSON"),
        ({"config": np.array("[" * 100000)}, "config is no JSON"),
        ({"config": np.array("9" * 5000)}, "config is no JSON"),
        ({"config": np.array("[1]")}, "config is no JSON object"),
        ({"config": flat({})}, "holds a bad configuration (configuration: field 'n_inputs' is missing)"),
        ({"config": flat({**CONFIG, "n_steps": 0})}, "holds a bad configuration (configuration.n_steps: must be "),
        ({"config": flat({**CONFIG, "x": 1})}, "holds a bad configuration (configuration: unknown field 'x'"),
        ({"config": flat({**CONFIG, "n_inputs": 5})}, "layer0.weight has shape (3, 4), not (3, 5)"),
        ({"config": flat({**CONFIG, "learning": None})}, "holds a bad configuration (configuration.learning"),
        ({"training": np.array("3")}, "training is no JSON object"),
        ({"training": flat({})}, "the LFSR state must be there exactly where the configuration learns"),
        *(
            ({"training": flat({"lfsr_state": state})}, f"the LFSR state must be 1..65535, not {state!r}")
            for state in (0, 65536, -1, 1.5, "1", True, [1])
        ),
        ({"layer0.weight": np.zeros((4, 3), np.int8)}, "layer0.weight has shape (4, 3), not (3, 4)"),
        ({"layer0.weight": np.zeros(12, np.int8)}, "layer0.weight has shape (12,)"),
        ({"layer0.weight": np.zeros((3, 4))}, "layer0.weight has elements float64, signed integers in rows are needed"),
        ({"layer0.weight": np.zeros((3, 4), np.uint8)}, "layer0.weight has elements uint8, signed integers"),
        ({"layer0.weight": np.zeros((4, 3), np.int8).T}, "layer0.weight has elements int8, signed integers in rows"),
        ({"layer0.weight": np.full((3, 4), 128)}, "layer0.weight has values outside -128..127, the range of 8 bits"),
        ({"layer0.weight": np.full((3, 4), -129)}, "layer0.weight has values outside -128..127, the range of 8 bits"),
        ({"layer0.shadow_weight": np.full((3, 4), 32768)}, "layer0.shadow_weight has values outside -32768..32767"),
        ({"layer0.shadow_weight": np.zeros((3, 4), np.int16)}, "layer0.shadow_weight does not round to the stored"),
        ({"layer1.weight": np.zeros((2, 3), np.int16)}, "layer1.shadow_weight does not round to the stored"),
        ({"layer0.weight": b""}, "layer0.weight is damaged"),
        ({"layer0.weight": b"\x93NUMPY\x09\x00" + bytes(100)}, "layer0.weight is damaged (another version"),
        ({"layer0.weight": b"\x93NUMPY\x01\x00\x10\x00{'descr': '<i1',"}, "layer0.weight is damaged"),
    ],
)  # fmt: skip
def test_bad_members(tmp_path, network, changes, message):
    path = tmp_path / "n.npz"
    save(path, network, training=NOTES)
    rewrite(path, changes)
    assert fault_of(path).startswith(message)


def header(descr: str, shape: str) -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("shape", ["(3, 4)", "(1000000000000, 1000000000000)", "(-1,)", "(3, 'x')", "3", "(3, 4"])
@pytest.mark.parametrize("descr", ["'<i1'", "'|O'", "'<i99'", "'<U0'", "[('a', '<i1')]", "None", "'<M8[s]'", "x", "'"])
def test_array_headers_are_not_believed(tmp_path, network, descr, shape):
    """Whatever an array says of itself, no memory is taken for it, and nothing is unpickled."""
    path = tmp_path / "n.npz"
    save(path, network)
    for n_bytes in (11, 13):
        rewrite(path, {"layer0.weight": header(descr, shape) + bytes(n_bytes)})
        assert fault_of(path).startswith("layer0.weight ")


def test_an_inference_network_with_an_lfsr_state_is_foreign(tmp_path, network):
    path = tmp_path / "n.npz"
    save(path, network.inference_only())
    rewrite(path, {"training": flat({"lfsr_state": 5})})
    assert fault_of(path).startswith("the LFSR state must be there exactly where the configuration learns; ")


def outcome(path: Path, content: bytes, expected: Checkpoint) -> str:
    """Load damaged content: one clear error, or exactly what was saved."""
    path.write_bytes(content)
    try:
        loaded = load(path)
    except CheckpointError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        return "error"
    assert_same(loaded.network, expected.network)
    assert loaded.training == expected.training
    return "same"


def test_truncated_at_any_length(tmp_path, network):
    path = tmp_path / "n.npz"
    save(path, network, training=NOTES)
    expected, content = load(path), path.read_bytes()
    lengths = {*range(0, len(content), 7), *range(80), *range(len(content) - 200, len(content))}
    assert {outcome(path, content[:length], expected) for length in lengths} == {"error"}


def test_any_single_byte_flipped(tmp_path, network):
    path = tmp_path / "n.npz"
    save(path, network, training=NOTES)
    expected, content = load(path), path.read_bytes()
    outcomes = set()
    for place in {*range(0, len(content), 5), *range(400), *range(len(content) - 800, len(content))}:
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8 if place % 3 else 0xFF
        outcomes.add(outcome(path, bytes(damaged), expected))
    assert outcomes == {"error", "same"}


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Bytes replaced, inserted, or cut out at places given as a share of the length."""
    one = st.tuples(
        st.sampled_from(["replace", "insert", "cut"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=9),
    )
    return draw(st.lists(one, min_size=1, max_size=4))


def damaged_by(content: bytes, damage: list[tuple[str, float, bytes]]) -> bytes:
    for kind, share, data in damage:
        at = int(share * len(content))
        kept = at if kind == "insert" else at + len(data)
        content = content[:at] + (b"" if kind == "cut" else data) + content[kept:]
    return content


@settings(max_examples=300)
@given(damages())
def test_any_damage(tmp_path_factory, damage):
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    network = LearningNetwork.initial(small_config())
    save(path, network, training=NOTES)
    outcome(path, damaged_by(path.read_bytes(), damage), Checkpoint(network=network, training=NOTES))


@settings(max_examples=300)
@given(st.sampled_from(MEMBERS), damages())
def test_any_damage_below_the_checksum(tmp_path_factory, name, damage):
    """Members damaged before the archive is written: its checksums hold, only the content is wrong.

    What loads then is another valid network, as a checksum cannot tell; all else is one clear error.
    """
    path = tmp_path_factory.getbasetemp() / "member.npz"
    save(path, LearningNetwork.initial(small_config()), training=NOTES)
    with zipfile.ZipFile(path) as archive:
        content = archive.read(f"{name}.npy")
    rewrite(path, {name: damaged_by(content, damage)})
    try:
        loaded = load(path)
    except CheckpointError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
    else:
        save(path, loaded.network, training=loaded.training)
