"""Waves: exact on small cases, certified on large ones, never over a capacity."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.optim import Status
from lst_workbench.rollout import WaveParams, check_waves, plan_waves

EXACT = WaveParams(method="exact")
DECOMPOSED = WaveParams(method="decomposition")


def random_case(seed, n_stores=None, n_months=None):
    """A small case with every kind of constraint on, tight enough that each matters."""
    rng = np.random.default_rng(seed)
    n = n_stores or int(rng.integers(4, 13))
    T = n_months or int(rng.integers(2, 5))
    n_territories, n_warehouses = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    month = pd.date_range("2017-09-01", periods=T, freq="MS")
    stores = pd.DataFrame(
        {
            "store_id": rng.permutation(1000)[:n],
            "territory_id": rng.integers(0, n_territories, n),
            "warehouse_id": rng.integers(0, n_warehouses, n),
            "value": rng.lognormal(0, 0.7, n),
            "p_sign": rng.uniform(0.3, 1, n),
            "visits_signup": rng.integers(2, 9, n).astype(float),
            "visits_care": rng.choice([0.25, 0.5, 1.0], n),
            "volume_m3_month": rng.lognormal(0, 0.5, n),
            "capital_rmb": rng.lognormal(6, 0.5, n),
            "kind": rng.choice(["village", "township"], n),
        }
    )
    per_month = n / T
    territories = pd.DataFrame(
        {
            "territory_id": np.repeat(np.arange(n_territories), T),
            "month": np.tile(month, n_territories),
            "visits": rng.uniform(2, 6, n_territories * T) * per_month,
        }
    )
    warehouses = pd.DataFrame(
        {
            "warehouse_id": np.repeat(np.arange(n_warehouses), T),
            "month": np.tile(month, n_warehouses),
            "capacity_m3": rng.uniform(0.2, 1, n_warehouses * T) * n / n_warehouses,
        }
    )
    months = pd.DataFrame(
        {
            "month": month,
            "capital_rmb": rng.uniform(0.2, 0.8, T) * stores["capital_rmb"].sum(),
            "value_factor": np.sort(rng.uniform(0.6, 1, T))[::-1],
        }
    )
    quotas = pd.DataFrame(
        {
            "column": ["kind", "kind"],
            "value": ["village", "township"],
            "month": [month[-1], month[T // 2]],
            "min_stores": [float(rng.integers(0, 3)), np.nan],
            "max_stores": [np.nan, float(rng.integers(1, 4))],
        }
    )
    return dict(
        stores=stores,
        territories=territories,
        warehouses=warehouses,
        months=months,
        quotas=quotas,
        max_stores=int(rng.integers(max(1, n // 3), n + 1)),
    )


@pytest.mark.parametrize("seed", range(20))
def test_decomposition_stays_inside_the_exact_answer_and_its_bound_outside(seed):
    case = random_case(seed)
    exact, near = plan_waves(**case, params=EXACT), plan_waves(**case, params=DECOMPOSED)
    assert exact.certificate.status is Status.OPTIMAL
    if near.tables["shortfalls"]["shortfall"].sum() == exact.tables["shortfalls"]["shortfall"].sum():
        assert near.certificate.value <= exact.certificate.value * (1 + 1e-9)
    assert near.certificate.bound >= exact.certificate.value * (1 - 1e-9)
    for result in (exact, near):
        broken = check_waves(result.tables["waves"], **case)
        assert set(broken["constraint"]) <= {"min_stores"}
        assert len(broken) == len(result.tables["shortfalls"])
