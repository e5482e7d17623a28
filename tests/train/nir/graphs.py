"""Small NIR graphs and the recorded networks of the frameworks."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import nir
import numpy as np

from train.nir.chain import read_chain
from train.nir.dialects import Dialect, dialect
from train.nir.layers import Chain

FIXTURES = Path(__file__).parents[2] / "fixtures/nir"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.nir"))
"""Of the networks that ``python -m benchmarks.frameworks`` made."""


def labelled(label: str) -> Dialect:
    """A dialect as a recording names it, ``sinabs --gain nir``."""
    name, *options = label.split()
    return dialect(name, **{key[2:]: value for key, value in zip(options[::2], options[1::2], strict=True)})


def recorded(name: str) -> dict[str, Any]:
    """The arrays of a recorded network."""
    with np.load(FIXTURES / f"{name}.npz") as file:
        return dict(file)


def random(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def lif(*shape: int, **given: float) -> nir.LIF:
    """A LIF that the literal dialect takes: r = tau / dt, so that an input is added as it is."""
    values = {"tau": 1e-3, "r": 10.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0} | given
    return nir.LIF(**{key: np.full(shape, value) for key, value in values.items()})


def cuba(*shape: int, **given: float) -> nir.CubaLIF:
    values = {
        "tau_mem": 1e-3, "tau_syn": 5e-4, "r": 10.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, "w_in": 5.0,
    } | given  # fmt: skip
    return nir.CubaLIF(**{key: np.full(shape, value) for key, value in values.items()})


def li(*shape: int) -> nir.LI:
    return nir.LI(tau=np.full(shape, 1e-3), r=np.full(shape, 10.0), v_leak=np.zeros(shape))


def affine(outputs: int, inputs: int, seed: int = 0) -> nir.Affine:
    return nir.Affine(weight=random(outputs, inputs, seed=seed), bias=random(outputs, seed=seed + 1))


def conv(outputs: int, channels: int, *kernel: int, **given: Any) -> nir.Conv2d:
    values = {"input_shape": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": random(outputs)}
    return nir.Conv2d(weight=random(outputs, channels, *kernel), **values | given)


def pool(kind: Any, kernel: tuple[int, int], stride: tuple[int, int] | None = None, padding: Any = (0, 0)) -> Any:
    return kind(kernel_size=np.array(kernel), stride=np.array(stride or kernel), padding=np.array(padding))


def flatten() -> nir.Flatten:
    return nir.Flatten(input_type={"input": None}, start_dim=0, end_dim=-1)


def graph(nodes: dict[str, Any], edges: list[tuple[str, str]]) -> nir.NIRGraph:
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def row(shape: tuple[int, ...] | None, **nodes: Any) -> nir.NIRGraph:
    """Nodes one behind the other; without a shape there is no Input."""
    every = {
        **({} if shape is None else {"input": nir.Input(np.array(shape))}),
        **nodes,
        "output": nir.Output(np.array([1])),
    }
    return graph(every, list(pairwise(every)))


def chain(shape: tuple[int, ...] | None, **nodes: Any) -> Chain:
    return read_chain(row(shape, **nodes))


def copy_of(name: str, folder: Path) -> Path:
    """A recorded network's file that a test may damage."""
    path = folder / f"{name}.nir"
    path.write_bytes((FIXTURES / f"{name}.nir").read_bytes())
    return path
