"""What the benches of learning maps share: small networks that convolve and pool, memories, and windows by golden."""

from typing import Any

import numpy as np

from golden.config import ConvConfig
from golden.synapse import conv_current
from tests.intsnn_hw.rtl.learning import benches
from tests.intsnn_hw.rtl.learning.benches import packed_error
from tests.map_configs import map_network, neurons

DEADLINE = 20_000


def learning_maps(*layers: dict[str, Any], shape=(2, 6, 5), n_steps=3, hardware=None, **learning: Any):
    """Return the layers of a network on an input map, by the names of LayerConfig; `learning` overrides its rule."""
    return maps_config(*layers, shape=shape, n_steps=n_steps, hardware=hardware, **learning).resolved


def maps_config(*layers: dict[str, Any], shape=(2, 6, 5), n_steps=3, hardware=None, **learning: Any):
    """Return a network on an input map."""
    depth = len(layers)
    rule = {"shadow_width": 8, "rate_shifts": (2,) * depth, "init_shifts": (6,) * depth, "direct_shift": 2}
    return map_network(list(layers), shape, n_steps, neurons(4, 10, 2), rule | learning, hardware)


def conv(size=5, *, pool=1, bias="none", **windows: Any) -> dict[str, Any]:
    """Return a convolution by the names of LayerConfig, of a kernel of 3 where none is given."""
    return {"size": size, "conv": ConvConfig(**({"kernel": 3} | windows)), "pool": pool, "bias": bias}


def simulate(component, *running, background=(), processes=()):
    """As the function of that name in the benches of learning, for DEADLINE cycles at most."""

    async def deadline(ctx):
        for _ in range(DEADLINE):
            await ctx.tick()
        raise AssertionError(f"no end after {DEADLINE} cycles")

    benches.simulate(component, *running, background=[deadline, *background], processes=processes)


def windows_at(layer, place):
    """Return the windows that see an input after pooling, by golden's sums: position to the row of weights it meets."""
    kind, rows = layer.kind, np.arange(1, layer.n_rows + 1)
    weight = rows.reshape(1, *layer.weight_shape[1:])
    current = conv_current(np.eye(kind.n_fed, dtype=np.int64)[place], weight, kind.pooled_shape, kind.conv)
    return {int(at): int(current[at]) - 1 for at in np.flatnonzero(current)}


def words_of(values, layer, padding=0):
    """Return values (channels, n) as words of lanes, those of a column one after the other."""
    channels, n = values.shape
    padded = np.full((layer.n_words * layer.lanes, n), padding, np.int64)
    padded[:channels] = values
    return padded.T.reshape(-1, layer.lanes).tolist()


def values_of(words, layer):
    """Undo :func:`words_of`."""
    return np.array(words, np.int64).reshape(-1, layer.n_words * layer.lanes).T[: layer.config.size]


def packed_word(word, layer):
    """Return a word of errors as a memory holds it."""
    return [packed_error(error, ternary=layer.ternary_errors) for error in word]


def random_errors(layer, rng, density=0.5):
    """Return errors (channels, positions), of either sign and every size."""
    shape = layer.config.size, layer.n_positions
    exponents = 0 if layer.ternary_errors else rng.integers(0, 8, shape)
    return np.where(rng.random(shape) < density, rng.choice([-1, 1], shape) << exponents, 0)


def memory(port, words):
    """A process that answers a read port from the list `words`, one cycle later."""

    async def process(ctx):
        async for _, _, enable, address in ctx.tick().sample(port.enable, port.address):
            if enable:
                ctx.set(port.data, words[address])

    return process


def addressed(address, data, words):
    """A process that answers an address without an enable; nothing is asked of addresses beyond the words."""

    async def process(ctx):
        async for _, _, at in ctx.tick().sample(address):
            if words:
                ctx.set(data, words[min(at, len(words) - 1)])

    return process


def parameter_memory(port, words, written, *, single_port=False):
    """A process that reads and writes the list `words`; `written` gets the addresses. No read meets a write."""

    async def process(ctx):
        read, write = port.read, port.write
        sampled = (read.enable, read.address, write.enable, write.address, write.data)
        async for _, _, reads, address, writes, at, data in ctx.tick().sample(*sampled):
            assert not (reads and writes and (single_port or address == at))
            if reads:
                ctx.set(read.data, words[address])
            if writes:
                words[at] = [int(value) for value in data]
                written.append(at)

    return process
