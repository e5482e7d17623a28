"""The evaluation: scores meet the label of their sample; errors, counters and releases are what the model says."""

import numpy as np
import pytest

from golden.output_error import output_error
from intsnn_hw.rtl.learning.evaluation import EVALUATIONS, MAX_TICKETS, Evaluation

from .benches import error_value, feed, fields, network_config, simulate

N_CLASSES, N_SAMPLES = 5, 60
NO_CLASS = 9


@pytest.mark.parametrize(
    "kind, route, timing",
    [("margin", "feedback", "every_step"), ("pair", "direct", "final"), ("graded", "direct", "final")],
)
def test_samples_are_evaluated_in_order(kind, route, timing):
    config = network_config((7, N_CLASSES), error=kind, route=route, margin=20, error_octave=1)
    component, rng = Evaluation(config), np.random.default_rng(6)
    lanes, every_step = config.resolved[-1].lanes, timing == "every_step"
    tickets = [
        {"label": NO_CLASS if n % 7 == 3 else int(rng.integers(N_CLASSES)), "learn": int(n % 5 != 1)}
        for n in range(N_SAMPLES)
    ]
    found, expected = [], dict.fromkeys(EVALUATIONS, 0)

    async def evaluate(ctx, scores, *, final):
        """Send the scores of a step; return what came of it."""
        scores_in = component.scores
        events = []
        for index, score in enumerate(scores.tolist()):
            beat = {"charge": score, "last": index == len(scores) - 1, "final": final, "score": -score % 5}
            ctx.set(scores_in.payload, beat)
            ctx.set(scores_in.valid, 1)
            while not ctx.get(scores_in.ready):
                await ctx.tick()
            events.append(outcome(ctx))
            collect(ctx)
            await ctx.tick()
            ctx.set(scores_in.valid, 0)
        for _ in range(60):
            if any(events):
                break
            events.append(outcome(ctx))
            collect(ctx)
            await ctx.tick()
        done = [event for event in events if event]
        assert len(done) == 1
        return done[0]

    def outcome(ctx):
        evaluation = fields(ctx.get(component.evaluation))
        assert ctx.get(component.clear) == (evaluation["valid"] and not evaluation["wrong"])
        return evaluation["valid"] and (
            "wrong" if evaluation["wrong"] else "right",
            ctx.get(component.release),
            evaluation["final"],
        )

    def collect(ctx):
        if ctx.get(component.errors.valid):
            place = fields(ctx.get(component.errors.place))
            found.append((place["word"] * lanes + place["lane"], error_value(fields(ctx.get(component.errors.error)))))

    async def bench(ctx):
        await ctx.tick()
        for n, ticket in enumerate(tickets):
            if n % 6 == 5:  # discarded: its ticket is used up
                ctx.set(component.scores.payload, {"discard": 1})
                ctx.set(component.scores.valid, 1)
                ctx.set(component.open, 1)
                while not ctx.get(component.scores.ready):
                    await ctx.tick()
                await ctx.tick()
                ctx.set(component.scores.valid, 0)
                ctx.set(component.scores.payload.discard, 0)
                continue
            for step in range(3 if every_step else 1):
                ctx.set(component.open, 0)
                ctx.set(component.scores.valid, 1)
                for _ in range(2):
                    assert not ctx.get(component.scores.ready)
                    await ctx.tick()
                ctx.set(component.open, 1)
                final = step == 2 or not every_step
                scores = rng.choice([-40, -21, -20, -19, 0, 19, 20, 21, 40], N_CLASSES)
                if rng.random() < 0.3:  # right by every rule
                    scores = np.where(np.arange(N_CLASSES) == ticket["label"], 40, -40)
                known = ticket["learn"] and ticket["label"] != NO_CLASS
                errors = output_error(scores, ticket["label"], config.learning) if known else np.zeros(N_CLASSES, int)
                found.clear()
                what, release, was_final = await evaluate(ctx, scores, final=final)
                assert what == ("wrong" if errors.any() else "right") and was_final == final
                assert release == (ticket["learn"] and not errors.any())
                assert found in ([], list(enumerate(errors.tolist()))) and bool(found) >= errors.any()
                if errors.any() and route == "direct":
                    kept = [error_value(fields(error)) for error in ctx.get(component.classes)]
                    assert kept == errors.tolist()
                expected["updated"] += int(errors.any())
                expected["skipped"] += int(known and not errors.any())
                expected["rejected"] += int(ticket["learn"] and ticket["label"] == NO_CLASS and final)
                assert {name: ctx.get(getattr(component, name)) for name in EVALUATIONS} == expected
        assert not ctx.get(component.waiting)

    simulate(component, bench, background=[feed(component.tickets, tickets, rng)])
    assert all(expected.values())


def test_so_many_tickets_wait():
    component, taken = Evaluation(network_config()), []

    async def bench(ctx):
        ctx.set(component.tickets.valid, 1)
        for _ in range(MAX_TICKETS + 3):
            taken.append(ctx.get(component.tickets.ready))
            await ctx.tick()
        assert ctx.get(component.waiting)

    simulate(component, bench)
    assert taken == [1] * MAX_TICKETS + [0] * 3
