"""What the compiled loops take: arrays and numbers that belong together, under one name."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..fixed import IntArray


class Model(NamedTuple):
    """A network in the flat form of the kernels, and room to compute in.

    Attributes
    ----------
    plan, groups, rule : IntArray
        :func:`golden.kernels.plan.layer_table`, :func:`golden.kernels.plan.group_table` and
        :func:`golden.kernels.plan.rule_table`.
    weights, shadows : array
        Values of all parameters of all layers, in the order of memory; no shadow values without learning.
    lfsr : IntArray
        State of the LFSR, shape (1,).
    matrix : IntArray
        Of the direct route, all layers; empty on the feedback route.
    classes : IntArray
        Where among the neurons of the last layer each class lies.
    places, tables, rows : IntArray
        :func:`golden.kernels.plan.map_tables`.
    accumulator, scaled, carried, gradient : array
        Room for the sums of a step, for the shifted errors of a layer, for those that a map's layer carries down, and
        for the gradient of its weights; their types are those of the arithmetic.
    pooled : array
        Room for the events of a layer after pooling, see :func:`golden.kernels.windows.pool_events`, three rows.
    """

    plan: IntArray
    groups: IntArray
    rule: IntArray
    weights: NDArray[Any]
    shadows: NDArray[Any]
    lfsr: IntArray
    matrix: IntArray
    classes: IntArray
    places: IntArray
    tables: IntArray
    rows: IntArray
    accumulator: NDArray[Any]
    scaled: NDArray[Any]
    carried: NDArray[Any]
    gradient: NDArray[Any]
    pooled: NDArray[Any]


class Shown(NamedTuple):
    """The events of samples, as :class:`golden.encoding.Events` has them, and their steps."""

    offsets: NDArray[Any]
    addresses: NDArray[Any]
    levels: NDArray[Any]
    n_steps: int


class Lesson(NamedTuple):
    """What is learned: labels of all samples, numbers of those to learn from in order, boost of the rate shifts."""

    labels: IntArray
    order: IntArray
    boost: int


class Found(NamedTuple):
    """Where scores go and, for as many samples as there is room, states and spikes of every neuron at every step."""

    scores: IntArray
    states: IntArray
    spikes: IntArray


class Kept(NamedTuple):
    """What is kept of a sample for learning.

    Attributes
    ----------
    traces : array
        Of all that feeds the rows of all layers.
    surrogates, fired : array
        Counts of all neurons: steps with a surrogate, steps that fired.
    output : IntArray
        Error of the classes, shape (n_classes,).
    carried : IntArray
        Room for the errors that come to the neurons of a layer.
    arrived : IntArray
        Inputs of the network that have a trace, in the order in which they got it.
    ascending : IntArray
        0, 1, 2, ...: the order of all other rows.
    """

    traces: NDArray[Any]
    surrogates: NDArray[Any]
    fired: NDArray[Any]
    output: IntArray
    carried: IntArray
    arrived: IntArray
    ascending: IntArray
