"""Stock of warehouses: the normal base-stock level, pooling between its bounds, and the build-up week by week."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from lst_workbench.contracts import InputError
from lst_workbench.inventory import build_up, stock_warehouses


def network(fronts=4, seed=1):
    rng = np.random.default_rng(seed)
    names = [f"f{k}" for k in range(fronts)]
    lines = pd.MultiIndex.from_product([names, ["a", "b"]], names=["site_id", "sku"]).to_frame(index=False)
    demand = lines.assign(mean_units_day=rng.uniform(50, 200, len(lines)), sd_units_day=rng.uniform(10, 60, len(lines)))
    sites = pd.DataFrame({
        "site_id": [*names, "city", "region"], "tier": ["front"] * fronts + ["city", "regional"],
        "lead_days": [1] * fronts + [3, 7], "review_days": [1] * fronts + [2, 7],
        "supplier_id": ["city"] * fronts + ["region", None],
    })  # fmt: skip
    return demand, sites


def test_a_front_holds_the_normal_base_stock_and_upper_tiers_are_asked_for_the_sum():
    demand, sites = network()
    stock = stock_warehouses(demand, sites, cycle_service_level=0.97).stock.set_index(["site_id", "sku"])
    row = demand.iloc[0]
    wanted = norm.ppf(0.97, row["mean_units_day"] * 2, row["sd_units_day"] * np.sqrt(2))
    assert stock.loc[("f0", "a"), "base_stock"] == pytest.approx(wanted)
    for site in ("city", "region"):
        assert stock.loc[(site, "a"), "mean_units_day"] == pytest.approx(
            demand.loc[demand["sku"] == "a", "mean_units_day"].sum()
        )


def test_pooling_lies_between_independent_and_fully_dependent_stores():
    demand, sites = network()
    mine = demand[demand["sku"] == "a"]
    held = [
        stock_warehouses(demand, sites, cycle_service_level=0.95, store_correlation=c).stock.set_index(
            ["site_id", "sku"]
        )
        for c in (0.0, 0.3, 1.0)
    ]
    sd = [table.loc[("city", "a"), "sd_units_day"] for table in held]
    assert sd[0] == pytest.approx(np.sqrt((mine["sd_units_day"] ** 2).sum()))
    assert sd[2] == pytest.approx(mine["sd_units_day"].sum())
    assert sd[0] < sd[1] < sd[2]


@pytest.mark.parametrize("capacity", [np.inf, 1200.0, 910.0])
def test_the_build_up_is_least_and_covers_the_holiday_when_capacity_allows(capacity):
    stock = pd.DataFrame(
        {"site_id": ["c", "c"], "sku": ["a", "b"], "mean_units_day": [60.0, 30.0], "base_stock": [500.0, 200.0]}
    )
    weeks = pd.DataFrame({
        "week": range(8), "demand_factor": [1, 1, 1, 1.4, 1.8, 0.5, 0.5, 1],
        "supplied": [True] * 5 + [False, False, True],
    })  # fmt: skip
    plan = build_up(stock, weeks, capacity)
    arrive = plan.groupby("week")["arrive_units"].sum()
    assert (arrive <= capacity + 1e-9).all()
    assert (arrive[[5, 6]] == 0).all()
    for _, mine in plan.groupby("sku"):
        base = stock.set_index("sku").loc[mine["sku"].iloc[0], "base_stock"]
        level = base + (mine["arrive_units"] - mine["demand_units"]).cumsum()
        np.testing.assert_allclose(mine["stock_units"], level)
        assert mine["stock_units"].iloc[-1] == pytest.approx(base)
        assert (mine["stock_units"] >= base - 1e-9).all()
    if capacity == np.inf:
        assert plan.loc[plan["week"] < 4, "stock_units"].tolist() == [500.0] * 4 + [200.0] * 4


def test_too_little_capacity_shows_as_units_short():
    stock = pd.DataFrame({"site_id": ["c"], "sku": ["a"], "mean_units_day": [100.0], "base_stock": [300.0]})
    weeks = pd.DataFrame({"week": range(3), "demand_factor": 1.0, "supplied": [True, False, True]})
    plan = build_up(stock, weeks, 600.0)
    assert plan["arrive_units"].max() <= 600.0
    assert plan["short_units"].sum() == pytest.approx(600.0)
    assert plan["demand_units"].sum() - plan["arrive_units"].sum() - 300.0 == pytest.approx(plan["short_units"].sum())


def test_circles_faults_and_shares_out_of_bounds_are_said():
    demand, sites = network()
    circle = sites.assign(supplier_id=sites["supplier_id"].fillna("city"))
    with pytest.raises(InputError, match="in a circle"):
        stock_warehouses(demand, circle, cycle_service_level=0.9)
    with pytest.raises(InputError, match="cycle_service_level is 1.5"):
        stock_warehouses(demand, sites, cycle_service_level=1.5)
    strange = pd.DataFrame(
        {"site_id": ["x", "f0"], "sku": ["a", "z"], "mean_units_day": [1.0, -1.0], "sd_units_day": 1.0}
    )
    said = stock_warehouses(pd.concat([demand, strange]), sites, cycle_service_level=0.9).refused["reason"].tolist()
    assert said == [
        "site x, item a: the site is not in sites",
        "site f0, item z: mean or sd is empty or negative; give 0 or more",
    ]
