"""Cohorts by their orders: a case by hand, the synthetic market's own settings found again, faults all at once."""

import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.contracts import InputError
from lst_workbench.market import read_market, read_orders
from lst_workbench.market.synthetic.orders import OrderDrawing, draw_orders
from lst_workbench.rollout import order_cohorts, retention, watched

TODAY = "2017-09-01"


@pytest.fixture(scope="module")
def sample():
    market = read_market(data_folder() / "sample")
    return market, read_orders(market)


def by_hand():
    joined = pd.DataFrame(
        {"store_id": [1, 2, 3], "joined_month": pd.to_datetime(["2017-05-01", "2017-05-01", "2017-06-01"])}
    )
    days = pd.to_datetime(["2017-05-11", "2017-05-21", "2017-08-20", "2017-06-02"])
    orders = pd.DataFrame(
        {"store_id": [1, 1, 1, 3], "ordered": days, "order_rmb": [100.0, 200.0, 300.0, 50.0], "lines": 3}
    )
    return joined, orders


def test_two_cohorts_by_hand():
    table = order_cohorts(*by_hand(), TODAY, pd.Series({1: 3040.0, 2: 3040.0, 3: 3040.0})).set_index("cohort")
    may, june = table.loc["2017-05-01"], table.loc["2017-06-01"]
    assert may["stores"] == 2 and may["first_order_share"] == may["repeat_share"] == may["ordering_share"] == 0.5
    assert may["days_to_first"] == 10 and may["cycle_days"] == (10 + 91) / 2 and may["order_rmb"] == 200
    assert may["wallet_share"] == pytest.approx(300 / 3000), "only who ordered lately counts"
    assert june["repeat_share"] == june["ordering_share"] == 0 and pd.isna(june["wallet_share"])
    stays = watched(*by_hand(), TODAY).set_index("store_id")
    assert stays["stopped"].to_dict() == {1: False, 3: True} and stays["months"].to_dict() == {1: 3, 3: 0}


def test_the_synthetic_orders_agree_with_who_is_active(sample):
    market, orders = sample
    last = orders.groupby("store_id")["ordered"].max()
    lately = set(last.index[last >= pd.Timestamp(TODAY) - pd.Timedelta(days=30)])
    people = market.participants
    assert lately == set(people.loc[people["active"], "store_id"])
    table = order_cohorts(people, orders, TODAY)
    assert table["stores"].sum() == len(people)
    assert (table["ordering_share"] * table["stores"]).sum() == pytest.approx(people["active"].sum())
    assert table["cycle_days"].median() == pytest.approx(OrderDrawing().cycle_days, rel=0.15)


def test_the_wallet_opens_to_what_orders_are_drawn_with():
    stores, drawing = range(1, 4001), OrderDrawing()
    months = pd.to_datetime(["2016-10-01", "2017-07-01"])
    joined = pd.DataFrame({"store_id": stores, "joined_month": months.repeat(2000), "active": True})
    sells = pd.Series(26_000.0, stores)
    table = order_cohorts(joined, draw_orders(joined, sells, 1, 7, TODAY), TODAY, sells * drawing.cost_share)
    old, new = table["wallet_share"]
    assert old == pytest.approx(drawing.wallet_share, rel=0.05)
    assert drawing.opens_at * old < new < 0.75 * old
    assert table["cycle_days"].iloc[0] == pytest.approx(drawing.cycle_days, rel=0.05)


def test_retention_takes_what_is_watched(sample):
    market, orders = sample
    kept = retention(watched(market.participants, orders, TODAY), cohort=None)
    assert kept["retained_share"].is_monotonic_decreasing and kept["at_risk"].max() <= orders["store_id"].nunique()


def test_orders_that_cannot_be_are_refused_at_once():
    joined, orders = by_hand()
    orders.loc[0, "store_id"], orders.loc[1, "ordered"] = 9, pd.Timestamp("2017-04-30")
    orders.loc[3, "ordered"] = pd.Timestamp("2018-01-01")
    with pytest.raises(InputError) as told:
        order_cohorts(joined, orders, TODAY)
    assert len(told.value.faults) == 3 and "did not join" in str(told.value)
