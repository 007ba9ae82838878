from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.coverage import PMedianParams, solve_p_median
from tests.coverage.orlib import OPTIMA, long_table, published, read_pmed

BY_PRICES = PMedianParams(small_pairs=0)


@pytest.mark.parametrize("name", ["pmed1", "pmed2", "pmed3", "pmed4", "pmed5"])
def test_published_instances_are_proven_optimal(name):
    costs, p = read_pmed(published(name))
    result = solve_p_median(costs, p)
    assert result.certificate.status == "optimal"
    assert result.certificate.value == result.certificate.bound == OPTIMA[name]
    assert result.tables["assignments"]["cost"].sum() == OPTIMA[name]
    assert len(result.tables["facilities"]) == p


@pytest.mark.parametrize("seed", range(40))
def test_both_ways_equal_brute_force(seed):
    rng = np.random.default_rng(seed)
    demands, sites = int(rng.integers(3, 20)), int(rng.integers(3, 9))
    cost = rng.integers(0, 30, (demands, sites)).astype(float) if seed % 2 else rng.random((demands, sites))
    allowed = rng.random((demands, sites)) < rng.choice([0.5, 1.0])
    allowed[np.arange(sites) % demands, np.arange(sites)] = True  # every site is in the table
    weights = pd.DataFrame({"demand_id": np.arange(demands), "weight": rng.integers(0, 4, demands)})
    p = int(rng.integers(1, sites + 1))
    dear = np.where(allowed, cost, np.inf)[weights["weight"] > 0]
    heavy = weights["weight"].to_numpy()[weights["weight"] > 0]
    best = min(float(dear[:, list(chosen)].min(axis=1) @ heavy) for chosen in combinations(range(sites), p))
    for params in (None, BY_PRICES):
        certificate = solve_p_median(long_table(cost, allowed), p, weights, params=params).certificate
        assert certificate.value == pytest.approx(best, abs=1e-9)
        assert certificate.status == ("infeasible" if best == np.inf else "optimal")


def planar(demands, sites, seed=1):
    rng = np.random.default_rng(seed)
    there, where = rng.random((demands, 2)), rng.random((sites, 2))
    weights = pd.DataFrame({"demand_id": np.arange(demands), "weight": rng.lognormal(0, 0.7, demands)})
    return long_table(np.hypot(*(there[:, None] - where).transpose(2, 0, 1))), weights


def test_both_ways_agree_on_a_thousand_demands():
    costs, weights = planar(1000, 20)
    written = solve_p_median(costs, 4, weights, params=PMedianParams(small_pairs=10**9)).certificate
    priced = solve_p_median(costs, 4, weights, params=BY_PRICES).certificate
    assert written.status == priced.status == "optimal"
    assert priced.value == pytest.approx(written.value, rel=1e-9)


def test_more_sites_never_cost_more():
    costs, weights = planar(200, 40)
    values = [solve_p_median(costs, p, weights).certificate.value for p in (1, 3, 6, 20, 40)]
    assert values == sorted(values, reverse=True)


def test_the_answer_is_whole():
    costs, weights = planar(300, 40)
    result = solve_p_median(costs, 5, weights)
    served = result.tables["assignments"].merge(weights)
    assert (served["cost"] * served["weight"]).sum() == pytest.approx(result.certificate.value)
    assert set(served["site_id"]) <= set(result.tables["facilities"]["site_id"])
    nearest = costs[costs["site_id"].isin(result.tables["facilities"]["site_id"])].groupby("demand_id")["cost"].min()
    assert (served.set_index("demand_id")["cost"] == nearest).all()
    assert result.tables["facilities"]["weight"].sum() == pytest.approx(weights["weight"].sum())


def test_a_gap_is_kept_and_a_late_answer_is_not_called_optimal():
    costs, weights = planar(3000, 100)
    near = solve_p_median(costs, 10, weights, params=PMedianParams(gap=0.05))
    assert near.certificate.status in ("within_gap", "optimal") and near.certificate.gap <= 0.05
    late = solve_p_median(costs, 10, weights, time_limit_s=0.0)
    assert late.certificate.status == "time_limit"
    assert late.certificate.bound <= late.certificate.value
    assert len(late.tables["facilities"]) == 10


def test_ids_may_be_text():
    costs, _ = planar(20, 6)
    named = costs.assign(demand_id="d" + costs["demand_id"].astype(str), site_id="s" + costs["site_id"].astype(str))
    assert solve_p_median(named, 2).certificate.value == pytest.approx(solve_p_median(costs, 2).certificate.value)


def test_row_order_changes_nothing():
    costs, weights = planar(500, 30)
    one = solve_p_median(costs, 5, weights)
    two = solve_p_median(costs.sample(frac=1, random_state=2), 5, weights.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(one.tables["facilities"], two.tables["facilities"])


def test_who_cannot_be_served_is_named():
    costs, weights = planar(30, 5)
    left_out = costs[costs["demand_id"] != 7]
    result = solve_p_median(left_out, 2, weights)
    assert result.certificate.status == "infeasible"
    assert "1 demands have no site at all (7)" in result.certificate.reason
    split = pd.DataFrame({"demand_id": [1, 2], "site_id": [1, 2], "cost": [1.0, 1.0]})
    assert "1 sites cannot serve every demand" in solve_p_median(split, 1).certificate.reason
    four = pd.DataFrame({"demand_id": range(8), "site_id": [i // 2 for i in range(8)], "cost": 1.0})
    assert "open at least 4 " in solve_p_median(four, 2).certificate.reason


def spoilt(costs, column, value):
    table = costs.copy()
    table.loc[3, column] = value
    return table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: (c.drop(columns="cost"), 2), "lacks the column cost"),
        (lambda c: (spoilt(c, "cost", np.nan), 2), "costs.cost must be a number of at least 0 (1 rows"),
        (lambda c: (spoilt(c, "cost", -1.0), 2), "costs.cost must be"),
        (lambda c: (pd.concat([c, c.head(1)]), 2), "must be given once"),
        (lambda c: (c.head(0), 2), "no rows"),
        (lambda c: (c, 0), "whole number from 1 to the 5 sites"),
        (lambda c: (c, 6), "not 6"),
        (lambda c: (c, 1.5), "not 1.5"),
        (lambda c: (c, "three"), "not three"),
        (lambda c: (c, None), "not None"),
        (lambda c: (c, np.nan), "not nan"),
        (lambda c: (c, np.inf), "not inf"),
    ],
)
def test_faults_are_one_sentence(change, said):
    table, p = change(planar(10, 5)[0])
    with pytest.raises(InputError) as raised:
        solve_p_median(table, p)
    assert said in str(raised.value)
