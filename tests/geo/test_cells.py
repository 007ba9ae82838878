"""Cells: the same as h3's own, there and back."""

import h3
import numpy as np

from lst_workbench.geo import boundaries_of, cells_from_hex, cells_of, centres_of, disks, haversine_km, hex_ids

RNG = np.random.default_rng(5)
LAT, LON = RNG.uniform(18, 53, 500), RNG.uniform(74, 134, 500)


def test_cells_are_those_of_h3():
    assert hex_ids(cells_of(LAT, LON)).tolist() == [h3.latlng_to_cell(a, b, 8) for a, b in zip(LAT, LON, strict=True)]


def test_centres_lie_in_their_cells():
    cells = cells_of(LAT, LON)
    lat, lon = centres_of(cells)
    assert np.array_equal(cells_of(lat, lon), cells)
    assert haversine_km(LAT, LON, lat, lon).max() < 0.7


def test_hex_ids_there_and_back():
    cells = cells_of(LAT, LON)
    assert np.array_equal(cells_from_hex(hex_ids(cells)), cells)


def test_disks_are_those_of_h3():
    cells = cells_of(LAT[:3], LON[:3])
    rows, members = disks(cells, 3)
    assert np.bincount(rows).tolist() == [37, 37, 37]
    assert set(hex_ids(members[rows == 1])) == set(h3.grid_disk(hex_ids(cells)[1], 3))


def test_boundaries_surround_their_centres():
    lat, lon = boundaries_of(cells_of(LAT, LON))
    np.testing.assert_allclose(lat.mean(axis=1), centres_of(cells_of(LAT, LON))[0], atol=2e-3)
    assert lat.shape == lon.shape and lat.shape[1] >= 6


def test_no_positions_give_no_cells():
    assert len(cells_of([], [])) == len(centres_of([])[0]) == len(disks([], 2)[1]) == len(boundaries_of([])[0]) == 0
