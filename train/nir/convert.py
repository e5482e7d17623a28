"""From layers in float to a golden network of integers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.config import (
    ConvConfig,
    EncodingConfig,
    FieldError,
    LayerConfig,
    Leak,
    NetworkConfig,
    NeuronConfig,
    SynapticConfig,
)
from golden.config.limits import CURRENT_WIDTHS, MAX_STEPS, SPIKE_WIDTHS
from golden.errors import ConfigError, NirError
from golden.fixed import IntArray, signed_range
from golden.network import Network
from train.nir.calibration import Calibration
from train.nir.dynamics import Discrete, per_channel
from train.nir.layers import Array, Convolution, Dense
from train.nir.options import Options
from train.nir.scale import Room, Scale, choose_scale
from train.nir.windows import plain


@dataclass(frozen=True, kw_only=True)
class Converted:
    """A network of integers, and the units of its layers.

    Attributes
    ----------
    network : golden.network.Network
    scales : tuple of Scale
    weights : tuple of array
        In float, of the shapes of those of the network.
    """

    network: Network
    scales: tuple[Scale, ...]
    weights: tuple[Array, ...]


def convert(layers: Sequence[Discrete], seen: Calibration, options: Options, *, n_steps: int, name: str) -> Converted:
    """Convert layers that :func:`train.nir.expressible.check_expressible` accepts.

    Of a layer, with M membrane LSBs in a unit and g guard bits, ``w = round(W M 2^g)``, the bias likewise, and the
    threshold is ``floor(theta M) + 1`` where a spike needs more than theta, else ``ceil(theta M)``. Sums and leaks are
    rounded down; what is lost by it on average stands in the bias, where there is one.

    Parameters
    ----------
    layers : sequence of Discrete
    seen : Calibration
    options : Options
    n_steps : int
        Of a sample, 1..4096.
    name : str
        Of the network.

    Raises
    ------
    NirError
        Widths that a layer has no room in.
    ConfigError
        Widths for another number of layers, steps or input spikes out of range.
    """
    options.check_depth(len(layers))
    if type(n_steps) is not int or not 1 <= n_steps <= MAX_STEPS:
        raise ConfigError(f"`n_steps`: must be 1..{MAX_STEPS}, got {n_steps!r}")
    if options.spike_width is not None and all(layer.compare != "floor" or layer.is_readout for layer in layers):
        raise ConfigError("`spike_width`: no layer sends graded spikes; leave it out, or take a dialect with them")
    incoming = _bits(seen.input_level, "the input")
    encoding = EncodingConfig(kind="events", spike_width=incoming)
    configs, floats, weights, biases, scales = [], [], [], [], []
    for index, layer in enumerate(layers):
        room = _room(layer, index, seen, options, incoming)
        scale = choose_scale(layer, room, options.threshold)
        neuron, linear = _neuron(layer, room, scale, options.leak_frac), _weights(layer)
        bias = _bias(layer, neuron, scale)
        config = LayerConfig(
            weight_width=room.weight_width, neuron=neuron, bias="none" if bias is None else "fixed", **_geometry(layer)
        )
        low, high = signed_range(room.weight_width)
        configs.append(config)
        floats.append(linear)
        weights.append(np.clip(np.rint(linear * scale.weight_lsb), low, high).astype(np.int64))
        biases.append(np.zeros(0, np.int64) if bias is None else bias)
        scales.append(scale)
        incoming = room.spike_width
    config = NetworkConfig(
        name=name,
        n_inputs=layers[0].n_inputs,
        n_steps=n_steps,
        input_shape=_map_shape(layers[0]),
        encoding=encoding,
        layers=tuple(configs),
        readout="membrane" if layers[-1].is_readout else "spike_count",
    )
    any_bias = any(len(each) for each in biases)
    network = Network(config=config, weights=weights, biases=biases if any_bias else [])
    return Converted(network=network, scales=tuple(scales), weights=tuple(floats))


def _map_shape(layer: Discrete) -> tuple[int, int, int] | None:
    shape = layer.input_shape
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else None


def _bits(level: int, what: str) -> int:
    bits = max(1, level.bit_length())
    if bits > SPIKE_WIDTHS[1]:
        raise ConfigError(f"{what} has spikes of up to {level}; {(1 << SPIKE_WIDTHS[1]) - 1} is the highest level")
    return bits


def _room(layer: Discrete, index: int, seen: Calibration, options: Options, incoming: int) -> Room:
    weight_width, membrane_width = options.of_layer(index)
    spike_width = 1
    if layer.compare == "floor" and not layer.is_readout:
        auto = min(max(1, seen.levels[index].bit_length()), SPIKE_WIDTHS[1])
        spike_width = auto if options.spike_width is None else options.spike_width
        if spike_width >= membrane_width:
            raise NirError(
                f"node '{layer.name}': spikes of {spike_width} bits need membranes of {spike_width + 1}, not "
                f"{membrane_width}; give a larger `membrane_width` or a smaller `spike_width`"
            )
    kind = LayerConfig(**_geometry(layer)).kind(layer.n_inputs, _map_shape(layer))
    top = (1 << (weight_width - 1)) - 1
    return Room(
        weight_width=weight_width, membrane_width=membrane_width, spike_width=spike_width,
        largest=seen.largest[index] * seen.margin, current=seen.currents[index] * seen.margin,
        bias_top=top * (kind.fan_in * ((1 << incoming) - 1) + kind.n_own),
    )  # fmt: skip


def _geometry(layer: Discrete) -> dict[str, Any]:
    """Size, windows, pool and recurrence."""
    linear = _linear(layer)
    conv = _windows(linear) if isinstance(linear, Convolution) else None
    pool = 1 if layer.pool is None else layer.pool.kernel[0]
    return {"size": len(linear.weight), "conv": conv, "pool": pool, "recurrent": layer.recurrent is not None}


def _linear(layer: Discrete) -> Dense | Convolution:
    return layer.map if isinstance(layer.map, Dense) else plain(layer.map)


def _windows(conv: Convolution) -> ConvConfig:
    """Windows; what is the same along rows and columns is said once."""
    found = {}
    for name, pair in (("kernel", conv.weight.shape[2:]), ("stride", conv.stride), ("padding", conv.padding)):
        found[name] = pair[0]
        if pair[1] != pair[0]:
            found[f"{name}_x"] = pair[1]
    return ConvConfig(**found)


def _weights(layer: Discrete) -> Array:
    """All weights in float, those of the layer's own spikes in the last columns."""
    weight = _linear(layer).weight
    return weight if layer.recurrent is None else np.concatenate([weight, layer.recurrent], axis=1)


def _neuron(layer: Discrete, room: Room, scale: Scale, leak_frac: int) -> NeuronConfig:
    given = _leak(float(layer.decay[0]), leak_frac)
    if layer.synapse_decay is not None:
        bits = math.ceil(room.current * scale.weight_lsb).bit_length() + 1
        width = min(max(bits, CURRENT_WIDTHS[0]), CURRENT_WIDTHS[1])
        given["synaptic"] = SynapticConfig(width=width, **_leak(float(layer.synapse_decay[0]), leak_frac))
    if layer.threshold is None:
        given |= {"threshold_shift": room.membrane_width - 2, "reset": "none"}
    else:
        given |= _level(layer, scale)
    try:
        return NeuronConfig(
            membrane_width=room.membrane_width, spike_width=room.spike_width, current_shift=scale.guard,
            initial=round(float(layer.start[0]) * scale.lsb), **given,
        )  # fmt: skip
    except FieldError as error:
        raise NirError(f"node '{layer.name}': {error.field}: {error.rule}, got {error.value!r}") from error


def _leak(decay: float, leak_frac: int) -> dict[str, Any]:
    """Fields of a leak; none where the decay is 1."""
    factor = round(math.ldexp(decay, leak_frac))
    return {"leak_factor": factor, "leak_frac": leak_frac} if factor < 1 << leak_frac else {}


def _level(layer: Discrete, scale: Scale) -> dict[str, Any]:
    """Threshold and reset."""
    assert layer.threshold is not None
    theta = float(layer.threshold[0]) * scale.lsb
    given: dict[str, Any] = {"reset": {"zero": "hard", "subtract": "soft", "none": "none"}[layer.reset]}
    if scale.shift is not None and layer.compare != "gt":
        level = 1 << scale.shift
        given["threshold_shift"] = scale.shift
    elif scale.shift is not None:
        level = given["threshold"] = (1 << scale.shift) + 1
    else:
        level = given["threshold"] = math.floor(theta) + 1 if layer.compare == "gt" else math.ceil(theta)
    if layer.reset_amount is not None:
        amount = round(float(layer.reset_amount[0]) * scale.lsb)
        if amount != level:
            given["reset_amount"] = amount
    return given


def _bias(layer: Discrete, neuron: NeuronConfig, scale: Scale) -> IntArray | None:
    lost = math.ldexp(lost_a_step(neuron), scale.guard)
    if neuron.synaptic is not None:
        # What a bias adds stands in the current until it decays.
        assert layer.synapse_decay is not None
        lost = lost * (1 - float(layer.synapse_decay[0])) + lost_by_leak(neuron.synaptic)
    if not layer.bias.any() and (scale.guard <= 0 or not lost):  # without guard bits, no bias is as fine as half an LSB
        return None
    bias = layer.bias if isinstance(layer.map, Dense) else per_channel(layer.bias, layer.output_shape)
    assert bias is not None
    return np.rint(bias * scale.weight_lsb + lost).astype(np.int64)


def lost_a_step(neuron: NeuronConfig) -> float:
    """Return the membrane LSBs that a step loses on average, because sum and leak are rounded down."""
    return 0.5 - math.ldexp(0.5, -max(neuron.current_shift, 0)) + lost_by_leak(neuron)


def lost_by_leak(config: Leak) -> float:
    """Return the LSBs that a leak loses on average: half a one, less by half the last bit behind the point."""
    if not config.leak_factor or config.leak_frac is None:
        return 0.0
    bits = config.leak_frac - ((config.leak_factor & -config.leak_factor).bit_length() - 1)
    return 0.5 - math.ldexp(0.5, -bits)
