import subprocess
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest

from golden import checkpoint
from golden.encoding import encode
from golden.errors import CheckpointError, ConfigError
from golden.kernels import Kernel
from golden.network import LearningNetwork, learn, run
from golden.presets import PRESETS, preset
from train.data import load
from train.online import CHUNK_SAMPLES, evaluate, for_run, sample_order, train_online

EPOCHS = 4


@pytest.fixture(scope="module")
def digits():
    return load("digits")


@pytest.fixture(scope="module")
def whole(digits, tmp_path_factory):
    """Return an uninterrupted run and its checkpoint."""
    path = tmp_path_factory.mktemp("whole") / "whole.npz"
    return train_online(preset("digits-64"), digits, epochs=EPOCHS, seed=7, out=path, test_each_epoch=True), path


class Interrupt:
    """Progress that presses Ctrl-C once so many samples are done."""

    def __init__(self, after):
        self.after = after

    def __call__(self, samples):
        self.after -= samples
        if self.after < 0:
            raise KeyboardInterrupt


def assert_same_network(a, b):
    assert a.config == b.config and a.lfsr.state == b.lfsr.state
    for x, y in zip((*a.weights, *a.shadows), (*b.weights, *b.shadows), strict=True):
        np.testing.assert_array_equal(x, y)


def test_same_seed_gives_the_same_bytes(digits, whole, tmp_path):
    training, path = whole
    again = train_online(
        preset("digits-64"), digits, epochs=EPOCHS, seed=7, out=tmp_path / "again.npz", test_each_epoch=True
    )
    assert_same_network(again.network, training.network)
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()
    other = train_online(preset("digits-64"), digits, epochs=EPOCHS, seed=8)
    assert (other.network.weights[0] != training.network.weights[0]).any()


def test_loop_equals_the_golden_steps(digits):
    data = digits.take(40)
    config = for_run(preset("digits-64"), epochs=2, seed=3)
    assert config.learning is not None and config.learning.rate_boost(1) > 0
    assert_same_network(train_online(config, data).network, by_steps(config, data, 2))


def by_steps(config, data, epochs):
    """Return the network after the first epochs of a run, by the numpy steps alone."""
    network = LearningNetwork.initial(config)
    spikes = encode(data.train_x, config.encoding, config.n_steps)
    for epoch in range(epochs):
        for sample in sample_order(len(spikes), config.learning.seed, epoch):
            learn(network, spikes[sample], int(data.train_y[sample]), config.learning.rate_boost(epoch))
    return network


def test_order_is_frozen():
    assert sample_order(8, 0, 0).tolist() == [3, 7, 4, 0, 2, 6, 5, 1]
    assert sample_order(8, 0, 1).tolist() != sample_order(8, 0, 0).tolist() != sample_order(8, 1, 0).tolist()
    assert sorted(sample_order(1000, 5, 2)) == list(range(1000))


def test_interrupt_keeps_the_last_whole_epoch_and_resume_equals_uninterrupted(digits, whole, tmp_path):
    path = tmp_path / "run.npz"
    options = {"epochs": EPOCHS, "seed": 7, "out": path, "test_each_epoch": True}
    samples = len(digits.train_y)
    with pytest.raises(KeyboardInterrupt):
        train_online(preset("digits-64"), digits, progress=Interrupt(2 * samples), **options)
    stored = checkpoint.load(path)
    assert stored.training["epoch"] == len(stored.training["history"]) == 2
    config = for_run(preset("digits-64"), EPOCHS, 7)
    assert_same_network(stored.network, by_steps(config, digits, 2))  # nothing of the third epoch, which was at work
    told = []
    resumed = train_online(preset("digits-64"), digits, resume=path, progress=told.append, **options)
    assert told[0] == 2 * samples and sum(told) == EPOCHS * samples
    training, whole_path = whole
    assert_same_network(resumed.network, training.network)
    assert path.read_bytes() == whole_path.read_bytes()
    finished = train_online(preset("digits-64"), digits, resume=path, **options)
    assert_same_network(finished.network, training.network)


class Clocked(Kernel):
    """An engine that also tells cycles, 5 a sample."""

    cycles = 0

    def learn(self, events, labels, order, boost=0):
        self.cycles += 5 * len(order)
        return super().learn(events, labels, order, boost)


def test_another_engine_learns_the_same_and_tells_its_cycles(digits, whole, tmp_path):
    path = tmp_path / "run.npz"
    options = {"epochs": EPOCHS, "seed": 7, "out": path, "test_each_epoch": True, "engine": Clocked}
    with pytest.raises(KeyboardInterrupt):
        train_online(preset("digits-64"), digits, progress=Interrupt(len(digits.train_y)), **options)
    training = train_online(preset("digits-64"), digits, resume=path, **options)
    assert path.read_bytes() == whole[1].read_bytes()
    assert [entry.cycles_per_sample for entry in training.history] == [None, 5, 5, 5]
    assert all(entry.cycles_per_sample is None for entry in whole[0].history)


def test_interrupt_within_the_first_epoch_writes_nothing(digits, tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(KeyboardInterrupt):
        train_online(preset("digits-64"), digits, out=path, progress=Interrupt(CHUNK_SAMPLES // 2))
    assert list(tmp_path.iterdir()) == []


def test_resume_of_another_run_is_refused(digits, whole, tmp_path):
    _, path = whole
    config = for_run(preset("digits-64"), EPOCHS, 7)
    for changed, words in (
        (for_run(config, seed=8), "its run had `seed` 7, not 8; give the same"),
        (for_run(config, epochs=EPOCHS + 1), f"its run had `epochs` {EPOCHS}, not {EPOCHS + 1}; give the same"),
        (replace(config, n_steps=3), "another configuration"),
    ):
        with pytest.raises(CheckpointError, match=words):
            train_online(changed, digits, resume=path)
    with pytest.raises(CheckpointError, match="1352 samples of digits, not 1351 of digits"):
        train_online(config, digits.take(1351), resume=path)
    order = np.arange(1352)[::-1]
    namesake = replace(digits, train_x=digits.train_x[order], train_y=digits.train_y[order])
    with pytest.raises(CheckpointError, match="its run learned other samples named digits"):
        train_online(config, namesake, resume=path)
    bare, notes = tmp_path / "bare.npz", {"data": "digits", "samples": 1352, "data_digest": digits.digest}
    checkpoint.save(bare, LearningNetwork.initial(config), training=notes)
    with pytest.raises(CheckpointError, match="no history"):
        train_online(config, digits, resume=bare)
    other_lanes = replace(config, hardware=replace(config.hardware, lanes=(4,)))
    assert train_online(other_lanes, digits, resume=path).network.config == other_lanes


def test_training_needs_a_rule(digits):
    with pytest.raises(ConfigError, match="learning"):
        train_online(replace(preset("digits-64"), learning=None), digits)


def test_history_tells_what_happened(digits, whole):
    training, path = whole
    assert [entry.epoch for entry in training.history] == [1, 2, 3, 4]
    first, last = training.history[0], training.history[-1]
    assert first.training_accuracy < last.training_accuracy <= 1 and first.updated > last.updated > 0
    assert first.synaptic_updates > last.synaptic_updates > 0 and last.samples_per_second > 0
    levels = encode(digits.train_x, training.network.config.encoding, 2)
    assert last.input_events == (levels > 0).sum() / len(levels)
    assert last.test_accuracy == evaluate(training.network, digits).accuracy
    assert_same_network(checkpoint.load(path).network, training.network)


def test_evaluation_counts_what_the_golden_model_finds(digits, whole):
    network = whole[0].network
    result = evaluate(network, digits)
    record = run(network, encode(digits.test_x, network.config.encoding, network.config.n_steps))
    found = list(zip(digits.test_y.tolist(), record.classes.tolist(), strict=True))
    assert result.accuracy == sum(true == got for true, got in found) / len(found)
    assert all(result.confusion[true, got] == found.count((true, got)) for true in range(10) for got in range(10))
    assert result.activity.hidden_events == (record.spikes[0] > 0).sum()


@pytest.mark.parametrize("seed", range(5))
def test_demo_preset_reaches_its_floor(digits, seed):
    assert evaluate(train_online(preset("digits-64"), digits, seed=seed).network, digits).accuracy >= 0.96


@pytest.mark.parametrize("timing", ["final", "every_step"])
@pytest.mark.parametrize("route", ["feedback", "direct"])
@pytest.mark.parametrize("hidden, shadow_width, floor", [((64,), 16, 0.95), ((64,), 8, 0.94), ((64, 48), 8, 0.92)])
def test_every_route_and_timing_learns(digits, route, timing, hidden, shadow_width, floor):
    config = preset("digits-64", hidden=hidden, shadow_width=shadow_width, route=route, timing=timing)
    before = evaluate(LearningNetwork.initial(config), digits).accuracy
    training = train_online(config, digits)
    assert before < 0.3 and evaluate(training.network, digits).accuracy >= floor


@pytest.mark.parametrize("shadow_width, weight_width", [(16, 4), (12, 6), (16, 12), (16, 16), (8, 4), (24, 8)])
def test_every_width_learns(digits, shadow_width, weight_width):
    config = preset("digits-64", shadow_width=shadow_width, weight_width=weight_width)
    assert evaluate(train_online(config, digits).network, digits).accuracy >= 0.95


@pytest.mark.parametrize("shadow_width, weight_width", [(16, 2), (16, 3), (8, 2), (8, 3)])
@pytest.mark.parametrize("spike_width", [1, 4])
def test_two_and_three_bits_of_weight_learn_too(digits, shadow_width, weight_width, spike_width):
    config = preset("digits-64", shadow_width=shadow_width, weight_width=weight_width, spike_width=spike_width)
    assert (initial := LearningNetwork.initial(config)).weights[1].any(), "or no error is ever carried"
    assert not initial.weights[0].any() or initial.weights[0].std() < 1
    assert evaluate(train_online(config, digits).network, digits).accuracy >= 0.88


@pytest.mark.parametrize("spike_width, n_steps", [(1, 8), (2, 4), (3, 2), (4, 2), (4, 1)])
def test_every_spike_width_learns(digits, spike_width, n_steps):
    config = preset("digits-64", spike_width=spike_width, n_steps=n_steps)
    assert n_steps == 1 or config == preset("digits-64", spike_width=spike_width)
    assert evaluate(train_online(config, digits).network, digits).accuracy >= 0.95


def test_presets_are_valid_in_every_variant():
    assert next(iter(PRESETS)) == "digits-64"
    values = [name for name in PRESETS if preset(name).encoding.kind != "events"]
    sizes = [layer.size for name in values for layer in preset(name).layers[:1]]
    assert sizes == [64, 64, 100, 128, 256, 256, 512, 8, 16, 8, 16, 16, 16]
    for shadow_width in range(8, 25):
        for weight_width in range(2, min(16, shadow_width) + 1):
            for spike_width in range(1, 9):
                for timing in ("final", "every_step"):
                    preset(
                        "mnist-64",
                        shadow_width=shadow_width,
                        weight_width=weight_width,
                        spike_width=spike_width,
                        timing=timing,
                        hidden=(8, 8),
                    )


@pytest.mark.parametrize(
    "options, words",
    [
        ({"name": "mnist"}, "known are digits-64, mnist-64"),
        ({"weight_width": 0}, "`weight_width`: must be 2..24, got 0"),
        ({"weight_width": 99}, "`weight_width`: must be 2..24, got 99"),
        ({"shadow_width": 99}, "`shadow_width`: must be 8..24, got 99"),
        ({"spike_width": 0}, "`spike_width`: must be 1..8, got 0"),
        ({"n_steps": 0}, "`n_steps`: must be 1..4096, got 0"),
        ({"hidden": (0,)}, "`hidden`: must be 1..65536, got 0"),
        ({"shadow_width": 8, "weight_width": 12}, "`shadow_width`: must be at least `weight_width` (12)"),
        ({"route": "sideways"}, "`route`: must be one of feedback, direct"),
        ({"lanes": 0}, "`lanes`: "),
        ({"epochs": 0}, "`epochs`: must be 1..65536, got 0"),
        ({"name": "mnist-cnn", "hidden": (3,)}, "`hidden`: preset mnist-cnn takes none"),
        ({"name": "mnist-cnn", "route": "direct"}, "`route`: preset mnist-cnn takes none"),
    ],
)
def test_presets_refuse_bad_options(options, words):
    with pytest.raises(ConfigError) as error:
        preset(**{"name": "digits-64", **options})
    assert words in str(error.value) and "\n" not in str(error.value)


def test_training_needs_no_torch():
    code = "import sys, train.online, golden.presets; sys.exit('torch' in sys.modules or 'amaranth' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    "options, lfsr, checksum",
    [
        ({}, 64135, 0x42B11F89),
        (
            {"shadow_width": 8, "weight_width": 4, "route": "direct", "timing": "every_step", "spike_width": 1},
            48848,
            0xD102D318,
        ),
    ],
)
def test_the_bits_are_those_of_every_machine(digits, options, lfsr, checksum):
    """A change here alters results at bit level: it needs a line in CHANGELOG.md and a new format_version."""
    network = train_online(preset("digits-64", **options), digits, epochs=2).network
    assert network.lfsr.state == lfsr
    assert zlib.crc32(b"".join(shadow.astype("<i4").tobytes() for shadow in network.shadows)) == checksum


def test_a_slice_of_mnist(mnist_dir):
    mnist = load("mnist", mnist_dir).take(6000, 1000)
    training = train_online(preset("mnist-64"), mnist, epochs=2, test_each_epoch=True)
    assert training.history[-1].test_accuracy == evaluate(training.network, mnist).accuracy > 0.88


@pytest.mark.parametrize("hidden", [(37, 23, 19), (16, 16, 16), (64, 64, 64, 64)])
def test_deep_networks_learn(hidden):
    """Networks that ended at chance: a fourth layer, or one of few neurons."""
    dataset = load("digits")
    training = train_online(preset("digits-64", hidden=hidden), dataset)
    assert evaluate(training.network, dataset).accuracy > 0.9
