import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.demand import TreeParams, backtest_tree, forecast_tree

WEEKS = pd.date_range("2016-01-04", periods=112, freq="W-MON")


def market(stores=120, places=12, seed=0, common=0.12):
    """Stores in places in two cities; every week has luck that all share, luck of the place and of the store."""
    rng = np.random.default_rng(seed)
    place = np.arange(stores) % places
    shared = rng.normal(0, common, len(WEEKS)) + rng.normal(0, common / 2, (places, len(WEEKS)))[place]
    season = 1 + 0.25 * np.cos(2 * np.pi * np.arange(len(WEEKS)) / 52)
    level = rng.lognormal(3, 0.5, stores)[:, None]
    sold = rng.poisson(level * season * np.exp(shared + rng.normal(0, 0.1, (stores, len(WEEKS)))))
    names = np.array([f"s{k}" for k in range(stores)])
    sales = pd.DataFrame(
        {"series_id": names.repeat(len(WEEKS)), "period": np.tile(WEEKS, stores), "quantity": sold.reshape(-1)}
    )
    tree = pd.DataFrame({"node_id": names, "parent_id": [f"p{k}" for k in place]})
    cities = pd.DataFrame(
        {"node_id": [f"p{k}" for k in range(places)], "parent_id": [f"c{k % 2}" for k in range(places)]}
    )
    top = pd.DataFrame({"node_id": ["c0", "c1", "nation"], "parent_id": ["nation", "nation", None]})
    return sales, pd.concat([tree, cities, top], ignore_index=True)


@pytest.fixture(scope="module")
def found():
    sales, tree = market()
    return sales, tree, forecast_tree(sales, tree, horizon=6)


def test_means_add_up_at_every_node(found):
    _, tree, told = found
    wide = told.pivot(index="node_id", columns="period", values="mean")
    for parent, children in tree.dropna().groupby("parent_id")["node_id"]:
        assert np.allclose(wide.loc[children].sum(), wide.loc[parent], rtol=1e-9), parent


def test_intervals_are_in_order_and_those_of_sums_are_narrower_than_sums_of_intervals(found):
    _, tree, told = found
    assert (told["lo_95"] <= told["lo_80"]).all() and (told["hi_80"] <= told["hi_95"]).all()
    assert (told["lo_80"] <= told["mean"]).mean() > 0.99 and (told["mean"] <= told["hi_80"]).mean() > 0.99
    width = told.assign(width=told["hi_80"] - told["lo_80"]).groupby("node_id")["width"].mean()
    stores = [node for node in width.index if node.startswith("s")]
    assert width["nation"] < 0.8 * width[stores].sum(), "luck of single stores evens out"
    alone = np.sqrt((width[stores] ** 2).sum())
    assert width["nation"] > 2 * alone, "luck that all share does not"


def test_intervals_hold_at_every_level():
    held = []
    for seed in range(4):
        held.append(backtest_tree(*market(seed=seed), horizon=6, params=TreeParams(draws=100)))
    table = pd.concat(held).groupby("depth")[["interval_coverage_80", "wape", "wape_base", "bias"]].mean()
    assert table.loc[[2, 3], "interval_coverage_80"].between(0.68, 0.93).all()
    assert table.loc[[0, 1], "interval_coverage_80"].between(0.5, 1.0).all(), "few points of few nodes"
    assert (table["wape"] < 1.1 * table["wape_base"]).all(), "adding up costs no accuracy"
    assert table["bias"].abs().max() < 0.06
    assert table["wape"].is_monotonic_increasing, "the nation is easier than a store"


def test_the_answer_is_the_same_again_and_with_rows_shuffled(found):
    sales, tree, told = found
    again = forecast_tree(sales, tree, horizon=6)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(told))


def test_leaves_without_sales_are_left_out_and_unknown_weeks_are_no_zeros():
    sales, tree = market(stores=24, places=4)
    more = pd.concat([tree, pd.DataFrame({"node_id": ["s999"], "parent_id": ["p0"]})], ignore_index=True)
    told = forecast_tree(sales, more, horizon=2)
    assert "s999" not in set(told["node_id"])
    holes = sales.assign(in_stock=np.random.default_rng(1).random(len(sales)) > 0.2)
    nation = [
        t.set_index("node_id").loc["nation", "mean"].mean() for t in (told, forecast_tree(holes, tree, horizon=2))
    ]
    assert nation[1] == pytest.approx(nation[0], rel=0.08)


def test_faults_are_named():
    sales, tree = market(stores=24, places=4)
    with pytest.raises(InputError, match="s1 is not in the tree"):
        forecast_tree(sales, tree[tree["node_id"] != "s1"], horizon=2)
    with pytest.raises(InputError, match="parent_id is missing"):
        forecast_tree(sales, tree[["node_id"]], horizon=2)
    with pytest.raises(InputError, match="only leaves sell"):
        forecast_tree(sales.replace({"series_id": {"s1": "p0"}}), tree, horizon=2)
    with pytest.raises(InputError, match="too few"):
        backtest_tree(sales, tree, horizon=60)
