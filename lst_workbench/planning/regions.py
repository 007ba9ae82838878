"""Work by region: a market cut into blocks of whole places, one pure function for each, here or on other machines."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.catchment import HuffParams, huff_catchments
from lst_workbench.contracts import LstError

BLOCK_STORES = 250_000
THREADS = 2
KM_PER_DEGREE = 111.0  # a little less than there are, so that a bin is never too narrow
ANSWER_SECONDS = 10
SQUARES_A_ROW = 400


def catchments_by_region(
    stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams, address: str | None = None
) -> pd.DataFrame:
    """Say who shops where, block by block: each with the cells in reach of its stores and the stores in reach of those.

    Parameters
    ----------
    stores : DataFrame
        ``store_id``, ``prefecture_code``, ``place_id``, ``lat``, ``lon``, ``area_m2``.
    cells : DataFrame
        ``lat``, ``lon``, ``people``, ``income_index``.
    params : HuffParams
        Of the Huff model.
    address : str, optional
        As for `by_region`.

    Returns
    -------
    DataFrame
        Contract `Catchments`, in the order of `stores`: what the model gives for all stores at once.
    """
    blocks = blocks_of(stores)
    shops, homes = Degrees(stores), Degrees(cells)

    def part(rows: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, HuffParams]:
        if len(blocks) == 1:
            return stores, cells, rows, params
        middle = stores.iloc[rows]
        rivals = shops.around(middle, 2 * params.radius_km)
        return (
            stores.iloc[rivals],
            cells.iloc[homes.around(middle, params.radius_km)],
            np.searchsorted(rivals, rows),
            params,
        )

    return stacked(by_region(_catchments_of, map(part, blocks), address), blocks)


def _catchments_of(stores: pd.DataFrame, cells: pd.DataFrame, own: np.ndarray, params: HuffParams) -> pd.DataFrame:
    """Catchments of a block's own stores among all that are near them."""
    return huff_catchments(stores, cells, params).tables["catchments"].iloc[own]


def blocks_of(stores: pd.DataFrame, most: int | None = None) -> list[np.ndarray]:
    """Cut the rows of stores into blocks of whole places, prefecture by prefecture.

    Parameters
    ----------
    stores : DataFrame
        ``prefecture_code``, ``place_id``.
    most : int, optional
        Stores a block, `BLOCK_STORES` by default; more only where one place has more.

    Returns
    -------
    list of ndarray
        Row numbers of each block; every row is in one of them. How a market is cut depends on nothing but its stores.

    Examples
    --------
    >>> stores = pd.DataFrame({"prefecture_code": [2, 1, 1, 2], "place_id": [8, 5, 5, 7]})
    >>> [rows.tolist() for rows in blocks_of(stores, most=2)]
    [[1, 2], [3, 0]]
    """
    most = BLOCK_STORES if most is None else most
    prefecture, place = stores["prefecture_code"].to_numpy(), stores["place_id"].to_numpy()
    order = np.lexsort((place, prefecture))
    begins = np.flatnonzero(np.r_[True, (np.diff(place[order]) != 0) | (np.diff(prefecture[order]) != 0)])
    ends = np.r_[begins[1:], len(order)]
    cuts = [0]
    for begin, end in zip(begins, ends, strict=True):
        if end - cuts[-1] > most and begin > cuts[-1]:
            cuts.append(int(begin))
    return np.split(order, cuts[1:])


class Degrees:
    """Points sorted by the square degree they lie in, so that those around a block are found without looking at all.

    Parameters
    ----------
    points : DataFrame
        ``lat``, ``lon``.
    """

    def __init__(self, points: pd.DataFrame) -> None:
        self.lat, self.lon = points["lat"].to_numpy(), points["lon"].to_numpy()
        square = self._squares(self.lat, self.lon)
        self._order = np.argsort(square, kind="stable")
        self._square = square[self._order]

    def around(self, middle: pd.DataFrame, reach_km: float) -> np.ndarray:
        """Rows of points that may lie within reach of some positions, in order: none that does is left out.

        Bins as wide as the reach are marked where positions are, and those next to them.
        """
        lat, lon = middle["lat"].to_numpy(), middle["lon"].to_numpy()
        rows = self._near(lat, lon, reach_km)
        high = reach_km / KM_PER_DEGREE
        wide = high / max(np.cos(np.radians(min(np.abs(lat).max() + 2 * high, 89.0))), 0.02)
        south, west = lat.min() - 2 * high, lon.min() - 2 * wide
        shape = int((lat.max() - south) / high) + 3, int((lon.max() - west) / wide) + 3
        marked = np.zeros(shape, bool)
        marked[((lat - south) / high).astype(int), ((lon - west) / wide).astype(int)] = True
        spread = marked.copy()
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                spread |= np.roll(marked, (down, across), (0, 1))  # the rim is empty: nothing comes round the edge
        v, u = np.floor((self.lat[rows] - south) / high), np.floor((self.lon[rows] - west) / wide)
        inside = np.flatnonzero((v >= 0) & (v < shape[0]) & (u >= 0) & (u < shape[1]))
        return rows[inside[spread[v[inside].astype(int), u[inside].astype(int)]]]

    def _near(self, lat: np.ndarray, lon: np.ndarray, reach_km: float) -> np.ndarray:
        """Rows in the square degrees of the positions and in those next to them; all where the reach is longer."""
        if reach_km > KM_PER_DEGREE * np.cos(np.radians(min(np.abs(lat).max() + 1, 89.0))):
            return np.arange(len(self.lat))
        steps = np.array([down * SQUARES_A_ROW + across for down in (-1, 0, 1) for across in (-1, 0, 1)])
        squares = np.unique(np.unique(self._squares(lat, lon))[:, None] + steps)
        first, last = np.searchsorted(self._square, squares, "left"), np.searchsorted(self._square, squares, "right")
        return np.sort(np.concatenate([self._order[a:z] for a, z in zip(first, last, strict=True)]))

    @staticmethod
    def _squares(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        return (np.floor(lat + 90) * SQUARES_A_ROW + np.floor(lon + 180)).astype(np.int64)


def by_region(
    work: Callable[..., pd.DataFrame], parts: Iterable[tuple[Any, ...]], address: str | None = None
) -> list[pd.DataFrame]:
    """Call `work` with each part, two at a time, and return what came of them in order.

    Parameters
    ----------
    work : callable
        A pure function of a module: other processes must be able to import it.
    parts : iterable of tuples
        Arguments; made as they are needed, so that only a few parts are in memory at once.
    address : str, optional
        Dask scheduler ("tcp://127.0.0.1:8786") whose workers do it; threads of this process by default.

    Raises
    ------
    LstError
        No scheduler answers at the address.
    """
    with _workers(address) as (pool, width):
        done: list[pd.DataFrame] = []
        waiting: deque[Any] = deque()
        for part in parts:
            waiting.append(pool.submit(work, *part))
            if len(waiting) >= width:
                done.append(waiting.popleft().result())
        return [*done, *(one.result() for one in waiting)]


@contextmanager
def _workers(address: str | None) -> Iterator[tuple[Executor, int]]:
    """Somewhere to submit work to, and how many parts to keep there at once."""
    if address is None:
        with ThreadPoolExecutor(THREADS) as pool:
            yield pool, THREADS
        return
    from distributed import Client

    try:
        client = Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise LstError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}): start one with dask scheduler, workers "
            "with dask worker, or leave the address out."
        ) from None
    with client:
        yield client.get_executor(), 2 * max(1, len(client.scheduler_info()["workers"]))


def stacked(tables: Sequence[pd.DataFrame], blocks: Sequence[np.ndarray]) -> pd.DataFrame:
    """Rows of all blocks as one table, in the order of the market."""
    order = np.empty(sum(map(len, blocks)), np.int64)
    order[np.concatenate(blocks)] = np.arange(len(order))
    return pd.concat(tables, ignore_index=True).take(order).reset_index(drop=True)
