"""Numba kernels of the monitor: fold events into the state of a store's lines. Times are ms since 1970, UTC."""

from typing import Any

import numpy as np
from numba import njit

SALE, COUNT, DELIVERY, PRICE, LISTED, DELISTED, ACCEPT, REJECT = range(8)
APPLIED, DUPLICATE, LATE, FUTURE = range(4)
DAY_MS = 86_400_000.0
FREE = -1


@njit(cache=True, nogil=True)
def fold(
    first: int,
    kind: np.ndarray,
    store: np.ndarray,
    item: np.ndarray,
    at: np.ndarray,
    ident: np.ndarray,
    amount: np.ndarray,
    until: np.ndarray,
    oldest: int,
    newest: int,
    since: int,
    half_life_days: float,
    start: np.ndarray,
    lines: np.ndarray,
    seen_id: np.ndarray,
    seen_at: np.ndarray,
    past_id: np.ndarray,
    log: np.ndarray,
    logged: int,
    status: np.ndarray,
    touched: np.ndarray,
) -> tuple[int, int, int]:
    """Fold events from `first` on; returns where it stopped (a store without a free line), log length, new ids.

    The state is a function of the set of events, not of their order: stock = the latest count + what moved after it,
    a price or listing is that of the latest time, equal times fall to the larger id; ids seen before change nothing.
    """
    fresh = 0
    for e in range(first, kind.size):
        touched[e] = -1
        if at[e] > newest:
            status[e] = FUTURE
            continue
        if at[e] < oldest:
            status[e] = LATE
            continue
        cell = _cell(seen_id, ident[e])
        if seen_id[cell] == ident[e] or past_id[_cell(past_id, ident[e])] == ident[e]:
            status[e] = DUPLICATE
            continue
        if kind[e] < ACCEPT:
            i = _line(start, lines, store[e], item[e], kind[e] != DELISTED)
            if i == -2:
                return e, logged, fresh
            if i >= 0:
                logged = _apply(
                    kind[e], at[e], ident[e], amount[e], until[e], since, half_life_days, lines, i, log, logged
                )
            touched[e] = i
        seen_id[cell], seen_at[cell] = ident[e], at[e]
        fresh += 1
        status[e] = APPLIED
    return kind.size, logged, fresh


@njit(cache=True, nogil=True)
def _cell(seen_id: np.ndarray, ident: int) -> int:
    """Cell of an id in the table of ids seen (open addressing, a power of two long; 0 is empty)."""
    mask = seen_id.size - 1
    cell = (ident ^ (ident >> 29)) & mask
    while seen_id[cell] != 0 and seen_id[cell] != ident:
        cell = (cell + 1) & mask
    return cell


@njit(cache=True, nogil=True)
def keep_ids(
    old_id: np.ndarray, old_at: np.ndarray, first: int, last: int, oldest: int, seen_id: np.ndarray, seen_at: np.ndarray
) -> int:
    """Carry ids of cells first to last into another table; those of events too old to be taken again are forgotten.

    Returns how many were carried. Cells stay as they are, so that the rest of the old table is still found.
    """
    kept = 0
    for k in range(first, last):
        if old_id[k] != 0 and old_at[k] >= oldest:
            cell = _cell(seen_id, old_id[k])
            seen_id[cell], seen_at[cell] = old_id[k], old_at[k]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def keep_log(lines: np.ndarray, log: np.ndarray, oldest: int, kept: np.ndarray) -> int:
    """Carry into `kept` the movements that a late count could still ask for."""
    count = 0
    for i in range(lines.size):
        entry, lines[i].head = lines[i].head, -1
        while entry >= 0:
            if log[entry].at >= oldest and log[entry].at > lines[i].counted_at:
                kept[count].at, kept[count].units, kept[count].before = log[entry].at, log[entry].units, lines[i].head
                lines[i].head = count
                count += 1
            entry = log[entry].before
    return count


@njit(cache=True, nogil=True)
def _line(start: np.ndarray, lines: np.ndarray, store: int, item: int, opens: bool) -> int:
    """Line of an item in a store, opened when there is none; -1 without, -2 when no free line is left."""
    free = -2
    for i in range(start[store], start[store + 1]):
        if lines[i].item == item:
            return i
        if lines[i].item == FREE:
            free = i
            break
    if not opens:
        return -1
    if free >= 0:
        lines[free].item = item
    return free


@njit(cache=True, nogil=True)
def _apply(
    kind: int,
    at: int,
    ident: int,
    amount: float,
    until: int,
    since: int,
    half_life_days: float,
    lines: np.ndarray,
    i: int,
    log: np.ndarray,
    logged: int,
) -> int:
    line = lines[i]
    if kind in (SALE, DELIVERY):
        units = -amount if kind == SALE else amount
        if at > line.counted_at:
            log[logged].at, log[logged].units, log[logged].before = at, units, line.head
            line.head = logged
            logged += 1
            line.moved += units
        if kind == DELIVERY:
            line.delivered += amount
            _lot(line, at, amount, until)
        elif at > since:
            _remember(line, at, amount, half_life_days)
    elif kind == COUNT:
        if at > line.counted_at or (at == line.counted_at and ident > line.counted_id):
            line.counted_at, line.counted_id, line.counted, line.moved = at, ident, amount, 0.0
            entry = line.head
            while entry >= 0:
                if log[entry].at > at:
                    line.moved += log[entry].units
                entry = log[entry].before
    elif kind == PRICE:
        if at > line.price_at or (at == line.price_at and ident > line.price_id):
            line.price_at, line.price_id, line.price = at, ident, amount
    elif at > line.listed_at or (at == line.listed_at and ident > line.listed_id):
        line.listed_at, line.listed_id, line.listed = at, ident, kind == LISTED
    return logged


@njit(cache=True, nogil=True)
def _remember(line: Any, at: int, units: float, half_life_days: float) -> None:
    """Add a sale to the units sold, which fade by half in a half-life: S(t) = sum q 2^-((t - t_q) / h)."""
    if at >= line.sold_at:
        line.sold = line.sold * 2.0 ** (-(at - line.sold_at) / DAY_MS / half_life_days) + units
        line.sold_at = at
    else:
        line.sold += units * 2.0 ** (-(line.sold_at - at) / DAY_MS / half_life_days)


@njit(cache=True, nogil=True)
def _lot(line: Any, at: int, units: float, until: int) -> None:
    """Keep the two deliveries of the latest times: first what came last, then what came before."""
    if at >= line.lot_at:
        line.old_units, line.old_until, line.old_at = line.lot_units, line.lot_until, line.lot_at
        line.lot_units, line.lot_until, line.lot_at = units, until, at
    elif at >= line.old_at:
        line.old_units, line.old_until, line.old_at = units, until, at
