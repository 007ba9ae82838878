"""The Network page without a browser: promise, budget, what-ifs, both languages, files, faults in a sentence."""

import base64
import io
import re

import geopandas as gpd
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.ui.network import NetworkState
from lst_workbench.ui.network.panel import NetworkPanel
from lst_workbench.views import network_cards
from lst_workbench.views.network_files import NetworkFiles
from tests.ui.test_panel import words


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return NetworkState(data_folder() / "sample", tmp_path_factory.mktemp("net") / "runs", around=False)


@pytest.fixture(scope="module")
def panel(state):
    return NetworkPanel(state)


@pytest.fixture(autouse=True)
def as_it_was(request):
    yield
    if "state" in request.fixturenames:
        state = request.getfixturevalue("state")
        state.lang, state.view, state.site_id = "en", "plan", 0
        state.reset()


def front_of(state):
    fronts = state.base.opened[state.base.opened["tier"] == "front"]
    return int(fronts.sort_values("stores")["site_id"].iloc[-1])


def test_it_opens_with_a_promise_that_is_kept(state, panel):
    assert state.kept and state.synthetic
    said = words(panel)
    assert "Huangshan: " in said and "of stores next day at ¥" in said and "What a promise costs" in said


def test_a_second_page_reads_what_the_first_one_made(state):
    assert [place.folder.is_dir() for place in state._places.values()] == [True]
    again = NetworkState(data_folder() / "sample", state._places["market"].folder.parents[2] / "runs", around=False)
    assert again.study.run.path == state.study.run.path


def test_a_lower_promise_closes_sites_and_costs_less(state):
    state.mode = "may_close"
    state.promise_share = 0.8
    dear = state.base
    state.promise_share = 0.5
    assert state.base.figures["cost_rmb_month"] < dear.figures["cost_rmb_month"]
    assert len(state.base.open_ids) < len(dear.open_ids)


def test_a_budget_serves_as_many_as_it_pays_for(state, panel):
    state.mode, state.aim = "may_close", "budget"
    least, most, step = state.budgets
    assert least < most and step > 0
    state.budget_rmb_month = least
    few = state.base.figures["next_day_share"]
    state.budget_rmb_month = most
    assert state.base.figures["next_day_share"] > few
    state.budget_rmb_month = 1.0
    assert not state.kept and "The cheapest network found costs" in words(panel)


def test_a_promise_out_of_reach_is_said(state, panel):
    state.promise_share = 0.99
    assert not state.kept and "No network found serves more than" in words(panel)


def test_a_closed_site_says_who_suffers_and_comes_back(state, panel):
    state.site_id = front_of(state)
    assert "Without it next-day delivery falls" in words(panel)
    before = state.shown.figures["stores_next_day"]
    state.toggle_site()
    assert state.is_changed and state.shown.figures["stores_next_day"] < before and 0 < state.seconds < 60
    assert "This is a what-if" in words(panel) and "It is closed in this what-if" in words(panel)
    assert state.suffering()["change"].sum() == state.shown.figures["stores_next_day"] - before
    state.toggle_site()
    assert not state.is_changed and state.shown is state.base


def test_radius_and_closing_add_up_and_are_taken_back(state):
    state.site_id = front_of(state)
    state.toggle_site()
    alone = state.shown.figures["next_day_share"]
    state.radius_km = 70.0
    assert state.shown.figures["next_day_share"] > alone
    state.restore()
    assert state.radius_km == state.study.radius_km and not state.is_changed


def test_another_promise_takes_the_what_if_back(state):
    state.site_id = front_of(state)
    state.toggle_site()
    state.promise_share = 0.5
    assert state.closed == () and not state.is_changed


@pytest.mark.parametrize("view", ["plan", "today", "difference"])
def test_every_view_and_site_is_said_in_both_languages(state, panel, view):
    state.view = view
    for site in state.base.open_ids:
        state.site_id = site
        english = words(panel)
        state.lang = "zh"
        chinese = words(panel)
        state.lang = "en"
        assert chinese != english and "次日达" in chinese
        assert not re.search(r"\bnan\b|<NA>|None", words(panel._body) + chinese)


def test_the_only_city_warehouse_closed_leaves_nobody_served(state):
    cities = [int(site) for site in state.base.opened.loc[state.base.opened["tier"] == "city", "site_id"]]
    state.closed = tuple(cities)
    assert state.shown.figures["stores_uncovered"] == state.shown.areas["stores"].sum()


def test_files_hold_the_network_and_ask_nothing_of_a_network(state):
    files = NetworkFiles(state.shown, {"market": "sample"}, state.study.steps).written()
    sites = pd.read_csv(io.BytesIO(files["sites.csv"]), encoding="utf-8-sig")
    assert set(sites.loc[sites["opened"], "site_id"]) == set(state.shown.open_ids)
    lanes = pd.read_csv(io.BytesIO(files["lanes.csv"]), encoding="utf-8-sig")
    assert set(lanes["from_site_id"]) | set(lanes["to_site_id"]) <= set(sites["site_id"])
    book = pd.read_excel(io.BytesIO(files["network.xlsx"]), sheet_name=None)
    assert {"about", "sites", "lanes", "areas", "trade-off"} <= set(book)
    for layer in ("sites", "lanes", "cells"):
        read = gpd.read_file(io.BytesIO(files["network.gpkg"]), layer=layer)
        assert len(read) and read.crs == "EPSG:4326" and read.geometry.dropna().is_valid.all()
    page = files["network.html"].decode("utf-8")
    assert not re.search(r"""src\s*=\s*["']https?://|<link[^>]*https?://|url\(\s*['"]?https?://|@import""", page)


def test_the_button_makes_links_to_all_files(state, panel):
    body = panel._body.children[0]
    body._make.click()
    links = re.findall(r'download="([a-z.]+)" href="data:[^;]+;base64,([^"]+)"', body._files.value)
    assert [name for name, _ in links] == ["sites.csv", "lanes.csv", "network.xlsx", "network.gpkg", "network.html"]
    assert all(base64.b64decode(content) for _, content in links)


def test_names_from_data_are_escaped(state):
    evil = type(state.shown)(
        state.shown.figures,
        state.shown.sites.assign(name_en="<b>x</b>", name_zh="<b>x</b>"),
        state.shown.areas.assign(name_en="<b>y</b>", name_zh=None),
        state.shown.cells,
    )
    made = network_cards.sites(evil, "en") + network_cards.areas(state.study, evil, 0.5, "en")
    made += network_cards.story(evil, evil, evil, evil.open_ids[0], "en")
    made += NetworkFiles(evil, {}).map_html()
    assert "<b>x</b>" not in made and "<b>y</b>" not in made


def test_a_market_that_is_not_there_leaves_a_sentence(tmp_path):
    panel = NetworkPanel(NetworkState(tmp_path / "nowhere", tmp_path / "runs"))
    assert "The network cannot be shown" in words(panel)
