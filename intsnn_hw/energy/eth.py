"""The cost models of the graded-spike thesis (ETH 2025, eq. 5.1 to 5.3), to hold against counted energy.

Both take a spike to cost the same whatever its bits: neither the cost of a step nor that of an operation depends on the
spike width. The symbols of the equations are from memory and were not checked against the thesis's text.
"""

from __future__ import annotations


def training_cost(n_steps: float, n_samples: float, cost: float) -> float:
    """Return ``T * S * c`` (eq. 5.1).

    Parameters
    ----------
    n_steps : float
        T, time steps of a sample.
    n_samples : float
        S, samples that are trained on, each as often as it is.
    cost : float
        c, cost of one time step of one sample in training, taken as constant.
    """
    return n_steps * n_samples * cost


def inference_energy(operations: float, firing_rate: float, energy: float, n_steps: float) -> float:
    """Return ``F * fr * E * T`` of a layer (eq. 5.2 and 5.3); a network is the sum of its layers.

    Parameters
    ----------
    operations : float
        F, operations of the layer in a step in which every input sends a spike: inputs times neurons, its own neurons
        among the inputs where it is recurrent.
    firing_rate : float
        fr, share of the inputs that send a spike in a step, 0..1, mean over samples and steps.
    energy : float
        E, energy of one operation, taken as constant.
    n_steps : float
        T, time steps of a sample.
    """
    return operations * firing_rate * energy * n_steps
