"""Check a sample of ranges against HiGHS, which knows nothing of the kernels."""

import numpy as np
import pandas as pd
import pulp

from lst_workbench.assortment.range_tables import RangeProblem, read_range_tables
from lst_workbench.assortment.ranges import AssortmentResult
from lst_workbench.optim import Certificate, solve_with_highs


def audit_assortment(
    result: AssortmentResult,
    stores: pd.DataFrame,
    items: pd.DataFrame,
    utilities: pd.DataFrame,
    must_carry: pd.DataFrame | None = None,
    *,
    current: pd.DataFrame | None = None,
    exclusive: pd.DataFrame | None = None,
    minimums: pd.DataFrame | None = None,
    sample: int = 20,
    seed: int = 0,
    time_limit_s: float = 60.0,
) -> pd.DataFrame:
    """Solve a random sample of stores again as a mixed-integer programme and set both answers side by side.

    The ratio is made linear with t = v_0 / (v_0 + sum v x) and z_j = t x_j: maximise sum m_j (v_j / v_0) z_j subject to
    t + sum (v_j / v_0) z_j = 1, z_j <= t, z_j <= x_j, z_j >= t - (1 - x_j) (Charnes and Cooper 1962).

    Parameters
    ----------
    result, stores, items, utilities, must_carry, current, exclusive, minimums
        Answer and tables of `optimise_assortment`.
    sample : int
        Stores to check.
    seed : int
        Seed of the sample.
    time_limit_s : float
        Seconds a store.

    Returns
    -------
    DataFrame
        store_id, value_rmb_visit (ours), milp_rmb_visit (its range, valued exactly), milp_bound_rmb_visit, milp_status,
        seconds, agrees: neither answer is better by more than a millionth.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1], "shelf_cm": [20.0]})
    >>> items = pd.DataFrame({"sku": ["a", "b", "c"], "width_cm": 10.0, "margin_rmb": [3.0, 2.0, 1.0]})
    >>> utilities = pd.DataFrame({"store_id": 1, "sku": list("abc"), "utility": [0.0, 1, 3]})
    >>> from lst_workbench.assortment import optimise_assortment
    >>> result = optimise_assortment(stores, items, utilities)
    >>> audit_assortment(result, stores, items, utilities)["agrees"].tolist()
    [True]
    """
    problem = read_range_tables(stores, items, utilities, must_carry, current, exclusive, minimums)
    ours = result.tables["stores"].set_index("store_id")
    count = min(sample, len(problem.stores))
    drawn = np.sort(np.random.default_rng(seed).choice(len(problem.stores), count, replace=False))
    rows = []
    for s in drawn:
        store = problem.stores["store_id"].iat[s]
        value = float(ours.loc[store, "value_rmb_visit"])
        theirs, certificate = _solve(problem, int(s), time_limit_s)
        agrees = abs(theirs - value) <= 1e-6 * max(1.0, abs(value))
        rows.append((store, value, theirs, certificate.bound, certificate.status.value, certificate.seconds, agrees))
    names = [
        "store_id",
        "value_rmb_visit",
        "milp_rmb_visit",
        "milp_bound_rmb_visit",
        "milp_status",
        "seconds",
        "agrees",
    ]
    return pd.DataFrame(rows, columns=names)


def _solve(problem: RangeProblem, s: int, time_limit_s: float) -> tuple[float, Certificate]:
    mine = problem.utilities[[problem.group[s]]]
    v = np.exp(mine.data - problem.outside[s])
    item = mine.indices
    margin = problem.items["margin_rmb"].to_numpy(float)[item]
    must, barred = (set(pairs[[s]].indices.tolist()) for pairs in (problem.must, problem.barred))
    load = problem.loads_of(s)
    model = pulp.LpProblem("range", pulp.LpMaximize)
    t = model.add_variable("t", 0, 1)
    x = [model.add_variable(f"x{j}", int(j in must), int(j not in barred), cat="Integer") for j in item]
    z = [model.add_variable(f"z{j}", 0, 1) for j in item]
    model += pulp.lpSum(float(m * w) * one for m, w, one in zip(margin, v, z, strict=True))
    model += t + pulp.lpSum(float(w) * one for w, one in zip(v, z, strict=True)) == 1
    for take, one in zip(x, z, strict=True):
        model += one <= t
        model += one <= take
        model += one >= t - 1 + take
    idle = [j for j in must if j not in set(item.tolist())]
    for k in np.flatnonzero(np.isfinite(problem.limit[s])):
        room = problem.limit[s, k] - load[k][idle].sum()
        model += pulp.lpSum(float(load[k, j]) * take for j, take in zip(item, x, strict=True)) <= float(room)
    certificate = solve_with_highs(model, time_limit_s=time_limit_s)
    taken = np.array([take.value() is not None and take.value() > 0.5 for take in x])
    return float((margin * v)[taken].sum() / (1 + v[taken].sum())), certificate
