"""Every shop as a dot: images checked pixel by pixel against a slow twin."""

import base64
import struct
import zlib

import numpy as np
import pandas as pd

from lst_workbench.geo import DOT_PARTICIPANT, DOT_UNCOVERED, morton, off_web_map, on_web_map
from lst_workbench.views import dots

MONTHS = pd.date_range("2017-09-01", periods=12, freq="MS")
BOUNDS = ((29.0, 117.0), (31.0, 120.0))


def pixels_of(url):
    """Read back an image that `dots_image` wrote."""
    content = base64.b64decode(url.split(",")[1])
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        chunks[kind] = content[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + chunks[kind]) == struct.unpack(">I", content[at + 8 + length : at + 12 + length])[0]
        at += 12 + length
    across, down = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(down, across + 1)
    return rows[:, 1:]


def table_of(lat, lon, step):
    x, y = on_web_map(lat, lon)
    return pd.DataFrame({"x": x, "y": y, "step": np.asarray(step, np.uint8), "store_id": np.arange(len(x))})


def test_each_pixel_has_the_colour_of_most_of_its_dots():
    rng = np.random.default_rng(3)
    table = table_of(rng.uniform(28, 32, 4000), rng.uniform(116, 121, 4000), rng.choice([0, 1, 12, 254, 255], 4000))
    painted = pixels_of(dots.dots_image([table[:1500], table[1500:]], BOUNDS, (30, 20), 12))
    (x0, x1), (y0, y1) = dots.window_of(BOUNDS).values()
    kind = {
        0: dots.NOT_CHOSEN,
        1: 0,
        12: dots.STEPS - 1,
        DOT_PARTICIPANT: dots.PARTICIPANT,
        DOT_UNCOVERED: dots.UNCOVERED,
    }
    for v in range(20):
        for u in range(30):
            here = [
                kind[row.step]
                for row in table.itertuples()
                if (row.x - x0) * 30 // (x1 - x0) == u and (row.y - y0) * 20 // (y1 - y0) == v
            ]
            if not here:
                assert painted[v, u] == 0
                continue
            most = np.bincount(here, minlength=dots.COLOURS)
            assert (painted[v, u] - 1) // dots.SHADES == most.argmax()
            assert (painted[v, u] - 1) % dots.SHADES == min(int(np.log2(len(here))), dots.SHADES - 1)


def test_north_is_up_and_east_is_right():
    painted = pixels_of(dots.dots_image([table_of([30.99], [119.99], [1])], BOUNDS, (10, 10), 12))
    assert painted[0, 9] > 0 and (painted > 0).sum() == 1


def test_single_shops_stand_where_they_are():
    table = table_of([29.71, 30.1], [118.31, 118.2], [0, 5])
    features = dots.shops_geojson(table, 12)["features"]
    assert [f["properties"]["store_id"] for f in features] == [0, 1]
    np.testing.assert_allclose(
        [f["geometry"]["coordinates"] for f in features], [[118.31, 29.71], [118.2, 30.1]], atol=2e-6
    )
    assert len(dots.dots_legend(list(MONTHS), "en")) == dots.STEPS + 3


def test_neighbours_follow_each_other_along_the_curve():
    rng = np.random.default_rng(5)
    x, y = on_web_map(rng.uniform(20, 50, 5000), rng.uniform(75, 130, 5000))
    order = np.argsort(morton(x, y), kind="stable")
    lat, lon = off_web_map(x, y)
    along = np.abs(np.diff(lat[order])).mean() + np.abs(np.diff(lon[order])).mean()
    assert along < 0.1 * (np.abs(np.diff(lat)).mean() + np.abs(np.diff(lon)).mean())
