"""Hot loops of the field: cutting stores into beats of equal size, tours to the nearest next store, bounded days."""

import math

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def cut_evenly(x: np.ndarray, y: np.ndarray, beats: int, out: np.ndarray) -> None:
    """Give every store a beat from 0, as many in each (within one): halve along the longer side until each is one beat.

    `x`, `y` in km. A piece for k beats of n stores gives floor(k / 2) beats their share of the stores on one side.
    """
    order = np.arange(x.size)
    starts, ends, counts, firsts = [0], [x.size], [beats], [0]
    while len(starts) > 0:
        a, z, k, first = starts.pop(), ends.pop(), counts.pop(), firsts.pop()
        part = order[a:z]
        if k == 1 or z - a == 0:
            for i in part:
                out[i] = first
            continue
        px, py = x[part], y[part]
        along = px if px.max() - px.min() >= py.max() - py.min() else py
        order[a:z] = part[np.argsort(along, kind="mergesort")]
        left = k // 2
        middle = a + int(round((z - a) * left / k))
        starts.append(a)
        ends.append(middle)
        counts.append(left)
        firsts.append(first)
        starts.append(middle)
        ends.append(z)
        counts.append(k - left)
        firsts.append(first + left)


@njit(cache=True, nogil=True)
def nearest_tour(x: np.ndarray, y: np.ndarray, first: int, out: np.ndarray) -> None:
    """Order of stores that always goes to the nearest one not seen yet, from `first`; ties to the lower position."""
    left = np.ones(x.size, np.bool_)
    at = first
    for stop in range(x.size):
        out[stop] = at
        left[at] = False
        best, near = -1, np.inf
        for j in range(x.size):
            if left[j]:
                d = (x[j] - x[at]) ** 2 + (y[j] - y[at]) ** 2
                if d < near:
                    best, near = j, d
        at = best


@njit(cache=True, nogil=True)
def bounded_days(
    x: np.ndarray,
    y: np.ndarray,
    minutes_km: np.ndarray,
    visit_minutes: float,
    day_minutes: float,
    day_visits: int,
    day: np.ndarray,
    km: np.ndarray,
    start: np.ndarray,
) -> int:
    """Fill days one by one: from the store farthest from the middle, always the nearest that still fits; days used.

    A day starts and ends at stores: the way from home is the rep's own. Writes the day of each store (from 0), the
    straight km from the one before it and the minute of the day at which its visit starts; a store's place in its day
    follows from `start`. minutes_km[j] is minutes for a straight km to store j.
    """
    left = np.ones(x.size, np.bool_)
    remaining, number = x.size, 0
    cx, cy = x.mean(), y.mean()
    while remaining > 0:
        at, far = -1, -1.0
        for j in range(x.size):
            if left[j]:
                d = (x[j] - cx) ** 2 + (y[j] - cy) ** 2
                if d > far:
                    at, far = j, d
        clock, visits, way = 0.0, 0, 0.0
        while at >= 0:
            left[at] = False
            remaining -= 1
            day[at], km[at], start[at] = number, way, clock
            clock += visit_minutes
            visits += 1
            best, near = -1, np.inf
            if visits < day_visits:
                for j in range(x.size):
                    if left[j]:
                        d = math.sqrt((x[j] - x[at]) ** 2 + (y[j] - y[at]) ** 2)
                        if d < near and clock + d * minutes_km[j] + visit_minutes <= day_minutes:
                            best, near = j, d
            if best >= 0:
                way = near
                clock += near * minutes_km[best]
            at = best
        number += 1
    return number
