import re

import numpy as np
import pandas as pd
import pytest

from lst_workbench.geo import cells_of, disks
from lst_workbench.views import charts, leaflet_maps, maps
from lst_workbench.views.theme import colour

MONTHS = pd.date_range("2017-09-01", periods=3, freq="MS")


@pytest.fixture(scope="module")
def wide():
    """Two thousand cells of resolution 8 spread over a province."""
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(29.4, 34.6, 2000), rng.uniform(114.9, 119.6, 2000)
    cells = pd.unique(cells_of(lat, lon))
    n = len(cells)
    month = pd.Series(MONTHS[rng.integers(0, 3, n)]).where(rng.random(n) < 0.5)
    return pd.DataFrame(
        {
            "h3_8": cells,
            "place_id": 1,
            "stores": 3,
            "participants": 1,
            "signups": 1,
            "uncovered": 0,
            "first_month": month,
            "potential_rmb_month": rng.lognormal(9, 1, n),
        }
    )


def rings(layer):
    return sum(len(feature["geometry"]["coordinates"]) for feature in layer.geojson["features"])


def test_every_cell_is_drawn_once_in_the_colour_of_its_first_month(tables):
    layer = maps.waves_layer(tables["cells_plan"], list(MONTHS), "en")
    assert rings(layer) == len(tables["cells_plan"]) or layer.resolution < 8
    labels = dict((label, shade) for shade, label in layer.legend)
    assert labels["Sep"] == colour("seq-7") and labels["Not in this plan"] == colour("seq-none")
    assert len({shade for shade, _ in layer.legend}) == len(layer.legend), "no two meanings share a colour"


def test_a_wide_market_is_drawn_in_coarser_cells_that_add_up(wide):
    layer = maps.potential_layer(wide, "en")
    assert layer.resolution < 8
    parents = maps.parents_of(wide["h3_8"].to_numpy(), layer.resolution)
    assert rings(layer) == len(np.unique(parents))


def test_parents_agree_with_h3():
    import h3.api.basic_int as h3

    cells = disks(cells_of([29.7], [118.3]), 6)[1]
    for resolution in range(8):
        assert maps.parents_of(cells, resolution).tolist() == [h3.cell_to_parent(int(c), resolution) for c in cells]


def test_cells_out_of_reach_look_unlike_cells_that_were_not_chosen(tables):
    lost = tables["cells_plan"].assign(first_month=pd.NaT)
    lost.loc[0, "uncovered"] = lost.loc[0, "stores"]
    layer = maps.waves_layer(lost, list(MONTHS), "en")
    styles = {feature["properties"]["style"]["fillColor"] for feature in layer.geojson["features"]}
    assert styles == {colour("surface"), colour("seq-none")}
    assert "Out of reach of every warehouse" in dict((label, shade) for shade, label in layer.legend)


def test_names_are_bilingual_escaped_and_leave_room(places, sites):
    labels = maps.place_labels(places, "zh")
    assert "黄山 <em>Huangshan</em>" in labels[0].markup
    assert not [label for label in (*labels, *maps.site_labels(sites, "en")) if "<img" in label.markup]
    crowd = pd.concat([places.assign(lat=places["lat"] + i * 1e-4, place_id=i) for i in range(20)])
    assert len(maps.place_labels(crowd, "en")) == 2


def test_an_empty_plan_still_gives_a_map(tables):
    none = tables["cells_plan"].iloc[:0]
    for layer in (maps.waves_layer(none, list(MONTHS), "en"), maps.potential_layer(none, "en")):
        assert layer.geojson["features"] == []


def test_a_store_outweighs_nothing_when_it_draws_from_one_cell():
    links = pd.DataFrame({"h3_8": cells_of([29.7], [118.3]), "people": [5.0]})
    layer = maps.catchment_layer(links, "en")
    assert layer.geojson["features"][0]["properties"]["style"]["fillColor"] == colour("goal")


def test_the_folium_map_asks_the_network_for_nothing(tables, places, sites):
    layer = maps.waves_layer(tables["cells_plan"], list(MONTHS), "en")
    labels = (*maps.place_labels(places, "en"), *maps.site_labels(sites, "en"))
    page = leaflet_maps.folium_map(maps.with_labels(layer, labels)).get_root().render()
    without_leaflet = page.replace(leaflet_maps.leaflet_script(), "")
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", without_leaflet)
    assert "tileLayer(" not in without_leaflet
    assert "<img src=x" not in page
    assert "Not in this plan" in page


def test_the_widget_map_has_no_tiles(tables):
    import ipyleaflet

    view = leaflet_maps.leaflet_map(maps.waves_layer(tables["cells_plan"], list(MONTHS), "en"))
    assert not [layer for layer in view.layers if isinstance(layer, ipyleaflet.TileLayer)]


def test_zoom_fits_the_box_into_the_map():
    south, west, north, east = 29.4, 117.6, 30.4, 119.0
    bounds = ((south, west), (north, east))
    world = 256 * 2 ** leaflet_maps.fitting_zoom(bounds, 700, 580)
    across = (east - west) / 360 * world
    down = (np.arctanh(np.sin(np.radians(north))) - np.arctanh(np.sin(np.radians(south)))) / (2 * np.pi) * world
    assert across <= 700 and down <= 580 and max(across / 700, down / 580) > 0.96


def test_the_chart_says_the_figures_of_the_tables(tables):
    figure = charts.curve_figure(tables, 3.0, "en", festival=MONTHS[1])
    assert list(figure.data[0].y) == [2.0, 3.0, 3.9]
    assert figure.data[3].text.tolist()[0] == ["100", "100", "99"]
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "Goal 3" in said and "Spring Festival" in said
    assert len(figure.layout.yaxis.tickvals) <= 6
    figure = charts.curve_figure(tables, 3.0, "zh", festival=MONTHS[1])
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "目标 3" in said and "春节" in said and "Goal" not in said


@pytest.mark.parametrize("most", [0.0, 1.0, 7.0, 24.0, 99.0, 961.0, 1_012.0, 250_000.0, 999_999.0])
def test_axes_have_few_round_ticks(most):
    ticks, top = charts._axis(most)
    assert 1 <= len(ticks) <= 6 and ticks[0] == 0 and (top >= most)


def test_a_goal_of_signups_draws_no_line_among_stores_in_system(tables):
    figure = charts.curve_figure(tables, 900.0, "en", counted="signups")
    assert not [shape for shape in figure.layout.shapes if shape.type == "line"]
