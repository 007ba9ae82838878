"""Work on many rows by threads: kernels release the GIL, and every row is written by one thread alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba

PIECES = 64


def in_chunks(rows: int, work: Callable[[int, int], None]) -> None:
    """Run ``work(first, last)`` on pieces of `rows`; the same answer for any number of threads.

    Examples
    --------
    >>> seen = []
    >>> in_chunks(3, lambda first, last: seen.extend(range(first, last)))
    >>> sorted(seen)
    [0, 1, 2]
    """
    pieces = min(PIECES, rows)
    edges = [k * rows // pieces for k in range(pieces + 1)] if pieces else []
    ranges = list(zip(edges[:-1], edges[1:], strict=True)) if pieces else []
    threads = min(numba.get_num_threads(), pieces)
    if threads < 2:
        for first, last in ranges:
            work(first, last)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda piece: work(*piece), ranges))
