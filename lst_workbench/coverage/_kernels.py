"""Hot loops of the siting models; lists are in order of cost, `starts` marks where the list of each demand begins."""

import numpy as np
from numba import njit

NONE = -1
FREE, OPEN, SHUT = 0, 1, 2
LATELY, SLOW = 500, 0.02
INSERTED = 40  # pairs up to which a list is sorted by insertion


@njit(cache=True, nogil=True)
def in_lists(
    group: np.ndarray, groups: int, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bring two columns into the order of their groups, each group's rows as they came; says where groups start."""
    starts = np.zeros(groups + 1, np.int64)
    for k in range(group.size):
        starts[group[k] + 1] += 1
    starts[:] = np.cumsum(starts)
    free, one, two = starts.copy(), np.empty_like(first), np.empty_like(second)
    for k in range(group.size):
        at = free[group[k]]
        free[group[k]] = at + 1
        one[at], two[at] = first[k], second[k]
    return starts, one, two


@njit(cache=True, nogil=True)
def sort_lists(starts: np.ndarray, site: np.ndarray, cost: np.ndarray) -> None:
    """Sort each list by cost, pairs of equal cost by site, in place."""
    for i in range(starts.size - 1):
        begin, end = starts[i], starts[i + 1]
        if end - begin > INSERTED:
            order = np.argsort(site[begin:end], kind="mergesort")
            order = order[np.argsort(cost[begin:end][order], kind="mergesort")]
            site[begin:end], cost[begin:end] = site[begin:end][order], cost[begin:end][order]
            continue
        for k in range(begin + 1, end):
            c, j, at = cost[k], site[k], k
            while at > begin and (cost[at - 1] > c or (cost[at - 1] == c and site[at - 1] > j)):
                cost[at], site[at] = cost[at - 1], site[at - 1]
                at -= 1
            cost[at], site[at] = c, j


@njit(cache=True, nogil=True)
def first_double(starts: np.ndarray, site: np.ndarray, sites: int) -> tuple[int, int]:
    """Count the pairs whose list names their site before; says the first of them, -1 where there is none."""
    seen, count, found = np.full(sites, NONE), 0, NONE
    for i in range(starts.size - 1):
        for k in range(starts[i], starts[i + 1]):
            if seen[site[k]] == i:
                count += 1
                found = k if found == NONE else found
            seen[site[k]] = i
    return count, found


@njit(cache=True, nogil=True)
def two_cheapest(
    starts: np.ndarray, site: np.ndarray, opened: np.ndarray, first: np.ndarray, second: np.ndarray
) -> None:
    """Fill `first` and `second` with the pairs of each demand's two cheapest open sites, or -1."""
    for i in range(starts.size - 1):
        first[i] = second[i] = NONE
        for k in range(starts[i], starts[i + 1]):
            if opened[site[k]]:
                if first[i] == NONE:
                    first[i] = k
                else:
                    second[i] = k
                    break


@njit(cache=True, nogil=True)
def swap_profits(
    starts: np.ndarray,
    site: np.ndarray,
    cost: np.ndarray,
    weight: np.ndarray,
    penalty: float,
    slot: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    gain: np.ndarray,
    loss: np.ndarray,
    extra: np.ndarray,
) -> None:
    """Resende and Werneck (2007): profit of opening j and closing r = gain[j] - loss[r] + extra[j, r].

    gain[j] = Σ w (d1 - c)⁺; loss[r] = Σ w (d2 - d1) over demands whose cheapest is r; extra[j, r] is the sum of
    w (d2 - max(c, d1)) over those of them with c < d2. `slot` numbers the open sites; a missing one costs the penalty.
    """
    gain[:], loss[:], extra[:] = 0.0, 0.0, 0.0
    for i in range(starts.size - 1):
        w = weight[i]
        d1 = cost[first[i]] if first[i] != NONE else penalty
        d2 = cost[second[i]] if second[i] != NONE else penalty
        r = slot[site[first[i]]] if first[i] != NONE else NONE
        if r != NONE:
            loss[r] += w * (d2 - d1)
        for k in range(starts[i], starts[i + 1]):
            if cost[k] >= d2:
                break
            j = site[k]
            if slot[j] != NONE:
                continue
            if cost[k] < d1:
                gain[j] += w * (d1 - cost[k])
            if r != NONE:
                extra[j, r] += w * (d2 - max(cost[k], d1))


@njit(cache=True, nogil=True)
def _savings(
    starts: np.ndarray, site: np.ndarray, cost: np.ndarray, weight: np.ndarray, price: np.ndarray, saving: np.ndarray
) -> float:
    """Sum up the saving of each site at prices v: ρ[j] = Σ_i min(0, w_i c_ij - v_i); returns Σ v."""
    saving[:] = 0.0
    total = 0.0
    for i in range(starts.size - 1):
        total += price[i]
        for k in range(starts[i], starts[i + 1]):
            reduced = weight[i] * cost[k] - price[i]
            if reduced >= 0.0:
                break
            saving[site[k]] += reduced
    return total


@njit(cache=True, nogil=True)
def _turn(
    starts: np.ndarray,
    site: np.ndarray,
    cost: np.ndarray,
    weight: np.ndarray,
    price: np.ndarray,
    opened: np.ndarray,
    direction: np.ndarray,
) -> float:
    """Turn the direction to slack + 0.6 direction, and return its square.

    Slack is the subgradient of the dual: 1 - how many open sites would serve a demand at its price.
    """
    square = 0.0
    for i in range(starts.size - 1):
        slack = 1.0
        for k in range(starts[i], starts[i + 1]):
            if weight[i] * cost[k] >= price[i]:
                break
            if opened[site[k]]:
                slack -= 1.0
        direction[i] = slack + 0.6 * direction[i]
        square += direction[i] * direction[i]
    return square


@njit(cache=True, nogil=True)
def climb(
    starts: np.ndarray,
    site: np.ndarray,
    cost: np.ndarray,
    weight: np.ndarray,
    state: np.ndarray,
    p: int,
    price: np.ndarray,
    saving: np.ndarray,
    opened: np.ndarray,
    often: np.ndarray,
    step: float,
    patience: int,
    iterations: int,
    target: float,
    cutoff: float,
) -> tuple[float, float]:
    """Raise the Lagrangian bound of the p-median problem by deflected Polyak steps; returns it and the last step.

    L(v) = Σ_i v_i + Σ of the p least ρ_j, sites of state OPEN always among them and those of state SHUT never. The
    step is halved after `patience` iterations without gain; it ends when the bound passes `cutoff`. Afterwards `price`,
    `saving` and `opened` are those of the best bound; `often` is how often each site was named, lately weighing most.
    """
    best_price, best_saving, best_opened = price.copy(), saving.copy(), opened.copy()
    direction, rank = np.zeros(price.size), np.empty(saving.size)
    best, stalled, first_step = -np.inf, 0, step
    for _ in range(iterations):
        total = _savings(starts, site, cost, weight, price, saving)
        for j in range(saving.size):
            rank[j] = -np.inf if state[j] == OPEN else (np.inf if state[j] == SHUT else saving[j])
        named = np.argsort(rank)[:p]
        opened[:] = False
        bound = total
        for j in named:
            opened[j] = True
            bound += saving[j]
        for j in range(often.size):
            often[j] += 0.1 * (opened[j] - often[j])
        stalled += 1
        if bound > best:
            if bound > best + 1e-7 * abs(bound):
                stalled = 0
            best = bound
            best_price[:], best_saving[:], best_opened[:] = price, saving, opened
        if best > cutoff:
            break
        if stalled >= patience:
            step, stalled = step / 2, 0
            price[:], opened[:] = best_price, best_opened
            direction[:] = 0.0
            if step < 1e-3 * first_step:
                break
        square = _turn(starts, site, cost, weight, price, opened, direction)
        if square == 0.0:
            break
        length = step * (target - bound) / square
        for i in range(price.size):
            price[i] += length * direction[i]
    price[:], saving[:], opened[:] = best_price, best_saving, best_opened
    return best, step


@njit(cache=True, nogil=True)
def fill_sites(
    starts: np.ndarray,
    demand: np.ndarray,
    cost: np.ndarray,
    quantity: np.ndarray,
    capacity: np.ndarray,
    price: np.ndarray,
    saving: np.ndarray,
    scarcity: np.ndarray,
    share: np.ndarray,
) -> None:
    """Fill each site by itself with what saves most for a unit, where a unit of demand i is worth price[i].

    saving[j] = max Σ_i q_i (u_i - c_ij) x_ij with Σ_i q_i x_ij ≤ C_j, 0 ≤ x ≤ 1; scarcity[j] is what one more unit of
    capacity would save. Pairs are in order of site, `starts` marks where each site's begin; `share` is x.
    """
    share[:] = 0.0
    for j in range(starts.size - 1):
        begin = starts[j]
        margin = price[demand[begin : starts[j + 1]]] - cost[begin : starts[j + 1]]
        left = capacity[j]
        saving[j] = scarcity[j] = 0.0
        for k in np.argsort(-margin):
            if margin[k] <= 0.0:
                break
            wanted = quantity[demand[begin + k]]
            taken = min(left, wanted)
            share[begin + k] = taken / wanted
            saving[j] += taken * margin[k]
            left -= taken
            if taken < wanted:
                scarcity[j] = margin[k]
                break


@njit(cache=True, nogil=True)
def sink(
    starts: np.ndarray,
    site: np.ndarray,
    weight: np.ndarray,
    site_starts: np.ndarray,
    demand: np.ndarray,
    state: np.ndarray,
    p: int,
    price: np.ndarray,
    worth: np.ndarray,
    often: np.ndarray,
    patience: int,
    iterations: int,
    value: float,
) -> float:
    """Lower the Lagrangian bound of the maximal covering problem by deflected Polyak steps, and return it.

    U(v) = Σ_i (w_i - v_i) + Σ of the p largest ρ_j, ρ_j = Σ of v_i over the demands of j, with 0 ≤ v ≤ w; sites of
    state OPEN are always among them and those of state SHUT never. The step shrinks by 0.85 after `patience` iterations
    without gain; it ends when the bound is `value`, or when LATELY iterations have closed less than SLOW of the gap
    between them. Afterwards `price` and `worth` (ρ) are those of the best bound, and `often` is how often each site was
    among the p, lately weighing most.
    """
    best_price, best_worth, rank = price.copy(), worth.copy(), np.empty(worth.size)
    direction, slack = np.zeros(price.size), np.empty(price.size)
    best, stalled, step, before = np.inf, 0, 1.0, np.inf
    for done in range(iterations):
        worth[:], slack[:] = 0.0, -1.0
        bound = 0.0
        for i in range(price.size):
            bound += weight[i] - price[i]
            for k in range(starts[i], starts[i + 1]):
                worth[site[k]] += price[i]
        for j in range(worth.size):
            rank[j] = -np.inf if state[j] == OPEN else (np.inf if state[j] == SHUT else -worth[j])
            often[j] *= 0.9
        for j in np.argsort(rank)[:p]:
            bound += worth[j]
            often[j] += 0.1
            for k in range(site_starts[j], site_starts[j + 1]):
                slack[demand[k]] += 1.0
        stalled += 1
        if bound < best:
            if bound < best * (1 - 1e-7):
                stalled = 0
            best = bound
            best_price[:], best_worth[:] = price, worth
        if stalled >= patience:
            step, stalled = 0.85 * step, 0
        if done % LATELY == LATELY - 1:
            if before - best < SLOW * (before - value):
                break
            before = best
        if best <= value or step < 1e-3:
            break
        square = 0.0
        for i in range(price.size):
            direction[i] = slack[i] + 0.6 * direction[i]
            if (price[i] > 0.0 or direction[i] < 0.0) and (price[i] < weight[i] or direction[i] > 0.0):
                square += direction[i] * direction[i]
        if square == 0.0:
            break
        length = step * (bound - value) / square
        for i in range(price.size):
            price[i] = min(weight[i], max(0.0, price[i] - length * direction[i]))
    price[:], worth[:] = best_price, best_worth
    return best
