"""The command line run in this process, and a small trained network."""

import json

import numpy as np
import pytest

from golden import checkpoint
from golden.config import ConvConfig, EncodingConfig, LayerConfig, LearningConfig, NetworkConfig, NeuronConfig
from golden.network import Network
from intsnn_hw.cli.main import main


class Outcome:
    """Exit code and what was printed; `json` is the one object on stdout."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def intsnn(capsys):
    """Run a command: ``intsnn("eval", path, "--json")``."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A checkpoint of digits-64, two epochs."""
    path = tmp_path_factory.mktemp("trained") / "digits.npz"
    assert main(["train", "--preset", "digits-64", "--epochs", "2", "--out", str(path), "--json"]) == 0
    return path


@pytest.fixture(scope="session")
def convolutional(tmp_path_factory):
    """A checkpoint of a convolutional network for the digits, with random weights."""
    config = NetworkConfig(
        name="maps",
        n_inputs=64,
        n_steps=2,
        input_shape=(1, 8, 8),
        encoding=EncodingConfig(value_width=4, spike_width=4),
        layers=(LayerConfig(size=6, conv=ConvConfig(kernel=3, padding=1)), LayerConfig(size=10, pool=2)),
    )
    rng = np.random.default_rng(0)
    weights = [rng.integers(-30, 60, layer.weight_shape) for layer in config.resolved]
    path = tmp_path_factory.mktemp("convolutional") / "maps.npz"
    checkpoint.save(path, Network(config=config, weights=weights))
    return path


@pytest.fixture(scope="session")
def learning_maps(tmp_path_factory):
    """A configuration of a convolutional network for the digits that learns, its draws of 32 bits."""
    neuron = NeuronConfig(membrane_width=16, threshold_shift=8)
    config = NetworkConfig(
        name="learning maps",
        n_inputs=64,
        n_steps=1,
        input_shape=(1, 8, 8),
        encoding=EncodingConfig(value_width=4, spike_width=4),
        layers=(LayerConfig(size=6, neuron=neuron, conv=ConvConfig(kernel=3)), LayerConfig(size=10, pool=2)),
        learning=LearningConfig(
            shadow_width=8, rate_shifts=(17, 2), error_shifts=(1,), init_shifts=(7, 5), epochs=3, schedule=(2,)
        ),
    )
    path = tmp_path_factory.mktemp("learning maps") / "maps.toml"
    path.write_text(config.to_toml())
    return path
