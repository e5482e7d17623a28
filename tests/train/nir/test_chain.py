"""Graphs as chains of layers: what is folded, and which node a message names."""

import nir
import numpy as np
import pytest

from golden.errors import NirError
from tests.train.nir.graphs import (
    affine,
    chain,
    conv,
    copy_of,
    cuba,
    flatten,
    graph,
    li,
    lif,
    pool,
    random,
    row,
)
from train.nir.chain import load_chain, read_chain
from train.nir.dialects import DIALECTS
from train.nir.dynamics import discretize
from train.nir.layers import Convolution, Dense
from train.nir.simulate import simulate


def refused(given):
    with pytest.raises(NirError) as caught:
        read_chain(given)
    text = str(caught.value)
    assert "\n" not in text and len(text) < 260
    return text


def same(one, other, shape, dialect="nir"):
    """Whether two chains make the same of random spikes, and not nothing."""
    x = np.random.default_rng(5).integers(0, 2, (12, 6, int(np.prod(shape))))
    ours, theirs = (simulate(discretize(each, DIALECTS[dialect]), x)[-1] for each in (one, other))
    np.testing.assert_allclose(ours.membranes, theirs.membranes, rtol=1e-9, atol=1e-12)
    assert 0 < ours.spikes.mean() < 1
    return True


# What a layer is made of ---------------------------------------------------------------------------------------------


def test_a_row_of_dense_layers():
    found = chain((4,), fc1=affine(3, 4), lif1=lif(3), fc2=nir.Linear(random(2, 3)), lif2=cuba(2))
    one, two = found.layers
    assert (one.name, one.nodes, one.input_shape, one.output_shape) == ("lif1", ("fc1", "lif1"), (4,), (3,))
    assert (two.name, two.neuron.kind, two.n_neurons, found.n_inputs) == ("lif2", "CubaLIF", 2, 4)
    np.testing.assert_array_equal(one.bias, affine(3, 4).bias)
    np.testing.assert_array_equal(two.bias, np.zeros(2))
    assert one.recurrent is None and one.pool is None


def test_one_number_stands_for_all_neurons_and_one_for_a_channel():
    neurons = lif(1)
    neurons.v_threshold = np.array(2.0)
    neurons.tau = np.array([1e-3, 2e-3]).reshape(2, 1, 1)
    (layer,) = chain((1, 4, 4), conv=conv(2, 1, 3, 3), lif=neurons).layers
    assert layer.neuron.v_threshold is not None and (layer.neuron.v_threshold == np.full(8, 2.0)).all()
    assert layer.neuron.tau is not None and (layer.neuron.tau == np.repeat([1e-3, 2e-3], 4)).all()


@pytest.mark.parametrize("shape", [(4,), (1, 4), (7, 1, 4), (5, 3, 2, 2)])
def test_axes_of_samples_and_steps_are_dropped_in_front_of_dense_layers(shape):
    assert chain(shape, fc=affine(3, 4), lif=lif(3)).n_inputs == 4


@pytest.mark.parametrize("shape", [(2, 6, 5), (1, 2, 6, 5), (9, 4, 2, 6, 5)])
def test_axes_of_samples_and_steps_are_dropped_in_front_of_convolutions(shape):
    (layer,) = chain(shape, conv=conv(3, 2, 3, 3), lif=lif(3, 4, 3)).layers
    assert layer.input_shape == (2, 6, 5) and layer.output_shape == (3, 4, 3)


def test_a_graph_without_input_and_output():
    found = read_chain(graph({"conv": conv(3, 2, 3, 3, input_shape=(6, 5)), "lif": lif(3, 4, 3)}, [("conv", "lif")]))
    assert found.input_shape == (2, 6, 5)
    assert read_chain(graph({"fc": affine(3, 4), "lif": lif(3)}, [("fc", "lif")])).n_inputs == 4


def test_sizes_run_through_convolutions_pools_and_flatten():
    found = chain(
        (2, 13, 9), c1=conv(4, 2, 3, 3, stride=(2, 1), padding=(1, 2)), l1=lif(4, 7, 11),
        p=pool(nir.SumPool2d, (2, 3)), c2=conv(2, 4, 2, 2), l2=lif(2, 2, 2), flat=flatten(), fc=affine(3, 8), l3=lif(3),
    )  # fmt: skip
    assert [layer.output_shape for layer in found.layers] == [(4, 7, 11), (2, 2, 2), (3,)]
    pooled = found.layers[1].pool
    assert pooled is not None and pooled.output_shape == (4, 3, 3) and found.layers[1].input_shape == (4, 7, 11)
    assert isinstance(found.layers[2].map, Dense) and found.layers[2].input_shape == (2, 2, 2)


def test_one_dimension_is_a_map_of_height_one():
    first = nir.Conv1d(9, random(3, 2, 3), stride=2, padding=1, dilation=1, groups=1, bias=random(3))
    second = nir.Conv1d(None, random(2, 3, 2), stride=1, padding="valid", dilation=2, groups=1, bias=random(2))
    one, two = chain((2, 9), c1=first, l1=lif(3, 5), c2=second, l2=lif(2, 3)).layers
    assert (one.input_shape, one.output_shape, two.output_shape) == ((2, 1, 9), (3, 1, 5), (2, 1, 3))
    assert isinstance(two.map, Convolution) and two.map.dilation == (1, 2) and two.map.padding == (0, 0)


@pytest.mark.parametrize("kernel, dilation", [(3, 1), (2, 1), (4, 1), (3, 2), (2, 2)])
def test_same_padding_keeps_the_size(kernel, dilation):
    given = conv(2, 1, kernel, kernel, padding="same", dilation=dilation)
    (layer,) = chain((1, 6, 6), conv=given, lif=lif(2, 6, 6)).layers
    total = dilation * (kernel - 1)
    inner = conv(2, 1, kernel, kernel, dilation=dilation, padding=0)
    x = random(3, 6, 6)
    padded = np.pad(x, ((0, 0), *[(total // 2, total - total // 2)] * 2))
    (wide,) = chain((1, *padded.shape[1:]), conv=inner, lif=lif(2, 6, 6)).layers
    ours, theirs = (simulate(discretize(read, DIALECTS["nir"]), each.reshape(1, 3, -1))[0].membranes
                    for read, each in ((_of(layer), x), (_of(wide), padded)))  # fmt: skip
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def _of(layer):
    from train.nir.layers import Chain

    return Chain(layers=(layer,))


# Folding -------------------------------------------------------------------------------------------------------------


def test_average_pools_are_sums_with_smaller_weights():
    nodes = {"fc": affine(5, 8), "lif": lif(5)}
    summed, averaged = (
        chain((2, 4, 4), p=pool(kind, (2, 2)), flat=flatten(), **nodes) for kind in (nir.SumPool2d, nir.AvgPool2d)
    )
    np.testing.assert_allclose(averaged.layers[0].map.weight, summed.layers[0].map.weight / 4)
    np.testing.assert_array_equal(averaged.layers[0].bias, summed.layers[0].bias)


def test_a_pool_alone_is_a_convolution_of_each_channel():
    alone = chain((2, 4, 4), p=pool(nir.AvgPool2d, (2, 2)), lif=lif(2, 2, 2, v_threshold=0.7))
    weight = np.full((2, 1, 2, 2), 0.25)
    apart = conv(2, 1, 2, 2, stride=2, groups=2, bias=np.zeros(2))
    apart.weight = weight
    assert same(alone, chain((2, 4, 4), conv=apart, lif=lif(2, 2, 2, v_threshold=0.7)), (2, 4, 4))


def test_scales_go_into_dense_weights():
    before, behind = np.array([1.0, 2.0, -1.0, 0.5]), np.array([2.0, -3.0, 0.5])
    given = affine(3, 4)
    scaled = chain((4,), s1=nir.Scale(before), fc=given, s2=nir.Scale(behind), lif=lif(3))
    folded = nir.Affine(behind[:, None] * given.weight * before, behind * given.bias)
    assert same(scaled, chain((4,), fc=folded, lif=lif(3)), (4,))
    assert scaled.layers[0].nodes == ("s1", "fc", "s2", "lif")


@pytest.mark.parametrize("groups", [1, 2])
def test_scales_of_channels_go_into_convolutions(groups):
    before, behind = np.array([2.0, -0.5]).reshape(2, 1, 1), np.array([1.5, 0.5, -1.0, 2.0]).reshape(4, 1, 1)
    given = conv(4, 2 // groups, 2, 2, groups=groups)
    scaled = chain(
        (2, 4, 4), s1=nir.Scale(np.broadcast_to(before, (2, 4, 4))), p=pool(nir.SumPool2d, (2, 2)), conv=given,
        s2=nir.Scale(behind), lif=lif(4, 1, 1),
    )  # fmt: skip
    folded = conv(4, 2 // groups, 2, 2, groups=groups, bias=behind.reshape(-1) * given.bias)
    channel = np.arange(2).reshape(groups, -1)[np.repeat(np.arange(groups), 4 // groups)]
    folded.weight = given.weight * behind[..., None] * before.reshape(-1)[channel][..., None, None]
    assert same(scaled, chain((2, 4, 4), p=pool(nir.SumPool2d, (2, 2)), conv=folded, lif=lif(4, 1, 1)), (2, 4, 4))


def test_a_recurrent_graph_within_a_graph_is_one_layer():
    weights = affine(3, 3, seed=7)
    inner = graph(
        {"input": nir.Input(np.array([3])), "lif": lif(3), "w_rec": weights, "output": nir.Output(np.array([3]))},
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    (one, two) = chain((4,), fc=affine(3, 4), block=inner, fc2=affine(2, 3), lif2=lif(2)).layers
    assert (one.name, one.nodes) == ("block.lif", ("fc", "block.lif", "block.w_rec")) and two.recurrent is None
    np.testing.assert_array_equal(one.recurrent, weights.weight)
    np.testing.assert_array_equal(one.recurrent_bias, weights.bias)


def test_recurrence_without_an_inner_graph_and_to_oneself():
    nodes = {"fc": affine(3, 4), "lif": lif(3), "rec": nir.Linear(np.eye(3))}
    written = read_chain(graph(nodes, [("fc", "lif"), ("lif", "rec"), ("rec", "lif")]))
    short = read_chain(graph({key: nodes[key] for key in ("fc", "lif")}, [("fc", "lif"), ("lif", "lif")]))
    assert same(written, short, (4,)) and written.layers[0].recurrent is not None


def test_graphs_within_graphs_within_graphs():
    def wrapped(node, depth):
        for _ in range(depth):
            node = graph(
                {"i": nir.Input(np.array([3])), "x": node, "o": nir.Output(np.array([3]))}, [("i", "x"), ("x", "o")]
            )
        return node

    deep = chain((4,), fc=affine(3, 4), block=wrapped(lif(3), 3))
    assert deep.layers[0].name == "block.x.x.x"
    assert same(deep, chain((4,), fc=affine(3, 4), lif=lif(3)), (4,))


def test_a_readout_ends_the_chain():
    assert not chain((4,), fc=affine(3, 4), lif=lif(3), fc2=affine(2, 3), li=li(2)).layers[-1].neuron.spikes


# What is refused -----------------------------------------------------------------------------------------------------

BRANCH = [("input", "fc"), ("fc", "lif"), ("lif", "a"), ("lif", "b"), ("a", "out"), ("b", "out"), ("out", "output")]
NODES = {"input": nir.Input(np.array([4])), "output": nir.Output(np.array([3]))}


def looped(*edges):
    nodes = {**NODES, "fc": affine(3, 4), "one": lif(3), "fc2": affine(3, 3), "two": lif(3), "back": affine(3, 3)}
    return graph(nodes, [("input", "fc"), ("fc", "one"), ("one", "fc2"), ("fc2", "two"), *edges, ("two", "output")])


def with_value(node, field, value):
    array = np.array(getattr(node, field), float)
    array.flat[0] = value
    setattr(node, field, array)
    return node


REFUSED = {
    "delay": (row((4,), fc=affine(3, 4), d=nir.Delay(np.ones(3)), lif=lif(3)), "node 'd' (Delay): delays are not"),
    "fan-out": (
        graph(NODES | {"fc": affine(3, 4), "lif": lif(3), "a": affine(3, 3), "b": affine(3, 3), "out": lif(3)}, BRANCH),
        "node 'lif' (LIF): leads to 'a' and 'b'; skips and fan-out",
    ),
    "skip": (
        graph(
            {**NODES, "fc": affine(3, 4), "fc2": affine(3, 4), "lif": lif(3)},
            [("input", "fc"), ("input", "fc2"), ("fc", "lif"), ("fc2", "lif"), ("lif", "output")],
        ),
        "node 'input' (Input): leads to 'fc' and 'fc2'",
    ),
    "two inputs": (
        graph(
            {"a": nir.Input(np.array([4])), "b": nir.Input(np.array([4])), "fc": affine(3, 4), "lif": lif(3)},
            [("a", "fc"), ("b", "fc"), ("fc", "lif")],
        ),
        "the graph starts at 2 nodes ('a', 'b')",
    ),
    "long cycle": (
        looped(("two", "back"), ("back", "one")),
        "is in the cycle 'two' -> 'back' -> 'one' -> 'fc2' -> 'two'; neurons may only see",
    ),
    "two recurrences": (
        graph(
            {"fc": affine(3, 4), "lif": lif(3), "r": affine(3, 3)},
            [("fc", "lif"), ("lif", "r"), ("r", "lif"), ("lif", "lif")],
        ),
        "node 'lif' (LIF): sees its spikes 2 times",
    ),
    "apart": (
        graph(
            {**NODES, "fc": affine(3, 4), "lif": lif(3), "alone": affine(3, 3)},
            [("input", "fc"), ("fc", "lif"), ("lif", "output")],
        ),
        "node 'alone' (Affine): is not reached from 'input'",
    ),
    "two maps": (
        row((4,), fc=affine(3, 4), fc2=affine(3, 3), lif=lif(3)),
        "node 'fc2' (Affine): is a second linear map without neurons between; merge it with 'fc'",
    ),
    "pool behind a map": (
        row((1, 6, 6), conv=conv(2, 1, 3, 3), p=pool(nir.AvgPool2d, (2, 2)), lif=lif(2, 2, 2)),
        "node 'p' (AvgPool2d): is a second linear map without neurons between; merge it with 'conv'",
    ),
    "two pools": (
        row((1, 8, 8), p=pool(nir.SumPool2d, (2, 2)), q=pool(nir.SumPool2d, (2, 2)), lif=lif(1, 2, 2)),
        "node 'q' (SumPool2d): is a second pool in a row; merge it with 'p'",
    ),
    "overlapping pool": (
        row((1, 6, 6), p=pool(nir.AvgPool2d, (3, 3), (2, 2)), lif=lif(1, 2, 2)),
        "node 'p' (AvgPool2d): windows of (3, 3) every (2, 2) are not side by side",
    ),
    "padded pool": (
        row((1, 6, 6), p=pool(nir.SumPool2d, (2, 2), padding=(1, 1)), lif=lif(1, 4, 4)),
        "node 'p' (SumPool2d): pads by (1, 1)",
    ),
    "pool too large": (row((1, 3, 3), p=pool(nir.SumPool2d, (4, 4)), lif=lif(1)), "do not fit a map of (3, 3)"),
    "threshold with a leak": (
        row((4,), fc=affine(3, 4), li=li(3), t=nir.Threshold(np.ones(3))),
        "node 't' (Threshold): fires at the membrane of 'li', which nothing resets",
    ),
    "hidden readout": (
        row((4,), fc=affine(3, 4), li=li(3), fc2=affine(2, 3), lif=lif(2)),
        "node 'li' (LI): does not spike, but 'fc2' is behind it; only the last layer may",
    ),
    "recurrent readout": (
        graph({"fc": affine(3, 4), "li": li(3), "r": affine(3, 3)}, [("fc", "li"), ("li", "r"), ("r", "li")]),
        "node 'li' (LI): does not spike and yet feeds back",
    ),
    "no weights": (row((4,), lif=lif(4)), "node 'lif' (LIF): has no weights in front"),
    "map at the end": (row((4,), fc=affine(3, 4), lif=lif(3), fc2=affine(2, 3)), "node 'fc2' (Affine): is the last"),
    "no neurons": (row((4,)), "the graph has no neurons"),
    "nan weight": (row((4,), fc=with_value(affine(3, 4), "weight", np.nan), lif=lif(3)), "its weight holds nan"),
    "inf tau": (row((4,), fc=affine(3, 4), lif=with_value(lif(3), "tau", np.inf)), "its tau holds inf"),
    "tau 0": (row((4,), fc=affine(3, 4), lif=with_value(lif(3), "tau", 0)), "its tau is 0; it must be above 0"),
    "tau_syn": (row((4,), fc=affine(3, 4), lif=cuba(3, tau_syn=-1.0)), "its tau_syn is -1; it must be above 0"),
    "negative threshold": (
        row((4,), fc=affine(3, 4), lif=lif(3, v_threshold=-1.0)),
        "node 'lif' (LIF): its threshold -1 is not above the reset 0",
    ),
    "inputs": (row((5,), fc=affine(3, 4), lif=lif(3)), "node 'fc' (Affine): takes 4 inputs, but gets 5 values"),
    "hidden inputs": (
        row((4,), fc=affine(3, 4), lif=lif(3), fc2=affine(2, 4), lif2=lif(2)),
        "node 'fc2' (Affine): takes 4 inputs, but gets 3 values",
    ),
    "channels in front of a dense layer": (
        row((1, 4, 4), conv=conv(2, 1, 3, 3), lif=lif(2, 2, 2), fc=affine(2, 4), lif2=lif(2)),
        "node 'fc' (Affine): takes 4 inputs, but gets 2 x 2 x 2 values",
    ),
    "neurons": (row((4,), fc=affine(3, 4), lif=lif(4)), "node 'lif' (LIF): its tau is of shape (4,), but 3 neurons"),
    "bias": (row((4,), fc=nir.Affine(random(3, 4), random(2)), lif=lif(3)), "its bias is (2,), but it has 3 outputs"),
    "weight": (row((4,), fc=nir.Linear(random(2, 3, 4)), lif=lif(3)), "its weight is of shape (2, 3, 4)"),
    "channels": (row((3, 6, 6), conv=conv(2, 1, 3, 3), lif=lif(2)), "1 channels in 1 groups do not fit a map of 3"),
    "stated size": (
        row((1, 6, 6), conv=conv(2, 1, 3, 3, input_shape=(5, 5)), lif=lif(2, 4, 4)),
        "node 'conv' (Conv2d): its input_shape is (5, 5), but it gets (6, 6)",
    ),
    "kernel": (row((1, 2, 2), conv=conv(2, 1, 3, 3), lif=lif(2)), "a kernel of 3 x 3 does not fit a map of 2 x 2"),
    "padding": (
        row((1, 6, 6), conv=conv(2, 1, 2, 2, padding="same", dilation=3), lif=lif(2, 6, 6)),
        "node 'conv' (Conv2d): pads unequal sides",
    ),
    "stride": (row((1, 6, 6), conv=conv(2, 1, 3, 3, stride=0), lif=lif(2, 4, 4)), "its stride is"),
    "map": (row((36,), conv=conv(2, 1, 3, 3), lif=lif(2, 4, 4)), "needs a map (channels, height, width), but gets 36"),
    "no size": (row(None, conv=conv(2, 1, 3, 3), lif=lif(2, 4, 4)), "the size of its map is not known"),
    "flat map": (
        row((1, 6, 6), f=flatten(), conv=conv(2, 1, 3, 3), lif=lif(2, 4, 4)), "node 'conv' (Conv2d): needs a map"
    ),
    "half flat": (
        row((2, 3, 4), f=nir.Flatten({"input": np.array([2, 3, 4])}, 1, -1), fc=affine(3, 24), lif=lif(3)),
        "node 'f' (Flatten): leaves more than one axis",
    ),
    "scale of pixels": (
        row((1, 3, 3), s=nir.Scale(random(1, 3, 3)), conv=conv(2, 1, 3, 3), lif=lif(2)),
        "node 'conv' (Conv2d): its factors differ within a channel",
    ),
    "scale": (row((4,), fc=affine(3, 4), s=nir.Scale(np.ones(2)), lif=lif(3)), "node 's' (Scale): 2 factors, but 3"),
    "recurrent shape": (
        graph({"fc": affine(3, 4), "lif": lif(3), "r": affine(3, 2)}, [("fc", "lif"), ("lif", "r"), ("r", "lif")]),
        "node 'r' (Affine): its weight is (3, 2), but 'lif' has 3",
    ),
    "recurrent convolution": (
        graph(
            {"input": nir.Input(np.array([1, 3, 3])), "c": conv(2, 1, 3, 3), "lif": lif(2), "r": conv(2, 2, 1, 1)},
            [("input", "c"), ("c", "lif"), ("lif", "r"), ("r", "lif")],
        ),
        "node 'r' (Conv2d): recurrent convolutions are not supported",
    ),
    "edge": (graph({"fc": affine(3, 4)}, [("fc", "gone")]), "the edge 'fc' -> 'gone': there is no node 'gone'"),
    "ends of an inner graph": (
        row((4,), fc=affine(3, 4), block=graph({"lif": lif(3)}, [])), "node 'block' (NIRGraph): has 0 Input nodes"
    ),
    "no graph": (affine(3, 4), "a Affine is no graph"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_expressed_is_one_line_that_names_the_node(case):
    given, words = REFUSED[case]
    assert words in refused(given)


def test_a_type_that_nobody_knows():
    class Izhikevich:
        pass

    assert "node 'x' (Izhikevich): this type is not supported" in refused(row((4,), fc=affine(3, 4), x=Izhikevich()))


def test_of_a_file_the_message_starts_with_the_path(tmp_path):
    path = copy_of("snntorch-leaky", tmp_path)
    nir.write(path, REFUSED["delay"][0])
    with pytest.raises(NirError, match="^" + str(path).replace(".", r"\.") + ": node 'd'"):
        load_chain(path)
