"""Order proposals: expectation by hand, HiGHS on random stores, invariants, and tables with faults."""

import numpy as np
import pandas as pd
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, norm, poisson

from lst_workbench.contracts import InputError, LstError
from lst_workbench.inventory import OrderParams, newsvendor_poisson, propose_orders
from lst_workbench.inventory._kernels import cumulative
from lst_workbench.optim import solve_with_highs
from tests.inventory.shops import tables


def drawn(seed, stores=10, items=8, floor=(0, 400), cash=(100, 900)):
    rng = np.random.default_rng(seed)
    goods = pd.DataFrame({
        "sku": [f"sku-{k}" for k in range(items)], 
        "case_pack": rng.choice([1, 6, 12, 24], items, p=[0.1, 0.4, 0.3, 0.2]),
        "cost_rmb": np.round(np.exp(rng.normal(1.3, 0.6, items)), 2),
        "shelf_life_days": rng.choice([np.nan, 5.0, 20.0, 90.0], items),
    })  # fmt: skip
    goods["margin_rmb"] = goods["cost_rmb"] * rng.uniform(0.1, 0.4, items)
    goods["holding_rmb_day"] = goods["cost_rmb"] * 0.002
    shops = pd.DataFrame({
        "store_id": np.arange(stores) + 1, "cover_days": rng.choice([3, 7, 14], stores),
        "min_order_rmb": rng.uniform(*floor, stores), "cash_rmb": rng.uniform(*cash, stores),
    })  # fmt: skip
    pairs = pd.MultiIndex.from_product([shops["store_id"], goods["sku"]], names=["store_id", "sku"]).to_frame(
        index=False
    )
    mean = rng.gamma(0.6, 2.0, len(pairs))
    stock = pairs.assign(on_hand=rng.poisson(3 * mean), on_order=rng.poisson(1.0, len(pairs)))
    forecasts = pairs.assign(mean_units_day=mean, sd_units_day=np.sqrt(mean) * rng.choice([1.0, 1.5], len(pairs)))
    return stock, forecasts, goods, shops


def distribution(mean, variance):
    if variance > mean * (1 + 1e-9):
        return nbinom(mean**2 / (variance - mean), mean / variance)
    return poisson(mean)


def worth(row, cover, cases):
    """Worth of each of the first `cases` cases of a line, from scipy's distributions."""
    demand = distribution(row.mean_units_day * cover, row.sd_units_day**2 * cover)
    found = []
    for k in range(cases):
        y = int(row.on_hand + row.on_order) + k * row.case_pack + np.arange(row.case_pack)
        sold, spoiled = demand.sf(y), np.zeros(len(y))
        if np.isfinite(row.shelf_life_days):
            life = distribution(row.mean_units_day * row.shelf_life_days, row.sd_units_day**2 * row.shelf_life_days)
            spoiled = life.cdf(y)
            sold = life.sf(y) if row.shelf_life_days < cover else sold
        gain = row.margin_rmb * sold - row.holding_rmb_day * cover * demand.cdf(y) - row.cost_rmb * spoiled
        found.append(float(gain.sum()))
    return found


def milp(store, lines, cases=12):
    """Best order of one store by HiGHS, with 0 for ordering nothing."""
    model = pulp.LpProblem("order", pulp.LpMaximize)
    gain, spend = [], []
    for i, row in enumerate(lines.itertuples()):
        taken = [model.add_variable(f"x{i}_{k}", 0, 1, cat="Integer") for k in range(cases)]
        gain += [w * x for w, x in zip(worth(row, store.cover_days, cases), taken, strict=True)]
        spend += [float(row.case_pack * row.cost_rmb) * x for x in taken]
    model += pulp.lpSum(gain)
    model += pulp.lpSum(spend) <= float(store.cash_rmb)
    model += pulp.lpSum(spend) >= float(store.min_order_rmb)
    certificate = solve_with_highs(model, gap=1e-9)
    return max(0.0, certificate.value)


@pytest.mark.parametrize(("mean", "variance"), [(4.0, 4.0), (4.0, 11.0), (0.3, 0.9), (120.0, 120.0), (60.0, 600.0)])
def test_cumulative_probabilities_are_those_of_scipy(mean, variance):
    out = np.empty(200)
    cumulative(mean, variance, 200, out)
    np.testing.assert_allclose(out, distribution(mean, variance).cdf(np.arange(200)), atol=1e-12)


def test_large_demand_is_taken_as_normal():
    out = np.empty(3000)
    cumulative(2000.0, 2000.0, 3000, out)
    np.testing.assert_allclose(out, norm.cdf(np.arange(3000) + 0.5, 2000, np.sqrt(2000)), atol=1e-12)
    np.testing.assert_allclose(out, poisson(2000).cdf(np.arange(3000)), atol=5e-3)


def test_one_item_in_single_units_is_a_newsvendor():
    for mean in (2.0, 6.0, 15.0):
        goods = pd.DataFrame({"sku": ["a"], "case_pack": 1, "cost_rmb": 1.0, "margin_rmb": 4.0, "holding_rmb_day": 1.0})
        order = propose_orders(
            pd.DataFrame({"store_id": [1], "sku": ["a"], "on_hand": [0]}),
            pd.DataFrame({"store_id": [1], "sku": ["a"], "mean_units_day": [mean]}),
            goods, pd.DataFrame({"store_id": [1], "cover_days": [1]}), OrderParams(most_cases=60),
        ).tables["orders"]  # fmt: skip
        assert order["units"].tolist() == [newsvendor_poisson(1, 4, mean).base_stock]


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_highs_on_random_stores(seed):
    stock, forecasts, goods, shops = drawn(seed, stores=12)
    solved = propose_orders(stock, forecasts, goods, shops).tables["stores"].set_index("store_id")
    lines = stock.merge(forecasts).merge(goods)
    for store in shops.itertuples():
        wanted = milp(store, lines[lines["store_id"] == store.store_id])
        assert solved.loc[store.store_id, "value_rmb"] == pytest.approx(wanted, abs=1e-5), store
    assert (solved["gap_share"] <= 1e-6).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100_000))
def test_orders_are_whole_cases_within_minimum_and_cash(seed):
    stock, forecasts, goods, shops = drawn(seed, stores=30, items=15)
    result = propose_orders(stock, forecasts, goods, shops)
    orders = result.tables["orders"].merge(goods[["sku", "case_pack", "cost_rmb"]], on="sku", suffixes=("", "_unit"))
    assert (orders["units"] == orders["cases"] * orders["case_pack"]).all() and (orders["cases"] > 0).all()
    solved = result.tables["stores"].merge(shops, on="store_id")
    spend = (orders["units"] * orders["cost_rmb_unit"]).groupby(orders["store_id"]).sum()
    np.testing.assert_allclose(solved.set_index("store_id")["spend_rmb"].reindex(spend.index), spend)
    ordering = solved["spend_rmb"] > 0
    assert (solved["spend_rmb"] <= solved["cash_rmb"] + 1e-6).all()
    assert (solved["spend_rmb"] >= solved["min_order_rmb"] - 1e-6)[ordering].all()
    assert (solved["value_rmb"] >= 0).all() and (solved["bound_rmb"] >= solved["value_rmb"] - 1e-9).all()
    assert (solved["gap_share"] <= 5e-3).all()
    assert (solved["reason"].str.len() > 0).eq(~ordering).all()


def test_a_minimum_that_only_idle_cases_reach_is_bounded_as_closely():
    stock, forecasts, goods, shops = drawn(3, stores=300, items=10, floor=(250, 350), cash=(350, 900))
    slow = forecasts.assign(mean_units_day=forecasts["mean_units_day"] / 4, sd_units_day=forecasts["sd_units_day"] / 4)
    solved = propose_orders(stock, slow, goods, shops).tables["stores"]
    assert ((solved["minimum_price"] > 0) & (solved["spend_rmb"] > 0)).sum() > 20
    assert (solved["gap_share"] <= 5e-3).all()


def test_more_cash_never_hurts_and_a_higher_minimum_never_helps():
    stock, forecasts, goods, shops = drawn(7, stores=40)

    def value(**change):
        return propose_orders(stock, forecasts, goods, shops.assign(**change)).tables["stores"]["value_rmb"]

    before = value()
    assert (value(cash_rmb=shops["cash_rmb"] + 100) >= before - 1e-7).all()
    assert (value(credit_rmb=100.0) == value(cash_rmb=shops["cash_rmb"] + 100)).all()
    assert (value(min_order_rmb=shops["min_order_rmb"] + 100) <= before + 1e-7).all()


def test_short_life_cuts_the_order():
    stock, forecasts, goods, shops = drawn(9, stores=20, floor=(0, 1), cash=(5000, 5001))
    keeps = propose_orders(stock, forecasts, goods.assign(shelf_life_days=np.nan), shops).kpis()["spend_rmb"]
    month = propose_orders(stock, forecasts, goods.assign(shelf_life_days=30.0), shops).kpis()["spend_rmb"]
    days = propose_orders(stock, forecasts, goods.assign(shelf_life_days=4.0), shops).kpis()["spend_rmb"]
    assert keeps >= month > days


def test_rows_in_any_order_give_the_same_orders():
    stock, forecasts, goods, shops = drawn(11)
    one = propose_orders(stock, forecasts, goods, shops)
    mixed = propose_orders(stock.sample(frac=1, random_state=1), forecasts.sample(frac=1, random_state=2), goods, shops)
    pd.testing.assert_frame_equal(one.tables["orders"], mixed.tables["orders"])


def test_reasons_say_why_nothing_is_ordered():
    stock, forecasts, goods, shops = drawn(3, stores=4)
    shops["min_order_rmb"] = [500.0, 1e7, 0.0, 3000.0]
    shops["cash_rmb"] = [200.0, 1e9, 1e9, 1e9]
    stock.loc[stock["store_id"].isin([3, 4]), "on_hand"] = 10_000
    result = propose_orders(stock, forecasts, goods, shops)
    said = result.tables["stores"]["reason"].tolist()
    assert "RMB 200 to spend, below the minimum order of RMB 500" in said[0]
    assert "cannot reach the minimum order" in said[1]
    assert "has enough of everything" in said[2]
    assert "waits" in said[3]
    with pytest.raises(LstError, match="enough of everything"):
        result.explain(3)


def test_faults_are_named_and_the_rest_is_served():
    stock, forecasts, goods, shops = drawn(5, stores=6)
    clean = propose_orders(stock, forecasts, goods, shops)
    stock.loc[0, "on_hand"] = -4
    forecasts.loc[9, "mean_units_day"] = np.nan
    forecasts = forecasts.drop(index=17)
    shops.loc[shops["store_id"] == 5, "cover_days"] = 0
    extra = pd.DataFrame({
        "sku": ["stale", "free", "odd"], "case_pack": [6, 6, 1.5], "cost_rmb": [1.0, np.nan, 1.0], "margin_rmb": 0.2,
        "holding_rmb_day": 0.01, "shelf_life_days": [0.0, 9.0, 9.0],
    })  # fmt: skip
    strange = pd.DataFrame({"store_id": [2], "sku": ["unheard"], "on_hand": [1], "on_order": [0]})
    result = propose_orders(pd.concat([stock, strange]), forecasts, pd.concat([goods, extra]), shops)
    said = " | ".join(result.tables["refused"]["reason"])
    assert "store 1, item sku-0 has a negative or empty stock of -4; count it" in said
    assert "store 2, item sku-1 has mean_units_day nan" in said
    assert "store 3, item sku-1 has stock but no sound forecast" in said
    assert "store 5 has cover_days 0" in said
    assert "item stale has shelf_life_days 0.0: it is expired" in said
    assert "item free has no price" in said and "item odd has case_pack 1.5" in said
    assert "store 2, item unheard: the item is not among the sound items" in said
    untouched = [4, 6]
    for name in ("orders", "stores"):
        one, two = (
            t.tables[name][t.tables[name]["store_id"].isin(untouched)].reset_index(drop=True) for t in (clean, result)
        )
        pd.testing.assert_frame_equal(one, two)
    with pytest.raises(LstError, match="cover_days 0"):
        result.explain(5)


def test_missing_columns_are_all_named():
    stock, forecasts, goods, shops = drawn(1)
    with pytest.raises(InputError, match="forecasts lacks mean_units_day.*items lacks holding_rmb_day"):
        propose_orders(stock, forecasts.drop(columns="mean_units_day"), goods.drop(columns="holding_rmb_day"), shops)
    with pytest.raises(InputError, match="no line can be ordered"):
        propose_orders(stock.assign(on_hand=-1), forecasts, goods, shops)


def test_forecasts_of_stores_that_are_not_in_the_tables_are_listed_once():
    known = tables(stores=2)
    strange = pd.DataFrame({"store_id": [99], "sku": ["i0"], "mean_units_day": [1.0]})
    both = known | {"forecasts": pd.concat([known["forecasts"], strange])}
    both["stock"] = pd.concat([known["stock"], strange.assign(on_hand=1)])
    refused = propose_orders(**both).tables["refused"]
    assert refused["reason"].tolist() == ["store 99, item i0: the store is not among the sound stores"]
    only = known | {"forecasts": both["forecasts"]}
    pd.testing.assert_frame_equal(propose_orders(**only).tables["refused"], refused)
