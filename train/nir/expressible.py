"""What the integer neurons and layers do not have: the one place that says so, before anything is converted."""

from collections.abc import Callable, Iterator, Sequence

from golden.config.limits import MAX_NEURONS, WINDOW_SIDES
from golden.errors import NirError
from train.nir.dynamics import Discrete, per_channel, uniform
from train.nir.layers import Convolution, Dense
from train.nir.windows import plain


def check_expressible(layers: Sequence[Discrete]) -> None:
    """Raise NirError for the first layer that integers cannot express, with the node and what to do."""
    for index, layer in enumerate(layers):
        for check in CHECKS:
            for obstacle in check(layer, index == len(layers) - 1):
                raise NirError(f"node '{layer.name}': {obstacle}")


Check = Callable[[Discrete, bool], Iterator[str]]
"""Takes a layer, and whether it is the last; yields what is in the way."""


def _drift(layer: Discrete, is_last: bool) -> Iterator[str]:
    if layer.drift.any():
        yield "v_leak differs from v_reset, which neurons with a synaptic current do not support; make them equal"


def _one_value_for_all(layer: Discrete, is_last: bool) -> Iterator[str]:
    values = {
        "thresholds": layer.threshold, "decays": layer.decay, "synaptic decays": layer.synapse_decay,
        "amounts of the reset": layer.reset_amount, "membranes at the start": layer.start,
    }  # fmt: skip
    for name, each in values.items():
        if each is not None and uniform(each) is None:
            yield (
                f"has {name} of {each.min():.4g} to {each.max():.4g}; one value for all neurons is all that is "
                "supported yet, train with scalars"
            )
    if isinstance(layer.map, Convolution) and per_channel(layer.bias, layer.output_shape) is None:
        yield "has a bias, or v_leak, that differs within a channel, which is not supported; give one for a channel"


def _graded(layer: Discrete, is_last: bool) -> Iterator[str]:
    if layer.threshold is None or layer.compare != "floor" or layer.reset != "subtract":
        return
    if layer.reset_amount is not None and (layer.reset_amount != layer.threshold).any():
        yield "graded spikes with a reset a step later are not supported; use `reset` subtract or `compare` gt"


def _recurrent(layer: Discrete, is_last: bool) -> Iterator[str]:
    if layer.recurrent is None:
        return
    if is_last:
        yield "is the last layer and sees its own spikes, which is not supported; put a layer or LI behind it"
    if layer.pool is not None or isinstance(layer.map, Convolution):
        yield "sees its own spikes behind a convolution or pool, which is not supported; flatten in front of it"


def _spatial(layer: Discrete, is_last: bool) -> Iterator[str]:
    if layer.pool is not None and layer.pool.kernel[0] != layer.pool.kernel[1]:
        rows, columns = layer.pool.kernel
        yield f"pools windows of {rows} x {columns} in front; only square ones are supported"
    if isinstance(layer.map, Dense):
        return
    side = max(*plain(layer.map).weight.shape[2:], *layer.map.stride)
    if side > WINDOW_SIDES[1]:
        yield f"needs windows or strides of {side}, dilation and padding included; {WINDOW_SIDES[1]} is the most"


def _sizes(layer: Discrete, is_last: bool) -> Iterator[str]:
    largest = max(layer.n_neurons, layer.n_inputs)
    if largest > MAX_NEURONS:
        yield f"has {largest:,} neurons or inputs; {MAX_NEURONS:,} is the most"


CHECKS: tuple[Check, ...] = (_drift, _one_value_for_all, _graded, _recurrent, _spatial, _sizes)
