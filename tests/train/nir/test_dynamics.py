"""Steps of time against the equations that they come from, written down again in the coordinates of the file."""

import nir
import numpy as np
import pytest

from golden.errors import NirError
from tests.train.nir.graphs import affine, chain, conv, cuba, graph, li, lif, pool, random
from train.nir.chain import read_chain
from train.nir.dialects import DIALECTS, dialect
from train.nir.dynamics import discretize, per_channel, uniform
from train.nir.simulate import simulate

STEPS, SAMPLES, INPUTS, NEURONS = 40, 5, 6, 4


def spikes(seed=3):
    return np.random.default_rng(seed).integers(0, 2, (STEPS, SAMPLES, INPUTS))


def spread(low, high):
    return np.linspace(low, high, NEURONS)


def weights(factor=0.8):
    found = affine(NEURONS, INPUTS)
    found.weight, found.bias = factor * np.abs(found.weight), 0.1 * found.bias
    return found


def ours(node, given, x):
    (layer,) = discretize(chain((INPUTS,), fc=weights(), node=node), given)
    trace = simulate([layer], x)[0]
    return trace.spikes, trace.membranes + layer.offset


def literal(v, tau, r, leak, i, dt):
    return v + dt / tau * (leak - v + r * i)


@pytest.mark.parametrize("reset", [-0.4, 0.0, 0.3])
@pytest.mark.parametrize("leak", [-0.2, 0.0, 0.5])
def test_literal_lif_with_any_leak_and_reset(leak, reset):
    tau, r, threshold, dt = spread(2e-4, 2e-3), spread(3.0, 12.0), spread(0.8, 1.5), 1e-4
    node = nir.LIF(tau, r, np.full(NEURONS, leak), threshold, np.full(NEURONS, reset))
    x, fc = spikes(), weights()
    found, membranes = ours(node, DIALECTS["nir"], x)
    v, seen = np.full((SAMPLES, NEURONS), reset), []
    for t in range(STEPS):
        v = literal(v, tau, r, leak, x[t] @ fc.weight.T + fc.bias, dt)
        np.testing.assert_allclose(membranes[t], v, atol=1e-12)
        z = v > threshold
        np.testing.assert_array_equal(found[t], z)
        v, seen = np.where(z, reset, v), [*seen, z]
    assert 0.02 < np.mean(seen) < 0.98


@pytest.mark.parametrize("name", ["nir", "norse"])
def test_literal_cuba_with_a_leak(name):
    given = DIALECTS[name]
    scale = given.dt / 1e-4
    tau, tau_syn, threshold, leak, reset = spread(3e-4, 2e-3) * scale, 4e-4 * scale, 0.9, 0.3, 0.1
    node = nir.CubaLIF(
        *(np.full(NEURONS, value) for value in (tau_syn,)), tau, np.full(NEURONS, 2.0), np.full(NEURONS, leak),
        np.full(NEURONS, threshold), np.full(NEURONS, reset), np.full(NEURONS, 1.5),
    )  # fmt: skip
    x, fc = spikes(), weights()
    found, membranes = ours(node, given, x)
    v, s, seen = np.full((SAMPLES, NEURONS), leak if name == "norse" else reset), np.zeros((SAMPLES, NEURONS)), []
    for t in range(STEPS):
        i = x[t] @ fc.weight.T + fc.bias
        kept = given.dt / tau_syn
        s = (1 - kept) * s + (1.5 * i if name == "norse" else kept * 1.5 * i)
        v = literal(v, tau, 2.0, leak, s, given.dt)
        np.testing.assert_allclose(membranes[t], v, atol=1e-12)
        z = v > threshold
        np.testing.assert_array_equal(found[t], z)
        v, seen = np.where(z, reset, v), [*seen, z]
    assert 0.02 < np.mean(seen) < 0.98


def test_a_subtraction_a_step_later_is_a_larger_one_at_once():
    beta, threshold = spread(0.5, 0.95), spread(0.8, 1.2)
    node = nir.LIF(1e-4 / (1 - beta), 1 / (1 - beta), np.zeros(NEURONS), threshold, np.zeros(NEURONS))
    x, fc = spikes(), weights()
    found, membranes = ours(node, DIALECTS["snntorch"], x)
    v = z = np.zeros((SAMPLES, NEURONS))
    for t in range(STEPS):
        v = beta * v + x[t] @ fc.weight.T + fc.bias - z * threshold
        z = (v > threshold).astype(float)
        np.testing.assert_array_equal(found[t], z)
        assert t > 0 or (membranes[t] == v).all() or np.allclose(membranes[t], v)
    assert 0.02 < found.mean() < 0.98


def test_graded_spikes_of_an_exponential_decay():
    tau, threshold = spread(2.0, 9.0), spread(0.4, 0.7)
    node = nir.LIF(tau, np.ones(NEURONS), np.zeros(NEURONS), threshold)
    x, fc = spikes(), weights()
    found, _ = ours(node, DIALECTS["sinabs"], x)
    v = np.zeros((SAMPLES, NEURONS))
    for t in range(STEPS):
        v = np.exp(-1 / tau) * v + x[t] @ fc.weight.T + fc.bias
        z = (v > 0) * np.trunc(v / threshold)
        np.testing.assert_array_equal(found[t], z)
        v = v - z * threshold
    assert found.max() > 2 and (found == 0).any()


@pytest.mark.parametrize("name, gain", [("nir", 1e-4), ("spikingjelly", 1e-4), ("norse", 1.0), ("sinabs", 1.0)])
def test_the_gain_of_if(name, gain):
    node = nir.IF(r=np.full(NEURONS, 3.0), v_threshold=np.ones(NEURONS))
    (layer,) = discretize(chain((INPUTS,), fc=weights(), node=node), DIALECTS[name])
    np.testing.assert_allclose(layer.map.weight, 3.0 * gain * weights().weight)
    assert (layer.decay == 1).all() and layer.drift.max() == 0


@pytest.mark.parametrize("options, gain", [({}, 1.0), ({"gain": "nir"}, 1 - np.exp(-0.25))])
def test_the_gain_of_an_exponential_decay(options, gain):
    node = nir.LIF(np.full(NEURONS, 4.0), np.ones(NEURONS), np.zeros(NEURONS), np.ones(NEURONS))
    (layer,) = discretize(chain((INPUTS,), fc=weights(), node=node), dialect("sinabs", **options))
    np.testing.assert_allclose(layer.map.weight, gain * weights().weight)
    np.testing.assert_allclose(layer.decay, np.exp(-0.25))


def test_a_threshold_remembers_nothing():
    (layer,) = discretize(chain((INPUTS,), fc=weights(), node=nir.Threshold(spread(0.5, 1))), DIALECTS["snntorch"])
    assert (layer.reset, layer.reset_amount, layer.decay.max()) == ("none", None, 0)
    found = simulate([layer], spikes())[0].spikes
    np.testing.assert_array_equal(found, spikes() @ weights().weight.T + weights().bias > spread(0.5, 1))


def test_a_readout_is_the_membrane_of_the_file():
    node = nir.LI(tau=spread(2e-4, 1e-3), r=np.full(NEURONS, 4.0), v_leak=np.full(NEURONS, 0.5))
    (layer,) = discretize(chain((INPUTS,), fc=weights(), node=node), DIALECTS["nir"])
    x, fc, v = spikes(), weights(), np.zeros((SAMPLES, NEURONS))
    trace = simulate([layer], x)[0]
    for t in range(STEPS):
        v = literal(v, node.tau, 4.0, 0.5, x[t] @ fc.weight.T + fc.bias, 1e-4)
        np.testing.assert_allclose(trace.output(layer)[t], v, atol=1e-12)
    assert layer.is_readout and layer.threshold is None and not trace.spikes.any()


def test_recurrence_comes_a_step_later_with_the_same_gain():
    back = affine(NEURONS, NEURONS, seed=9)
    node = cuba(NEURONS, v_threshold=2.0, w_in=3.0, r=4.0)
    given = graph({"fc": weights(), "n": node, "back": back}, [("fc", "n"), ("n", "back"), ("back", "n")])
    (layer,) = discretize(read_chain(given), DIALECTS["nir"])
    x, fc = spikes(), weights()
    trace = simulate([layer], x)[0]
    v = s = z = np.zeros((SAMPLES, NEURONS))
    for t in range(STEPS):
        i = x[t] @ fc.weight.T + fc.bias + z @ back.weight.T + back.bias
        s = s + 1e-4 / 5e-4 * (3.0 * i - s)
        v = v + 1e-4 / 1e-3 * (4.0 * s - v)
        z = (v > 2.0).astype(float)
        np.testing.assert_array_equal(trace.spikes[t], z)
        v = np.where(z > 0, 0, v)
    assert 0.02 < trace.spikes.mean() < 0.98


def test_gains_of_channels_go_into_kernels():
    neurons = lif(2, 3, 3)
    neurons.r = np.repeat([5.0, 20.0], 9).reshape(2, 3, 3)
    (layer,) = discretize(chain((1, 5, 5), conv=conv(2, 1, 3, 3), lif=neurons), DIALECTS["nir"])
    np.testing.assert_allclose(layer.map.weight, random(2, 1, 3, 3) * np.array([0.5, 2.0]).reshape(2, 1, 1, 1))
    bias = per_channel(layer.bias, layer.output_shape)
    assert bias is not None and np.allclose(bias, random(2) * [0.5, 2.0])
    assert per_channel(np.arange(18.0), (2, 3, 3)) is None
    assert (uniform(layer.decay), uniform(layer.bias)) == (0.9, None)


def refused(found, given):
    with pytest.raises(NirError) as caught:
        discretize(found, given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_no_step_expresses():
    dense = {"fc": weights()}
    fast = chain((INPUTS,), **dense, lif=lif(NEURONS, tau=5e-5))
    assert "node 'lif' (LIF): its tau 5e-05 is below the time step 0.0001 of dialect nir" in refused(
        fast, DIALECTS["nir"]
    )
    assert discretize(fast, DIALECTS["norse"])[0].decay[0] == pytest.approx(1 - 1 / 50)
    fast = chain((INPUTS,), **dense, lif=cuba(NEURONS, tau_syn=5e-5))
    assert "its tau_syn 5e-05 is below" in refused(fast, DIALECTS["spikingjelly"])
    short = chain((INPUTS,), **dense, lif=lif(NEURONS, tau=1e-4))
    assert "its membrane lasts one step" in refused(short, DIALECTS["snntorch"])
    assert uniform(discretize(short, DIALECTS["nir"])[0].decay) == 0
    neurons = lif(2, 3, 3)
    neurons.r[0, 1, 1] = 3
    assert "node 'lif' (LIF): r, tau or w_in differ within a channel" in refused(
        chain((1, 5, 5), conv=conv(2, 1, 3, 3), lif=neurons), DIALECTS["nir"]
    )


def test_all_layers_of_a_chain():
    found = chain(
        (2, 6, 6), p=pool(nir.AvgPool2d, (2, 2)), c=conv(3, 2, 2, 2), l1=lif(3, 2, 2), fc=affine(4, 12), out=li(4)
    )
    one, two = discretize(found, DIALECTS["nir"])
    assert (one.n_inputs, one.n_neurons, two.n_inputs, two.n_neurons) == (72, 12, 12, 4)
    assert one.pool is not None and one.nodes == ("p", "c", "l1") and two.is_readout
