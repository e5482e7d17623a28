"""A layer within its network, with every width that follows from the configuration."""

from dataclasses import dataclass

from ..widths import signed_range, signed_width, unsigned_width
from .error_rules import ERROR_RULES, ErrorRule
from .kinds import LayerKind
from .layer import LayerConfig
from .learning import LearningConfig
from .limits import GRADED_SHIFT, GRADIENT_WIDTH, Multiplier, WeightMemory
from .neuron import NeuronConfig
from .parameter import Parameter
from .row_group import RowGroup


@dataclass(frozen=True, kw_only=True)
class ResolvedLayer:
    """A layer within its network: its configuration, what it is fed with, and every derived width.

    `config` is what the user states, `kind` its geometry; `recurrent_index` its place among the recurrent layers, from
    0, None where it is not one.
    """

    index: int
    config: LayerConfig
    kind: LayerKind
    input_spike_width: int
    n_steps: int
    is_readout: bool
    fires: bool
    lanes: int
    fire_lanes: int
    banks: int
    multiplier: Multiplier
    weight_memory: WeightMemory
    recurrent_index: int | None = None

    @property
    def weight_width(self) -> int:
        """Bits of an inference weight."""
        return self.config.weight_width

    @property
    def neuron(self) -> NeuronConfig:
        """Its neurons."""
        return self.config.neuron

    @property
    def n_in(self) -> int:
        """Inputs before pooling, without the layer's own neurons."""
        return self.kind.n_in

    @property
    def n_out(self) -> int:
        """Neurons."""
        return self.kind.n_out

    @property
    def n_own(self) -> int:
        """Rows of weights from the layer's own neurons; 0 where it is not recurrent."""
        return self.kind.n_own

    @property
    def n_rows(self) -> int:
        """Rows of weights, each with a weight to every output channel."""
        return self.kind.n_rows

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """Shape of the weights, output channels first."""
        return self.kind.weight_shape

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the layer stores, in the order of a weight load."""
        return (self.weights, self.bias) if self.has_bias else (self.weights,)

    @property
    def weights(self) -> Parameter:
        """The weights."""
        return Parameter(
            name="weight",
            field="weights",
            shadow_field="shadows",
            shape=self.weight_shape,
            load_axes=self.kind.load_axes,
            width=self.weight_width,
            stored_width=self.stored_width,
        )

    @property
    def has_bias(self) -> bool:
        """Whether a bias is added in every step."""
        return self.config.bias != "none"

    @property
    def bias(self) -> Parameter:
        """The bias; its bits are those of the exact sum of weights over one step."""
        width = signed_width(*self._weights_range)
        return Parameter(
            name="bias",
            field="biases",
            shadow_field="shadow_biases",
            shape=(self.config.size,),
            load_axes=(0,),
            width=width,
            stored_width=width + self.stored_width - self.weight_width,
            trace_width=self.bias_trace_width,
        )

    @property
    def bias_trace_width(self) -> int:
        """Bits of the trace of an input that is 1 in every step; 0 where the bias does not learn."""
        return 0

    @property
    def event_width(self) -> int:
        """Bits of the widest spike that the layer adds, an input's or its own."""
        return max(self.input_spike_width, self.neuron.spike_width) if self.n_own else self.input_spike_width

    @property
    def stored_width(self) -> int:
        """Bits of a weight in the weight memory: the shadow weight's where the network learns."""
        return self.weight_width

    @property
    def current_range(self) -> tuple[int, int]:
        """Range of the exact sum over one step, each input sending at most one event, bias included."""
        low, high = self._weights_range
        least, most = signed_range(self.bias.width) if self.has_bias else (0, 0)
        return low + least, high + most

    @property
    def _weights_range(self) -> tuple[int, int]:
        low, high = signed_range(self.weight_width)
        total = self.kind.fan_in * ((1 << self.input_spike_width) - 1) + self.n_own * self.neuron.max_spike
        return low * total, high * total

    @property
    def current_width(self) -> int:
        """Bits of the exact sum over one step."""
        return signed_width(*self.current_range)

    @property
    def product_width(self) -> int:
        """Bits of one spike-times-weight product."""
        return self.weight_width + self.event_width

    @property
    def n_words(self) -> int:
        """Weight words of `lanes` weights that one row takes, the weights of one input, or of one place in a window."""
        return -(-self.weight_shape[0] // self.lanes)

    @property
    def n_positions(self) -> int:
        """Neurons of each output channel: the windows of a convolution."""
        return self.kind.n_sharing

    @property
    def n_sum_words(self) -> int:
        """Words of `lanes` sums that the neurons take, a row's words for each position."""
        return self.n_positions * self.n_words

    @property
    def n_fire_groups(self) -> int:
        """Groups of `fire_lanes` neurons of a position; only the last may hold padding."""
        return -(-self.config.size // self.fire_lanes)

    @property
    def n_fire_words(self) -> int:
        """Groups of `fire_lanes` neurons that one fire sweep takes at most."""
        return self.n_positions * self.n_fire_groups

    @property
    def keeps_state(self) -> bool:
        """Whether neurons hold their state from one step to the next: not in a map's only step of a sample."""
        return self.n_steps > 1 or not self._is_map

    @property
    def lists_touched(self) -> bool:
        """Whether a fire sweep may visit only neurons that a step's events reached, since no others change.

        So it is in a hidden map without a bias whose membranes begin at 0, where a sample has one step, or neurons have
        neither leak nor synaptic current.
        """
        moves = self.neuron.moves_alone and self.n_steps > 1
        return self._is_map and not self.is_readout and not self.has_bias and not moves and not self.neuron.initial

    @property
    def fires_again(self) -> bool:
        """Whether a neuron may fire in a step in which no event reaches it, though it does not leak."""
        return self.n_steps > 1 and self.neuron.reset != "hard"

    @property
    def _is_map(self) -> bool:
        return self.kind.output_shape is not None

    @property
    def weight_memory_bits(self) -> int:
        """Bits of the memories of all parameters, padding of the last word of each row included."""
        rows = sum(parameter.n_rows * parameter.stored_width for parameter in self.parameters)
        return rows * self.n_words * self.lanes

    @property
    def input_address_width(self) -> int:
        """Bits of the address of an input event."""
        return unsigned_width(self.n_in - 1)

    @property
    def row_address_width(self) -> int:
        """Bits of the index of a row of weights, of a fully connected layer."""
        return unsigned_width(self.n_rows - 1)

    @property
    def output_address_width(self) -> int:
        """Bits of the address of a neuron of this layer."""
        return unsigned_width(self.n_out - 1)


@dataclass(frozen=True, kw_only=True)
class LearningLayer(ResolvedLayer):
    """A layer of a network that learns: also traces, gradients, rates and initial weights."""

    learning: LearningConfig

    @property
    def lists_touched(self) -> bool:
        """Never: an update needs the surrogates of all neurons, also of those that no event reached."""
        return False

    @property
    def stored_width(self) -> int:
        """Bits of a shadow weight."""
        return self.learning.shadow_width

    @property
    def input_trace_width(self) -> int:
        """Bits of the trace of one input, or square of inputs, which never saturates."""
        return unsigned_width(self._largest_input_trace)

    @property
    def own_trace_width(self) -> int:
        """Bits of the trace of one of the layer's own neurons, where it is recurrent."""
        return unsigned_width(self._largest_trace(self.neuron.max_spike))

    @property
    def row_trace_width(self) -> int:
        """Bits of the widest trace of a row."""
        return max(self.input_trace_width, self.own_trace_width) if self.n_own else self.input_trace_width

    @property
    def init_shifts(self) -> tuple[int, ...]:
        """Initial shadow weights' log2 of inputs' rows and, where the layer is recurrent, of its own."""
        own = () if self.recurrent_index is None else (self.learning.recurrent_init_shifts[self.recurrent_index],)
        return self.learning.init_shifts[self.index], *own

    @property
    def row_groups(self) -> tuple[RowGroup, ...]:
        """The rows that learn, in the order of their turns in an update.

        `inputs`: those of the layer's inputs; `own`: those of its own neurons, fed by their spikes of the step before;
        `bias`: fed by a 1 in every step.
        """
        groups = [self._input_rows]
        if self.learns_own:
            groups.append(self._own_rows)
        if self.config.bias == "learned":
            groups.append(self._bias_row)
        return tuple(groups)

    @property
    def _input_rows(self) -> RowGroup:
        kind = self.kind
        return RowGroup(
            name="inputs",
            parameter=self.weights,
            feed=slice(0, kind.n_fed),
            first_row=0,
            n_rows=self.n_rows - self.n_own,
            rate_shift=self.learning.rate_shifts[self.index],
            highest_rate=self.learning.highest_rate,
            gradient_width=self._gradient_width(kind.n_sharing, self._largest_input_trace),
            shared=kind.shares_weights,
            by_arrival=self.index == 0 and not kind.is_spatial,
        )

    @property
    def _own_rows(self) -> RowGroup:
        return RowGroup(
            name="own",
            parameter=self.weights,
            feed=slice(self.kind.n_fed, self.kind.n_traces),
            first_row=self.n_rows - self.n_own,
            n_rows=self.n_own,
            rate_shift=self.learning.recurrent_rate_shifts[self.recurrent_index or 0],
            highest_rate=self.learning.highest_rate,
            gradient_width=self._gradient_width(1, self._largest_trace(self.neuron.max_spike)),
        )

    @property
    def _bias_row(self) -> RowGroup:
        return RowGroup(
            name="bias",
            parameter=self.bias,
            feed=slice(self.kind.n_traces, self.kind.n_traces + 1),
            first_row=0,
            n_rows=1,
            rate_shift=self.learning.rate_shifts[self.index],
            highest_rate=self.learning.highest_rate,
            gradient_width=self._gradient_width(self.kind.n_sharing, self._largest_trace(1)),
        )

    def _gradient_width(self, n_sharing: int, largest_trace: int) -> int:
        """Return the bits of the sum of error times trace of as many neurons."""
        largest = n_sharing * self.largest_error * largest_trace
        return signed_width(-largest, largest)

    def rates_at(self, boost: int) -> tuple[int, ...]:
        """Return the rate shifts of the weights' groups with what the schedule adds."""
        return tuple(group.rate_at(boost) for group in self.row_groups if group.parameter == self.weights)

    @property
    def learns_own(self) -> bool:
        """Whether the layer learns weights from its own neurons."""
        return self.recurrent_index is not None and self.learning.recurrence == "learned"

    @property
    def bias_trace_width(self) -> int:
        """Bits of the trace of an input that is 1 in every step; 0 where the bias does not learn."""
        return unsigned_width(self._largest_trace(1)) if self.config.bias == "learned" else 0

    @property
    def error_rule(self) -> ErrorRule:
        """The rule of the errors that learning starts from."""
        return ERROR_RULES[self.learning.error]

    @property
    def largest_error_sum(self) -> int:
        """Most that the magnitudes of the errors add up to, of all neurons that one input has weights to."""
        if not self.is_readout:
            return self.kind.fan_out << (GRADIENT_WIDTH - 1)
        return self.error_rule.largest_sum or self.kind.fan_out

    @property
    def largest_error(self) -> int:
        """Largest magnitude of the error of a neuron of the layer."""
        if self.is_readout:
            return 1 if self.error_rule.ternary else 1 << GRADED_SHIFT
        return 1 << (GRADIENT_WIDTH - 1)

    @property
    def error_shift(self) -> int | None:
        """Right shift of ``d * S`` in a hidden layer; None where each update finds its own by `error_bits`."""
        return None if self.learning.error_bits is not None else self.learning.error_shifts[self.index]

    @property
    def carried_width(self) -> int:
        """Bits of the exact error that the layer carries down to one input on the feedback route."""
        largest = self.largest_error_sum << (self.weight_width - 1)
        return signed_width(-largest, largest)

    @property
    def ternary_errors(self) -> bool:
        """Whether the errors of the layer's neurons are -1, 0 or 1; else they are powers of two."""
        return self.is_readout and self.error_rule.ternary

    @property
    def init_words(self) -> int:
        """Words of 16 bits that the draw of one initial shadow weight takes."""
        return 1 if max(self.init_shifts, default=0) <= 15 else 2

    @property
    def surrogate_window(self) -> tuple[int, int]:
        """Least membrane before reset whose surrogate is 1, and the least above for which it is 0 again."""
        neuron, narrow = self.neuron, self.learning.surrogate == "narrow"
        edge = neuron.level >> 1 if narrow else 0
        return edge, (neuron.level << neuron.spike_width) - edge

    @property
    def budget_push(self) -> int:
        """What the error of a neuron beyond its budget grows by; 0 without a budget, and in the readout layer."""
        if self.learning.budget is None or self.is_readout:
            return 0
        return 1 << self.learning.budget_shift

    @property
    def trace_shift(self) -> int | None:
        """Leak of the traces of the layer's rows; None: no leak."""
        shifts = self.learning.trace_shifts
        return shifts[self.index] if shifts else None

    @property
    def _largest_input_trace(self) -> int:
        return self._largest_trace(self.kind.pool**2 * ((1 << self.input_spike_width) - 1))

    def _largest_trace(self, max_spike: int) -> int:
        """Return the sum of `n_steps` spikes, or the level at which the leak takes all that arrives."""
        leaked = self.n_steps if self.trace_shift is None else min(self.n_steps, 1 << self.trace_shift)
        return leaked * (max_spike << self.learning.trace_gain)

    @property
    def surrogate_width(self) -> int:
        """Bits of the surrogate count over `n_steps`."""
        return unsigned_width(self.n_steps)
