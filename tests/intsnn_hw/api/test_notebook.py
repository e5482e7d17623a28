"""One line below the cell for each call: bars while it works, durations when it is done."""

import re
import sys
import warnings
from types import SimpleNamespace

import pytest

import intsnn_hw
from intsnn_hw.api import notebook
from intsnn_hw.api.progress import display
from intsnn_hw.api.wording import duration


@pytest.fixture
def states(monkeypatch):
    """What each display shows, one list of HTML a display, as a running notebook would get it."""
    shown: list[list[str]] = []

    def show(line, *, display_id):
        assert display_id is True
        mine = [line._repr_html_()]
        shown.append(mine)
        return SimpleNamespace(update=lambda again: mine.append(again._repr_html_()))

    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=show))
    monkeypatch.setattr(notebook, "_REFRESH_S", 0.0)
    return shown


def test_a_call_has_one_line_that_ends_without_bars(states, capsys):
    show = display(True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with show.status("compiling <all> (minutes)"):
            pass
        with show.watch("co-simulation", 1200) as advance:
            advance(300)
            advance(900)
        with show.watch("measuring", 0) as advance:
            advance(1)
    assert len(states) == 1 and capsys.readouterr() == ("", "")
    first, last = states[0][0], states[0][-1]
    assert "<progress style" in first and "compiling &lt;all&gt; (minutes)" in first
    assert any("value='300' max='1200'" in state and "300 of 1,200 samples" in state for state in states[0])
    texts = ["compiling &lt;all&gt;, 0.0 s", "co-simulation, 1,200 samples, 0.0 s", "measuring, 0.0 s"]
    assert re.findall("<span [^>]*inline-block'>([^<]*)</span>", last) == texts and "<progress" not in last


def test_rate_and_time_left_are_shown_while_it_works(states):
    with display(True).progress("exploring", 200, "points", done=100) as advance:
        for _ in range(4):
            advance(2)
    assert any("108 of 200 points, " in state and " points/" in state and " left" in state for state in states[0])


def test_work_that_is_interrupted_says_how_far_it_came(states):
    with pytest.raises(KeyboardInterrupt), display(True).progress("learning", 10, "samples") as advance:
        advance(4)
        raise KeyboardInterrupt
    assert "<progress" not in states[0][-1] and "learning, 4 of 10 samples, " in states[0][-1]


def test_nested_work_is_on_the_same_line(states):
    show = display(True)
    with show.progress("learning", 10, "samples"), show.status("testing"):
        assert states[0][-1].count("<progress") == 2
    assert len(states) == 1 and "<progress" not in states[0][-1]


def test_a_line_is_drawn_a_few_times_a_second(states, monkeypatch):
    monkeypatch.setattr(notebook, "_REFRESH_S", 3600.0)
    with display(True).progress("learning", 100, "samples") as advance:
        for _ in range(100):
            advance(1)
    assert len(states[0]) == 2 and "learning, 100 samples" in states[0][-1]


def test_each_call_has_a_line_of_its_own_and_none_where_none_is_wanted(states):
    for wanted in (True, True, False):
        with display(wanted).status("working"):
            pass
    assert len(states) == 2


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.4, "59 min 59 s"),
     (3599.6, "1 h 0 min"), (90000, "25 h 0 min")],
)  # fmt: skip
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_an_error_of_the_user_is_its_message_and_the_line_of_the_cell():
    """IPython asks an exception for its text; a traceback through our files would hide the message."""
    with pytest.raises(intsnn_hw.ConfigError) as caught:
        intsnn_hw.preset("digits-64", lanes=0)
    first, second = caught.value._render_traceback_()
    assert first.startswith("ConfigError: ") and "lanes" in first
    assert second.endswith(': intsnn_hw.preset("digits-64", lanes=0)') and second.startswith("  in line ")
