from golden.fixed import seed_state
from golden.seeds import direct_seed, initial_seed, update_lfsr, update_lfsr_seed
from sim.verify import stimuli
from tests.golden.config.builders import learning


def test_streams_of_a_network_differ():
    layers = stimuli.corner_config().resolved
    for seed in (0, 1, 65536, 2**32 - 1):
        seeds = [named(own, seed) for own in layers for named in (initial_seed, direct_seed)]
        assert len({seed_state(each) for each in seeds}) == len(seeds)


def test_lfsr_seeds_are_states():
    states = [update_lfsr_seed(seed) for seed in (*range(2000), 65534, 65535, 2**32 - 1)]
    assert all(1 <= state <= 65535 for state in states)
    assert len(set(states[:2000])) == 2000


def test_draws_begin_at_a_state_of_their_own():
    """Of 16 bits at that of the seed, of 32 at another, which the draw of no layer's weights begins at."""
    for seed in (0, 1, 65535, 2**32 - 1):
        narrow, wide = (update_lfsr(learning(seed=seed, rate_shifts=(rate, 0))) for rate in (16, 17))
        assert (narrow.state, narrow.width) == (update_lfsr_seed(seed), 16)
        assert 1 <= wide.state < 2**32 and wide.width == 32
        layers = stimuli.corner_config().resolved
        assert wide.state not in {
            seed_state(named(own, seed)) for own in layers for named in (initial_seed, direct_seed)
        }
