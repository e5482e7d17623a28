"""Readouts: what a class's score is, and what errors are made of; the twins of golden's scores, by the same names."""

from amaranth.hdl import Shape, Value, signed, unsigned

from golden.config import NetworkConfig

from ..arith import shift_floor


class LastMembrane:
    """The score is the membrane after the last step; errors are made of it."""

    def sum_shape(self, config: NetworkConfig) -> Shape | None:
        """Return the shape of what is summed over the steps of a sample; None where the score is no sum."""
        return None

    def term(self, membrane: Value, spike: Value) -> Value:
        """Return what a step adds to the sum."""
        return membrane

    def charge(self, config: NetworkConfig, membrane: Value, score: Value) -> Value:
        """Return what errors are made of, after any step; `score` so far, and both in membrane LSBs."""
        return membrane

    def charge_width(self, config: NetworkConfig) -> int:
        """Return the bits of a signed :meth:`charge`."""
        return config.layers[-1].neuron.membrane_width


class MembraneSum(LastMembrane):
    """The score is the sum of the membrane over the steps; errors are made of the membrane."""

    def sum_shape(self, config: NetworkConfig) -> Shape | None:
        """Return the shape of the sum."""
        return signed(config.score_width)


class SpikeCount(LastMembrane):
    """The score is the sum of the graded spikes; errors are made of the membrane plus all that it has emitted."""

    def sum_shape(self, config: NetworkConfig) -> Shape | None:
        """Return the shape of the sum, which has no sign."""
        return unsigned(config.score_width - 1)

    def term(self, membrane: Value, spike: Value) -> Value:
        """Return what a step adds to the sum."""
        return spike

    def charge(self, config: NetworkConfig, membrane: Value, score: Value) -> Value:
        """Return the membrane as it were without any reset."""
        return shift_floor(score, -config.layers[-1].neuron.threshold_shift) + membrane

    def charge_width(self, config: NetworkConfig) -> int:
        """Return the bits of a sum of membrane and shifted score."""
        neuron = config.layers[-1].neuron
        return max(neuron.membrane_width, config.score_width + neuron.threshold_shift) + 1


READOUTS = {"membrane": LastMembrane(), "membrane_sum": MembraneSum(), "spike_count": SpikeCount()}


def readout_of(config: NetworkConfig) -> LastMembrane:
    """Return the readout of a network."""
    return READOUTS[config.readout]
