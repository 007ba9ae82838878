"""Shoppers shared by pairs of stores: against shares worked out cell by cell, and against a change of pull."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.catchment import HuffParams, shared_shoppers, store_cells, transfer_shoppers
from lst_workbench.contracts import InputError


@pytest.fixture
def town():
    rng = np.random.default_rng(2)

    def spots(count):
        return {"lat": 29.7 + rng.uniform(0, 0.05, count), "lon": 118.3 + rng.uniform(0, 0.05, count)}

    stores = pd.DataFrame({"store_id": np.arange(30) * 3, **spots(30), "area_m2": rng.uniform(20, 200, 30)})
    cells = pd.DataFrame({"h3_8": np.arange(1, 61), **spots(60), "people": rng.uniform(0, 900, 60)})
    return stores, cells, HuffParams(radius_km=2.5, decay_per_km=1.2, area_exponent=0.8, outside_attraction=5)


def test_it_is_the_sum_over_cells_of_both_shares(town):
    stores, cells, params = town
    pairs = shared_shoppers(stores, cells, stores["store_id"].to_numpy(), params)
    shares = {store: store_cells(store, *town).set_index("h3_8")["share"] for store in stores["store_id"]}
    people = cells.set_index("h3_8")["people"]
    assert len(pairs) > 100 and (pairs["store_id"] < pairs["other_id"]).all()
    for pair in pairs.sample(40, random_state=1).itertuples():
        both = (shares[pair.store_id] * shares[pair.other_id]).dropna()
        assert pair.people_shared == pytest.approx(float((both * people[both.index]).sum()), rel=1e-5, abs=1e-6)


def test_it_is_what_a_rival_loses_when_a_store_pulls_a_little_more(town):
    stores, cells, params = town
    params = HuffParams(**{**vars(params), "area_exponent": 1.0})
    pairs = shared_shoppers(stores, cells, stores["store_id"].to_numpy(), params)
    pair = pairs.sort_values("people_shared").iloc[-1]
    grown = {int(pair["store_id"]): float(stores.set_index("store_id").loc[pair["store_id"], "area_m2"]) * 1.001}
    moved = transfer_shoppers(stores, cells, params, renovated=grown).tables["transfers"].set_index("store_id")
    assert -moved.loc[pair["other_id"], "change_people"] == pytest.approx(0.001 * pair["people_shared"], rel=0.01)


def test_pairs_further_apart_and_stores_not_named_are_left_out(town):
    stores, cells, params = town
    some = stores["store_id"].to_numpy()[::3]
    near = shared_shoppers(stores, cells, some, params, within_km=1.0)
    assert near["distance_km"].max() <= 1.0 and set(near["store_id"]) | set(near["other_id"]) <= set(some)
    every = shared_shoppers(stores, cells, stores["store_id"].to_numpy(), params)
    both = near.merge(every, on=["store_id", "other_id"])
    assert len(both) == len(near) and np.allclose(both["people_shared_x"], both["people_shared_y"])


def test_a_stranger_is_refused(town):
    stores, cells, params = town
    with pytest.raises(InputError, match="not among the stores"):
        shared_shoppers(stores, cells, np.array([1]), params)
