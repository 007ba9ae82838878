"""The realism report."""

from dataclasses import replace

import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.market import build_market, check_market, check_provinces, read_market


@pytest.fixture(scope="module")
def sample():
    return read_market(data_folder() / "sample")


def test_the_sample_is_plausible(sample):
    report = check_market(sample).set_index("figure")
    assert report["in_range"].dropna().all()
    assert report.at["people", "value"] == sample.places["people"].sum()
    assert report.at["participants_area_ratio", "value"] > 1.3


def test_a_figure_out_of_range_is_marked(sample):
    few = replace(sample, tables=dict(sample.tables) | {"stores": sample.stores.iloc[:1000]})
    assert not check_market(few).set_index("figure").at["people_per_store", "in_range"]


def test_whole_provinces_are_measured_against_their_people():
    report = check_market(build_market(provinces=["Ningxia"])).set_index("figure")
    assert report.at["province_people_error_most", "value"] < 1e-9


def test_a_part_of_a_province_is_not_measured_as_if_it_were_whole(sample):
    assert check_provinces(sample).empty
