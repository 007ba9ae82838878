"""Whole sign-ups: the count of a territory holds in every plan, tightens the bound, and changes no store's worth."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lst_workbench.rollout import WaveParams, plan_waves
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.prices import _find, find_prices
from lst_workbench.rollout.wave_inputs import read_wave_tables
from lst_workbench.rollout.whole_signups import most_signed, with_counts, without_counts

SIGNUP, CARE = 8.0, 0.5


def alike(seed, n_stores=40, n_months=4, n_territories=3, n_warehouses=2):
    """Stores that all take the same visits, and capacities that no whole number of them fills."""
    rng = np.random.default_rng(seed)
    months = pd.date_range("2017-09-01", periods=n_months, freq="MS")
    grid = pd.MultiIndex.from_product
    territories = grid([range(n_territories), months], names=["territory_id", "month"]).to_frame(index=False)
    warehouses = grid([range(n_warehouses), months], names=["warehouse_id", "month"]).to_frame(index=False)
    visits = rng.uniform(0, 30, len(territories)) * (rng.random(len(territories)) > 0.15)
    room = rng.uniform(0.3, 1.0, len(warehouses)) * n_stores / n_warehouses * (rng.random(len(warehouses)) > 0.1)
    stores = pd.DataFrame(
        {
            "store_id": range(n_stores), "territory_id": rng.integers(0, n_territories, n_stores),
            "warehouse_id": rng.integers(0, n_warehouses, n_stores), "value": rng.uniform(0.9, 1.1, n_stores),
            "p_sign": 1.0, "visits_signup": SIGNUP, "visits_care": CARE,
            "volume_m3_month": rng.uniform(0.2, 1.0, n_stores), "capital_rmb": rng.uniform(100, 900, n_stores),
        }
    )  # fmt: skip
    return {
        "stores": stores,
        "territories": territories.assign(visits=visits),
        "warehouses": warehouses.assign(capacity_m3=room),
        "months": pd.DataFrame(
            {"month": months, "capital_rmb": 6_000.0, "value_factor": np.linspace(1, 0.99, n_months)}
        ),
    }


def problem_of(case):
    return read_wave_tables(**case, quotas=None, max_stores=None)


@pytest.mark.parametrize("seed", range(20))
def test_no_plan_of_a_territory_signs_more_than_its_count(seed):
    rng = np.random.default_rng(seed)
    to_care = rng.choice([0.0, 1.0, 3.0, 9.0, 20.0, 33.0], (1, 4))
    to_sign = np.where(rng.random((1, 4)) < 0.2, 0.0, to_care)
    most = 0
    for plan in itertools.product(range(5), repeat=4):
        signed, fine = 0, True
        for t, new in enumerate(plan):
            fine &= SIGNUP * new + CARE * signed <= (to_sign if new else to_care)[0, t]
            signed += new
        most = max(most, signed if fine else 0)
    assert most_signed(to_sign, to_care, np.array([SIGNUP]), np.array([CARE]))[0] == most


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_holds_and_is_lower_than_that_of_fractions(seed):
    case = alike(seed)
    exact = plan_waves(**case, params=WaveParams(method="exact"))
    near = plan_waves(**case, params=WaveParams(method="decomposition"))
    problem, params = problem_of(case), WaveParams()
    fractions = _find(problem, Dual(problem, 1.0), params).bound
    assert exact.certificate.value <= near.certificate.bound + 1e-6
    assert near.certificate.bound <= fractions * (1 + 2e-3)


def test_counts_close_most_of_the_gap_that_fractions_leave():
    gaps = {"counts": 0.0, "fractions": 0.0}
    for seed in range(12):
        case = alike(seed)
        best = plan_waves(**case, params=WaveParams(method="exact")).certificate.value
        problem, params = problem_of(case), WaveParams()
        gaps["fractions"] += _find(problem, Dual(problem, 1.0), params).bound - best
        gaps["counts"] += find_prices(problem, Dual(problem, 1.0), params).bound - best
    assert gaps["counts"] < 0.5 * gaps["fractions"]


def test_prices_without_counts_leave_every_worth_as_it_was():
    problem = problem_of(alike(3))
    counted = with_counts(problem)
    x = np.random.default_rng(0).uniform(0, 0.01, Dual(counted, 1.0).limit.size)
    with_them, _, _ = Dual(counted, 1.0).best_starts(Dual(counted, 1.0).prices(x))
    folded = without_counts(problem, x)
    without, _, _ = Dual(problem, 1.0).best_starts(Dual(problem, 1.0).prices(folded))
    assert (folded >= 0).all()
    np.testing.assert_allclose(without, with_them, atol=1e-12)


def test_stores_of_unlike_loads_are_not_counted():
    case = alike(1)
    case["stores"]["visits_signup"] = np.linspace(7, 9, len(case["stores"]))
    problem = problem_of(case)
    assert with_counts(problem) is problem
