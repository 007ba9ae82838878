"""Which stores become co-branded: most gain within number, budget, quotas and crews, set apart from each other."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import Cobranded, InputError
from lst_workbench.contracts.kinds import COBRANDED_REASONS
from lst_workbench.optim import Certificate
from lst_workbench.rollout._cobranded_kernels import exchange, fill
from lst_workbench.rollout.cobranded_bound import Priced, price_limits, settle
from lst_workbench.rollout.cobranded_task import CobrandedTask, group_of


@dataclass(frozen=True)
class CobrandedParams:
    """Tuning of the search.

    Parameters
    ----------
    core_factor : float
        Stores priced first, for each to be chosen.
    rounds : int
        Times that stores which turn out to be worth it are taken in.
    passes : int
        Passes of exchanges.
    exact_stores : int
        Stores in doubt up to which HiGHS decides.
    nodes : int
        Nodes it may look at.
    """

    core_factor: float = 3.0
    rounds: int = 6
    passes: int = 6
    exact_stores: int = 3_000
    nodes: int = 2_000


@dataclass(frozen=True)
class CobrandedResult:
    """Chosen stores, and why not the others.

    Attributes
    ----------
    tables : dict
        ``cobranded`` (contract of this name, every store), ``cobranded_quotas`` (asked, and had), ``alternatives``
        (the best not chosen, first the nearest to the line).
    certificate : Certificate
        Gain of the chosen stores a month, with a bound on the best possible.
    """

    tables: dict[str, pd.DataFrame]
    certificate: Certificate
    figures: dict[str, float]

    def kpis(self) -> dict[str, float]:
        """Give stores chosen, their gain and what they lose to each other a month, fit-out, shortfall of floors."""
        return dict(self.figures)

    def explain(self, store_id: int) -> str:
        """Say in a sentence why a store was chosen, or what it lacks."""
        table = self.tables["cobranded"]
        rows = table[table["store_id"] == store_id]
        if rows.empty:
            raise InputError("co-branded stores", [f"store {store_id} was not looked at; it is no candidate"])
        return why(rows.iloc[0], int((table["rank"] > 0).sum()))


def why(row: pd.Series, chosen: int) -> str:
    """Sentence of one row of `Cobranded`."""
    gain, line = row["gain"], row["line"]
    if row["rank"] > 0:
        beside = row["value"] - gain
        lost = f", {beside:,.0f} of it lost to chosen neighbours" if beside >= 0.5 else ""
        return (
            f"Chosen: place {row['rank']:,} of {chosen:,}, month {row['wave']}; it brings {row['value']:,.0f} RMB a "
            f"month{lost}, and the line here is {line:,.0f}."
        )
    words = {
        "too_near": f"store {row['blocked_by']} is chosen and stands too near",
        "shares_customers": (
            f"of {row['value']:,.0f} RMB a month it would lose {row['value'] - gain:,.0f} to chosen neighbours, most "
            f"to store {row['blocked_by']}, and the line here is {line:,.0f}"
        ),
        "quota_full": f"the quota of its group is full; it brings {gain:,.0f} RMB a month and the line is {line:,.0f}",
        "budget": f"its fit-out takes more of the budget than its {gain:,.0f} RMB a month are worth",
        "below_line": f"it brings {gain:,.0f} RMB a month and the line here is {line:,.0f}",
        "brings_nothing": f"it brings {row['value']:,.0f} RMB a month, which is nothing",
        "too_small": "its floor is smaller than a co-branded store may have",
        "buys_too_little": "it could not buy what a co-branded store must buy from the platform",
        "poor_credit": "its owner is too likely not to pay",
    }
    return f"Not chosen: {words[str(row['reason'])]}."


def select_cobranded(
    stores: pd.DataFrame,
    overlaps: pd.DataFrame | None = None,
    quotas: pd.DataFrame | None = None,
    *,
    max_stores: int | None = None,
    budget_rmb: float | None = None,
    crews: pd.DataFrame | None = None,
    alternatives: int = 100,
    params: CobrandedParams | None = None,
) -> CobrandedResult:
    """Choose the stores that gain most together, none too near another, and say when each is fitted out.

    maximise  sum value x - sum loss x x'  over stores and pairs, with  sum x <= max_stores, sum fitout x <= budget,
    min <= sum x of a group <= max, and x + x' <= 1 of pairs that must stand apart. A floor that cannot be met is met
    as far as possible and reported.

    Parameters
    ----------
    stores : DataFrame
        store_id, value (RMB a month), fitout_rmb (0 where the column is missing), and columns that name groups.
    overlaps : DataFrame, optional
        store_id, other_id, loss (what a pair loses together, RMB a month)[, apart].
    quotas : DataFrame, optional
        column, value, min_stores, max_stores.
    max_stores : int, optional
        At most so many.
    budget_rmb : float, optional
        For all fit-outs.
    crews : DataFrame, optional
        month, stores: fit-outs that crews can do in each month; a further column makes them those of a group. The
        stores that gain most come first.
    alternatives : int
        Length of the list of stores just below the line.
    params : CobrandedParams, optional
        Tuning.

    Returns
    -------
    CobrandedResult

    Raises
    ------
    InputError
        Lists every fault of the tables.

    Notes
    -----
    Prices of limits and pairs come from a linear program on the stores that matter, grown until no other store is
    worth its place; with them any set of prices gives a bound on all choices (Lagrange). Stores are filled in by what
    they are worth, exchanged one for one, and where few remain in doubt HiGHS decides these.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2, 3], "value": [500.0, 450.0, 200.0]})
    >>> near = pd.DataFrame({"store_id": [1], "other_id": [2], "loss": [0.0], "apart": [True]})
    >>> result = select_cobranded(stores, near, max_stores=2)
    >>> result.tables["cobranded"].query("rank > 0")["store_id"].tolist()
    [1, 3]
    >>> result.explain(2)
    'Not chosen: store 1 is chosen and stands too near.'
    """
    started, params = time.perf_counter(), params or CobrandedParams()
    task = CobrandedTask.of(stores, overlaps, quotas, max_stores, budget_rmb, crews)
    short_cost = 10.0 * max(1.0, float(np.abs(task.value).max())) + 2.0 * float(task.loss.max(initial=0.0))
    priced = price_limits(task, short_cost, params.rounds, params.core_factor)
    chosen = _search(task, priced, params)
    value = _value(task, chosen, short_cost)
    chosen, certificate = settle(task, priced, chosen, value, short_cost, params.exact_stores, params.nodes)
    table = _table(task, chosen, priced, crews, stores)
    tables = {
        "cobranded": table,
        "cobranded_quotas": _had(task, chosen),
        "alternatives": _nearest(table, alternatives),
    }
    taken = table[table["rank"] > 0]
    figures = {
        "chosen_stores": float(len(taken)),
        "value_rmb_month": float(taken["value"].sum()),
        "lost_rmb_month": float(taken["value"].sum() - _value(task, chosen, 0.0)),
        "fitout_rmb": float(task.limits.loads[chosen, 1].sum()),
        "short_stores": float(_short(task, chosen)),
    }
    certificate = replace(certificate, seconds=time.perf_counter() - started)
    return CobrandedResult(tables, certificate, figures)


def _search(task: CobrandedTask, priced: Priced, params: CobrandedParams) -> np.ndarray:
    """Fill in by the program's answer and by worth, floors first, then exchange; positions of the chosen stores."""
    core, n = priced.core, len(priced.core)
    links, _ = task.links(core)
    limits = task.take(core)
    worth = priced.worth[core]
    state = (np.zeros(n, np.int64), task.value[core].copy(), np.zeros(n, np.int64), np.zeros(len(limits.most)))
    order = np.lexsort((task.ids[core], -worth, -np.round(priced.x, 3)))
    fill(order, links, limits, state, True)
    fill(order, links, limits, state, False)
    exchange(order, links, limits, state, params.passes)
    return core[state[0] > 0]


def _value(task: CobrandedTask, chosen: np.ndarray, short_cost: float) -> float:
    taken = np.zeros(len(task.ids), bool)
    taken[chosen] = True
    lost = task.loss[taken[task.left] & taken[task.right] & ~task.apart].sum()
    return float(task.value[chosen].sum() - lost - short_cost * _short(task, chosen))


def _used(task: CobrandedTask, chosen: np.ndarray) -> np.ndarray:
    rows = task.limits.rows[chosen]
    kept = rows >= 0
    return np.bincount(rows[kept], task.limits.loads[chosen][kept], minlength=len(task.limits.most))


def _short(task: CobrandedTask, chosen: np.ndarray) -> float:
    return float(np.maximum(task.limits.least - _used(task, chosen), 0.0).sum())


def _had(task: CobrandedTask, chosen: np.ndarray) -> pd.DataFrame:
    used, limits = _used(task, chosen)[2:], task.limits
    table = pd.DataFrame(task.names, columns=["column", "value"])
    least, most = np.where(limits.least[2:] > 0, limits.least[2:], np.nan), limits.most[2:]
    short = np.maximum(limits.least[2:] - used, 0.0)
    return table.assign(
        min_stores=least, max_stores=np.where(np.isfinite(most), most, np.nan), stores=used, short_stores=short
    )


def _table(
    task: CobrandedTask, chosen: np.ndarray, priced: Priced, crews: pd.DataFrame | None, stores: pd.DataFrame
) -> pd.DataFrame:
    n = len(task.ids)
    taken = np.zeros(n, bool)
    taken[chosen] = True
    ends = np.r_[task.left, task.right], np.r_[task.right, task.left]
    pair = np.flatnonzero(taken[ends[1]]) if len(task.left) else np.empty(0, np.int64)
    mine, beside, at = ends[0][pair], ends[1][pair], pair % max(len(task.left), 1)
    apart, loss = task.apart[at] if len(at) else np.empty(0, bool), task.loss[at] if len(at) else np.empty(0)
    lost = np.bincount(mine, np.where(apart, 0.0, loss), minlength=n)
    near = np.bincount(mine, apart, minlength=n) > 0
    order = np.lexsort((beside, loss, apart, mine))  # the last of a store is what blocks it most
    blocked = np.full(n, -1)
    blocked[mine[order]] = beside[order]
    gain = np.where(near, np.nan, task.value - lost)
    # A pair of chosen stores loses its loss once: each bears half.
    gain[taken] = (task.value - 0.5 * lost)[taken]
    ranked = chosen[np.lexsort((task.ids[chosen], -gain[chosen]))]
    rank = np.zeros(n, np.int64)
    rank[ranked] = np.arange(1, len(ranked) + 1)
    reason = _reasons(task, taken, near, gain, priced)
    named = np.isin(reason, ["too_near", "shares_customers"]) & (blocked >= 0)
    table = pd.DataFrame(
        {
            "store_id": task.ids,
            "rank": rank,
            "wave": _waves(ranked, n, crews, stores),
            "value": task.value,
            "gain": gain,
            "line": priced.line,
            "reason": pd.Categorical(reason, COBRANDED_REASONS),
            "blocked_by": pd.array(np.where(named, task.ids[np.maximum(blocked, 0)], 0), "Int64"),
        }
    )
    table.loc[~named, "blocked_by"] = pd.NA
    return Cobranded.check(table)


def _reasons(task: CobrandedTask, taken: np.ndarray, near: np.ndarray, gain: np.ndarray, priced: Priced) -> np.ndarray:
    """First reason that holds: nothing to gain, too near, customers shared, quota, budget, the line."""
    used, limits = _used(task, np.flatnonzero(taken)), task.limits
    rows = limits.rows[:, 2:]
    full = (rows >= 0) & (used[np.maximum(rows, 0)] + 1 > limits.most[np.maximum(rows, 0)])
    over = used[1] + limits.loads[:, 1] > limits.most[1]
    room = used[0] + 1 <= limits.most[0]
    passes = gain > priced.line
    return np.select(
        [
            taken, task.value <= 0, near, (task.value > priced.line) & ~passes, full.any(axis=1) & (room | passes),
            over & (room | passes),
        ],
        ["chosen", "brings_nothing", "too_near", "shares_customers", "quota_full", "budget"],
        "below_line",
    )  # fmt: skip


def _waves(ranked: np.ndarray, n: int, crews: pd.DataFrame | None, stores: pd.DataFrame) -> np.ndarray:
    """Months of the fit-outs, counted from 1: those that gain most first, by group where crews are a group's."""
    wave = np.zeros(n, np.int64)
    if crews is None:
        wave[ranked] = 1
        return wave
    months, column = np.sort(crews["month"].unique()), group_of(crews)
    groups = [(slice(None), crews)] if column is None else list(crews.groupby(column))
    for name, own in groups:
        mine = ranked if column is None else ranked[stores[column].to_numpy()[ranked] == name]
        slots = own.groupby("month")["stores"].sum().reindex(months, fill_value=0).to_numpy().astype(int)
        wave[mine] = np.repeat(np.arange(1, len(months) + 1), slots)[: len(mine)]
    return wave


def _nearest(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """List stores not chosen that lack least to their line."""
    left = table[(table["rank"] == 0) & table["gain"].notna() & (table["value"] > 0)]
    lacks = (left["line"] - left["gain"]).rename("lacks_rmb_month")
    found = left.assign(lacks_rmb_month=lacks).sort_values(["lacks_rmb_month", "store_id"]).head(count)
    return found.reset_index(drop=True)
