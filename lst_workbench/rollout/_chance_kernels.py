"""Kernel of the Monte Carlo: one plan lived through many times, by territory and warehouse instead of store by store.

Stores of one territory and one warehouse form a group, in the order in which reps come to them: those planned for month
1, 2, …, then those next in line. A part of that queue is known by its number of stores, their GMV and its square.

In month m the reps of territory t have A visits left beside care, and the stores planned up to m that are not signed yet
need W = wanted x visits a sign-up. They use

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
from numba import njit, prange

NORMAL_FROM = 30.0  # variance from which a binomial is drawn as a rounded normal


class Queues(NamedTuple):
    """A plan by group; P groups, T territories, W warehouses, R regions, M months, M + 1 parts of a queue."""

    territory: np.ndarray  # P: index of its territory
    warehouse: np.ndarray  # P: index of its warehouse, -1 where none reaches
    region: np.ndarray  # T: index of its region
    before: np.ndarray  # P x 3: stores in the system at the start, their GMV, its square
    stores: np.ndarray  # P x (M + 1)
    gmv: np.ndarray  # P x (M + 1), RMB/month when active
    square: np.ndarray  # P x (M + 1)
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
        return min(n, max(0.0, np.rint(n * p + math.sqrt(spread) * np.random.normal())))
    return float(np.random.binomial(int(n), p))


@njit(cache=True, nogil=True)
def thinned(amount: float, p: float, chance: bool) -> float:
    """What is left of an amount when each unit stays with p: by chance, a part of a unit in proportion."""
    if not chance:
        return amount * p
    whole = math.floor(amount + 1e-9)
    return binomial(whole, p) + max(0.0, amount - whole) * p


@njit(cache=True, nogil=True)
def taken(stores: np.ndarray, amounts: np.ndarray, start: float, end: float) -> float:
    """Amount that belongs to the stores of a queue between two positions, each part at its mean."""
    at, total = 0.0, 0.0
    for part in range(stores.size):
        low, high = max(start, at), min(end, at + stores[part])
        if high > low:
            total += amounts[part] * (high - low) / stores[part]
        at += stores[part]
    return total


@njit(cache=True, nogil=True)
def adds_of_month(m: int, d: int, q: Queues, lives: Lives, signed: np.ndarray, chance: bool, adds: np.ndarray) -> None:
    """Sign-ups of each group in month m, before warehouses and capital."""
    territories, groups = q.visits.shape[0], q.territory.size
    wanted, rest, known = np.zeros(territories), np.zeros(territories), np.zeros(territories)
    behind, ahead = np.zeros(groups), np.zeros(groups)
    for p in range(groups):
        planned, every = q.stores[p, : m + 1].sum(), q.stores[p].sum()
        behind[p] = max(0.0, planned - signed[p])
        ahead[p] = every - signed[p] - behind[p]
        t = q.territory[p]
        wanted[t] += behind[p]
        rest[t] += ahead[p]
        known[t] += q.before[p, 0] + signed[p]
    got = np.zeros(territories)
    for t in range(territories):
        need = lives.signup[d, q.region[t]]
        there = q.visits[t, m] * lives.visits[d, m] - lives.care[d] * known[t]
        use = max(0.0, max(min(there, wanted[t] * need), there - q.reserve[t, m]))
        got[t] = min(thinned(use, min(1.0, 1.0 / need), chance), wanted[t] + rest[t])
    for p in range(groups):
        t = q.territory[p]
        if got[t] <= wanted[t]:
            adds[p] = behind[p] * got[t] / wanted[t] if wanted[t] > 0.0 else 0.0
        else:
            adds[p] = behind[p] + (ahead[p] * (got[t] - wanted[t]) / rest[t] if rest[t] > 0.0 else 0.0)


@njit(cache=True, nogil=True)
def fit(
    m: int, d: int, q: Queues, lives: Lives, signed: np.ndarray, load: np.ndarray, tied: float, adds: np.ndarray
) -> float:
    """Cut the sign-ups of month m to warehouses and capital; return the capital tied up."""
    groups = q.territory.size
    gmv, need = np.zeros(groups), np.zeros(q.volume.shape[0])
    for p in range(groups):
        gmv[p] = taken(q.stores[p], q.gmv[p], signed[p], signed[p] + adds[p])
        if q.warehouse[p] >= 0:
            need[q.warehouse[p]] += gmv[p] * lives.volume[d, q.region[q.territory[p]]]
    money = 0.0
    for p in range(groups):
        w = q.warehouse[p]
        if w >= 0 and need[w] > 0.0:
            share = min(1.0, max(0.0, q.volume[w, m] * (1.0 + 1e-12) - load[w]) / need[w])
            adds[p] *= share
            gmv[p] *= share
        money += gmv[p] * lives.capital[d, q.region[q.territory[p]]]
    share = min(1.0, max(0.0, q.capital[m] * (1.0 + 1e-12) - tied) / money) if money > 0.0 else 1.0
    for p in range(groups):
        adds[p] *= share
        if q.warehouse[p] >= 0:
            load[q.warehouse[p]] += gmv[p] * share * lives.volume[d, q.region[q.territory[p]]]
    return tied + money * share


@njit(parallel=True, cache=True, nogil=True)
def live(q: Queues, lives: Lives, seed: int, chance: bool) -> tuple[np.ndarray, np.ndarray]:
    """Live the plan through in every draw.

    Returns
    -------
    months : array, D x M x 4
        Sign-ups, stores in system, active stores, GMV (RMB) of each month.
    regions : array, D x R x 4
        The same by region: sign-ups of all months, the others in the last.
    """
    draws, months, regions = lives.care.size, q.capital.size, lives.signup.shape[1]
    by_month, by_region = np.zeros((draws, months, 4)), np.zeros((draws, regions, 4))
    for d in prange(draws):
        np.random.seed(seed + d)
        groups = q.territory.size
        signed, adds, load = np.zeros(groups), np.zeros(groups), np.zeros(q.volume.shape[0])
        tied = 0.0
        stock, gmv, square = np.zeros(regions), np.zeros(regions), np.zeros(regions)
        for p in range(groups):
            r = q.region[q.territory[p]]
            stock[r] += q.before[p, 0]
            gmv[r] += q.before[p, 1]
            square[r] += q.before[p, 2]
            tied += q.before[p, 1] * lives.capital[d, r]
            if q.warehouse[p] >= 0:
                load[q.warehouse[p]] += q.before[p, 1] * lives.volume[d, r]
        for m in range(months):
            adds_of_month(m, d, q, lives, signed, chance, adds)
            tied = fit(m, d, q, lives, signed, load, tied, adds)
            for r in range(regions):
                left = thinned(stock[r], lives.survival[d], chance)
                share = left / stock[r] if stock[r] > 0.0 else 0.0
                stock[r], gmv[r], square[r] = left, gmv[r] * share, square[r] * share
            for p in range(groups):
                r, end = q.region[q.territory[p]], signed[p] + adds[p]
                stock[r] += adds[p]
                gmv[r] += taken(q.stores[p], q.gmv[p], signed[p], end)
                square[r] += taken(q.stores[p], q.square[p], signed[p], end)
                by_region[d, r, 0] += adds[p]
                by_month[d, m, 0] += adds[p]
                signed[p] = end
            for r in range(regions):
                if stock[r] <= 0.0:
                    continue
                a = lives.active[d, r]
                orders = thinned(stock[r], a, chance)
                worth = gmv[r] * orders / stock[r]
                if chance:
                    spread = max(0.0, square[r] - gmv[r] * gmv[r] / stock[r])
                    worth = max(0.0, worth + math.sqrt(a * (1.0 - a) * spread) * np.random.normal())
                worth *= lives.gmv[d, r]
                by_month[d, m, 1] += stock[r]
                by_month[d, m, 2] += orders
                by_month[d, m, 3] += worth
                if m == months - 1:
                    by_region[d, r, 1], by_region[d, r, 2], by_region[d, r, 3] = stock[r], orders, worth
    return by_month, by_region
