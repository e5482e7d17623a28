"""Operation counts without a run of the hardware, from what the golden model counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from golden.config import LearningLayer, NetworkConfig, ResolvedLayer
from intsnn_hw.cost.accesses import accesses
from intsnn_hw.cost.counts import Walked, inference_counts, update_counts
from intsnn_hw.cost.reach import input_windows, touched_positions


class Activity(Protocol):
    """What is read of :class:`golden.kernels.Activity`: sums over the samples."""

    @property
    def samples(self) -> int: ...

    @property
    def input_events(self) -> int: ...

    @property
    def hidden_events(self) -> int: ...

    @property
    def updated_samples(self) -> int: ...

    @property
    def synaptic_updates(self) -> int: ...


class Events(Protocol):
    """What is read of :class:`golden.encoding.Events`."""

    @property
    def offsets(self) -> NDArray[Any]: ...

    @property
    def addresses(self) -> NDArray[Any]: ...

    @property
    def n_steps(self) -> int: ...


class State(Protocol):
    """What is read of :class:`golden.neuron.NeuronState`."""

    @property
    def membrane(self) -> NDArray[Any]: ...


class Inference(Protocol):
    """What is read of :class:`golden.kernels.Inference`; both of shape (samples, steps, neurons)."""

    @property
    def spikes(self) -> NDArray[Any] | None: ...

    @property
    def state(self) -> State | None: ...


def step_events(config: NetworkConfig, offsets: NDArray[Any], spikes: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the events into each layer, one array of shape (samples, steps) for each.

    Parameters
    ----------
    config : NetworkConfig
    offsets : (samples * steps + 1,)
        Of :class:`golden.encoding.Events`.
    spikes : (samples, steps, neurons)
        Of a recorded :class:`golden.kernels.Inference`.
    """
    found = [np.diff(offsets).reshape(spikes.shape[:2])]
    at = 0
    for layer in config.resolved[:-1]:
        found.append((spikes[..., at : at + layer.n_out] > 0).sum(axis=-1))
        at += layer.n_out
    return found


def inference_accesses(config: NetworkConfig, events: Sequence[NDArray[Any]]) -> dict[str, Any]:
    """Return the accesses and additions of inference, exactly as the inference core makes them.

    Parameters
    ----------
    config : NetworkConfig
        Without a learning rule.
    events : arrays of shape (samples, steps)
        Into each layer, without its own; :func:`step_events`.

    Returns
    -------
    dict
        As :func:`intsnn_hw.cost.accesses.accesses`.
    """
    counts = {}
    for layer, into in zip(config.resolved, events, strict=True):
        own = np.zeros_like(into)
        if layer.n_own:
            own[:, 1:] = events[layer.index + 1][:, :-1]  # what it sent in the step before; the last step's are dropped
        counts |= inference_counts(
            layer, events=into.sum(), returning=own.sum(), steps=into.size, filled_steps=((into + own) > 0).sum()
        )
    return accesses(config, {name: int(count) for name, count in counts.items()}, len(events[0]))


def recorded_accesses(config: NetworkConfig, events: Events, inference: Inference) -> dict[str, Any]:
    """Return the accesses and additions of inference, exactly as the inference core makes them, of any kind of layers.

    Parameters
    ----------
    config : NetworkConfig
        Without a learning rule.
    events : Events
    inference : Inference
        Of these, recorded.

    Returns
    -------
    dict
        As :func:`intsnn_hw.cost.accesses.accesses`.
    """
    spikes, state = inference.spikes, inference.state
    assert spikes is not None and state is not None
    into, counts, at = active_inputs(events, config.n_inputs), {}, 0
    for layer in config.resolved:
        neurons = slice(at, at + layer.n_out)
        at += layer.n_out
        fired = spikes[..., neurons] > 0
        own = np.zeros(into.shape[:2], np.int64)
        if layer.n_own:
            own[:, 1:] = fired[:, :-1].sum(axis=-1)  # those of a sample's last step are dropped
        arriving = into.sum(axis=-1) + own
        counts |= inference_counts(
            layer, events=into.sum(), returning=own.sum(), steps=own.size, filled_steps=(arriving > 0).sum(),
            walked=_walked(layer, into, state.membrane[..., neurons]) if layer.kind.is_spatial else None,
        )  # fmt: skip
        into = fired
    return accesses(config, {name: int(count) for name, count in counts.items()}, len(spikes))


def active_inputs(events: Events, n_inputs: int) -> NDArray[np.bool_]:
    """Return which inputs send an event, (samples, steps, n_inputs)."""
    step = np.repeat(np.arange(len(events.offsets) - 1), np.diff(events.offsets))
    active = np.zeros((len(events.offsets) - 1, n_inputs), bool)
    active[step, events.addresses] = True
    return active.reshape(-1, events.n_steps, n_inputs)


def _walked(layer: ResolvedLayer, into: NDArray[Any], membranes: NDArray[Any]) -> Walked:
    """Return what the inputs that are active in each step make a layer do that convolves or pools."""
    windows = input_windows(layer)
    words, filled = (into * windows).sum() * layer.n_words, into[..., windows > 0].any(axis=-1)
    whole = np.ones(filled.shape, bool)
    touched = np.zeros(filled.shape, np.int64)
    if layer.lists_touched:
        touched = touched_positions(layer, into)
        whole[:] = False
    if layer.lists_touched and layer.keeps_state:
        again = np.asarray((membranes >= layer.neuron.level).any(axis=-1))
        whole = np.concatenate([np.ones_like(again[:, :1]), again[:, :-1]], axis=1)
    groups = np.where(whole, layer.n_fire_words, touched * layer.n_fire_groups)
    return Walked(
        words=words,
        drained=groups[filled].sum(),
        fired=np.maximum(groups, 1).sum(),
        touched=touched.sum(),
    )


def estimated_accesses(config: NetworkConfig, activity: Activity) -> dict[str, Any]:
    """Estimate the accesses and additions from the totals of a run of the golden model.

    Inference is exact where the network has one hidden layer and no step is empty; otherwise events are spread over the
    hidden layers by their sizes, and a step without events is charged its reads of empty accumulators. The update is
    rough: it takes words to be full of neurons with an error, and changes to be spread over the layers as the synaptic
    operations are.

    Parameters
    ----------
    config : NetworkConfig
        Without a learning rule for the inference core; with it for the core that learns.
    activity : Activity
        Of inference, or of learning where the configuration has a rule.
    """
    layers, n_steps = config.resolved, activity.samples * config.n_steps
    hidden = sum(layer.n_in for layer in layers[1:])
    events = [activity.input_events, *(activity.hidden_events * layer.n_in / hidden for layer in layers[1:])]
    returning = [activity.hidden_events * layer.n_own / max(1, hidden) for layer in layers]
    operations = [
        (count + own) * float(input_windows(layer).mean()) * layer.config.size
        for count, own, layer in zip(events, returning, layers, strict=True)
    ]
    counts = {}
    for layer, into, own, operated in zip(config.resolved, events, returning, operations, strict=True):
        counts |= inference_counts(layer, events=into, returning=own, steps=n_steps, filled_steps=n_steps)
        if isinstance(layer, LearningLayer):
            counts |= update_counts(
                layer,
                samples=activity.samples,
                events=into,
                updates=activity.updated_samples,
                changed=activity.synaptic_updates * operated / max(1, sum(operations)),
                walked=into * activity.updated_samples / max(1, activity.samples),
            )
    return accesses(config, counts, activity.samples)
