"""Promised stores that no plan can start together: found before anything is solved, and named."""

import numpy as np

from lst_workbench.rollout.wave_faults import month_name
from lst_workbench.rollout.wave_inputs import WaveProblem


def broken_promises(problem: WaveProblem) -> list[str]:
    """Name the capacities and limits that the promised stores exceed whatever else is planned.

    Counted are loads that no choice of months avoids: by month t the stores promised by then are in; through month t
    their sign-ups and the care between their latest month and t fit into all visits until then.

    Parameters
    ----------
    problem : WaveProblem
        The tables, checked.

    Returns
    -------
    list of str
        One sentence a kind of capacity, on the worst case of it; empty where nothing is exceeded for sure.
    """
    rows = np.flatnonzero(problem.promised)
    if not len(rows):
        return []
    s, T = problem.stores, problem.n_months
    is_open = problem.windows.open[s.group[rows]]
    first, last = is_open.argmax(axis=1), T - 1 - is_open[:, ::-1].argmax(axis=1)
    months = np.arange(T)
    inside, before = last[:, None] <= months, last[:, None] < months
    held = (first == last)[:, None] & (last[:, None] == months)
    territory, warehouse = s.territory[rows], s.warehouse[rows]
    signup, care = s.signup[rows, None], s.care[rows, None]
    now = _by(territory, signup * held + care * before, len(problem.visits))
    so_far = _by(territory, signup * inside + care * before * (months - last[:, None]), len(problem.visits))
    volume = _by(warehouse, s.volume[rows, None] * inside, len(problem.volume))
    capital = (s.capital[rows, None] * inside).sum(axis=0)[None]
    checks = (
        ("visits of territory {} in {}", problem.territory_ids, now, problem.visits),
        ("visits of territory {} until {}", problem.territory_ids, so_far, np.cumsum(problem.visits, axis=1)),
        ("m3 of warehouse {} in {}", problem.warehouse_ids, volume, problem.volume),
        ("RMB of {} in {}", np.array(["capital"]), capital, problem.capital[None]),
    )
    faults = [_exceeded(problem, *check) for check in checks]
    return [fault for fault in (*faults, *_limits(problem, rows, last)) if fault]


def _by(where: np.ndarray, loads: np.ndarray, size: int) -> np.ndarray:
    total = np.zeros((size, loads.shape[1]))
    np.add.at(total, where, loads)
    return total


def _exceeded(problem: WaveProblem, what: str, ids: np.ndarray, used: np.ndarray, room: np.ndarray) -> str:
    over = used - room * (1 + 1e-9)
    if not (over > 0).any():
        return ""
    place, month = np.unravel_index(int(over.argmax()), over.shape)
    where = what.format(ids[place], month_name(problem.months[month]))
    return (
        f"promised: these stores take {used[place, month]:,.1f} {where}, where there are {room[place, month]:,.1f}; "
        "promise fewer, or later"
    )


def _limits(problem: WaveProblem, rows: np.ndarray, last: np.ndarray) -> list[str]:
    """Limits on stores that are lower than what is promised of them."""
    targets, group = problem.targets, problem.stores.group[rows]
    said = []
    for r in np.flatnonzero((targets.sense > 0) & (targets.share < 0)):
        promised = int(((targets.adds[group, r] > 0) & (last <= targets.month[r])).sum())
        if promised > targets.limit[r]:
            name = "max_stores"
            if targets.quota[r] >= 0:
                quota = problem.quotas.iloc[targets.quota[r]]
                name = f"the quota {quota['column']} = {quota['value']}"
            said.append(f"promised: {promised:,} stores, of which {name} allows {targets.limit[r]:,.0f}; promise fewer")
    return said
