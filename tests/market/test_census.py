"""An analyst's census: read, told apart from nonsense, built upon, and compared with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.contracts import InputError
from lst_workbench.market import build_market, compare_with_census, read_census, read_market

COUNTIES = Path(__file__).parents[3] / "shared/data/china/counties_2017.csv"
UNITS = pd.DataFrame(
    {
        "adcode": [341002, 341003, 341021],
        "县": ["屯溪区", "黄山区", "歙县"],
        "人口": [250_000, 150_000, 500_000],
        "纬度": [29.715, 30.294, 29.868],
        "经度": [118.317, 118.137, 118.428],
        "门店数": [1_100, 650, 2_100],
    }
)


@pytest.fixture
def census(tmp_path):
    def write(table, encoding="utf-8", name="units.csv"):
        table.to_csv(tmp_path / name, index=False, encoding=encoding)
        return tmp_path / name

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headings_and_encodings_are_known(census, encoding):
    units = read_census(census(UNITS, encoding))
    assert units["people"].tolist() == [250_000, 150_000, 500_000]
    assert units["name"].tolist() == ["屯溪区", "黄山区", "歙县"]
    assert units["code"].tolist() == [341002, 341003, 341021]
    assert units["stores"].sum() == 3850


def test_cells_add_up_to_the_units_and_stores_follow(census):
    units = read_census(census(UNITS))
    market = build_market(prefectures=["Huangshan"], census=units)
    compared = compare_with_census(market, units)
    assert compared.units["people_market"].tolist() == [250_000, 150_000, 500_000]
    assert compared.figures.set_index("figure")["value"]["census_people_median_error"] == 0
    modelled = read_market(data_folder() / "sample")
    assert len(market.stores) != len(modelled.stores)
    per_store = compared.units["people"] / compared.units["stores_market"]
    assert per_store.between(150, 350).all()
    assert "census" in market.meta.source


def test_units_at_one_seat_count_together(census):
    split = pd.concat([UNITS, UNITS.iloc[[0]].assign(adcode=341004, 人口=50_000)], ignore_index=True)
    market = build_market(prefectures=["Huangshan"], census=read_census(census(split)))
    together = compare_with_census(market, read_census(census(split))).units
    assert together["people"].tolist() == [300_000, 150_000, 500_000]
    assert together["people_market"].tolist() == [300_000, 150_000, 500_000]
    assert together["name"].iloc[0] == "屯溪区 and 1 more"


def test_a_census_too_dense_for_its_cells_keeps_its_people_and_the_densest_cell(census):
    crowded = UNITS.assign(纬度=[29.715, 29.735, 29.868], 经度=[118.317, 118.337, 118.428], 人口=[2_000_000, 10_000, 1])
    market = build_market(prefectures=["Huangshan"], census=read_census(census(crowded)))
    assert market.cells["people"].astype(float).sum() == 2_010_001
    assert market.cells["people"].max() < 60_000


def test_prefectures_without_units_keep_their_modelled_people(census):
    units = read_census(census(UNITS))
    part = build_market(prefectures=["Chizhou"], census=units)
    alone = build_market(prefectures=["Chizhou"])
    assert part.cells["people"].sum() == alone.cells["people"].sum()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"人口": [250_000, -1, 5]}, r"people must be a number from 0 in every row \(1 are not, first in line 3"),
        ({"人口": ["many", 1, 5]}, "first in line 2"),
        ({"人口": [0, 0, 0]}, "people add up to 0"),
        ({"纬度": [118.3, 30.3, 29.9]}, "lat must be a latitude of China"),
        ({"经度": [np.inf, 118.0, 118.0]}, "lon must be a longitude of China"),
    ],
)
def test_nonsense_is_named_with_its_lines(census, change, words):
    with pytest.raises(InputError, match=words):
        read_census(census(UNITS.assign(**change)))


def test_missing_columns_files_and_formats_are_one_sentence(census, tmp_path):
    with pytest.raises(InputError, match="column lat is missing"):
        read_census(census(UNITS.drop(columns="纬度")))
    with pytest.raises(InputError, match="column people is missing"):
        read_census(census(UNITS), people="pop_1990")
    with pytest.raises(InputError, match="not a file"):
        read_census(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_census(tmp_path / "empty.csv")
    (tmp_path / "units.xlsx").write_bytes(b"PK no")
    with pytest.raises(InputError, match="cannot be read as xlsx"):
        read_census(tmp_path / "units.xlsx")
    far = UNITS.assign(adcode=110101, 纬度=39.9, 经度=116.4)
    with pytest.raises(InputError, match="none of its units lies in a prefecture of the market"):
        compare_with_census(read_market(data_folder() / "sample"), read_census(census(far)))


def test_codes_of_townships_begin_with_their_county(census):
    towns = UNITS.assign(adcode=[341002001000, 341003001, 341021])
    market = read_market(data_folder() / "sample")
    assert len(compare_with_census(market, read_census(census(towns))).units) == 3


@pytest.mark.skipif(not COUNTIES.is_file(), reason=f"{COUNTIES} is not there")
def test_the_published_counties_are_read_and_built_upon():
    units = read_census(COUNTIES)
    assert len(units) == 2947 and abs(units["people"].sum() / 1.388e9 - 1) < 0.001
    hainan = {"provinces": ["Hainan"]}
    modelled = compare_with_census(build_market(**hainan), units).figures.set_index("figure")["value"]
    counted = compare_with_census(build_market(**hainan, census=units), units).figures.set_index("figure")["value"]
    assert counted["census_people_median_error"] < modelled["census_people_median_error"]
    assert counted["census_people_rank_correlation"] > 0.9
