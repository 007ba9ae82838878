"""Who gets credit, and how much: the limits that earn most within capital, expected-loss and tail-loss budgets."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.contracts import CreditBudgetUse, InputError, Limits
from lst_workbench.credit.limit_prices import Book, Caps, find_prices, respond
from lst_workbench.credit.limit_problem import (
    GROUPS,
    LimitParams,
    budget_totals,
    checked_problem,
    fit_to_budgets,
    limits_problem,
)
from lst_workbench.optim import Certificate, Status
from lst_workbench.runs import Explanation

Floats = NDArray[np.float64]
ENOUGH_BEND, PULL, ROUNDS = 0.03, 0.1, 60
KEPT = (0.99, 0.9, 0.7, 0.5, 0.3)
# Heat as a share of the mean margin; problems without least limits need the first ones only.
HEATS, WARM, NEARLY = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003), 3, 1e-4
FITS = 1e-9


@dataclass(frozen=True)
class LimitResult:
    """Limits, the use and price of each budget, and how far from the best they can be."""

    tables: dict[str, pd.DataFrame]
    certificate: Certificate

    def kpis(self) -> dict[str, float]:
        """Headline figures: stores with credit, RMB lent, net margin, expected and tail loss (RMB a year)."""
        limits = self.tables["limits"]
        return {
            "stores_with_credit": float((limits["limit_rmb"] > 0).sum()),
            "limits_rmb": float(limits["limit_rmb"].sum()),
            "net_margin_rmb_year": float(limits["margin_rmb"].sum() - limits["expected_loss_rmb"].sum()),
            "expected_loss_rmb_year": float(limits["expected_loss_rmb"].sum()),
            "tail_loss_rmb_year": float(limits["tail_loss_rmb"].sum()),
            "gap_share": self.certificate.gap,
        }

    def explain(self, store_id: int) -> Explanation:
        """Say why a store has the limit it has, from the stored tables.

        Raises
        ------
        InputError
            No such store.
        """
        limits = self.tables["limits"]
        row = limits[limits["store_id"] == store_id]
        if row.empty:
            raise InputError("store_id", [f"store {store_id} was not among the stores given; ask for one of them"])
        one = row.iloc[0]
        worth, price = one["first_rmb_worth"], one["first_rmb_price"]
        if one["limit_rmb"] > 0 and one["need_share"] >= 1 - FITS:
            key, why = "full", "all of its need: even the last RMB earns more than it costs"
        elif one["limit_rmb"] > 0:
            key, why = "part", "up to the RMB that earns just what it costs"
        elif worth <= 0:
            key, why = "loses", "no credit: even the first RMB is expected to lose money"
        elif worth <= price:
            key, why = "priced_out", "no credit: others earn more with the scarce budgets"
        else:
            key, why = "too_small", "no credit: what it could use is below the least useful limit or not needed"
        text = (
            f"Store {store_id} gets {one['limit_rmb']:,.0f} RMB, {why}. "
            f"Its first RMB is worth {worth:.4f} RMB a year after expected loss and pays {price:.4f} for budgets."
        )
        return Explanation(row, text, key, {"worth": float(worth), "price": float(price)})


def allocate_limits(stores: pd.DataFrame, budgets: pd.DataFrame, *, params: LimitParams | None = None) -> LimitResult:
    r"""Allocate credit limits so that all stores together earn most within every budget.

    With x = limit / need, each store earns ``need * margin_share * (x - saturation * x^2 / 2)`` a year and is expected
    to lose ``need * pd * lgd * (x + pd_growth * x^2)``, since its PD rises with x. Chosen are

    .. math:: \max_{l \le x \le u} \sum_i margin_i(x_i) - loss_i(x_i)
              \quad s.t. \quad \sum_{i \in g} r_{ik}(x_i) \le limit_{k, g}

    for the resources k: capital (the limit itself), expected loss, and tail loss: with `stressed_pd` (one national
    factor, retail correlation) in place of pd. At given prices of the budgets every store's best limit is the top of a
    parabola, so the dual has as few variables as there are budgets; projected Newton steps find the prices, a last
    scaling makes the limits fit exactly, and the dual bounds what any allocation could earn. Where the curves are
    straight (``saturation=0``) a few rounds of the proximal method find them.

    Parameters
    ----------
    stores : DataFrame
        Contract `CreditStores`: store_id, pd, need_rmb, margin_share, lgd, city [, limit_rmb: today's limit] [,
        most_rmb: its highest limit] [, warehouse, month in which the limit starts: where budgets name them]. Other
        columns are ignored.
    budgets : DataFrame
        Contract `CreditBudgets`: name (capital, expected_loss, tail_loss), limit in RMB [, city, warehouse, month;
        empty for all]. A budget of a month covers what has started by then; one that names several, what is in all.
    params : LimitParams, optional
        Tuning.

    Returns
    -------
    LimitResult
        ``.tables["limits"]`` (`Limits`, in the order given), ``.tables["budgets"]`` (`CreditBudgetUse`),
        ``.certificate``. Where today's limits may not fall fast enough to meet a budget, status is infeasible, with
        the reason and the least budget that would do, and limits are the lowest allowed.

    Raises
    ------
    InputError
        Names every fault of the two tables.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "pd": [0.01, 0.05], "need_rmb": [8000.0, 8000.0],
    ...     "margin_share": [0.08, 0.08], "lgd": [0.65, 0.65], "city": ["Hefei", "Hefei"]})
    >>> budgets = pd.DataFrame({"name": ["capital"], "limit": [9000.0]})
    >>> result = allocate_limits(stores, budgets)
    >>> result.tables["limits"]["limit_rmb"].round().tolist()
    [7191.0, 1809.0]
    >>> result.certificate.status.value, result.certificate.gap < 1e-9
    ('optimal', True)
    """
    params = params or LimitParams()
    stores, budgets = checked_problem(stores, budgets, params)
    order, book, caps = limits_problem(stores, budgets, params)
    share, prices, certificate = best_limits(book, caps, budgets, params)
    return _result(stores, budgets, order, book, caps, share, prices, params, certificate)


def best_limits(
    book: Book, caps: Caps, budgets: pd.DataFrame, params: LimitParams
) -> tuple[Floats, Floats, Certificate]:
    """Shares of need that earn most, a price a budget, and the certificate; the lowest shares where none will do."""
    started = time.perf_counter()
    if reason := _cannot_be_met(book, caps, budgets):
        seconds = time.perf_counter() - started
        certificate = Certificate(float("-inf"), float("inf"), Status.INFEASIBLE, seconds, True, reason)
        return book.low, np.zeros(len(caps.limit)), certificate
    share, prices = _cooled(book, caps, params)
    if book.least.any():
        share, prices = _with_least(book, caps, share, prices, params)
    else:
        share, prices = _solve(book, caps, params, prices)
    value = budget_totals(book, caps, share)[0]
    bound = respond(book, caps, prices, useful=True).dual
    return share, prices, _certificate(value, max(bound, value), params, time.perf_counter() - started)


def _solve(book: Book, caps: Caps, params: LimitParams, prices: Floats) -> tuple[Floats, Floats]:
    """Limits that fit and the prices that support them, without least useful limits, from `prices` on.

    A problem with next to no curvature of its own is solved in rounds, each with a pull towards the limits of the last
    (the proximal method, which ends after finitely many rounds on a linear programme).
    """
    flat = max(float(book.margin.mean()), 1e-12)
    curved = book.saturation + 2 * book.growth * float(book.loss.mean()) / flat >= ENOUGH_BEND
    share = book.low
    if curved:
        prices, answer = find_prices(book, caps, prices, 0.0, share, 1e-11, params.steps)
        return fit_to_budgets(book, caps, answer.share), prices
    for _ in range(ROUNDS):
        prices, answer = find_prices(book, caps, prices, PULL * flat, share, 1e-11, params.steps)
        share = fit_to_budgets(book, caps, answer.share)
        value, bound = budget_totals(book, caps, share)[0], respond(book, caps, prices).dual
        if bound - value <= FITS * max(bound, 0.0):
            break
    return share, prices


def _cooled(book: Book, caps: Caps, params: LimitParams) -> tuple[Floats, Floats]:
    """Find prices as heat falls, so that no kink stands in a Newton step's way; limits are useful ones in part."""
    prices, share = np.zeros(len(caps.limit)), book.low
    for heat in HEATS if book.least.any() else HEATS[:WARM]:
        heat *= max(float(book.margin.mean()), 1e-12)
        prices, answer = find_prices(book, caps, prices, 0.0, share, NEARLY, params.steps, heat)
    return answer.share, prices


def _with_least(book: Book, caps: Caps, share: Floats, prices: Floats, params: LimitParams) -> tuple[Floats, Floats]:
    """Keep stores that have most of a useful limit, and solve again with it as their lowest."""
    best: tuple[float, Floats, Floats] | None = None
    for part in KEPT:
        keep = (share >= part * book.least) & (share > 0) | (book.low > 0)
        low = np.where(keep, np.maximum(book.low, np.minimum(book.least, book.high)), 0.0)
        kept = replace(book, low=low, high=np.where(keep, book.high, 0.0), least=np.zeros_like(low))
        if (budget_totals(kept, caps, low)[1] > caps.limit * (1 + 1e-12)).any():
            continue
        again, again_prices = _solve(kept, caps, params, prices)
        value = budget_totals(book, caps, again)[0]
        if best is None or value > best[0]:
            best = (value, again, again_prices)
    if best is None:
        return book.low, prices
    # The bound comes from whichever prices bound tighter.
    duals = [respond(book, caps, p, useful=True).dual for p in (prices, best[2])]
    return best[1], (prices if duals[0] <= duals[1] else best[2])


def _certificate(value: float, bound: float, params: LimitParams, seconds: float) -> Certificate:
    certificate = Certificate(value, bound, Status.OPTIMAL, seconds, maximise=True)
    if certificate.gap <= FITS:
        return certificate
    return replace(certificate, status=Status.WITHIN_GAP if certificate.gap <= params.gap else Status.FEASIBLE)


def _result(
    stores: pd.DataFrame, budgets: pd.DataFrame, order: NDArray[np.int64], book: Book, caps: Caps, share: Floats,
    prices: Floats, params: LimitParams, certificate: Certificate,
) -> LimitResult:  # fmt: skip
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    x, need = share[back], book.need[back]
    risk = x + params.pd_growth * x**2
    pays = caps.prices_of_cells(prices)[book.cell[back]]
    loss, tail, margin = book.loss[back], book.tail[back], book.margin[back]
    limits = pd.DataFrame(
        {
            "store_id": stores["store_id"].to_numpy(),
            "city": stores["city"].to_numpy(),
            "limit_rmb": x * need,
            "need_share": x,
            "margin_rmb": need * margin * (x - 0.5 * params.saturation * x**2),
            "expected_loss_rmb": need * loss * risk,
            "tail_loss_rmb": need * tail * risk,
            "first_rmb_worth": margin - loss,
            "first_rmb_price": pays[:, 0] + pays[:, 1] * loss + pays[:, 2] * tail,
        }
    )
    used = budget_totals(book, caps, share)[1]
    use = budgets[["name", *GROUPS, "limit"]].assign(used=used, shadow_price=prices)
    return LimitResult({"limits": limits[Limits.columns()], "budgets": use[CreditBudgetUse.columns()]}, certificate)


def _cannot_be_met(book: Book, caps: Caps, budgets: pd.DataFrame) -> str:
    """Name the budgets that even the lowest allowed limits break, and what would be enough."""
    _, used = budget_totals(book, caps, book.low)
    broken = np.flatnonzero(used > caps.limit * (1 + 1e-12))
    named = [
        f"{' of '.join([budgets['name'].iloc[i], *budgets.loc[i, list(GROUPS)].dropna().astype(str)])}: "
        f"today's limits, lowered as far as max_step_share allows, use {used[i]:,.2f} RMB of {caps.limit[i]:,.2f}"
        for i in broken[:3]
    ]
    return "; ".join(named) + "; raise these budgets to that, or max_step_share" if named else ""
