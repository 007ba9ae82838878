"""Kernels of the plan itself: start, stop and exchange stores inside the capacities.

`starts[i]` is the month in which store i starts, or -1. A `Room` holds what every capacity has left; `spare` of a
target row is what it can still take (at most) or give up (at least), in whole units of the row. Loops run in one
fixed order.
"""

from typing import NamedTuple

import numba as nb
import numpy as np

from lst_workbench.rollout._kernels import FAR, Largest, Prices, start_shares, start_worths
from lst_workbench.rollout.wave_inputs import Stores

RARE = 0.02  # a start, or none, that is less likely is no option where shares are rounded
WINDOW = 48
LEAVE = 12
BROKEN, OVER = 1e4, 1e8


class Room(NamedTuple):
    """What is left of every capacity, and of every row that counts stores."""

    visits: np.ndarray  # territories x months
    volume: np.ndarray  # warehouses x months
    capital: np.ndarray  # months
    spare: np.ndarray  # targets: limit - count where sense is +1, count - limit where it is -1
    first: np.ndarray  # groups + 1: where a group's rows begin
    row: np.ndarray  # the rows, group by group
    takes: np.ndarray  # beside `row`: what a store of the group takes of its spare; below 0 where it adds to it
    month: np.ndarray  # targets
    sense: np.ndarray  # targets
    share: np.ndarray  # targets: whether the row is a share of all signed
    stores: np.ndarray  # targets: stores that one unit stands for
    promised: np.ndarray  # groups: whether their stores must start
    open: np.ndarray  # groups x months: whether they may


@nb.njit(cache=True, nogil=True)
def fits(i: int, t: int, stores: Stores, room: Room) -> bool:
    """Whether store i can start in month t with every capacity, at-most row and share kept.

    A promised store may break shares: others mend them.
    """
    j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
    volume, capital, care = stores.volume[i], stores.capital[i], stores.care[i]
    if room.visits[j, t] < stores.signup[i] or not room.open[g, t]:
        return False
    for s in range(t, room.capital.size):
        if room.volume[w, s] < volume or room.capital[s] < capital or (s > t and room.visits[j, s] < care):
            return False
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if t <= room.month[r] and room.spare[r] < room.takes[x] > 0 and not (room.share[r] and room.promised[g]):
            return False
    return True


@nb.njit(cache=True, nogil=True)
def load(i: int, t: int, stores: Stores, room: Room, sign: int) -> None:
    """Take (sign 1) or give back (sign -1) what store i uses when it starts in month t."""
    j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
    signup, care = sign * stores.signup[i], sign * stores.care[i]
    volume, capital = sign * stores.volume[i], sign * stores.capital[i]
    room.visits[j, t] -= signup
    for s in range(t, room.capital.size):
        room.volume[w, s] -= volume
        room.capital[s] -= capital
        if s > t:
            room.visits[j, s] -= care
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if t <= room.month[r]:
            room.spare[r] -= sign * room.takes[x]


@nb.njit(cache=True, nogil=True)
def harm(i: int, t: int, guarded: np.ndarray, stores: Stores, room: Room) -> bool:
    """Whether a guarded row is broken, or more so, when store i does not start in month t after all."""
    g = stores.group[i]
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if guarded[r] and t <= room.month[r] and room.spare[r] < -room.takes[x]:
            return True
    return room.promised[g]


@nb.njit(cache=True, nogil=True)
def needed(i: int, stores: Stores, room: Room) -> bool:
    """Whether store i is promised, or mends a row that is broken."""
    g = stores.group[i]
    for x in range(room.first[g], room.first[g + 1]):
        r = room.row[x]
        if room.takes[x] < 0 and room.spare[r] < 0:
            return True
    return room.promised[g]


@nb.njit(cache=True, nogil=True)
def lacking(room: Room) -> float:
    """Count the stores that all at-least rows together lack; what at-most rows are over weighs more than any of it."""
    short = 0.0
    for r in range(room.spare.size):
        if room.spare[r] < 0:
            short -= room.spare[r] * (room.stores[r] if room.sense[r] < 0 else OVER)
    return short


@nb.njit(cache=True, nogil=True)
def worth_less_price(i: int, t: int, stores: Stores, prices: Prices) -> float:
    """z[i, t]: value of starting store i in month t less the price of all it uses."""
    j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
    return (
        stores.value[i] * prices.factor[t]
        - stores.signup[i] * prices.visits[j, t]
        - stores.care[i] * prices.care[j, t]
        - stores.volume[i] * prices.volume[w, t]
        - stores.capital[i] * prices.capital[t]
        - prices.target[g, t]
    )


@nb.njit(cache=True, nogil=True)
def brings(i: int, t: int, stores: Stores, prices: Prices) -> float:
    """Value of starting store i in month t."""
    return stores.value[i] * prices.factor[t] + prices.bonus[stores.group[i], t]


@nb.njit(cache=True, nogil=True)
def best_fit(i: int, floor: float, stores: Stores, prices: Prices, room: Room) -> int:
    """Month with the highest z[i, t] at or above `floor` in which store i fits, or -1."""
    best, worth = -1, floor
    for t in range(room.capital.size):
        z = worth_less_price(i, t, stores, prices)
        if z < worth or (best >= 0 and z == worth):
            continue
        if brings(i, t, stores, prices) < 0 and not needed(i, stores, room):
            continue
        if fits(i, t, stores, room):
            best, worth = t, z
    return best


@nb.njit(cache=True, nogil=True)
def spread(
    stores: Stores, scale: np.ndarray, prices: Prices, largest: Largest, weights: Room, temperature: float
) -> np.ndarray:
    """Round the shares of the smoothed dual to whole starts so that loads stay close to what the shares would use.

    Error diffusion: store by store, the option (a month, or none) is taken that makes

        sum_rows (price of the row * (load by shares so far - load by starts so far))^2

    smallest. `weights` holds the prices of the rows, shaped as the room.
    """
    months = prices.factor.size
    starts = np.full(stores.value.size, -1, np.int64)
    visits, volume, capital = np.zeros_like(weights.visits), np.zeros_like(weights.volume), np.zeros(months)
    counted = np.zeros_like(weights.spare)
    z, share, active, odds = np.empty(months), np.empty(months), np.empty(months, np.int64), np.empty(months)
    for i in range(starts.size):
        j, w, g = stores.territory[i], stores.warehouse[i], stores.group[i]
        top = z[start_worths(i, j, w, g, stores, prices, largest, z)]
        heat = temperature * scale[i]
        if top < -FAR * heat:
            continue
        n, none, _ = start_shares(z, max(top, 0.0), heat, share, active)
        odds[:] = 0.0
        for x in range(n):
            odds[active[x]] = share[x]
        signup, care, m3, rmb = stores.signup[i], stores.care[i], stores.volume[i], stores.capital[i]
        before = 0.0
        for t in range(months):
            visits[j, t] += odds[t] * signup + before * care
            before += odds[t]
            volume[w, t] += before * m3
            capital[t] += before * rmb
        for x in range(weights.first[g], weights.first[g + 1]):
            r = weights.row[x]
            for t in range(weights.month[r] + 1):
                counted[r] += odds[t] * weights.takes[x]
        if none > 1 - RARE:
            continue
        best, least = -1, 0.0 if none >= RARE else np.inf
        for t in range(months):
            if odds[t] < 0.05 * odds.max():
                continue
            cost = weights.visits[j, t] ** 2 * signup * (signup - 2 * visits[j, t])
            for s in range(t, months):
                cost += weights.volume[w, s] ** 2 * m3 * (m3 - 2 * volume[w, s])
                cost += weights.capital[s] ** 2 * rmb * (rmb - 2 * capital[s])
                if s > t:
                    cost += weights.visits[j, s] ** 2 * care * (care - 2 * visits[j, s])
            for x in range(weights.first[g], weights.first[g + 1]):
                r = weights.row[x]
                if t <= weights.month[r]:
                    cost += weights.spare[r] ** 2 * weights.takes[x] * (weights.takes[x] - 2 * counted[r])
            if cost < least:
                best, least = t, cost
        if best < 0:
            continue
        starts[i] = best
        visits[j, best] -= signup
        for s in range(best, months):
            volume[w, s] -= m3
            capital[s] -= rmb
            if s > best:
                visits[j, s] -= care
        for x in range(weights.first[g], weights.first[g + 1]):
            if best <= weights.month[weights.row[x]]:
                counted[weights.row[x]] -= weights.takes[x]
    return starts


@nb.njit(cache=True, nogil=True)
def place(order: np.ndarray, wanted: np.ndarray, starts: np.ndarray, stores: Stores, room: Room) -> None:
    """Start waiting stores in `order` in the month they are wanted, where they fit."""
    for i in order:
        if starts[i] < 0 and wanted[i] >= 0 and fits(i, wanted[i], stores, room):
            starts[i] = wanted[i]
            load(i, starts[i], stores, room, 1)


@nb.njit(cache=True, nogil=True)
def insert(
    order: np.ndarray,
    regret: float,
    worth: np.ndarray,
    scale: np.ndarray,
    starts: np.ndarray,
    stores: Stores,
    prices: Prices,
    room: Room,
) -> None:
    """Start waiting stores in `order` where they fit best, losing at most regret * scale against their best month."""
    for i in order:
        if starts[i] >= 0:
            continue
        t = best_fit(i, max(worth[i], 0.0) - regret * scale[i], stores, prices, room)
        if t >= 0:
            starts[i] = t
            load(i, t, stores, room, 1)


@nb.njit(cache=True, nogil=True)
def draw(state: np.ndarray) -> float:
    """Next number in [0, 1) of a linear congruential generator, the same on every machine."""
    state[0] = state[0] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return (state[0] >> np.uint64(11)) * 2.0**-53


@nb.njit(cache=True, nogil=True)
def shaken_fit(
    i: int, floor: float, noise: float, state: np.ndarray, stores: Stores, prices: Prices, room: Room
) -> int:
    """Month with the highest z[i, t] up to `noise` among those at or above `floor` in which store i fits, or -1."""
    best, worth = -1, -np.inf
    for t in range(room.capital.size):
        z = worth_less_price(i, t, stores, prices)
        shaken = z + noise * draw(state)
        if z < floor or shaken <= worth or (brings(i, t, stores, prices) < 0 and not needed(i, stores, room)):
            continue
        if fits(i, t, stores, room):
            best, worth = t, shaken
    return best


@nb.njit(cache=True, nogil=True)
def recreate(
    first: np.ndarray,
    pool: np.ndarray,
    worth: np.ndarray,
    scale: np.ndarray,
    starts: np.ndarray,
    stores: Stores,
    prices: Prices,
    room: Room,
    shared: float,
    shortfall_price: float,
    noise: float,
    regret: float,
    trials: float,
    seed: int,
) -> float:
    """Take some stores of a territory out, start the better ones again, and keep what gains.

    For each territory j, `pool[first[j]:first[j + 1]]` are the stores whose decision is open, in random order. A trial
    looks at WINDOW of them, takes at most LEAVE out, and starts again whoever fits, by worth with some `noise`.
    It is kept when value less `shared` x price of volume and capital less `shortfall_price` x stores lacking rises; a
    promise that is broken weighs BROKEN times as much as a store lacking.

    Returns
    -------
    float
        Value gained.
    """
    state = np.full(1, seed, np.uint64)
    gained = 0.0
    who, was, key = np.empty(WINDOW, np.int64), np.empty(WINDOW, np.int64), np.empty(WINDOW)
    for j in range(first.size - 1):
        low, size = first[j], first[j + 1] - first[j]
        for _ in range(int(np.ceil(trials * size))):
            offset, n, out, broken, before, value = int(draw(state) * size), 0, 0, 0, 0.0, 0.0
            short = lacking(room)
            for s in range(min(size, WINDOW)):
                i = pool[low + (offset + s) % size]
                t = starts[i]
                if t >= 0 and out >= LEAVE:
                    continue
                key[n] = -worth[i] / scale[i] - noise * draw(state) - (1.0 if needed(i, stores, room) else 0.0)
                who[n], was[n] = i, t
                n += 1
                if t >= 0:
                    out += 1
                    broken += room.promised[stores.group[i]]
                    load(i, t, stores, room, -1)
                    starts[i] = -1
                    value -= brings(i, t, stores, prices)
                    before += shared_price(i, t, stores, prices)
            after = 0.0
            for x in np.argsort(key[:n]):
                i = who[x]
                floor = -np.inf if needed(i, stores, room) else max(worth[i], 0.0) - regret * scale[i]
                t = shaken_fit(i, floor, 0.1 * noise * scale[i], state, stores, prices, room)
                if t >= 0:
                    starts[i] = t
                    broken -= room.promised[stores.group[i]]
                    load(i, t, stores, room, 1)
                    value += brings(i, t, stores, prices)
                    after += shared_price(i, t, stores, prices)
            gain = value + shared * (before - after) + shortfall_price * (short - lacking(room) - BROKEN * broken)
            if gain > 1e-9 * scale[pool[low]]:
                gained += value
                continue
            for x in range(n):
                if starts[who[x]] >= 0:
                    load(who[x], starts[who[x]], stores, room, -1)
            for x in range(n):
                starts[who[x]] = was[x]
                if was[x] >= 0:
                    load(who[x], was[x], stores, room, 1)
    return gained


@nb.njit(cache=True, nogil=True)
def shared_price(i: int, t: int, stores: Stores, prices: Prices) -> float:
    """Price of what a start takes from capacities that other territories use too."""
    return stores.volume[i] * prices.volume[stores.warehouse[i], t] + stores.capital[i] * prices.capital[t]


@nb.njit(cache=True, nogil=True)
def release(
    order: np.ndarray, row: int, wanted: int, guarded: np.ndarray, starts: np.ndarray, stores: Stores, room: Room
) -> None:
    """Stop `wanted` stores that an at-most row counts, in `order`, where no guarded at-least row suffers."""
    for i in order:
        if wanted <= 0:
            return
        t = starts[i]
        if t < 0 or t > room.month[row] or harm(i, t, guarded, stores, room):
            continue
        g = stores.group[i]
        for x in range(room.first[g], room.first[g + 1]):
            if room.row[x] == row:
                load(i, t, stores, room, -1)
                starts[i] = -1
                wanted -= 1
