"""Promises, exclusions and shares: kept in every plan, equal to the exact program on small cases, refused when wrong."""

import numba
import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.optim import Status
from lst_workbench.rollout import WaveParams, check_waves, dual, plan_waves

EXACT, DECOMPOSED = WaveParams(method="exact"), WaveParams(method="decomposition")
FLOORS = ("min_stores", "min_share", "promised")


def conditions_for(case, seed, promises=2, exclusions=2):
    """Every kind of condition: some months promised, some latest months, some neither; two shares; a start's own worth."""
    rng = np.random.default_rng([seed, 9])
    months = case["months"]["month"].sort_values(ignore_index=True)
    ids = rng.permutation(case["stores"]["store_id"])
    promised = pd.DataFrame({"store_id": ids[:promises]})
    promised["month"] = pd.Series([months.iloc[i % len(months)] if i % 3 == 0 else pd.NaT for i in range(promises)])
    promised["latest_month"] = pd.Series([months.iloc[-1 - i % 2] if i % 3 == 1 else pd.NaT for i in range(promises)])
    shares = pd.DataFrame(
        {
            "column": ["kind", "size"],
            "value": ["village", 1],
            "month": [pd.NaT, months.iloc[len(months) // 2]],
            "min_share": [round(rng.uniform(0.2, 0.6), 2), np.nan],
            "max_share": [np.nan, round(rng.uniform(0.3, 0.7), 2)],
        }
    )
    worth = case["months"].assign(start_value=rng.uniform(-0.2, 0.3, len(months)))
    return {**case, "months": worth, "promised": promised, "shares": shares, "excluded": ids[promises:][:exclusions].tolist()}


def value_of(result, case):
    months = case["months"].set_index("month")
    plan = result.tables["waves"].merge(case["stores"], on="store_id")
    worth = plan["value"] * plan["p_sign"] * plan["month"].map(months["value_factor"])
    return float((worth + plan["month"].map(months["start_value"])).sum())


def beyond_floors(result, case):
    broken = check_waves(result.tables["waves"], **case)
    return broken[~broken["constraint"].isin(FLOORS)]


def lacking(result, case):
    broken = check_waves(result.tables["waves"], **case)
    return len(broken)


def meet_the_exact_answer(case):
    """Return whether both ways lack nothing, where values and bounds must meet; otherwise nothing else is broken."""
    try:
        exact = plan_waves(**case, params=EXACT)
    except InputError:
        return None
    near = plan_waves(**case, params=DECOMPOSED)
    for result in (exact, near):
        assert beyond_floors(result, case).empty
        assert result.certificate.bound >= result.certificate.value - 1e-9
        assert result.certificate.value == pytest.approx(value_of(result, case))
        assert bool(lacking(result, case)) == bool(result.certificate.reason)
    assert exact.certificate.status is Status.OPTIMAL
    if lacking(near, case):
        return False
    assert not lacking(exact, case)
    assert near.certificate.value <= exact.certificate.value * (1 + 1e-9) + 1e-9
    assert near.certificate.bound >= exact.certificate.value * (1 - 1e-9) - 1e-9
    return True


@pytest.mark.parametrize("seed", range(16))
def test_bound_and_value_enclose_the_exact_answer(small_case_of, seed):
    meet_the_exact_answer(conditions_for(small_case_of(seed), seed))


@pytest.mark.slow
def test_bound_and_value_enclose_the_exact_answer_many_times(small_case_of):
    """Where the exact program lacks nothing, the decomposition seldom does."""
    met = []
    for seed in range(20, 220):
        case = conditions_for(small_case_of(seed), seed)
        fine = meet_the_exact_answer(case)
        if fine is not None:
            met.append(fine or bool(lacking(plan_waves(**case, params=EXACT), case)))
    assert len(met) > 100
    assert np.mean(met) > 0.95
