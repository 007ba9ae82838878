"""The page's state without a browser, on a village that plans in a moment."""

import shutil
import time
from pathlib import Path

import pytest

from lst_workbench import planning
from lst_workbench.assumptions import data_folder
from lst_workbench.runs import read_run
from lst_workbench.ui.rollout import conditions
from lst_workbench.ui.rollout.model import RolloutState, new_run_folder, open_state

PATIENCE = 90


@pytest.fixture
def market(village_folder, tmp_path):
    return shutil.copytree(village_folder, tmp_path / "market")


@pytest.fixture
def state(market, tmp_path):
    return RolloutState(tmp_path / "runs", market)


@pytest.fixture(scope="module")
def planned(village_folder, tmp_path_factory):
    """One finished run, made as the page makes it."""
    runs = tmp_path_factory.mktemp("planned") / "runs"
    state = RolloutState(runs, village_folder)
    state.start()
    finish(state)
    assert state.result is not None, state.said
    return runs, village_folder


def finish(state):
    end = time.monotonic() + PATIENCE
    while state.running and time.monotonic() < end:
        time.sleep(0.05)
    assert not state.running


def test_a_page_without_a_run_is_empty_and_ready_to_run(state):
    assert state.result is None and state.market is not None and not state.running
    assert state.levers["field.reps"] == 2000 and not state.stale
    assert state.chosen() is None and state.examples().empty


def test_a_missing_market_is_said_in_a_sentence(tmp_path):
    state = RolloutState(tmp_path / "runs", tmp_path / "nowhere")
    assert state.market is None and state.said[0] == "error.market" and "nowhere" in state.said[1]
    state.start()
    assert not state.running


def test_a_run_shows_its_progress_and_then_itself(planned):
    runs, market = planned
    state = RolloutState(runs, market)
    assert state.result is not None and state.result.path.parent == runs
    assert not state.stale, "levers are those of the run shown"
    assert state.synthetic and 0 < state.scale < 1e-4


def test_moved_levers_make_the_figures_stale_until_reset(planned):
    state = RolloutState(*planned)
    state.move("field.reps", 2500.0)
    assert state.stale and state.asked["field.reps"] == 2500.0
    assert state.asked.overrides["field.reps"].level == "session"
    state.reset()
    assert not state.stale


def test_another_scenario_sets_its_levers_and_goal(planned):
    state = RolloutState(*planned)
    state.scenario = "more-reps"
    assert state.levers["field.reps"] == 4000 and state.stale
    state.scenario = "million-new"
    assert state.stale, "the goal counts sign-ups"


def test_a_run_with_moved_levers_records_them_and_a_new_page_opens_with_them(planned):
    runs, market = planned
    state = RolloutState(runs, market)
    state.move("field.visits_day", 30.0)
    state.start()
    finish(state)
    assert state.said == ("", "")
    assert state.result.meta["scenario"]["overrides"]["field.visits_day"]["level"] == "session"
    again = RolloutState(runs, market)
    assert again.result.path == state.result.path
    assert again.levers["field.visits_day"] == 30.0 and not again.stale


def test_a_reloaded_page_follows_the_run_at_work(planned, tmp_path):
    runs, market = shutil.copytree(planned[0], tmp_path / "runs"), planned[1]
    first = RolloutState(runs, market)
    shown = first.result.path
    first.move("field.reps", 3000.0)
    first.start()
    process = planning.progress_of(first.out).process()
    process.suspend()
    try:
        reloaded = RolloutState(runs, market)
        assert reloaded.running and reloaded.out == first.out and reloaded.result.path == shown
        assert reloaded.levers["field.reps"] == 3000.0
    finally:
        process.resume()
    finish(reloaded)
    assert reloaded.result.path == first.out


def test_a_cancelled_run_leaves_the_figures_as_they_were(planned, tmp_path):
    state = RolloutState(shutil.copytree(planned[0], tmp_path / "runs"), planned[1])
    before = state.result
    state.start()
    process = planning.progress_of(state.out).process()
    process.suspend()
    process.resume()
    state.cancel()
    finish(state)
    assert state.said == ("run.cancelled", "") and state.result is before


def test_a_run_that_fails_says_why_and_leaves_the_figures(planned, market, tmp_path):
    state = RolloutState(shutil.copytree(planned[0], tmp_path / "runs"), market)
    before = state.result
    (market / "stores.parquet").unlink()
    state.start()
    finish(state)
    assert state.said[0] == "error.run" and "stores" in state.said[1] and "Traceback" not in state.said[1]
    assert state.result is before


def test_a_run_of_another_market_and_a_broken_one_are_passed_over(planned, tmp_path):
    runs, market = shutil.copytree(planned[0], tmp_path / "runs"), planned[1]
    good = RolloutState(runs, market).result.path
    (runs / "notes").mkdir()
    broken = shutil.copytree(good, runs / "broken")
    (broken / "run.toml").write_text("this is no toml [")
    other = shutil.copytree(good, runs / "other")
    record = (other / "run.toml").read_text()
    (other / "run.toml").write_text(record.replace(read_run(good).meta["market"]["fingerprint"], "another"))
    assert RolloutState(runs, market).result.path == good


def test_a_store_is_explained_with_place_warehouse_and_cells(planned):
    state = RolloutState(*planned)
    state.store_id = 1
    chosen = state.chosen()
    assert chosen.explanation.key == "participant" and chosen.place["name_en"] == "Place 1"
    assert chosen.site == "Front 7" and chosen.links["people"].sum() > 0
    state.store_id = 12
    assert state.chosen().explanation.key == "uncovered" and state.chosen().site == "Front 7"
    state.store_id = 999
    assert state.chosen() is None


def test_stores_of_a_cell_are_those_that_lie_in_it(planned):
    state = RolloutState(*planned)
    stores = state.market.stores
    cell = int(stores["h3_8"].iloc[0])
    assert set(state.stores_of_cell(cell, 8)["store_id"]) == set(stores.loc[stores["h3_8"] == cell, "store_id"])


def test_the_address_of_a_page_may_name_a_run_whose_market_it_shows(planned, monkeypatch):
    runs, village = planned
    monkeypatch.setenv("LST_RUNS", str(runs))
    sample, own = data_folder() / "sample", next(path.name for path in runs.iterdir() if path.name[0] != ".")
    for asked, shown in ((own, village), (f"../{runs.name}/{own}", sample), (".x", sample), ("nothing", sample)):
        monkeypatch.setenv("QUERY_STRING", f"run={asked}")
        assert Path(open_state().market_folder).resolve() == Path(shown).resolve()


def test_new_runs_never_share_a_folder(tmp_path):
    first = new_run_folder(tmp_path, "base")
    first.mkdir()
    assert new_run_folder(tmp_path, "base") != first


def test_conditions_travel_to_the_run_and_back_to_a_new_page(planned, tmp_path):
    state = RolloutState(shutil.copytree(planned[0], tmp_path / "runs"), planned[1])
    form = conditions.with_stores(state.conditions, "excluded", "3, 4")
    form = conditions.with_floor(form, "rural", 0.4)
    state.conditions = conditions.with_quota(form, "prefecture_code", 341000, 1, 9)
    assert state.stale, "the run shown was asked nothing"
    state.start()
    finish(state)
    assert state.said == ("", "") and not state.stale
    again = RolloutState(tmp_path / "runs", planned[1])
    assert conditions.same(again.conditions, state.conditions) and not again.stale
    assert not again.result.tables["waves"]["store_id"].isin([3, 4]).any()
    assert set(again.result.tables["conditions"]["kind"]) == {"excluded", "stores", "share"}
    again.reset()
    assert again.stale and again.conditions == {}


def test_what_cannot_be_promised_is_said_and_leaves_the_figures(planned, tmp_path):
    state = RolloutState(shutil.copytree(planned[0], tmp_path / "runs"), planned[1])
    before = state.result
    state.conditions = conditions.with_stores({}, "promised", "999")
    state.start()
    finish(state)
    assert state.said[0] == "error.run" and "999" in state.said[1] and state.result is before
