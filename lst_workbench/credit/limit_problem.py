"""The limits problem as arrays: what each store may be given, and which stores each budget covers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from lst_workbench.contracts import CreditBudgets, CreditStores, InputError
from lst_workbench.contracts.credit_budgets import CREDIT_BUDGETS
from lst_workbench.credit.limit_prices import Book, Caps
from lst_workbench.credit.vasicek import retail_correlation, stressed_pd

Floats = NDArray[np.float64]
GROUPS = ("city", "warehouse", "month")
BOUNDS = {"limit_rmb": "today's limit or 0", "most_rmb": "the highest limit that the store may have"}


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


def limits_problem(
    stores: pd.DataFrame, budgets: pd.DataFrame, params: LimitParams
) -> tuple[NDArray[np.int64], Book, Caps]:
    """Sort stores by cell, say everything as a share of need, and say which cells each budget covers."""
    codes, cells = _cells(stores, budgets)
    order = np.argsort(codes, kind="stable")
    pd_, lgd, need = (stores[name].to_numpy()[order] for name in ("pd", "lgd", "need_rmb"))
    scale = np.where(need > 0, need, 1.0)
    high = np.where(need > 0, params.max_need_share, 0.0)
    low = np.zeros(len(need))
    if "limit_rmb" in stores:
        today = stores["limit_rmb"].to_numpy()[order] / scale
        low = np.where(need > 0, today * (1 - params.max_step_share), 0.0).clip(0)
        high = np.where(today > 0, np.minimum(high, today * (1 + params.max_step_share)), high)
    if "most_rmb" in stores:
        high = np.minimum(high, stores["most_rmb"].to_numpy()[order] / scale)
    high = np.maximum(high, low)
    book = Book(
        need=need,
        margin=stores["margin_share"].to_numpy()[order],
        loss=pd_ * lgd,
        tail=stressed_pd(pd_, retail_correlation(pd_), params.tail_level) * lgd,
        low=low,
        high=high,
        least=np.minimum(params.min_useful_rmb / scale, high),
        cell=codes[order],
        cells=len(cells),
        saturation=params.saturation,
        growth=params.pd_growth,
    )
    resource = budgets["name"].map(CREDIT_BUDGETS.index).to_numpy(dtype=np.int64)
    return order, book, Caps(resource, sparse.csr_matrix(_covers(cells, budgets)), budgets["limit"].to_numpy())


def _cells(stores: pd.DataFrame, budgets: pd.DataFrame) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Give a number to the groups of stores that the same budgets cover, and give city, warehouse and month of each."""
    named = [name for name in GROUPS if name == "city" or budgets[name].notna().any()]
    key = np.zeros(len(stores), dtype=np.int64)
    for name in named:
        codes, values = pd.factorize(stores[name], sort=False)
        key = np.unique(key * len(values) + codes, return_inverse=True)[1]
    first = np.unique(key, return_index=True)[1]
    return key, stores[named].iloc[first].reset_index(drop=True)


def _covers(cells: pd.DataFrame, budgets: pd.DataFrame) -> Floats:
    """Tell which cells (columns) each budget (row) covers; one of a month covers what has started by then."""
    covers = np.ones((len(budgets), len(cells)))
    for name in cells:
        for row in np.flatnonzero(budgets[name].notna()):
            asked = budgets[name].iloc[row]
            covers[row] *= cells[name] <= asked if name == "month" else cells[name] == asked
    return covers


def budget_totals(book: Book, caps: Caps, share: Floats) -> tuple[float, Floats]:
    """Net margin and use of each cap by given limits, in float64."""
    risk = share + book.growth * share**2
    use: Floats = book.need[None, :] * np.stack([share, book.loss * risk, book.tail * risk])
    earned = book.need @ (book.margin * (share - 0.5 * book.saturation * share**2) - book.loss * risk)
    by_cell: Floats = np.stack([np.bincount(book.cell, row, book.cells).astype(float) for row in use], axis=1)
    return float(earned), caps.used(by_cell)


def fit_to_budgets(book: Book, caps: Caps, share: Floats) -> Floats:
    """Draw limits towards their lowest until every budget holds: first within groups, then everywhere.

    On the way from the lowest limits (part 0) to those given (part 1) a use is a parabola in the part, known by three
    of its points; the part at which it meets the budget is drawn to.
    """
    _, least = budget_totals(book, caps, book.low)
    everywhere = np.asarray(caps.covers.sum(axis=1)).ravel() == book.cells
    for national in (False, True):
        used, halfway = (budget_totals(book, caps, book.low + r * (share - book.low))[1] for r in (1.0, 0.5))
        square = np.maximum(2 * (used + least - 2 * halfway), 0.0)
        straight, room = used - least - square, np.maximum(caps.limit - least, 0.0)
        ratio = np.ones(book.cells)
        for k in np.flatnonzero((used > caps.limit) & (everywhere == national)):
            root = np.sqrt(straight[k] ** 2 + 4 * square[k] * room[k])
            keep = float(np.clip(2 * room[k] / (straight[k] + root) * (1 - 1e-13), 0, 1))
            inside = caps.covers[[k]].indices
            ratio[inside] = np.minimum(ratio[inside], keep)
        share = book.low + ratio[book.cell] * (share - book.low)
    return share


def checked_problem(
    stores: pd.DataFrame, budgets: pd.DataFrame, params: LimitParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables as their contracts want them, or raise with every fault named."""
    _check_params(params)
    budgets = budgets.assign(**{name: None for name in GROUPS if name not in budgets})
    budgets = CreditBudgets.check(budgets, "budgets").reset_index(drop=True)
    named = [name for name in GROUPS if name == "city" or budgets[name].notna().any()]
    stores = _checked_stores(stores, named)
    faults = []
    for name in ("city", "warehouse"):
        asked = pd.Index(budgets[name].dropna().unique())
        strange = asked.difference(pd.Index(stores[name].unique()), sort=False) if name in stores else asked
        if len(strange):
            plural = {"city": "cities", "warehouse": "warehouses"}[name]
            shown = ", ".join(map(str, strange[:3]))
            faults.append(
                f"{len(strange)} {plural} have no store ({shown}); spell them as in stores or drop their rows"
            )
    if faults:
        raise InputError("budgets", faults)
    return stores, budgets


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


def _checked_stores(stores: pd.DataFrame, groups: list[str]) -> pd.DataFrame:
    optional = [*BOUNDS, *(name for name in groups if name != "city")]
    wanted = [*CreditStores.columns(), *(name for name in optional if name in stores)]
    if absent := [name for name in groups if name not in stores and name != "city"]:
        raise InputError("stores", [f"budgets name {', '.join(absent)}, which stores lack; add the column"])
    kept = stores[[name for name in wanted if name in stores]]
    checked = CreditStores.check(kept, "stores", allow_empty=False)
    figures = checked.select_dtypes("number")
    faults = [f"column {name} has infinite values; give a number" for name in figures if np.isinf(figures[name]).any()]
    for name in (name for name in groups if name != "city" and checked[name].isna().any()):
        faults.append(f"column {name} is empty in {int(checked[name].isna().sum()):,} rows; fill it")
    if "month" in groups:
        checked = checked.assign(month=pd.to_datetime(checked["month"]))
    for column, meaning in BOUNDS.items():
        if column in kept:
            given = pd.to_numeric(kept[column], errors="coerce")
            if bad := int((~(given >= 0)).sum()):
                faults.append(f"column {column} is empty, no number or negative in {bad:,} rows; give {meaning}")
            checked = checked.assign(**{column: given.astype(float)})
    if faults:
        raise InputError("stores", faults)
    return checked
