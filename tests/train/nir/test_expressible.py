"""What integers do not express is one line that names the node."""

import numpy as np
import pytest

from golden.errors import NirError
from tests.train.nir.graphs import FIXTURES, affine, chain, conv, flatten, graph, labelled, lif, pool, recorded
from tests.train.nir.test_convert import NOT_YET
from train.nir.chain import load_chain, read_chain
from train.nir.dialects import DIALECTS, Dialect
from train.nir.dynamics import discretize
from train.nir.expressible import check_expressible
from train.nir.layers import Chain


def checked(found: Chain, dialect: Dialect = DIALECTS["nir"]) -> None:
    check_expressible(discretize(found, dialect))


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_networks_that_are_not_supported_yet(name):
    with pytest.raises(NirError, match=r"^node '.*': .*one value for all neurons"):
        checked(load_chain(FIXTURES / f"{name}.nir"), labelled(str(recorded(name)["dialect"])))


def test_a_reset_to_another_value_than_the_leak_goes_into_the_bias():
    checked(chain((3,), a=affine(4, 3), b=lif(4, v_leak=0.25)))


@pytest.mark.parametrize("given", [{"stride": (1, 2)}, {"padding": (1, 0)}, {"dilation": (1, 2)}])
def test_convolutions_of_all_shapes(given):
    checked(chain((2, 6, 6), a=conv(4, 2, 2, 3, **given), f=flatten(), b=lif()))


def test_windows_have_a_limit():
    with pytest.raises(NirError, match="node 'b': needs windows or strides of 65, dilation and padding included"):
        checked(chain((1, 1, 80), a=conv(2, 1, 1, 3, dilation=(1, 32)), f=flatten(), b=lif()))


def test_pools_must_be_square():
    import nir

    nodes = {"p": pool(nir.SumPool2d, (2, 3)), "f": flatten(), "a": affine(4, 12), "b": lif(4)}
    with pytest.raises(NirError, match="node 'b': pools windows of 2 x 3 in front; only square ones"):
        checked(chain((2, 6, 6), **nodes))


def test_a_last_layer_that_sees_its_own_spikes():
    import nir

    nodes = {"input": nir.Input(np.array([3])), "a": affine(4, 3), "b": lif(4), "w": affine(4, 4),
             "output": nir.Output(np.array([4]))}  # fmt: skip
    edges = [("input", "a"), ("a", "b"), ("b", "w"), ("w", "b"), ("b", "output")]
    with pytest.raises(NirError, match="node 'b': is the last layer and sees its own spikes"):
        checked(read_chain(graph(nodes, edges)))


def test_graded_spikes_subtract_their_level():
    with pytest.raises(NirError, match="node 'b': graded spikes with a reset a step later"):
        checked(chain((3,), a=affine(4, 3), b=lif(4)), DIALECTS["nir"].override(compare="floor", reset="subtract-next"))
