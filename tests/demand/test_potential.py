import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError, Potentials
from lst_workbench.demand import potential_of_stores, spend_per_head


def catchments(people, income=1.0):
    n = len(people)
    return pd.DataFrame(
        {
            "store_id": np.arange(n) + 100,
            "people": people,
            "income_index": np.full(n, income),
            "people_nearby": np.full(n, 1000.0),
            "rivals": np.zeros(n, int),
        }
    )


def test_an_average_market_has_the_registers_mean_purchases():
    rng = np.random.default_rng(1)
    people = rng.lognormal(5, 1, 5000)
    served_share = 0.8
    people_per_store = people.mean() / served_share
    spend = spend_per_head(20_600, people_per_store, served_share=served_share)
    potentials = potential_of_stores(catchments(people), spend, 0.15)
    assert potentials["potential_rmb_month"].mean() == pytest.approx(20_600, rel=1e-5)
    assert potentials["gmv_rmb_month"].mean() == pytest.approx(3_090, rel=1e-5)


def test_potential_grows_with_people_income_and_without_tobacco():
    base = potential_of_stores(catchments([100.0, 200.0]), 90, 0.15)
    assert base["potential_rmb_month"].tolist() == [9_000, 18_000]
    assert base["store_id"].tolist() == [100, 101]
    rich = potential_of_stores(catchments([100.0, 200.0], income=2.0), 90, 0.15)
    assert (rich["potential_rmb_month"] == 2 * base["potential_rmb_month"]).all()
    assert spend_per_head(20_600, 232, tobacco_share=0.25) == pytest.approx(0.75 * spend_per_head(20_600, 232))


def test_nobody_buys_nothing():
    potentials = potential_of_stores(catchments([0.0]), 90, 0.15)
    assert potentials["potential_rmb_month"].tolist() == [0]
    assert potential_of_stores(catchments([]), 90, 0.15).equals(Potentials.without_rows())


def test_faults_are_all_named():
    with pytest.raises(InputError) as raised:
        potential_of_stores(catchments([1.0]), float("nan"), 1.5)
    assert len(raised.value.faults) == 2
    with pytest.raises(InputError) as raised:
        spend_per_head(-1, 0, 2, 0)
    assert len(raised.value.faults) == 4
    with pytest.raises(InputError, match="people"):
        potential_of_stores(catchments([1.0]).drop(columns="people"), 90, 0.1)
