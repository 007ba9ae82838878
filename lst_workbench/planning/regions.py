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

    def part(rows: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, HuffParams]:
        if len(blocks) == 1:
            return stores, cells, rows, params
        rivals = around(stores, rows, stores, 2 * params.radius_km)
        homes = around(stores, rows, cells, params.radius_km)
        return stores.iloc[rivals], cells.iloc[homes], np.searchsorted(rivals, rows), params

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


def around(points: pd.DataFrame, rows: np.ndarray, others: pd.DataFrame, reach_km: float) -> np.ndarray:
    """Rows of `others` that may lie within reach of the given rows of `points`: none that does is left out.

    Both have ``lat`` and ``lon``. Bins as wide as the reach are marked where points are, and those next to them.
    """
    lat, lon = points["lat"].to_numpy()[rows], points["lon"].to_numpy()[rows]
    high = reach_km / KM_PER_DEGREE
    south, west = lat.min() - 2 * high, lon.min()
    wide = high / max(np.cos(np.radians(min(np.abs(lat).max() + 2 * high, 89.0))), 0.02)
    west -= 2 * wide
    shape = int((lat.max() - south) / high) + 3, int((lon.max() - west) / wide) + 3
    near = np.zeros(shape, bool)
    near[((lat - south) / high).astype(int), ((lon - west) / wide).astype(int)] = True
    spread = near.copy()
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            spread |= np.roll(near, (down, across), (0, 1))  # the rim is empty: nothing comes round the edge
    v, u = np.floor((others["lat"].to_numpy() - south) / high), np.floor((others["lon"].to_numpy() - west) / wide)
    inside = np.flatnonzero((v >= 0) & (v < shape[0]) & (u >= 0) & (u < shape[1]))
    return inside[spread[v[inside].astype(int), u[inside].astype(int)]]


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
