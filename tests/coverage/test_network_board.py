"""A board that is read once: invariants, its bound against the optimum of HiGHS, nothing without a way."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.coverage import NetworkBoard, NetworkParams, design_network


def tables(seed, stores=30, fronts=5, cities=2, regionals=2, capacity=None):
    rng = np.random.default_rng(seed)
    spot = pd.DataFrame({"lat": rng.uniform(30, 31, stores), "lon": rng.uniform(114, 115, stores)})
    volume = rng.uniform(1, 5, stores)
    spot = spot.assign(store_id=np.arange(stores), volume_m3_month=volume, orders_month=6 * volume)
    tiers = ["front"] * fronts + ["city"] * cities + ["regional"] * regionals
    count = len(tiers)
    sites = pd.DataFrame({"site_id": np.arange(count), "tier": tiers, "lat": rng.uniform(30, 31, count)})
    sites = sites.assign(lon=rng.uniform(114, 115, count), fixed_cost_rmb_month=rng.uniform(200, 900, count))
    return spot, sites if capacity is None else sites.assign(capacity_m3_month=capacity)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fewer_sites_or_less_radius_never_serve_more(seed):
    board = NetworkBoard(*tables(seed), NetworkParams(radius_km=45.0))
    every = [int(site) for site in board.sites["site_id"]]
    whole = board.laid_out(every).figures["next_day_share"]
    for site in every[:5]:
        left = [other for other in every if other != site]
        assert board.laid_out(left).figures["next_day_share"] <= whole + 1e-12
    wide = board.only(every, radius_km=80.0).laid_out(every).figures["next_day_share"]
    near = board.only(every, radius_km=20.0).laid_out(every).figures["next_day_share"]
    assert near <= whole <= wide


def test_the_same_radius_read_anew_gives_the_same_network():
    board = NetworkBoard(*tables(4), NetworkParams(radius_km=45.0))
    opened = [0, 2, 5, 7]
    same, anew = board.laid_out(opened), board.only(opened, radius_km=45.0).laid_out(opened)
    assert same.figures["cost_rmb_month"] == pytest.approx(anew.figures["cost_rmb_month"])
    pd.testing.assert_series_equal(
        same.tables["network_stores"]["service"], anew.tables["network_stores"]["service"], check_categorical=False
    )


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_no_optimum_of_highs_lies_below_the_bound(seed):
    stores, sites = tables(seed)
    board = NetworkBoard(stores, sites, NetworkParams(radius_km=45.0, small_pairs=0))
    lines = board.bounds(list(board.curve([0.0, 30.0, 200.0])))
    exact = NetworkParams(radius_km=45.0, small_pairs=10_000)
    held = 0
    for promise in (0.0, 0.3, 0.5):
        best = design_network(stores, sites, exact, promise_share=promise)
        if best.certificate.reason:
            continue
        bound = (lines["at_zero_rmb_month"] + lines["slope"] * best.figures["next_day_share"]).max()
        assert bound <= best.figures["cost_rmb_month"] * (1 + 1e-9)
        held += 1
    assert held


def test_nobody_is_served_without_a_city_or_a_regional_warehouse():
    board = NetworkBoard(*tables(8, capacity=40.0), NetworkParams(radius_km=45.0))
    for opened in ([0, 1, 2, 7], [0, 1, 2, 5], [0]):
        result = board.laid_out(opened)
        assert result.figures["stores_uncovered"] == len(board.stores)
        assert result.tables["network_lanes"].empty or 5 in opened


def test_capacities_hold_and_whoever_has_no_room_waits():
    board = NetworkBoard(*tables(9, capacity=12.0), NetworkParams(radius_km=80.0))
    sites = board.laid_out(board.sites["site_id"]).tables["network_sites"]
    assert (sites["volume_m3_month"] <= 12.0 * (1 + 1e-9)).all()
    free = NetworkBoard(*tables(9), NetworkParams(radius_km=80.0))
    more = free.laid_out(free.sites["site_id"]).figures["next_day_share"]
    assert board.laid_out(board.sites["site_id"]).figures["next_day_share"] < more
