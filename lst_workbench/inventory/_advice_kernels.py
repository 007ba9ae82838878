"""Numba kernels of advice: what a change of order, shelf, price or range of one line is worth, and the best five."""

from typing import Any

import numpy as np
from numba import njit

from lst_workbench.inventory._kernels import case_values, choose_cases, cumulative

DAY_MS = 86_400_000.0
WEEK = 7.0
ORDER, FACING, EXPIRY, PRICE_CHANGE, RANGE = range(5)
CARDS = 5
MOST_UNITS = 4000


@njit(cache=True, nogil=True)
def rate_of(line: Any, now: int, since: int, half_life_days: float, prior_days: float) -> tuple[float, float]:
    """Units a day and the units they rest on: (prior + sold) / (days of prior + days seen), both fading alike.

    With w = 2^-((now - since) / h): rate = (mean p w + S(now)) / (p w + (1 - w) h / ln 2).
    """
    w = 2.0 ** (-max(0, now - since) / DAY_MS / half_life_days)
    sold = line.sold * 2.0 ** (-max(0, now - line.sold_at) / DAY_MS / half_life_days)
    units = line.mean_units_day * prior_days * w + sold
    days = prior_days * w + (1.0 - w) * half_life_days / np.log(2.0)
    return units / days, units


@njit(cache=True, nogil=True)
def on_hand(line: Any) -> float:
    """Units on the shelf and behind it; not a number when never counted."""
    return line.counted + line.moved


@njit(cache=True, nogil=True)
def line_gains(
    line: Any, about: Any, items: np.ndarray, store: Any, rate: float, now: int,
    price_step: float, gains: np.ndarray, ignoring: np.ndarray,
) -> None:  # fmt: skip
    """Gain in RMB of each kind of advice but the order, and what ignoring it costs, at `rate` units a day."""
    gains[:], ignoring[:] = 0.0, 0.0
    if not line.listed:
        return
    price = line.price if line.price > 0.0 else about.price_rmb
    margin = price - about.cost_rmb if price > 0.0 else about.margin_rmb
    have = on_hand(line)
    if have > 0.0:
        unsold = _unsold(line, have, rate, now)
        gains[EXPIRY] = ignoring[EXPIRY] = unsold * about.cost_rmb
        shelf = line.facings * line.units_facing
        if line.facings > 0 and have > shelf:
            demand = rate * store.restock_days
            saved = _lost(demand, line.spread, shelf) - _lost(demand, line.spread, shelf + line.units_facing)
            space = about.width_cm * store.shelf_price_rmb_cm_week
            gains[FACING] = margin * saved * WEEK / store.restock_days - space
            ignoring[FACING] = margin * saved * WEEK / store.restock_days
    if price > 0.0:
        better = better_price(price, about.cost_rmb, about.elasticity, price_step)
        if better != price:
            answer = (better / price) ** about.elasticity if about.elasticity < 0.0 else 1.0
            more = WEEK * rate * ((better - about.cost_rmb) * answer - (price - about.cost_rmb))
            gains[PRICE_CHANGE] = ignoring[PRICE_CHANGE] = more
    if line.add_item >= 0:
        added = items[line.add_item]
        kept = added.margin_rmb * line.add_units_day - margin * rate * (1.0 - line.stays_share)
        gains[RANGE] = ignoring[RANGE] = WEEK * kept


@njit(cache=True, nogil=True)
def better_price(price: float, cost: float, elasticity: float, step: float) -> float:
    """Price towards the best mark-up, cost x e / (1 + e), by one step at most; never below cost."""
    if elasticity < -1.0:
        best = cost * elasticity / (1.0 + elasticity)
        return min(max(best, price * (1.0 - step), cost), max(price * (1.0 + step), cost))
    return max(price, cost)


@njit(cache=True, nogil=True)
def _lost(mean: float, spread: float, shelf: float) -> float:
    """E max(D - shelf, 0) = mean - sum_(y < units) P(D > y)."""
    units = min(int(shelf), MOST_UNITS)
    if units <= 0:
        return mean
    below = np.empty(units)
    cumulative(mean, mean * spread, units, below)
    return max(0.0, mean - (units - below.sum()))


@njit(cache=True, nogil=True)
def _unsold(line: Any, have: float, rate: float, now: int) -> float:
    """Units that will not sell before they expire; the older lot sells first."""
    last = min(have, line.lot_units)
    older = min(have - last, line.old_units)
    total = 0.0
    if older >= 1.0 and line.old_until > 0:
        total = _left(rate * (line.old_until - now) / DAY_MS, line.spread, int(older))
    if last >= 1.0 and line.lot_until > 0:
        both = _left(rate * (line.lot_until - now) / DAY_MS, line.spread, int(older + last))
        total = max(total, min(both, last + total))
    return total


@njit(cache=True, nogil=True)
def _left(mean: float, spread: float, units: int) -> float:
    """E max(units - D, 0) = sum_(y < units) P(D <= y); everything when the day has passed."""
    if mean <= 0.0:
        return float(units)
    units = min(units, MOST_UNITS)
    below = np.empty(units)
    cumulative(mean, mean * spread, units, below)
    return below.sum()


@njit(cache=True, nogil=True)
def order_values(line: Any, about: Any, days: float, rate: float, values: np.ndarray) -> float:
    """Worth of each further case until the delivery after the next; returns the margin lost without any."""
    values[:] = 0.0
    have = on_hand(line)
    if not line.listed or not have > -np.inf or about.case_pack < 1:
        return 0.0
    position = int(max(have, 0.0) + max(line.ordered - line.delivered, 0.0))
    count = min(position + values.size * about.case_pack, MOST_UNITS)
    if position + values.size * about.case_pack > count:
        return 0.0
    mean, perishes = rate * days, about.shelf_life_days > 0.0
    cover, life = np.empty(count), np.empty(count if perishes else 0)
    cumulative(mean, mean * line.spread, count, cover)
    if perishes:
        cumulative(rate * about.shelf_life_days, rate * about.shelf_life_days * line.spread, count, life)
    early = perishes and about.shelf_life_days < days
    margin = line.price - about.cost_rmb if line.price > 0.0 else about.margin_rmb
    holding = about.holding_rmb_day * days
    case_values(cover, life, perishes, early, position, about.case_pack, margin, holding, about.cost_rmb, values)
    return max(0.0, margin) * max(0.0, mean - (position - cover[:position].sum()))


@njit(cache=True, nogil=True)
def judge(
    touched: np.ndarray, owner: np.ndarray, start: np.ndarray, lines: np.ndarray, items: np.ndarray,
    stores: np.ndarray, gains: np.ndarray, now: int, since: int, half_life_days: float, prior_days: float,
    price_step: float, most: int,
) -> None:  # fmt: skip
    """Work out afresh the gains of touched lines, and mark stores whose wanted cases changed."""
    values, mine, ignoring = np.empty(most), np.empty(CARDS), np.empty(CARDS)
    for t in range(touched.size):
        i, s = touched[t], owner[t]
        about = items[lines[i].item]
        rate, _ = rate_of(lines[i], now, since, half_life_days, prior_days)
        line_gains(lines[i], about, items, stores[s], rate, now, price_step, mine, ignoring)
        order_values(lines[i], about, stores[s].cover_days, rate, values)
        wanted = 0
        while wanted < most and values[wanted] > 0.0:
            wanted += 1
        if wanted != lines[i].wanted:
            stores[s].stale = True
            lines[i].wanted = wanted
        for k in range(1, CARDS):
            gains[i, k] = mine[k]


@njit(cache=True, nogil=True)
def choose_order(
    s: int, start: np.ndarray, lines: np.ndarray, items: np.ndarray, stores: np.ndarray, now: int, since: int,
    half_life_days: float, prior_days: float, most: int,
) -> None:  # fmt: skip
    """Choose among the wanted cases of a store within cash; none when they come to less than the minimum order.

    A proposal that fills up to the minimum with cases that do not pay is left to the day's `propose_orders`.
    """
    first, last = start[s], start[s + 1]
    worth, cost = np.empty(most * (last - first)), np.empty(most * (last - first))
    owner = np.empty(most * (last - first), np.int64)
    values, count = np.empty(most), 0
    for i in range(first, last):
        lines[i].taken = 0
        if lines[i].item < 0 or lines[i].wanted == 0:
            continue
        about = items[lines[i].item]
        rate, _ = rate_of(lines[i], now, since, half_life_days, prior_days)
        order_values(lines[i], about, stores[s].cover_days, rate, values)
        for k in range(lines[i].wanted):
            if values[k] > 0.0:
                worth[count], cost[count], owner[count] = values[k], about.cost_rmb * about.case_pack, i - first
                count += 1
    stores[s].order_rmb, stores[s].spend_rmb, stores[s].order_mark, stores[s].stale = 0.0, 0.0, 0, False
    if cost[:count].sum() < stores[s].min_order_rmb or count == 0:
        return
    cases, figures = np.zeros(last - first, np.int64), np.zeros(6)
    choose_cases(
        worth[:count], cost[:count], owner[:count], stores[s].min_order_rmb, stores[s].cash_rmb, 1e-6, 2000, cases,
        figures,
    )  # fmt: skip
    for i in range(first, last):
        lines[i].taken = cases[i - first]
        stores[s].order_mark = stores[s].order_mark * 31 + cases[i - first]
    nth = 0
    for c in range(count):
        nth = nth + 1 if c > 0 and owner[c] == owner[c - 1] else 0
        if nth < cases[owner[c]]:
            stores[s].order_rmb += worth[c]
            stores[s].spend_rmb += cost[c]


@njit(cache=True, nogil=True)
def best_cards(
    s: int, start: np.ndarray, lines: np.ndarray, stores: np.ndarray, gains: np.ndarray, now: int, least: float,
    loyal: float, open_kind: np.ndarray, open_line: np.ndarray, kind: np.ndarray, line: np.ndarray, value: np.ndarray,
) -> int:  # fmt: skip
    """Best five pieces of advice of a store; open ones count `loyal` times, so that advice is stable."""
    count = 0
    rank = np.zeros(CARDS)
    if stores[s].order_rmb >= least and stores[s].quiet_until <= now:
        kind[0], line[0], value[0], count = ORDER, -1, stores[s].order_rmb, 1
        rank[0] = np.inf
    for i in range(start[s], start[s + 1]):
        if lines[i].item < 0 or lines[i].quiet_until > now:
            continue
        best = 1
        for k in range(2, CARDS):
            if gains[i, k] > gains[i, best]:
                best = k
        if gains[i, best] < least or (best == RANGE and stores[s].swap_until > now):
            continue
        mine = gains[i, best]
        for c in range(CARDS):
            if open_kind[s, c] == best and open_line[s, c] == i:
                mine *= loyal
        if best == RANGE:  # one swap at a time
            for c in range(count):
                if kind[c] == RANGE:
                    if mine <= rank[c]:
                        mine = 0.0
                    else:
                        for d in range(c, count - 1):
                            kind[d], line[d], value[d], rank[d] = kind[d + 1], line[d + 1], value[d + 1], rank[d + 1]
                        count -= 1
                    break
        if mine <= 0.0 or (count == CARDS and mine <= rank[CARDS - 1]):
            continue
        at = min(count, CARDS - 1)
        while at > 0 and rank[at - 1] < mine:
            kind[at], line[at], value[at], rank[at] = kind[at - 1], line[at - 1], value[at - 1], rank[at - 1]
            at -= 1
        kind[at], line[at], value[at], rank[at] = best, i, gains[i, best], mine
        count = min(count + 1, CARDS)
    return count


@njit(cache=True, nogil=True)
def renew(
    some: np.ndarray, start: np.ndarray, lines: np.ndarray, items: np.ndarray, stores: np.ndarray, gains: np.ndarray,
    now: int, since: int, half_life_days: float, prior_days: float, most: int, least: float, loyal: float,
    change: float, open_kind: np.ndarray, open_line: np.ndarray, open_number: np.ndarray, open_value: np.ndarray,
    changed: np.ndarray,
) -> None:  # fmt: skip
    """Renew the open cards of some stores; a card keeps its number while its value stays within `change`."""
    kind, line = np.empty(CARDS, np.int64), np.empty(CARDS, np.int64)
    value, number = np.empty(CARDS), np.empty(CARDS, np.int64)
    for t in range(some.size):
        s = some[t]
        ordered_anew = stores[s].stale
        if ordered_anew:
            before = stores[s].order_mark
            choose_order(s, start, lines, items, stores, now, since, half_life_days, prior_days, most)
            ordered_anew = stores[s].order_mark != before
        count = best_cards(
            s, start, lines, stores, gains, now, least, loyal, open_kind, open_line, kind, line, value
        )  # fmt: skip
        same = 0
        for c in range(count):
            number[c] = -1
            for o in range(CARDS):
                if open_number[s, o] > 0 and open_kind[s, o] == kind[c] and open_line[s, o] == line[c]:
                    near = abs(value[c] - open_value[s, o]) <= change * open_value[s, o]
                    if (kind[c] == ORDER and not ordered_anew) or (kind[c] != ORDER and near):
                        number[c], value[c] = open_number[s, o], open_value[s, o]
                        same += 1
        changed[t] = same != count or (open_number[s] > 0).sum() != count
        for c in range(CARDS):
            if c < count:
                if number[c] < 0:
                    stores[s].cards += 1
                    number[c] = stores[s].cards
                open_kind[s, c], open_line[s, c], open_number[s, c], open_value[s, c] = (
                    kind[c], line[c], number[c], value[c],
                )  # fmt: skip
            else:
                open_number[s, c] = 0


@njit(cache=True, nogil=True)
def order_at(
    s: int, z: float, start: np.ndarray, lines: np.ndarray, items: np.ndarray, stores: np.ndarray, now: int,
    since: int, half_life_days: float, prior_days: float, most: int,
) -> tuple[float, float]:  # fmt: skip
    """Worth of the order taken, and margin lost without it, when every rate lies z of its errors from its mean."""
    values, worth, ignoring = np.empty(most), 0.0, 0.0
    for i in range(start[s], start[s + 1]):
        if lines[i].item >= 0 and lines[i].taken > 0:
            rate = _rate_at(lines[i], z, now, since, half_life_days, prior_days)
            lost = order_values(lines[i], items[lines[i].item], stores[s].cover_days, rate, values)
            worth += values[: lines[i].taken].sum()
            ignoring += lost
    return worth, ignoring


@njit(cache=True, nogil=True)
def gain_at(
    i: int, s: int, kind: int, z: float, lines: np.ndarray, items: np.ndarray, stores: np.ndarray, now: int,
    since: int, half_life_days: float, prior_days: float, price_step: float,
) -> tuple[float, float]:  # fmt: skip
    """Gain of one kind of advice, and what ignoring it costs, when the rate lies z of its errors from its mean."""
    gains, ignoring = np.empty(CARDS), np.empty(CARDS)
    rate = _rate_at(lines[i], z, now, since, half_life_days, prior_days)
    line_gains(lines[i], items[lines[i].item], items, stores[s], rate, now, price_step, gains, ignoring)
    return gains[kind], ignoring[kind]


@njit(cache=True, nogil=True)
def _rate_at(line: Any, z: float, now: int, since: int, half_life_days: float, prior_days: float) -> float:
    """Rate z errors from its mean; the error of a rate that rests on n units is its n-th root: rate / sqrt(n)."""
    rate, units = rate_of(line, now, since, half_life_days, prior_days)
    return rate * max(0.05, 1.0 + z / np.sqrt(max(units, 1.0)))
