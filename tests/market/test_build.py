"""Building: the same twice, a part equal to the same part of more, totals kept, names understood."""

import numpy as np
import pandas as pd
import pandas.testing as pdt
import pytest

from lst_workbench.assumptions import data_folder, load_register
from lst_workbench.contracts import InputError
from lst_workbench.market import TABLES, build_market, fingerprint_of, read_market
from lst_workbench.market.build import chosen_prefectures, figures_from
from lst_workbench.market.synthetic import Drawing, read_geography
from lst_workbench.market.synthetic.participants import participant_quotas
from lst_workbench.market.synthetic.stores import TOUR_STORE_ID, store_quotas


@pytest.fixture(scope="module")
def huangshan():
    return build_market(provinces=["Anhui"], prefectures=["Huangshan"])


@pytest.fixture(scope="module")
def two():
    return build_market(provinces=["安徽"], prefectures=["黄山市", "Chizhou"])


def test_the_sample_is_what_build_market_makes(huangshan):
    sample = read_market(data_folder() / "sample")
    for name in TABLES:
        pdt.assert_frame_equal(sample.tables[name], huangshan.tables[name])
    for name, frame in huangshan.truth.items():
        pdt.assert_frame_equal(sample.truth[name], frame)
    assert sample.meta == huangshan.meta
    assert sum(path.stat().st_size for path in sample.folder.rglob("*") if path.is_file()) < 5_000_000


def test_another_seed_draws_another_market(huangshan):
    other = build_market(prefectures=["Huangshan"], seed=8)
    assert other.meta.fingerprint != huangshan.meta.fingerprint
    assert other.cells["people"].sum() == huangshan.cells["people"].sum()


def test_a_part_built_alone_equals_its_part_of_more(huangshan, two):
    for name in ("places", "cells", "stores"):
        part = two.tables[name].query("prefecture_code == 341000").reset_index(drop=True)
        pdt.assert_frame_equal(part, huangshan.tables[name])
    for name, key, known in (
        ("participants", "store_id", huangshan.stores["store_id"]),
        ("territories", "place_id", huangshan.places["place_id"]),
        ("sites", "site_id", huangshan.sites["site_id"]),
    ):
        table = two.tables[name]
        pdt.assert_frame_equal(table[table[key].isin(known)].reset_index(drop=True), huangshan.tables[name])
    hidden = two.truth["stores"]
    own = hidden[hidden["store_id"].isin(huangshan.stores["store_id"])].reset_index(drop=True)
    pdt.assert_frame_equal(own, huangshan.truth["stores"])


@pytest.mark.slow
def test_a_prefecture_equals_its_part_of_the_province(two):
    anhui = build_market(provinces=["Anhui"])
    codes = two.places["prefecture_code"].unique()
    for name in ("places", "cells", "stores"):
        part = anhui.tables[name]
        part = part[part["prefecture_code"].isin(codes)].reset_index(drop=True)
        pdt.assert_frame_equal(part, two.tables[name])


def test_people_add_up_from_cell_to_nation(two):
    geography = read_geography(data_folder() / "places")
    people = two.cells.astype({"people": "float64"}).groupby("prefecture_code")["people"].sum()
    assert people.to_dict() == geography.prefectures.loc[people.index, "people"].to_dict()
    assert two.places.groupby("prefecture_code")["people"].sum().to_dict() == people.to_dict()
    by_province = geography.prefectures.groupby("province_code")["people"].sum()
    assert (by_province == geography.provinces["pop_2017_10k"] * 10_000).all()
    urban = geography.prefectures.assign(urban=lambda p: p["people"] * p["urban_share"])
    urban = urban.groupby("province_code")["urban"].sum() / by_province * 100
    np.testing.assert_allclose(urban, geography.provinces["urban_pct_2017"], atol=0.02)


def test_the_nation_is_of_the_size_that_the_register_says():
    geography = read_geography(data_folder() / "places")
    figures = figures_from(load_register())
    shops = store_quotas(geography, 7, figures, Drawing())
    joined = participant_quotas(geography, figures, Drawing())
    assert abs(geography.prefectures["people"].sum() / 1.390e9 - 1) < 0.005
    assert abs(shops.sum() / figures.stores_nation - 1) < 0.005
    assert 204 <= geography.prefectures["people"].sum() / shops.sum() <= 232, "as check_market asks of the nation"
    assert joined.sum() == figures.participants_nation
    assert (joined < shops).all()


def test_tables_meet_their_contracts_and_point_at_each_other(two):
    for name, contract in TABLES.items():
        pdt.assert_frame_equal(contract.check(two.tables[name], allow_empty=False), two.tables[name])
        assert set(contract.columns()) <= set(two.tables[name])
    assert two.stores["place_id"].isin(two.territories["place_id"]).all()
    assert two.stores["h3_8"].isin(two.cells["h3_8"]).all()
    assert two.sites["feeds_from"].dropna().isin(two.sites["site_id"]).all()
    assert fingerprint_of(two.tables) == two.meta.fingerprint


def test_the_tour_store_is_there_and_not_yet_in_the_system(huangshan):
    store = huangshan.stores.set_index("store_id").loc[TOUR_STORE_ID]
    assert (store["name"], store["area_m2"], store["store_kind"]) == ("屯溪食品店", 150.0, "foodstuffs")
    assert huangshan.places.set_index("place_id").at[store["place_id"], "name_zh"] == "黄山"
    assert TOUR_STORE_ID not in set(huangshan.participants["store_id"])


@pytest.mark.parametrize("name", ["Huangshan", "huangshan", "Huangshan City", "黄山", "黄山市", "341000"])
def test_names_in_both_languages_with_or_without_rank(name):
    geography = read_geography(data_folder() / "places")
    assert chosen_prefectures(geography, None, [name]) == [341000]


@pytest.mark.parametrize("name", ["Inner Mongolia", "内蒙古", "内蒙古自治区", "150000"])
def test_names_of_provinces(name):
    geography = read_geography(data_folder() / "places")
    assert len(chosen_prefectures(geography, [name])) == 12
    assert len(chosen_prefectures(geography)) == 366


@pytest.mark.parametrize(
    ("provinces", "prefectures", "words"),
    [
        (None, ["Huangshn"], "Huangshn is not known; did you mean Huangshan"),
        (None, ["黃山"], "黃山 is not known"),
        (["Anhuy"], None, r"Anhuy is not known; did you mean Anhui \(安徽省\)"),
        (["Zhejiang"], ["Huangshan"], "prefecture Huangshan is not known"),
        (None, ["Suzhou"], r"Suzhou can mean 320500 \(苏州市\) or 341300 \(宿州市\); give the code"),
        (["Anhuy", "Hebey"], None, "2 faults"),
    ],
)
def test_unknown_and_ambiguous_names_are_named_with_close_ones(provinces, prefectures, words):
    with pytest.raises(InputError, match=words):
        build_market(provinces=provinces, prefectures=prefectures)


def test_ambiguous_names_are_clear_inside_a_province():
    geography = read_geography(data_folder() / "places")
    assert chosen_prefectures(geography, ["Anhui"], ["Suzhou"]) == [341300]


def test_an_unknown_source_is_refused():
    with pytest.raises(InputError, match="use china-2017"):
        build_market("mars-2017")


def test_progress_is_told_by_prefecture():
    told = []
    build_market(prefectures=["Huangshan", "Sanya"], progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_every_prefecture_has_a_seat_and_every_id_is_its_own():
    places = read_geography(data_folder() / "places").places
    assert places["place_id"].is_unique
    assert (places[places["role"] == "prefecture_seat"].groupby("prefecture_code").size() == 1).all()
    assert places["prefecture_code"].nunique() == 366
    synthetic = places["place_id"] >= 900_000_000
    assert synthetic.sum() == 3 and isinstance(places, pd.DataFrame)


def test_a_province_built_alone_equals_its_part_of_more():
    more = build_market(provinces=["Tibet", "Qinghai"])
    alone = build_market(provinces=["Qinghai"])
    for name in ("places", "cells", "stores"):
        part = more.tables[name].query("province_code == 630000").reset_index(drop=True)
        pdt.assert_frame_equal(part, alone.tables[name])
    for name, key, known in (
        ("participants", "store_id", alone.stores["store_id"]),
        ("territories", "place_id", alone.places["place_id"]),
        ("sites", "site_id", alone.sites["site_id"]),
    ):
        part = more.tables[name]
        pdt.assert_frame_equal(part[part[key].isin(known)].reset_index(drop=True), alone.tables[name])


def test_no_shop_stands_across_the_border():
    market = build_market(prefectures=["Shenzhen", "Zhuhai"])
    geography = read_geography(data_folder() / "places")
    across = geography.beyond_border(*(market.stores[c].to_numpy(float) for c in ("lat", "lon")))
    assert len(market.stores) > 70_000
    assert not across.any()
    people = geography.prefectures.loc[[440300, 440400], "people"].sum()
    assert market.cells["people"].astype(float).sum() == people
    victoria_peak, luohu = geography.beyond_border(np.array([22.2759, 22.5472]), np.array([114.1455, 114.1315]))
    assert victoria_peak
    assert not luohu
