import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.coverage import assign_stores
from lst_workbench.geo import haversine_km


def case(stores=500, sites=20, seed=1):
    rng = np.random.default_rng(seed)
    return (
        pd.DataFrame(
            {"store_id": np.arange(stores), "lat": rng.uniform(29, 31, stores), "lon": rng.uniform(117, 119, stores)}
        ),
        pd.DataFrame(
            {
                "site_id": rng.permutation(sites) + 100,
                "lat": rng.uniform(29, 31, sites),
                "lon": rng.uniform(117, 119, sites),
                "tier": "front",
            }
        ),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_equals_the_dense_answer(seed):
    stores, sites = case(seed=seed)
    km = 1.3 * haversine_km(
        stores["lat"].to_numpy()[:, None], stores["lon"].to_numpy()[:, None], sites["lat"], sites["lon"]
    )
    best = sites["site_id"].to_numpy()[km.argmin(axis=1)]
    covered = km.min(axis=1) <= 40
    tables = assign_stores(stores, sites, 40, 1.3).tables
    assert tables["assignments"]["store_id"].tolist() == stores["store_id"][covered].tolist()
    assert tables["assignments"]["site_id"].tolist() == best[covered].tolist()
    assert tables["uncovered"]["nearest_site_id"].tolist() == best[~covered].tolist()
    np.testing.assert_allclose(tables["uncovered"]["distance_km"], km.min(axis=1)[~covered], rtol=1e-6)


def test_the_listed_radius_covers_and_a_wider_one_never_serves_fewer():
    stores, sites = case()
    result = assign_stores(stores, sites, 20, 1.3)
    needed = result.kpis()["radius_to_cover_all_km"]
    assert assign_stores(stores, sites, needed * (1 + 1e-6), 1.3).kpis()["covered_share"] == 1
    served = [assign_stores(stores, sites, radius, 1.3).kpis()["stores_covered"] for radius in (10, 20, 30, 60)]
    assert served == sorted(served)


def test_a_store_at_the_radius_is_served():
    stores = pd.DataFrame({"store_id": [1], "lat": [29.5], "lon": [118.0]})
    sites = pd.DataFrame({"site_id": [1], "lat": [29.0], "lon": [118.0]})
    at = float(haversine_km(29.5, 118.0, 29.0, 118.0))
    assert assign_stores(stores, sites, at, 1.0).kpis()["stores_covered"] == 1
    assert assign_stores(stores, sites, np.nextafter(at, 0), 1.0).kpis()["stores_covered"] == 0


@pytest.mark.parametrize("ids", [[5, 3, 9, 4], [9, 5, 4, 3], [3, 4, 5, 9]])
def test_of_equally_near_warehouses_the_lower_id_serves(ids):
    stores = pd.DataFrame({"store_id": [1, 2], "lat": [0.0, 1.0], "lon": [0.0, 0.0]})
    corners = pd.DataFrame({"site_id": ids, "lat": [0.1, -0.1, 0.1, -0.1], "lon": [0.1, 0.1, -0.1, -0.1]})
    assert assign_stores(stores, corners, 400, 1).tables["assignments"]["site_id"].iloc[0] == 3
    same = pd.DataFrame({"site_id": ids, "lat": 0.5, "lon": 0.5})
    assert assign_stores(stores, same, 400, 1).tables["assignments"]["site_id"].tolist() == [3, 3]


def test_only_front_warehouses_serve():
    stores, sites = case()
    sites["tier"] = ["front"] * 3 + ["city"] * 17
    served_by = assign_stores(stores, sites, 500, 1.3).tables["assignments"]["site_id"]
    assert set(served_by) <= set(sites["site_id"][:3])
    with pytest.raises(InputError, match="no front warehouse"):
        assign_stores(stores, sites[3:], 40, 1.3)


def test_no_stores_is_an_empty_answer():
    stores, sites = case()
    result = assign_stores(stores.head(0), sites, 40, 1.3)
    assert result.tables["assignments"].empty and result.tables["uncovered"].empty
    assert result.kpis()["covered_share"] == 1


def test_all_faults_are_named_at_once():
    stores, sites = case()
    stores.loc[3, "lat"] = np.nan
    stores.loc[4, "store_id"] = 5
    with pytest.raises(InputError) as raised:
        assign_stores(stores, sites.drop(columns="lon"), -1, 0.5)
    said = " ".join(raised.value.faults)
    assert len(raised.value.faults) == 5
    assert "first store_id 3" in said and "lack the column lon" in said and "store_id must be unique" in said
