"""Parts of the network's search and bound: slow delivery by store, samples, coarser cells, shares within budgets."""

import numpy as np
import pytest

from lst_workbench.coverage import NetworkParams, design_network
from lst_workbench.coverage._network_dual_kernels import project_shares
from lst_workbench.coverage.network_guide import coarser, guided
from lst_workbench.coverage.network_search import evaluate
from lst_workbench.coverage.network_surcharge import lower_bound
from lst_workbench.coverage.network_tables import store_by_store
from lst_workbench.coverage.network_task import tier_task
from lst_workbench.geo import haversine_km
from tests.coverage.test_network import OWN, case, cheapest_by_hand

FEW_CELLS = NetworkParams(small_pairs=0, cells=7, slow_radius_km=90.0, radius_km=15.0)


def opened_all(task):
    return tuple(np.ones(size, bool) for size in task.sizes)


@pytest.mark.parametrize("seed", range(4))
def test_slow_delivery_is_measured_from_each_store_however_few_cells_there_are(seed):
    stores, sites = case(seed, stores=80, fronts=3, cities=6, regionals=2, km=300.0)
    task = tier_task(stores, sites, FEW_CELLS)
    network = evaluate(task, opened_all(task))
    cities = task.sites[1]
    km = 1.3 * haversine_km(task.lat[:, None], task.lon[:, None], cities["lat"], cities["lon"])
    way = FEW_CELLS.haul_rmb_m3_km * km + FEW_CELLS.handling_rmb_m3 + task.to_regional.min(axis=1)[None, :]
    slow = task.slow + np.where(km <= 90.0, way, np.inf).min(axis=1)
    alone = network.design.front_of < 0
    assert alone.sum() > 20
    assert network.cost[alone] == pytest.approx(np.minimum(slow, task.uncovered)[alone], rel=1e-9)
    assert np.array_equal(network.design.slow_city_of[alone] >= 0, (slow <= task.uncovered)[alone])
    assert store_by_store(task, network.design).sum() == pytest.approx(task.quantity @ network.cost, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_for_cells_of_many_stores(seed):
    stores, sites = case(seed, stores=60, fronts=5, cities=3, regionals=2, km=200.0)
    best = cheapest_by_hand(stores, sites, FEW_CELLS)
    task = tier_task(stores, sites, FEW_CELLS)
    assert 0.5 * best < lower_bound(task, FEW_CELLS, evaluate(task, opened_all(task))) <= best * (1 + 1e-9)


def test_a_sample_stands_for_every_cell_and_for_all_volume():
    task = tier_task(*case(1, stores=3_000, fronts=10, km=400.0), NetworkParams(cells=40))
    few = task.sampled(300)
    assert 250 < few.stores < 360
    volume = np.bincount(task.cell_of, weights=task.quantity)
    assert np.bincount(few.cell_of, weights=few.quantity) == pytest.approx(volume)
    assert evaluate(few, opened_all(few)).value == pytest.approx(evaluate(task, opened_all(task)).value, rel=0.03)


def test_coarser_cells_change_no_value():
    task = tier_task(*case(2, stores=200, fronts=6, cities=4, regionals=2, km=200.0), OWN)
    coarse = coarser(task, 20)
    assert len(coarse.cells) == 21
    assert evaluate(coarse, opened_all(task)).value == pytest.approx(evaluate(task, opened_all(task)).value)


def test_shares_come_to_the_nearest_within_their_budgets():
    rng = np.random.default_rng(3)
    share, weight = rng.normal(1.0, 1.0, 60), rng.uniform(0.1, 2.0, 60)
    begin, cell = np.array([0, 30, 60]), np.arange(60)
    budget = np.array([10.0, 1e9])
    found = share.copy()
    project_shares(found, weight, budget, begin, np.arange(60), cell)
    assert found[:30] @ weight[:30] == pytest.approx(10.0)
    taken = found[:30] > 0
    assert np.ptp((share - found)[:30][taken]) < 1e-9
    assert ((share[:30] - found[:30])[~taken] <= (share - found)[:30][taken].min() + 1e-9).all()
    assert found[30:] == pytest.approx(np.maximum(share[30:], 0.0))


def test_the_guided_start_is_a_network_whose_search_is_repeatable():
    stores, sites = case(4, stores=400, fronts=40, cities=12, regionals=5, km=600.0)
    task = tier_task(stores, sites, OWN)
    one, two = guided(task, 30), guided(task, 30)
    assert one.value == two.value
    result = design_network(stores, sites, OWN)
    assert result.certificate.value <= one.value * (1 + 1e-9)
