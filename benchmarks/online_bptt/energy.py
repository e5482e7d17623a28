"""Energy of a training step by counted operations, for BPTT and the on-line rule alike.

The package's table of coefficients prices integer additions and products, and every bit read from or written to an
on-chip memory of the capacity that its content needs; floating-point arithmetic, for which the table has no place, is
priced by :data:`FLOAT_PJ`. The dataflow is the kindest one to a dense machine: a weight is read once for all time steps
and all samples of a batch, sums stay in registers, a value kept for the backward pass is written once and read once.
Left out on both sides are the arithmetic of neurons (leak, surrogate, loss), control, the clock, memory off the chip.

What a layer costs, with P weights, N inputs, M neurons, o operations (an operation is one product and one addition), e
events into it, B samples in a batch and T steps, T' of them with an input, all a sample:

    forward          o = T' N M, by events e M; min(o, P / B) weights read; T' N inputs, by events e, written and read;
                     T M membranes written
    gradient         o as forward; inputs, membranes and T M errors read, T M errors written; unless it goes into the
                     weights at once, min(o, P / B) gradients written
    carried errors   in all layers but the first: o = T' N M; P / B weights read
    update           weights read and written, gradients read, with Adam two values of state read and written: of all
                     weights a batch with Adam, of those with a gradient with SGD

Where updates are skipped all but the first is that of the share of samples with an error; what a batch costs at once,
that of the share ``1 - (1 - share)^B`` of batches.
"""

import itertools
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace

from golden.config import GRADIENT_WIDTH, LearningNetworkConfig, NetworkConfig, ResolvedLayer
from intsnn_hw.energy import Coefficients

from .memory import OPTIMISER_VALUES, input_steps

FLOAT_BITS = 32
FLOAT_ADD_PJ, FLOAT_PRODUCT_PJ = 0.9, 3.7
"""Of 32-bit floating point: Horowitz, ISSCC 2014, 45 nm at 0.9 V, as commonly quoted, like the package's table."""
UPDATE_OPERATIONS = {"sgd": (1, 1), "adam": (8, 4)}
"""Products and additions of a weight. Of Adam: both moments, root and quotient as products, no correction of bias."""
KINDS = ("arithmetic", "weights", "gradients", "activations")
"""What energy is spent on; the last three are memories, that of gradients with the optimiser's values."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a training step is carried out; the defaults are plain BPTT.

    Attributes
    ----------
    integer : bool
        The integers of the configuration in place of 32-bit floating point: stored weights of the on-line rule's
        shadow width, inference weights and spikes as they are, errors of 8 bits.
    events : bool
        Nothing is done for an input that sends no spike: its products, forward and of the gradient, are left out.
    skips : bool
        A sample is learned from only where the on-line rule would: its share of samples with an error.
    batch_size : int
    optimiser : {"sgd", "adam"}
    at_once : bool
        A gradient goes into the weight as soon as it is known (batch 1, SGD); it is never stored.
    """

    integer: bool = False
    events: bool = False
    skips: bool = False
    batch_size: int = 1
    optimiser: str = "sgd"
    at_once: bool = False

    def __post_init__(self) -> None:
        if self.at_once and (self.batch_size, self.optimiser) != (1, "sgd"):
            raise ValueError("Choice.at_once: needs batch size 1 and SGD")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What was counted of a network on real samples, means over them.

    Attributes
    ----------
    events : tuple of float
        Into each layer, summed over the steps.
    updated : float
        Share of samples with an error, 0..1.
    synaptic_updates : float
        As :class:`golden.kernels.Activity` counts them; of the on-line rule alone.
    """

    events: tuple[float, ...]
    updated: float = 1.0
    synaptic_updates: float = 0.0


@dataclass(frozen=True, kw_only=True)
class _Format:
    """Bits and pJ of the values of a layer; an operation is a product and an addition."""

    weight_bits: int
    input_bits: int
    membrane_bits: int
    error_bits: int
    forward_pj: float
    gradient_pj: float
    carried_pj: float
    product_pj: float
    add_pj: float


def _format(layer: ResolvedLayer, coefficients: Coefficients, *, integer: bool) -> _Format:
    if not integer:
        operation = FLOAT_PRODUCT_PJ + FLOAT_ADD_PJ
        return _Format(
            weight_bits=FLOAT_BITS, input_bits=FLOAT_BITS, membrane_bits=FLOAT_BITS, error_bits=FLOAT_BITS,
            forward_pj=operation, gradient_pj=operation, carried_pj=operation,
            product_pj=FLOAT_PRODUCT_PJ, add_pj=FLOAT_ADD_PJ,
        )  # fmt: skip
    spike, weight, product = layer.input_spike_width, layer.weight_width, coefficients.product_pj
    add = coefficients.add_pj(layer.stored_width)
    return _Format(
        weight_bits=layer.stored_width,
        input_bits=spike,
        membrane_bits=layer.neuron.membrane_width,
        error_bits=GRADIENT_WIDTH,
        forward_pj=product(spike, weight) + coefficients.add_pj(layer.current_width),
        gradient_pj=product(spike, GRADIENT_WIDTH) + add,
        carried_pj=product(GRADIENT_WIDTH, weight) + add,
        product_pj=product(GRADIENT_WIDTH, layer.stored_width),
        add_pj=add,
    )


class Bill:
    """Picojoules of a sample by what they are spent on.

    Attributes
    ----------
    pj : dict
        By :data:`KINDS`.
    operations : float
        Products with their additions, of forward and backward pass.
    """

    def __init__(self) -> None:
        self.pj: dict[str, float] = dict.fromkeys(KINDS, 0.0)
        self.operations = 0.0

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.pj.values())

    def operate(self, count: float, pj: float) -> None:
        """Add operations."""
        self.operations += count
        self.pj["arithmetic"] += count * pj

    def spend(self, kind: str, count: float, pj: float) -> None:
        """Add anything else: words read or written, most of all."""
        self.pj[kind] += count * pj


def bptt_energy(config: NetworkConfig, work: Work, choice: Choice, coefficients: Coefficients) -> Bill:
    """Return the energy of a training sample by BPTT, or by what `choice` makes of it."""
    bill, batch = Bill(), choice.batch_size
    share = work.updated if choice.skips else 1.0
    batches = 1 - (1 - share) ** batch
    forms = [_format(layer, coefficients, integer=choice.integer) for layer in config.resolved]
    kept = batch * sum(
        input_steps(config, layer) * layer.n_in * form.input_bits
        + config.n_steps * layer.n_out * (form.membrane_bits + form.error_bits)
        for layer, form in zip(config.resolved, forms, strict=True)
    )

    def kept_pj(bits: int) -> float:
        return coefficients.read_pj(bits, -(-kept // bits))

    for layer, form, events in zip(config.resolved, forms, work.events, strict=True):
        weights, steps = layer.n_in * layer.n_out, input_steps(config, layer)
        inputs = events if choice.events else steps * layer.n_in
        operations, neurons = inputs * layer.n_out, config.n_steps * layer.n_out
        touched = min(operations, weights / batch)
        weight_pj = coefficients.read_pj(form.weight_bits, weights)

        bill.operate(operations, form.forward_pj)
        bill.spend("weights", touched, weight_pj)
        bill.spend("activations", 2 * inputs, kept_pj(form.input_bits))
        bill.spend("activations", neurons, kept_pj(form.membrane_bits))

        bill.operate(share * operations, form.gradient_pj)
        bill.spend("activations", share * inputs, kept_pj(form.input_bits))
        bill.spend("activations", share * neurons, kept_pj(form.membrane_bits))
        bill.spend("activations", share * 2 * neurons, kept_pj(form.error_bits))
        if layer.index > 0:
            bill.operate(share * steps * weights, form.carried_pj)
            bill.spend("weights", batches * weights / batch, weight_pj)

        changed = batches * (weights / batch if choice.optimiser == "adam" else touched)
        bill.spend("weights", 2 * changed, weight_pj)
        if not choice.at_once:
            products, adds = UPDATE_OPERATIONS[choice.optimiser]
            bill.spend("arithmetic", changed, products * form.product_pj + adds * form.add_pj)
            bill.spend("gradients", 2 * batches * touched, weight_pj)
            bill.spend("gradients", 2 * OPTIMISER_VALUES[choice.optimiser] * changed, weight_pj)
    return bill


def rule_energy(config: LearningNetworkConfig, work: Work, coefficients: Coefficients) -> Bill:
    """Return the energy of a training sample of the on-line rule by the same model, from what it did.

    An event reads its weights, in every step anew; a change of a shadow weight is a read, an addition and a write, all
    taken to be in the memory of the first layer; an error is carried by additions alone. A trace is written and read
    when an event arrives and read again in an update; membranes and counts of the window are read and written in every
    step.
    """
    bill, layers = Bill(), config.resolved
    state = sum(
        layer.n_in * layer.input_trace_width + layer.n_out * (layer.neuron.membrane_width + layer.surrogate_width)
        for layer in layers
    )

    def state_pj(bits: int) -> float:
        return coefficients.read_pj(bits, -(-state // bits))

    for layer, events in zip(layers, work.events, strict=True):
        form, weights = _format(layer, coefficients, integer=True), layer.n_in * layer.n_out
        weight_pj = coefficients.read_pj(form.weight_bits, weights)
        neuron_bits = layer.neuron.membrane_width + (layer.surrogate_width if layer.fires else 0)
        bill.operate(events * layer.n_out, form.forward_pj)
        bill.spend("weights", events * layer.n_out, weight_pj)
        bill.spend("activations", (2 + work.updated) * events, state_pj(layer.input_trace_width))
        bill.spend("activations", 2 * config.n_steps * layer.n_out, state_pj(neuron_bits))
        if layer.index == 0:
            bill.spend("arithmetic", work.synaptic_updates, form.add_pj)
            bill.spend("weights", 2 * work.synaptic_updates, weight_pj)
        else:
            bill.operate(work.updated * weights, form.add_pj)
            bill.spend("weights", work.updated * weights, weight_pj)
    return bill


def inference_energy(config: NetworkConfig, work: Work, choice: Choice, coefficients: Coefficients) -> Bill:
    """Return the energy of an inference: the forward pass with nothing kept.

    Inputs are written and read once, membranes in every step.

    Parameters
    ----------
    config : NetworkConfig
        Without a learning rule, so that weights are as wide as inference needs them.
    work : Work
    choice : Choice
        Of it `integer`, `events` and `batch_size` count.
    coefficients : Coefficients
    """
    bill = Bill()
    forms = [_format(layer, coefficients, integer=choice.integer) for layer in config.resolved]
    state = choice.batch_size * sum(
        layer.n_in * form.input_bits + layer.n_out * form.membrane_bits
        for layer, form in zip(config.resolved, forms, strict=True)
    )

    def state_pj(bits: int) -> float:
        return coefficients.read_pj(bits, -(-state // bits))

    for layer, form, events in zip(config.resolved, forms, work.events, strict=True):
        weights = layer.n_in * layer.n_out
        inputs = events if choice.events else input_steps(config, layer) * layer.n_in
        operations = inputs * layer.n_out
        bill.operate(operations, form.forward_pj)
        touched = min(operations, weights / choice.batch_size)
        bill.spend("weights", touched, coefficients.read_pj(form.weight_bits, weights))
        bill.spend("activations", 2 * inputs, state_pj(form.input_bits))
        bill.spend("activations", 2 * config.n_steps * layer.n_out, state_pj(form.membrane_bits))
    return bill


SWITCHES: dict[str, Callable[[Choice], Choice]] = {
    "precision": lambda choice: replace(choice, integer=True),
    "events": lambda choice: replace(choice, events=True),
    "skipped updates": lambda choice: replace(choice, skips=True),
    "weight traffic": lambda choice: replace(choice, batch_size=1, optimiser="sgd", at_once=True),
}
"""The ways from BPTT to the on-line rule that the model can take one by one, in this order."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One way from BPTT to the on-line rule.

    Attributes
    ----------
    name : str
    pj : float
        Of a training sample with this switch and all before it.
    factor : float
        By which the rung before it is divided; below 1 where it costs.
    mean, least, most : float
        The same over all orders of the switches: geometric mean and range.
    """

    name: str
    pj: float
    factor: float
    mean: float
    least: float
    most: float


def ladder(start: Choice, energy: Callable[[Choice], float]) -> list[Rung]:
    """Return what each of :data:`SWITCHES` does, alone after those before it and in every order.

    Parameters
    ----------
    start : Choice
    energy : callable
        pJ of a choice.
    """
    names = tuple(SWITCHES)

    def with_switches(chosen: tuple[str, ...]) -> float:
        choice = start
        for name in sorted(chosen, key=names.index):
            choice = SWITCHES[name](choice)
        return energy(choice)

    factors: dict[str, list[float]] = {name: [] for name in names}
    for order in itertools.permutations(names):
        for at, name in enumerate(order):
            factors[name].append(with_switches(order[:at]) / with_switches(order[: at + 1]))
    rungs = []
    for at, name in enumerate(names):
        pj = with_switches(names[: at + 1])
        logs = [math.log(factor) for factor in factors[name]]
        rungs.append(
            Rung(
                name=name, pj=pj, factor=with_switches(names[:at]) / pj, mean=math.exp(statistics.fmean(logs)),
                least=min(factors[name]), most=max(factors[name]),
            )
        )  # fmt: skip
    return rungs
