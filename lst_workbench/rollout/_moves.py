"""Kernels of the plan itself: start, stop and exchange stores inside the capacities.

`starts[i]` is the month in which store i starts, or -1. A `Room` holds what every capacity has left; `spare` of a
target row is what it can still take (at most) or give up (at least). Loops run in one fixed order.
"""

from typing import NamedTuple

import numba as nb
import numpy as np


class Room(NamedTuple):
    """What is left of every capacity, and of every row that counts stores."""

    visits: np.ndarray  # territories x months
    volume: np.ndarray  # warehouses x months
    capital: np.ndarray  # months
    spare: np.ndarray  # targets: limit - count where sense is +1, count - limit where it is -1
    first: np.ndarray  # groups + 1: where a group's rows begin
    row: np.ndarray  # the rows, group by group
    month: np.ndarray  # targets
    sense: np.ndarray  # targets


@nb.njit(cache=True, nogil=True)
def fits(i, t, stores, room):  # noqa: ANN001, ANN201
    """Whether store i can start in month t with every capacity and at-most row kept."""
    j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
    volume, capital, care = stores.volume[i], stores.capital[i], stores.care[i]
    if room.visits[j, t] < stores.signup[i]:
        return False
    for s in range(t, room.capital.size):
        if room.volume[w, s] < volume or room.capital[s] < capital or (s > t and room.visits[j, s] < care):
            return False
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if room.sense[r] > 0 and t <= room.month[r] and room.spare[r] < 1:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def load(i, t, stores, room, sign):  # noqa: ANN001, ANN201
    """Take (sign 1) or give back (sign -1) what store i uses when it starts in month t."""
    j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
    room.visits[j, t] -= sign * stores.signup[i]
    for s in range(t, room.capital.size):
        room.volume[w, s] -= sign * stores.volume[i]
        room.capital[s] -= sign * stores.capital[i]
        if s > t:
            room.visits[j, s] -= sign * stores.care[i]
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if t <= room.month[r]:
            room.spare[r] -= sign * room.sense[r]


@nb.njit(cache=True, nogil=True)
def harm(i, t, u, stores, room):  # noqa: ANN001, ANN201
    """How many at-least rows fall short, or shorter, when store i starts in u instead of t (u past the end: never)."""
    g, rows = stores.group[i], 0
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if room.sense[r] < 0 and t <= room.month[r] < u and room.spare[r] < 1:
            rows += 1
    return rows


@nb.njit(cache=True, nogil=True)
def worth_less_price(i, t, stores, prices):  # noqa: ANN001, ANN201
    """z[i, t]: value of starting store i in month t less the price of all it uses."""
    j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
    return (
        stores.value[i] * prices.factor[t]
        - stores.signup[i] * prices.visits[j, t]
        - stores.care[i] * prices.care[j, t]
        - stores.volume[i] * prices.volume[w, t]
        - stores.capital[i] * prices.capital[t]
        - prices.count[g, t]
    )


@nb.njit(cache=True, nogil=True)
def insert(order, floor, starts, stores, scale, prices, room):  # noqa: ANN001, ANN201
    """Start waiting stores in `order`, each in the month with the highest z that fits, down to floor * scale."""
    added = 0
    for i in order:
        if starts[i] >= 0:
            continue
        best, worth = -1, floor * scale[i]
        for t in range(room.capital.size):
            z = worth_less_price(i, t, stores, prices)
            if z > worth and fits(i, t, stores, room):
                best, worth = t, z
        if best >= 0:
            starts[i] = best
            load(i, best, stores, room, 1)
            added += 1
    return added


@nb.njit(cache=True, nogil=True)
def place(order, month, starts, stores, room):  # noqa: ANN001, ANN201
    """Start stores in `order` in the month meant for each, where it fits; a store meant for no month waits."""
    for i in order:
        if month[i] >= 0 and fits(i, month[i], stores, room):
            starts[i] = month[i]
            load(i, month[i], stores, room, 1)


@nb.njit(cache=True, nogil=True)
def best_month(i, floor, stores, factor, room):  # noqa: ANN001, ANN201
    """Month that fits and in which store i is worth most, if that is more than `floor`; else -1."""
    best, worth = -1, floor
    for t in range(room.capital.size):
        if stores.value[i] * factor[t] > worth and fits(i, t, stores, room):
            best, worth = t, stores.value[i] * factor[t]
    return best


@nb.njit(cache=True, nogil=True)
def advance(order, starts, stores, factor, room):  # noqa: ANN001, ANN201
    """Move started stores to the month of highest value that fits."""
    moved = 0
    for i in order:
        t = starts[i]
        if t < 0:
            continue
        load(i, t, stores, room, -1)
        u = best_month(i, stores.value[i] * factor[t], stores, factor, room)
        load(i, t, stores, room, 1)
        if u >= 0 and harm(i, t, u, stores, room) == 0:
            load(i, t, stores, room, -1)
            load(i, u, stores, room, 1)
            starts[i] = u
            moved += 1
    return moved


@nb.njit(cache=True, nogil=True)
def swap(first, pool, tries, seed, starts, stores, factor, room):  # noqa: ANN001, ANN201
    """Exchange stores of a territory's pool in pairs drawn by a seeded generator, wherever the value rises.

    A started store gives way to a waiting one that is worth more, or two started stores exchange their months.
    """
    state, months, done = np.uint64(seed), room.capital.size, 0
    for j in range(first.size - 1):
        low, size = first[j], first[j + 1] - first[j]
        if size < 2:
            continue
        for y in range(low, low + size):
            i = pool[y]
            for _ in range(tries):
                t = starts[i]
                if t < 0:
                    break
                state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                k = pool[low + np.int64((state >> np.uint64(33)) % np.uint64(size))]
                u = starts[k]
                now = stores.value[i] * factor[t]
                if k == i or u == t:
                    continue
                if u < 0:
                    same = stores.group[i] == stores.group[k]
                    if not same and harm(i, t, months, stores, room) > 0:
                        continue
                    load(i, t, stores, room, -1)
                    u = best_month(k, now * (1 + 1e-9), stores, factor, room)
                    if u >= 0 and (not same or u <= t):
                        load(k, u, stores, room, 1)
                        starts[i], starts[k] = -1, u
                        done += 1
                    else:
                        load(i, t, stores, room, 1)
                    continue
                if (stores.value[i] - stores.value[k]) * (factor[u] - factor[t]) <= 1e-9 * now:
                    continue
                if stores.group[i] != stores.group[k]:
                    if harm(i, t, u, stores, room) + harm(k, u, t, stores, room) > 0:
                        continue
                load(i, t, stores, room, -1)
                load(k, u, stores, room, -1)
                if fits(i, u, stores, room):
                    load(i, u, stores, room, 1)
                    if fits(k, t, stores, room):
                        load(k, t, stores, room, 1)
                        starts[i], starts[k] = u, t
                        done += 1
                        continue
                    load(i, u, stores, room, -1)
                load(k, u, stores, room, 1)
                load(i, t, stores, room, 1)
    return done


@nb.njit(cache=True, nogil=True)
def exchange(row, wanted, leavers, first, comers, first_comer, limit, starts, stores, factor, room):  # noqa: ANN001, ANN201
    """Make room for members of a short at-least row: one store leaves, as many members as now fit come.

    For each territory j, `leavers[first[j]:first[j + 1]]` are started stores, those that free most for least value
    first, and `comers[first_comer[j]:first_comer[j + 1]]` are members that would count, smallest first. An exchange
    is kept when the row gains and no other at-least row falls short; at most `limit` comers are tried each time.
    """
    months, got = room.capital.size, 0
    came = np.empty(8, np.int64)
    was = np.empty(8, np.int64)
    for j in range(first.size - 1):
        for y in range(first[j], first[j + 1]):
            if got >= wanted:
                return got
            i = leavers[y]
            t = starts[i]
            if t < 0:
                continue
            spare = room.spare[row]
            short = total_short(room)
            load(i, t, stores, room, -1)
            starts[i] = -1
            n = 0
            for x in range(first_comer[j], min(first_comer[j + 1], first_comer[j] + limit)):
                k = comers[x]
                u = starts[k]
                if k == i or n >= came.size or (u >= 0 and u <= room.month[row]):
                    continue
                if u >= 0:
                    load(k, u, stores, room, -1)
                best = -1
                for m in range(room.month[row] + 1):
                    if (best < 0 or factor[m] > factor[best]) and fits(k, m, stores, room):
                        best = m
                if best >= 0:
                    load(k, best, stores, room, 1)
                    starts[k] = best
                    came[n], was[n] = k, u
                    n += 1
                elif u >= 0:
                    load(k, u, stores, room, 1)
            if room.spare[row] > spare and total_short(room) < short:
                got += room.spare[row] - spare
                continue
            for x in range(n):
                k = came[x]
                load(k, starts[k], stores, room, -1)
            for x in range(n):
                k = came[x]
                starts[k] = was[x]
                if was[x] >= 0:
                    load(k, was[x], stores, room, 1)
            load(i, t, stores, room, 1)
            starts[i] = t
    return got


@nb.njit(cache=True, nogil=True)
def total_short(room):  # noqa: ANN001, ANN201
    """Stores that all at-least rows together lack."""
    short = 0.0
    for r in range(room.spare.size):
        if room.sense[r] < 0 and room.spare[r] < 0:
            short -= room.spare[r]
    return short
