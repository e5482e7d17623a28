"""The networks of the study of spikes of 1 to 8 bits, and how each is trained."""

from dataclasses import dataclass, field, replace
from typing import Any

from golden.config import EncodingConfig, NetworkConfig
from golden.presets import preset

POISSON = EncodingConfig(kind="rate", value_width=8, spike_width=1)
"""Spikes of one bit at a rate that is the pixel; this study draws them anew whenever a sample is shown."""


@dataclass(frozen=True, kw_only=True)
class Images:
    """The images of a study.

    Attributes
    ----------
    encoding : EncodingConfig or None
        How pixels enter; None: as they are, at every step, in the way of the preset.
    samples : int
        Of the training part, the first: the subset that two cores demand.
    watched : int
        Of the test part, the first, for what is measured after every epoch; the last epoch is tested on all.
    """

    encoding: EncodingConfig | None
    samples: int
    watched: int


IMAGES = {
    "mnist": Images(encoding=None, samples=10_000, watched=10_000),
    "fashion-mnist": Images(encoding=POISSON, samples=12_000, watched=2000),
}
"""By data set."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One network and how it is trained; of the kind that the tutorials of the field train, where nothing is said.

    Attributes
    ----------
    n, n_steps : int
    leak : float or None
        Share of the membrane that a step keeps, in every layer; None: all.
    loss : str
        Of :data:`train.bptt.losses.LOSSES`. It fixes the readout: neurons that fire for "rate" and "count", membranes
        that accumulate for "membrane".
    neuron : dict
        Arguments of :class:`train.bptt.layers.LIF`, for all layers.
    first_threshold : float
        theta of the first layer alone.
    weight_width : int or None
        Bits; None is floating point.
    bf16 : bool
    epochs, batch_size : int
    samples : int or None
        Of the training part, the first; None: those of the data set.
    """

    n: int = 1
    n_steps: int = 10
    leak: float | None = 0.5
    loss: str = "rate"
    neuron: dict[str, Any] = field(default_factory=dict)
    first_threshold: float = 1.0
    weight_width: int | None = None
    bf16: bool = False
    epochs: int = 5
    batch_size: int = 128
    samples: int | None = None

    def config(self, data: str) -> NetworkConfig:
        """Return its network for the images of a data set."""
        width = 8 if self.weight_width is None else self.weight_width
        base = preset("mnist-cnn", spike_width=self.n, n_steps=self.n_steps, weight_width=width, membrane_width=16)
        base = replace(base, encoding=IMAGES[data].encoding or base.encoding)
        factor = {} if self.leak is None else {"leak_factor": round(256 * self.leak), "leak_frac": 8}
        layers = [replace(layer, neuron=replace(layer.neuron, **factor)) for layer in base.layers]
        if self.loss == "membrane":
            return replace(base, layers=tuple(layers))
        layers[-1] = replace(layers[-1], neuron=replace(layers[-1].neuron, spike_width=self.n))
        return replace(base, layers=tuple(layers), readout="spike_count")

    def length(self, data: str, samples: int | None = None, epochs: int | None = None) -> tuple[int, int]:
        """Return samples and epochs of a run, no more than asked."""
        own = self.samples or IMAGES[data].samples
        return min(own, samples or own), min(self.epochs, epochs or self.epochs)


ACCUMULATING: dict[str, Any] = {"leak": None, "loss": "membrane"}
"""The readout and the neurons that this project's presets have; of the parts that weigh cost against accuracy."""
LONG: dict[str, Any] = {"epochs": 50, "batch_size": 32, "samples": 3000}
"""Of the part that watches firing over many epochs."""

PARTS: dict[str, dict[str, Variant]] = {
    "bits": {f"n = {n}": Variant(n=n) for n in range(1, 9)},
    "controls": {
        "n = 1, theta / 3": Variant(neuron={"threshold": 1 / 3}),
        "n = 1, theta / 15": Variant(neuron={"threshold": 1 / 15}),
        "n = 1, theta / 3, surrogate as wide as theta's": Variant(neuron={"threshold": 1 / 3, "slope": 4 / 3}),
        "n = 1, theta / 3 in the first layer": Variant(first_threshold=1 / 3),
        "n = 1, theta / 15 in the first layer": Variant(first_threshold=1 / 15),
        **{f"n = {n}, surrogate of the listing": Variant(n=n, neuron={"centre": "zero"}) for n in (2, 4)},
        **{f"n = {n}, surrogate not shifted": Variant(n=n, neuron={"centre": "theta"}) for n in (2, 4)},
    },
    "settings": {
        f"n = {n}, {words}": Variant(n=n, epochs=2, **given)
        for words, given in {
            "cross entropy of counts": {"loss": "count"},
            "no leak": {"leak": None},
            "no leak, cross entropy of counts": {"leak": None, "loss": "count"},
            "accumulating readout": {"loss": "membrane"},
        }.items()
        for n in (1, 2, 4)
    },
    "steps": {
        f"n = {n}, T = {steps}": Variant(n=n, n_steps=steps, **ACCUMULATING)
        for n in (1, 2, 4)
        for steps in (10, 4, 2, 1)
    },
    "formats": {
        **{f"n = {n}, bf16": Variant(n=n, bf16=True, **ACCUMULATING) for n in (1, 2, 4)},
        **{
            f"n = {n}, {bits}-bit weights": Variant(n=n, weight_width=bits, **ACCUMULATING)
            for n in (1, 2, 4)
            for bits in (8, 4)
        },
    },
    "activity": {
        "n = 1, 50 epochs": Variant(**LONG),
        "n = 2, 50 epochs": Variant(n=2, **LONG),
        "n = 1, theta / 3, 50 epochs": Variant(neuron={"threshold": 1 / 3}, **LONG),
    },
}
BASES = {"controls": "bits", "settings": "bits", "formats": "steps"}
"""The part whose n = 1, 2, 4 at T = 10 a part is compared with."""
ALL = {name: variant for part in PARTS.values() for name, variant in part.items()}
