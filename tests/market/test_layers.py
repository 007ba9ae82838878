import geopandas as gpd
import pytest
from shapely import LineString, MultiLineString, Point, Polygon

from lst_workbench.contracts import InputError
from lst_workbench.market.layers import read_lines

RIVER = MultiLineString([[(114.0, 30.0), (114.5, 30.5)], [(115.0, 31.0), (115.5, 31.5)]])


def test_lines_become_points_in_order_with_their_parts(tmp_path):
    layer = gpd.GeoDataFrame(
        {"name": ["Yangtze", "Han"]}, geometry=[RIVER, LineString([(113, 30), (113, 31)])], crs=4326
    )
    layer.to_crs(3857).to_file(tmp_path / "rivers.gpkg")
    points = read_lines(tmp_path / "rivers.gpkg")
    assert points["barrier_id"].tolist() == ["Yangtze"] * 4 + ["Han"] * 2
    assert points["part"].tolist() == [0, 0, 1, 1, 2, 2]
    assert points["lat"].round(6).tolist() == [30.0, 30.5, 31.0, 31.5, 30.0, 31.0]


def test_a_lake_is_its_shore_and_lines_without_a_name_are_numbered(tmp_path):
    lake = Polygon([(114, 30), (115, 30), (115, 31)])
    gpd.GeoDataFrame(geometry=[lake], crs=4326).to_file(tmp_path / "lake.geojson")
    points = read_lines(tmp_path / "lake.geojson")
    assert len(points) == 4 and set(points["barrier_id"]) == {"1"}


def test_what_is_no_layer_of_lines_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "text.gpkg").write_text("no layer")
    gpd.GeoDataFrame(geometry=[Point(114, 30)], crs=4326).to_file(tmp_path / "points.gpkg")
    for name, said in (("text.gpkg", "it is no map layer"), ("points.gpkg", "it holds no lines")):
        with pytest.raises(InputError, match=said) as raised:
            read_lines(tmp_path / name)
        assert str(raised.value).count("\n") == 0
