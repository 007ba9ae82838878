"""Facings: HiGHS on random stores, invariants, what moves are worth, and tables with faults."""

import numpy as np
import pandas as pd
import pulp
import pytest

from lst_workbench.assortment import FacingParams, allocate_facings
from lst_workbench.contracts import InputError, LstError

ELASTICITY, DELIVERIES = 0.17, 2.0


def drawn(seed, stores=10, items=10, levels=3, room=1.8):
    """Stores whose shelves hold about `room` facings of each item."""
    rng = np.random.default_rng(seed)
    goods = pd.DataFrame({
        "sku": np.arange(items) + 100, "facing_cm": rng.integers(4, 20, items).astype(float),
        "facing_units": rng.integers(3, 9, items), "margin_rmb": np.exp(rng.normal(0.5, 0.6, items)),
        "space_elasticity": rng.uniform(0.05, 0.4, items), "max_facings": 6,
        "highest_level": np.where(rng.random(items) < 0.3, 2.0, levels),
    })  # fmt: skip
    each = room * goods["facing_cm"].sum() / levels
    shelves = pd.DataFrame({
        "store_id": np.repeat(np.arange(stores), levels), "level": np.tile(np.arange(levels) + 1, stores),
        "shelf_cm": rng.uniform(0.8, 1.2, stores * levels) * each,
        "attention": np.tile(np.linspace(0.8, 1.3, levels), stores),
    })  # fmt: skip
    sales = pd.DataFrame({
        "store_id": np.repeat(np.arange(stores), items), "sku": np.tile(goods["sku"], stores),
        "quantity_week": np.exp(rng.normal(2.0, 0.9, stores * items)), "facings": 1, "level": 1,
    })  # fmt: skip
    return shelves, goods, sales


def by_highs(shelves, goods, sales):
    """Best RMB a week of one store over every level and number of facings."""
    model, worth, choice = pulp.LpProblem("display", pulp.LpMaximize), [], {}
    first = shelves.set_index("level")["attention"]
    for item in sales.merge(goods, on="sku").to_dict("records"):
        for shelf in shelves.to_dict("records"):
            for n in range(1, int(item["max_facings"]) + 1):
                if shelf["level"] > item["highest_level"]:
                    continue
                wanted = (
                    item["quantity_week"] * shelf["attention"] / first[item["level"]] * n ** item["space_elasticity"]
                )
                x = pulp.LpVariable(f"x_{item['sku']}_{int(shelf['level'])}_{n}", cat="Binary")
                choice[item["sku"], shelf["level"], n] = (x, n * item["facing_cm"])
                worth.append(item["margin_rmb"] * min(wanted, n * item["facing_units"] * DELIVERIES) * x)
    model += pulp.lpSum(worth)
    for sku in sales["sku"]:
        model += pulp.lpSum(x for (s, _, _), (x, _) in choice.items() if s == sku) == 1
    for level, room in shelves[["level", "shelf_cm"]].itertuples(index=False):
        model += pulp.lpSum(cm * x for (_, at, _), (x, cm) in choice.items() if at == level) <= room
    model.solve(pulp.HiGHS(msg=False, gapRel=0, threads=1))
    return pulp.value(model.objective)


@pytest.mark.parametrize("seed", range(3))
def test_highs_lies_between_value_and_bound(seed):
    shelves, goods, sales = drawn(seed, stores=8)
    stores = allocate_facings(shelves, goods, sales, ELASTICITY, DELIVERIES).tables["stores"].set_index("store_id")
    exact = pd.Series({
        store: by_highs(shelves[shelves["store_id"] == store], goods, sales[sales["store_id"] == store])
        for store in stores.index
    })  # fmt: skip
    assert (stores["value_rmb_week"] <= exact * (1 + 1e-7)).all()
    assert (stores["bound_rmb_week"] >= exact * (1 - 1e-7)).all()
    assert ((exact - stores["value_rmb_week"]) / exact).max() <= 1e-3
    assert stores["gap_share"].max() <= 1e-3


def test_real_shelves_are_solved_closely_and_the_status_follows_the_gap():
    apart = FacingParams(exact_stores=0)
    stores = allocate_facings(*drawn(5, stores=40, items=80, levels=5), ELASTICITY, DELIVERIES, apart).tables["stores"]
    assert stores["gap_share"].mean() < 0.004 and stores["gap_share"].min() >= 0
    assert ((stores["status"] == "within_gap") == (stores["gap_share"] <= FacingParams().close_gap)).all()


@pytest.mark.parametrize(("items", "room"), [(1, 1.3), (4, 1.3), (8, 1.05), (10, 1.8)])
def test_each_gap_of_small_shelves_is_closed_by_branching(items, room):
    apart = FacingParams(exact_stores=0)
    shelves, goods, sales = drawn(6, stores=30, items=items, levels=min(items, 3), room=room)
    found = allocate_facings(shelves, goods, sales, ELASTICITY, DELIVERIES, apart)
    assert found.kpis()["worst_gap_share"] <= FacingParams().close_gap
    few = [frame[frame["store_id"] < 5] for frame in (shelves, sales)]
    exact = [
        by_highs(few[0][few[0]["store_id"] == store], goods, few[1][few[1]["store_id"] == store])
        for store in found.tables["stores"]["store_id"].head(3)
    ]
    told = found.tables["stores"].head(3)
    assert (told["value_rmb_week"] <= np.array(exact) * (1 + 1e-7)).all()
    assert (told["bound_rmb_week"] >= np.array(exact) * (1 - 1e-7)).all()


def test_gaps_left_open_are_closed_by_highs_where_the_stores_are_few():
    tables = drawn(7, stores=3, items=25, levels=4, room=1.3)
    opened = allocate_facings(*tables, ELASTICITY, DELIVERIES, FacingParams(exact_stores=0, nodes=10))
    closed = allocate_facings(*tables, ELASTICITY, DELIVERIES)
    assert opened.kpis()["worst_gap_share"] > 1e-3 >= closed.kpis()["worst_gap_share"]
    assert (closed.tables["stores"]["value_rmb_week"] >= opened.tables["stores"]["value_rmb_week"]).all()


@pytest.mark.parametrize(("stores", "room"), [(60, 1.05), (60, 1.8), (60, 6.0), (3, 1.3)])
def test_every_item_stands_once_on_an_allowed_level_within_its_width(stores, room):
    shelves, goods, sales = drawn(11, stores=stores, items=25, levels=4, room=room)
    few_only = FacingParams(exact_stores=10)
    tables = allocate_facings(shelves, goods, sales, ELASTICITY, DELIVERIES, few_only).tables
    placed = tables["facings"].merge(goods, on="sku")
    arranged = tables["stores"]["store_id"]
    assert len(placed) == len(arranged) * len(goods)
    assert set(arranged) | set(tables["refused"]["store_id"]) == set(sales["store_id"])
    assert (placed["facings"].between(1, placed["max_facings"])).all()
    assert (placed["level"] <= placed["highest_level"]).all()
    used = (placed["facings"] * placed["facing_cm"]).groupby([placed["store_id"], placed["level"]]).sum()
    room_of = shelves.set_index(["store_id", "level"])["shelf_cm"]
    assert (used <= room_of.reindex(used.index) + 1e-6).all()
    total = placed.groupby("store_id")["value_rmb_week"].sum()
    assert np.allclose(total, tables["stores"].set_index("store_id")["value_rmb_week"].reindex(total.index))


def test_moves_add_up_to_the_gain_and_the_best_comes_first():
    tables = allocate_facings(*drawn(3, stores=5, items=20), ELASTICITY, DELIVERIES).tables
    stores = tables["stores"].set_index("store_id")
    gain = tables["moves"].groupby("store_id")["gain_rmb_week"]
    assert np.allclose(gain.sum(), stores["value_rmb_week"] - stores["today_rmb_week"])
    assert gain.apply(lambda mine: mine.is_monotonic_decreasing).all()


def test_more_shelf_never_brings_less():
    shelves, goods, sales = drawn(8, stores=6, items=30)
    less = allocate_facings(shelves, goods, sales, ELASTICITY, DELIVERIES).tables["stores"]
    more = allocate_facings(shelves.assign(shelf_cm=shelves["shelf_cm"] * 1.3), goods, sales, ELASTICITY, DELIVERIES)
    assert (more.tables["stores"]["bound_rmb_week"] >= less["value_rmb_week"]).all()
    assert (more.tables["stores"]["value_rmb_week"] >= less["value_rmb_week"] * (1 - 1e-3)).all()


def test_blocks_and_row_order_change_nothing():
    shelves, goods, sales = drawn(4, stores=30)
    whole = allocate_facings(shelves, goods, sales, ELASTICITY, DELIVERIES).tables["facings"]
    mixed = [frame.sample(frac=1, random_state=1) for frame in (shelves, goods, sales)]
    again = allocate_facings(*mixed, ELASTICITY, DELIVERIES, FacingParams(block_stores=7)).tables["facings"]
    pd.testing.assert_frame_equal(whole.reset_index(drop=True), again.reset_index(drop=True))


def test_what_cannot_stand_is_refused_with_a_sentence_and_the_rest_is_served():
    shelves, goods, sales = drawn(2, stores=4)
    shelves.loc[shelves["store_id"] == 1, "shelf_cm"] = 5.0
    goods.loc[0, "facing_cm"] = 0.0
    sales.loc[3, "quantity_week"] = -2.0
    sales = pd.concat([sales, pd.DataFrame({"store_id": [99], "sku": [101], "quantity_week": [1.0]})])
    result = allocate_facings(shelves, goods, sales, ELASTICITY, DELIVERIES)
    said = " | ".join(result.tables["refused"]["reason"])
    for words in ("item 100 has facing_cm 0", "has quantity_week -2", "store 99 is not among", "drop items or add"):
        assert words in said
    assert set(result.tables["stores"]["store_id"]) == {0, 2, 3}
    with pytest.raises(LstError, match="store 1: one facing of each item needs"):
        result.explain(1)
    assert len(result.explain(0))


def test_tables_without_columns_or_stores_are_refused_whole():
    shelves, goods, sales = drawn(2, stores=1)
    with pytest.raises(InputError, match="shelves lacks shelf_cm.*sales lacks quantity_week"):
        allocate_facings(
            shelves.drop(columns="shelf_cm"), goods, sales.drop(columns="quantity_week"), ELASTICITY, DELIVERIES
        )
    with pytest.raises(InputError, match="no store can be arranged"):
        allocate_facings(shelves.assign(shelf_cm=1.0), goods, sales, ELASTICITY, DELIVERIES)
