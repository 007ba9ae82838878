"""The Range page without a browser: its state follows the study, its widgets follow the state."""

import re
from shutil import copytree

import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.contracts.kinds import RURAL
from lst_workbench.market import read_items, read_market
from lst_workbench.planning.shop_advice import advise_shop
from lst_workbench.ui.range import RangeState
from lst_workbench.ui.range.panel import RangePanel
from lst_workbench.views import range_cards
from lst_workbench.views.messages import text
from tests.ui.test_panel import words


@pytest.fixture(scope="module")
def state():
    state = RangeState(data_folder() / "sample")
    panel = RangePanel(state)
    assert text("range.working", "en") in words(panel)
    state.wait()
    return state


@pytest.fixture(scope="module")
def panel(state):
    return RangePanel(state)


def test_the_study_comes_beside_the_page_and_is_shown_in_both_languages(panel, state):
    keys = ("beside", "categories", "transfer", "contract", "wanted", "swaps")
    for lang in ("en", "zh"):
        state.lang = lang
        shown = words(panel)
        assert not [key for key in keys if text(f"range.{key}", lang) not in shown]
        assert "None" not in shown and "nan" not in shown
    state.lang = "en"


def test_another_category_changes_matrix_and_contract(panel, state):
    state.category = state.categories[1]
    assert state.contract in state.contracts and state.contract.startswith(state.category)
    first = state.costs["cost_rmb_week"].sum()
    state.contract = state.contracts[-1]
    assert state.costs["cost_rmb_week"].sum() < first, "what everybody wants costs nothing to carry"
    assert (state.costs["cost_rmb_week"] >= -1e-9).all()


def test_diversion_of_a_row_adds_up_and_names_are_escaped(state):
    from dataclasses import replace

    study = replace(state.study, items=state.study.items.assign(brand="<script>x</script>"))
    shown = [
        range_cards.transfer(study, state.category, "town", "en"),
        range_cards.swaps(study, "en"),
        range_cards.contract(study, state.costs, state.contract, "en"),
    ]
    assert all("<script>" not in card and "&lt;script&gt;" in card for card in shown)


def test_files_hold_the_advice_of_every_shop_without_names(state):
    workbook, advice = state.downloads()
    assert workbook[:2] == b"PK" and "name" not in advice and advice["store_id"].nunique() > 100


@pytest.mark.parametrize("few", ["category", "item", "country", "store"])
def test_few_tills_or_items_are_studied_as_far_as_they_tell(few, tmp_path):
    """One category, one item without any choice, no till in town, one till: a page without gaps, advice for all."""
    market = read_market(data_folder() / "sample")
    items, sales = read_items(market)
    kinds = market.stores.set_index("store_id")["settlement_kind"].astype(str)
    kept = {
        "category": sales["item_id"].isin(items.loc[items["category"] == "dairy", "sku"]),
        "item": sales["item_id"] == items["sku"].iloc[0],
        "country": sales["store_id"].map(kinds).isin(RURAL),
        "store": sales["store_id"] == sales["store_id"].iloc[0],
    }[few]
    own = copytree(data_folder() / "sample", tmp_path / "market")
    sales[kept].to_parquet(own / "item_sales.parquet")
    items[items["sku"].isin(sales.loc[kept, "item_id"])].to_parquet(own / "items.parquet")
    state = RangeState(own)
    state.wait()
    shown = words(RangePanel(state))
    assert state.said == ("", "") and not re.search(r"\b(nan|inf|None)\b", shown)
    shops = [sales.loc[kept, "store_id"].iloc[0], *(kinds.index[kinds.isin(RURAL) == rural][0] for rural in (0, 1))]
    told = [advise_shop(state.study, int(shop)) for shop in shops]
    assert all(len(advice.order) or "minimum order" in advice.order_reason for advice in told)
    matrix = range_cards.transfer(state.study, state.category, "town", "en")
    assert (text("range.transfer.none", "en") in matrix) == (
        few in ("item", "country") or (few == "store" and kinds[shops[0]] in RURAL)
    )


@pytest.mark.parametrize("idle", ["one category", "all"])
def test_tills_that_sold_nothing_are_left_out_or_said(idle, tmp_path):
    own = copytree(data_folder() / "sample", tmp_path / "market")
    items, sales = read_items(read_market(own))
    still = sales["item_id"].isin(items.loc[items["category"] == "dairy", "sku"]) | (idle == "all")
    sales.assign(quantity=sales["quantity"].mask(still, 0)).to_parquet(own / "item_sales.parquet")
    items.to_parquet(own / "items.parquet")
    state = RangeState(own)
    state.wait()
    shown = words(RangePanel(state)).replace("None  ()", "")  # the value of a list without choices
    assert not re.search(r"\b(nan|inf|None)\b", shown) and not state.at_work
    if idle == "all":
        assert state.study is None and "Nothing was sold" in state.said[1]
    else:
        assert "dairy" not in state.categories and len(state.categories) == items["category"].nunique() - 1


def test_whatever_goes_wrong_in_a_study_ends_in_a_sentence(monkeypatch):
    def broken(*_, **__):
        raise KeyError("13812345678")

    monkeypatch.setattr("lst_workbench.ui.range.model.study_range", broken)
    state = RangeState(data_folder() / "sample")
    state.wait()
    shown = words(RangePanel(state))
    assert not state.at_work and "it could not be made (KeyError)" in shown and "13812345678" not in shown


def test_a_market_without_items_says_so(village_folder):
    state = RangeState(village_folder)
    state.wait()
    assert "no sales by item" in words(RangePanel(state))


def test_no_market_is_a_sentence(tmp_path):
    state = RangeState(tmp_path / "nowhere")
    assert "nowhere" in words(RangePanel(state))
