"""The panel without a browser: traits of its widgets follow the state."""

import pandas as pd
import pytest

from lst_workbench import planning
from lst_workbench.assumptions import load_scenario
from lst_workbench.market import read_market
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.ui.rollout.panel import RolloutPanel
from lst_workbench.ui.rollout.panel_result import ResultBody
from lst_workbench.ui.rollout.panel_store import StoreCard
from lst_workbench.views.messages import text


@pytest.fixture(scope="module")
def planned(village, village_scenario, village_folder, tmp_path_factory):
    runs = tmp_path_factory.mktemp("panel") / "runs"
    planning.make_plan(read_market(village_folder), village_scenario, runs / "village")
    return runs, village_folder


@pytest.fixture
def panel(planned):
    return RolloutPanel(RolloutState(*planned))


def words(widget):
    """All markup, labels and options that a widget and its children show."""
    own = [str(getattr(widget, name, "")) for name in ("value", "description", "options", "placeholder")]
    return " ".join(own + [words(child) for child in getattr(widget, "children", ())])


def test_an_empty_page_offers_the_first_run(village_folder, tmp_path):
    panel = RolloutPanel(RolloutState(tmp_path / "none", village_folder))
    assert text("empty.title") in words(panel) and not panel._side._run.disabled


def test_a_page_without_a_market_says_so_and_offers_nothing(tmp_path):
    panel = RolloutPanel(RolloutState(tmp_path / "none", tmp_path / "nowhere"))
    assert "lst market build" in words(panel) and panel._side._run.disabled


def test_the_page_of_a_run_shows_all_its_parts(panel):
    shown = words(panel)
    for key in ("curve.title", "map.title", "order.title", "places.title", "worth.title", "store.title", "levers"):
        assert text(key) in shown


def test_the_whole_page_changes_its_language(panel):
    panel.state.lang = "zh"
    shown = words(panel)
    for key in ("run", "cancel", "reset", "map.whole", "store.hint", "map.potential", "last_run"):
        assert text(key, "zh") in shown
    for key in ("run", "reset", "map.whole", "store.hint"):
        assert text(key, "en") not in shown
    panel.state.lang = "en"
    assert text("run") in words(panel)


def test_a_moved_slider_moves_the_lever_and_a_rounding_browser_does_not(panel):
    side = panel._side
    side._sliders["field.visits_day"].value = 33.0
    assert panel.state.levers["field.visits_day"] == 33.0 and text("state.stale") in side._message.value
    panel.state.levers = {**panel.state.levers, "field.visits_day": 33.2}
    side._sliders["field.visits_day"].value = 33.0
    assert panel.state.levers["field.visits_day"] == 33.2


def test_a_chosen_scenario_survives_a_change_of_language(panel):
    panel._side._scenario.widget.value = "more-reps"
    assert panel.state.scenario == "more-reps" and panel.state.levers["field.reps"] == 4000
    panel.state.lang = "zh"
    assert panel.state.scenario == "more-reps" and panel._side._scenario.widget.value == "more-reps"


def test_progress_enables_cancel_and_keeps_the_figures(panel):
    before = panel._finding.value
    panel.state.stage, panel.state.progress, panel.state.running = "stage.waves", 0.4, True
    side = panel._side
    assert side._run.disabled and not side._cancel.disabled
    assert text("stage.waves") in side._message.value and "40%" in side._message.value
    assert panel._finding.value == before
    panel.state.running = False
    assert not side._run.disabled and side._cancel.disabled


def test_errors_are_escaped_sentences(panel):
    panel.state.said = ("error.run", "<b>x</b>")
    assert "&lt;b&gt;" in panel._side._message.value and 'role="alert"' in panel._side._message.value


def test_search_and_cell_fill_the_list_and_explain_the_first(panel):
    panel.state.query = "Shop 12"
    assert panel.state.store_id == 12
    panel.state.query = "no such shop"
    assert panel.state.store_id is None and "no such shop" in words(panel)
    body = panel._body.children[0]
    assert isinstance(body, ResultBody)
    stores = panel.state.market.stores
    row = stores[stores["store_id"] == 3]
    body._map._clicked(type="click", coordinates=[row["lat"].iloc[0], row["lon"].iloc[0]])
    card = next(part for part in body.children[1].children if isinstance(part, StoreCard))
    listed = {value for _, value in card.children[1].children[0].children[2].options}
    assert 3 in listed and panel.state.store_id in listed


def test_a_part_that_cannot_be_drawn_is_said(planned, monkeypatch):
    def broken(*_):
        raise ValueError("a table is odd")

    monkeypatch.setattr("lst_workbench.views.tables.order_account", broken)
    panel = RolloutPanel(RolloutState(*planned))
    assert "a table is odd" in words(panel) and "Traceback" not in words(panel)


def test_a_month_of_the_map_is_said_and_coloured(panel):
    card = panel._body.children[0]._map
    whole = card.layer.geojson
    panel.state.upto = 1
    curve = panel.state.result.tables["curve"]
    assert text("play.month", month="Sep 2017", n=str(curve["signups"].iloc[0])) in words(panel)
    assert card.layer.geojson != whole and card.view.layers[0].data == card.layer.geojson
    panel.state.upto = 0
    assert card.layer.geojson == whole


def test_another_plan_of_the_market_stands_beside_this_one(planned, village_scenario, tmp_path):
    import shutil

    runs, folder = tmp_path / "runs", planned[1]
    shutil.copytree(planned[0], runs)
    alone = RolloutPanel(RolloutState(runs, folder))
    assert text("beside.empty") in words(alone)
    fewer = village_scenario.override({"field.reps": 3000})
    planning.make_plan(read_market(folder), fewer, runs / "newer")
    panel = RolloutPanel(RolloutState(runs, folder))
    assert text("beside.choose") in words(panel) and list(panel.state.others()) == ["village"]
    panel.state.beside = "village"
    assert "more stores in the system" in words(panel) and "polyline" in words(panel)
    shutil.rmtree(runs / "village")
    panel.state.beside_too, panel.state.beside = "village", ""
    assert "village" in words(panel), "a plan that is gone is said in a sentence"


def test_a_plan_shows_once_its_outcome_is_written_and_levers_and_ranges_follow(village_folder, tmp_path):
    market, seen = read_market(village_folder), []

    def look(progress):
        if progress.stage in ("outcome", "levers", "uncertainty"):
            seen.append(planning.plan_so_far(tmp_path / "run", market))

    whole = planning.make_plan(market, load_scenario("base"), tmp_path / "run", progress=look)
    at_outcome, at_levers, at_uncertainty = seen
    assert at_outcome is None
    assert "levers" not in at_levers.tables and "levers" in at_uncertainty.tables
    early, late = (run.tables["kpis"].set_index("name")["value"] for run in (at_levers, whole))
    pd.testing.assert_series_equal(early, late.drop("reps_for_goal"))

    panel = RolloutPanel(RolloutState(tmp_path / "none", village_folder))
    for state_of, said in ((at_levers, True), (whole, False)):
        panel.state.result = state_of
        shown = panel._finding.value + words(panel._body)
        assert (text("waits") in shown) is said and (text("reps.waits") in shown) is said
        assert text("worth.title") in shown and text("curve.title") in shown
