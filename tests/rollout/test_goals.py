"""Goals watched: each beside its target, ranges in order, what it rests on."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.rollout import watch_goals

FIGURES = {
    "goal.stores": (1000.0, 1000.0, 1000.0),
    "platform.gmv_target": (2.0, 1.5, 2.0),
    "platform.wallet_share": (0.15, 0.08, 0.33),
    "platform.wallet_target_2020": (0.333, 0.333, 0.333),
    "order.per_month": (4.0, 2.0, 8.0),
    "order.cycle_before_days": (10.0, 5.0, 20.0),
    "capital.days_month": (30.0, 28.0, 31.0),
}


@pytest.fixture
def curve():
    months = pd.date_range("2017-09-01", periods=12, freq="MS")
    stores = np.linspace(540, 960, 12)
    return pd.DataFrame({"month": months, "in_system": stores, "active": 0.45 * stores, "gmv_rmb": 100 * stores})


def ranges(curve):
    parts = [
        pd.DataFrame(
            {"month": curve["month"], "measure": m, "p10": 0.8 * curve[m], "p50": curve[m], "p90": 1.1 * curve[m]}
        )
        for m in ("in_system", "active")
    ]
    return pd.concat(parts)


def test_goals_by_hand(curve):
    tornado = pd.DataFrame({"name": ["in_system_stores"] * 2, "key": ["a.b", "field.visits_day"], "swing": [1.0, 9.0]})
    table = watch_goals(curve, 50_000.0, 500.0, FIGURES, curve_ranges=ranges(curve), tornado=tornado)
    last = table.groupby("goal", observed=True).last()
    assert last.loc["in_system", ["value", "before", "target"]].tolist() == [960, 500, 1000]
    assert last.loc["in_system", "register_key"] == "field.visits_day"
    assert last.loc["gmv_multiple", "value"] == pytest.approx(96_000 / 50_000)
    assert last.loc["gmv_multiple", "p10"] == pytest.approx(0.8 * 96_000 / 50_000)
    assert last.loc["cycle_days", "value"] == 7.5 and last.loc["cycle_days", "before"] == 10
    assert last.loc["wallet_share", "value"] == 0.15 and 0.15 < last.loc["wallet_share", "target"] < 0.333
    assert pd.isna(last.loc["active", "target"])
    known = table.dropna(subset=["p10"])
    assert ((known["p10"] <= known["p50"]) & (known["p50"] <= known["p90"])).all()


def test_without_ranges_and_with_a_goal_of_signups(curve):
    table = watch_goals(curve, 50_000.0, 500.0, FIGURES, counts_signups=True)
    stores = table[table["goal"] == "in_system"]
    assert stores["p10"].isna().all() and stores["target"].isna().all()


def test_the_wallet_reaches_its_target_at_the_end_of_2020(curve):
    later = pd.date_range("2017-09-01", periods=48, freq="MS")
    long = curve.loc[[0] * 48].assign(month=later)
    target = watch_goals(long, 1.0, 1.0, FIGURES).query("goal == 'wallet_share'").set_index("month")["target"]
    assert target.is_monotonic_increasing and target["2020-12-01"] == pytest.approx(0.333, abs=0.001)


def test_the_chance_of_a_goal_is_counted_or_read_off_the_tenths(curve):
    spread = ranges(curve)
    table = watch_goals(curve, 50_000.0, 500.0, FIGURES, curve_ranges=spread)
    last = table.groupby("goal", observed=True).last()
    # 1,000 stores between the median of 960 and the nine tenths of 1,056: 0.5 - 0.4 x 40 / 96
    assert last.loc["in_system", "odds"] == pytest.approx(0.5 - 0.4 * 40 / 96)
    assert last.loc["cycle_days", "odds"] > 0.5, "fewer days are better"
    assert pd.isna(last.loc["active", "odds"]), "no target, no chance of it"
    counted = watch_goals(curve, 50_000.0, 500.0, FIGURES, curve_ranges=spread.assign(goal_share=0.07))
    assert counted.groupby("goal", observed=True).last().loc["in_system", "odds"] == 0.07
