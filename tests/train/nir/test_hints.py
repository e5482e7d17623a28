"""What a file hints at."""

import nir
import numpy as np
import pytest

from golden.errors import InputError
from tests.train.nir.graphs import FIXTURES, NAMES, affine, labelled, lif, recorded, row
from train.nir.hints import guess, hints
from train.nir.read import read_graph


@pytest.mark.parametrize("name", NAMES)
def test_the_right_dialect_is_among_those_hinted_at(name):
    hint, right = hints(read_graph(FIXTURES / f"{name}.nir")), labelled(str(recorded(name)["dialect"]))
    assert right.name in hint.dialects
    assert not hint.is_certain or hint.dialects == (right.name,)
    assert hint.dt is None or hint.dt == right.dt


def test_certain_hints():
    certain = {name for name in NAMES if hints(read_graph(FIXTURES / f"{name}.nir")).is_certain}
    assert certain == {name for name in NAMES if name.startswith(("spikingjelly", "norse"))}
    assert guess(read_graph(FIXTURES / "norse-cuba.nir")).name == "norse"
    assert guess(row((4,), fc=affine(3, 4), t=nir.Threshold(np.ones(3)))).name == "nir"


@pytest.mark.parametrize(
    "name, words",
    [
        ("snntorch-leaky", "snnTorch default or literal? The file (r = tau / dt) does not say"),
        ("snntorch-leaky-zero", "snnTorch default or literal?"),
        ("snntorch-rleaky", "snnTorch default or literal? The file (nodes are called .lif and .w_rec) does not say"),
        ("sinabs-lif", "sinabs or sinabs-single? The file (r = 1 and tau >= 1) does not say"),
    ],
)
def test_a_doubt_is_an_error_that_says_how_to_end_it(name, words):
    with pytest.raises(InputError) as caught:
        guess(read_graph(FIXTURES / f"{name}.nir"))
    assert words in str(caught.value) and "record spikes of the framework and verify, or name the dialect" in str(
        caught.value
    )


def test_other_files():
    assert hints(row((4,), fc=affine(3, 4), lif=lif(3, tau=0.02, r=20.0))).dt == 1e-3
    assert hints(row((4,), fc=affine(3, 4), lif=lif(3, tau=0.02, r=1.0))).dialects == ("nir", "spikingjelly", "sinabs")
    node = lif(3)
    node.r = np.array([10.0, 20.0, 30.0])
    assert hints(row((4,), fc=affine(3, 4), lif=node)).dt is None
    iaf = nir.IF(r=np.ones(3), v_threshold=np.ones(3))
    assert hints(row((4,), fc=affine(3, 4), n=iaf)).dialects == ("norse", "sinabs", "sinabs-single")
