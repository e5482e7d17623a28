"""Sweeps from Python: the rows of the command line, each with the lines that measure it again."""

import pytest

import intsnn_hw
from intsnn_hw import ConfigError
from intsnn_hw.api.explore import python
from intsnn_hw.exploration.space import Sweep

SWEEP = {
    "preset": "digits-64",
    "epochs": 1,
    "objectives": ["accuracy", "memory_bits"],
    "axes": {"weight_width": [4, 8], "hidden": [[3, 4]], "lanes": 2},
}


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTSNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def test_a_sweep_runs_goes_on_and_is_read(tmp_path):
    pytest.importorskip("plotly")
    found = intsnn_hw.explore(SWEEP, tmp_path / "out", workers=1, progress=False)
    assert [row["status"] for row in found.rows] == ["ok", "ok"] and len(found.files) == 3
    assert found.to_dict()["front"] == sorted(row["point"] for row in found.front)
    assert "points: 2, 0 of them failed" in repr(found) and "<table>" in found._repr_html_()
    with pytest.warns(intsnn_hw.InputWarning, match="out: 2 points are finished; going on"):
        again = intsnn_hw.explore(SWEEP, tmp_path / "out", workers=1, progress=False)
    read = intsnn_hw.explore(tmp_path / "out")
    assert again.rows == found.rows == read.rows and read.files == ()
    names: dict = {}
    with pytest.warns(intsnn_hw.InputWarning, match="of the first .* samples: "):  # after one epoch of few
        exec("import intsnn_hw\n" + found.rows[1]["command"], names)
    assert names["net"].evaluate(names["data"]).accuracy == found.rows[1]["accuracy"]


def test_the_lines_of_a_point_hold_its_synthesis_and_its_samples():
    tables = {"axes": {"weight_width": [4], "target": ["ecp5-25k"], "core": ["learning"]}, "synthesis": {"pnr": True}}
    sweep = Sweep.parse(_toml({**SWEEP, **tables, "cycles": {"cosim_samples": 7}}), "s")
    text = python(sweep, next(sweep.points()))["command"]
    assert "net.synthesize('ecp5-25k', inference_only=False, pnr=True, seed=1)" in text
    assert "intsnn_hw.preset('digits-64', weight_width=4, epochs=1, seed=seed)" in text
    assert "net.cosimulate(data, samples=7)" in text and "validation=True" in text
    compile(text, "command", "exec")


def test_what_is_no_sweep():
    for sweep, words in (({"preset": 3}, "sweep: preset: must be"), ({"preset": None}, "holds what TOML cannot")):
        with pytest.raises(ConfigError, match=words):
            intsnn_hw.explore(sweep)


def _toml(table):
    import tomli_w

    return tomli_w.dumps(table)
