"""Work by region: blocks that hold every store once, the same catchments in any cut, the same plan through Dask."""

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest

from lst_workbench.assumptions import data_folder, load_scenario
from lst_workbench.catchment import HuffParams, huff_catchments
from lst_workbench.contracts import LstError
from lst_workbench.geo import haversine_km
from lst_workbench.market import read_market
from lst_workbench.planning import make_plan, regions
from lst_workbench.planning.regions import Degrees, blocks_of, by_region, catchments_by_region


@pytest.fixture(scope="module")
def sample():
    return read_market(data_folder() / "sample")


def test_every_store_is_in_one_block_and_places_stay_whole(sample):
    blocks = blocks_of(sample.stores, most=500)
    assert sorted(np.concatenate(blocks)) == list(range(len(sample.stores)))
    assert len(blocks) > 8
    largest_place = sample.stores["place_id"].value_counts().max()
    assert max(map(len, blocks)) <= max(500, largest_place)
    of_block = [set(sample.stores["place_id"].iloc[rows]) for rows in blocks]
    assert sum(map(len, of_block)) == sample.stores["place_id"].nunique()


def test_around_leaves_nobody_in_reach_out_and_most_others(sample):
    rows = blocks_of(sample.stores, most=300)[0]
    found = Degrees(sample.cells).around(sample.stores.iloc[rows], 3.0)
    lat, lon = (sample.stores[side].to_numpy()[rows] for side in ("lat", "lon"))
    km = haversine_km(sample.cells["lat"].to_numpy()[:, None], sample.cells["lon"].to_numpy()[:, None], lat, lon).min(
        axis=1
    )
    assert set(np.flatnonzero(km <= 3.0)) <= set(found)
    assert km[found].max() < 10.0 and len(found) < len(sample.cells)


def test_catchments_by_block_are_those_of_the_whole(sample, monkeypatch):
    params = HuffParams.of()
    whole = huff_catchments(sample.stores, sample.cells, params).tables["catchments"]
    monkeypatch.setattr(regions, "BLOCK_STORES", 400)
    shuffled = sample.stores.sample(frac=1, random_state=3)
    cut = catchments_by_region(shuffled, sample.cells, params)
    assert cut["store_id"].tolist() == shuffled["store_id"].tolist()
    cut = cut.sort_values("store_id", ignore_index=True)
    pdt.assert_frame_equal(cut, whole.sort_values("store_id", ignore_index=True), rtol=1e-5)
    assert (cut["rivals"].to_numpy() == whole.sort_values("store_id")["rivals"].to_numpy()).all()


@pytest.fixture(scope="module")
def scheduler():
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, processes=True, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.slow
def test_two_dask_workers_make_the_identical_plan(sample, scheduler, monkeypatch):
    monkeypatch.setattr(regions, "BLOCK_STORES", 400)
    here = make_plan(sample, load_scenario("base"))
    there = make_plan(sample, load_scenario("base"), address=scheduler)
    for name in here.tables:
        pdt.assert_frame_equal(there.tables[name], here.tables[name])
    stages = here.meta["stages"]
    assert {name: stage["tables"] for name, stage in there.meta["stages"].items()} == {
        name: stage["tables"] for name, stage in stages.items()
    }


def test_an_address_that_nobody_answers_is_one_sentence(monkeypatch):
    monkeypatch.setattr(regions, "ANSWER_SECONDS", 1)
    with pytest.raises(LstError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        by_region(pd.DataFrame, [], "tcp://127.0.0.1:9")


def test_results_keep_the_order_of_their_parts():
    assert by_region(int, [(str(n),) for n in range(9)]) == list(range(9))


def test_catchments_come_in_the_order_of_a_market_that_is_in_none(district):
    mixed = district.stores.sample(frac=1, random_state=1).reset_index(drop=True)
    found = catchments_by_region(mixed, district.cells, HuffParams.of())
    assert found["store_id"].tolist() == mixed["store_id"].tolist()
