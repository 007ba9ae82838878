"""H3 cells as int64 arrays: positions to cells, cells to centres, outlines, disks and the hex ids that maps use."""

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

RESOLUTION = 8


def cells_of(lat: ArrayLike, lon: ArrayLike, resolution: int = RESOLUTION) -> np.ndarray:
    """H3 cell that holds each position.

    Parameters
    ----------
    lat, lon : array_like of shape (n,)
        Positions in degrees, WGS-84.
    resolution : int
        H3 resolution; cells of resolution 8 are about 0.7 km² large and lie about 0.9 km apart.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> cells_of([29.715], [118.315])
    array([613643029934243839])
    """
    lats, lons = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    cell_of = h3.latlng_to_cell
    cells = (cell_of(y, x, resolution) for y, x in zip(lats.tolist(), lons.tolist(), strict=True))
    return np.fromiter(cells, np.int64, len(lats))


def centres_of(cells: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of each cell's centre, in degrees.

    Examples
    --------
    >>> lat, lon = centres_of(cells_of([29.715], [118.315]))
    >>> bool(abs(lat[0] - 29.715) < 0.01)
    True
    """
    distinct, rows = _distinct(cells)
    centres = np.array([h3.cell_to_latlng(cell) for cell in distinct.tolist()]).reshape(-1, 2)
    return centres[rows, 0], centres[rows, 1]


def boundaries_of(cells: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Corners of each cell, as two arrays (n, corners) of latitudes and longitudes; short outlines repeat a corner.

    Examples
    --------
    >>> boundaries_of(cells_of([29.715], [118.315]))[0].shape
    (1, 6)
    """
    distinct, rows = _distinct(cells)
    outlines = [h3.cell_to_boundary(cell) for cell in distinct.tolist()]
    corners = max((len(outline) for outline in outlines), default=6)
    padded = np.array([outline + outline[-1:] * (corners - len(outline)) for outline in outlines])
    padded = padded.reshape(-1, corners, 2)[rows]
    return padded[:, :, 0], padded[:, :, 1]


def disks(cells: ArrayLike, rings: int) -> tuple[np.ndarray, np.ndarray]:
    """All cells within so many rings of each cell.

    Parameters
    ----------
    cells : array_like of int64, shape (n,)
        Middles of the disks.
    rings : int
        0 gives the cells themselves, 1 adds their six neighbours, and so on.

    Returns
    -------
    rows : ndarray of int64
        Position in `cells` of the disk's middle.
    members : ndarray of int64
        Cell of the disk.

    Examples
    --------
    >>> rows, members = disks(cells_of([29.715], [118.315]), 2)
    >>> len(members)
    19
    """
    found = [np.fromiter(h3.grid_disk(cell, rings), np.int64) for cell in np.asarray(cells).tolist()]
    rows = np.repeat(np.arange(len(found)), [len(disk) for disk in found])
    return rows, np.concatenate(found) if found else np.empty(0, np.int64)


def hex_ids(cells: ArrayLike) -> np.ndarray:
    """Cells as the hexadecimal text that maps and files of other tools use.

    Examples
    --------
    >>> str(hex_ids([613643029934243839])[0])
    '8841915a21fffff'
    """
    return np.array([f"{cell:x}" for cell in np.asarray(cells).tolist()], dtype=object)


def cells_from_hex(ids: ArrayLike) -> np.ndarray:
    """Cells from their hexadecimal text; the inverse of `hex_ids`.

    Examples
    --------
    >>> cells_from_hex(["8841915a21fffff"])
    array([613643029934243839])
    """
    return np.fromiter((int(text, 16) for text in np.asarray(ids, dtype=object).tolist()), np.int64)


def _distinct(cells: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Distinct cells, and where each row of `cells` finds its own."""
    rows, distinct = pd.factorize(np.asarray(cells, dtype=np.int64))
    return distinct, rows
