"""The month table and the account of an order, against sums done by hand and a slow twin."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.rollout.curve import monthly_survival, plan_curve
from lst_workbench.rollout.economics import OrderCosts, order_economics

MONTHS = pd.date_range("2017-09-01", periods=12, freq="MS")
TEXTBOOK = OrderCosts(765, 0.035, 0.018, 0.45, 280.0, 9000.0, 12.0, 25.0)


def account(costs, rural_share=0.0):
    return order_economics(costs, rural_share).set_index("item")["value"]


def test_curve_follows_each_store_by_itself():
    """A slow twin: every store lives on its own, month by month."""
    rng = np.random.default_rng(7)
    waves = pd.DataFrame({"store_id": np.arange(100, 160), "month": MONTHS[rng.integers(0, 12, 60)]})
    gmv = pd.Series(rng.lognormal(8, 1, 160), index=np.arange(160))
    curve = plan_curve(
        waves, MONTHS, pd.Series(np.arange(40)), gmv, survival=0.99, active_share=0.45, contribution_share=-0.02
    )
    for m, month in enumerate(MONTHS):
        lives = {store: 0.99 ** (m + 1) for store in range(40)}
        lives |= {r.store_id: 0.99 ** (m - MONTHS.get_loc(r.month)) for r in waves.itertuples() if r.month <= month}
        row = curve.iloc[m]
        assert row["in_system"] == pytest.approx(sum(lives.values()))
        assert row["active"] == pytest.approx(0.45 * sum(lives.values()))
        assert row["gmv_rmb"] == pytest.approx(0.45 * sum(gmv[store] * alive for store, alive in lives.items()))
        assert row["contribution_rmb"] == pytest.approx(-0.02 * row["gmv_rmb"])


def test_a_plan_that_signs_nobody_shrinks_by_the_closures_of_a_year():
    waves = pd.DataFrame({"store_id": pd.Series(dtype="int64"), "month": pd.Series(dtype="datetime64[us]")})
    curve = plan_curve(
        waves,
        MONTHS,
        pd.Series([1, 2]),
        pd.Series(1.0, index=[1, 2]),
        survival=monthly_survival(0.12),
        active_share=1.0,
        contribution_share=0.0,
    )
    assert curve["in_system"].iloc[-1] == pytest.approx(2 * 0.88)


@pytest.mark.parametrize(("margin", "order"), [(0.035, 4000.0), (0.05, 667.0), (0.06, 429.0)])
def test_break_even_orders_of_the_field_notes(margin, order):
    """4,000 RMB at a margin of 3.5% in town, 667 at 5%, 429 at 6%."""
    costs = OrderCosts(765, margin, 0.018, 0.45, 280.0, 9000.0, 12.0, 25.0)
    assert account(costs)["break_even_order_rmb"] == pytest.approx(order, rel=0.001)


@pytest.mark.parametrize("rural_share", [0.0, 0.4, 1.0])
def test_each_remedy_alone_breaks_even(rural_share):
    of = account(TEXTBOOK, rural_share)
    assert of["contribution_rmb_order"] < 0

    def again(**changed):
        return account(OrderCosts(**{**TEXTBOOK.__dict__, **changed}), rural_share)["contribution_rmb_order"]

    assert again(margin_share=of["break_even_margin_share"]) == pytest.approx(0, abs=1e-9)
    assert again(order_rmb=of["break_even_order_rmb"]) == pytest.approx(0, abs=1e-9)
    drop = of["break_even_drop_rmb"]
    assert again(drop_urban_rmb=drop, drop_rural_rmb=drop) == pytest.approx(0, abs=1e-9)


def test_no_order_size_pays_where_handling_and_haul_eat_the_margin():
    far = OrderCosts(765, 0.035, 0.018, 0.45, 400.0, 9000.0, 12.0, 25.0)
    of = account(far)
    assert of["net_share"] < 0 and "break_even_order_rmb" not in of
    assert of["break_even_drop_rmb"] == 0
    assert account(OrderCosts(1e9, 0.035, 0.018, 0.45, 400.0, 9000.0, 12.0, 25.0))["contribution_rmb_order"] < 0
