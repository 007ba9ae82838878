"""What a plan is for: by default active stores, else money over the plan as a spreadsheet would add it up."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench import load_scenario, make_plan
from lst_workbench.planning.objective import KEYS, worth_of_starts
from lst_workbench.planning.wave_inputs import reps_by_month

GMV = np.array([1_000.0, 5_000.0])
KINDS = pd.Series(["urban", "village"])


@pytest.fixture
def figures():
    scenario = load_scenario("base")
    return {key: scenario[key] for key in KEYS}


def spreadsheet(figures, gmv, rural, start):
    """Points of one store started in month `start`, month by month."""
    own = figures["econ.first_party_share"]
    margin = (1 - own) * figures["econ.take_rate"] + own * figures["econ.first_party_margin"]
    haul = figures["network.line_haul_tkm"] * figures["network.line_haul_km"] / figures["network.rmb_per_tonne"]
    drop = figures["network.drop_cost_rural" if rural else "network.drop_cost"]
    order = figures["order.aov_rmb"]
    earned = (order * (margin - figures["network.handling_rate"] - haul) - drop) / order
    active, months = figures["rollout.active_share"], int(figures["rollout.months"])
    month_rate = (1 + figures["econ.discount_rate_year"]) ** (-1 / 12)
    money = 0.0
    for month in range(start, months):
        alive = (1 - figures["store.closure_year"]) ** (month / 12) * month_rate**month
        weight = figures["rollout.weight_gmv"] + figures["rollout.weight_contribution"] * earned
        money += alive * active * gmv * weight / 1_000
    paid = figures["rollout.weight_contribution"] * figures["field.commission_signup"] * month_rate**start / 1_000
    fading = 1 - figures["rollout.tie_weight"] * start / months
    return figures["rollout.weight_active"] * active * fading + max(0.0, money) - paid


@pytest.mark.parametrize(("active", "gmv", "contribution"), [(0, 1, 0), (0, 0, 1), (1, 0.002, 0.3)])
@pytest.mark.parametrize("take", [0.03, 0.09])
def test_money_over_the_plan_is_what_a_spreadsheet_says(figures, active, gmv, contribution, take):
    figures |= {"rollout.weight_active": active, "rollout.weight_gmv": gmv, "econ.take_rate": take}
    figures["rollout.weight_contribution"] = contribution
    worth = worth_of_starts(KINDS, GMV, figures)
    for start in (0, 3, 11):
        told = worth.value * worth.factor[start] + worth.start[start]
        added = [spreadsheet(figures, gmv, rural, start) for gmv, rural in zip(GMV, (False, True), strict=True)]
        np.testing.assert_allclose(told, added)


def test_active_stores_alone_with_ties_by_gmv_are_the_default(figures):
    worth = worth_of_starts(KINDS, GMV, figures)
    ties = figures["rollout.tie_weight"] * GMV / GMV.mean()
    np.testing.assert_allclose(worth.value, figures["rollout.active_share"] * (1 + ties))
    assert not worth.start.any()


@pytest.mark.slow
def test_each_objective_is_best_at_its_own(district):
    """More GMV with GMV as objective; where orders lose money, profit signs nobody; where they earn, those who earn."""
    base = make_plan(district, load_scenario("base"))
    gmv = make_plan(district, load_scenario("base").override({"rollout.weight_active": 0, "rollout.weight_gmv": 1}))
    assert gmv.tables["curve"]["gmv_rmb"].sum() > base.tables["curve"]["gmv_rmb"].sum()
    assert len(gmv.tables["waves"]) <= len(base.tables["waves"])
    assert make_plan(district, load_scenario("profit")).tables["waves"].empty
    earning = make_plan(
        district, load_scenario("profit").override({"econ.first_party_share": 1, "econ.first_party_margin": 0.1})
    )
    assert earning.tables["curve"]["contribution_rmb"].iloc[-1] > 0 and len(earning.tables["waves"])


@pytest.mark.slow
def test_reps_hired_over_time_visit_from_the_month_they_come(district):
    hired = load_scenario("base").override({"field.reps_hired_month": 200})
    base = make_plan(district, load_scenario("base")).tables["territory_months"].groupby("month")["visits"].sum()
    more = make_plan(district, hired).tables["territory_months"].groupby("month")["visits"].sum()
    here = hired.at_stores(len(district.stores))
    figures = {key: here[key] for key in ("field.reps", "field.reps_hired_month", "rollout.months")}
    added = reps_by_month(figures) - figures["field.reps"]
    assert more.iloc[0] == base.iloc[0] and (np.diff(added) > 0).all()
    usual = here["field.visits_day"] * here["field.working_days"]
    assert more.iloc[1] - base.iloc[1] == pytest.approx(added[1] * usual, rel=1e-6)
