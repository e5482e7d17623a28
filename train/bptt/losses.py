"""Losses on the outputs of a readout, shape (T, batch, n_classes), and labels (batch,)."""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss, one_hot


def membrane_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the membranes after the last step, the score of a readout that does not fire."""
    return cross_entropy(outputs[-1], labels)


def mean_membrane_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the membranes at every step, averaged: classes are right early."""
    n_steps = len(outputs)
    return cross_entropy(outputs.flatten(0, 1), labels.repeat(n_steps))


def membrane_sum_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the membranes' means over all steps, whose order is that of their sums."""
    return cross_entropy(outputs.mean(0), labels)


def count_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy of the summed spikes of a readout that fires."""
    return cross_entropy(outputs.sum(0), labels)


def rate_loss(outputs: Tensor, labels: Tensor, right: float = 0.8, wrong: float = 0.1) -> Tensor:
    """Mean square distance of the mean spikes from `right` at the true class, `wrong` at the others."""
    target = one_hot(labels, outputs.shape[-1]).to(outputs.dtype) * (right - wrong) + wrong
    return mse_loss(outputs.mean(0), target)


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "membrane": membrane_loss,
    "mean_membrane": mean_membrane_loss,
    "membrane_sum": membrane_sum_loss,
    "count": count_loss,
    "rate": rate_loss,
}
"""By the names that settings take."""

OF_READOUT = {
    "membrane": ("membrane", "mean_membrane"),
    "membrane_sum": ("membrane_sum", "mean_membrane"),
    "spike_count": ("count", "rate"),
}
"""Losses that go with each readout of a configuration, the usual one first."""
