"""Runs in a process of their own: polled, queued, cancelled, taken up."""

import os
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest

from lst_workbench.contracts import LstError
from lst_workbench.market import read_market
from lst_workbench.planning import cancel, make_plan, progress_of, submit
from lst_workbench.planning.submit import _draw_market
from lst_workbench.runs import Progress, read_progress, read_run, write_progress

PATIENCE_SECONDS = 120


def wait_until(folder, reached):
    """Poll as a page does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        progress = progress_of(folder)
        if reached(progress):
            return progress
        time.sleep(0.02)
    raise AssertionError(f"still {progress_of(folder)}")


def ended(progress):
    return progress.state in ("done", "failed", "cancelled")


@pytest.fixture
def submitted(village_folder, village_scenario, tmp_path):
    started = []

    def start(name="run", scenario=village_scenario, market=village_folder):
        started.append(submit(market, scenario, tmp_path / name))
        return started[-1]

    yield start
    for folder in started:
        cancel(folder)


def test_a_submitted_run_is_the_run_of_make_plan(submitted, village, village_scenario):
    folder = submitted()
    progress = wait_until(folder, ended)
    assert (progress.state, progress.done_share, progress.error) == ("done", 1.0, "")
    assert progress.pid != os.getpid()
    stored, here = read_run(folder), make_plan(village, village_scenario)
    pd.testing.assert_frame_equal(stored.tables["decisions"], here.tables["decisions"])
    assert stored.meta["scenario"]["overrides"]["field.reps"]["level"] == "session"


def test_runs_of_one_folder_wait_for_each_other_and_can_be_cancelled(submitted):
    first = submitted("first")
    wait_until(first, lambda p: p.state == "running")
    second = submitted("second")
    assert progress_of(second).state == "queued"
    pid = progress_of(second).pid
    assert cancel(second).state == "cancelled"
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert wait_until(first, ended).state == "done"


def test_a_cancelled_run_is_taken_up(submitted, village, village_scenario):
    folder = submitted()
    wait_until(folder, lambda p: p.state == "running" and p.done_share > 0)
    assert cancel(folder).state == "cancelled"
    with pytest.raises(LstError, match="not finished"):
        read_run(folder)
    submitted()
    assert wait_until(folder, ended).state == "done"
    here = make_plan(village, village_scenario)
    pd.testing.assert_frame_equal(read_run(folder).tables["waves"], here.tables["waves"])


def test_a_killed_process_is_seen(submitted):
    folder = submitted()
    progress = wait_until(folder, lambda p: p.state == "running")
    progress.process().kill()
    seen = wait_until(folder, ended)
    assert seen.state == "failed"
    assert "ended before its run was whole" in seen.error


def test_an_error_becomes_a_sentence(submitted, tmp_path):
    folder = submitted(market=tmp_path / "nowhere")
    progress = wait_until(folder, ended)
    assert progress.state == "failed"
    assert "nowhere" in progress.error and "Traceback" not in progress.error


def test_a_market_is_drawn_first_where_there_is_none(tmp_path, village, village_folder, monkeypatch):
    drawn = []

    def draw(source, provinces, seed, progress):
        drawn.append((source, provinces, seed))
        progress(1, 2)
        assert read_progress(tmp_path / "run").stage == "market"
        return village

    (tmp_path / "run").mkdir()
    monkeypatch.setattr("lst_workbench.market.build_market", draw)
    for _ in range(2):
        _draw_market("china-2017", tmp_path / "market", tmp_path / "run", 7)
    assert drawn == [("china-2017", None, 7)]
    assert read_market(tmp_path / "market").meta.fingerprint == read_market(village_folder).meta.fingerprint


def test_a_submitted_run_draws_its_market(tmp_path, village_scenario):
    folder = submit(tmp_path / "market", village_scenario, tmp_path / "run", draw="china-1817")
    progress = wait_until(folder, ended)
    assert progress.state == "failed" and "china-1817" in progress.error
    assert not (tmp_path / "market").exists()


def test_what_cannot_be_written_is_refused_at_once(submitted, tmp_path, village_folder, village_scenario):
    folder = submitted()
    if process := wait_until(folder, ended).process():
        process.wait(20)  # the run is done a moment before its process
    with pytest.raises(LstError, match="holds a finished run"):
        submitted()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("")
    with pytest.raises(LstError, match="not empty and is no run folder"):
        submit(village_folder, village_scenario, tmp_path / "letters")


def test_cancel_ends_no_process_of_others(tmp_path):
    assert progress_of(tmp_path) is None and cancel(tmp_path) is None
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        started = psutil.Process(stranger.pid).create_time()
        write_progress(tmp_path, Progress("running", pid=stranger.pid, process_started=started))
        with pytest.raises(LstError, match="stop it there with Ctrl-C"):
            cancel(tmp_path)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
