"""Cells of stores that lie together and cost alike: how a network's bound and search see many stores as few."""

import heapq

import numpy as np

KM_DEGREE = 111.2
APART_KM_RMB = 0.15  # of the ground, for each RMB/m3 by which stores differ: of 0.05 to 0.5 this taught the bound most


def cells_of_stores(
    lat: np.ndarray, lon: np.ndarray, weight: np.ndarray, cells: int, apart: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Cut stores into cells, always halving the one of largest weight x diameter across its longest side.

    `apart` is a third coordinate beside the two on the ground, in degrees: stores that differ in it are apart as well.
    """
    count = len(lat)
    if count <= cells:
        return np.arange(count), np.arange(count + 1)
    sides = [lon * np.cos(np.radians(lat)), lat, *([] if apart is None else [apart])]
    order = np.arange(count)

    def load(begin: int, end: int) -> tuple[float, int, int, int]:
        rows = order[begin:end]
        long = [float(np.ptp(side[rows])) for side in sides]
        return -float(weight[rows].sum()) * sum(long), begin, end, int(np.argmax(long))

    heap = [load(0, count)]
    while len(heap) < cells and heap[0][0] < 0.0:
        _, begin, end, longest = heapq.heappop(heap)
        rows, middle = order[begin:end], (end - begin) // 2
        side = sides[longest][rows]
        order[begin:end] = rows[np.argpartition(side, middle)]
        heapq.heappush(heap, load(begin, begin + middle))
        heapq.heappush(heap, load(begin + middle, end))
    starts = np.sort(np.array([begin for _, begin, _, _ in heap] + [count]))
    for begin, end in zip(starts[:-1], starts[1:], strict=True):
        order[begin:end] = np.sort(order[begin:end])
    return order, starts


def apart_deg(slow: np.ndarray, uncovered: np.ndarray) -> np.ndarray:
    """How far stores are apart by what slow delivery's drops cost them, as if in degrees on the ground.

    Stores of small orders want a front where their neighbours with large ones do not.
    """
    return np.minimum(slow, uncovered) * APART_KM_RMB / KM_DEGREE


def entries_of(
    starts: np.ndarray, cell_of: np.ndarray, site: np.ndarray, cells: int, fronts: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give numbers to pairs of cell and front: where each cell's begin, their fronts, the entry of each pair."""
    code = np.repeat(cell_of.astype(np.int64), np.diff(starts)) * fronts + site
    distinct = np.unique(code)
    entry = np.searchsorted(distinct, code).astype(np.int32)
    return np.searchsorted(distinct // fronts, np.arange(cells + 1)), (distinct % fronts).astype(np.int32), entry


def sample_by_volume(cells: np.ndarray, quantity: np.ndarray, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of about so many stores, of each cell at least one, and the volume that each stands for.

    They are drawn evenly along each cell's volume: large ones, whose drops cost less by volume, as often as they weigh.
    """
    size, whole = np.diff(cells), np.add.reduceat(quantity, cells[:-1])
    points = np.maximum(1, np.round(size * (wanted / len(quantity))))
    step, end = np.repeat(whole / points, size), np.cumsum(quantity)
    start = np.repeat(end[cells[:-1]] - quantity[cells[:-1]], size)
    drawn = np.floor((end - start) / step + 0.5) - np.floor((end - quantity - start) / step + 0.5)
    rows = np.flatnonzero(drawn > 0)
    return rows, (drawn * step)[rows]
