from golden.fixed import seed_state
from golden.seeds import direct_seed, initial_seed, update_lfsr_seed
from sim.verify import stimuli


def test_streams_of_a_network_differ():
    layers = stimuli.corner_config().resolved
    for seed in (0, 1, 65536, 2**32 - 1):
        seeds = [named(own, seed) for own in layers for named in (initial_seed, direct_seed)]
        assert len({seed_state(each) for each in seeds}) == len(seeds)


def test_lfsr_seeds_are_states():
    states = [update_lfsr_seed(seed) for seed in (*range(2000), 65534, 65535, 2**32 - 1)]
    assert all(1 <= state <= 65535 for state in states)
    assert len(set(states[:2000])) == 2000
