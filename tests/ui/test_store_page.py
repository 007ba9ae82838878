"""The Store page without a browser: its state follows the models, its widgets follow the state."""

import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.market import TOUR_STORE_ID, read_items
from lst_workbench.ui.store import StoreState
from lst_workbench.ui.store.panel import StorePanel
from lst_workbench.views import advice_cards, store_cards, store_charts
from lst_workbench.views.messages import text
from tests.ui.test_panel import words


@pytest.fixture(scope="module")
def state():
    return StoreState(data_folder() / "sample")


@pytest.fixture(scope="module")
def panel(state):
    return StorePanel(state)


@pytest.fixture(autouse=True)
def as_it_was(request):
    yield
    if "state" in request.fixturenames:
        state = request.getfixturevalue("state")
        state.lang, state.store_id = "en", TOUR_STORE_ID
        state.reset()


def test_the_shop_of_the_tour_is_the_first(state):
    assert state.store_id == TOUR_STORE_ID and state.synthetic and not state.tried
    assert state.about.features["area_m2"] == 150


def test_levers_are_tried_and_put_back(state):
    base = state.about.potential["mean"]
    state.area_m2 = 200.0
    assert state.tried and state.change.after["mean"] > base == state.about.potential["mean"]
    state.rival_km = 0.1
    assert len(state.change.opened) == 1
    state.reset()
    assert not state.tried and state.change.transfers.empty


def test_another_shop_takes_its_own_floor_and_no_rival(state):
    state.rival_km = 1.0
    other = int(state.market.stores["store_id"].iloc[50])
    state.store_id = other
    assert state.rival_km == 0 and state.area_m2 == float(state.store["area_m2"])
    assert state.about.features["store_id"] == other


def test_studies_are_kept_by_decay(state):
    first = state.study
    state.decay_per_km = 2.5
    assert state.study is not first and state.study.tills is first.tills
    state.reset()
    assert state.study is first


def test_the_page_shows_all_its_parts_in_both_languages(panel, state):
    keys = (
        "reasons.title",
        "nearby.title",
        "rivals.title",
        "twins.title",
        "weeks.title.none",
        "shop.what_if",
        "map.here",
    )
    for lang in ("en", "zh"):
        state.lang = lang
        shown = words(panel)
        for key in keys:
            assert text(key, lang) in shown, key
    assert "None" not in store_cards.reasons(state.about, state.study, "zh")


def test_the_account_of_reasons_ends_at_the_potential(state):
    told = store_cards.reasons(state.about, state.study, "en")
    from lst_workbench.views.formats import rmb

    assert told.count("<tr") == len(state.about.drivers.table) + 2
    assert rmb(state.about.potential["mean"]) in told


def test_a_query_that_finds_nothing_says_so_and_keeps_the_shop(panel, state):
    state.query = "no such shop"
    assert "no such shop" in words(panel) and state.store_id == TOUR_STORE_ID
    state.query = "乐民"
    assert "乐民" in state.store["name"]


def test_names_from_data_are_escaped(state):
    row = {**state.store, "name": "<script>alert(1)</script>"}
    shown = store_cards.finding(state.about, row, {"name_en": "<b>"}, state.weeks, "en")
    assert "<script>" not in shown and "&lt;b&gt;" in shown
    stores = state.study.market.stores.assign(name="<img src=x>")
    assert "<img" not in store_cards.rivals(state.about, stores, "en") + store_cards.twins(state.about, stores, "en")


def test_the_chart_holds_bands_and_the_festival(state):
    weeks = state.weeks
    figure = store_charts.weeks_figure(weeks.sold, weeks.expected, "en")
    assert [trace.fill for trace in figure.data].count("tonexty") == 2
    assert any("Spring Festival 16 Feb" in note.text for note in figure.layout.annotations)
    assert store_charts.festivals_in(pd.Timestamp("2017-01-01"), pd.Timestamp("2018-12-31")) == [
        pd.Timestamp("2017-01-28"),
        pd.Timestamp("2018-02-16"),
    ]


def test_a_market_without_tills_says_plainly_what_is_missing(village_folder):
    panel = StorePanel(StoreState(village_folder))
    shown = words(panel)
    assert text("weeks.empty") in shown and text("reasons.no_tills") in shown
    assert "P10" not in shown


def test_a_page_without_a_market_says_so(tmp_path):
    shown = words(StorePanel(StoreState(tmp_path / "nowhere")))
    assert "lst market build" in shown


def test_cells_with_ages_and_households_are_shown(state):
    about = state.about
    more = {"age_0_14_share": 0.2, "age_60_share": 0.25, "households": 210.0}
    full = type(about)(
        **{
            **{name: getattr(about, name) for name in about.__dataclass_fields__},
            "features": pd.concat([about.features, pd.Series(more)]),
            "typical": pd.concat([about.typical, pd.Series(more)]),
        }
    )
    shown = store_cards.nearby(full, "en")
    assert "Age 0–14" in shown and "Age 60+" in shown and "Households" in shown
    assert text("nearby.no_ages") not in shown


def test_advice_comes_beside_the_page_for_the_last_shop_asked_for(panel, state):
    sold = pd.Index(read_items(state.market)[1]["store_id"].unique())
    state.store_id, last = int(sold[0]), int(sold[1])
    state.store_id = last
    state.adviser.wait()
    told = state.told
    assert told.advice.store_id == last and told.advice.till and not told.fault
    assert len(told.advice.swaps) <= 4 and (told.advice.order["cases"] > 0).all()
    for lang in ("en", "zh"):
        state.lang = lang
        shown = words(panel)
        for key in ("advice.order", "advice.swaps", "advice.shelf", "advice.synthetic"):
            assert text(key, lang) in shown, key
        assert "None" not in shown and "nan" not in shown
    state.store_id = TOUR_STORE_ID
    state.adviser.wait()
    assert not state.told.advice.till and text("advice.order.sub.starter", "zh") in words(panel)


def test_names_of_items_are_escaped_and_own_names_come_first(state):
    state.wants_advice = True
    state.adviser.wait()
    told = state.told
    items = told.study.items.assign(name_en="<script>alert(1)</script>")
    cards = [
        advice_cards.order_card(told.advice, items, "", "en"),
        advice_cards.swaps_card(told.advice, items, "", "en"),
        advice_cards.shelf_card(told.advice, items, "<b>shop</b>", "", "en"),
    ]
    assert "&lt;script&gt;" in cards[0] and not any("<script>" in card or "<b>shop" in card for card in cards)
    assert "why &lt;b&gt;" in advice_cards.order_card(None, None, "why <b>", "en")


def test_a_market_without_items_says_why_there_is_no_advice(village_folder):
    state = StoreState(village_folder)
    panel = StorePanel(state)
    state.adviser.wait()
    assert "no sales by item" in state.told.fault and text("advice.order", "en") in words(panel)
