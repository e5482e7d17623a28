"""What the benches of the learning engine share: a small network, and coroutines that feed and take streams."""

from amaranth.sim import Simulator

from golden.config import (
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
)

MAX_CYCLES = 3_000


def network_config(
    sizes=(7, 4),
    n_inputs=6,
    recurrent=(),
    membrane_width=8,
    lanes=(4, 2),
    fire_lanes=(2,),
    weight_memory=("dual_port",),
    **learning,
) -> LearningNetworkConfig:
    """Return a small network that learns; `learning` overrides its rule."""
    depth = len(sizes)
    neuron = NeuronConfig(membrane_width=membrane_width, spike_width=2, threshold_shift=1)
    rule = {
        "shadow_width": 10, "rate_shifts": (1,) * depth, "error_shifts": (0,) * (depth - 1),
        "init_shifts": (7,) * depth, "recurrent_rate_shifts": (2,) * len(recurrent),
        "recurrent_init_shifts": (5,) * len(recurrent),
    }  # fmt: skip
    config = NetworkConfig(
        n_inputs=n_inputs,
        n_steps=4,
        encoding=EncodingConfig(spike_width=2),
        layers=tuple(
            LayerConfig(size=size, weight_width=4, neuron=neuron, recurrent=index in recurrent)
            for index, size in enumerate(sizes)
        ),
        learning=LearningConfig(**(rule | learning)),
        hardware=HardwareConfig(lanes=lanes[:depth], fire_lanes=fire_lanes, weight_memory=weight_memory),
    )
    assert isinstance(config, LearningNetworkConfig)
    return config


def simulate(component, *benches, background=(), processes=()):
    """Run all benches to their end, and those of the background for as long; processes act like parts of the design."""
    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    for process in processes:
        simulator.add_process(process)
    for bench in background:
        simulator.add_testbench(bench, background=True)
    for bench in benches:
        simulator.add_testbench(bench)
    simulator.run()


def feed(port, items, rng, gap=0.3):
    """Offer the items to a stream, with random gaps."""

    async def bench(ctx):
        for item in items:
            while rng.random() < gap:
                await ctx.tick()
            ctx.set(port.payload, item)
            ctx.set(port.valid, 1)
            taken = False
            while not taken:
                _, _, taken = await ctx.tick().sample(port.ready)
            ctx.set(port.valid, 0)

    return bench


def take(port, count, found, rng, stall=0.3):
    """Take `count` items from a stream into the list `found`, with random stalls; the payload holds meanwhile."""

    async def bench(ctx):
        held = None
        for _ in range(MAX_CYCLES):
            if len(found) == count:
                return
            ready = rng.random() >= stall
            ctx.set(port.ready, ready)
            valid, payload = ctx.get(port.valid), ctx.get(port.payload)
            if held is not None:
                assert valid and fields(payload) == held
            held = None
            if valid and ready:
                found.append(fields(payload))
            elif valid:
                held = fields(payload)
            await ctx.tick()
        raise AssertionError(f"{len(found)} of {count} items after {MAX_CYCLES} cycles")

    return bench


def fields(value):
    """Return a payload as plain data."""
    if hasattr(value, "shape") and hasattr(value.shape(), "members"):
        return {name: fields(getattr(value, name)) for name in value.shape().members}
    return value


def error_value(error):
    """Return the error that a packed error stands for."""
    exponent = error.get("exponent", 0)
    return (-1 if error["negative"] else 1) * (1 << exponent) if error["active"] else 0


def packed_error(value, *, ternary):
    """Return the fields of an error of 0 or of a power of two with a sign."""
    error = {"active": int(value != 0), "negative": int(value < 0)}
    return error if ternary else error | {"exponent": max(abs(int(value)).bit_length() - 1, 0)}
