"""Results as JSON, as a short text and as tables of a notebook; work under way shown or not."""

import json
from dataclasses import FrozenInstanceError, dataclass, field, fields
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from intsnn_hw.api.progress import display, progress, status
from intsnn_hw.api.report import PRIVATE, Facts, Grid, Result, plain


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Example(Result):
    path: Path
    counts: np.ndarray
    rate: float
    hidden: object = field(default=None, metadata=PRIVATE)

    def shown(self):
        return [Facts((("rate", 1234.5), ("<b>", "a & b")), "An example"), Grid(("", "n"), (("one", 1000),)), "a < b"]


EXAMPLE = Example(path=Path("a/b"), counts=np.arange(3), rate=0.5, hidden=object())


class Balanced(HTMLParser):
    """Whether each tag is closed, and the texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def test_plain_values_leave_out_what_is_private():
    assert EXAMPLE.to_dict() == {"path": "a/b", "counts": [0, 1, 2], "rate": 0.5}
    assert plain({"a": (np.int64(3), EXAMPLE.counts)}) == {"a": [3, [0, 1, 2]]}


def test_a_short_text():
    assert repr(EXAMPLE) == "Example: An example\n  rate: 1,234\n  <b>: a & b\n  one: n 1,000"


def test_tables_of_a_notebook():
    page = Balanced(EXAMPLE._repr_html_())
    assert page.open == [] and {"An example", "<b>", "a & b", "1,000", "a < b"} <= set(page.texts)


def test_titles_are_as_wide_as_the_page_and_wide_tables_scroll():
    page = EXAMPLE._repr_html_()
    assert page.count("<table") == page.count("<div style='overflow-x:auto'><table") == 2
    assert page.index("An example") < page.index("<table") and "caption" not in page


def test_each_cell_says_how_it_is_aligned_and_broken():
    page = EXAMPLE._repr_html_()
    for cell in (
        "<td style='text-align:left;white-space:normal'>1,234<",
        "<th style='text-align:left;white-space:normal'><",
        "<th style='text-align:right;white-space:normal'>n<",
        "<td style='text-align:left;white-space:nowrap'>one<",
        "<td style='text-align:right;white-space:nowrap'>1,000<",
    ):
        assert cell in page
    assert page.count("<td style=") + page.count("<th style=") == page.count("<td") + page.count("<th") == 8


def test_results_are_frozen_and_every_field_is_json(trained, mine):
    for result in (trained.evaluate(mine), trained.describe(0.5), trained.trace(mine["x_test"])):
        with pytest.raises(FrozenInstanceError):
            setattr(result, fields(result)[0].name, 1)
        assert json.dumps(result.to_dict()) and Balanced(result._repr_html_()).open == []
        assert 2 < len(repr(result).splitlines()) < 15 and len(repr(result)) < 1000


def test_progress_is_shown_where_it_is_wanted(capsys):
    for wanted in (True, False):
        show = display(wanted)
        with show.progress("working", 3, "samples") as advance, show.watch("looking", 0) as look, show.status("so"):
            advance(3)
            look(1)
        assert ("working" in capsys.readouterr().err) == wanted
    with progress("working", 2, "things") as advance, status("within"):
        advance(1)
    assert "1/2" in capsys.readouterr().err
