"""The three-tier network as it is written down, for cases small enough to read."""

import numpy as np
import pulp

from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.optim import Certificate, solve_with_highs


def exact_network(
    task: TierTask,
    least_next_day: float = 0.0,
    budget_rmb: float = np.inf,
    most_next_day: bool = False,
    time_limit_s: float | None = None,
) -> tuple[Design | None, Certificate]:
    """Design the network by HiGHS.

    min Σ_if q_i e_if x_if + Σ_iw q_i (s_i + h_iw) t_iw + Σ_i q_i z_i o_i + Σ_fw a_fw y_fw + Σ_wr b_wr g_wr
    + Σ fixed costs of open sites, subject to

    - every store once:       Σ_f x_if + Σ_w t_iw + o_i = 1;  x_if ≤ Y_f;  t_iw ≤ Y_w
    - one city per front:     Σ_w p_fw = Y_f;  p_fw ≤ Y_w;  y_fw ≤ Q p_fw;  Σ_w y_fw = Σ_i q_i x_if
    - one regional per city:  Σ_r m_wr = Y_w;  m_wr ≤ Y_r;  g_wr ≤ Q m_wr;  Σ_r g_wr = Σ_f y_fw + Σ_i q_i t_iw
    - at every open site:     minimum volume ≤ volume ≤ capacity (the minimum where the site may be closed)
    - the promise:            Σ_i n_i Σ_f x_if ≥ promised number of stores

    x, t, p, m and Y binary, flows y, g ≥ 0. `most_next_day` maximises Σ n_i x_if with cost within `budget_rmb` instead.
    """
    model = pulp.LpProblem("network", pulp.LpMaximize if most_next_day else pulp.LpMinimize)
    opened = [[model.add_variable(f"Y{t}_{s}", 0, 1, "Binary") for s in range(n)] for t, n in enumerate(task.sizes)]
    fronts, cities, regionals = opened
    pairs = [(i, int(task.front[k]), p) for i in range(task.stores) for p, k in task.list_of(i)]
    x = {(i, f): model.add_variable(f"x{i}_{f}", 0, 1, "Binary") for i, f, _ in pairs}
    t = {
        (i, w): model.add_variable(f"t{i}_{w}", 0, 1, "Binary")
        for i in range(task.stores)
        for w in range(len(cities))
        if np.isfinite(task.slow_haul[task.cell_of[i], w])
    }
    left = [model.add_variable(f"o{i}", 0, 1, "Binary") for i in range(task.stores)]
    p, y = _lane(model, "p", task.to_city.shape)
    m, g = _lane(model, "m", task.to_regional.shape)
    q = [float(v) for v in task.quantity]
    cost = pulp.lpSum(q[i] * float(task.last[k]) * x[i, f] for i, f, k in pairs)
    slow = [q[i] * float(task.slow[i] + task.slow_haul[task.cell_of[i], w]) * served for (i, w), served in t.items()]
    cost += pulp.lpSum(slow) + pulp.lpSum(q[i] * float(task.uncovered[i]) * o for i, o in enumerate(left))
    cost += pulp.lpSum(float(task.to_city[lane]) * flow for lane, flow in y.items())
    cost += pulp.lpSum(float(task.to_regional[lane]) * flow for lane, flow in g.items())
    for sites, fixed in zip(opened, task.fixed, strict=True):
        cost += pulp.lpSum(float(money) * site for money, site in zip(fixed, sites, strict=True))
    next_day = pulp.lpSum(float(task.promised[i]) * served for (i, _), served in x.items())
    model += next_day if most_next_day else cost
    if np.isfinite(budget_rmb):
        model += cost + task.constant_rmb <= float(budget_rmb)
    if least_next_day > 0:
        model += next_day >= float(least_next_day)
    for i in range(task.stores):
        mine = [x[i, int(task.front[k])] for _, k in task.list_of(i)]
        mine += [t[i, w] for w in range(len(cities)) if (i, w) in t]
        model += pulp.lpSum(mine) + left[i] == 1
    for (_, f), served in x.items():
        model += served <= fronts[f]
    for (_, w), served in t.items():
        model += served <= cities[w]
    into_front = [pulp.lpSum(q[i] * v for (i, f), v in x.items() if f == s) for s in range(len(fronts))]
    into_city = [
        pulp.lpSum(y[f, s] for f in range(len(fronts))) + pulp.lpSum(q[i] * v for (i, w), v in t.items() if w == s)
        for s in range(len(cities))
    ]
    _single_parent(model, into_front, fronts, cities, p, y, sum(q))
    _single_parent(model, into_city, cities, regionals, m, g, sum(q))
    into_regional = [pulp.lpSum(g[w, s] for w in range(len(cities))) for s in range(len(regionals))]
    for tier, inflow in enumerate((into_front, into_city, into_regional)):
        for s, volume in enumerate(inflow):
            if np.isfinite(task.capacity[tier][s]):
                model += volume <= float(task.capacity[tier][s]) * opened[tier][s]
            if task.minimum[tier][s] > 0:
                model += volume >= float(task.minimum[tier][s]) * opened[tier][s]
            if task.must[tier][s]:
                model += opened[tier][s] == 1
    certificate = solve_with_highs(model, time_limit_s=time_limit_s)
    if not np.isfinite(certificate.value):
        return None, certificate
    return _design(task, opened, x, t, p, m), certificate


def _lane(
    model: pulp.LpProblem, name: str, shape: tuple[int, int]
) -> tuple[dict[tuple[int, int], pulp.LpVariable], dict[tuple[int, int], pulp.LpVariable]]:
    lanes = list(np.ndindex(*shape))
    used = {(s, u): model.add_variable(f"{name}{s}_{u}", 0, 1, "Binary") for s, u in lanes}
    return used, {(s, u): model.add_variable(f"{name}v{s}_{u}", 0) for s, u in lanes}


def _single_parent(
    model: pulp.LpProblem,
    inflow: list[pulp.LpAffineExpression],
    lower: list[pulp.LpVariable],
    upper: list[pulp.LpVariable],
    used: dict[tuple[int, int], pulp.LpVariable],
    flow: dict[tuple[int, int], pulp.LpVariable],
    everything: float,
) -> None:
    for s, site in enumerate(lower):
        model += pulp.lpSum(used[s, u] for u in range(len(upper))) == site
        model += pulp.lpSum(flow[s, u] for u in range(len(upper))) == inflow[s]
        for u, parent in enumerate(upper):
            model += used[s, u] <= parent
            model += flow[s, u] <= everything * used[s, u]


def _design(
    task: TierTask,
    opened: list[list[pulp.LpVariable]],
    x: dict[tuple[int, int], pulp.LpVariable],
    t: dict[tuple[int, int], pulp.LpVariable],
    p: dict[tuple[int, int], pulp.LpVariable],
    m: dict[tuple[int, int], pulp.LpVariable],
) -> Design:
    first, slow_city = np.full(task.stores, -1), np.full(task.stores, -1)
    parents = [np.full(task.sizes[0], -1), np.full(task.sizes[1], -1)]
    for chosen, table in ((first, x), (slow_city, t), (parents[0], p), (parents[1], m)):
        for (row, site), used in table.items():
            if (used.value() or 0.0) > 0.5:
                chosen[row] = site
    fronts, cities, regionals = (np.array([(site.value() or 0.0) > 0.5 for site in tier]) for tier in opened)
    return Design(fronts, cities, regionals, parents[0], parents[1], first, slow_city)
