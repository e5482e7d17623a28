"""The 32-bit LFSR against golden.fixed."""

from golden.fixed import SeedLfsr as Model
from golden.fixed import seed_state
from intsnn_hw.rtl.learning.seed_lfsr import SeedLfsr

from .benches import simulate


def test_words_are_those_of_the_model_and_wait_for_a_step():
    lfsr = SeedLfsr()

    async def bench(ctx):
        for seed in (0, 1, 0xDEADBEEF):
            ctx.set(lfsr.load, 1)
            ctx.set(lfsr.state, seed_state(seed))
            await ctx.tick()
            ctx.set(lfsr.load, 0)
            for index, word in enumerate(Model(seed).words(200).tolist()):
                for _ in range(index % 3):
                    ctx.set(lfsr.step, 0)
                    assert ctx.get(lfsr.word) == word
                    await ctx.tick()
                ctx.set(lfsr.step, 1)
                assert ctx.get(lfsr.word) == word
                await ctx.tick()

    simulate(lfsr, bench)
