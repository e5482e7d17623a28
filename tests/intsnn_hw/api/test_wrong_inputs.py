"""What a user can do wrong, at the door and on the command line: one line, in the words of each, nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import intsnn_hw
from intsnn_hw import CheckpointError, ConfigError, DataError
from intsnn_hw.cli.main import build_parser, main
from intsnn_hw.cli.messages import worded
from tests.cli.test_messages import options

ROOT = Path(__file__).parents[3]
D = "digits-64"
FLAGS = set(options(build_parser()))
TOML = """\
n_inputs = 64
n_steps = 2
encoding = { value_width = 4 }
layers = [{ size = 4 }, { size = 10 }]
"""


def own(**changed):
    """A set of one's own, with other arrays in place of some."""
    rng = np.random.default_rng(0)
    y = np.arange(40) % 10
    arrays = {"x_train": rng.integers(0, 16, (40, 64)), "y_train": y, "x_test": rng.integers(0, 16, (20, 64)),
              "y_test": y[:20]}  # fmt: skip
    return {**arrays, **changed}


Y = np.arange(40) % 10
SETS = {
    "from1": own(y_train=Y + 1, y_test=Y[:20] + 1),
    "gap": own(y_train=np.where(Y == 9, 30, Y), y_test=np.where(Y == 9, 30, Y)[:20]),
    "many": own(y_train=np.arange(40) % 13, y_test=Y[:20]),
    "text": own(y_train=Y.astype(str), y_test=Y[:20].astype(str)),
    "one": own(y_train=Y * 0 + 3, y_test=Y[:20] * 0 + 3),
    "floats": own(x_train=np.full((40, 64), 0.5)),
    "large": own(x_train=np.full((40, 64), 200)),
    "small": own(x_train=np.ones((40, 60), int), x_test=np.ones((20, 60), int)),
    "uneven": own(y_train=Y[:30]),
    "negative": own(x_train=np.full((40, 64), -1)),
    "test": {name: values for name, values in own().items() if name.endswith("test")},
}
FILES = {
    "size.toml": TOML.replace("size = 4 ", "size = 0 "),
    "unknown.toml": TOML + "wings = 2\n",
    "width.toml": TOML.replace("{ size = 4 }", "{ size = 4, weight_width = 99 }"),
    "neuron.toml": TOML.replace("{ size = 4 }", "{ size = 4, neuron = { threshold_shift = 40 } }"),
    "lanes.toml": TOML + "hardware = { lanes = [1, 2, 3] }\n",
    "steps.toml": TOML.replace("n_steps = 2", "n_steps = 0"),
    "plain.toml": TOML,
    "config.toml": TOML,
    "broken.toml": "layers = [",
    "broken.npz": "PK no archive",
}


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    """Where both ways run, with the files of all cases."""
    path = tmp_path_factory.mktemp("wrong")
    for name, arrays in SETS.items():
        np.savez(path / f"{name}.npz", **arrays)
    np.save(path / "one.npy", Y)
    np.savez(path / "objects.npz", **own(x_train=np.array([None] * 40)))
    for name, text in FILES.items():
        (path / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        yield path


def train(preset=D, data="digits", **given):
    of_training = {"epochs", "seed", "method", "on", "device", "batch_size", "learning_rate", "surrogate", "resume",
                   "out", "wings", "float", "keep_thresholds"}  # fmt: skip
    options = {name: given.pop(name) for name in of_training & given.keys()}
    return intsnn_hw.preset(preset, **given).train(data, progress=False, **options)


CASES = [
    (lambda: train(hidden=0), "train --preset digits-64 --hidden 0", ConfigError, "`hidden`: must be 1..65536, got"),
    (lambda: train(weight_width=1), "train --preset digits-64 --weight-width 1", ConfigError,
     "`weight_width`: must be 2..24, got 1"),
    (lambda: train(shadow_width=30), "train --preset digits-64 --shadow-width 30", ConfigError, "`shadow_width`: "),
    (lambda: train(spike_width=9), "train --preset digits-64 --spike-width 9", ConfigError, "`spike_width`: "),
    (lambda: train(n_steps=0), "train --preset digits-64 --steps 0", ConfigError, "`n_steps`: must be 1..4096"),
    (lambda: train(membrane_width=33), "train --preset digits-64 --membrane-width 33", ConfigError,
     "`membrane_width`: "),
    (lambda: train(membrane_width=12), "train --preset digits-64 --membrane-width 12", ConfigError,
     "`membrane_width`: must be at least 13 in preset digits-64, got 12"),
    (lambda: train(membrane_width=32), "train --preset digits-64 --membrane-width 32", ConfigError,
     "`membrane_width`: must be at most 31 in preset digits-64, got 32"),
    (lambda: train(shadow_width=8, weight_width=12), "train --preset digits-64 --shadow-width 8 --weight-width 12",
     ConfigError, "`shadow_width`: must be at least `weight_width` (12), got 8"),
    (lambda: train(encoding="events"), "train --preset digits-64 --encoding events", ConfigError,
     "`encoding`: preset digits-64 takes values, not events; choose one of single_shot, every_step, rate, latency, or"),
    (lambda: train(method="bptt", data="test.npz"), "train --preset digits-64 --method bptt --data test.npz",
     DataError, "test: has no samples to train on, which are needed here; add x_train, y_train"),
    (lambda: train(encoding="smell"), "train --preset digits-64 --encoding smell", ConfigError, "`encoding`: "),
    (lambda: train(route="scenic"), "train --preset digits-64 --route scenic", ConfigError, "`route`: "),
    (lambda: train(timing="late"), "train --preset digits-64 --timing late", ConfigError, "`timing`: "),
    (lambda: train(rounding="up"), "train --preset digits-64 --rounding up", ConfigError, "`rounding`: "),
    (lambda: train(recurrence="fixed"), "train --preset digits-64 --recurrence fixed", ConfigError,
     "takes no `recurrence`"),
    (lambda: train(lanes=0), "train --preset digits-64 --lanes 0", ConfigError, "`lanes`: must be a whole number"),
    (lambda: train(lanes=(1, 2, 3)), "train --preset digits-64 --lanes 1,2,3", ConfigError,
     "`lanes`: must be one value or one for each of 2 layers, got (1, 2, 3)"),
    (lambda: train(banks=3), "train --preset digits-64 --banks 3", ConfigError, "`banks`: "),
    (lambda: train(weight_memory="tape"), "train --preset digits-64 --weight-memory tape", ConfigError,
     "`weight_memory`: "),
    (lambda: train("digits-65"), "train --preset digits-65", ConfigError, "unknown preset 'digits-65'"),
    (lambda: train(epochs=2_000_000),
     "train --preset digits-64 --epochs 2000000", ConfigError, "`epochs`: must be 1.."),
    (lambda: train(seed=1 << 40), "train --preset digits-64 --seed 1099511627776", ConfigError, "`seed`: must be 0.."),
    (lambda: train(data="nothing"), "train --preset digits-64 --data nothing", DataError, "unknown data set 'nothing'"),
    (lambda: train(data="absent.npz"), "train --preset digits-64 --data absent.npz", DataError, "no such file"),
    (lambda: train(data="broken.npz"), "train --preset digits-64 --data broken.npz", DataError, "broken.npz: not a"),
    (lambda: train("mnist-64"), "train --preset mnist-64 --data digits", DataError, "the network 784 inputs"),
    *(
        (lambda name=name: train(data=f"{name}.npz"), f"train --preset digits-64 --data {name}.npz", DataError, words)
        for name, words in {
            "from1": "labels run from 1 to 10, and classes count from 0; subtract 1 from all labels",
            "gap": "labels go up to 30, but only 10 different ones occur, none is 9, 10, 11, 12, 13 and 16 more",
            "many": "it has 13 classes, the network 10; choose other `data`",
            "text": "training labels are text ('0', '1', ..); classes are numbers 0, 1, ..: number them",
            "one": "all labels are 3; at least two classes are needed",
            "floats": "training images: 0.5 (of type float64) is no whole number; scale and round first",
            "large": "it has values of 8 bits, the network an input encoding for 4",
            "small": "it has 60 values a sample, the network 64 inputs",
            "uneven": "40 training images but 30 training labels",
            "negative": "training images go down to -1",
        }.items()
    ),
    (lambda: train(method="bptt", learning_rate="fast"),
     "train --preset digits-64 --method bptt --learning-rate -1", ConfigError,
     ("`learning_rate`: must be a number above 0", "must be a number above 0")),
    (lambda: train(method="bptt", device="cuda:77"),
     "train --preset digits-64 --method bptt --device cuda:77", ConfigError, "`device` cuda:77: cannot"),
    (lambda: train(method="bptt", surrogate="steep"),
     "train --preset digits-64 --method bptt --surrogate steep", ConfigError,
     ("`surrogate`: must be one of", "--surrogate")),
    (lambda: train(batch_size=8), "train --preset digits-64 --batch-size 8", ConfigError,
     "`batch_size`: goes with `method` bptt only"),
    (lambda: train(method="bptt", on="rtl"),
     "train --preset digits-64 --method bptt --on rtl", ConfigError, "`on`: hardware learns by the on-line"),
    (lambda: train(resume=True), "train --preset digits-64 --resume", ConfigError, "`resume`: give the checkpoint"),
    (lambda: train(method="bptt", float=True, keep_thresholds=True),
     "train --preset digits-64 --method bptt --float --keep-thresholds", ConfigError,
     "`keep_thresholds`: goes without"),
    (lambda: train(out="plain.toml"), "train --preset digits-64 --out plain.toml", ConfigError,
     "plain.toml: the name of a checkpoint ends in .npz"),
    (lambda: train(out="large.npz"), "train --preset digits-64 --out large.npz", ConfigError,
     "large.npz: is there and is no checkpoint; give another file"),
    (lambda: intsnn_hw.preset(D).cosimulate(vcd="large.npz"), "cosim --preset digits-64 --vcd large.npz", ConfigError,
     "`vcd` large.npz: the name of a waveform ends in .vcd"),
    (lambda: intsnn_hw.from_toml("config.toml").generate("."), "generate --config config.toml -o .", ConfigError,
     "config.toml: would be replaced by the config.toml of the core"),
    (lambda: train(data="large.npz:bins=3"), "train --preset digits-64 --data large.npz:bins=3", DataError,
     "large.npz: takes no options, got 'bins=3'"),
    (lambda: train(data="cues:"), "train --preset digits-64 --data cues:", DataError,
     "has no options behind the colon"),
    (lambda: train(data="one.npy"), "train --preset digits-64 --data one.npy", DataError, "one.npy: is one array"),
    (lambda: train(data="objects.npz"), "train --preset digits-64 --data objects.npz", DataError,
     "objects.npz: not a readable .npz file of plain arrays (an array holds objects of Python)"),
    (lambda: intsnn_hw.datasets("absent"), "data list --data-dir absent", ConfigError,
     "`data_dir` absent: is no folder; check the path"),
    (lambda: intsnn_hw.encode_audio("absent", "x.h5", low_hz=-3.0), "data encode-audio absent --out x.h5 --low -3",
     ConfigError, "`low_hz`: must be a number 20..20000, got -3.0"),
    (lambda: intsnn_hw.from_toml("size.toml"), "describe --config size.toml", ConfigError,
     "size.toml: configuration.layers[0].size: must be 1..65536, got 0"),
    (lambda: intsnn_hw.from_toml("width.toml"), "describe --config width.toml", ConfigError,
     "layers[0].weight_width: must be 2..24, got 99"),
    (lambda: intsnn_hw.from_toml("neuron.toml"), "describe --config neuron.toml", ConfigError,
     "layers[0].neuron.threshold_shift: must be 0..11"),
    (lambda: intsnn_hw.from_toml("lanes.toml"), "describe --config lanes.toml", ConfigError,
     "lanes.toml: configuration.hardware.lanes: must be one value or one for each of 2 layers"),
    (lambda: intsnn_hw.from_toml("steps.toml"), "describe --config steps.toml", ConfigError, "n_steps: must be"),
    (lambda: intsnn_hw.from_toml("unknown.toml"), "describe --config unknown.toml", ConfigError, "'wings'"),
    (lambda: intsnn_hw.from_toml("broken.toml"), "describe --config broken.toml", ConfigError, "not a TOML file"),
    (lambda: intsnn_hw.from_toml("absent.toml"), "describe --config absent.toml", ConfigError, "cannot be read"),
    (lambda: intsnn_hw.from_toml("plain.toml").train("digits"), "train --config plain.toml --data digits",
     ConfigError, "plain.toml: has no [learning] to learn by"),
    (lambda: intsnn_hw.from_toml("plain.toml").colearn("digits"), "cosim --config plain.toml --learn --data digits",
     ConfigError, "plain.toml: has no [learning] to learn by"),
    (lambda: intsnn_hw.from_toml("plain.toml").evaluate("digits"), "cosim --config plain.toml --data digits",
     ConfigError, "has no weights and no [learning] to draw them by"),
    (lambda: intsnn_hw.load("absent.npz"), "eval absent.npz", CheckpointError, "absent.npz: cannot be read"),
    (lambda: intsnn_hw.load("broken.npz"), "eval broken.npz", CheckpointError, "broken.npz: damaged, or no checkpoint"),
    (lambda: intsnn_hw.load("from1.npz"), "eval from1.npz", CheckpointError, "from1.npz: holds no 'format_version'"),
    (lambda: intsnn_hw.preset(D).describe(7), "describe --preset digits-64 --activity 7", ConfigError, "`activity`: "),
    (lambda: intsnn_hw.preset(D).generate("out", with_weights=True),
     "generate --preset digits-64 -o out --with-weights", ConfigError, "`with_weights`: preset digits-64 holds no"),
    (lambda: intsnn_hw.preset(D).synthesize("abacus"),
     "synth --preset digits-64 --target abacus", ConfigError, "abacus"),
    (lambda: intsnn_hw.preset(D).inference_only().energy("digits", learn=True),
     "energy --config plain.toml --learn", ConfigError, "`learn`: "),
]  # fmt: skip


def test_there_are_many():
    assert len(CASES) >= 40


@pytest.mark.parametrize("door, arguments, kind, words", CASES, ids=[case[1] for case in CASES])
def test_one_line_at_the_door_and_on_the_command_line(door, arguments, kind, words, folder, capsys):
    before = sorted(folder.rglob("*"))
    at_door, at_line = (words, worded(words, FLAGS)) if isinstance(words, str) else words
    with pytest.raises(kind) as caught:
        door()
    assert at_door in str(caught.value) and "\n" not in str(caught.value)
    capsys.readouterr()
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("intsnn: error: ") and not out, err
    assert at_line in lines[0], lines[0]
    assert "`" not in lines[0] and "Traceback" not in err and sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "x, words",
    [
        (np.zeros((2, 63), int), "has shape (2, 63)"),
        (np.zeros(64, int), "has shape (64,)"),
        (np.zeros((0, 64), int), "is empty (shape (0, 64)); at least one sample is needed"),
        (np.full((2, 64), 0.5), "0.5 (of type float64) is no whole number; scale and round first"),
        (np.full((2, 64), 16), "has values 16..16; digits-64 takes 0..15, 4 bits"),
        (np.full((2, 64), -1), "has values -1..-1"),
        ([["a"] * 64], "a (of type <U1) is no whole number"),
        ([[1] * 64, [2]], "has rows of different lengths"),
    ],
)
def test_samples_that_are_none(x, words):
    net = intsnn_hw.preset(D)
    for look in (net.predict, net.trace):
        with pytest.raises(DataError) as caught:
            look(x)
        assert str(caught.value).startswith("x: ") and words in str(caught.value)


@pytest.mark.parametrize(
    "data, words",
    [
        ({"x_train": 1}, "arrays: lacks y_train; a set has the arrays x_train, y_train, x_test, y_test, one to test"),
        ({"y_test": 1}, "arrays: lacks x_test;"),
        ({}, "arrays: lacks x_train, y_train, x_test, y_test;"),
        ([1, 2], "data: is of type list, which is no data set; give a name, a path, or a mapping"),
        (3, "is of type int, which is no"),
        (own(y_train=[[0], [1, 2]]), "training labels: has rows of different lengths"),
    ],
)
def test_data_that_is_none(data, words):
    with pytest.raises(DataError, match=words):
        intsnn_hw.dataset(data)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "guess"}, {"on": "abacus"}, {"epochs": 0}, {"epochs": 1.5}, {"seed": -1}, {"wings": 2},
        {"method": "bptt", "wings": 2}, {"method": "bptt", "dropout": 2}, {"method": "bptt", "batch_size": 0},
        {"method": "bptt", "loss": "count"}, {"method": "bptt", "log": "run.txt"}, {"method": "bptt", "epochs": "5"},
        {"method": "bptt", "hidden": 4},
    ],
)  # fmt: skip
def test_options_of_training_that_are_none(change):
    with pytest.raises(ConfigError) as caught:
        intsnn_hw.preset(D, hidden=4).train("digits", progress=False, **change)
    assert list(change)[-1] in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda net: net.cosimulate("digits", samples=0),
        lambda net: net.cosimulate("digits", samples=2, stalls=-1),
        lambda net: net.cosimulate("digits", samples=2, backend="abacus"),
        lambda net: net.cosimulate("digits", samples=2, backend="verilator", vcd="x.vcd"),
        lambda net: net.colearn("digits", samples=2, epochs=0),
        lambda net: net.synthesize("ecp5-25k", samples=3),
        lambda net: net.synthesize("ecp5-25k", seed=1),
        lambda net: net.synthesize("xc7", pnr=True),
        lambda net: net.with_hardware(wings=2),
        lambda net: net.energy("digits", samples=0),
        lambda net: intsnn_hw.explore({"preset": D, "axes": {"wings": [1]}}),
        lambda net: intsnn_hw.explore("sweep.toml"),
        lambda net: intsnn_hw.explore({"preset": D}, workers=0),
        lambda net: intsnn_hw.from_torch(object()),  # pyright: ignore[reportArgumentType]
        lambda net: net.benchmark("digits", what="speed"),
        lambda net: net.benchmark("digits", samples=0),
        lambda net: net.benchmark("digits", what="infer", samples=5),
        lambda net: net.benchmark("digits", torch_steps=0),
        lambda net: net.benchmark("digits", what="rtl", torch_batch=5),
        lambda net: net.generate(""),
        lambda net: net.generate("out", learn="yes"),  # pyright: ignore[reportArgumentType]
        lambda net: intsnn_hw.dataset("digits", validation="yes"),  # pyright: ignore[reportArgumentType]
        lambda net: intsnn_hw.dataset("mnist", 3),  # pyright: ignore[reportArgumentType]
        lambda net: intsnn_hw.preset([D]),  # pyright: ignore[reportArgumentType]
        lambda net: net.synthesize([]),  # pyright: ignore[reportArgumentType]
        lambda net: net.train("digits", method="bptt", float="no"),
        lambda net: net.train("digits", method="bptt", loss=["rate"]),
        lambda net: net.save("one.npz"),
        lambda net: net.save(None),
        lambda net: net.train("digits", out=3),
        lambda net: net.train("digits", out=b"x.npz"),
        lambda net: intsnn_hw.load(""),
        lambda net: intsnn_hw.load(None),  # pyright: ignore[reportArgumentType]
        lambda net: intsnn_hw.from_toml(net.to_toml()),
        lambda net: intsnn_hw.demo("new", seed=-1),
        lambda net: intsnn_hw.explore(5),  # pyright: ignore[reportArgumentType]
    ],
)
def test_options_of_the_other_methods_that_are_none(call, folder):
    before = sorted(folder.rglob("*"))
    with pytest.raises(ConfigError) as caught:
        call(intsnn_hw.preset(D, hidden=4))
    assert "\n" not in str(caught.value) and sorted(folder.rglob("*")) == before


def test_weights_that_are_no_numbers():
    import torch

    from train.bptt import SpikingNetwork, spiking_layers

    model = SpikingNetwork(intsnn_hw.preset(D, hidden=4).inference_only().config)
    with torch.no_grad():
        spiking_layers(model)[0].weight[0, 0] = float("inf")
    with pytest.raises(ConfigError, match="digits-4: in layer 0 1 of 256 weights are infinite or no numbers; train"):
        intsnn_hw.from_torch(model)


def test_a_weight_that_hides_all_others_is_a_warning():
    import torch

    from train.bptt import SpikingNetwork, spiking_layers

    model = SpikingNetwork(intsnn_hw.preset(D, hidden=4).inference_only().config)
    intsnn_hw.from_torch(model)  # nothing to say
    with torch.no_grad():
        spiking_layers(model)[0].weight[0, 0] = 1000.0
    with pytest.warns(intsnn_hw.InputWarning) as seen:
        intsnn_hw.from_torch(model)
    assert len(seen) == 1
    assert "layer 0 of digits-4 in 8 bits: 255 of 256 weights become 0, " in str(seen[0].message)
    with pytest.warns(intsnn_hw.InputWarning, match=r"in 2 bits: .*SQNR \d+\.\d dB"):
        intsnn_hw.from_torch(SpikingNetwork(model.config), weight_width=2)


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"y_train": np.where(Y == 4, 5, Y)}, "no training sample has label 4, which is never learned"),
        ({"y_train": 1 + Y % 9, "y_test": 1 + Y[:20] % 9},
         "no training sample has label 0, which is never learned; if these are to count from 1, subtract 1"),
        ({"y_test": np.where(Y == 7, 8, Y)[:20]}, "no test sample has label 7, so the accuracy of that is not"),
        ({"y_train": Y % 4, "y_test": Y[:20] % 4}, "has 4 classes, the network 10 outputs"),
    ],
)  # fmt: skip
def test_labels_that_fit_but_perhaps_not_as_they_were_meant(changed, words, tmp_path, capsys):
    net = intsnn_hw.preset(D, hidden=4)
    with pytest.warns(intsnn_hw.InputWarning) as seen:
        net.evaluate(own(**changed))
    assert len(seen) == 1 and words in str(seen[0].message) and seen[0].filename == __file__
    np.savez(tmp_path / "set.npz", **own(**changed))
    assert main(["train", "--preset", D, "--hidden", "4", "--epochs", "1", "--data", str(tmp_path / "set.npz")]) == 0
    assert capsys.readouterr().err.count(words) == 1


@pytest.mark.parametrize("name", ["train.py", "sim.py", "golden.py", "train/__init__.py"])
def test_a_file_of_ones_own_before_our_packages_is_named(name, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    (tmp_path / "script.py").write_text("import intsnn_hw\n")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True,
    )  # fmt: skip
    place = tmp_path / name.removesuffix("/__init__.py")
    package = name.split("/")[0].removesuffix(".py")
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert last == f"ImportError: {place} is in the way of the package {package!r} of intsnn-hw; give it another name"


def test_a_refused_run_leaves_no_folder(folder):
    before = sorted(folder.rglob("*"))
    with pytest.raises(DataError):
        intsnn_hw.preset(D).train("floats.npz", method="bptt", out="new/x.npz")
    assert sorted(folder.rglob("*")) == before


def outcomes(data):
    """What each method makes of a set."""
    net = intsnn_hw.preset(D, hidden=4)
    return [
        net.evaluate(data).confusion.tolist(), net.train(data, epochs=1, progress=False).accuracy,
        [weights.tolist() for weights in net.weights], net.predict(data["x_test"]).tolist(),
        net.trace(data["x_test"]).scores.tolist(),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [bool, float, np.float32])
def test_whole_numbers_of_other_types_are_those_of_integers(kind):
    given = {name: values % 2 if kind is bool and name[0] == "x" else values for name, values in own().items()}
    other = {name: values if kind is bool and name[0] == "y" else values.astype(kind) for name, values in given.items()}
    assert outcomes(other) == outcomes(given)


def test_no_training_samples_are_asked_for_where_none_are_used(trained, mine, tmp_path, capsys):
    test = {name: mine[name] for name in ("x_test", "y_test")}
    np.savez(tmp_path / "test.npz", **test)
    whole, alone = (net.to_dict() | {"samples_per_second": 0} for net in map(trained.evaluate, (mine, test)))
    assert whole == alone
    assert main(["eval", trained.source, "--data", str(tmp_path / "test.npz"), "--json"]) == 0
    assert capsys.readouterr().err == ""
    for run in (trained.train, trained.colearn, trained.benchmark, lambda data: trained.energy(data, learn=True)):
        with pytest.raises(DataError, match="arrays: has no samples to train on, which are needed here; add x_train"):
            run(test)
    assert main(["train", "--preset", D, "--data", str(tmp_path / "test.npz")]) == 2
    assert "test: has no samples to train on" in capsys.readouterr().err
    train = {name: mine[name] for name in ("x_train", "y_train")}
    with pytest.raises(DataError, match="arrays: has no samples to test on"):
        trained.evaluate(train)


def test_classes_missing_in_a_set_to_test_on_are_those_of_the_network(trained, mine):
    few = mine["y_test"] < 8
    with pytest.warns(intsnn_hw.InputWarning) as seen:
        trained.evaluate({"x_test": mine["x_test"][few], "y_test": mine["y_test"][few]})
    assert [str(warning.message) for warning in seen] == [
        "arrays: no test sample has label 8, 9, so the accuracy of that is not measured"
    ]


def test_a_run_that_is_not_there_begins_with_a_warning(tmp_path):
    net = intsnn_hw.preset(D, hidden=4)
    with pytest.warns(intsnn_hw.InputWarning, match=r"new\.npz: there is no run to resume"):
        net.train("digits", epochs=1, out=tmp_path / "new.npz", resume=True, progress=False)


def test_integers_of_numpy_are_whole_numbers():
    given, plain = (intsnn_hw.preset(D, hidden=(four,), n_steps=four, lanes=four) for four in (np.int64(4), 4))
    assert given.config == plain.config and given.to_toml() == plain.to_toml()
    epochs = [net.train("digits", epochs=one, progress=False) for net, one in ((given, np.int16(1)), (plain, 1))]
    assert epochs[0].to_dict()["accuracy"] == epochs[1].to_dict()["accuracy"]
