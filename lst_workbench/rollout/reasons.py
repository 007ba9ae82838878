"""Why a quota could not be met: what binds, and the smallest change that would help."""

import numpy as np

from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.wave_faults import month_name, some
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_tables import signed_by_target


def shortfall_reasons(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray) -> str:
    """Say in a sentence for each short quota or share, and for broken promises, why; empty when all are met.

    Parameters
    ----------
    problem, dual : WaveProblem, Dual
        The tables, and the dual of all stores.
    x : ndarray
        Prices at which the quotas are still asked for: what is dear to waiting members is what binds.
    starts : ndarray
        The plan.
    """
    targets = problem.targets
    signed = signed_by_target(problem, starts)
    short = np.flatnonzero((targets.sense < 0) & (signed < targets.limit))
    said = [_broken_promise(problem, starts)]
    for r in short.tolist():
        lacking = int(targets.limit[r] - signed[r])
        is_share = targets.share[r] >= 0
        said.append(_share_reason(problem, r) if is_share else _reason(problem, dual, x, starts, r, lacking))
    return "; ".join(filter(None, said))


def _broken_promise(problem: WaveProblem, starts: np.ndarray) -> str:
    broken = problem.store_ids[problem.promised & (starts < 0)]
    if not len(broken):
        return ""
    return (
        f"{len(broken):,} promised stores cannot start with the others (store {some(broken)}); promise fewer, or later"
    )


def _share_reason(problem: WaveProblem, row: int) -> str:
    share = problem.shares.iloc[problem.targets.share[row]]
    by = month_name(problem.months[problem.targets.month[row]])
    what = f"share of {share['column']} = {share['value']} by {by} stays below {share['min_share']:.1%}"
    return f"{what}: promises and floors of others leave no other way; lower its floor, or promise fewer of the others"


def _reason(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray, row: int, lacking: int) -> str:
    targets = problem.targets
    quota = problem.quotas.iloc[targets.quota[row]]
    floor = int(targets.limit[row])
    what = f"quota {quota['column']} = {quota['value']} by {month_name(problem.months[targets.month[row]])}"
    what = f"{what} lacks {lacking:,} of {floor:,} stores"
    members = np.flatnonzero(targets.member[problem.stores.group, row])
    if len(members) < floor:
        return f"{what}: only {len(members):,} stores belong to it; lower its floor"
    most = _lowest_cap(problem, row)
    if most < floor:
        return f"{what}: no more than {most:,} may be signed; raise max_stores to {floor:,} or lower its floor"
    return f"{what}: {_binding(problem, dual, x, members[starts[members] < 0], int(targets.month[row]), lacking)}"


def _lowest_cap(problem: WaveProblem, row: int) -> int:
    """Lowest limit of those at-most rows that count every store of `row`, until its month or later."""
    targets = problem.targets
    inside = targets.member[targets.member[:, row]].all(axis=0) & (targets.share < 0)
    caps = targets.limit[(targets.sense > 0) & inside & (targets.month >= targets.month[row])]
    return int(caps.min(initial=np.inf)) if len(caps) else len(problem.store_ids)


def _binding(problem: WaveProblem, dual: Dual, x: np.ndarray, waiting: np.ndarray, deadline: int, lacking: int) -> str:
    """Name the capacity that keeps waiting members out, and about how much more of it they need."""
    if not len(waiting):
        return "its members start too late; allow more in earlier months"
    s, t = problem.stores, slice(0, deadline + 1)
    costs = _shut_out(problem, dual, waiting, t)
    if not any(cost.any() for cost in costs):
        costs = _paid(problem, dual, x, waiting, t)
    kind = int(np.argmax([cost.sum() for cost in costs]))
    need = float(np.sort((s.signup, s.volume, s.capital)[kind][waiting])[:lacking].sum())
    if kind == 2:
        return f"capital binds; about {need:,.0f} RMB more would do"
    where, ids = ((s.territory, problem.territory_ids), (s.warehouse, problem.warehouse_ids))[kind]
    place = ids[int(np.bincount(where[waiting], costs[kind], len(ids)).argmax())]
    if kind == 1:
        return f"throughput binds, most of all in warehouse {place}; about {need:,.1f} m3 a month more would do"
    return f"visits bind, most of all in territory {place}; about {need:,.0f} more would do"


def _shut_out(problem: WaveProblem, dual: Dual, waiting: np.ndarray, t: slice) -> list[np.ndarray]:
    """Mark waiting members too large for a capacity (visits, volume, capital) where no start is possible at all."""
    s, largest = problem.stores, dual.largest
    visits = (s.signup[waiting, None] > largest.signup[s.territory[waiting], t]) | (
        s.care[waiting, None] > largest.care[s.territory[waiting], t]
    )
    volume = s.volume[waiting, None] > largest.volume[s.warehouse[waiting], t]
    capital = s.capital[waiting, None] > largest.capital[None, t]
    if not (visits | volume | capital).all():
        return [np.zeros(len(waiting))] * 3
    return [np.all(too_large, axis=1).astype(float) for too_large in (visits, volume, capital)]


def _paid(problem: WaveProblem, dual: Dual, x: np.ndarray, waiting: np.ndarray, t: slice) -> list[np.ndarray]:
    """Sum up what waiting members would pay for visits, volume and capital in their cheapest month."""
    s, prices = problem.stores, dual.prices(x)
    visits = s.signup[waiting, None] * prices.visits[s.territory[waiting], t]
    visits = visits + s.care[waiting, None] * prices.care[s.territory[waiting], t]
    volume = s.volume[waiting, None] * prices.volume[s.warehouse[waiting], t]
    capital = s.capital[waiting, None] * prices.capital[None, t]
    cheapest = np.arange(len(waiting)), np.argmin(visits + volume + capital, axis=1)
    return [visits[cheapest], volume[cheapest], capital[cheapest]]
