"""The synthetic China: what each table must be like, whatever the seed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lst_workbench.assumptions import data_folder, load_register
from lst_workbench.geo import cells_of, haversine_km, nearest, neighbours_within
from lst_workbench.market import build_market, read_market
from lst_workbench.market.build import figures_from
from lst_workbench.market.synthetic import Drawing, Figures, read_geography
from lst_workbench.market.synthetic.cells import _levelled
from lst_workbench.market.synthetic.places import draw_places
from lst_workbench.market.synthetic.sites import SERVED_BY_NAME, lay_out_sites, sites_serving
from lst_workbench.market.synthetic.streams import apportion, stream


@pytest.fixture(scope="module")
def sample():
    return read_market(data_folder() / "sample")


@pytest.fixture(scope="module")
def geography():
    return read_geography(data_folder() / "places")


@given(total=st.integers(0, 10_000), weights=st.lists(st.floats(0.01, 100), min_size=1, max_size=30))
def test_apportioned_shares_add_up_and_stay_within_one(total, weights):
    weights = np.array(weights)
    shares = apportion(total, weights)
    assert shares.sum() == total
    assert np.abs(shares - total * weights / weights.sum()).max() < 1 + 1e-9


def test_streams_differ_by_seed_table_and_prefecture():
    draws = {stream(*key).random() for key in [(7, "a", 1), (8, "a", 1), (7, "b", 1), (7, "a", 2)]}
    assert len(draws) == 4


def test_no_cell_is_shared_between_neighbouring_prefectures(sample):
    neighbour = build_market(prefectures=["Xuancheng"])
    assert not set(sample.cells["h3_8"]) & set(neighbour.cells["h3_8"])
    assert not set(sample.stores["store_id"]) & set(neighbour.stores["store_id"])


def test_people_are_dense_in_towns_and_thin_in_villages(sample):
    people = sample.cells.groupby("settlement_kind", observed=True)["people"].median()
    assert people["city_core"] > people["suburb"] > people["village"]
    seat = sample.places[sample.places["settlement_kind"] == "city_core"].iloc[0]
    km = haversine_km(seat["lat"], seat["lon"], sample.cells["lat"], sample.cells["lon"])
    assert sample.cells["people"][km < 2].mean() > 5 * sample.cells["people"][(km > 8) & (km < 20)].mean()


def test_levelling_keeps_people_and_the_ceiling():
    people = np.array([100.0, 10.0, 10.0, 0.0])
    levelled = _levelled(people, 60.0)
    assert levelled.sum() == pytest.approx(120.0) and levelled.max() <= 60.0 and levelled[3] == 0.0


def test_stores_stand_in_their_cells(sample):
    assert np.array_equal(cells_of(sample.stores["lat"], sample.stores["lon"]), sample.stores["h3_8"])
    cells = sample.cells.set_index("h3_8").loc[sample.stores["h3_8"]]
    for column in ("place_id", "settlement_kind", "prefecture_code"):
        assert np.array_equal(cells[column].to_numpy(), sample.stores[column].to_numpy())


def test_stores_follow_people_at_the_rate_of_the_register(sample):
    rate = sample.cells["people"].sum() / len(sample.stores)
    assert rate == pytest.approx(load_register()["market.people_per_store"].value, rel=0.2)
    per_cell = sample.stores.groupby("h3_8").size().reindex(sample.cells["h3_8"]).fillna(0)
    assert np.corrcoef(per_cell, sample.cells["people"])[0, 1] > 0.8
    assert sample.stores["area_m2"].mean() == pytest.approx(load_register()["store.area_m2"].value, rel=0.2)


def test_places_of_a_prefecture_with_few_known_are_filled_up(geography):
    places = draw_places(geography, 341200, 7, Drawing())  # Fuyang: 10.9 m people, few townships known
    added = places[places["origin"] == "synthetic"]
    assert len(added) > 20 and (added["place_id"] >= 900_000_000).all() and places["place_id"].is_unique
    real = places[places["origin"] == "real"]
    assert nearest(added["lat"], added["lon"], real["lat"], real["lon"])[1].min() > 1.0
    row, _ = geography.nearest_place(added["lat"].to_numpy(), added["lon"].to_numpy())
    assert (geography.places["prefecture_code"].to_numpy()[row] == 341200).all()


def test_townships_across_the_border_stay_with_their_prefecture(geography):
    names = geography.places.set_index("place_id")["prefecture_code"]
    jixi, jingde, tunxi, qimen = 1806996, 1805558, 1792359, 1797972
    assert names[[jixi, jingde]].tolist() == [341800, 341800]
    assert names[[tunxi, qimen]].tolist() == [341000, 341000]


def test_participants_chose_themselves(sample):
    joined = sample.stores["store_id"].isin(sample.participants["store_id"])
    hidden = sample.truth["stores"].set_index("store_id").loc[sample.stores["store_id"]]
    fronts = sample.sites[sample.sites["tier"] == "front"]
    _, km = nearest(sample.stores["lat"], sample.stores["lon"], fronts["lat"], fronts["lon"])
    for higher in (np.log(sample.stores["area_m2"]), np.log(hidden["sales_rmb_month"]), hidden["drive"], -km):
        values = np.asarray(higher, float)
        gap = values[joined].mean() - values[~joined].mean()
        assert gap / values.std() > 0.2
    # Drive stands in no column: among shops alike in floor and settlement those who joined still differ.
    alike = sample.stores["area_m2"].between(40, 60) & (sample.stores["settlement_kind"] == "township")
    drive = hidden["drive"].to_numpy()
    assert drive[joined & alike].mean() - drive[~joined & alike].mean() > 0.3


def test_participants_joined_before_the_start_and_ever_faster(sample):
    months = sample.participants["joined_month"]
    start = pd.Timestamp(Figures().start_month)
    assert months.max() < start and months.min() >= start - pd.DateOffset(months=13)
    assert sample.participants.groupby("joined_month").size().is_monotonic_increasing
    assert 0.35 < sample.participants["active"].mean() < 0.55


def test_hidden_people_are_the_people_of_the_cells(sample):
    # Everybody who has a store within reach shops somewhere.
    hidden = sample.truth["stores"]
    assert hidden["people"].sum() == pytest.approx(sample.cells["people"].sum(), rel=0.01)
    assert (hidden[["attraction", "people", "sales_rmb_month"]] > 0).all().all()
    assert "store_effect" in hidden and len(sample.truth["parameters"]) > 30


def test_the_network_has_its_tiers_and_each_site_its_feeder(geography):
    figures = figures_from(load_register())
    sites = lay_out_sites(geography, 7, figures, Drawing())
    assert sites["tier"].value_counts().to_dict() == {"front": 200, "city": 40, "regional": 8}
    tier = sites.set_index("site_id")["tier"]
    pairs = sites.dropna(subset=["feeds_from"])
    chain = set(zip(pairs["tier"], tier[pairs["feeds_from"].astype(int)], strict=True))
    assert chain == {("front", "city"), ("city", "regional")}
    assert sites["feeds_from"].isna().sum() == 8
    assert sites["site_id"].is_unique and (sites["open_month"] <= pd.Timestamp("2018-08-01")).all()


def test_a_prefecture_brings_the_feeders_of_its_sites(geography, sample):
    assert set(sample.sites.loc[sample.sites["tier"] == "front", "place_id"]) == set(SERVED_BY_NAME[341000])
    assert (sample.sites["prefecture_code"] != 341000).sum() >= 2
    sites = lay_out_sites(geography, 7, Figures(), Drawing())
    borrowed = sites_serving(sites, geography.prefectures.loc[[341800]])  # Xuancheng has no warehouse of its own
    assert borrowed["tier"].tolist().count("front") == 1 and set(borrowed["tier"]) == {"front", "city", "regional"}


def test_some_stores_lie_beyond_every_front_warehouse(sample):
    fronts = sample.sites[sample.sites["tier"] == "front"]
    radius = load_register()["network.front_radius_km"].value / load_register()["network.circuity"].value
    near = neighbours_within(sample.stores["lat"], sample.stores["lon"], fronts["lat"], fronts["lon"], radius)
    assert 0.02 < (near.counts == 0).mean() < 0.4


def test_territories_hold_about_as_many_stores_each(sample):
    load = sample.stores.merge(sample.territories, on="place_id").groupby("territory_id").size()
    assert 3 <= len(load) <= 5
    assert load.between(1_500, 2_500).all()
    assert sample.territories["place_id"].tolist() == sample.places["place_id"].tolist()
