"""Datums: published positions, and there and back again."""

import numpy as np
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.geo import from_wgs84, haversine_km, to_wgs84

LAT, LON = (side.ravel() for side in np.meshgrid(np.linspace(18.5, 53.0, 40), np.linspace(74.0, 134.5, 40)))


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_there_and_back(datum):
    lat, lon = to_wgs84(*from_wgs84(LAT, LON, datum), datum)
    np.testing.assert_allclose(lat, LAT, atol=1e-9)
    np.testing.assert_allclose(lon, LON, atol=1e-9)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # the test cases of googollee/eviltransform, the origin of all ports: Shanghai, Shenzhen, Beijing
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_published_positions(wgs84, gcj02):
    np.testing.assert_allclose(from_wgs84(*wgs84, "gcj02"), gcj02, atol=1e-9)
    np.testing.assert_allclose(to_wgs84(*gcj02, "gcj02"), wgs84, atol=1e-9)


def test_the_published_position_of_baidu():
    # The example in the README of wandergis/coordtransform: GCJ-02 39.915 N 116.404 E.
    gcj02_in_wgs84 = to_wgs84(39.915, 116.404, "gcj02")
    np.testing.assert_allclose(from_wgs84(*gcj02_in_wgs84, "bd09"), (39.92133699351021, 116.41036949371029), atol=1e-9)


def test_the_shift_moves_a_shop_by_hundreds_of_metres():
    shifts = haversine_km(LAT, LON, *from_wgs84(LAT, LON, "gcj02"))
    assert shifts.min() > 0.05 and shifts.max() < 1.1
    assert 0.3 < np.median(shifts) < 0.7


def test_abroad_gcj02_is_wgs84():
    assert np.array_equal(from_wgs84([48.85], [2.35], "gcj02"), ([48.85], [2.35]))


def test_an_unknown_datum_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match="use one of wgs84, gcj02, bd09"):
        to_wgs84([30.0], [118.0], "cgcs2000")
