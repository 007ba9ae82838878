"""Co-branded stores: the best choice on tiny cases, limits kept, reasons true, on cases of every kind."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import Cobranded, InputError
from lst_workbench.rollout import CobrandedParams, select_cobranded
from lst_workbench.rollout.cobranded_bound import cliques_of


def draw_case(seed, n, per_place=4):
    """Stores in places of a few; every kind of limit on."""
    rng = np.random.default_rng(seed)
    place = rng.integers(0, max(1, n // per_place), n)
    ids = rng.permutation(10 * n)[:n]
    value = rng.lognormal(6, 0.6, n).round(1)
    stores = pd.DataFrame(
        {"store_id": ids, "value": value, "fitout_rmb": rng.integers(5, 50, n) * 1000.0, "province_code": place % 3}
    )
    a, b = np.triu_indices(n, 1)
    near = (place[a] == place[b]) & (rng.random(len(a)) < 0.8)
    a, b = a[near], b[near]
    overlaps = pd.DataFrame(
        {
            "store_id": ids[a],
            "other_id": ids[b],
            "loss": (rng.uniform(0, 0.9, len(a)) * np.minimum(value[a], value[b])).round(1),
            "apart": rng.random(len(a)) < 0.4,
        }
    )
    per = n / 3
    quotas = pd.DataFrame(
        {
            "column": "province_code",
            "value": [0, 1, 2],
            "min_stores": [float(rng.integers(0, max(1, per // 3) + 1)), np.nan, 0.0],
            "max_stores": [np.nan, float(rng.integers(1, max(2, per // 2) + 1)), float(rng.integers(1, per + 2))],
        }
    )
    asked = {
        "max_stores": int(rng.integers(1, n // 2 + 2)),
        "budget_rmb": float(stores["fitout_rmb"].sum() * rng.uniform(0.1, 0.7)),
    }
    return stores, overlaps, quotas, asked


def slow_value(stores, overlaps, quotas, asked, taken):
    """Gain of a set, or None when a limit is broken; stores and pairs looked at one by one."""
    rows = stores[stores["store_id"].isin(taken)]
    if len(rows) > asked["max_stores"] or rows["fitout_rmb"].sum() > asked["budget_rmb"] + 1e-6:
        return None
    both = overlaps[overlaps["store_id"].isin(taken) & overlaps["other_id"].isin(taken)]
    if both["apart"].any():
        return None
    for quota in quotas.itertuples():
        count = (rows[quota.column] == quota.value).sum()
        if count > quota.max_stores or count < quota.min_stores:
            return None
    return rows["value"].sum() - both["loss"].sum()


def brute_force(stores, overlaps, quotas, asked):
    ids, best = stores["store_id"].tolist(), None
    for count in range(min(len(ids), asked["max_stores"]) + 1):
        for taken in itertools.combinations(ids, count):
            value = slow_value(stores, overlaps, quotas, asked, set(taken))
            if value is not None and (best is None or value > best):
                best = value
    return best


def chosen_of(result):
    table = result.tables["cobranded"]
    return set(table.loc[table["rank"] > 0, "store_id"])


@pytest.mark.parametrize("seed", range(12))
def test_the_best_choice_of_all_is_found_on_tiny_cases(seed):
    case = draw_case(seed, 9)
    best = brute_force(*case)
    result = select_cobranded(*case[:3], **case[3])
    if best is None:
        assert result.kpis()["short_stores"] > 0
        return
    assert slow_value(*case, chosen_of(result)) == pytest.approx(best)
    assert result.certificate.value == pytest.approx(best)
    assert result.certificate.bound >= best - 1e-6


@pytest.mark.parametrize("seed", [1, 2])
def test_without_the_exact_end_limits_are_kept_and_the_bound_holds(seed):
    case = draw_case(seed, 400, per_place=8)
    rough = select_cobranded(*case[:3], **case[3], params=CobrandedParams(exact_stores=0))
    exact = select_cobranded(*case[:3], **case[3])
    assert slow_value(*case, chosen_of(rough)) == pytest.approx(rough.certificate.value)
    assert slow_value(*case, chosen_of(exact)) == pytest.approx(exact.certificate.value)
    assert rough.certificate.value <= exact.certificate.value + 1e-6
    assert exact.certificate.value <= rough.certificate.bound + 1e-6
    assert rough.certificate.gap < 0.02 and exact.certificate.gap <= rough.certificate.gap + 1e-9


def test_a_small_first_core_grows_until_no_store_is_missing():
    case = draw_case(3, 400, per_place=8)
    case = (*case[:3], {**case[3], "max_stores": 40})
    small = select_cobranded(*case[:3], **case[3], params=CobrandedParams(core_factor=1.0, rounds=20))
    large = select_cobranded(*case[:3], **case[3], params=CobrandedParams(core_factor=50.0))
    assert small.certificate.value == pytest.approx(large.certificate.value, rel=1e-3)
    assert small.certificate.bound >= large.certificate.value - 1e-6


def test_the_answer_does_not_depend_on_the_order_of_the_rows():
    stores, overlaps, quotas, asked = draw_case(4, 300)
    result = select_cobranded(stores, overlaps, quotas, **asked)
    turned = select_cobranded(stores.iloc[::-1], overlaps.sample(frac=1, random_state=1), quotas, **asked)
    assert turned.certificate.value == pytest.approx(result.certificate.value, rel=1e-6)


def test_more_budget_or_fewer_pairs_never_gain_less():
    stores, overlaps, quotas, asked = draw_case(5, 10)
    value = select_cobranded(stores, overlaps, quotas, **asked).certificate.value
    richer = {**asked, "budget_rmb": asked["budget_rmb"] * 1.5}
    assert select_cobranded(stores, overlaps, quotas, **richer).certificate.value >= value - 1e-6
    assert select_cobranded(stores, overlaps.iloc[::2], quotas, **asked).certificate.value >= value - 1e-6


def test_every_reason_is_true_of_its_store():
    stores, overlaps, quotas, asked = draw_case(6, 400, per_place=8)
    stores.loc[:9, "value"] = -1.0
    result = select_cobranded(stores, overlaps, quotas, **asked)
    table = Cobranded.check(result.tables["cobranded"]).set_index("store_id")
    taken = chosen_of(result)
    apart = overlaps[overlaps["apart"]]
    beside = set(apart.loc[apart["store_id"].isin(taken), "other_id"]) | set(
        apart.loc[apart["other_id"].isin(taken), "store_id"]
    )
    near = table[table["reason"] == "too_near"]
    assert set(near.index) <= beside and set(near["blocked_by"]) <= taken and len(near)
    assert (table.loc[table["reason"] == "brings_nothing", "value"] <= 0).all()
    shared = table[table["reason"] == "shares_customers"]
    assert ((shared["value"] > shared["line"]) & (shared["gain"] <= shared["line"])).all()
    assert set(table.loc[table["reason"] == "chosen"].index) == taken
    for store in table.groupby("reason", observed=True).head(1).index:
        said = result.explain(store)
        assert said.endswith(".") and "nan" not in said.lower() and "<NA>" not in said


def test_crews_say_when_and_the_largest_gains_come_first():
    stores, overlaps, quotas, asked = draw_case(7, 300)
    months = pd.date_range("2017-09-01", periods=4, freq="MS")
    crews = pd.DataFrame({"month": months, "stores": [5, 0, 10, 4]})
    result = select_cobranded(stores, overlaps, quotas, **{**asked, "max_stores": 100}, crews=crews)
    table = result.tables["cobranded"].query("rank > 0").sort_values("rank")
    assert table["wave"].is_monotonic_increasing and table["gain"].is_monotonic_decreasing
    assert table["wave"].value_counts().reindex(range(1, 5), fill_value=0).le([5, 0, 10, 4]).all()
    assert len(table) <= 19


def test_crews_of_a_province_cap_it():
    stores, overlaps, _, _ = draw_case(8, 300)
    months = pd.date_range("2017-09-01", periods=2, freq="MS")
    crews = pd.DataFrame({"month": np.tile(months, 2), "stores": [2, 1, 4, 4], "province_code": [0, 0, 1, 1]})
    result = select_cobranded(stores, overlaps, crews=crews)
    taken = stores.merge(result.tables["cobranded"].query("rank > 0"), on="store_id")
    counts = taken.groupby(["province_code", "wave"]).size()
    assert counts.loc[(0, 1)] <= 2 and counts.loc[(0, 2)] <= 1 and len(taken) == counts.sum()
    assert counts.groupby("province_code").sum().get(2, 0) == 0


def test_a_floor_that_cannot_be_met_is_met_as_far_as_possible_and_said():
    stores = pd.DataFrame({"store_id": [1, 2, 3], "value": [5.0, 4.0, 3.0], "kind": ["a", "a", "b"]})
    near = pd.DataFrame({"store_id": [1], "other_id": [2], "loss": [0.0], "apart": [True]})
    quotas = pd.DataFrame({"column": "kind", "value": ["a"], "min_stores": [2.0], "max_stores": [np.nan]})
    result = select_cobranded(stores, near, quotas, max_stores=2)
    assert chosen_of(result) == {1, 3}
    assert result.tables["cobranded_quotas"]["short_stores"].tolist() == [1.0]


def test_alternatives_are_the_nearest_to_the_line():
    case = draw_case(9, 300)
    result = select_cobranded(*case[:3], **case[3], alternatives=5)
    table = result.tables["alternatives"]
    assert len(table) == 5 and table["lacks_rmb_month"].is_monotonic_increasing
    assert not set(table["store_id"]) & chosen_of(result)


def test_every_pair_that_stands_apart_lies_in_a_clique():
    rng = np.random.default_rng(0)
    near = np.triu(rng.random((12, 12)) < 0.5, 1)
    near |= near.T
    starts = np.r_[0, near.sum(axis=1).cumsum()]
    cliques = cliques_of(starts, np.nonzero(near)[1], np.ones(near.sum(), int))
    assert all(near[a, b] for clique in cliques for a, b in itertools.combinations(clique, 2))
    pairs = {tuple(sorted(pair)) for clique in cliques for pair in itertools.combinations(clique, 2)}
    assert pairs == {(a, b) for a, b in zip(*np.nonzero(near), strict=True) if a < b}


def test_faults_are_said_at_once():
    stores = pd.DataFrame({"store_id": [1, 2], "value": [1.0, 2.0]})
    pairs = pd.DataFrame({"store_id": [1, 9], "other_id": [1, 2], "loss": [0.0, 0.0]})
    with pytest.raises(InputError, match=r"2 faults.*not given.*twice"):
        select_cobranded(stores, pairs)
    quotas = pd.DataFrame({"column": ["kind"], "value": ["a"], "min_stores": [3.0], "max_stores": [1.0]})
    with pytest.raises(InputError, match=r"2 faults.*mend one.*lack the column kind"):
        select_cobranded(stores, quotas=quotas)
