"""The nation behind the sample's page: followed while it is at work, opened when it is there."""

import time

import pytest

from lst_workbench.runs import Progress, write_progress
from lst_workbench.ui.rollout import nation
from lst_workbench.ui.rollout.model import open_state
from lst_workbench.views.states import nation_line


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "runs" / "first").mkdir(parents=True)
    monkeypatch.setenv(nation.NATION_VARIABLE, str(tmp_path))
    monkeypatch.delenv("QUERY_STRING", raising=False)
    return tmp_path


def test_no_line_where_no_nation_was_asked_for(monkeypatch):
    monkeypatch.delenv(nation.NATION_VARIABLE, raising=False)
    watch = nation.open_watch()
    assert watch.progress is None and nation_line(watch.progress, watch.shown, nation.ASKED, "en") == ""


def test_the_line_follows_the_run_until_it_can_be_opened(folder, monkeypatch):
    monkeypatch.setattr(nation, "POLL_SECONDS", 0.01)
    run = folder / "runs" / "first"
    write_progress(run, Progress("running", "market", 0.42))
    watch = nation.open_watch()
    line = nation_line(watch.progress, watch.shown, nation.ASKED, "en")
    assert "Drawing six million stores" in line and "42%" in line and "<a" not in line
    write_progress(run, Progress("done", done_share=1.0))
    until = time.monotonic() + 20
    while watch.progress.state != "done" and time.monotonic() < until:
        time.sleep(0.01)
    assert 'href="rollout.ipynb?market=nation"' in nation_line(watch.progress, watch.shown, nation.ASKED, "zh")


def test_what_ended_early_is_said_with_its_reason(folder):
    write_progress(folder / "runs" / "first", Progress("failed", error="No room on <disk>."))
    line = nation_line(nation.open_watch().progress, False, nation.ASKED, "en")
    assert "No room on &lt;disk&gt;." in line


@pytest.mark.parametrize(("query", "asked"), [("", False), ("market=nation", True), ("a=1&market=nation", True)])
def test_the_address_says_which_market_is_shown(folder, monkeypatch, query, asked):
    monkeypatch.setenv("QUERY_STRING", query)
    monkeypatch.setenv("LST_RUNS", str(folder / "sample-runs"))
    state = open_state()
    assert (state.market_folder == folder / "market") == asked
    assert state.runs_folder == folder / ("runs" if asked else "sample-runs")
