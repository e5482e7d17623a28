"""Leak, integrate, fire and reset of one neuron as combinational logic; the twins of :mod:`golden.neuron`."""

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.config import Leak, NeuronConfig, ResolvedLayer, SynapticConfig

from ..arith import clip_unsigned, multiply_constant, saturate, shift_floor


def state_layout(config: NeuronConfig) -> data.StructLayout:
    """What a neuron holds from one step to the next; memory and probe are made of it."""
    return data.StructLayout({name: signed(width) for name, width in config.state_widths.items()})


def initial_state(config: NeuronConfig) -> data.Const:
    """Return the state in which every sample begins."""
    return state_layout(config).const({"membrane": config.initial})


def leak(value: Value, config: Leak) -> Value:
    """Leak a membrane or a current by shift or by fixed-point factor, rounding down."""
    if config.leak_shift is not None:
        return (value - shift_floor(value, config.leak_shift))[: len(value)].as_signed()
    if config.leak_factor is not None and config.leak_frac is not None:
        return shift_floor(multiply_constant(value, config.leak_factor), config.leak_frac)
    return value


def fire(integrated: Value, config: NeuronConfig) -> Value:
    """Return the graded spike: the upper bits of the membrane, clipped (ETH 2025, eq. 3.1), or a comparison."""
    if config.threshold is not None:
        return integrated >= Const(config.threshold, signed(config.membrane_width))
    return clip_unsigned(shift_floor(integrated, config.threshold_shift), config.spike_width)


def reset(integrated: Value, spike: Value, config: NeuronConfig) -> Value:
    """Reset after a spike: soft subtracts its level, or a constant, hard clears, none keeps."""
    if config.reset == "soft":
        level = shift_floor(spike, -config.threshold_shift)
        if config.threshold is not None or config.reset_amount is not None:
            level = Mux(spike.any(), config.amount, 0)
        return (integrated - level)[: config.membrane_width].as_signed()
    if config.reset == "hard":
        return Mux(spike.any(), 0, integrated)
    return integrated


class Integrate(wiring.Component):
    """Leaks a neuron and adds its current, saturating once; the twin of :func:`golden.neuron.integrate`.

    So it does with the synaptic current before, where there is one; :func:`golden.neuron.current_step`.

    Combinational.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In         state before the step
    current : In   exact sum of the step, membrane LSBs
    o : Out        state before it fires
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        state = state_layout(layer.neuron)
        super().__init__({"i": In(state), "current": In(signed(layer.current_width)), "o": Out(state)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        neuron = self._layer.neuron
        arriving: Value = self.current
        if neuron.synaptic is not None:
            arriving = self._synaptic(m, neuron.synaptic)
        current = shift_floor(arriving, neuron.current_shift)
        # Signals, because every use of an expression builds it anew: a leak by factor is a tree of adders.
        leaked = Signal(signed(neuron.membrane_width))
        total = Signal(signed(1 + max(neuron.membrane_width, len(current))))
        m.d.comb += [
            leaked.eq(leak(self.i.membrane, neuron)),
            total.eq(leaked + current),
            self.o.membrane.eq(saturate(total, neuron.membrane_width)),
        ]
        return m

    def _synaptic(self, m: Module, config: SynapticConfig) -> Value:
        """Leak the synaptic current and add the sum; return it."""
        leaked = Signal(signed(config.width))
        total = Signal(signed(1 + max(config.width, self._layer.current_width)))
        m.d.comb += [
            leaked.eq(leak(self.i.current, config)),
            total.eq(leaked + self.current),
            self.o.current.eq(saturate(total, config.width)),
        ]
        return self.o.current


class Fire(wiring.Component):
    """Fires a neuron and resets it; the twin of the second half of :func:`golden.neuron.lif_step`.

    Combinational. In a layer that never fires the state passes unchanged.

    Parameters
    ----------
    layer : ResolvedLayer

    Members
    -------
    i : In          state after its current was added
    enable : In     there is a neuron; otherwise it sends no spike, and its state has no meaning
    spike : Out     graded
    o : Out         state after the step
    """

    def __init__(self, layer: ResolvedLayer):
        self._layer = layer
        state = state_layout(layer.neuron)
        super().__init__({"i": In(state), "enable": In(1), "spike": Out(layer.neuron.spike_width), "o": Out(state)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        neuron = self._layer.neuron
        if not self._layer.fires:
            m.d.comb += self.o.eq(self.i)
            return m
        m.d.comb += [
            self.spike.eq(Mux(self.enable, fire(self.i.membrane, neuron), 0)),
            self.o.membrane.eq(reset(self.i.membrane, self.spike, neuron)),
        ]
        if neuron.synaptic is not None:
            m.d.comb += self.o.current.eq(self.i.current)
        return m
