"""The bound on a choice of co-branded stores: prices of all limits and pairs, by a linear program on a growing core."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from lst_workbench.optim import ArrayModel, Certificate, Status, solve_arrays
from lst_workbench.rollout.cobranded_task import CobrandedTask


@dataclass(frozen=True)
class Priced:
    """A core of stores, the program over it, how far each store of all is worth its place, and the bound.

    `worth` is the value of a store less the prices of everything it uses: sum of max(0, worth) and the price of all
    room is at least any choice's value, whatever the prices. `line` is what limits alone charge.
    """

    core: np.ndarray
    model: ArrayModel
    x: np.ndarray
    worth: np.ndarray
    line: np.ndarray
    bound: float


def price_limits(task: CobrandedTask, short_cost: float, rounds: int, core_factor: float) -> Priced:
    """Price all limits on the stores that matter, taking more in until no other is worth its place."""
    core = _first_core(task, core_factor)
    best: Priced | None = None
    for _ in range(rounds):
        priced = _priced(task, core, short_cost)
        best = priced if best is None or priced.bound < best.bound else best
        outside = np.ones(len(task.ids), bool)
        outside[core] = False
        wanted = np.flatnonzero(outside & (priced.worth > 1e-9 * max(1.0, np.abs(task.value).max())))
        if not len(wanted):
            return priced
        core = np.sort(np.r_[core, wanted])
    assert best is not None
    return best


def program(task: CobrandedTask, core: np.ndarray, short_cost: float) -> tuple[ArrayModel, np.ndarray]:
    """Write the choice among a core as a program: stores, lost pairs, shortfalls; also the loss of each pair row.

    min - sum v x + sum loss y + cost sum s   with   floor <= sum load x + s, sum load x <= cap, sum of a clique of
    stores that must stand apart <= 1, and x_i + x_j - y <= 1 for every other pair.
    """
    n, limits = len(core), task.take(core)
    links, inside = task.links(core)
    place = np.full(len(task.ids), -1)
    place[core] = np.arange(n)
    soft = inside[~task.apart[inside] & (task.loss[inside] > 0)]
    cliques = [np.array(c) for c in cliques_of(links.starts, links.other, links.apart)]
    floors = np.flatnonzero(limits.least > 0)
    rows, cols = np.nonzero(limits.rows >= 0)
    at = limits.rows[rows, cols]
    R, P = len(limits.most), len(soft)
    ends = np.r_[place[task.left[soft]], place[task.right[soft]], n + np.arange(P)]
    blocks = [
        (at, rows, limits.loads[rows, cols]),
        (floors, n + P + np.arange(len(floors)), np.ones(len(floors))),
        *((np.full(len(c), R + k), c, np.ones(len(c))) for k, c in enumerate(cliques)),
        (R + len(cliques) + np.tile(np.arange(P), 3), ends, np.r_[np.ones(2 * P), -np.ones(P)]),
    ]
    row, column, data = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    width, height = n + P + len(floors), R + len(cliques) + P
    ones = np.ones(height - R)
    model = ArrayModel(
        np.r_[-task.value[core], task.loss[soft], np.full(len(floors), short_cost)],
        sparse.csr_matrix((data, (row, column)), shape=(height, width)),
        np.r_[np.where(limits.least > 0, limits.least, -np.inf), -np.inf * ones],
        np.r_[limits.most, ones],
        np.zeros(width),
        np.r_[np.ones(n), np.full(P + len(floors), np.inf)],
        np.arange(width) < n,
    )
    return model, task.loss[soft]


def _priced(task: CobrandedTask, core: np.ndarray, short_cost: float) -> Priced:
    model, losses = program(task, core, short_cost)
    answer = solve_arrays(model, relax=True)
    R, n = len(task.limits.most), len(core)
    cliques = len(model.row_upper) - R - len(losses)
    dual = answer.prices.copy()
    # Any prices of the right sign give a bound: rounding of the solver cannot make it wrong.
    dual[:R] = np.where(np.isfinite(model.row_upper[:R]), dual[:R], np.maximum(dual[:R], 0.0))
    dual[:R] = np.where(np.isfinite(model.row_lower[:R]), np.minimum(dual[:R], short_cost), np.minimum(dual[:R], 0.0))
    dual[R:] = np.minimum(dual[R:], 0.0)
    dual[R + cliques :] = np.maximum(dual[R + cliques :], -losses)
    rows, loads = task.limits.rows, task.limits.loads
    line = -(np.where(rows >= 0, dual[np.maximum(rows, 0)], 0.0) * loads).sum(axis=1)
    worth = task.value - line
    worth[core] += (model.matrix[R:, :n].T @ dual[R:]) if len(dual) > R else 0.0
    most, least = np.where(dual[:R] < 0, model.row_upper[:R], 0.0), np.where(dual[:R] > 0, model.row_lower[:R], 0.0)
    room = float((dual[:R] * (most + least)).sum() + dual[R:].sum())
    return Priced(core, model, answer.x[:n], worth, line, float(np.maximum(worth, 0.0).sum() - room))


def settle(
    task: CobrandedTask, priced: Priced, chosen: np.ndarray, value: float, short_cost: float, most: int, nodes: int
) -> tuple[np.ndarray, Certificate]:
    """Decide what prices leave in doubt by HiGHS, where that is few; else return the choice as it is.

    A store whose worth is further from zero than the gap is in, or out, in every better choice.
    """
    gap = priced.bound - value
    as_is = Certificate(value, max(value, priced.bound), Status.FEASIBLE, 0.0, maximise=True)
    doubt = np.abs(priced.worth) <= gap
    core = np.union1d(priced.core, np.flatnonzero(priced.worth > -gap))
    if gap <= 1e-9 * max(1.0, abs(value)):
        return chosen, Certificate(value, max(value, priced.bound), Status.OPTIMAL, 0.0, maximise=True)
    if doubt.sum() > most:
        return chosen, as_is
    core = core[doubt[core] | (priced.worth[core] > 0)]
    model, _ = program(task, core, short_cost)
    sure = priced.worth[core] > gap
    model.lower[: len(core)][sure] = 1.0
    answer = solve_arrays(model, nodes=nodes, gap=1e-6)
    found = answer.certificate
    bound = min(priced.bound, max(value, -found.bound if np.isfinite(found.bound) else priced.bound))
    if len(answer.x) and -found.value > value:
        chosen, value = core[answer.x[: len(core)] > 0.5], -found.value
    status = Status.FEASIBLE if found.status in (Status.INFEASIBLE, Status.TIME_LIMIT) else found.status
    if bound - value <= 2e-6 * max(1.0, abs(value)):
        status = Status.OPTIMAL
    return chosen, Certificate(value, max(bound, value), status, 0.0, maximise=True)


def cliques_of(starts: np.ndarray, other: np.ndarray, apart: np.ndarray) -> list[list[int]]:
    """Find groups of stores of which all must stand apart from each other, so that every such pair lies in one."""
    near = [
        set(other[starts[j] : starts[j + 1]][apart[starts[j] : starts[j + 1]] > 0].tolist())
        for j in range(len(starts) - 1)
    ]
    covered: set[tuple[int, int]] = set()
    found = []
    for i, beside in enumerate(near):
        for j in sorted(beside):
            if j < i or (i, j) in covered:
                continue
            clique, common = [i, j], near[i] & near[j]
            while common:
                k = min(common)
                clique.append(k)
                common = common & near[k]
            covered |= {(a, b) for a in clique for b in clique if a < b}
            found.append(clique)
    return found


def _first_core(task: CobrandedTask, factor: float) -> np.ndarray:
    """Take stores of most value, in all and by group with a floor."""
    order = np.lexsort((task.ids, -task.value))
    most = task.limits.most[0]
    wanted = [order[: int(min(len(order), factor * most))]]
    for row in np.flatnonzero(task.limits.least > 0):
        of_group = order[(task.limits.rows[order] == row).any(axis=1)]
        wanted.append(of_group[: int(factor * task.limits.least[row])])
    return np.unique(np.concatenate(wanted))
