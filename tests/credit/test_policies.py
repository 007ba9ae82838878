"""Policies at the same budgets, the frontier, groups that budgets cover, and tests by lot."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.credit import LimitParams, allocate_limits, compare_policies, design_limit_test, limit_frontier
from lst_workbench.optim import Status


def shops(n=3000, seed=1, spread=0.8):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "store_id": np.arange(n),
            "pd": 1 / (1 + np.exp(4 - spread * rng.normal(size=n))),
            "need_rmb": np.exp(np.log(8000) + spread * rng.normal(size=n)),
            "margin_share": 0.06 + spread * 0.05 * (rng.random(n) - 0.5),
            "lgd": 0.65,
            "city": rng.choice(["Hefei", "Wuhu", "Bozhou"], n),
            "warehouse": rng.choice(["W1", "W2"], n),
            "month": rng.choice(pd.to_datetime(["2017-09-01", "2017-10-01"]), n),
        }
    )


def tight(stores):
    need = stores["need_rmb"]
    return pd.DataFrame(
        {"name": ["capital", "expected_loss"], "limit": [0.4 * need.sum(), 0.2 * (need * stores["pd"] * 0.65).sum()]}
    )


def test_the_best_allocation_beats_every_policy_where_stores_differ():
    stores = shops(spread=1.2)
    table = compare_policies(stores, tight(stores)).set_index("policy")
    assert table.loc["best", "net_margin_rmb"] >= 1.10 * table.loc["cut_off", "net_margin_rmb"]
    assert (table["net_margin_rmb"] <= table.loc["best", "net_margin_rmb"] * (1 + 1e-9)).all()
    assert (table["limits_rmb"] <= tight(stores)["limit"][0] * (1 + 1e-9)).all()
    assert (table["expected_loss_rmb"] <= tight(stores)["limit"][1] * (1 + 1e-9)).all()


def test_where_all_stores_are_alike_a_flat_share_is_as_good():
    stores = shops(spread=0.0)
    table = compare_policies(stores, tight(stores)).set_index("policy")
    assert table.loc["flat", "share_of_best"] == pytest.approx(1.0, abs=1e-6)


def test_a_larger_loss_budget_never_earns_less_and_each_rmb_of_it_brings_less():
    stores = shops()
    table = limit_frontier(stores, tight(stores), factors=(0.5, 1.0, 2.0, 8.0))
    assert (np.diff(table["net_margin_rmb"]) >= -1e-6).all()
    assert table["shadow_price"].is_monotonic_decreasing
    gain = np.diff(table["net_margin_rmb"]) / np.diff(table["budget_rmb"])
    assert (gain <= table["shadow_price"][:-1] + 1e-9).all() and (gain >= table["shadow_price"][1:] - 1e-9).all()


def test_the_frontier_moves_the_budget_of_all_stores_alone_and_earns_what_limits_at_it_earn():
    stores, own = shops(), tight(shops())
    house = {"name": "expected_loss", "limit": own["limit"].iloc[1] / 4, "warehouse": "W1"}
    budgets = pd.concat([pd.DataFrame([house]), own], ignore_index=True)
    table = limit_frontier(stores, budgets, factors=(0.5, 1.5))
    assert table["budget_rmb"].tolist() == pytest.approx([own["limit"].iloc[1] * factor for factor in (0.5, 1.5)])
    for row in table.itertuples():
        moved = budgets.assign(limit=[house["limit"], own["limit"].iloc[0], row.budget_rmb])
        kpis = allocate_limits(stores, moved).kpis()
        assert row.net_margin_rmb == pytest.approx(kpis["net_margin_rmb_year"])


def test_budgets_of_a_warehouse_and_of_a_month_hold_and_cost_what_they_are_worth():
    stores = shops()
    plain = allocate_limits(stores, tight(stores))
    september = stores["month"] == pd.Timestamp("2017-09-01")
    used = plain.tables["limits"]["limit_rmb"]
    extra = pd.DataFrame(
        {
            "name": "capital",
            "limit": [0.5 * used[stores["warehouse"] == "W1"].sum(), 0.3 * used[september].sum()],
            "warehouse": ["W1", None],
            "month": [pd.NaT, pd.Timestamp("2017-09-01")],
        }
    )
    budgets = pd.concat([tight(stores), extra], ignore_index=True)
    result = allocate_limits(stores, budgets)
    limits = result.tables["limits"]["limit_rmb"]
    assert limits[stores["warehouse"] == "W1"].sum() <= extra["limit"][0] * (1 + 1e-9)
    assert limits[september].sum() <= extra["limit"][1] * (1 + 1e-9)
    assert result.certificate.status is Status.OPTIMAL
    assert (result.tables["budgets"]["shadow_price"].iloc[2:] > 0).all()
    assert result.certificate.value < plain.certificate.value
    # One RMB more of the warehouse's budget earns its price.
    more = allocate_limits(stores, budgets.assign(limit=budgets["limit"] + np.array([0, 0, 1000.0, 0])))
    gained = (more.certificate.value - result.certificate.value) / 1000
    assert gained == pytest.approx(result.tables["budgets"]["shadow_price"].iloc[2], rel=0.01)


def test_a_month_covers_all_that_has_started_by_then():
    stores = shops(200)
    budgets = pd.DataFrame({"name": ["capital"], "limit": [50_000.0], "month": [pd.Timestamp("2017-10-01")]})
    limits = allocate_limits(stores, budgets).tables["limits"]["limit_rmb"]
    assert limits.sum() == pytest.approx(50_000)


def test_today_s_limits_move_by_bounded_steps():
    stores = shops(500).assign(limit_rmb=lambda f: 0.3 * f["need_rmb"])
    limits = allocate_limits(stores, tight(stores), params=LimitParams(max_step_share=0.2)).tables["limits"][
        "limit_rmb"
    ]
    ratio = limits / stores["limit_rmb"]
    assert ratio.between(0.8 - 1e-9, 1.2 + 1e-9).all()


def test_a_drawn_test_is_balanced_repeatable_and_as_strong_as_it_says():
    stores = shops(20_000).assign(limit_rmb=5000.0, pd=0.06)
    drawn, figures = design_limit_test(stores, lift_share=0.25)
    again, _ = design_limit_test(stores, lift_share=0.25)
    pd.testing.assert_frame_equal(drawn, again)
    assert drawn["store_id"].is_unique
    arms = drawn.merge(stores[["store_id", "city"]]).groupby(["city", "arm"]).size().unstack()
    assert (arms["raised"] - arms["as_is"]).abs().max() <= 2
    n, rng = int(figures["stores_per_arm"]), np.random.default_rng(5)
    a, b = (rng.binomial(n, p, 4000) / n for p in (0.06, 0.075))
    mean = (a + b) / 2
    found = np.abs(b - a) / np.sqrt(2 * mean * (1 - mean) / n) > 1.959964
    assert found.mean() == pytest.approx(0.8, abs=0.03)
    assert figures["detectable_lift_share"] == pytest.approx(0.25, rel=0.01)


def test_too_few_stores_say_what_they_can_find():
    stores = shops(1000).assign(limit_rmb=5000.0, pd=0.05)
    drawn, figures = design_limit_test(stores, lift_share=0.1)
    assert figures["stores_per_arm"] == 500 < figures["stores_per_arm_needed"]
    assert figures["power"] < 0.3
    assert figures["detectable_lift_share"] > 0.5


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda s: limit_frontier(s, tight(s), "tail_loss"), "no budget tail_loss for all stores"),
        (lambda s: design_limit_test(s), "column limit_rmb is missing"),
        (lambda s: design_limit_test(s.assign(limit_rmb=0.0)), "only 0 stores have credit"),
        (lambda s: design_limit_test(s.assign(limit_rmb=1.0), power=2), "power is 2"),
        (lambda s: compare_policies(s.assign(pd=1.0), tight(s)), "column pd must be less than 1"),
        (lambda s: compare_policies(s.assign(need_rmb=-1.0), tight(s)), "column need_rmb must be at least 0"),
        (lambda s: allocate_limits(s, tight(s).assign(warehouse="W9")), "1 warehouses have no store"),
        (
            lambda s: allocate_limits(s.drop(columns="warehouse"), tight(s).assign(warehouse="W1")),
            "budgets name warehouse, which stores lack",
        ),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(shops(100))
