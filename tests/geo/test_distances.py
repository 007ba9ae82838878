"""Distances: a published one, and what every distance obeys."""

import math

import numpy as np

from lst_workbench.geo import EARTH_RADIUS_KM, haversine_km


def test_quarter_of_the_meridian():
    assert math.isclose(haversine_km(0, 0, 90, 0), math.pi / 2 * EARTH_RADIUS_KM, rel_tol=1e-12)


def test_published_distance_from_lyon_to_paris():
    # The example of the Python package haversine, to its 0.01 km (it takes R = 6371.0088 km too).
    assert abs(haversine_km(45.7597, 4.8422, 48.8567, 2.3508) - 392.2172595594006) < 1e-6


def test_shapes_broadcast_and_distance_is_symmetric():
    lat, lon = np.array([[30.0], [31.0]]), np.array([[118.0], [119.0]])
    km = haversine_km(lat, lon, np.array([30.5, 29.0, 45.0]), np.array([118.5, 100.0, 120.0]))
    assert km.shape == (2, 3)
    assert km[1, 2] == haversine_km(45.0, 120.0, 31.0, 119.0)


def test_antipodes_do_not_overflow():
    assert math.isclose(haversine_km(30.0, 118.0, -30.0, -62.0), math.pi * EARTH_RADIUS_KM, rel_tol=1e-12)
