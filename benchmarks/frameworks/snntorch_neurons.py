"""What neurons of snnTorch do with the same currents: the recording behind the table of docs/tutorial.md.

    ENV/bin/python -m benchmarks.frameworks.snntorch_neurons tests/fixtures/snntorch-neurons.npz

ENV is an environment of ``python -m benchmarks.frameworks --make-env ENV``. The file holds the currents (steps,
samples, neurons), the spikes of each neuron, the recurrent weights and biases of ``RLeaky``, and the gradients of the
sum of all spikes by the currents and by beta, of ``surrogate.sigmoid(slope=4)``.
"""

import sys

import numpy as np
import snntorch as snn  # pyright: ignore[reportMissingImports]
import torch
from snntorch import surrogate  # pyright: ignore[reportMissingImports]

STEPS, SAMPLES, NEURONS = 40, 4, 12
LEAKY = {
    "subtract": {},
    "zero": {"reset_mechanism": "zero"},
    "none": {"reset_mechanism": "none"},
    "no delay": {"reset_delay": False},
}
"""Arguments of ``snn.Leaky(beta=0.9)`` beyond these."""


def run(neuron, currents, recurrent: bool = False):
    """Return the spikes of all steps."""
    state, spikes = neuron.init_rleaky() if recurrent else (neuron.init_leaky(),), []
    for current in currents:
        spike, *rest = neuron(current, *state)
        state = (spike, *rest) if recurrent else tuple(rest)
        spikes.append(spike)
    return torch.stack(spikes)


def plain(spikes):
    """Return spikes as an array."""
    return spikes.detach().numpy().astype(np.uint8)


def main(path: str) -> None:
    """Write the recording."""
    torch.manual_seed(0)
    currents = 0.45 * torch.randn(STEPS, SAMPLES, NEURONS) + 0.15
    arrays = {"currents": currents.numpy()}
    for name, arguments in LEAKY.items():
        arrays[name] = plain(run(snn.Leaky(beta=0.9, **arguments), currents))
    recurrent = snn.RLeaky(beta=0.9, all_to_all=True, linear_features=NEURONS)
    arrays["recurrent"] = plain(run(recurrent, currents, recurrent=True))
    arrays["recurrent weights"] = recurrent.recurrent.weight.detach().numpy()
    arrays["recurrent bias"] = recurrent.recurrent.bias.detach().numpy()
    given = currents.clone().requires_grad_()
    sigmoid = surrogate.sigmoid(slope=4)
    neuron = snn.Leaky(beta=0.9, reset_mechanism="none", learn_beta=True, spike_grad=sigmoid)
    run(neuron, given).sum().backward()
    assert given.grad is not None
    arrays["gradient"], arrays["beta gradient"] = given.grad.numpy(), neuron.beta.grad.numpy()
    np.savez_compressed(path, allow_pickle=False, **arrays)


if __name__ == "__main__":
    main(sys.argv[1])
