"""The one measurement: what it counts, in which order, and that a difference is told once."""

import numpy as np
import pytest

from golden.config import learning_config
from golden.kernels import Kernel
from golden.network import LearningNetwork
from golden.presets import preset
from golden.seeds import sample_order
from sim.verify import inference, learning
from sim.verify.measure import measure_inference, measure_learning, measure_speed, write_inference_vcd
from train.data.digits import load_digits

DATASET = load_digits()
CONFIG = learning_config(preset("digits-64", hidden=(6,), lanes=4, epochs=2))


@pytest.fixture(scope="module")
def network():
    return LearningNetwork.initial(CONFIG)


@pytest.fixture
def watched():
    """A watch, and what it was shown: (what, samples, sum of advances)."""
    from contextlib import contextmanager

    shown = []

    @contextmanager
    def watch(what, samples):
        entry = [what, samples, 0]
        shown.append(entry)

        def advance(count):
            entry[2] += count

        yield advance

    vars(watch)["shown"] = shown
    return watch


def test_inference_is_of_the_first_test_samples(network, watched):
    measured = measure_inference(network, DATASET, 12, watch=watched)
    events = DATASET.events("test", CONFIG.encoding, CONFIG.n_steps).take(0, 12)
    report = inference.cosimulate(network, events)
    assert measured.cycles_per_sample == report.cycles_per_sample and measured.accesses == report.accesses
    np.testing.assert_array_equal(measured.report.classes, Kernel(network.inference_only()).infer(events).classes)
    np.testing.assert_array_equal(measured.labels, DATASET.test_y[:12])
    assert (measured.n_samples, measured.data, measured.measured_on) == (12, "digits", "12 test samples")
    assert watched.shown == [["compiling the hardware", 0, 0], ["co-simulation", 12, 12]]


def test_learning_is_in_the_order_of_a_first_epoch_from_the_weights_given(network, watched):
    measured = measure_learning(network, DATASET, 15, watch=watched)
    order = sample_order(len(DATASET.train_y), CONFIG.learning.seed, 0)[:15]
    events = DATASET.events("train", CONFIG.encoding, CONFIG.n_steps)
    kernel = Kernel(network)
    activity = kernel.learn(events, DATASET.train_y, order)
    assert measured.report.activity == activity and activity.updated_samples > 0
    np.testing.assert_array_equal(measured.order, order)
    np.testing.assert_array_equal(measured.labels, DATASET.train_y[order])
    for found, wanted in zip(measured.report.hardware.shadows, kernel.network().shadows, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert measured.cycles_per_sample == measured.report.cycles / 15 > 0 and measured.first_differing is None
    assert measured.measured_on == "15 training samples" and measured.network is network
    assert watched.shown == [["compiling the hardware that learns", 0, 0], ["learning", 15, 15]]


def test_epochs_go_on_with_their_own_orders_and_rates(network):
    measured = measure_learning(network, DATASET, 10, epochs=4, interval=4)
    kernel, events = Kernel(network), DATASET.events("train", CONFIG.encoding, CONFIG.n_steps)
    boosts = [CONFIG.learning.rate_boost(epoch) for epoch in (0, 1, 1, 1)]  # the last rate is kept
    assert boosts[0] < boosts[1]
    for epoch, boost in enumerate(boosts):
        order = sample_order(len(DATASET.train_y), CONFIG.learning.seed, epoch)[:10]
        kernel.learn(events, DATASET.train_y, order, boost)
    for found, wanted in zip(measured.report.hardware.shadows, kernel.network().shadows, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert (measured.epochs, measured.report.activity.samples, measured.n_samples) == (4, 40, 10)


def test_all_samples_where_there_are_fewer(network):
    few = DATASET.take(n_train=3, n_test=2)
    assert measure_inference(network, few, 100).n_samples == 2
    assert measure_learning(network, few, 100).n_samples == 3
    assert measure_speed(network, few, 100).samples == 2


def test_speed_counts_the_cycles_of_the_same_samples(network):
    speed = measure_speed(network, DATASET, 5)
    assert speed.samples == 5 and speed.seconds > 0
    assert speed.cycles == pytest.approx(measure_inference(network, DATASET, 5).report.cycles, abs=20)


def test_a_difference_raises_unless_it_may_be(network, monkeypatch, tmp_path):
    compare = inference.compare

    def differing(report, config, expected, result, first):
        if first <= 2 < first + len(expected.classes):
            expected.state.membrane[2 - first, 0, 1] += 1
        compare(report, config, expected, result, first)

    monkeypatch.setattr(inference, "compare", differing)
    for measure in (measure_inference, measure_learning):
        with pytest.raises(RuntimeError, match=r"differ in \d+ values, first: sample 2, step 0, layer 0, neuron 1"):
            measure(network, DATASET, 4)
    measured = measure_inference(network, DATASET, 4, may_differ=True)
    assert measured.report.n_mismatches == 1
    assert write_inference_vcd(measured, tmp_path / "wave.vcd") == range(1, 3)
    assert (tmp_path / "wave.vcd").read_text().startswith("$")


def test_where_learning_first_differs(network, monkeypatch):
    learn = learning.RtlLearner.learn
    culprit = int(sample_order(len(DATASET.train_y), CONFIG.learning.seed, 1)[3])
    wrong = DATASET.events("train", CONFIG.encoding, CONFIG.n_steps, np.array([culprit]))

    def forgetful(self, events, labels, boost=0, **options):
        """Take the culprit, wherever it stands, for a sample of another class."""
        same = [
            index for index in range(events.n_samples)
            if np.array_equal(events.take(index, index + 1).levels, wrong.levels)
            and np.array_equal(events.take(index, index + 1).addresses, wrong.addresses)
        ]  # fmt: skip
        labels = np.array(labels)
        labels[same] = (labels[same] + 1) % 10
        return learn(self, events, labels, boost, **options)

    monkeypatch.setattr(learning.RtlLearner, "learn", forgetful)
    measured = measure_learning(network, DATASET, 6, epochs=3, may_differ=True)
    place = measured.first_differing
    assert place is not None and (place.epoch, place.sample, place.index) == (2, 3, culprit)
    assert measured.epochs == 2, "no epoch begins after one that differs"
