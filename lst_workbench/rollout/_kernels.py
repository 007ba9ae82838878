"""Kernels of the dual: what each store would do at given prices, and how that changes with them.

A store i started in month t is worth, at prices p (objective units per unit of load),

    z[i, t] = value[i] * factor[t] - signup[i] * p.visits[j, t] - care[i] * p.care[j, t]
              - volume[i] * p.volume[w, t] - capital[i] * p.capital[t] - p.count[g, t]

with j, w, g its territory, warehouse and group. A start that alone would break a capacity is no option (z = -inf).
Work is split by territory, each writing its own rows, so that one thread or two give the same figures.
"""

from typing import NamedTuple

import numba as nb
import numpy as np

FAR = 18.0  # exp(-FAR) is nothing


class Prices(NamedTuple):
    """What one unit of load costs a store that starts in month t, over the rest of the plan."""

    factor: np.ndarray  # months
    visits: np.ndarray  # territories x months: a visit to sign up, in t
    care: np.ndarray  # territories x months: one care visit in each month after t
    volume: np.ndarray  # warehouses x months: from t on
    capital: np.ndarray  # months: from t on
    count: np.ndarray  # groups x months: being counted by max_stores and quotas


class Largest(NamedTuple):
    """The largest load that a start in month t may bring, by itself."""

    signup: np.ndarray
    care: np.ndarray
    volume: np.ndarray
    capital: np.ndarray


class Segments(NamedTuple):
    """Where territories, their pairs with a warehouse, and the groups inside a pair begin among the sorted stores."""

    first_pair: np.ndarray  # territories + 1
    warehouse: np.ndarray  # pairs
    first_group: np.ndarray  # pairs + 1
    group: np.ndarray  # segments
    first_store: np.ndarray  # segments + 1


class Usage(NamedTuple):
    """Loads of the stores that start, by month of start."""

    signup: np.ndarray  # territories x months
    care: np.ndarray
    capital: np.ndarray
    volume: np.ndarray  # pairs x months
    count: np.ndarray  # segments x months


class Curvature(NamedTuple):
    """Second derivatives of the smoothed dual by month of start: blocks months x months of load times load."""

    signup_signup: np.ndarray  # territories
    signup_care: np.ndarray
    care_care: np.ndarray
    signup_capital: np.ndarray
    care_capital: np.ndarray
    capital_capital: np.ndarray
    signup_volume: np.ndarray  # pairs
    care_volume: np.ndarray
    volume_volume: np.ndarray
    volume_capital: np.ndarray
    signup_count: np.ndarray  # segments x months x deadlines
    care_count: np.ndarray
    volume_count: np.ndarray
    capital_count: np.ndarray
    count_count: np.ndarray  # segments x deadlines x deadlines


@nb.njit(cache=True, nogil=True, inline="always")
def start_worths(i, j, w, g, stores, prices, largest, worths):  # noqa: ANN001, ANN201
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
                - prices.count[g, t]
            )
        if worths[t] > worths[best]:
            best = t
    return best


@nb.njit(cache=True, nogil=True, parallel=True)
def dual_pass(stores, scale, segments, prices, largest, deadlines, temperature, with_curvature):  # noqa: ANN001, ANN201
    """One pass over all stores: the exact and the smoothed dual, loads, and curvature.

    exact     = sum_i max(0, max_t z[i, t])
    smoothed  = sum_i s_i log(1 + sum_t exp(z[i, t] / s_i)),  s_i = temperature * scale[i]

    Returns both per territory, `Usage` at the smoothed shares and `Curvature` (zero-sized unless asked for).
    """
    n_territories, months = prices.visits.shape
    pairs, parts, kinds = segments.warehouse.size, segments.group.size, deadlines.size
    exact, smoothed = np.zeros(n_territories), np.zeros(n_territories)
    # Arrays are bound to names of their own: inside a parallel loop, writes through a tuple are lost.
    by_territory, by_pair, by_part = (n_territories, months), (pairs, months), (parts, months)
    use_signup, use_care, use_capital = np.zeros(by_territory), np.zeros(by_territory), np.zeros(by_territory)
    use_volume, use_count = np.zeros(by_pair), np.zeros(by_part)
    j_rows, p_rows, s_rows = (n_territories, pairs, parts) if with_curvature else (0, 0, 0)
    block, pair_block, part_block = (j_rows, months, months), (p_rows, months, months), (s_rows, months, kinds)
    h_signup_signup, h_signup_care, h_care_care = np.zeros(block), np.zeros(block), np.zeros(block)
    h_signup_capital, h_care_capital, h_capital_capital = np.zeros(block), np.zeros(block), np.zeros(block)
    h_signup_volume, h_care_volume = np.zeros(pair_block), np.zeros(pair_block)
    h_volume_volume, h_volume_capital = np.zeros(pair_block), np.zeros(pair_block)
    h_signup_count, h_care_count = np.zeros(part_block), np.zeros(part_block)
    h_volume_count, h_capital_count = np.zeros(part_block), np.zeros(part_block)
    h_count_count = np.zeros((s_rows, kinds, kinds))
    for j in nb.prange(n_territories):
        z, share = np.zeros(months), np.zeros(months)
        active = np.zeros(months, np.int64)
        by_deadline = np.zeros(kinds)
        sum_exact, sum_smoothed = 0.0, 0.0
        for p in range(segments.first_pair[j], segments.first_pair[j + 1]):
            w = segments.warehouse[p]
            for s in range(segments.first_group[p], segments.first_group[p + 1]):
                g = segments.group[s]
                for i in range(segments.first_store[s], segments.first_store[s + 1]):
                    best = z[start_worths(i, j, w, g, stores, prices, largest, z)]
                    if best > 0:
                        sum_exact += best
                    heat = temperature * scale[i]
                    if best < -FAR * heat:
                        continue
                    top = max(best, 0.0)
                    none = np.exp(-top / heat)
                    total, n = none, 0
                    for t in range(months):
                        below = (z[t] - top) / heat
                        if below > -FAR:
                            share[n] = np.exp(below)
                            total += share[n]
                            active[n] = t
                            n += 1
                    sum_smoothed += top + heat * np.log(total)
                    none /= total
                    surest = none
                    signup, care = stores.signup[i], stores.care[i]
                    volume, capital = stores.volume[i], stores.capital[i]
                    for x in range(n):
                        share[x] /= total
                        surest = max(surest, share[x])
                        t = active[x]
                        use_signup[j, t] += signup * share[x]
                        use_care[j, t] += care * share[x]
                        use_capital[j, t] += capital * share[x]
                        use_volume[p, t] += volume * share[x]
                        use_count[s, t] += share[x]
                    if not with_curvature or surest > 0.99999:
                        continue
                    for x in range(n):
                        for y in range(x + 1):
                            t, u = active[x], active[y]
                            bend = ((share[x] if x == y else 0.0) - share[x] * share[y]) / heat
                            by_signup, by_care, by_volume = bend * signup, bend * care, bend * volume
                            h_signup_signup[j, t, u] += by_signup * signup
                            h_signup_care[j, t, u] += by_signup * care
                            h_care_care[j, t, u] += by_care * care
                            h_signup_capital[j, t, u] += by_signup * capital
                            h_care_capital[j, t, u] += by_care * capital
                            h_capital_capital[j, t, u] += bend * capital * capital
                            h_signup_volume[p, t, u] += by_signup * volume
                            h_care_volume[p, t, u] += by_care * volume
                            h_volume_volume[p, t, u] += by_volume * volume
                            h_volume_capital[p, t, u] += by_volume * capital
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
                            bend = share[x] * ((1.0 if t <= deadlines[k] else 0.0) - by_deadline[k]) / heat
                            h_signup_count[s, t, k] += bend * signup
                            h_care_count[s, t, k] += bend * care
                            h_volume_count[s, t, k] += bend * volume
                            h_capital_count[s, t, k] += bend * capital
                        for m in range(kinds):
                            both = by_deadline[min(k, m)]
                            h_count_count[s, k, m] += (both - by_deadline[k] * by_deadline[m]) / heat
        exact[j], smoothed[j] = sum_exact, sum_smoothed
    usage = Usage(use_signup, use_care, use_capital, use_volume, use_count)
    curvature = Curvature(
        h_signup_signup,
        h_signup_care,
        h_care_care,
        h_signup_capital,
        h_care_capital,
        h_capital_capital,
        h_signup_volume,
        h_care_volume,
        h_volume_volume,
        h_volume_capital,
        h_signup_count,
        h_care_count,
        h_volume_count,
        h_capital_count,
        h_count_count,
    )
    return exact, smoothed, usage, curvature


@nb.njit(cache=True, nogil=True, parallel=True)
def best_starts(stores, prices, largest):  # noqa: ANN001, ANN201
    """Best worth z[i, t] of each store over the months, its month, and its lead over the second best or no start."""
    n, months = stores.value.size, prices.factor.size
    worth, lead, month = np.empty(n), np.empty(n), np.empty(n, np.int16)
    for chunk in nb.prange((n + 4095) // 4096):
        z = np.empty(months)
        for i in range(chunk * 4096, min(n, (chunk + 1) * 4096)):
            t = start_worths(i, stores.territory[i], stores.warehouse[i], stores.group[i], stores, prices, largest, z)
            worth[i], month[i] = z[t], t
            second = 0.0
            for u in range(months):
                if u != t and z[u] > second:
                    second = z[u]
            lead[i] = z[t] - second
    return worth, month, lead
