"""The class of a sample: ties, negative scores, stalls."""

from itertools import product

import numpy as np
import pytest

from intsnn_hw.rtl.inference.arg_max import ArgMax
from tests.intsnn_hw.rtl.inference.benches import driven, network_config


@pytest.mark.parametrize("stalled", [False, True])
def test_highest_score_and_lowest_index_of_every_order_and_tie(stalled):
    config = network_config(sizes=(4, 3))
    samples = np.array(list(product((-128, -3, -2, 0, 127), repeat=3)))
    beats = [{"score": int(s), "last": at == 2, "final": 1} for sample in samples for at, s in enumerate(sample)]
    rng = np.random.default_rng(5) if stalled else None
    found = driven(ArgMax(config), {"i": beats}, {"o": len(samples)}, rng=rng)["o"]
    labels = samples.argmax(axis=1)
    assert (np.sort(samples)[:, -1] == np.sort(samples)[:, -2]).any() and (samples.max(axis=1) < 0).any()
    assert [item["label"] for item in found] == labels.tolist()
    assert [item["score"] for item in found] == samples.max(axis=1).tolist()
