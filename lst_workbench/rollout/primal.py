"""A plan from prices: greedy by worth less price, fill, exchanges for short quotas, swaps."""

import numpy as np

from lst_workbench.rollout._kernels import Largest, Prices, best_starts
from lst_workbench.rollout._moves import Room, advance, exchange, insert, place, swap
from lst_workbench.rollout.wave_inputs import WaveProblem

FLOORS = (-0.2, -0.003, -0.01, -0.03, -0.1, -0.35, -1.0, -np.inf)
BAND = 0.12


def empty_room(problem: WaveProblem) -> Room:
    """Room of the plan in which nobody starts."""
    targets = problem.targets
    visits, volume, capital = problem.room()
    per_group = [np.flatnonzero(member) for member in targets.member]
    first = np.append(0, np.cumsum([len(rows) for rows in per_group])).astype(np.int64)
    row = np.concatenate(per_group).astype(np.int64) if per_group else np.zeros(0, np.int64)
    return Room(visits, volume, capital, targets.limit * targets.sense, first, row, targets.month, targets.sense)


def plan_at_prices(
    problem: WaveProblem,
    prices: Prices,
    largest: Largest,
    scale: np.ndarray,
    rounds: int,
    tries: int,
    meant: np.ndarray | None = None,
) -> np.ndarray:
    """Month of start of each store (-1: none) at given prices; every capacity is kept.

    Stores that gain most at these prices come first, each in the month in which it gains most and still fits; then
    whoever loses little fills what is left; stores are exchanged where a quota is short, and wherever value rises.
    Where prices leave many months equally good, `meant` says which stores start when (-1: open), and those come first.
    """
    stores, room = problem.stores, empty_room(problem)
    starts = np.full(len(scale), -1, np.int64)
    worth, _, _ = best_starts(stores, prices, largest)
    worth = worth / scale
    order = np.argsort(-worth, kind="stable")
    if meant is not None:
        place(order, meant, starts, stores, room)
    gaining = int((worth > 0).sum())
    insert(order[:gaining], FLOORS[0], starts, stores, scale, prices, room)
    possible = order[np.isfinite(worth[order])]
    for floor in FLOORS[1:]:
        insert(possible, floor, starts, stores, scale, prices, room)
    meet_quotas(problem, prices, starts, room)
    for round_ in range(rounds):
        pool = np.flatnonzero((worth > -BAND) & ((worth < 2 * BAND) | (starts < 0)))
        first = np.searchsorted(stores.territory[pool], np.arange(len(problem.visits) + 1))
        swap(first, pool, tries, 12345 + round_, starts, stores, problem.factor, room)
        advance(order, starts, stores, problem.factor, room)
        insert(possible, -np.inf, starts, stores, scale, prices, room)
    return starts


def meet_quotas(problem: WaveProblem, prices: Prices, starts: np.ndarray, room: Room, limit: int = 300) -> None:
    """Bring in members of quotas that are short, by exchange inside their territories."""
    stores, targets = problem.stores, problem.targets
    footprint = (
        stores.signup * prices.visits.mean(1)[stores.territory] + stores.care * prices.care.mean(1)[stores.territory]
    )
    footprint = (
        footprint + stores.volume * prices.volume.mean(1)[stores.warehouse] + stores.capital * prices.capital.mean()
    )
    for row in np.flatnonzero((targets.sense < 0) & (room.spare < 0)):
        member = targets.member[stores.group, row]
        counted = member & (starts >= 0) & (starts <= targets.month[row])
        leavers = np.flatnonzero(starts >= 0)
        leavers = leavers[np.lexsort((stores.value[leavers] / (1e-12 + footprint[leavers]), stores.territory[leavers]))]
        comers = np.flatnonzero(member & ~counted)
        comers = comers[np.lexsort((footprint[comers], stores.territory[comers]))]
        edges = np.arange(len(problem.visits) + 1)
        exchange(
            row,
            -room.spare[row],
            leavers,
            np.searchsorted(stores.territory[leavers], edges),
            comers,
            np.searchsorted(stores.territory[comers], edges),
            limit,
            starts,
            stores,
            problem.factor,
            room,
        )
