"""Best ranges: all subsets of tiny shelves, HiGHS on random stores, invariants, and tables with faults."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lst_workbench.assortment import AssortmentParams, audit_assortment, optimise_assortment
from lst_workbench.contracts import InputError, LstError


def drawn(seed, stores=20, items=12, must=2, shelf=(40, 90), count=None, cash=None):
    rng = np.random.default_rng(seed)
    goods = pd.DataFrame({
        "sku": np.arange(items) + 100, "width_cm": rng.integers(5, 26, items).astype(float),
        "margin_rmb": np.exp(rng.normal(0.9, 0.6, items)), "cost_rmb": np.exp(rng.normal(3, 0.5, items)),
    })  # fmt: skip
    shops = pd.DataFrame({"store_id": np.arange(stores) + 1, "shelf_cm": rng.integers(*shelf, stores).astype(float)})
    shops["outside_utility"] = rng.normal(0, 0.5, stores)
    if count:
        shops["max_items"] = rng.integers(*count, stores)
    if cash:
        shops["cash_rmb"] = rng.uniform(*cash, stores)
    pairs = pd.MultiIndex.from_product([shops["store_id"], goods["sku"]], names=["store_id", "sku"]).to_frame(
        index=False
    )
    pairs["utility"] = rng.normal(-1, 1.2, len(pairs))
    small = goods.nsmallest(4, "width_cm")["sku"].to_numpy()
    obliged = pd.DataFrame(
        {"store_id": np.repeat(shops["store_id"], must), "sku": np.resize(small[: max(must, 1)], stores * must)}
    )
    return shops, goods, pairs, obliged if must else None


def by_hand(shops, goods, pairs, obliged):
    """Best value of each store over all subsets."""
    best = {}
    for shop in shops.to_dict("records"):
        mine = pairs[pairs["store_id"] == shop["store_id"]].merge(goods, on="sku")
        must = set() if obliged is None else set(obliged.loc[obliged["store_id"] == shop["store_id"], "sku"])
        v, top = np.exp(mine["utility"].to_numpy()), -np.inf
        for size in range(min(len(mine), int(shop.get("max_items", len(mine)))) + 1):
            for subset in combinations(range(len(mine)), size):
                s = list(subset)
                taken = mine.iloc[s] if s else mine.iloc[:0]
                if taken["width_cm"].sum() > shop["shelf_cm"] or not must <= set(taken["sku"]):
                    continue
                if taken["cost_rmb"].sum() > shop.get("cash_rmb", np.inf):
                    continue
                ratio = (v[s] * mine["margin_rmb"].to_numpy()[s]).sum() / (np.exp(shop["outside_utility"]) + v[s].sum())
                top = max(top, ratio)
        best[shop["store_id"]] = top
    return pd.Series(best)


def assert_feasible(result, shops, goods, obliged):
    ranges = result.tables["ranges"].merge(goods, on="sku").merge(shops, on="store_id")
    for column, load in (("shelf_cm", "width_cm"), ("cash_rmb", "cost_rmb")):
        if column in shops:
            total = ranges.groupby("store_id").agg(used=(load, "sum"), limit=(column, "first"))
            assert (total["used"] <= total["limit"] + 1e-9).all()
    if "max_items" in shops:
        assert (ranges.groupby("store_id").size() <= ranges.groupby("store_id")["max_items"].first()).all()
    if obliged is not None:
        served = obliged[obliged["store_id"].isin(result.tables["stores"]["store_id"])]
        carried = served.merge(result.tables["ranges"], on=["store_id", "sku"], how="left")
        assert carried["must_carry"].eq(True).all()


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"must": 0},
        {"count": (2, 5)},
        {"cash": (60, 140), "must": 1},
        {"count": (3, 6), "cash": (60, 140), "must": 1},
    ],
)
def test_equal_to_all_subsets(limits):
    case = drawn(5, stores=4, items=9, **limits)
    result = optimise_assortment(*case)
    solved = result.tables["stores"].set_index("store_id")
    wanted = by_hand(*case)
    np.testing.assert_allclose(solved["value_rmb_visit"], wanted[solved.index], rtol=1e-10)
    assert (solved["status"] == "optimal").all()
    assert_feasible(result, case[0], case[1], case[3])


def with_contracts(seed, stores=5, items=9, shelf=(60, 100), swaps=(0, 4)):
    """Two categories of three brands; some stores are bound to a brand, all to a minimum, and may swap little."""
    shops, goods, pairs, obliged = drawn(seed, stores=stores, items=items, must=1, shelf=shelf)
    rng = np.random.default_rng(seed)
    goods = goods.assign(category=np.arange(items) % 2, brand=(np.arange(items) // 2) % 3)
    shops["max_swaps"] = rng.integers(*swaps, stores)
    first = obliged["sku"].iloc[0]
    own = goods.set_index("sku").loc[first]
    bound = pd.DataFrame({"store_id": shops["store_id"][::2], "category": own["category"], "brand": own["brand"]})
    today = pairs[rng.random(len(pairs)) < 0.4][["store_id", "sku"]]
    least = pd.DataFrame({"category": [0, 1], "min_items": [2, 1]})
    return (shops, goods, pairs, obliged), {"current": today, "exclusive": bound, "minimums": least}


def contracts_by_hand(case, more):
    """Best value of each store over all subsets that keep contracts, minimums and swaps; -inf where there is none."""
    shops, goods, pairs, obliged = case
    best = {}
    for shop in shops.to_dict("records"):
        store = shop["store_id"]
        mine = pairs[pairs["store_id"] == store].merge(goods, on="sku")
        must, today = (set(table.loc[table["store_id"] == store, "sku"]) for table in (obliged, more["current"]))
        v, m, top = np.exp(mine["utility"].to_numpy()), mine["margin_rmb"].to_numpy(), -np.inf
        bound = more["exclusive"].query("store_id == @store")
        for taken in (np.flatnonzero(bits) for bits in np.ndindex(*[2] * len(mine))):
            here = mine.iloc[taken]
            sound = here["width_cm"].sum() <= shop["shelf_cm"] and must <= set(here["sku"])
            sound &= len(set(here["sku"]) - today) <= shop["max_swaps"]
            sound &= all((here["category"] == c).sum() >= least for c, least in more["minimums"].to_numpy())
            for contract in bound.itertuples():
                sound &= set(here.loc[here["category"] == contract.category, "brand"]) <= {contract.brand}
            if sound:
                top = max(top, (v[taken] * m[taken]).sum() / (np.exp(shop["outside_utility"]) + v[taken].sum()))
        best[store] = top
    return pd.Series(best)


@pytest.mark.parametrize("seed", range(3))
def test_exclusive_contracts_minimums_and_swaps_equal_all_subsets(seed):
    case, more = with_contracts(seed)
    wanted = contracts_by_hand(case, more)
    result = optimise_assortment(*case, **more)
    solved = result.tables["stores"].set_index("store_id")
    np.testing.assert_allclose(solved["value_rmb_visit"], wanted[solved.index], rtol=1e-10)
    assert (solved["status"] == "optimal").all() and len(solved) > 0
    lost = wanted.index.difference(solved.index)
    assert np.isneginf(wanted[lost]).all()
    assert set(lost) <= set(result.tables["refused"]["store_id"])
    beside = solved.filter(regex="(ranked|national)_rmb_visit")
    assert (beside.le(solved["value_rmb_visit"] + 1e-9, axis=0)).all().all()


def test_stores_with_contracts_equal_highs():
    case, more = with_contracts(7, stores=30, items=16, shelf=(90, 160), swaps=(2, 6))
    result = optimise_assortment(*case, **more, params=AssortmentParams(baselines=False, contract_costs=False))
    audit = audit_assortment(result, *case, **more, sample=30)
    assert len(audit) >= 20 and audit["agrees"].all(), audit[~audit["agrees"]]


def test_contracts_that_cannot_be_kept_are_named():
    (shops, goods, pairs, obliged), more = with_contracts(1)
    rival = goods.loc[goods["sku"] == obliged["sku"].iloc[0]].iloc[0]
    torn = more["exclusive"].assign(brand=(rival["brand"] + 1) % 3)
    many = pd.DataFrame({"category": [1, "tea"], "min_items": [1, 2], "store_id": [2, 2]})
    refused = optimise_assortment(
        shops, goods, pairs, obliged, more["current"], exclusive=torn, minimums=many
    ).tables["refused"]["reason"]  # fmt: skip
    assert refused.str.contains("store 1: must-carry item .* is kept off its shelf by an exclusive contract").any()
    assert refused.str.contains("the minimum of 2 items of category tea is left out").any()
    with pytest.raises(InputError, match="give current, today's range"):
        optimise_assortment(shops, goods, pairs, obliged)


def test_equal_to_highs_on_two_hundred_random_stores():
    agreed = 0
    for seed, limits in enumerate([{}, {"count": (4, 7)}, {"must": 0, "count": (3, 8)}, {"cash": (80, 160)}]):
        case = drawn(seed, stores=50, items=16, **limits)
        result = optimise_assortment(*case, params=AssortmentParams(baselines=False, contract_costs=False))
        audit = audit_assortment(result, *case, sample=50)
        assert audit["agrees"].all(), audit[~audit["agrees"]]
        agreed += len(audit)
    assert agreed >= 195


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000))
def test_ranges_are_feasible_bounded_and_beat_every_baseline(seed):
    shops, goods, pairs, obliged = drawn(seed, stores=15, items=40, shelf=(80, 200), count=(5, 12))
    shops["cluster"] = shops["store_id"] % 3
    result = optimise_assortment(shops, goods, pairs, obliged, current=obliged)
    solved = result.tables["stores"]
    assert_feasible(result, shops, goods, obliged)
    assert (solved["bound_rmb_visit"] >= solved["value_rmb_visit"] - 1e-12).all()
    assert (solved["gap_share"] <= 1e-9).all()
    for name in ("ranked", "national", "cluster", "today"):
        assert (solved[f"{name}_rmb_visit"] <= solved["value_rmb_visit"] + 1e-9).all(), name
    assert (solved["must_carry_cost_rmb_visit"] >= -1e-9).all()
    assert (result.tables["must_carry"]["cost_rmb_visit"] >= -1e-9).all()
    assert result.certificate.gap <= 1e-9


def test_more_room_never_hurts_and_the_price_bounds_the_gain():
    shops, goods, pairs, _ = drawn(3, stores=30, items=40, must=0)
    before = optimise_assortment(shops, goods, pairs).tables["stores"]
    wider = optimise_assortment(shops.assign(shelf_cm=shops["shelf_cm"] + 10), goods, pairs).tables["stores"]
    gain = wider["value_rmb_visit"] - before["value_rmb_visit"]
    assert (gain >= -1e-12).all() and gain.sum() > 0
    assert (before["shelf_price_rmb_cm"] > 0).any()


def test_one_store_alone_and_in_a_crowd_gets_the_same_range():
    shops, goods, pairs, obliged = drawn(8, stores=40)
    crowd = optimise_assortment(shops, goods, pairs, obliged, params=AssortmentParams(block_stores=7))
    alone = optimise_assortment(shops[shops["store_id"] == 23], goods, pairs, obliged)
    pd.testing.assert_frame_equal(crowd.explain(23), alone.explain(23))


def test_segments_stand_for_their_stores():
    shops, goods, pairs, obliged = drawn(2, stores=6)
    one = pairs[pairs["store_id"] == 1].rename(columns={"store_id": "segment"})
    each = pd.concat([one.drop(columns="segment").assign(store_id=s) for s in shops["store_id"]])
    by_segment = optimise_assortment(shops.assign(segment=1), goods, one, obliged)
    by_store = optimise_assortment(shops, goods, each, obliged)
    pd.testing.assert_frame_equal(by_segment.tables["ranges"], by_store.tables["ranges"])


def test_one_by_one_ranking_ignores_that_buyers_switch():
    shops = pd.DataFrame({"store_id": [1], "shelf_cm": [30.0]})
    goods = pd.DataFrame({"sku": ["rich", "plain", "cheap"], "width_cm": 10.0, "margin_rmb": [5.0, 4.0, 0.5]})
    pairs = pd.DataFrame({"store_id": 1, "sku": ["rich", "plain", "cheap"], "utility": [1.0, 1.0, 4.0]})
    result = optimise_assortment(shops, goods, pairs)
    assert result.tables["ranges"]["sku"].tolist() == ["rich", "plain"]
    assert result.tables["stores"]["ranked_rmb_visit"][0] < result.tables["stores"]["value_rmb_visit"][0]


def test_faults_are_named_and_the_rest_is_served():
    shops, goods, pairs, obliged = drawn(4, stores=8, must=1)
    shops["shelf_cm"] = shops["shelf_cm"].where(shops["store_id"] != 2, 0.0)
    shops.loc[len(shops)] = {"store_id": 99, "shelf_cm": 50.0, "outside_utility": 0.0}
    goods.loc[goods["sku"] == 101, "width_cm"] = 0.0
    goods.loc[goods["sku"] == 102, "margin_rmb"] = np.nan
    wide = pd.DataFrame({"store_id": 3, "sku": goods["sku"]})
    strange = pd.DataFrame({"store_id": [5], "sku": [777]})
    result = optimise_assortment(shops, goods, pairs, pd.concat([obliged, wide, strange]))
    said = " | ".join(result.tables["refused"]["reason"])
    assert "store 2 has shelf_cm 0.0" in said
    assert "store 99 has no utility" in said
    assert "item 101 has width_cm 0.0" in said and "item 102 has no price" in said
    assert "store 3: must-carry items" in said and "more than its shelf_cm" in said
    assert "store 5: must-carry item 777 is not among" in said
    assert sorted(result.tables["stores"]["store_id"]) == [1, 4, 5, 6, 7, 8]
    assert not result.tables["ranges"]["sku"].isin([101, 102]).any()
    with pytest.raises(LstError, match="store 2 has shelf_cm"):
        result.explain(2)


def test_an_unsold_obligation_takes_its_place():
    shops, goods, pairs, _ = drawn(6, stores=3, must=0)
    gone = pairs[~((pairs["store_id"] == 1) & (pairs["sku"] == 100))]
    result = optimise_assortment(shops, goods, gone, pd.DataFrame({"store_id": [1], "sku": [100]}))
    mine = result.explain(1).set_index("sku")
    assert mine.loc[100, "choice_probability"] == 0
    assert "sells nothing" in result.tables["refused"]["reason"].iloc[0]
    assert result.tables["must_carry"]["cost_rmb_visit"].iloc[0] >= 0


def test_missing_columns_are_all_named():
    shops, goods, pairs, _ = drawn(1)
    with pytest.raises(InputError, match="stores lacks shelf_cm.*items lacks margin_rmb"):
        optimise_assortment(shops.drop(columns="shelf_cm"), goods.drop(columns="margin_rmb"), pairs)
    with pytest.raises(InputError, match="no store can be served"):
        optimise_assortment(shops.assign(shelf_cm=-1.0), goods, pairs)


@pytest.mark.parametrize("seed", range(4))
def test_a_count_alone_gives_the_best_of_all_subsets_and_the_worth_of_one_more_place(seed):
    shops, goods, pairs, obliged = drawn(seed, stores=15, items=10, must=1, count=(1, 8))
    shops["shelf_cm"] = np.inf
    solved = optimise_assortment(shops, goods, pairs, obliged).tables["stores"].set_index("store_id")
    np.testing.assert_allclose(solved["value_rmb_visit"], by_hand(shops, goods, pairs, obliged), rtol=1e-12)
    wide = optimise_assortment(shops.assign(shelf_cm=1e6), goods, pairs, obliged).tables["stores"]
    np.testing.assert_array_equal(solved["items"], wide["items"])
    more = by_hand(shops.assign(max_items=shops["max_items"] + 1), goods, pairs, obliged)
    assert (more - solved["value_rmb_visit"] <= solved["place_price_rmb"] + 1e-12).all()
    assert (solved["place_price_rmb"] >= 0).all()


def test_rows_of_stores_and_items_that_are_not_in_the_tables_are_listed():
    shops, goods, pairs, obliged = drawn(1, stores=4)
    strange = pd.DataFrame({"store_id": [99, 99, 1], "sku": [100, 101, 777], "utility": 0.0})
    gone = pd.DataFrame({"store_id": [88], "sku": [100]})
    result = optimise_assortment(shops, goods, pd.concat([pairs, strange]), pd.concat([obliged, gone]))
    said = result.tables["refused"]["reason"].tolist()
    assert "store 99 is in 2 rows of utilities but not in stores; they are ignored" in said
    assert "item 777 is in 1 rows of utilities but not in items; they are ignored" in said
    assert "store 88 is in 1 rows of must_carry but not in stores; they are ignored" in said
    plain = optimise_assortment(shops, goods, pairs, obliged)
    pd.testing.assert_frame_equal(result.tables["stores"], plain.tables["stores"])
