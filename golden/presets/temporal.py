"""Presets for samples that are events in time: spoken digits, cues, rows of pixels.

The constants were chosen on validation splits of the training sets, never on test data (docs/results.md).
"""

from dataclasses import dataclass, replace
from typing import get_args

from ..config import (
    ERROR_SHIFTS,
    MEMBRANE_WIDTHS,
    EncodingConfig,
    LayerConfig,
    LearningConfig,
    NetworkConfig,
    NeuronConfig,
    Readout,
    Timing,
)
from ..errors import ConfigError
from ..widths import LFSR_WIDTH
from .names import without_sizes
from .variant import RecurrenceKind, Variant, scaled

# Settings of 16-bit shadow and 8-bit inference weights, n = 1; every other variant is derived from them.
TRACE_GAIN = 4
MARGIN = 1024
ERROR_SHIFT = 7
HIDDEN_RATE = 5
HIDDEN_INIT, READOUT_INIT = 14, 12
RECURRENT_INIT = {"learned": 11, "fixed": 12}
BUDGET_SHIFT = 9
FINAL_LEAK = 8
"""Leak shift of the readout and of all traces where the error comes at the end alone: they must reach over a sample."""
DIRECT_SHIFT = 4
READOUT_WIDER = 2
"""Bits that a readout's membranes have more, and further ones for spikes of several bits."""
FINER_LEVELS = 4
"""Bits by which a level may be finer than the threshold of n = 1, at most, and at most half as many as a weight has."""
SMALLER_ERROR = {"every_step": 3, "final": 9}
"""Bits by which an error may be made smaller; with more of them hardly any hidden weight changes."""
SCHEDULE = (0.5, 0.7, 0.9)
"""Shares of a run from which on every rate is halved."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a temporal preset is made for.

    Attributes
    ----------
    data : str
        Name of the data set, as :func:`train.data.load` takes it.
    n_inputs, n_steps, n_classes : int
    input_spike_width : int
    hidden : tuple of int
    recurrence : {"none", "learned", "fixed"}
    hidden_leak, readout_leak : int
        Leak shifts of membranes and of the traces that match them.
    leaks_without_recurrence : (int, int), optional
        The two where neurons have no recurrence, if they differ: then membranes alone keep what was.
    readout : {"membrane", "membrane_sum"}
    timing : {"every_step", "final"}
    error_octave, recurrent_rate, readout_rate : int
        Of 8-bit inference and 16-bit shadow weights, with the task's leaks.
    budget : int or None
    epochs : int
    description : str
    """

    data: str
    n_inputs: int
    n_steps: int
    n_classes: int
    input_spike_width: int = 1
    hidden: tuple[int, ...] = (128,)
    recurrence: RecurrenceKind = "none"
    hidden_leak: int = 4
    readout_leak: int = 4
    leaks_without_recurrence: tuple[int, int] | None = (5, 5)
    readout: Readout = "membrane_sum"
    timing: Timing = "every_step"
    error_octave: int = 8
    recurrent_rate: int = 8
    readout_rate: int = 7
    budget: int | None = 30
    epochs: int = 40
    description: str

    def leaks(self, kind: RecurrenceKind) -> tuple[int, int]:
        """Return the leak shifts of hidden layers and of the readout; an error at the end may need longer ones."""
        usual = self.hidden_leak, self.readout_leak
        return usual if kind != "none" else self.leaks_without_recurrence or usual


_FSDD = Task(data="fsdd", n_inputs=128, n_steps=80, n_classes=10, description="spoken digits (FSDD), no recurrence")
_ROWS = Task(
    data="mnist-rows", n_inputs=28, n_steps=28, n_classes=10, recurrence="learned", hidden_leak=3, readout_leak=3,
    leaks_without_recurrence=None, recurrent_rate=7, readout_rate=8, budget=None, epochs=12,
    description="MNIST, a row of pixels a step",
)  # fmt: skip
_SHD = Task(
    data="shd:bins=100,channels=140", n_inputs=140, n_steps=100, n_classes=20, recurrence="learned",
    description="Spiking Heidelberg Digits, 140 channels",
)  # fmt: skip
_CUES = Task(
    data="cues", n_inputs=40, n_steps=220, n_classes=2, hidden=(64,), recurrence="learned", hidden_leak=10,
    readout_leak=10, leaks_without_recurrence=None, readout="membrane", timing="final", error_octave=14,
    recurrent_rate=12, readout_rate=8, budget=None, epochs=20,
    description="cue accumulation, a decision after a second's pause",
)  # fmt: skip
TASKS: dict[str, Task] = {
    "cues-64r": _CUES,
    "mnist-rows-128r": _ROWS,
    "fsdd-128": _FSDD,
    "fsdd-128r": replace(_FSDD, recurrence="learned", description="spoken digits (FSDD), 128 cells of a cochlea"),
    "fsdd-reversed-128r": replace(
        _FSDD, data="fsdd-reversed", n_classes=20, recurrence="learned",
        description="spoken digits forward and reversed, 20 classes",
    ),
    "words-128r": replace(
        _FSDD, data="speech-commands", n_steps=125, recurrence="learned",
        description="ten spoken words (Speech Commands), 128 cells of a cochlea",
    ),
    "shd-128r": _SHD,
}  # fmt: skip


def temporal_preset(name: str, variant: Variant) -> NetworkConfig:
    """Return the configuration of a task of :data:`TASKS`, or a variant of it.

    The spike levels divide the range ``0..2^(Bw+1)``, however many they are up to n = 5, with weights of less than 8
    bits up to a smaller n; then a range larger by each further bit.

    Raises
    ------
    ConfigError
        A value out of range, or an encoding, which events have none of.
    """
    if variant.encoding not in (None, "events"):
        raise ConfigError(f"`encoding`: preset {name} takes none; its samples are events already")
    task, weight_width = TASKS[name], variant.weight_width
    sizes = task.hidden if variant.hidden is None else tuple(variant.hidden)
    kind = task.recurrence if variant.recurrence is None else variant.recurrence
    if kind not in get_args(RecurrenceKind):
        raise ConfigError(f"`recurrence`: must be one of {', '.join(get_args(RecurrenceKind))}, got {kind!r}")
    spike_width = 1 if variant.spike_width is None else variant.spike_width
    steps = task.n_steps if variant.n_steps is None else variant.n_steps
    width = 8 + weight_width if variant.membrane_width is None else variant.membrane_width
    finer = _finer_levels(spike_width, weight_width)
    readout_width = width + READOUT_WIDER + finer
    threshold_shift = max(0, weight_width - finer)
    readout_levels = weight_width + NeuronConfig.spike_width  # bits of the readout's levels, which never fire
    narrowest = max(threshold_shift + spike_width, readout_levels - READOUT_WIDER - finer) + 1
    widest = MEMBRANE_WIDTHS[1] - READOUT_WIDER - finer
    if not narrowest <= width <= widest and narrowest <= widest:
        widths = f"weights of {weight_width} bits and spikes of {spike_width}"
        raise ConfigError(
            f"`membrane_width`: must be {narrowest}..{widest} with {widths} in preset {name}, got {width}"
        )
    hidden_leak, readout_leak = task.leaks(kind)
    hidden_leak = min(hidden_leak, width - 1)
    timing = variant.timing or task.timing
    traces = (hidden_leak,) * len(sizes) + (readout_leak,)
    if timing == "final":
        traces = tuple(max(leak, FINAL_LEAK) for leak in traces)
    traces = (*traces[:-1], min(traces[-1], readout_width - 1))
    neuron = NeuronConfig(
        membrane_width=width, spike_width=spike_width, threshold_shift=threshold_shift,
        leak_shift=hidden_leak,
    )  # fmt: skip
    readout = NeuronConfig(membrane_width=readout_width, threshold_shift=weight_width, leak_shift=traces[-1])
    layers = (
        *(LayerConfig(size=size, weight_width=weight_width, neuron=neuron, recurrent=kind != "none") for size in sizes),
        LayerConfig(size=task.n_classes, weight_width=weight_width, neuron=readout),
    )
    learning = _learning(task, traces, variant, kind=kind, timing=timing, spike_width=spike_width, n_steps=steps)
    suffix = "" if kind == "none" else "r"
    return NetworkConfig(
        name="-".join((without_sizes(name), *(f"{size}{suffix}" for size in sizes))),
        n_inputs=task.n_inputs,
        n_steps=steps,
        readout=task.readout,
        encoding=EncodingConfig(kind="events", spike_width=task.input_spike_width),
        layers=layers,
        learning=learning,
        hardware=variant.hardware,
    )


def _learning(
    task: Task,
    traces: tuple[int, ...],
    variant: Variant,
    *,
    kind: RecurrenceKind,
    timing: Timing,
    spike_width: int,
    n_steps: int,
) -> LearningConfig:
    """Return the rule for the task's epochs.

    Errors, octave, margin and budget follow the scale of the inference weights, rates and initial weights that of the
    shadow weights. A ternary error is 2^6 times smaller than the largest graded one, of which the error shift and the
    readout's rate make up. An error at the end is one of membranes that leak less, and its update counts the surrogate
    over the sample.

    Graded spikes are larger than those of one bit, by 2^finer, and so are membranes and traces that sum them: octave
    and margin grow with the readout's membranes, weights that read spikes begin smaller, and their rates fall once for
    the trace and, where the threshold does not grow, once for the membrane.

    Where weights that read spikes are to learn more slowly than rates can be, the schedule to come, the error is
    smaller instead, and the other rates are as much faster.
    """
    weight_width, error = variant.weight_width, variant.error or "graded"
    weight_scale, shadow_scale = weight_width - 8, variant.shadow_width - 16
    finer = _finer_levels(spike_width, weight_width)
    n_hidden = len(traces) - 1
    ternary = 0 if error == "graded" else 6
    final = timing == "final"
    octave = task.error_octave + weight_scale + finer + traces[-1] - task.leaks(kind)[1]

    first = HIDDEN_RATE - (spike_width - 1 - finer)  # the range is larger, input events are not
    deep, recurrent = HIDDEN_RATE + 2 * finer, task.recurrent_rate + 2 * finer
    slow = [deep] * (n_hidden > 1) + [recurrent] * (kind == "learned")
    excess = max(slow, default=0) - shadow_scale - (LFSR_WIDTH - len(SCHEDULE))
    smaller = min(max(0, excess), SMALLER_ERROR[timing])

    def rate(base: int) -> int:
        return max(-16, min(base - shadow_scale, LFSR_WIDTH))

    hidden_rates = [rate((deep if layer else first) - smaller) for layer in range(n_hidden)]
    error_shift = ERROR_SHIFT + weight_scale - ternary + final + smaller
    # Layers below the last hidden one get gradients, of up to 2^7, where that one gets errors; those of an error at the
    # end count the surrogate over the sample, and a smaller error makes them smaller already.
    deeper = ternary + 1 + final * (n_steps.bit_length() - 2) - smaller if variant.route == "feedback" else 0
    error_shifts = [error_shift + deeper] * (n_hidden - 1) + [error_shift] * (n_hidden > 0)
    lowest, highest = ERROR_SHIFTS
    # An inference weight of less than one step is none.
    smallest_init = 16 - weight_width
    inits = [max(HIDDEN_INIT - finer, smallest_init) if layer else HIDDEN_INIT for layer in range(n_hidden)]
    inits.append(max(READOUT_INIT, smallest_init))
    recurrent_init = max(RECURRENT_INIT[kind] - finer, smallest_init) if kind != "none" else 0
    n_recurrent = n_hidden if kind != "none" else 0
    rule = LearningConfig(
        shadow_width=variant.shadow_width,
        route=variant.route,
        timing=timing,
        error=error,
        margin=scaled(MARGIN, weight_scale + finer),
        error_octave=max(0, octave),
        surrogate="narrow",
        rate_shifts=(*hidden_rates, rate(task.readout_rate + finer - ternary)),
        error_shifts=tuple(max(lowest, min(shift, highest)) for shift in error_shifts),
        direct_shift=max(0, DIRECT_SHIFT + weight_scale),
        recurrent_rate_shifts=(rate(recurrent - smaller),) * n_recurrent,
        recurrent_init_shifts=(max(0, recurrent_init + shadow_scale),) * n_recurrent,
        recurrence="fixed" if kind == "fixed" else "learned",
        rounding=variant.rounding,
        trace_shifts=traces,
        trace_gain=max(0, TRACE_GAIN + 1 - task.input_spike_width),
        budget=task.budget,
        budget_shift=max(0, BUDGET_SHIFT + weight_scale - ternary),
        init_shifts=tuple(max(0, init + shadow_scale) for init in inits),
        epochs=task.epochs,
        schedule=tuple(sorted({max(1, round(share * task.epochs)) for share in SCHEDULE})),
        seed=variant.seed,
    )
    return rule if variant.epochs is None else rule.for_epochs(variant.epochs)


def _finer_levels(spike_width: int, weight_width: int) -> int:
    """Return by how many bits a level is finer than the threshold of n = 1: not so fine that weights are too coarse."""
    return min(spike_width - 1, weight_width // 2, FINER_LEVELS)
