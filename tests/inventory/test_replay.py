"""The replay: a slow twin of a line's life, balances that must hold, and the curve of procurement cycles."""

from math import ceil

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.inventory import Policy, procurement_cycle, replay_policies


def shops(stores=4, items=5, days=90, seed=1, life=True):
    rng = np.random.default_rng(seed)
    lines = pd.MultiIndex.from_product(
        [range(1, stores + 1), [f"i{k}" for k in range(items)]], names=["store_id", "sku"]
    )
    sales = lines.to_frame(index=False).merge(pd.DataFrame({"day": range(days)}), how="cross")
    rate = np.repeat(rng.gamma(2, 1.0, len(lines)), days)
    sales["units"] = rng.poisson(rate)
    goods = pd.DataFrame({
        "sku": [f"i{k}" for k in range(items)], "case_pack": rng.choice([4, 6, 12], items), "holding_rmb_day": 0.004,
        "cost_rmb": rng.uniform(1, 5, items).round(2), "margin_rmb": rng.uniform(0.5, 2, items).round(2),
        "shelf_life_days": rng.choice([np.nan, 9.0, 30.0], items) if life else np.nan,
    })  # fmt: skip
    about = pd.DataFrame({"store_id": range(1, stores + 1), "lead_days": 2, "delivery_rmb": 12.0})
    return sales, goods, about.assign(region=np.where(about["store_id"] % 2, "odd", "even"))


def twin(units, good, lead, cycle, z, warm):
    """Live through one line under the up-to policy, day by day, with a list of lots; (sold, lost, wasted, ordered)."""
    mean = [np.mean(units[max(0, d - warm) : d]) if d else 0.0 for d in range(len(units))]
    early = np.array(units[:warm], float)
    spread = max(1.0, early.var() / early.mean())
    keeps = np.isnan(good.shelf_life_days)
    expires = lambda day: np.inf if keeps else day + good.shelf_life_days  # noqa: E731
    lots, coming = [[ceil(mean[warm] * (cycle + lead)), expires(warm)]], []
    sold = lost = wasted = ordered = 0
    for day in range(warm, len(units)):
        lots += [[cases, expires(day)] for due, cases in coming if due == day]
        coming = [(due, cases) for due, cases in coming if due > day]
        wasted += sum(lot[0] for lot in lots if lot[1] <= day)
        lots, wanted = [lot for lot in lots if lot[1] > day], units[day]
        for lot in lots:
            taken = min(lot[0], wanted)
            lot[0], wanted = lot[0] - taken, wanted - taken
        sold, lost = sold + units[day] - wanted, lost + wanted
        if (day - warm) % cycle == 0:
            have = sum(lot[0] for lot in lots) + sum(cases for _, cases in coming)
            expected = mean[day] * (cycle + lead)
            short = max(0.0, expected + z * np.sqrt(expected * spread) - have)
            if cases := ceil(short / good.case_pack):
                coming.append((day + lead, cases * good.case_pack))
                ordered += cases * good.case_pack
    return sold, lost, wasted, ordered


@pytest.mark.parametrize(("cycle", "z"), [(1, 0.0), (3, 1.0), (7, 2.0), (14, -1.0)])
def test_a_line_lives_as_its_twin_does(cycle, z):
    sales, goods, stores = shops()
    for store in (1, 3):
        for good in goods.itertuples():
            mine = sales[(sales["store_id"] == store) & (sales["sku"] == good.sku)]
            [row] = replay_policies(
                mine, goods, stores, [Policy("p", "up_to", cycle, z)], warm_days=28
            ).tables["stores"].to_dict("records")  # fmt: skip
            sold, lost, wasted, ordered = twin(mine["units"].tolist(), good, 2, cycle, z, 28)
            assert (row["sold_units"], row["lost_units"], row["wasted_units"]) == (sold, lost, wasted)
            assert row["spend_rmb"] == pytest.approx(ordered * good.cost_rmb)


@pytest.mark.parametrize("kind", ["up_to", "reorder", "worth"])
def test_demand_is_sold_or_lost_and_limits_of_an_order_hold(kind):
    sales, goods, stores = shops(life=False)
    stores = stores.assign(min_order_rmb=60.0, cash_rmb=150.0)
    [row] = (
        replay_policies(sales, goods, stores.assign(region="a"), [Policy("p", kind)])
        .tables["policies"]
        .to_dict("records")
    )
    assert row["sold_units"] + row["lost_units"] == sales.loc[sales["day"] >= 28, "units"].sum()
    assert row["wasted_units"] == 0
    each = replay_policies(sales, goods, stores, [Policy("p", kind)]).tables["stores"]
    assert (each["spend_rmb"] <= 150.0 * each["orders"] + 1e-6).all()
    assert (each["spend_rmb"] >= 60.0 * each["orders"] - 1e-6).all()
    assert each["orders"].between(1, 9).all()


def test_more_safety_loses_less_and_ties_up_more():
    tables = shops(life=False)
    policies = [Policy(f"z{z}", "up_to", 7, z) for z in (-1.0, 0.0, 1.0, 2.0, 3.0)]
    rows = replay_policies(*tables, policies).tables["policies"]
    assert rows["lost_units"].is_monotonic_decreasing
    assert rows["stock_rmb"].is_monotonic_increasing


def test_ordering_by_worth_beats_rules_of_thumb_where_goods_perish():
    tables = shops(stores=30, items=8, seed=3)
    rules = [Policy(f"z{z}", "up_to", 5, z) for z in (0.0, 1.0, 2.0)]
    rows = replay_policies(*tables, [Policy("worth", "worth", 5), *rules]).tables["policies"].set_index("policy")
    assert rows.loc["worth", "net_rmb_day"] >= rows["net_rmb_day"].max() - 1e-9


def test_days_out_of_stock_are_no_days_without_demand():
    sales, goods, stores = shops(stores=1, items=1, life=False)
    empty = sales["day"] % 3 == 0
    censored = sales.assign(units=np.where(empty, 0, sales["units"]), in_stock=~empty)
    naive = censored.drop(columns="in_stock")
    told, said, true = (
        replay_policies(table, goods, stores, [Policy("p", "up_to")]).tables["policies"].iloc[0]
        for table in (censored, naive, sales)
    )
    wanted = [row["sold_units"] + row["lost_units"] for row in (told, said, true)]
    assert abs(wanted[0] - wanted[2]) < 0.5 * abs(wanted[1] - wanted[2])


def test_the_cycle_curve_is_that_of_its_replays_and_dear_deliveries_lengthen_it():
    sales, goods, stores = shops(stores=6)
    result = procurement_cycle(sales, goods, stores, cycles=(1, 3, 7, 14))
    lived = result.tables["stores"]
    for row in result.tables["best"].itertuples():
        mine = lived[lived["store_id"] == row.store_id]
        assert row.net_rmb_day == mine["net_rmb_day"].max()
        assert row.gain_rmb_day >= 0 or row.cycle_days == 7
    assert result.tables["curve"]["cycle_days"].tolist() == [1, 3, 7, 14]
    assert set(result.tables["regions"]["region"]) == {"odd", "even"}
    cheap, dear = (
        procurement_cycle(sales, goods, stores.assign(delivery_rmb=fee), cycles=(1, 3, 7, 14)).tables["best"]
        for fee in (0.0, 200.0)
    )
    assert (cheap["cycle_days"].to_numpy() <= dear["cycle_days"].to_numpy()).all()
    assert cheap["cycle_days"].sum() < dear["cycle_days"].sum()


def test_faults_are_listed_and_the_rest_is_served():
    sales, goods, stores = shops(stores=2, items=3)
    goods.loc[0, "margin_rmb"] = np.nan
    sales.loc[sales["sku"].eq("i1") & sales["store_id"].eq(1) & sales["day"].eq(5), "units"] = -2
    sales = pd.concat([sales, pd.DataFrame({"store_id": [9], "sku": ["i1"], "day": [1], "units": [1]})])
    said = replay_policies(sales, goods, stores, [Policy("p")]).tables["refused"]["reason"].tolist()
    assert "store 1, item i1: units are empty or negative; give 0 or more" in said
    assert "store 9, item i1: the store is not in stores" in said
    assert "store 2, item i0: the item is not among the sound items (case_pack, cost_rmb, margin_rmb)" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"warm_days": 100}, "more than 100 days"),
        ({"policies": []}, "there is none"),
        ({"policies": [Policy("x", "odd")]}, "odd"),
    ],
)
def test_what_cannot_be_replayed_is_said(change, said):
    given = dict(zip(("sales", "items", "stores"), shops(), strict=True)) | {"policies": [Policy("p")]}
    with pytest.raises(InputError, match=said):
        replay_policies(**(given | change))


def test_a_replay_starts_from_the_stock_that_was_counted():
    sales = pd.DataFrame({"store_id": 1, "sku": np.repeat(["a", "b", "c"], 20), "day": [*range(20)] * 3, "units": 2})
    items = pd.DataFrame(
        {"sku": ["a", "b", "c"], "case_pack": 1, "cost_rmb": 1.0, "margin_rmb": 1.0, "holding_rmb_day": 0.1}
    )
    stores = pd.DataFrame({"store_id": [1], "lead_days": [50]})
    counted = pd.DataFrame({"store_id": 1, "sku": ["a", "b", "c"], "on_hand": [7, 0, -4], "on_order": [0, 4, 0]})
    result = replay_policies(sales, items, stores, [Policy("none", "up_to", 99)], stock=counted, warm_days=10)
    lived = result.tables["stores"].iloc[0]
    assert lived["sold_units"] == 7 + 4 + 20  # what is there, what comes the next day, and a cycle's stock for c
    assert lived["lost_units"] == 60 - 31
    assert result.tables["refused"]["reason"].str.contains("store 1, item c: its stock is empty, negative").all()
    with pytest.raises(InputError, match="lacks on_hand"):
        replay_policies(sales, items, stores, [Policy("none")], stock=counted.drop(columns="on_hand"), warm_days=10)
