"""Kernels of the dual: what each store would do at given prices, and how that changes with them.

A store i started in month t is worth, at prices p (objective units per unit of load),

    z[i, t] = value[i] * p.factor[t] - signup[i] * p.visits[j, t] - care[i] * p.care[j, t]
              - volume[i] * p.volume[w, t] - capital[i] * p.capital[t] - p.target[g, t]

with j, w, g its territory, warehouse and group. A start that alone would break a capacity is no option (z = -inf).
Kernels work on a range of territories or stores and write rows of their own, so that one thread or two agree.
"""

from typing import NamedTuple

import numba as nb
import numpy as np

from lst_workbench.rollout.wave_inputs import Stores

FAR = 18.0  # exp(-FAR) is nothing
SURE = 0.99999


class Prices(NamedTuple):
    """What one unit of load costs a store that starts in month t, over the rest of the plan."""

    factor: np.ndarray  # months: worth of a start against month 1
    bonus: np.ndarray  # groups x months: what a start adds beside its value; the price of targets has it off already
    visits: np.ndarray  # territories x months: a visit to sign up, in t
    care: np.ndarray  # territories x months: one care visit in each month after t
    volume: np.ndarray  # warehouses x months: from t on
    capital: np.ndarray  # months: from t on
    target: np.ndarray  # groups x months: being counted by max_stores, quotas and shares, less what any start adds


class Largest(NamedTuple):
    """The largest load that a start in month t may bring, by itself."""

    signup: np.ndarray  # territories x months
    care: np.ndarray  # territories x months
    volume: np.ndarray  # warehouses x months
    capital: np.ndarray  # months


class Segments(NamedTuple):
    """Where territories, their pairs with a warehouse, and the groups inside a pair begin among the sorted stores."""

    first_pair: np.ndarray  # territories + 1
    warehouse: np.ndarray  # pairs
    first_part: np.ndarray  # pairs + 1
    group: np.ndarray  # parts
    first_store: np.ndarray  # parts + 1


class Usage(NamedTuple):
    """Dual and loads, by month of start."""

    exact: np.ndarray  # territories
    smoothed: np.ndarray  # territories
    signup: np.ndarray  # territories x months
    care: np.ndarray  # territories x months
    capital: np.ndarray  # territories x months
    volume: np.ndarray  # pairs x months
    started: np.ndarray  # parts x months


class Curvature(NamedTuple):
    """Second derivatives of the smoothed dual by month of start: load times load, lower triangles."""

    signup_signup: np.ndarray  # territories x months x months
    signup_care: np.ndarray
    care_care: np.ndarray
    signup_capital: np.ndarray
    care_capital: np.ndarray
    capital_capital: np.ndarray
    signup_volume: np.ndarray  # pairs x months x months
    care_volume: np.ndarray
    volume_volume: np.ndarray
    volume_capital: np.ndarray
    signup_target: np.ndarray  # parts x months x deadlines
    care_target: np.ndarray
    volume_target: np.ndarray
    capital_target: np.ndarray
    target_target: np.ndarray  # parts x deadlines x deadlines


def empty_usage(territories: int, pairs: int, parts: int, months: int) -> Usage:
    """Zeros for `dual_pass` to add to."""
    place = (territories, months)
    zeros = np.zeros
    return Usage(
        zeros(territories), zeros(territories), zeros(place), zeros(place), zeros(place), zeros((pairs, months)),
        zeros((parts, months)),
    )  # fmt: skip


def empty_curvature(territories: int, pairs: int, parts: int, months: int, deadlines: int) -> Curvature:
    """Zeros for `dual_pass` to add to."""
    shapes = [(territories, months, months)] * 6 + [(pairs, months, months)] * 4 + [(parts, months, deadlines)] * 4
    return Curvature._make(np.zeros(shape) for shape in [*shapes, (parts, deadlines, deadlines)])


@nb.njit(cache=True, nogil=True, inline="always")
def start_worths(
    i: int, j: int, w: int, g: int, stores: Stores, prices: Prices, largest: Largest, worths: np.ndarray
) -> int:
    """Write z[i, t] of every month into `worths` and return the best month."""
    value, signup, care = stores.value[i], stores.signup[i], stores.care[i]
    volume, capital = stores.volume[i], stores.capital[i]
    best = 0
    for t in range(worths.size):
        if (
            signup > largest.signup[j, t]
            or care > largest.care[j, t]
            or volume > largest.volume[w, t]
            or capital > largest.capital[t]
        ):
            worths[t] = -np.inf
        else:
            worths[t] = (
                value * prices.factor[t]
                - signup * prices.visits[j, t]
                - care * prices.care[j, t]
                - volume * prices.volume[w, t]
                - capital * prices.capital[t]
                - prices.target[g, t]
            )
        if worths[t] > worths[best]:
            best = t
    return best


@nb.njit(cache=True, nogil=True)
def start_shares(
    z: np.ndarray, top: float, heat: float, shares: np.ndarray, active: np.ndarray
) -> tuple[int, float, float]:
    """Write the shares exp(z/heat) / (1 + sum exp(z/heat)) of the months that have any, and those months.

    Returns how many, the share of no start, and the smoothed maximum heat * log(1 + sum exp(z/heat)).
    """
    none = np.exp(-top / heat)
    total, n = none, 0
    for t in range(z.size):
        below = (z[t] - top) / heat
        if below > -FAR:
            shares[n] = np.exp(below)
            total += shares[n]
            active[n] = t
            n += 1
    for x in range(n):
        shares[x] /= total
    return n, none / total, top + heat * np.log(total)


@nb.njit(cache=True, nogil=True)
def dual_pass(
    first: int,
    last: int,
    stores: Stores,
    weight: np.ndarray,
    scale: np.ndarray,
    segments: Segments,
    prices: Prices,
    largest: Largest,
    deadlines: np.ndarray,
    temperature: float,
    usage: Usage,
    h: Curvature,
) -> None:
    """One pass over the stores of territories `first` to `last`: dual, loads and curvature.

    exact     = sum_i weight_i max(0, max_t z[i, t])
    smoothed  = sum_i weight_i s_i log(1 + sum_t exp(z[i, t] / s_i)),  s_i = temperature * scale[i]
    loads     = sum_i weight_i share[i, t] * load[i],                  share = d smoothed / d z
    curvature = sum_i weight_i load[i] * load'[i] * d share[i, t] / d z[i, u]
    """
    months, kinds = prices.factor.size, deadlines.size
    z, share, active = np.zeros(months), np.zeros(months), np.zeros(months, np.int64)
    by_deadline = np.zeros(kinds)
    for j in range(first, last):
        for p in range(segments.first_pair[j], segments.first_pair[j + 1]):
            w = segments.warehouse[p]
            for s in range(segments.first_part[p], segments.first_part[p + 1]):
                g = segments.group[s]
                for i in range(segments.first_store[s], segments.first_store[s + 1]):
                    best = z[start_worths(i, j, w, g, stores, prices, largest, z)]
                    top = max(best, 0.0)
                    usage.exact[j] += weight[i] * top
                    heat = temperature * scale[i]
                    if best < -FAR * heat:
                        continue
                    n, none, smoothed = start_shares(z, top, heat, share, active)
                    usage.smoothed[j] += weight[i] * smoothed
                    surest = none
                    signup, care = stores.signup[i], stores.care[i]
                    volume, capital = stores.volume[i], stores.capital[i]
                    for x in range(n):
                        t = active[x]
                        surest = max(surest, share[x])
                        part = weight[i] * share[x]
                        usage.signup[j, t] += signup * part
                        usage.care[j, t] += care * part
                        usage.capital[j, t] += capital * part
                        usage.volume[p, t] += volume * part
                        usage.started[s, t] += part
                    if surest > SURE:
                        continue
                    sharpness = weight[i] / heat
                    for x in range(n):
                        for y in range(x + 1):
                            t, u = active[x], active[y]
                            bend = ((share[x] if x == y else 0.0) - share[x] * share[y]) * sharpness
                            by_signup, by_care, by_volume = bend * signup, bend * care, bend * volume
                            h.signup_signup[j, t, u] += by_signup * signup
                            h.signup_care[j, t, u] += by_signup * care
                            h.care_care[j, t, u] += by_care * care
                            h.signup_capital[j, t, u] += by_signup * capital
                            h.care_capital[j, t, u] += by_care * capital
                            h.capital_capital[j, t, u] += bend * capital * capital
                            h.signup_volume[p, t, u] += by_signup * volume
                            h.care_volume[p, t, u] += by_care * volume
                            h.volume_volume[p, t, u] += by_volume * volume
                            h.volume_capital[p, t, u] += by_volume * capital
                    if kinds == 0:
                        continue
                    by_deadline[:] = 0.0
                    for x in range(n):
                        for k in range(kinds):
                            if active[x] <= deadlines[k]:
                                by_deadline[k] += share[x]
                    for k in range(kinds):
                        for x in range(n):
                            t = active[x]
                            bend = share[x] * ((1.0 if t <= deadlines[k] else 0.0) - by_deadline[k]) * sharpness
                            h.signup_target[s, t, k] += bend * signup
                            h.care_target[s, t, k] += bend * care
                            h.volume_target[s, t, k] += bend * volume
                            h.capital_target[s, t, k] += bend * capital
                        for m in range(kinds):
                            both = by_deadline[min(k, m)]
                            h.target_target[s, k, m] += (both - by_deadline[k] * by_deadline[m]) * sharpness


@nb.njit(cache=True, nogil=True)
def best_starts(
    first: int,
    last: int,
    stores: Stores,
    prices: Prices,
    largest: Largest,
    worth: np.ndarray,
    month: np.ndarray,
    lead: np.ndarray,
) -> None:
    """Write each store's best z[i, t], its month, and its lead over the second best month or no start."""
    z = np.empty(prices.factor.size)
    for i in range(first, last):
        t = start_worths(i, stores.territory[i], stores.warehouse[i], stores.group[i], stores, prices, largest, z)
        second = 0.0
        for u in range(z.size):
            if u != t and z[u] > second:
                second = z[u]
        worth[i], month[i], lead[i] = z[t], t, z[t] - second
