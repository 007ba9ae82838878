"""Ranges and orders of a market: baselines stand in order, advice fits its limits, own stock counts."""

from dataclasses import replace

import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.contracts import InputError, LstError
from lst_workbench.market import TOUR_STORE_ID
from lst_workbench.planning.display import display_of
from lst_workbench.planning.range_brief import wanted_items
from lst_workbench.planning.range_study import contract_costs, study_range
from lst_workbench.planning.shop_advice import advise_shop, starter_range
from lst_workbench.views.range_files import order_rows, range_workbook, swap_rows


@pytest.fixture(scope="module")
def study(market):
    return study_range(market, load_scenario("base"))


def test_no_range_beats_the_best_and_none_is_wider_than_todays(study):
    stores = study.stores
    for name in ("today", "ranked", "national", "cluster"):
        assert (stores[f"{name}_rmb_week"] <= stores["bound_rmb_week"] * (1 + 1e-9)).all()
    today = study.carried.merge(study.items, on=["sku", "category"])
    width = today.groupby(["store_id", "category"])["width_cm"].sum()
    used = stores.set_index(["store_id", "category"])["used_cm"]
    assert (used <= width.reindex(used.index) + 1e-9).all()
    assert stores["gap_share"].max() < 1e-3


def test_gains_hold_on_weeks_they_were_not_chosen_on(study):
    assert len(study.uplift) == study.items["category"].nunique()
    assert (study.uplift["low_rmb_visit"] > 0).all()
    assert study.swaps["stays_share"].between(0, 1).all()
    assert (study.swaps["fair_gain_rmb_week"] <= study.swaps["gain_rmb_week"] + 1e-9).all()


def test_advice_is_short_placed_and_names_nobody(study):
    rows = swap_rows(study)
    assert rows.groupby("store_id").size().max() <= 4 and rows["place_zh"].notna().all()
    assert "name" not in rows
    assert range_workbook(study).startswith(b"PK")


def test_full_shelves_order_less_and_strange_stock_is_refused(study):
    few = study.carried["store_id"].unique()[:3]
    full = study.carried.loc[study.carried["store_id"].isin(few), ["store_id", "sku"]].assign(on_hand=1e6)
    strange = pd.DataFrame({"store_id": few[0], "sku": ["nothing"], "on_hand": 1.0})
    done = study.orders(pd.concat([full, strange], ignore_index=True))
    assert done.kpis()["spend_rmb"] == 0
    assert done.tables["refused"]["reason"].str.contains("nothing").any()
    assumed = study.orders()
    lines = order_rows(study, assumed)
    assert (lines["units"] == lines["cases"] * lines["case_pack"]).all()
    minimum = load_scenario("base")["order.min_rmb"]
    spend = assumed.tables["stores"]["spend_rmb"]
    assert ((spend == 0) | (spend >= minimum)).all() and assumed.kpis()["worst_gap_share"] < 5e-3


def test_a_market_without_tills_says_what_to_give(market):
    bare = replace(market, truth={})
    with pytest.raises(LstError, match=r"items\.parquet"):
        study_range(bare, load_scenario("base"))


def test_a_display_fits_its_shelf_and_earns_more_than_equal_facings(study):
    for store_id in study.carried["store_id"].unique()[::40]:
        display = display_of(study, int(store_id))
        facings = display.found.tables["facings"]
        assert set(facings["sku"]) == set(study.carried.loc[study.carried["store_id"] == store_id, "sku"])
        assert (facings["facings"] >= 1).all()
        width = facings["facings"] * facings["sku"].map(display.items.set_index("sku")["facing_cm"])
        room = display.shelves.set_index("level")["shelf_cm"]
        assert (width.groupby(facings["level"]).sum() <= room + 1e-9).all()
        assert display.gain_rmb_week > 0 and display.found.kpis()["worst_gap_share"] < 0.01


def test_a_measured_shelf_is_kept_to_and_one_too_narrow_is_refused(study):
    store_id = int(study.carried["store_id"].iloc[0])
    measured = pd.DataFrame({"level": [1, 2], "shelf_cm": [400.0, 400.0]})
    assert set(display_of(study, store_id, measured).found.tables["facings"]["level"]) <= {1, 2}
    with pytest.raises(InputError, match=f"store {store_id}"):
        display_of(study, store_id, measured.assign(shelf_cm=12.0))
    with pytest.raises(InputError, match="carries"):
        display_of(study, 5)


def test_a_shop_without_a_till_gets_a_starter_range_by_what_it_could_buy(study):
    tills = pd.Series(2_000.0, study.carried["store_id"].unique())
    half = pd.concat([tills, pd.Series({TOUR_STORE_ID: 1_000.0})])
    small, large = (advise_shop(study, TOUR_STORE_ID, potentials) for potentials in (half, tills))
    assert not small.till and small.swaps.empty
    assert small.order["cost_rmb"].sum() < large.order["cost_rmb"].sum()
    assert small.display.found.tables["facings"].groupby("store_id").size().iloc[0] == len(
        starter_range(study, TOUR_STORE_ID)
    )
    with pytest.raises(LstError, match="not in the market"):
        advise_shop(study, 5)


def test_a_shop_with_a_till_is_advised_by_its_own_sales(study):
    store_id = int(study.carried["store_id"].iloc[0])
    told = advise_shop(study, store_id)
    whole = study.orders().tables["orders"].query("store_id == @store_id")
    assert told.till and told.order["cost_rmb"].sum() == pytest.approx(whole["cost_rmb"].sum())
    assert set(told.swaps["store_id"]) <= {store_id} and told.swaps["gain_rmb_week"].is_monotonic_decreasing


def test_what_is_wanted_is_not_on_offer_and_sells_less_new_than_in_all(study):
    wanted = wanted_items(study)
    assert (wanted["low_units_week"] < wanted["units_week"]).all()
    assert (wanted["new_units_week"].between(0, wanted["units_week"])).all()
    goods = study.items.assign(
        tier=study.items["price_rmb"] / study.items.groupby("category")["price_rmb"].transform("mean")
    )
    for row in wanted.itertuples():
        near = goods[(goods["category"] == row.category) & (goods["pack"] == row.pack)]
        edges = {"low": (0, 0.88), "middle": (0.88, 1.16), "high": (1.16, 9)}[row.tier]
        assert not near["tier"].between(*edges, inclusive="neither").any()
    run = float(study.figures["range.production_run_units"])
    assert (wanted["weeks_to_fill"] * wanted["units_week"]).round(3).eq(run).all()


def test_a_contract_costs_nothing_where_the_item_is_carried_anyway(study):
    costs = contract_costs(study, "beverages", "beverages-B-large")
    best = study.ranges.query("sku == 'beverages-B-large'")["store_id"]
    anyway = costs["store_id"].isin(best)
    assert costs.loc[anyway, "cost_rmb_week"].abs().max() < 1e-6 < costs.loc[~anyway, "cost_rmb_week"].max()


def test_cash_calendar_and_promotions_move_orders(study):
    usual = study.orders().tables
    stores = usual["stores"]["store_id"]
    rich, poor, rare = (int(store) for store in stores.iloc[:3])
    terms = pd.DataFrame({
        "store_id": [poor, rare], "cash_rmb": [900.0, None], "credit_rmb": [100.0, None], "cover_days": [None, 21.0],
    })  # fmt: skip
    told = study.orders(terms=terms).tables["stores"].set_index("store_id")
    before = usual["stores"].set_index("store_id")
    assert told.at[poor, "spend_rmb"] <= 1000.0 < before.at[poor, "spend_rmb"] and told.at[poor, "cash_price"] > 0
    assert told.at[rare, "spend_rmb"] > before.at[rare, "spend_rmb"]
    assert told.at[rich, "spend_rmb"] == before.at[rich, "spend_rmb"]
    lift = pd.DataFrame({"sku": ["beverages-D-small"], "lift": [2.0]})
    more, less = (
        table.query("sku == 'beverages-D-small'")["cases"].sum()
        for table in (study.orders(promotions=lift).tables["orders"], usual["orders"])
    )
    assert more > 1.5 * less
    with pytest.raises(InputError) as caught:
        study.orders(terms=pd.DataFrame({"store_id": [poor, poor], "cash_rmb": [-1.0, 5.0]}))
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="lift is missing"):
        study.orders(promotions=pd.DataFrame({"sku": ["x"]}))


def test_contracts_are_kept_and_priced(market, study):
    asked = pd.DataFrame({"sku": ["dairy-D-large"]})
    bound_to = study_range(market, load_scenario("base"), must_carry=asked)
    dairy = bound_to.ranges.query("category == 'dairy'")
    kept = dairy[dairy["sku"] == "dairy-D-large"]["store_id"].nunique()
    assert kept == dairy["store_id"].nunique() > study.ranges.query("sku == 'dairy-D-large'")["store_id"].nunique()
    lost = study.kpis()["best_rmb_week"] - bound_to.kpis()["best_rmb_week"]
    assert bound_to.contracts["cost_rmb_week"].sum() == pytest.approx(lost, rel=1e-6)
    assert study.contracts.empty
    with pytest.raises(InputError, match="not known"):
        study_range(market, load_scenario("base"), must_carry=pd.DataFrame({"sku": ["tea"]}))


def test_exclusive_contracts_minimums_and_a_limit_on_swaps_are_kept(market, study):
    category = study.items["category"].iloc[0]
    brand = study.items.loc[study.items["category"] == category, "brand"].iloc[0]
    some = study.carried.loc[study.carried["category"] == category, "store_id"].unique()[:5]
    only = pd.DataFrame({"store_id": some, "category": category, "brand": brand})
    least = pd.DataFrame({"category": [category], "min_items": [2]})
    bound_to = study_range(market, load_scenario("base"), exclusive=only, minimums=least, swaps_a_week=1)
    brands = bound_to.ranges.merge(study.items[["sku", "brand"]], on="sku").query("category == @category")
    served = brands[brands["store_id"].isin(some)]
    assert (served["brand"] == brand).all()
    assert set(some) - set(served["store_id"]) <= set(bound_to.refused["store_id"])
    others = brands[~brands["store_id"].isin(some)]
    assert (others.groupby("store_id").size() >= 2).all()
    assert (bound_to.swaps.groupby("store_id").size() == 1).all()
    added = bound_to.swaps.query("category == @category and store_id in @some")["add_sku"]
    assert (added.map(study.items.set_index("sku")["brand"]) == brand).all()
    with pytest.raises(InputError, match="category wool is not known"):
        study_range(market, load_scenario("base"), minimums=pd.DataFrame({"category": ["wool"], "min_items": 1}))
