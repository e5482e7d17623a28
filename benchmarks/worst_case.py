"""Hold the cost model's worst cases against compiled cores of random hardware on the worst inputs known.

``python -m benchmarks.worst_case --cores N`` compiles N random cores, half of them learning ones and half of them with
convolutions, and prints for each the worst case, the most cycles that a sample took on random and on adversarial input,
and the ratio. It ends with exit code 1 where a sample took longer, or where a worst case is more than 1.5 times what
was reached.
"""

import argparse
import math
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from benchmarks.command import command
from golden.config import (
    ConvConfig,
    EncodingConfig,
    HardwareConfig,
    LayerConfig,
    LearningConfig,
    LearningNetworkConfig,
    NetworkConfig,
    NeuronConfig,
)
from golden.config.error_rules import ErrorKind
from golden.config.limits import Multiplier, Recurrence, Route, Timing, WeightMemory
from golden.config.readouts import Readout
from golden.encoding import Events, to_events
from golden.errors import ConfigError
from golden.fixed import IntArray, signed_range
from golden.network import LearningNetwork, Network
from intsnn_hw.cost.budget import inference_budget, learning_budget
from intsnn_hw.cost.worst_case import worst_case
from intsnn_hw.rtl.layouts import Operation, control_layout, input_event_layout
from sim import payload
from sim.result import RunResult
from sim.verify import stimuli
from sim.verify.inference import RtlNetwork, input_fields
from sim.verify.learning import RtlLearner
from sim.verify.stimuli import Choices, SeededChoices

MAX_RATIO = 1.5
"""Of a worst case to what adversarial input reaches."""

_SAMPLES = 24
_NEURON = NeuronConfig(membrane_width=4, spike_width=3, threshold_shift=0)
"""Fires from 1 on, with a surrogate up to its highest membrane."""
_MARGIN = (1 << 31) - 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Cycles of a sample: the worst case, and the most measured on random and on adversarial input."""

    config: NetworkConfig
    bound: float
    random: int
    adversarial: int

    @property
    def holds(self) -> bool:
        """Whether no sample took longer than the worst case."""
        return max(self.random, self.adversarial) <= self.bound

    @property
    def ratio(self) -> float:
        """The worst case by what adversarial input reached."""
        return self.bound / self.adversarial


def random_config(seed: int, **fixed: Any) -> NetworkConfig:
    """Return a small configuration of random hardware, in which every neuron can be made to fire in every step.

    Parameters
    ----------
    seed : int
    fixed
        What is not left to chance: `learns`, `depth`, `size`, `recurrent`, `banks`, `readout`, `route`, `timing`,
        `error`, `recurrence`, `leaks`, `biased`. The `size` is the most neurons of a layer.
    """
    choices = SeededChoices(seed)

    def chosen(name: str, options: Any) -> Any:
        option = choices.one_of(tuple(options))
        return fixed.get(name, option)

    depth, learns = chosen("depth", (1, 2, 3)), chosen("learns", (False, True))
    recurrent, readout = chosen("recurrent", (False, False, True)), chosen("readout", get_args(Readout))
    size = fixed.get("size", 12)
    sizes = [choices.integer(1, size) for _ in range(depth - 1)] + [choices.integer(2, size)]
    layers = tuple(
        LayerConfig(size=size, weight_width=4, neuron=_NEURON, recurrent=recurrent and index < depth - 1)
        for index, size in enumerate(sizes)
    )
    config = NetworkConfig(
        name=f"worst case {seed}",
        n_inputs=choices.integer(1, size),
        n_steps=choices.integer(1, 7),
        readout=readout,
        encoding=EncodingConfig(spike_width=2, value_width=4),
        layers=layers,
        learning=_rule(choices, chosen, layers) if learns else None,
        hardware=_hardware(choices, chosen, depth),
    )
    if not chosen("biased", (False, True)):
        return config
    return replace(config, layers=tuple(replace(layer, bias="learned") for layer in config.layers))


def random_maps(seed: int, **fixed: Any) -> NetworkConfig:
    """Return such a configuration on an input map, with a convolution at least.

    Parameters
    ----------
    seed : int
    fixed
        What is not left to chance: `learns`, `depth`, `banks`, `route`, `timing`, `error`, `leaks`.
    """
    choices = SeededChoices(seed)

    def chosen(name: str, options: Any) -> Any:
        option = choices.one_of(tuple(options))
        return fixed.get(name, option)

    depth, learns = chosen("depth", (2, 3)), chosen("learns", (False, True))
    while True:
        shape = (choices.integer(1, 2), choices.integer(3, 8), choices.integer(3, 8))
        readout = LayerConfig(size=choices.integer(2, 5), weight_width=4, neuron=_NEURON, pool=choices.one_of((1, 2)))
        drawn: dict[str, Any] = {
            "name": f"worst case {seed}",
            "n_inputs": math.prod(shape),
            "input_shape": shape,
            "n_steps": choices.integer(1, 3),
            "encoding": EncodingConfig(spike_width=2, value_width=4),
            "layers": (*(_convolution(choices) for _ in range(depth - 1)), readout),
        }
        with suppress(ConfigError):  # windows that do not fit are drawn again
            NetworkConfig(**drawn)
            break
    learning = _rule(choices, chosen, drawn["layers"]) if learns else None
    return NetworkConfig(**drawn, learning=learning, hardware=_hardware(choices, chosen, depth))


def _convolution(choices: Choices) -> LayerConfig:
    kernel = choices.integer(1, 3)
    return LayerConfig(
        size=choices.integer(1, 5),
        weight_width=4,
        neuron=_NEURON,
        pool=choices.one_of((1, 1, 2)),
        bias=choices.one_of(("none", "learned")),
        conv=ConvConfig(kernel=kernel, stride=choices.integer(1, 2), padding=choices.integer(0, min(1, kernel - 1))),
    )


def _hardware(choices: Choices, chosen: Any, depth: int) -> HardwareConfig:
    return HardwareConfig(
        lanes=tuple(choices.one_of((1, 2, 3, 4, 12)) for _ in range(depth)),
        fire_lanes=tuple(choices.integer(1, 4) for _ in range(depth)),
        banks=chosen("banks", (1, 2)),
        multiplier=choices.one_of(get_args(Multiplier)),
        weight_memory=tuple(choices.one_of(get_args(WeightMemory)) for _ in range(depth)),
    )


def _rule(choices: Choices, chosen: Any, layers: tuple[LayerConfig, ...]) -> LearningConfig:
    """Return a rule under which every evaluation finds an error, and weights hardly move."""
    depth, recurrent = len(layers), sum(layer.recurrent for layer in layers)
    route = chosen("route", get_args(Route))
    return LearningConfig(
        shadow_width=16,
        route=route,
        timing=chosen("timing", get_args(Timing)),
        error=chosen("error", get_args(ErrorKind)),
        margin=_MARGIN,
        rate_shifts=(16,) * depth,
        recurrent_rate_shifts=(16,) * recurrent,
        recurrent_init_shifts=(1,) * recurrent,
        recurrence=chosen("recurrence", get_args(Recurrence)),
        **chosen("errors", ({"error_shifts": (0,) * (depth - 1)}, {"error_bits": 7})),
        # The fixed matrix leaves neurons without an error; one beyond its budget has one.
        budget=0 if route == "direct" else None,
        budget_shift=24,
        trace_shifts=(2,) * depth if chosen("leaks", (False, True)) else (),
        trace_gain=4,
        init_shifts=(1,) * depth,
        schedule=(),
        epochs=1,
        seed=choices.integer(0, 1000),
    )


def firing_weights(config: NetworkConfig, width: int) -> list[IntArray]:
    """Return weights with which every neuron fires, and the first class has the lowest score: (n_out, n_rows) each."""
    _, high = signed_range(width)
    weights = [np.full(layer.weight_shape, high) for layer in config.resolved]
    weights[-1][0] = high // 4
    return weights


def adversarial_events(config: NetworkConfig) -> list[Events]:
    """Return samples, back to back, in which layers wait for each other as long as they can.

    Every input in every step; the same with each second step backwards, so that an input meets itself in the pipe; full
    samples between empty ones, and after four of them, when all layers are done; full steps between empty ones; one
    input.
    """
    shape = (_SAMPLES, config.n_steps, config.n_inputs)
    full = np.full(shape, (1 << config.encoding.spike_width) - 1)
    sample, even_steps = np.arange(_SAMPLES)[:, None, None], np.arange(config.n_steps) % 2 == 0
    dense = [full, full * (sample % 2 == 0), full * (sample % 5 == 4), full * even_steps[None, :, None]]
    dense.append(full * (np.arange(config.n_inputs) == 0))
    events = [to_events(spikes) for spikes in dense]
    return [*events, _alternating(events[0])]


def _alternating(events: Events) -> Events:
    """Turn the order of each second step's events around."""
    parts = np.split(events.addresses, events.offsets[1:-1])
    addresses = np.concatenate([part[::-1] if index % 2 else part for index, part in enumerate(parts)])
    return events._replace(addresses=addresses)


def inference_gaps(rtl: RtlNetwork, events: Events) -> IntArray:
    """Return the cycles from class to class."""
    return np.diff(rtl.run(events).output_cycles["o"])


def beats_apart(events: Events) -> dict[str, IntArray]:
    """Return the beats of samples whose ends of steps are beats of their own, with the address of the last event."""
    fields = input_fields(events)
    marked = (fields["end_of_step"] == 1) & (fields["spike"] > 0)
    source = np.repeat(np.arange(len(marked)), 1 + marked)
    is_marker = np.append(False, np.diff(source) == 0)
    is_event = np.append(np.diff(source) == 0, False)
    beats = {name: values[source] for name, values in fields.items()}
    beats["spike"] = np.where(is_marker, 0, beats["spike"])
    for name in ("end_of_step", "end_of_sample"):
        beats[name] = np.where(is_event, 0, beats[name])
    return beats


def inference_gaps_apart(rtl: RtlNetwork, events: Events) -> IntArray:
    """Return :func:`inference_gaps` of :func:`beats_apart`, in a core that has its weights."""
    config = rtl.network.config
    inputs = {"i": payload.pack(input_event_layout(config.resolved[0]), beats_apart(events))}
    budget = inference_budget(config, events.n_samples, events.n_steps)
    return np.diff(rtl.core.run(inputs, expected={"o": events.n_samples}, cycle_budget=budget).output_cycles["o"])


def learning_times(rtl: RtlLearner, events: Events, labels: IntArray) -> IntArray:
    """Return the cycles from the first event of a sample to that of the next, and of the last until it is done."""
    result = rtl.learn(events, labels)
    entered = _entered(result, input_fields(events))
    entered[0] += max(0, int(result.input_cycles["weights"].max(initial=-1)) + 1 - int(entered[0]))
    return np.diff(np.append(entered, result.input_cycles["control"][len(labels) + 2]))


def learning_times_apart(rtl: RtlLearner, events: Events, labels: IntArray) -> IntArray:
    """Return :func:`learning_times` of :func:`beats_apart`, in a core that has its weights."""
    config, beats = rtl.config, beats_apart(events)
    codes = {name: operation.value for name, operation in Operation.__members__.items()}
    operations = [codes["LEARN"]] * len(labels) + [codes["SET_BOOST"]]
    control = {"operation": np.array(operations), "value": np.append(labels, 0)}
    inputs = {
        "i": payload.pack(input_event_layout(config.resolved[0]), beats),
        "control": payload.pack(control_layout(config), control),
    }
    budget = learning_budget(config, events.n_samples, events.n_steps)
    result = rtl.core.run(inputs, expected={"o": events.n_samples}, cycle_budget=budget)
    return np.diff(np.append(_entered(result, beats), result.input_cycles["control"][-1]))


def _entered(result: RunResult, beats: dict[str, IntArray]) -> IntArray:
    """Return the cycle in which the first beat of each sample entered."""
    firsts = np.append(1, beats["end_of_sample"][:-1])
    return result.input_cycles["i"][np.flatnonzero(firsts)]


def try_inference(config: NetworkConfig) -> Outcome:
    """Measure the inference core."""
    bound, _ = worst_case(config)
    config = config.inference_only()
    biases = [np.zeros(layer.config.size if layer.has_bias else 0, np.int64) for layer in config.resolved]
    rtl = RtlNetwork(Network(config=config, weights=firing_weights(config, 4), biases=biases))
    worst = adversarial_events(config)
    adversarial = max(int(inference_gaps(rtl, events).max()) for events in worst)
    adversarial = max(adversarial, *(int(inference_gaps_apart(rtl, events).max()) for events in worst))
    random = inference_gaps(rtl, _random_events(config))
    return Outcome(config=config, bound=bound, random=int(random.max()), adversarial=adversarial)


def try_learning(config: LearningNetworkConfig) -> Outcome:
    """Measure the core that learns, from firing weights and then from random ones."""
    _, bound = worst_case(config)
    assert bound is not None
    weights = firing_weights(config, config.learning.shadow_width)
    rtl = RtlLearner(LearningNetwork.from_shadows(config, weights))
    lowest = np.zeros(_SAMPLES, np.int64)
    worst = adversarial_events(config)
    adversarial = max(int(learning_times(rtl, events, lowest).max()) for events in worst)
    adversarial = max(adversarial, *(int(learning_times_apart(rtl, events, lowest).max()) for events in worst))
    rtl.restart(LearningNetwork.of(stimuli.network(config, seed=1)))
    labels = np.random.default_rng(2).integers(0, config.n_classes, _SAMPLES)
    random = int(learning_times(rtl, _random_events(config), labels).max())
    return Outcome(config=config, bound=bound, random=random, adversarial=adversarial)


def outcome(config: NetworkConfig) -> Outcome:
    """Measure a core of a configuration: the one that learns where it has a rule."""
    return try_learning(config) if isinstance(config, LearningNetworkConfig) else try_inference(config)


def _random_events(config: NetworkConfig) -> Events:
    return to_events(stimuli.spikes(config, _SAMPLES, seed=3))


def core_name(config: NetworkConfig) -> str:
    """Return what a configuration's worst case depends on."""
    hardware = config.hardware
    parts = [config.topology, f"{config.n_steps} steps", config.readout]
    parts += [f"lanes {hardware.lanes}", f"fire {hardware.fire_lanes}", f"banks {hardware.banks}"]
    parts.append("/".join(kind.removesuffix("_port") for kind in hardware.weight_memory))
    parts += ["recurrent"] if any(layer.recurrent for layer in config.layers) else []
    if isinstance(config, LearningNetworkConfig):
        rule = config.learning
        parts += [rule.route, rule.timing, rule.error, rule.recurrence, "leaks" if rule.trace_shifts else "no leak"]
    return ", ".join(parts)


@command
def main(arguments: list[str] | None = None) -> int:
    """Run all and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=20, help="cores to compile (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the first core (default 0)")
    options = parser.parse_args(arguments)
    wrong = 0
    print("| seed | worst case | random | adversarial | ratio | core |\n|---|---|---|---|---|---|", flush=True)
    for seed in range(options.seed, options.seed + options.cores):
        found = outcome((random_maps if seed // 2 % 2 else random_config)(seed, learns=seed % 2 == 1))
        is_right = found.holds and found.ratio <= MAX_RATIO
        wrong += not is_right
        print(
            f"| {seed} | {found.bound:,.0f} | {found.random:,} | {found.adversarial:,} | {found.ratio:.2f} "
            f"| {core_name(found.config)}{'' if is_right else ' **WRONG**'} |",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
