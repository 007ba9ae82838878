import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.coverage import NetworkParams, design_network, road_table
from lst_workbench.geo import haversine_km

PARAMS = NetworkParams(radius_km=60.0, circuity=1.2, circuity_rural=1.5)


def scattered(seed=5, stores=200, fronts=12):
    rng = np.random.default_rng(seed)
    demand = pd.DataFrame({"store_id": np.arange(stores), "lat": rng.uniform(30, 31, stores)})
    demand = demand.assign(lon=rng.uniform(114, 115, stores), volume_m3_month=1.0, orders_month=2.0)
    sites = pd.DataFrame({"site_id": np.arange(900, 900 + fronts), "tier": "front"})
    return demand, sites.assign(lat=rng.uniform(30, 31, fronts), lon=rng.uniform(114, 115, fronts))


RIVER = pd.DataFrame({"barrier_id": "river", "lat": [29.0, 30.4, 30.6, 32.0], "lon": [114.5, 114.6, 114.4, 114.5]})
BRIDGE = pd.DataFrame({"barrier_id": ["river"], "lat": [30.5], "lon": [114.5]})
NO_BRIDGE = BRIDGE.iloc[:0]


def keyed(table):
    return table.set_index(["store_id", "site_id"])["km"]


def plain(stores, sites):
    return keyed(road_table(stores, sites, RIVER.iloc[:0], NO_BRIDGE, PARAMS))


def test_without_barriers_it_is_the_great_circle_times_circuity():
    stores, sites = scattered()
    for store, site in list(plain(stores, sites).index)[::37]:
        a, b = stores.iloc[store], sites.iloc[site - 900]
        assert plain(stores, sites)[store, site] == pytest.approx(1.2 * haversine_km(a.lat, a.lon, b.lat, b.lon))


def test_every_way_equals_brute_force_over_segments():
    stores, sites = scattered()
    free, around = plain(stores, sites), keyed(road_table(stores, sites, RIVER, BRIDGE, PARAMS))

    def crosses(a, b):
        for (_, p), (_, q) in zip(RIVER.iloc[:-1].iterrows(), RIVER.iloc[1:].iterrows(), strict=True):
            d, e = np.array([b.lon - a.lon, b.lat - a.lat]), np.array([q.lon - p.lon, q.lat - p.lat])
            t, s = np.linalg.solve(np.array([d, -e]).T, np.array([p.lon - a.lon, p.lat - a.lat]))
            if 0 <= t <= 1 and 0 <= s <= 1:
                return True
        return False

    cut = 0
    for store, site in free.index:
        a, b, bridge = stores.iloc[store], sites.iloc[site - 900], BRIDGE.iloc[0]
        km = free[store, site]
        if crosses(a, b):
            cut += 1
            km = 1.2 * float(haversine_km(a.lat, a.lon, bridge.lat, bridge.lon))
            km += 1.2 * float(haversine_km(bridge.lat, bridge.lon, b.lat, b.lon))
        if km <= 60.0:
            assert around[store, site] == pytest.approx(km)
        else:
            assert (store, site) not in around.index
    assert cut > 100


def test_a_barrier_never_shortens_and_a_crossing_never_lengthens():
    stores, sites = scattered()
    free = plain(stores, sites)
    none = keyed(road_table(stores, sites, RIVER, NO_BRIDGE, PARAMS))
    one = keyed(road_table(stores, sites, RIVER, BRIDGE, PARAMS))
    slow = keyed(road_table(stores, sites, RIVER, BRIDGE.assign(extra_km=10.0), PARAMS))
    assert len(none) < len(slow) < len(one) < len(free)
    assert (one >= free[one.index] - 1e-9).all() and (slow >= one[slow.index] - 1e-9).all()
    assert np.allclose(none, free[none.index])


def test_country_roads_are_longer():
    stores, sites = scattered()
    village = stores.assign(settlement_kind="village")
    free, far = plain(stores, sites), plain(village, sites)
    assert np.allclose(far, 1.25 * free[far.index]) and len(far) < len(free)


def test_a_network_is_designed_around_a_river():
    stores, sites = scattered()
    upper = pd.DataFrame({"site_id": [1, 2], "tier": ["city", "regional"], "lat": 30.5, "lon": 114.2})
    sites = pd.concat([sites, upper]).assign(fixed_cost_rmb_month=50.0)
    roads = road_table(stores, sites, RIVER, NO_BRIDGE, PARAMS)
    result = design_network(stores, sites, PARAMS, distances=roads)
    served = result.tables["network_stores"].query("service == 'next_day'")
    allowed = pd.MultiIndex.from_frame(roads[["store_id", "site_id"]])
    assert len(served) and pd.MultiIndex.from_frame(served[["store_id", "site_id"]].astype(int)).isin(allowed).all()


def test_every_fault_is_said_at_once():
    stores, sites = scattered()
    with pytest.raises(InputError) as said:
        road_table(stores.drop(columns="lat"), sites, RIVER.drop(columns="lon"), BRIDGE)
    assert "stores lacks the column lat" in str(said.value) and "barriers lacks the column lon" in str(said.value)
    with pytest.raises(InputError, match="has one point.*leads over barrier sea"):
        road_table(stores, sites, RIVER.iloc[:1], BRIDGE.assign(barrier_id="sea"))


def test_positions_and_ways_that_are_none_are_said():
    stores, sites = scattered()
    with pytest.raises(InputError) as said:
        road_table(stores, sites, RIVER.assign(lat=[29.0, 95.0, None, 32.0]), BRIDGE.assign(extra_km=-1.0))
    assert "barriers.lat must be a number from -90 to 90 (2 rows are not, first that of barrier river: 95" in str(
        said.value
    )
    assert "crossings.extra_km must be a number at least 0" in str(said.value)


def test_the_parts_of_a_river_are_not_joined_and_ids_may_be_numbers():
    stores, sites = scattered()
    halves = RIVER.assign(barrier_id=7, part=[0, 0, 1, 1])
    gap = keyed(road_table(stores, sites, halves, NO_BRIDGE, PARAMS))
    whole = keyed(road_table(stores, sites, halves.drop(columns="part"), NO_BRIDGE, PARAMS))
    assert set(whole.index) < set(gap.index)
    bridged = keyed(road_table(stores, sites, halves, BRIDGE.assign(barrier_id="7"), PARAMS))
    assert len(bridged) > len(gap)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="km"), "distances lacks the column km"),
        (lambda t: t.assign(km=-1.0), "distances.km must be a number of at least 0"),
        (lambda t: t.assign(km="far"), "distances.km must be a number of at least 0"),
        (lambda t: pd.concat([t, t.head(2)]), "distances must name a store and a site once (2 rows do again"),
        (lambda t: t.assign(site_id=1), "no row of distances names a store and a front"),
        (lambda t: t.head(0), "distances has no rows"),
    ],
)
def test_faults_of_an_own_road_table_are_said(change, said):
    stores, sites = scattered()
    upper = pd.DataFrame({"site_id": [1, 2], "tier": ["city", "regional"], "lat": 30.5, "lon": 114.2})
    roads = road_table(stores, sites, RIVER, BRIDGE, PARAMS)
    sites = pd.concat([sites, upper]).assign(fixed_cost_rmb_month=50.0)
    with pytest.raises(InputError) as raised:
        design_network(stores, sites, PARAMS, distances=change(roads))
    assert said in str(raised.value)
