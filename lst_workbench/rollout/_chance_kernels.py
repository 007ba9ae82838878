"""Kernel of the Monte Carlo: one plan lived through many times, by territory and warehouse instead of store by store.

Stores of one territory and one warehouse form a group, in the order in which reps come to them: those planned for month
1, 2, …, then those next in line. A part of that queue is known by its number of stores, their GMV and its square.

In month m the reps of territory t have A visits left beside care; stores planned up to m and not signed yet need
W = wanted x visits a sign-up. They use

    use = max(min(A, W), A - R)        R: visits that the plan itself leaves over in t and m

so that the plan is carried out as it is when everything comes out as assumed, what fails is taken up later, and room
beyond the plan's own goes to the stores next in line. Sign-ups are binomial (use, 1 / visits a sign-up); where a
warehouse or the capital of the month is full, groups are cut in proportion. Each store in the system lives through a
month with `survival` and orders with `active`, each by itself; GMV adds the spread of stores about their mean.
Loads of closed stores are not given back, as in the plan. Each draw has its own seed: threads do not matter.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

NORMAL_FROM = 10.0  # variance from which a binomial is drawn as a rounded normal
ROOM = 1.0 + 1e-12  # a capacity that the plan fills is not short by rounding


class Queues(NamedTuple):
    """A plan by group; P groups, T territories, W warehouses, R regions, M months, M + 1 parts of a queue."""

    territory: np.ndarray  # P: index of its territory, rising
    warehouse: np.ndarray  # P: index of its warehouse, -1 where none reaches
    region: np.ndarray  # T: index of its region
    before: np.ndarray  # P x 3: stores in the system at the start, their GMV, its square
    parts: np.ndarray  # P x (M + 1) x 3: position of its last store, mean GMV (RMB/month when active), mean square
    visits: np.ndarray  # T x M: all visits of the territory
    reserve: np.ndarray  # T x M: visits that the plan leaves over
    volume: np.ndarray  # W x M, m3
    capital: np.ndarray  # M, RMB


class Lives(NamedTuple):
    """How things come out in each of D draws; D x R where a region may differ."""

    visits: np.ndarray  # D x M: factor on visits
    signup: np.ndarray  # D x R: visits a sign-up
    care: np.ndarray  # D: care visits a store and month
    volume: np.ndarray  # D x R: m3 for each RMB of the plan's GMV
    capital: np.ndarray  # D x R: RMB tied up for each RMB of the plan's GMV
    gmv: np.ndarray  # D x R: factor on the plan's GMV
    active: np.ndarray  # D x R: share of stores in system that order
    survival: np.ndarray  # D: share that lives through a month


@njit(cache=True, nogil=True)
def binomial(n: float, p: float) -> float:
    """Successes of n trials; as a rounded normal where their variance is large."""
    if n <= 0.0 or p <= 0.0:
        return 0.0
    if p >= 1.0:
        return n
    spread = n * p * (1.0 - p)
    if spread >= NORMAL_FROM:
        return min(n, max(0.0, np.rint(n * p + math.sqrt(spread) * np.random.normal())))  # noqa: NPY002 - numba keeps a stream for each thread
    return float(np.random.binomial(int(n), p))  # noqa: NPY002


@njit(cache=True, nogil=True)
def thinned(amount: float, p: float, chance: bool) -> float:
    """Give what is left of an amount when each unit stays with p: by chance, a part of a unit in proportion."""
    if not chance:
        return amount * p
    whole = math.floor(amount + 1e-9)
    return binomial(whole, p) + max(0.0, amount - whole) * p


@njit(cache=True, nogil=True)
def taken(parts: np.ndarray, part: int, start: float, end: float) -> tuple[float, float]:
    """GMV, and its square, of the stores of a queue between two positions from `part` on, each part at its mean."""
    gmv, square, at = 0.0, 0.0, start
    while at < end and part < parts.shape[0]:
        length = min(end, parts[part, 0]) - at
        if length > 0.0:
            gmv += parts[part, 1] * length
            square += parts[part, 2] * length
            at += length
        part += 1
    return gmv, square


@njit(cache=True, nogil=True)
def adds_of_month(
    m: int, d: int, q: Queues, lives: Lives, signed: np.ndarray, known: np.ndarray, chance: bool, adds: np.ndarray
) -> None:
    """Sign-ups of each group in month m, before warehouses and capital; groups come by territory."""
    end = 0
    for t in range(q.visits.shape[0]):
        first = end
        wanted, rest = 0.0, 0.0
        while end < q.territory.size and q.territory[end] == t:
            behind = max(0.0, q.parts[end, m, 0] - signed[end])
            wanted += behind
            rest += q.parts[end, -1, 0] - signed[end] - behind
            end += 1
        need = lives.signup[d, q.region[t]]
        there = q.visits[t, m] * lives.visits[d, m] - lives.care[d] * known[t]
        use = max(0.0, max(min(there, wanted * need), there - q.reserve[t, m]))
        got = min(thinned(use, min(1.0, 1.0 / need), chance), wanted + rest)
        share = min(1.0, got / wanted) if wanted > 0.0 else 0.0
        more = (got - wanted) / rest if got > wanted and rest > 0.0 else 0.0
        for p in range(first, end):
            behind = max(0.0, q.parts[p, m, 0] - signed[p])
            adds[p] = behind * share + (q.parts[p, -1, 0] - signed[p] - behind) * more


@njit(cache=True, nogil=True)
def cut(
    m: int, d: int, q: Queues, lives: Lives, load: np.ndarray, tied: float, adds: np.ndarray, gmv: np.ndarray
) -> np.ndarray:
    """Share of each group's sign-ups of month m that its warehouse and the capital hold."""
    need = np.zeros(q.volume.shape[0])
    share = np.ones(adds.size)
    for p in range(adds.size):
        if q.warehouse[p] >= 0:
            need[q.warehouse[p]] += gmv[p] * lives.volume[d, q.region[q.territory[p]]]
    money = 0.0
    for p in range(adds.size):
        w = q.warehouse[p]
        if w >= 0 and need[w] > 0.0:
            share[p] = min(1.0, max(0.0, q.volume[w, m] * ROOM - load[w]) / need[w])
        money += gmv[p] * share[p] * lives.capital[d, q.region[q.territory[p]]]
    if money > 0.0:
        share *= min(1.0, max(0.0, q.capital[m] * ROOM - tied) / money)
    return share


@njit(cache=True, nogil=True)
def live(
    q: Queues, lives: Lives, seed: int, chance: bool, first: int, last: int, by_month: np.ndarray, by_region: np.ndarray
) -> None:
    """Live the plan through in the draws from `first` to before `last`, and write their rows.

    `by_month` (D x M x 4) takes sign-ups, stores in system, active stores and GMV (RMB) of each month; `by_region`
    (D x R x 4) the same by region: sign-ups of all months, the others in the last.
    """
    months, regions = q.capital.size, lives.signup.shape[1]
    for d in range(first, last):
        np.random.seed(seed + d)  # noqa: NPY002
        groups, tied = q.territory.size, 0.0
        signed, adds, part = np.zeros(groups), np.zeros(groups), np.zeros(groups, np.int64)
        worth, squares = np.zeros(groups), np.zeros(groups)
        known, load = np.zeros(q.visits.shape[0]), np.zeros(q.volume.shape[0])
        stock, gmv, square = np.zeros(regions), np.zeros(regions), np.zeros(regions)
        for p in range(groups):
            r = q.region[q.territory[p]]
            known[q.territory[p]] += q.before[p, 0]
            stock[r] += q.before[p, 0]
            gmv[r] += q.before[p, 1]
            square[r] += q.before[p, 2]
            tied += q.before[p, 1] * lives.capital[d, r]
            if q.warehouse[p] >= 0:
                load[q.warehouse[p]] += q.before[p, 1] * lives.volume[d, r]
        for m in range(months):
            for r in range(regions):
                left = thinned(stock[r], lives.survival[d], chance)
                share = left / stock[r] if stock[r] > 0.0 else 0.0
                stock[r], gmv[r], square[r] = left, gmv[r] * share, square[r] * share
            adds_of_month(m, d, q, lives, signed, known, chance, adds)
            for p in range(groups):
                worth[p], squares[p] = taken(q.parts[p], part[p], signed[p], signed[p] + adds[p])
            held = cut(m, d, q, lives, load, tied, adds, worth)
            for p in range(groups):
                more, own, own_square = adds[p] * held[p], worth[p], squares[p]
                if more <= 0.0:
                    continue
                r, end = q.region[q.territory[p]], signed[p] + more
                if held[p] < 1.0:
                    own, own_square = taken(q.parts[p], part[p], signed[p], end)
                tied += own * lives.capital[d, r]
                if q.warehouse[p] >= 0:
                    load[q.warehouse[p]] += own * lives.volume[d, r]
                stock[r] += more
                gmv[r] += own
                square[r] += own_square
                known[q.territory[p]] += more
                by_region[d, r, 0] += more
                by_month[d, m, 0] += more
                signed[p] = end
                while part[p] < months and q.parts[p, part[p], 0] <= end:
                    part[p] += 1
            for r in range(regions):
                if stock[r] <= 0.0:
                    continue
                a = lives.active[d, r]
                orders = thinned(stock[r], a, chance)
                money = gmv[r] * orders / stock[r]
                if chance:
                    spread = max(0.0, square[r] - gmv[r] * gmv[r] / stock[r])
                    money = max(0.0, money + math.sqrt(a * (1.0 - a) * spread) * np.random.normal())  # noqa: NPY002
                money *= lives.gmv[d, r]
                by_month[d, m, 1] += stock[r]
                by_month[d, m, 2] += orders
                by_month[d, m, 3] += money
                if m == months - 1:
                    by_region[d, r, 1], by_region[d, r, 2], by_region[d, r, 3] = stock[r], orders, money
