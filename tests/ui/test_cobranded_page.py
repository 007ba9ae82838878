"""The Co-branded page without a browser: levers choose again, the shop in focus says why, both languages."""

import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.ui.cobranded import CobrandedState
from lst_workbench.ui.cobranded.panel import CobrandedPanel
from tests.ui.test_panel import words


@pytest.fixture(scope="module")
def state():
    return CobrandedState(data_folder() / "sample")


@pytest.fixture(scope="module")
def panel(state):
    return CobrandedPanel(state)


@pytest.fixture(autouse=True)
def as_it_was(state):
    yield
    state.lang, state.query = "en", ""
    state.reset()


def test_it_opens_on_the_first_of_the_chosen(state, panel):
    assert state.synthetic and state.row["rank"] == 1
    said = words(panel)
    assert "become Tmall stores" in said and "Place 1, fitted out in month" in said
    assert "Just below the line" in said and "Payback by the press" in said


def test_a_larger_budget_chooses_more_and_never_gains_less(state):
    before = state.choice.certificate.value
    state.move("cobrand.fitout_budget_rmb", 400_000.0)
    assert state.choice.certificate.value > before
    assert state.cases.loc[state.cases["rank"] > 0, "fitout_rmb"].sum() <= 400_000
    state.move("cobrand.spacing_km", 3.0)
    assert (state.table["reason"] == "too_near").sum() > 20


def test_a_lower_uplift_pays_back_later(state):
    payback = state.cases["payback_p50"].iloc[0]
    state.move("cobrand.planning_uplift", 0.05)
    assert state.cases["payback_p50"].iloc[0] > payback


def test_levers_out_of_reach_are_said_in_a_sentence_and_figures_stay(state, panel):
    before = state.choice
    state.move("cobrand.min_area_m2", 60.0)
    state.move("cobrand.min_purchase_month", 1e9)
    assert state.said[0] == "error.cobranded" and "Nothing can be chosen" in words(panel)
    assert len(before.tables["cobranded"]) == len(state.table)


@pytest.mark.parametrize("reason", ["too_near", "budget", "too_small", "buys_too_little"])
def test_every_reason_is_said_in_both_languages(state, panel, reason):
    state.store_id = int(state.table.loc[state.table["reason"] == reason, "store_id"].iloc[0])
    english = words(panel)
    state.lang = "zh"
    assert "天猫小店" in words(panel) and words(panel) != english
    assert "nan" not in words(panel._body).lower() and "<NA>" not in words(panel._body)


def test_a_search_finds_candidates_and_a_stranger_is_none(state, panel):
    state.query = str(int(state.table["store_id"].iloc[0]))
    assert len(state.candidates()) == 1
    state.query = "no such shop"
    assert state.candidates().empty


def test_names_from_data_are_escaped(state):
    from lst_workbench.views import cobranded_cards

    market = state.market
    stores = market.stores.assign(name="<b>x</b>")
    evil = type(market)(**{**vars(market), "tables": {**market.tables, "stores": stores}})
    assert "<b>x</b>" not in cobranded_cards.chosen(state.cases, evil, "en")
    assert "<b>x</b>" not in cobranded_cards.why_card(state.row, state.cases, evil, "en")


def test_a_market_that_is_not_there_leaves_a_sentence(tmp_path):
    panel = CobrandedPanel(CobrandedState(tmp_path / "nowhere"))
    assert "Nothing can be chosen" in words(panel)
