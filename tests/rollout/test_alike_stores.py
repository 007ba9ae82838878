"""A district whose stores are much alike: every store is at the margin in every month."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.rollout import check_waves, plan_waves


@pytest.fixture(scope="module")
def district_case():
    rng = np.random.default_rng(3)
    n, months = 1500, pd.date_range("2017-09-01", periods=12, freq="MS")
    gmv = rng.lognormal(7.5, 0.8, n)
    stores = pd.DataFrame({
        "store_id": np.arange(n), "territory_id": rng.integers(0, 2, n), "warehouse_id": rng.integers(0, 2, n),
        "value": 0.45 * (1 + 0.01 * gmv / gmv.mean()), "p_sign": 1.0, "visits_signup": 8.0, "visits_care": 0.5,
        "volume_m3_month": gmv / 10_000, "capital_rmb": gmv / 5,
    })  # fmt: skip
    grid = [(i, month) for i in (0, 1) for month in months]
    territories = pd.DataFrame(grid, columns=["territory_id", "month"]).assign(visits=200.0)
    warehouses = pd.DataFrame(grid, columns=["warehouse_id", "month"]).assign(capacity_m3=60.0)
    plan_months = pd.DataFrame({"month": months, "capital_rmb": 1e9, "value_factor": 0.99 ** np.arange(11, -1, -1)})
    return stores, territories, warehouses, plan_months


def test_like_stores_are_planned_close_to_the_bound(district_case):
    result = plan_waves(*district_case)
    assert result.certificate.gap < 0.04, "what is left is visits of a month that are too few for one more sign-up"
    assert check_waves(result.tables["waves"], *district_case).empty
