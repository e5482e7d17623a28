"""The input gate: samples enter with their labels, in order, and wait where they are to be learned from."""

import numpy as np
import pytest

from intsnn_hw.rtl.learning.gate import InputGate

from .benches import network_config, simulate

N_SAMPLES = 40


def beats_of(rng):
    """Return beats of samples, some discarded, and the sample of each."""
    beats = []
    for sample in range(N_SAMPLES):
        n_steps, is_cut = int(rng.integers(1, 4)), sample % 5 == 3
        for step in range(n_steps):
            for event in range(int(rng.integers(1, 4))):
                beats.append({"address": event, "spike": step, "end_of_step": 0, "end_of_sample": 0, "sample": sample})
            last = step == n_steps - 1
            beats[-1] |= {"end_of_step": int(not (last and is_cut)), "end_of_sample": int(last)}
    return beats


def to_learn_from(beat, learn, timing):
    """Return whether the update after a beat is waited for."""
    return learn and beat["end_of_step"] and (timing == "every_step" or beat["end_of_sample"])


@pytest.mark.parametrize("timing", ["final", "every_step"])
@pytest.mark.parametrize("seed", range(2))
def test_samples_enter_with_their_labels_and_wait(timing, seed):
    rng, gate = np.random.default_rng(seed), InputGate(network_config(timing=timing))
    beats = beats_of(rng)
    labels = [{"label": 7 * n % 32, "learn": int(n % 3 != 0)} for n in range(N_SAMPLES)]
    entered, tickets = [], []

    async def bench(ctx):
        at = label = 0
        waiting, inside = 0, False  # cycles until the release
        for _ in range(6000):
            if at == len(beats):
                break
            offers, labelled = bool(rng.random() < 0.7), bool(rng.random() < 0.5) and label < N_SAMPLES
            ctx.set(gate.i.valid, offers)
            beat = {name: value for name, value in beats[at].items() if name != "sample"}
            ctx.set(gate.i.payload, beat)
            ctx.set(gate.labels.valid, labelled)
            ctx.set(gate.labels.payload, labels[min(label, N_SAMPLES - 1)])
            ctx.set(gate.o.ready, bool(rng.random() < 0.7))
            ctx.set(gate.tickets.ready, bool(rng.random() < 0.7))
            ctx.set(gate.release, waiting == 1)
            assert ctx.get(gate.at_rest) == (not inside and not waiting)
            moves = ctx.get(gate.o.valid) and ctx.get(gate.o.ready)
            assert moves == (offers and ctx.get(gate.i.ready))
            takes_label = labelled and ctx.get(gate.labels.ready)
            assert takes_label == (ctx.get(gate.tickets.valid) and ctx.get(gate.tickets.ready))
            assert not (moves and waiting), "a beat in the wait for an update"
            if takes_label:
                assert moves and not inside
                tickets.append((ctx.get(gate.tickets.payload.label), ctx.get(gate.tickets.payload.learn)))
                label += 1
            await ctx.tick()
            waiting = max(0, waiting - 1)
            if moves:
                entered.append(at)
                assert label == beats[at]["sample"] + 1
                if to_learn_from(beats[at], labels[label - 1]["learn"], timing):
                    waiting = int(rng.integers(2, 8))
                inside = not beats[at]["end_of_sample"]
                at += 1

    simulate(gate, bench)
    assert entered == list(range(len(beats)))
    assert tickets == [(label["label"], label["learn"]) for label in labels]
