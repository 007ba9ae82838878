"""Who gets credit, and how much: the limits that earn most within capital, expected-loss and tail-loss budgets."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.contracts import CreditBudgets, CreditBudgetUse, CreditStores, InputError, Limits
from lst_workbench.contracts.credit_budgets import CREDIT_BUDGETS
from lst_workbench.credit.limit_prices import Book, Caps, find_prices, respond
from lst_workbench.credit.vasicek import retail_correlation, stressed_pd
from lst_workbench.optim import Certificate, Status
from lst_workbench.runs import Explanation

Floats = NDArray[np.float64]
ENOUGH_BEND, PULL, ROUNDS = 0.03, 0.1, 60
KEPT = (1.0, 0.75, 0.5, 0.25, 0.1)
FITS = 1e-9


@dataclass(frozen=True)
class LimitParams:
    """How margin and risk bend with the limit, and when to stop.

    Parameters
    ----------
    saturation : float
        How much of the first RMB's margin is gone at a limit equal to need: 0 linear, 1 nothing left.
    pd_growth : float
        PD at a limit equal to need is ``pd * (1 + pd_growth)``: who borrows more, defaults more.
    tail_level : float
        Confidence of the tail loss.
    max_need_share : float
        No limit is above this share of need: it finances the recommended order, not more.
    max_step_share : float
        With a column ``limit_rmb`` (today's limit), the most that a limit above 0 moves in one round, as a share of it.
    min_useful_rmb : float
        A limit is 0 or at least this (or all of need, where need is less).
    gap : float
        Gap up to which an answer is called optimal.
    steps : int
        Most Newton steps.
    """

    saturation: float = 0.5
    pd_growth: float = 0.3
    tail_level: float = 0.999
    max_need_share: float = 1.0
    max_step_share: float = 1.0
    min_useful_rmb: float = 0.0
    gap: float = 1e-6
    steps: int = 200


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
              \quad s.t. \quad \sum_{i \in city} r_{ik}(x_i) \le limit_{k, city}

    for the resources k: capital (the limit itself), expected loss, and tail loss: with `stressed_pd` (one national
    factor, retail correlation) in place of pd. At given prices of the budgets every store's best limit is the top of a
    parabola, so the dual has as few variables as there are budgets; projected Newton steps find the prices, a last
    scaling makes the limits fit exactly, and the dual bounds what any allocation could earn. Where the curves are
    straight (``saturation=0``) a few rounds of the proximal method find them.

    Parameters
    ----------
    stores : DataFrame
        Contract `CreditStores`: store_id, pd, need_rmb, margin_share, lgd, city [, limit_rmb: today's limit].
        Other columns are ignored.
    budgets : DataFrame
        Contract `CreditBudgets`: name (capital, expected_loss, tail_loss), limit in RMB [, city; empty for all].
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
    started = time.perf_counter()
    params = params or LimitParams()
    _check_params(params)
    stores = _checked_stores(stores)
    budgets = _checked_budgets(budgets, stores)
    order, book, caps = _book(stores, budgets, params)
    if reason := _cannot_be_met(book, caps, budgets):
        seconds = time.perf_counter() - started
        certificate = Certificate(float("-inf"), float("inf"), Status.INFEASIBLE, seconds, True, reason)
        return _result(stores, budgets, order, book, caps, book.low, np.zeros(len(caps.limit)), params, certificate)
    share, prices = _solve(book, caps, params)
    if book.least.any():
        share, prices = _with_least(book, caps, share, prices, params)
    value = _totals(book, caps, share)[0]
    bound = respond(book, caps, prices, useful=True).dual
    certificate = _certificate(value, max(bound, value), params, time.perf_counter() - started)
    return _result(stores, budgets, order, book, caps, share, prices, params, certificate)


def _solve(book: Book, caps: Caps, params: LimitParams) -> tuple[Floats, Floats]:
    """Limits that fit and the prices that support them, without least useful limits.

    A problem with next to no curvature of its own is solved in rounds, each with a pull towards the limits of the last
    (the proximal method, which ends after finitely many rounds on a linear programme).
    """
    flat = max(float(book.margin.mean()), 1e-12)
    curved = book.saturation + 2 * book.growth * float(book.loss.mean()) / flat >= ENOUGH_BEND
    prices, share = np.zeros(len(caps.limit)), book.low
    if curved:
        prices, answer = find_prices(book, caps, prices, 0.0, share, 1e-11, params.steps)
        return _fit(book, caps, answer.share), prices
    for _ in range(ROUNDS):
        prices, answer = find_prices(book, caps, prices, PULL * flat, share, 1e-11, params.steps)
        share = _fit(book, caps, answer.share)
        value, bound = _totals(book, caps, share)[0], respond(book, caps, prices).dual
        if bound - value <= FITS * max(bound, 0.0):
            break
    return share, prices


def _totals(book: Book, caps: Caps, share: Floats) -> tuple[float, Floats]:
    """Net margin and use of each cap by given limits, in float64."""
    risk = share + book.growth * share**2
    use = book.need[None, :] * np.stack([share, book.loss * risk, book.tail * risk])
    earned = book.need @ (book.margin * (share - 0.5 * book.saturation * share**2) - book.loss * risk)
    by_city = np.stack([np.bincount(book.city, row, book.cities) for row in use])
    used = np.where(caps.city < 0, use.sum(axis=1)[caps.resource], by_city[caps.resource, caps.city])
    return float(earned), used


def _fit(book: Book, caps: Caps, share: Floats) -> Floats:
    """Draw limits towards their lowest until every budget holds: first within cities, then everywhere.

    Use is convex in x and zero-or-lowest fits, so shrinking by the ratio of room to excess is always enough.
    """
    _, least = _totals(book, caps, book.low)
    for national in (False, True):
        _, used = _totals(book, caps, share)
        over = (used > caps.limit) & ((caps.city < 0) == national)
        ratio = np.ones(book.cities)
        keep = np.where(over, (caps.limit - least) / np.where(over, used - least, 1.0) * (1 - 1e-14), 1.0).clip(0, 1)
        if national:
            ratio[:] = keep.min(initial=1.0)
        else:
            np.minimum.at(ratio, caps.city[over], keep[over])
        share = book.low + ratio[book.city] * (share - book.low)
    return share


def _with_least(book: Book, caps: Caps, share: Floats, prices: Floats, params: LimitParams) -> tuple[Floats, Floats]:
    """Keep stores whose limit is near enough to the least useful one, and solve again with it as their lowest."""
    best: tuple[float, Floats, Floats] | None = None
    for part in KEPT:
        keep = (share >= part * book.least) & (share > 0) | (book.low > 0)
        low = np.where(keep, np.maximum(book.low, np.minimum(book.least, book.high)), 0.0)
        kept = replace(book, low=low, high=np.where(keep, book.high, 0.0), least=np.zeros_like(low))
        if (_totals(kept, caps, low)[1] > caps.limit * (1 + 1e-12)).any():
            continue
        again, again_prices = _solve(kept, caps, params)
        value = _totals(book, caps, again)[0]
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


def _book(stores: pd.DataFrame, budgets: pd.DataFrame, params: LimitParams) -> tuple[NDArray[np.int64], Book, Caps]:
    """Sort stores by city, say everything as a share of need, and number the cities."""
    codes, names = pd.factorize(stores["city"], sort=False)
    order = np.argsort(codes, kind="stable")
    pd_, lgd, need = (stores[name].to_numpy()[order] for name in ("pd", "lgd", "need_rmb"))
    scale = np.where(need > 0, need, 1.0)
    high = np.where(need > 0, params.max_need_share, 0.0)
    low = np.zeros(len(need))
    if "limit_rmb" in stores:
        today = stores["limit_rmb"].to_numpy()[order] / scale
        low = np.where(need > 0, today * (1 - params.max_step_share), 0.0).clip(0)
        high = np.where(today > 0, np.minimum(high, today * (1 + params.max_step_share)), high)
    high = np.maximum(high, low)
    book = Book(
        need=need,
        margin=stores["margin_share"].to_numpy()[order],
        loss=pd_ * lgd,
        tail=stressed_pd(pd_, retail_correlation(pd_), params.tail_level) * lgd,
        low=low,
        high=high,
        least=np.minimum(params.min_useful_rmb / scale, high),
        city=codes[order].astype(np.int64),
        cities=len(names),
        saturation=params.saturation,
        growth=params.pd_growth,
    )
    resource = budgets["name"].map(CREDIT_BUDGETS.index).to_numpy(dtype=np.int64)
    city = np.where(budgets["city"].isna(), -1, names.get_indexer(budgets["city"])).astype(np.int64)
    return order, book, Caps(resource, city, budgets["limit"].to_numpy())


def _result(
    stores: pd.DataFrame, budgets: pd.DataFrame, order: NDArray[np.int64], book: Book, caps: Caps, share: Floats,
    prices: Floats, params: LimitParams, certificate: Certificate,
) -> LimitResult:  # fmt: skip
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    x, need = share[back], book.need[back]
    risk = x + params.pd_growth * x**2
    pays = np.zeros((book.cities, 3))
    for resource, city, price in zip(caps.resource, caps.city, prices, strict=True):
        pays[slice(None) if city < 0 else city, resource] += price
    pays = pays[book.city[back]]
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
    used = _totals(book, caps, share)[1]
    use = budgets[["name", "city", "limit"]].assign(used=used, shadow_price=prices)
    return LimitResult({"limits": limits[Limits.columns()], "budgets": use[CreditBudgetUse.columns()]}, certificate)


def _cannot_be_met(book: Book, caps: Caps, budgets: pd.DataFrame) -> str:
    """Name the budgets that even the lowest allowed limits break, and what would be enough."""
    _, used = _totals(book, caps, book.low)
    broken = np.flatnonzero(used > caps.limit * (1 + 1e-12))
    named = [
        f"{budgets['name'].iloc[i]}{'' if caps.city[i] < 0 else ' of ' + str(budgets['city'].iloc[i])}: "
        f"today's limits, lowered as far as max_step_share allows, use {used[i]:,.2f} RMB of {caps.limit[i]:,.2f}"
        for i in broken[:3]
    ]
    return "; ".join(named) + "; raise these budgets to that, or max_step_share" if named else ""


def _check_params(params: LimitParams) -> None:
    faults = [
        f"{name} is {getattr(params, name)}; give a figure from {low} to {high}"
        for name, low, high in (
            ("saturation", 0, 1),
            ("pd_growth", 0, 100),
            ("tail_level", 0.5, 1 - 1e-12),
            ("max_need_share", 0, 100),
            ("max_step_share", 0, 1),
            ("min_useful_rmb", 0, 1e12),
            ("gap", 0, 1),
        )  # fmt: skip
        if not low <= getattr(params, name) <= high
    ]
    if faults:
        raise InputError("params", faults)


def _checked_stores(stores: pd.DataFrame) -> pd.DataFrame:
    wanted = [*CreditStores.columns(), *(["limit_rmb"] if "limit_rmb" in stores else [])]
    kept = stores[[name for name in wanted if name in stores]]
    checked = CreditStores.check(kept, "stores", allow_empty=False)
    figures = checked.select_dtypes("number")
    faults = [f"column {name} has infinite values; give a number" for name in figures if np.isinf(figures[name]).any()]
    if "limit_rmb" in kept:
        today = pd.to_numeric(kept["limit_rmb"], errors="coerce")
        if bad := int((~(today >= 0)).sum()):
            faults.append(f"column limit_rmb is empty, no number or negative in {bad:,} rows; give today's limit or 0")
        checked = checked.assign(limit_rmb=today.astype(float))
    if faults:
        raise InputError("stores", faults)
    return checked


def _checked_budgets(budgets: pd.DataFrame, stores: pd.DataFrame) -> pd.DataFrame:
    if "city" not in budgets:
        budgets = budgets.assign(city=None)
    checked = CreditBudgets.check(budgets, "budgets").reset_index(drop=True)
    strange = pd.Index(checked["city"].dropna().unique()).difference(pd.Index(stores["city"].unique()), sort=False)
    if len(strange):
        shown = ", ".join(map(str, strange[:3]))
        fault = f"{len(strange)} cities have no store ({shown}); spell them as in stores or drop their rows"
        raise InputError("budgets", [fault])
    return checked
