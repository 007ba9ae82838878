"""Waves: the best plan on small cases, a certified one on larger ones, never over a capacity."""

import itertools
import math

import numba
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lst_workbench.contracts import Waves
from lst_workbench.optim import Status
from lst_workbench.rollout import WaveParams, check_waves, dual, plan_waves

EXACT = WaveParams(method="exact")
DECOMPOSED = WaveParams(method="decomposition")


def floors_aside(broken):
    return broken[broken["constraint"] != "min_stores"]


def value_of(result, case):
    months = case["months"].set_index("month")
    factor = months["value_factor"] if "value_factor" in months else pd.Series(1.0, months.index)
    plan = result.tables["waves"].merge(case["stores"], on="store_id")
    return float((plan["value"] * plan["p_sign"] * plan["month"].map(factor)).sum())


def best_by_enumeration(case):
    """Fewest stores lacking first, then the highest value, over all plans."""
    best = (-np.inf, -np.inf)
    months = [None, *case["months"]["month"]]
    ids = case["stores"]["store_id"]
    worth = (case["stores"]["value"] * case["stores"]["p_sign"]).to_numpy()
    factor = dict(zip(case["months"]["month"], case["months"]["value_factor"], strict=True))
    for choice in itertools.product(months, repeat=len(ids)):
        value = sum(w * factor[m] for w, m in zip(worth, choice, strict=True) if m is not None)
        waves = pd.DataFrame([(i, m) for i, m in zip(ids, choice, strict=True) if m], columns=["store_id", "month"])
        broken = check_waves(waves.astype({"month": case["months"]["month"].dtype}), **case)
        if floors_aside(broken).empty:
            best = max(best, (-float((broken["limit"] - broken["used"]).sum()), value))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_exact_is_the_best_of_all_plans(case_of, seed):
    case = case_of(seed, n_stores=4, n_months=2, n_territories=2, n_warehouses=1, tightness=1.2)
    result = plan_waves(**case)
    lacking, value = best_by_enumeration(case)
    assert result.certificate.status is Status.OPTIMAL
    assert result.tables["shortfalls"]["shortfall"].sum() == -lacking
    assert result.certificate.value == pytest.approx(value)


def meet_the_exact_answer(case):
    exact, near = plan_waves(**case, params=EXACT), plan_waves(**case, params=DECOMPOSED)
    assert exact.certificate.status is Status.OPTIMAL
    for result in (exact, near):
        broken = check_waves(result.tables["waves"], **case)
        assert floors_aside(broken).empty
        assert len(broken) == len(result.tables["shortfalls"])
        assert result.certificate.bound >= result.certificate.value
        assert result.certificate.value == pytest.approx(value_of(result, case))
    short, least = (r.tables["quotas"]["shortfall"].to_numpy() for r in (near, exact))
    assert short.sum() >= least.sum()
    if (short >= least).all():
        assert near.certificate.bound >= exact.certificate.value * (1 - 1e-9)
    if short.sum() == least.sum():
        assert near.certificate.value <= exact.certificate.value * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_bound_and_value_enclose_the_exact_answer(small_case_of, seed):
    meet_the_exact_answer(small_case_of(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 220))
def test_bound_and_value_enclose_the_exact_answer_many_times(small_case_of, seed):
    meet_the_exact_answer(small_case_of(seed))


def test_auto_is_exact_on_small_cases_and_certified_on_larger_ones(small_case_of, district_case):
    assert plan_waves(**small_case_of(1)).certificate.status is Status.OPTIMAL
    certificate = plan_waves(**district_case).certificate
    assert certificate.status in (Status.FEASIBLE, Status.WITHIN_GAP)
    assert certificate.gap < 0.01


@pytest.mark.parametrize("target", ["at_most", "at_least", "exactly"])
def test_larger_plans_break_nothing_whatever_the_target(district_case, target):
    stores = district_case["stores"].assign(country=1)
    goal = {"min_stores": 600.0, "max_stores": 600.0 if target == "exactly" else np.nan}
    asked = pd.DataFrame([{"column": "country", "value": 1, "month": district_case["months"]["month"].max(), **goal}])
    quotas = district_case["quotas"] if target == "at_most" else pd.concat([district_case["quotas"], asked])
    case = {**district_case, "stores": stores, "quotas": quotas, "max_stores": 600 if target == "at_most" else None}
    result = plan_waves(**case)
    assert check_waves(result.tables["waves"], **case).empty
    assert result.tables["shortfalls"].empty
    assert result.certificate.gap < 0.01
    assert Waves.check(result.tables["waves"]) is not None
    assert result.kpis()["signed_stores"] == len(result.tables["waves"])


def test_a_planted_plan_is_matched(case_of):
    """Capacities are exactly what the planted plan uses, and whoever is not planted is worth less for the same load."""
    case = case_of(3, 2000, 6, 5, 3, quotas=False)
    rng = np.random.default_rng(1)
    month = case["months"]["month"].to_numpy()
    planted = rng.random(2000) < 0.2
    stores = case["stores"].assign(
        p_sign=1.0, visits_signup=4.0, visits_care=0.5, volume_m3_month=1.0, capital_rmb=64.0,
        value=np.where(planted, 10.0, rng.uniform(1, 5, 2000)),
    )  # fmt: skip
    start = rng.integers(0, 6, 2000)
    value = float((stores["value"] * case["months"]["value_factor"].to_numpy()[start])[planted].sum())
    plan = stores[planted].assign(start=start[planted])
    later = [(plan[plan["start"] < t], plan[plan["start"] == t], t) for t in range(6)]
    visits = {
        (j, month[t]): 4.0 * (now["territory_id"] == j).sum() + 0.5 * (before["territory_id"] == j).sum()
        for before, now, t in later
        for j in range(5)
    }
    territories = case["territories"].assign(
        visits=[visits[row.territory_id, np.datetime64(row.month)] for row in case["territories"].itertuples()]
    )
    volume = {
        (w, month[t]): float((plan[plan["start"] <= t]["warehouse_id"] == w).sum()) for *_, t in later for w in range(3)
    }
    warehouses = case["warehouses"].assign(
        capacity_m3=[volume[row.warehouse_id, np.datetime64(row.month)] for row in case["warehouses"].itertuples()]
    )
    capital = [64.0 * (plan["start"] <= t).sum() for t in range(6)]
    given = {
        "stores": stores,
        "territories": territories,
        "warehouses": warehouses,
        "months": case["months"].assign(capital_rmb=capital),
    }
    result = plan_waves(**given)
    assert result.certificate.bound >= value
    assert result.certificate.value >= 0.995 * value
    assert check_waves(result.tables["waves"], **given).empty


def test_the_order_of_rows_plays_no_part(district_case):
    shuffled = {
        name: table.sample(frac=1, random_state=2) if isinstance(table, pd.DataFrame) else table
        for name, table in district_case.items()
    }
    one, other = plan_waves(**district_case), plan_waves(**shuffled)
    for name in ("waves", "margins", "prices"):
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name])
    assert one.certificate.bound == other.certificate.bound


def test_one_thread_and_two_give_the_same(district_case, monkeypatch):
    monkeypatch.setattr(dual, "CHUNK", 400)
    threads = numba.get_num_threads()
    results = []
    for count in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(count)
        results.append(plan_waves(**district_case))
    numba.set_num_threads(threads)
    for name, table in results[0].tables.items():
        pd.testing.assert_frame_equal(table, results[1].tables[name], check_exact=True)


@pytest.mark.parametrize("what", ["territories", "warehouses", "months"])
def test_more_capacity_is_never_worth_less(district_case, what):
    column = {"territories": "visits", "warehouses": "capacity_m3", "months": "capital_rmb"}[what]
    table = district_case[what]
    more = plan_waves(**{**district_case, what: table.assign(**{column: table[column] * 1.1})}).certificate
    less = plan_waves(**district_case).certificate
    assert more.bound >= less.value
    assert more.value >= less.value - (more.gap + less.gap) * less.bound


def test_capacities_hold_however_sums_are_rounded(district_case):
    """Loads that no binary fraction is equal to; sums in any order stay inside."""
    stores = district_case["stores"].assign(visits_care=0.1, capital_rmb=0.7)
    case = {**district_case, "stores": stores, "months": district_case["months"].assign(capital_rmb=210.7)}
    plan = plan_waves(**case).tables["waves"].merge(stores, on="store_id")
    assert len(plan) >= 300, "capital for 301 stores"
    for order in (plan["capital_rmb"], plan["capital_rmb"][::-1]):
        assert sum(order) <= 210.7
    assert math.fsum(plan["capital_rmb"]) <= 210.7
    assert check_waves(plan[["store_id", "month"]], **case).query("constraint != 'min_stores'").empty


def test_capacities_are_used_to_the_last_unit():
    stores = pd.DataFrame(
        {"store_id": range(5), "territory_id": 0, "warehouse_id": 0, "value": 1.0, "p_sign": 1.0, "visits_signup": 8.0,
         "visits_care": 0.5, "volume_m3_month": 2.0, "capital_rmb": 100.0}
    )  # fmt: skip
    one = pd.DataFrame({"territory_id": [0], "warehouse_id": [0], "month": [1]})
    result = plan_waves(stores, one.assign(visits=24.0), one.assign(capacity_m3=6.0), one.assign(capital_rmb=300.0))
    assert len(result.tables["waves"]) == 3


def test_signing_probability_scales_value_and_no_load():
    stores = pd.DataFrame(
        {"store_id": ["sure", "big"], "territory_id": "t", "warehouse_id": "w", "value": [1.0, 4.0],
         "p_sign": [1.0, 0.2], "visits_signup": 8.0, "visits_care": 0.5, "volume_m3_month": 1.0, "capital_rmb": 1.0}
    )  # fmt: skip
    one = pd.DataFrame({"territory_id": ["t"], "warehouse_id": ["w"], "month": [1]})
    result = plan_waves(stores, one.assign(visits=9.0), one.assign(capacity_m3=9.0), one.assign(capital_rmb=9.0))
    assert result.tables["waves"]["store_id"].tolist() == ["sure"], "0.8 x 1 visit would be left for the other"
    assert result.certificate.value == 1.0
    assert result.tables["prices"]["resource_id"].astype(str).tolist() == ["t", "w", "0"]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), zero=st.sampled_from(["", "visits", "capacity_m3", "capital_rmb"]))
def test_any_small_case_is_planned_inside_its_limits(small_case_of, seed, zero):
    case = small_case_of(seed)
    for name, table in case.items():
        if isinstance(table, pd.DataFrame) and zero in table and name != "stores":
            case[name] = table.assign(**{zero: 0.0})
    result = plan_waves(**case, params=DECOMPOSED)
    assert floors_aside(check_waves(result.tables["waves"], **case)).empty
    assert result.certificate.bound >= result.certificate.value >= 0
    if zero:
        assert result.tables["waves"].empty


EDGES = {
    "no stores": (lambda c: {"stores": c["stores"].iloc[:0], "quotas": None}, 0),
    "no visits": (lambda c: {"territories": c["territories"].assign(visits=0.0), "quotas": None}, 0),
    "nobody allowed": (lambda c: {"max_stores": 0, "quotas": None}, 0),
    "stores too large for any capacity": (
        lambda c: {"stores": c["stores"].assign(capital_rmb=1e12), "quotas": None},
        0,
    ),
    "capacities without end": (
        lambda c: {
            "territories": c["territories"].assign(visits=np.inf),
            "warehouses": c["warehouses"].assign(capacity_m3=1e15),
            "months": c["months"].assign(capital_rmb=np.inf),
            "quotas": None,
            "max_stores": None,
        },
        40,
    ),
    "one month": (lambda c: {"months": c["months"].iloc[:1], "quotas": None}, None),
    "nothing is worth anything": (lambda c: {"stores": c["stores"].assign(value=0.0), "quotas": None}, None),
}


@pytest.mark.parametrize("params", [EXACT, DECOMPOSED], ids=["exact", "decomposed"])
@pytest.mark.parametrize("edge", EDGES)
def test_edges(case_of, edge, params):
    change, signed = EDGES[edge]
    case = case_of(1, 40, 3, 2, 2)
    case |= change(case)
    result = plan_waves(**case, params=params)
    assert check_waves(result.tables["waves"], **case).empty
    if signed is not None:
        assert len(result.tables["waves"]) == signed
        assert result.certificate.status is Status.OPTIMAL


@pytest.mark.parametrize("params", [EXACT, DECOMPOSED], ids=["exact", "decomposed"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda c: {"quotas": c["quotas"].assign(min_stores=[500.0, np.nan, np.nan])}, "only .* stores belong to it"),
        (lambda c: {"max_stores": 1}, "raise max_stores"),
        (lambda c: {"months": c["months"].assign(capital_rmb=0.0)}, "capital binds; about .* RMB more would do"),
        (lambda c: {"territories": c["territories"].assign(visits=0.0)}, "visits bind, most of all in territory"),
        (lambda c: {"warehouses": c["warehouses"].assign(capacity_m3=0.0)}, "throughput binds, most of all in ware"),
    ],
    ids=["too few stores", "max_stores", "capital", "visits", "throughput"],
)
def test_quotas_out_of_reach_are_named_with_what_binds(case_of, change, reason, params):
    case = case_of(1, 40, 3, 2, 2)
    case["quotas"] = case["quotas"].assign(min_stores=[5.0, np.nan, np.nan])
    case |= change(case)
    result = plan_waves(**case, params=params)
    assert not result.tables["shortfalls"].empty
    assert pd.Series(result.certificate.reason).str.contains(f"quota kind = village by 2017-11 .*{reason}").all()
    assert result.certificate.gap < 0.2, "the bound speaks of plans that lack no more"


def test_prices_and_margins_add_up(district_case):
    result = plan_waves(**district_case)
    prices, margins = result.tables["prices"], result.tables["margins"]
    assert (prices["shadow_price"] >= 0).all()
    assert set(prices["resource"]) == {"visits", "volume_m3", "capital_rmb"}
    factor = district_case["months"].set_index("month")["value_factor"]
    rows = margins.merge(district_case["stores"], on="store_id")
    worth = rows["value"] * rows["p_sign"] * rows["best_month"].map(factor)
    paid = rows[["visits_price", "volume_price", "capital_price", "target_price"]].sum(axis=1)
    finite = np.isfinite(rows["margin"])
    np.testing.assert_allclose((worth - paid)[finite], rows["margin"][finite], rtol=1e-9, atol=1e-9)
    started = result.tables["waves"].merge(rows, on="store_id")
    assert started["margin"].mean() > rows["margin"][finite].mean()


def test_a_shadow_price_bounds_what_one_unit_more_is_worth(district_case):
    result = plan_waves(**district_case)
    prices = result.tables["prices"]
    dearest = prices[prices["resource"] == "visits"].nlargest(1, "shadow_price").iloc[0]
    territories = district_case["territories"]
    there = (territories["territory_id"] == dearest["resource_id"]) & (territories["month"] == dearest["month"])
    more = territories.assign(visits=territories["visits"] + 20.0 * there)
    after = plan_waves(**{**district_case, "territories": more})
    gain = after.certificate.bound - result.certificate.bound
    assert 0 < gain <= 20 * dearest["shadow_price"] * (1 + 1e-6) + 2e-4 * result.certificate.bound


def test_a_time_limit_is_not_called_optimal(case_of):
    case = case_of(7, 150, 8, 4, 3)
    result = plan_waves(**case, params=WaveParams(method="exact", time_limit_s=0.05))
    assert result.certificate.status is Status.TIME_LIMIT
    assert "stopped after 0.05 s" in result.certificate.reason
    assert floors_aside(check_waves(result.tables["waves"], **case)).empty
    assert result.certificate.gap < 0.2


def test_the_checker_sees_each_kind_of_fault(case_of):
    case = case_of(1, 40, 3, 2, 2)
    first = case["months"]["month"].min()
    everyone = pd.DataFrame({"store_id": case["stores"]["store_id"], "month": first})
    twice = pd.concat([everyone, everyone.head(1), pd.DataFrame({"store_id": [-1], "month": [first]})])
    late = pd.DataFrame({"store_id": case["stores"]["store_id"].head(1), "month": [pd.Timestamp("2030-01-01")]})
    kinds = set(check_waves(twice, **{**case, "max_stores": 3})["constraint"])
    kinds |= set(check_waves(late, **{**case, "quotas": case["quotas"].assign(min_stores=9.0)})["constraint"])
    assert kinds == {"once", "known_store", "known_month", "visits", "volume", "capital", "max_stores", "min_stores"}
