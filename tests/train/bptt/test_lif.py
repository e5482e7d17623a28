"""The written-out gradient through time against automatic differentiation; surrogates against their integrals."""

from itertools import product

import pytest
import torch

from train.bptt.layers import LIF
from train.bptt.lif import Dynamics, Synaptic, lif_sequence
from train.bptt.surrogate import SLOPES, SURROGATES, centre_of

RESETS = ("soft", "hard", "none")


class _Spike(torch.autograd.Function):
    """The spike alone; everything around it is left to automatic differentiation."""

    @staticmethod
    def forward(ctx, membrane, dynamics):
        ctx.save_for_backward(membrane)
        ctx.dynamics = dynamics
        return (membrane / dynamics.level).floor().clamp(0, dynamics.max_spike)

    @staticmethod
    def backward(ctx, *gradients):
        (membrane,), (gradient, *_) = ctx.saved_tensors, gradients
        d = ctx.dynamics
        x = membrane / (d.max_spike * d.level) - d.centre
        return gradient * SURROGATES[d.surrogate](x, d.slope) / d.level, None


def reference(current, decay, d, own=None):
    membrane, spikes, membranes = torch.full_like(current[0], d.initial), [], []
    kept = torch.zeros_like(current[0])
    for step in current:
        if own is not None and spikes:
            step = step + spikes[-1] @ own.T
        if d.synaptic is not None:
            step = kept * d.synaptic.decay + step
            kept = step = step if d.synaptic.bounds is None else step.clamp(*d.synaptic.bounds)
        membrane = (membrane if decay is None else membrane * decay) + step
        if d.bounds is not None:
            membrane = membrane.clamp(*d.bounds)
        if not d.spike_bits:
            spikes.append(torch.zeros_like(membrane))
        else:
            spike = _Spike.apply(membrane, d)
            through = spike.detach() if d.detach_reset else spike
            if d.reset == "soft":
                membrane = membrane - through * (d.level if d.amount is None else d.amount)
            elif d.reset == "hard":
                fired = (spike.detach() > 0).to(membrane.dtype)
                if not d.detach_reset:
                    fired = fired + (spike - spike.detach()) / d.max_spike
                membrane = membrane * (1 - fired)
            spikes.append(spike)
        membranes.append(membrane)
    return torch.stack(spikes), torch.stack(membranes)


@pytest.mark.parametrize(
    "reset, detach, bits, bounded, more",
    [
        *product(RESETS, (False, True), (1, 3), (False, True), ({},)),
        ("soft", False, 0, True, {"initial": 0.2}),
        ("soft", False, 1, True, {"amount": 0.7, "initial": -0.4}),
        ("hard", False, 3, False, {"initial": 0.9}),
        ("soft", False, 3, True, {"synaptic": Synaptic(decay=0.7)}),
        ("hard", False, 1, False, {"synaptic": Synaptic(decay=0.6, bounds=(-0.9, 1.4))}),
    ],
)
@pytest.mark.parametrize("surrogate", SURROGATES)
def test_gradients_are_those_of_automatic_differentiation(reset, detach, bits, bounded, more, surrogate):
    torch.manual_seed(1)
    dynamics = Dynamics(
        spike_bits=bits, level=0.3, reset=reset, detach_reset=detach, surrogate=surrogate, slope=SLOPES[surrogate],
        centre=centre_of("staircase", bits) if bits else 0.0, bounds=(-1.0, 2.5) if bounded else None, **more,
    )  # fmt: skip
    current = torch.randn(6, 40, dtype=torch.float64) + 0.2
    weights = torch.randn(2, 6, 40, dtype=torch.float64)
    for leaks in (True, False):
        found = []
        for run in (lif_sequence, reference):
            decay = torch.tensor(0.8, dtype=torch.float64, requires_grad=True) if leaks else None
            given = current.clone().requires_grad_()
            spikes, membranes = run(given, decay, dynamics)
            (spikes * weights[0] + membranes * weights[1]).sum().backward()
            found.append((spikes, membranes, given.grad, None if decay is None else decay.grad))
        for ours, theirs in zip(*found, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None and theirs is not None:
                torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
        if bits:
            assert found[0][0].unique().numel() == 1 << bits, "every level is reached"
        if bounded:
            assert (found[0][1] == -1).any(), "the membrane saturates"


@pytest.mark.parametrize("reset, detach", list(product(RESETS, (False, True))))
@pytest.mark.parametrize("bits", (1, 2, 4))
@pytest.mark.parametrize("bounded, synaptic", [(False, None), (True, None), (True, Synaptic(decay=0.6))])
def test_gradients_through_a_recurrent_layer_are_those_of_automatic_differentiation(
    reset, detach, bits, bounded, synaptic
):
    torch.manual_seed(2)
    dynamics = Dynamics(
        spike_bits=bits, level=1 / (2**bits - 1), reset=reset, detach_reset=detach, surrogate="arctan", slope=2.0,
        centre=centre_of("staircase", bits), bounds=(-1.0, 2.5) if bounded else None, synaptic=synaptic,
    )  # fmt: skip
    current = torch.randn(7, 40, 9, dtype=torch.float64) + 0.2
    weights = torch.randn(2, 7, 40, 9, dtype=torch.float64)
    matrix = torch.randn(9, 9, dtype=torch.float64) / dynamics.max_spike
    for leaks, fixed in product((True, False), repeat=2):
        found = []
        for run in (lif_sequence, reference):
            decay = torch.tensor(0.8, dtype=torch.float64, requires_grad=True) if leaks else None
            given, own = current.clone().requires_grad_(), matrix.clone().requires_grad_(not fixed)
            spikes, membranes = run(given, decay, dynamics, own)
            (spikes * weights[0] + membranes * weights[1]).sum().backward()
            found.append((spikes, membranes, given.grad, own.grad, None if decay is None else decay.grad))
        for ours, theirs in zip(*found, strict=True):
            assert (ours is None) == (theirs is None)
            if ours is not None and theirs is not None:
                torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
        assert found[0][0].unique().numel() == 1 << bits, "every level is reached"
        assert (found[0][3] is None) == fixed
        if bounded:
            assert (found[0][1] == -1).any(), "the membrane saturates"


def test_own_spikes_arrive_a_step_later():
    neurons, own = LIF(1, reset="none"), torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    current = torch.zeros(3, 1, 2)
    current[0, 0, 0] = 1.0  # neuron 0 fires from the first step on; its spike reaches neuron 1, not the other way
    assert neurons(current, own)[:, 0].tolist() == [[1, 0], [1, 1], [1, 1]]
    assert neurons(current, own.T)[:, 0].tolist() == [[1, 0], [1, 0], [1, 0]]


def test_weights_of_own_spikes_in_bf16_change_products_only():
    torch.manual_seed(0)
    dynamics, decay = LIF(3).dynamics, torch.tensor(0.9)
    matrix, current = torch.randn(20, 20) / 30, torch.randn(6, 50, 20)
    found, gradients = [], []
    for dtype in (torch.float32, torch.bfloat16):
        own, given = matrix.clone().requires_grad_(), current.clone().requires_grad_()
        spikes, membranes = lif_sequence(given, decay, dynamics, own.to(dtype))
        (spikes + membranes).sum().backward()
        assert own.grad is not None and given.grad is not None and spikes.dtype == given.grad.dtype == torch.float32
        found.append(membranes.detach())
        gradients.append(own.grad.flatten())
    assert not torch.equal(*found) and (found[0] - found[1]).abs().mean() < 0.01
    assert torch.nn.functional.cosine_similarity(*gradients, dim=0) > 0.999


@pytest.mark.parametrize("name", SURROGATES)
@pytest.mark.parametrize("slope", [0.5, 1.0, 4.0])
def test_surrogates_have_integral_1_and_their_peak_in_the_middle(name, slope):
    x = torch.linspace(-400, 400, 1_600_001, dtype=torch.float64)
    y = SURROGATES[name](x, slope)
    assert torch.trapezoid(y, x) == pytest.approx(1, abs=5e-3)
    assert y.max() == y[len(x) // 2] and (y >= 0).all() and torch.allclose(y, y.flip(0))


def test_the_surrogate_peaks_in_the_middle_of_the_staircase():
    for bits in range(1, 9):
        levels = torch.arange(1, 2**bits) / (2**bits - 1)  # of theta, at which a level begins
        assert centre_of("staircase", bits) == pytest.approx(float(levels.mean()))
        shift = (2 ** (bits - 1) - 1) / (2**bits - 1)  # ETH 2025, eq. 3.2
        assert centre_of("staircase", bits) == pytest.approx(1 - shift)
        assert centre_of("theta", bits) == 1 and centre_of("zero", bits) == 0


def test_levels_fire_where_equation_3_1_says():
    for bits in (1, 2, 4):
        top = 2**bits - 1
        membranes = torch.tensor([[-0.5, 0.0, 0.5, 1.0, 2.0, 7.0]])
        expected = torch.tensor([sum(u * top >= level for level in range(1, top + 1)) for u in membranes[0]]) / top
        assert torch.equal(LIF(bits)(membranes)[0], expected)
        assert torch.equal(LIF(bits, threshold=2.0)(2 * membranes)[0], expected)


def test_a_decay_that_is_learned_moves():
    neuron = LIF(1, decay=0.5, learn_decay=True)
    neuron(torch.full((5, 3), 0.7)).sum().backward()
    assert neuron.decay_logit is not None and neuron.decay_logit.grad != 0 and neuron.leak_factor(8) == 128


@pytest.mark.parametrize(
    "arguments, word",
    [({"spike_bits": 9}, "spike_bits"), ({"threshold": 0}, "threshold"), ({"decay": 1.5}, "decay"),
     ({"surrogate": "step"}, "surrogate"), ({"decay": 1.0, "learn_decay": True}, "decay"),
     ({"reset": "subtract"}, "reset.*soft"), ({"centre": "middle"}, "centre"), ({"slope": 0.0}, "slope")],
)  # fmt: skip
def test_impossible_neurons_are_refused(arguments, word):
    with pytest.raises(ValueError, match=word):
        LIF(**arguments)
