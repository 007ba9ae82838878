"""Neighbours: brute force on small cases, the edge of the radius, poles and the date line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lst_workbench.contracts import InputError
from lst_workbench.geo import haversine_km, nearest, neighbours_within


def as_sets(near):
    return [set(near.indices[s:e].tolist()) for s, e in zip(near.indptr[:-1], near.indptr[1:], strict=True)]


def brute(lat_a, lon_a, lat_b, lon_b, radius_km):
    km = haversine_km(lat_a[:, None], lon_a[:, None], lat_b[None], lon_b[None])
    return [set(np.flatnonzero(row).tolist()) for row in km <= radius_km]


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    radius_km=st.sampled_from([0.0, 0.05, 1.0, 40.0, 900.0, 8000.0, 30_000.0]),
    middle=st.sampled_from([(30.0, 118.0), (89.5, 10.0), (-89.9, 0.0), (51.0, 179.9), (0.0, -180.0)]),
    spread=st.sampled_from([0.01, 0.5, 10.0]),
)
def test_same_as_brute_force(seed, radius_km, middle, spread):
    rng = np.random.default_rng(seed)
    lat = np.clip(middle[0] + rng.normal(0, spread, 60), -90, 90)
    lon = (middle[1] + rng.normal(0, spread, 60) + 180) % 360 - 180
    near = neighbours_within(lat[:25], lon[:25], lat[20:], lon[20:], radius_km)
    assert as_sets(near) == brute(lat[:25], lon[:25], lat[20:], lon[20:], radius_km)
    np.testing.assert_array_equal(
        near.distance_km, haversine_km(lat[near.rows], lon[near.rows], lat[20:][near.indices], lon[20:][near.indices])
    )


def test_a_point_on_the_edge_belongs_to_it():
    rng = np.random.default_rng(1)
    lat, lon = 30 + rng.normal(0, 0.2, 200), 118 + rng.normal(0, 0.2, 200)
    for radius_km in haversine_km(lat[0], lon[0], lat[1:], lon[1:]):
        inside = neighbours_within(lat[:1], lon[:1], lat, lon, radius_km)
        assert inside.distance_km.max() == radius_km
        just_less = neighbours_within(lat[:1], lon[:1], lat, lon, np.nextafter(radius_km, 0))
        assert len(just_less.indices) == len(inside.indices) - 1


def test_none_near_and_no_rows():
    assert neighbours_within([30.0], [118.0], [31.0], [118.0], 1.0).counts.tolist() == [0]
    assert neighbours_within([], [], [31.0], [118.0], 1.0).indptr.tolist() == [0]
    assert neighbours_within([30.0], [118.0], [], [], 1.0).counts.tolist() == [0]


def test_read_only_arrays_are_accepted():
    lat, lon = np.array([30.0, 30.001]), np.array([118.0, 118.0])
    lat.flags.writeable = lon.flags.writeable = False
    assert neighbours_within(lat, lon, lat, lon, 1.0).counts.tolist() == [2, 2]


def test_nearest_is_the_least_of_all():
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(-90, 90, 300), rng.uniform(-180, 180, 300)
    found, km = nearest(lat[:100], lon[:100], lat[100:], lon[100:])
    every = haversine_km(lat[:100, None], lon[:100, None], lat[None, 100:], lon[None, 100:])
    np.testing.assert_allclose(km, every.min(axis=1), atol=1e-6)
    np.testing.assert_array_equal(km, every[np.arange(100), found])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: neighbours_within([30.0], [118.0], [30.0], [118.0], -1.0), "must be 0 or more"),
        (lambda: neighbours_within([np.nan], [118.0], [30.0], [118.0], 1.0), "positions a.*not finite"),
        (lambda: nearest([30.0], [118.0], [], []), "give at least one"),
    ],
)
def test_faults_are_named(call, words):
    with pytest.raises(InputError, match=words):
        call()
