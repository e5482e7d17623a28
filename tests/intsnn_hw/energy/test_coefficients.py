import copy
import math

import pytest
import tomli_w

from golden.errors import ConfigError
from intsnn_hw.energy.coefficients import DEFAULT, Coefficients


@pytest.fixture
def table():
    return Coefficients.load().to_dict()


def test_every_coefficient_of_the_package_has_a_source(table):
    entries = [entry for entry in table.values() if isinstance(entry, dict)] + table["memory_read"]
    assert len(entries) == 8
    for entry in entries:
        assert "Horowitz" in entry["source"] or "assumption" in entry["source"]


def test_a_table_survives_a_round_trip(table, tmp_path):
    (tmp_path / "mine.toml").write_text(tomli_w.dumps(table))
    assert Coefficients.load(tmp_path / "mine.toml") == Coefficients.load(DEFAULT)


def test_memory_reads_are_those_of_the_source_and_interpolate_in_the_root():
    coefficients = Coefficients.load()
    for capacity, pj in ((8, 10), (32, 20), (1024, 100)):
        assert coefficients.read_pj(64, capacity * 128) == pytest.approx(pj)
        assert coefficients.read_pj(128, capacity * 64) == pytest.approx(2 * pj)
    assert coefficients.read_pj(64, 18 * 128) == pytest.approx(10 + 10 * (math.sqrt(18) - math.sqrt(8)) / math.sqrt(8))
    assert coefficients.read_pj(64, 2 * 128) == pytest.approx(5)  # a quarter of the smallest
    assert coefficients.read_pj(64, 4096 * 128) == pytest.approx(200)  # four times the largest
    assert coefficients.write_pj(64, 8 * 128) == pytest.approx(10)


def test_logic_is_that_of_the_source():
    coefficients = Coefficients.load()
    assert coefficients.add_pj(32) == pytest.approx(0.1)
    assert coefficients.add_pj(8) == pytest.approx(0.03, rel=0.2)
    assert coefficients.product_pj(8, 8) == pytest.approx(0.2, rel=0.01)
    assert coefficients.product_pj(32, 32) == pytest.approx(3.1, rel=0.15)
    assert coefficients.product_pj(1, 8) == 0
    assert coefficients.flip_pj == pytest.approx(2e-15 * 0.81 / 2 * 1e12)


def changed(table, path, value):
    table = copy.deepcopy(table)
    place = table
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return table


@pytest.mark.parametrize(
    "path, value, words",
    [
        (("colour",), 1, ["coefficients", "unknown field 'colour'", "memory_read"]),
        (("add",), None, ["coefficients", "'add' is missing"]),
        (("add",), 3.0, ["add", "must be a table"]),
        (("add", "note"), "x", ["add", "unknown field 'note'"]),
        (("add", "source"), None, ["add", "'source' is missing"]),
        (("add", "source"), " ", ["add.source", "not empty"]),
        (("add", "value"), "much", ["add.value", "number", "much"]),
        (("add", "value"), True, ["add.value", "number"]),
        (("add", "value"), -0.1, ["add.value", "at least 0", "-0.1"]),
        (("add", "value"), math.inf, ["add.value", "inf"]),
        (("add", "unit"), "fJ/bit", ["add.unit", "'pJ/bit'", "'fJ/bit'"]),
        (("memory_read",), [], ["memory_read", "at least one"]),
        (("memory_read", 1, "bytes"), 0, ["memory_read[1].bytes", "whole number"]),
        (("memory_read", 1, "bytes"), 8192, ["memory_read", "ascending"]),
        (("name",), 5, ["name", "text"]),
    ],
)
def test_a_fault_is_named(table, tmp_path, path, value, words):
    file = tmp_path / "bad.toml"
    file.write_text(tomli_w.dumps(changed(table, path, value)))
    with pytest.raises(ConfigError) as error:
        Coefficients.load(file)
    assert str(file) in str(error.value) and "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        Coefficients.load(tmp_path / "none.toml")
    (tmp_path / "text").write_text("three pJ")
    with pytest.raises(ConfigError, match="not a TOML file"):
        Coefficients.load(tmp_path / "text")
