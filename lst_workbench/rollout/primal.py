"""A plan from prices: shares rounded to starts, gaps filled, territories rearranged while it pays."""

import numpy as np

from lst_workbench.rollout._moves import Room, insert, place, recreate, release, spread
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.prices import FoundPrices
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_params import WaveParams

REGRETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
OPEN = 0.06  # share of a store's worth: closer to nought than this, its decision is open
SHARED = 0.9  # how much of the price of shared capacities counts as gain at first
NOISE = 0.02  # share of a store's worth by which the order of a trial is shaken
TRIALS = 0.3  # trials a store and round


def plan_at_prices(problem: WaveProblem, dual: Dual, found: FoundPrices, params: WaveParams) -> np.ndarray:
    """Find the month of start of each store (-1: none); every capacity is kept.

    The shares of the smoothed dual are rounded so that loads stay what they were; whoever fits starts, the surest
    first. Gaps are filled by those who lose least against their best month. Then territories are rearranged piece by
    piece: at first what is saved of shared capacities counts as gain, later only value does.
    """
    temperature, smooth_x = found.shares_at
    smooth, prices = dual.prices(smooth_x), dual.prices(found.x)
    stores, scale = dual.stores, dual.scale
    room, starts = room_of(problem), np.full(len(scale), -1, np.int64)

    worth, _, lead = dual.best_starts(smooth)
    wanted = found.meant
    if wanted is None:
        wanted = spread(stores, scale, smooth, dual.largest, _row_prices(dual, smooth_x, room), temperature)
    place(_ranked(lead / scale, wanted >= 0), wanted, starts, stores, room)
    worth, _, _ = dual.best_starts(prices)
    for regret in REGRETS:
        candidates = _ranked(worth / scale, (starts < 0) & (worth > -regret * scale))
        insert(candidates, regret, worth, scale, starts, stores, prices, room)

    for number in range(params.rounds):
        early = number < params.rounds // 2
        band = (OPEN if early else 2 * OPEN) * scale
        _release_for_quotas(problem, worth / scale, starts, room)
        pool, first = _pool(problem, (np.abs(worth) < band) | ((starts < 0) & (worth > 0)), number)
        recreate(
            first, pool, worth, scale, starts, stores, prices, room,
            SHARED if early else 0.0, dual.shortfall_price, NOISE, REGRETS[-3], TRIALS, number,
        )  # fmt: skip
    waiting = np.flatnonzero((starts < 0) & np.isfinite(worth))
    insert(waiting, np.inf, worth, scale, starts, stores, prices, room)
    return starts


def room_of(problem: WaveProblem) -> Room:
    """Room of the plan in which nobody starts."""
    targets = problem.targets
    visits, volume, capital = problem.room()
    group, row = np.nonzero(targets.member)
    first = np.searchsorted(group, np.arange(targets.member.shape[0] + 1))
    return Room(visits, volume, capital, targets.limit * targets.sense, first, row, targets.month, targets.sense)


def _pool(problem: WaveProblem, among: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shuffle positions inside each territory; where each territory begins."""
    rows = np.flatnonzero(among)
    territory = problem.stores.territory[rows]
    rows = rows[np.lexsort((np.random.default_rng(seed).random(len(rows)), territory))]
    return rows, np.searchsorted(territory, np.arange(len(problem.visits) + 1))


def _row_prices(dual: Dual, x: np.ndarray, room: Room) -> Room:
    """Prices of the rows, shaped as the room."""
    visits, volume, capital, targets = dual.split(x)
    return room._replace(visits=visits.copy(), volume=volume.copy(), capital=capital.copy(), spare=targets.copy())


def _ranked(key: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Positions where `among`, by `key`, highest first."""
    rows = np.flatnonzero(among)
    return rows[np.argsort(-key[rows], kind="stable")]


def _release_for_quotas(problem: WaveProblem, worth: np.ndarray, starts: np.ndarray, room: Room) -> None:
    """Where a quota is short because a limit on stores is reached, stop the least useful stores it counts."""
    targets = problem.targets
    short = (targets.sense < 0) & (room.spare < 0)
    if not short.any():
        return
    groups = targets.member[:, short].any(axis=1)
    for row in np.flatnonzero((targets.sense > 0) & (room.spare < 1)).tolist():
        if not targets.member[groups, row].any():
            continue
        wanted = int(-room.spare[short].sum())
        counted = np.flatnonzero((starts >= 0) & targets.member[problem.stores.group, row])
        release(counted[np.argsort(worth[counted], kind="stable")], row, wanted, starts, problem.stores, room)
