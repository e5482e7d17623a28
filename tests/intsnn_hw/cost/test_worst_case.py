"""The worst case is at least what a core takes on the worst input."""

from dataclasses import replace

import pytest

from golden.presets import preset
from intsnn_hw.cost.worst_case import worst_case


@pytest.mark.parametrize("timing", ["final", "every_step"])
def test_no_sample_takes_longer_than_the_worst_case(timing):
    import numpy as np

    from golden.encoding import to_events
    from golden.kernels import Kernel
    from golden.network import LearningNetwork
    from sim.verify.inference import cosimulate
    from sim.verify.learning import RtlLearner, continue_learning

    config = preset("digits-64", hidden=(12,), lanes=4, timing=timing)
    network = LearningNetwork.initial(config)
    inference, learning = worst_case(config)
    assert learning is not None
    # Every input active at its highest level in every step; labels change, so that most samples are learned from.
    spikes = np.full((40, config.n_steps, config.n_inputs), (1 << config.encoding.spike_width) - 1)
    events = to_events(spikes)
    measured = cosimulate(network.inference_only(), events).cycles_per_sample
    assert measured <= inference <= 1.2 * measured
    rtl = RtlLearner(network)
    report = continue_learning(rtl, Kernel(network), events, np.arange(40) % 10)
    updated = report.activity.updated_samples
    assert updated > 10 and report.cycles / 40 <= learning
    assert learning <= 2 * report.cycles / 40


def test_a_network_without_a_rule_does_not_learn():
    config = preset("mnist-64", lanes=16)
    inference, _ = worst_case(config)
    assert worst_case(replace(config, learning=None)) == (inference, None)
    assert inference == 2 * 784 * 4
