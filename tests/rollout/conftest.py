"""Cases for the rollout model: small ones with every kind of constraint on, and larger ones."""

import numpy as np
import pandas as pd
import pytest


def draw_case(seed, n_stores, n_months, n_territories, n_warehouses, tightness=1.0, quotas=True):
    """A case with every kind of constraint on, tight enough that each matters."""
    rng = np.random.default_rng(seed)
    n, T = n_stores, n_months
    month = pd.date_range("2017-09-01", periods=T, freq="MS")
    stores = pd.DataFrame(
        {
            "store_id": rng.permutation(10 * n)[:n],
            "territory_id": rng.integers(0, n_territories, n),
            "warehouse_id": rng.integers(0, n_warehouses, n),
            "value": rng.lognormal(0, 0.7, n),
            "p_sign": rng.uniform(0.3, 1, n),
            "visits_signup": rng.integers(2, 9, n).astype(float),
            "visits_care": rng.choice([0.25, 0.5, 1.0], n),
            "volume_m3_month": rng.lognormal(0, 0.5, n),
            "capital_rmb": rng.lognormal(6, 0.5, n),
            "kind": rng.choice(["village", "township"], n),
            "size": rng.integers(1, 4, n),
        }
    )

    def grid(key, rows, column, low, high):
        ids, months = np.repeat(np.arange(rows), T), np.tile(month, rows)
        return pd.DataFrame({key: ids, "month": months, column: rng.uniform(low, high, rows * T)})

    per_month = tightness * n / T / n_territories
    volume = tightness * n / n_warehouses
    months = pd.DataFrame(
        {
            "month": month,
            "capital_rmb": tightness * rng.uniform(0.2, 0.6, T) * stores["capital_rmb"].sum(),
            "value_factor": np.sort(rng.uniform(0.6, 1, T))[::-1],
        }
    )
    limits = pd.DataFrame(
        {
            "column": ["kind", "kind", "size"],
            "value": ["village", "township", 2],
            "month": [month[-1], month[T // 2], month[-1]],
            "min_stores": [float(rng.integers(0, n // 5 + 1)), np.nan, float(rng.integers(0, n // 8 + 1))],
            "max_stores": [np.nan, float(rng.integers(1, n // 3 + 2)), float(rng.integers(n // 8 + 1, n // 2 + 1))],
        }
    )
    return {
        "stores": stores,
        "territories": grid("territory_id", n_territories, "visits", 1.5 * per_month, 5 * per_month),
        "warehouses": grid("warehouse_id", n_warehouses, "capacity_m3", 0.2 * volume, 0.8 * volume),
        "months": months,
        "quotas": limits if quotas else None,
        "max_stores": int(rng.integers(max(1, n // 3), n + 1)),
    }


def draw_small_case(seed):
    """Four to twelve stores, two to four months."""
    rng = np.random.default_rng([seed, 1])
    n, T, j, w = (int(rng.integers(*span)) for span in ((4, 13), (2, 5), (1, 4), (1, 4)))
    return draw_case(seed, n, T, j, w, tightness=rng.uniform(0.7, 1.5))


@pytest.fixture(scope="session")
def case_of():
    return draw_case


@pytest.fixture(scope="session")
def small_case_of():
    return draw_small_case


@pytest.fixture(scope="session")
def district_case():
    """Three thousand stores in 12 months."""
    return draw_case(5, 3000, 12, 6, 4)
