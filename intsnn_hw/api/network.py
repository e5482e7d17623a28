"""The network object: a configuration, weights where there are any, and all that can be done with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from golden.errors import ConfigError
from golden.places import named_path

from .arguments import plain_arguments
from .progress import display
from .source import Source, check_known

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike

    from golden.config import NetworkConfig
    from golden.network import Network
    from sim.verify.inference import Backend
    from train.data.dataset import Part

    from .bench import Speeds
    from .bptt import GradientTraining
    from .cosim import Cosimulation
    from .cosim_learn import Colearning
    from .data import AnyData
    from .describe import Description
    from .energy import Energy
    from .evaluate import Evaluation
    from .generate import Generated
    from .synth import Synthesis
    from .trace import Trace
    from .train import Training

METHODS = ("online", "bptt")
TRAINING = ("method", "on", "epochs", "seed", "out", "resume", "test_each_epoch", "progress")
"""What training takes by either method, besides data."""


class IntegerNetwork:
    """A network of integers; made by :func:`intsnn_hw.load`, ``preset``, ``from_toml`` or ``from_torch``.

    :meth:`train` changes it; all other methods leave it as it is. Where data is not given, methods take the set that
    the weights come from, else the one that the network is made for. `progress` shows work under way on stderr, or
    below the cell of a notebook.

    Parameters
    ----------
    source : Source

    Raises
    ------
    golden.errors.InputError
        Of all methods: what the user can mend, in one line.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def config(self) -> NetworkConfig:
        """Sizes, widths, encoding, learning rule and hardware."""
        return self._source.config

    @property
    def source(self) -> str:
        """Where it comes from: a path, ``preset NAME``, or another."""
        return self._source.where

    @property
    def notes(self) -> dict[str, Any]:
        """What the run that made the weights noted: data, epochs, history."""
        return dict(self._source.notes)

    @property
    def has_weights(self) -> bool:
        """Whether it is trained or loaded; else it stands with the initial weights of its learning rule."""
        return self._source.network is not None

    @property
    def golden(self) -> Network:
        """The network of :mod:`golden`, with initial weights where there are no others."""
        return self._source.with_weights()

    @property
    def weights(self) -> list[np.ndarray]:
        """Inference weights of each layer, copies; (n_out, n_in) where it is fully connected."""
        return [values.copy() for values in self.golden.weights]

    @plain_arguments
    def with_hardware(self, **options: Any) -> IntegerNetwork:
        """Return the same network on other hardware: ``lanes``, ``fire_lanes``, ``banks``, ``weight_memory``,
        ``multiplier``."""
        return IntegerNetwork(self._source.with_hardware(options))

    def inference_only(self) -> IntegerNetwork:
        """Return the same network without its learning rule."""
        return IntegerNetwork(self._source.inference_only())

    @overload
    def train(
        self, data: AnyData | None = None, *, method: Literal["online"] = "online", **options: Any
    ) -> Training: ...
    @overload
    def train(self, data: AnyData | None = None, *, method: Literal["bptt"], **options: Any) -> GradientTraining: ...
    @overload
    def train(self, data: AnyData | None = None, *, method: str, **options: Any) -> Training | GradientTraining: ...
    @plain_arguments
    def train(
        self,
        data: AnyData | None = None,
        *,
        method: str = "online",
        on: str = "golden",
        epochs: int | None = None,
        seed: int | None = None,
        out: Path | str | None = None,
        resume: bool = False,
        test_each_epoch: bool = False,
        progress: bool = True,
        **options: Any,
    ) -> Training | GradientTraining:
        """Train the network, which holds the trained weights afterwards; on an error or Ctrl-C it stays as it was.

        Parameters
        ----------
        data : as :func:`intsnn_hw.dataset` takes it, optional
        method : {"online", "bptt"}
            By the integer rule, sample by sample, from the present weights; or by surrogate gradients through time in
            PyTorch, from a configuration without weights.
        on : {"golden", "rtl"}
            What learns on line: the compiled golden model, or the simulated hardware. Both give the same bits.
        epochs : int, optional
            The configuration's where left out; 5 for bptt.
        seed : int, optional
            The configuration's where left out; 0 for bptt.
        out : path, optional
            Checkpoint, written after each whole epoch; for bptt with the state of the run, ``.pt``, next to it.
        resume : bool
            Go on with the interrupted run whose checkpoint is `out`; the result is that of an uninterrupted run.
        test_each_epoch : bool
            Measure the test accuracy after each epoch too.
        options
            Of bptt: ``batch_size``, ``learning_rate``, ``optimiser``, ``weight_decay``, ``schedule``, ``loss``,
            ``bf16``, ``dropout``, ``surrogate``, ``slope``, ``centre``, ``detach_reset``, ``learn_decay``, ``float``
            (without quantisation; the network gets no weights), ``keep_thresholds`` (threshold shifts stay those of
            the configuration; else they follow the weights), ``device``, ``log`` (a file of the epochs).

        Raises
        ------
        ConfigError, DataError, CheckpointError
        """
        from . import bptt, train

        self.check_training(method, on=on, epochs=epochs, seed=seed, **options)
        if resume and out is None:
            raise ConfigError("`resume`: give the checkpoint of the run to go on with as `out`")
        if out is not None and isinstance(data, str | Path) and named_path(out).resolve() == Path(data).resolve():
            raise ConfigError(f"`out` {out}: is the data set itself; give another file")
        show = display(progress)
        if method == "bptt":
            dataset = self._data(data, "train", "test")
            place = None if out is None else bptt.checkpoint_file(out)
            result = bptt.train(
                self._source, dataset, epochs=epochs, seed=seed, out=place, resume=resume,
                test_each_epoch=test_each_epoch, options=options, show=show,
            )  # fmt: skip
            network, notes = result.trained, result.notes
        else:
            dataset = self._data(data, "train", "test")
            result = train.train(
                self._source, dataset, on=on, epochs=epochs, seed=seed, out=out, resume=resume,
                test_each_epoch=test_each_epoch, show=show,
            )  # fmt: skip
            network, notes = result.trained, train.notes_of(result, dataset)
        if network is not None:
            where = self._source.where if result.checkpoint is None else result.checkpoint
            self._source = replace(self._source, config=network.config, network=network, notes=notes, where=where)
        return result

    @plain_arguments
    def check_training(
        self,
        method: str = "online",
        *,
        on: str = "golden",
        epochs: int | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        """Raise ConfigError where :meth:`train` could not begin with a method and its options, whatever the data."""
        from golden.config import require_learning_hardware
        from train.online import for_run

        from . import bptt

        if method not in METHODS:
            raise ConfigError(f"`method`: must be one of {', '.join(METHODS)}, got {method!r}")
        if method == "bptt":
            check_known(options, (*TRAINING, *bptt.OPTIONS), "method bptt")
            bptt.check(self._source, on, epochs, seed, options)
            return
        for name in options:
            if name in bptt.OPTIONS:
                raise ConfigError(f"`{name}`: goes with `method` bptt only")
            check_known(options, TRAINING, "training on line")
        self._source.require_learning()
        for_run(self.config, epochs, seed)
        if on == "rtl":
            require_learning_hardware(self.config)

    def evaluate(self, data: AnyData | None = None) -> Evaluation:
        """Return accuracy, confusions and activity on the test part of a data set."""
        from .evaluate import evaluate

        return evaluate(self._source, self._data(data, "test"))

    def predict(self, x: ArrayLike) -> np.ndarray:
        """Return the class of each sample, (n,).

        Parameters
        ----------
        x : array of whole numbers
            Values of shape (n, n_inputs), or (n, ...) with as many in all; for networks of events, whose encoding is of
            kind ``events``, spikes of shape (n, T, n_inputs).

        Raises
        ------
        DataError
            Another shape, other numbers, or values out of range.
        """
        from .trace import predict

        return predict(self._source, x)

    def trace(self, x: ArrayLike) -> Trace:
        """Return every spike and every state of every layer at every step, as arrays; `x` as of :meth:`predict`."""
        from .trace import trace

        return trace(self._source, x)

    def save(self, path: Path | str) -> Path:
        """Write the checkpoint, ``.npz``, which :func:`intsnn_hw.load` and all commands take; returns its path.

        Raises
        ------
        ConfigError
            There are no weights to write, and no learning rule to draw them by.
        CheckpointError
            It cannot be written.
        """
        from golden import checkpoint

        path = checkpoint.writable_checkpoint(path)
        checkpoint.save(path, self.golden, training=self._source.notes)
        return path

    def to_toml(self) -> str:
        """Return the configuration as TOML, which :func:`intsnn_hw.from_toml` reads."""
        return self.config.to_toml()

    @plain_arguments
    def describe(self, activity: float = 0.1) -> Description:
        """Return sizes, widths, memory bits, and the cycles predicted at an activity.

        Parameters
        ----------
        activity : float
            Share of inputs and neurons that send an event in a step, 0..1.
        """
        from .describe import describe

        return describe(self._source, activity)

    @plain_arguments
    def generate(
        self,
        folder: Path | str,
        *,
        learn: bool = False,
        with_weights: bool = False,
        probe: bool = False,
        progress: bool = True,
    ) -> Generated:
        """Write Verilog and manifest into a folder, made where absent.

        Parameters
        ----------
        folder : path
        learn : bool
            The core that learns, where the network has a rule.
        with_weights : bool
            Weights as initial content of the memories.
        probe : bool
            Add ports that show every membrane and spike.
        progress : bool
        """
        from .generate import generate

        return generate(
            self._source, folder, learn=learn, with_weights=with_weights, probe=probe, show=display(progress)
        )

    @plain_arguments
    def cosimulate(
        self,
        data: AnyData | None = None,
        *,
        samples: int | None = None,
        backend: Backend = "fast",
        stalls: int | None = None,
        vcd: Path | str | None = None,
        progress: bool = True,
    ) -> Cosimulation:
        """Run test samples through hardware and model, and compare every spike, membrane, score and class.

        Parameters
        ----------
        data : as :func:`intsnn_hw.dataset` takes it, optional
        samples : int, optional
            The first so many; all where left out, 20 on back ends other than fast.
        backend : {"fast", "icarus", "verilator"}
            Compiled RTL, or the emitted Verilog in a simulator of its own.
        stalls : int, optional
            Seed by which every stream is stalled at random.
        vcd : path, optional
            Waveform of the first sample that differs, if any does.
        progress : bool
        """
        from .cosim import cosimulate

        return cosimulate(
            self._source, self._data(data, "test"), samples=samples, backend=backend, stalls=stalls, vcd=vcd,
            show=display(progress),
        )  # fmt: skip

    @plain_arguments
    def colearn(
        self,
        data: AnyData | None = None,
        *,
        samples: int | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        interval: int | None = None,
        backend: Backend = "fast",
        stalls: int | None = None,
        vcd: Path | str | None = None,
        progress: bool = True,
    ) -> Colearning:
        """Train hardware and model side by side on training samples, and compare every value and every weight.

        The network stays as it was. Parameters but these are those of :meth:`cosimulate`.

        Parameters
        ----------
        epochs : int, optional
            Passes over the samples, as the run of the configuration begins; 1 where left out.
        seed : int, optional
            Of fresh weights, rounding and sample order; the network's where left out.
        interval : int, optional
            Samples between two comparisons of all weights; 1000 where left out.
        """
        from .cosim_learn import colearn, network_to_learn

        network_to_learn(self._source, seed)  # what cannot learn is said before data is loaded
        return colearn(
            self._source, self._data(data, "train", "test"), samples=samples, epochs=epochs, seed=seed,
            interval=interval, backend=backend, stalls=stalls, vcd=vcd, show=display(progress),
        )  # fmt: skip

    @plain_arguments
    def synthesize(
        self,
        target: str,
        *,
        pnr: bool = False,
        seed: int | None = None,
        inference_only: bool = False,
        data: AnyData | None = None,
        samples: int | None = None,
        out: Path | str | None = None,
        progress: bool = True,
    ) -> Synthesis:
        """Return what the core takes of an FPGA; the core that learns where the network has a rule.

        Parameters
        ----------
        target : str
            A device, of :data:`intsnn_hw.fpga.targets.TARGETS`.
        pnr : bool
            Place and route as well: clock, fit and bitstream.
        seed : int, optional
            Of the placement; 1 where left out.
        inference_only : bool
            The inference core of a network that learns.
        data : as :func:`intsnn_hw.dataset` takes it, optional
            To measure cycles on; their worst case where left out.
        samples : int, optional
            To measure on; 1000 where left out.
        out : path, optional
            Folder for the report and the Verilog; with `pnr` also the bitstream.
        progress : bool
        """
        from .synth import check_target, synthesize

        if samples is not None and data is None:
            raise ConfigError("`samples`: goes with `data`")
        check_target(target, pnr=pnr)
        # Initial weights, to measure cycles with, are drawn by the learning rule.
        whole = self._source if data is None else replace(self._source, network=self._source.with_weights())
        source = whole.inference_only() if inference_only else whole
        parts = _parts(learn=source.config.learns)
        return synthesize(
            source, target, pnr=pnr, seed=seed, dataset=None if data is None else self._data(data, *parts),
            samples=samples, out=out, show=display(progress),
        )  # fmt: skip

    @plain_arguments
    def energy(
        self,
        data: AnyData | None = None,
        *,
        samples: int | None = None,
        learn: bool = False,
        toggles: bool = False,
        coefficients: Path | str | None = None,
        progress: bool = True,
    ) -> Energy:
        """Return the energy of an inference, and of a training sample, counted in the compiled hardware.

        Parameters
        ----------
        data : as :func:`intsnn_hw.dataset` takes it, optional
        samples : int, optional
            The first so many; 1000 where left out.
        learn : bool
            Also of a training sample.
        toggles : bool
            Also count bit flips of every net, for which the hardware is compiled once more.
        coefficients : path, optional
            Table of coefficients in TOML; the package's where left out.
        progress : bool
        """
        from .energy import energy, require_rule

        require_rule(self._source, learn)
        return energy(
            self._source, self._data(data, *_parts(learn=learn)), samples=samples, learn=learn, toggles=toggles,
            coefficients=coefficients, show=display(progress),
        )  # fmt: skip

    @plain_arguments
    def benchmark(
        self,
        data: AnyData | None = None,
        *,
        what: str = "all",
        epochs: int | None = None,
        samples: int | None = None,
        torch_steps: int | None = None,
        torch_batch: int | None = None,
        progress: bool = True,
    ) -> Speeds:
        """Return speeds on this machine: of training and inference compared with PyTorch, and of simulated hardware.

        Parameters
        ----------
        data : as :func:`intsnn_hw.dataset` takes it, optional
            Where left out and the usual set is missing, made-up samples of MNIST's sparsity.
        what : {"all", "train", "infer", "rtl"}
        epochs : int, optional
            Of the training, which the network does not keep; the configuration's where left out.
        samples : int, optional
            Through the hardware; 200 where left out.
        torch_steps : int, optional
            Time steps of the PyTorch loop; 10 where left out, and those of the network where it convolves.
        torch_batch : int, optional
            Its batch size; 128 where left out.
        progress : bool
        """
        from .bench import bench

        return bench(
            self._source,
            data,
            what=what,
            epochs=epochs,
            samples=samples,
            torch_steps=torch_steps,
            torch_batch=torch_batch,
            show=display(progress),
        )

    def __repr__(self) -> str:
        config = self.config
        rule = "learns on line" if config.learns else "inference only"
        weights = "with weights" if self.has_weights else "without weights"
        return f"IntegerNetwork({config.name}, {config.topology}, {config.n_steps} steps, {rule}, {weights})"

    def _data(self, data: AnyData | None, *parts: Part) -> Any:
        from .data import fitting

        return fitting(self.config, self._source.notes, data, *parts)


def _parts(*, learn: bool) -> tuple[Part, ...]:
    """Return the parts of a data set that an inference needs, or one and learning."""
    return ("train", "test") if learn else ("test",)
