"""What the benches of the inference components share: small networks, and drivers of streams and of groups."""

from typing import Any

import numpy as np
from amaranth.hdl import ClockDomain, Module
from amaranth.lib import data
from amaranth.sim import Simulator

from golden.config import EncodingConfig, HardwareConfig, LayerConfig, LearningConfig, NetworkConfig, NeuronConfig

DEADLINE = 5_000
GAP, STALL = 0.3, 0.5


def network_config(
    *,
    n_inputs: int = 6,
    sizes: tuple[int, int] = (10, 3),
    n_steps: int = 3,
    readout: Any = "membrane",
    recurrent: bool = False,
    neuron: NeuronConfig | None = None,
    learning: dict | None = None,
    **hardware: Any,
) -> Any:
    """Two layers of narrow neurons, the first recurrent if so asked; `hardware` by the names of HardwareConfig."""
    neuron = neuron or NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=3, leak_shift=2)
    if learning is not None and readout == "spike_count":
        neuron = NeuronConfig(membrane_width=8, spike_width=2, threshold_shift=3)
    layers = [LayerConfig(size=size, weight_width=4, neuron=neuron) for size in sizes]
    if recurrent:
        layers[0] = LayerConfig(size=sizes[0], weight_width=4, neuron=neuron, recurrent=True)
    rule = None
    if learning is not None:
        shifts = {"rate_shifts": (1, 1), "error_shifts": (0,), "init_shifts": (7, 7)}
        if recurrent:
            shifts |= {"recurrent_rate_shifts": (1,), "recurrent_init_shifts": (7,)}
        rule = LearningConfig(shadow_width=8, **(shifts | learning))
    options = {"lanes": (4,), "fire_lanes": (2,), "banks": 2} | hardware
    return NetworkConfig(
        n_inputs=n_inputs,
        n_steps=n_steps,
        readout=readout,
        encoding=EncodingConfig(spike_width=2),
        layers=tuple(layers),
        learning=rule,
        hardware=HardwareConfig(**options),
    )


def simulate(component, *benches, background=()):
    """Run until all benches have ended, which takes DEADLINE cycles at most; those in `background` need not end."""
    top = Module()
    top.domains.sync = ClockDomain()  # which combinational components have not
    top.submodules.component = component
    simulator = Simulator(top)
    simulator.add_clock(1e-6)

    async def deadline(ctx):
        for _ in range(DEADLINE):
            await ctx.tick()
        raise AssertionError(f"no end after {DEADLINE} cycles")

    for bench in benches:
        simulator.add_testbench(bench)
    for bench in (deadline, *background):
        simulator.add_testbench(bench, background=True)
    simulator.run()


async def send(ctx, port, items, rng=None):
    """Offer items one by one, with random gaps where there is an `rng`."""
    for item in items:
        while rng is not None and rng.random() < GAP:
            await ctx.tick()
        ctx.set(port.payload, item)
        ctx.set(port.valid, 1)
        await ctx.tick().until(port.ready)
        ctx.set(port.valid, 0)


async def receive(ctx, port, n, rng=None):
    """Take `n` items, each with its cycle; not ready at random where there is an `rng`."""
    items, cycle = [], 0
    while len(items) < n:
        ctx.set(port.ready, rng is None or rng.random() >= STALL)
        _, _, valid, ready, payload = await ctx.tick().sample(port.valid, port.ready, port.payload)
        if valid and ready:
            items.append((plain(payload), cycle))
        cycle += 1
    ctx.set(port.ready, 0)
    return items


def plain(value: Any) -> Any:
    """A constant of a layout as dictionaries, lists and integers."""
    shape: Any = value.shape() if isinstance(value, data.Const) else None
    if isinstance(shape, data.StructLayout):
        return {name: plain(value[name]) for name in shape.members}
    if isinstance(shape, data.ArrayLayout):
        return [plain(value[index]) for index in range(shape.length)]
    return int(value)


def driven(component, sent, received, *others, background=(), rng=None):
    """Run with items on In streams; return what Out streams gave: `sent` items and `received` counts by name."""
    found = {}

    def sender(name, items, own):
        async def bench(ctx):
            await send(ctx, getattr(component, name), items, own)

        return bench

    def receiver(name, n, own):
        async def bench(ctx):
            found[name] = await receive(ctx, getattr(component, name), n, own)

        return bench

    benches = [sender(name, items, _spawn(rng)) for name, items in sent.items()]
    benches += [receiver(name, n, _spawn(rng)) for name, n in received.items()]
    simulate(component, *benches, *others, background=background)
    return {name: [item for item, _ in items] for name, items in found.items()}


def _spawn(rng):
    return None if rng is None else np.random.default_rng(rng.integers(1 << 30))


async def fire_groups(ctx, groups, n_groups, steps, show, rng=None):
    """Drive a groups_port as a fire sweep does: read, move and write each group, in cycles that follow each other.

    `steps` has a `fresh` for each step; `show(ctx, step, group)` is called in the cycle that writes the group.
    """
    for step, fresh in enumerate(steps):
        ctx.set(groups.fresh, fresh)
        for at in range(n_groups + 2):
            while rng is not None and rng.random() < GAP:
                _set(ctx, groups, read=0, move=0, write=0)
                await ctx.tick()
            read, move, write = at < n_groups, 1 <= at <= n_groups, at >= 2
            _set(ctx, groups, read=read, reading=at if read else 0, move=move, write=write, writing=max(at - 2, 0))
            if write:
                show(ctx, step, at - 2)
            await ctx.tick()
        _set(ctx, groups, read=0, move=0, write=0)


def _set(ctx, interface, **values):
    for name, value in values.items():
        ctx.set(getattr(interface, name), value)


def sums_memory(port, banks, released):
    """A bench that answers reads of a sums_port from `banks`, lists of words, and appends what is released."""

    async def bench(ctx):
        while True:
            sampled = (port.enable, port.bank, port.word, port.release)
            _, _, enable, bank, word, release = await ctx.tick().sample(*sampled)
            if enable:
                ctx.set(port.data, banks[bank][word])
            if release:
                released.append(release)

    return bench
