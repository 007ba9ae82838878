"""Demand behind empty shelves: what would have been sold had everything been there, and who left without buying."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

WANTED = ("period", "sku", "units")


@dataclass(frozen=True)
class UnseenResult:
    """Preferences and first-choice demand behind sales with gaps; see `recover_demand`."""

    tables: dict[str, pd.DataFrame] = field(repr=False)
    market_share: float
    steps: int
    warnings: tuple[str, ...]

    def kpis(self) -> dict[str, float]:
        """Headline figures: units sold, first-choice units, and units lost because shelves were empty."""
        items = self.tables["items"]
        wanted, sold = float(items["first_choice_units"].sum()), float(items["units"].sum())
        return {
            "units": sold,
            "first_choice_units": wanted,
            "lost_units": float(self.tables["periods"]["lost_units"].sum()),
            "no_purchase_visits": float(self.tables["periods"]["no_purchase_visits"].sum()),
            "em_steps": float(self.steps),
        }


def recover_demand(
    sales: pd.DataFrame, market_share: float, *, tolerance: float = 1e-9, steps: int = 20_000
) -> UnseenResult:
    """Estimate what shoppers wanted from what they bought when shelves had gaps and leaving was not seen.

    A visitor takes item j on offer with probability v_j / (1 + sum of v on offer), else leaves. EM splits each
    period's sales into first choices and substitutes for what was missing; v is then in proportion to first choices,
    scaled so that `market_share` of visitors buy when everything is there. That share cannot be seen in sales: try
    several.

    Parameters
    ----------
    sales : DataFrame
        period (a store and week, say), sku, units[, in_stock (True)]: a row for every item on offer, sold or not. Rows
        with in_stock false, and items without a row, were not on offer.
    market_share : float
        Share of visitors who buy when every item is on offer, between 0 and 1: an assumption.
    tolerance : float
        EM stops when no preference moves by more than this share.
    steps : int
        EM steps at most.

    Returns
    -------
    UnseenResult
        ``tables["items"]``: sku, units, periods_on_offer, preference (v), naive_share (of units sold), share (of units
        if everything were there), first_choice_units. ``tables["periods"]``: period, units, visits,
        no_purchase_visits, lost_units (first choices that were missing and left). ``tables["refused"]``: period,
        sku, reason. ``warnings`` name items that sold nothing and groups never on offer together.

    Raises
    ------
    InputError
        When columns are missing, the share is not between 0 and 1, or no period is sound.

    Notes
    -----
    Vulcano, van Ryzin and Ratliff (2012), Estimating primary demand for substitutable products from sales
    transaction data, Operations Research 60(2).

    Examples
    --------
    >>> sales = pd.DataFrame({
    ...     "period": [1, 1, 2, 2], "sku": ["a", "b", "a", "b"], "units": [60, 30, 0, 70],
    ...     "in_stock": [True, True, False, True],
    ... })
    >>> recover_demand(sales, 0.75).tables["items"][["sku", "naive_share", "share"]].round(3)
      sku  naive_share  share
    0   a        0.375  0.667
    1   b        0.625  0.333
    """
    if not 0 < market_share < 1:
        raise InputError("market_share", [f"it is {market_share}; give the share of visitors who buy, between 0 and 1"])
    rows, refused = _sound(sales)
    period, periods = pd.factorize(rows["period"], sort=True)
    item, items = pd.factorize(rows["sku"], sort=True)
    units = rows["units"].to_numpy(float)
    sold = np.bincount(period, units)
    total = market_share / (1 - market_share)
    v, done = _preferences(period, item, units, sold, total, len(items), tolerance, steps)
    offered = np.bincount(period, v[item], len(periods))
    visits = sold * (1 + offered) / offered
    primary = _first_choices(period, item, units, sold, offered, v, total)
    lost = visits * (total - offered) / (1 + total) / (1 + offered)
    tables = {
        "items": pd.DataFrame({
            "sku": items, "units": np.bincount(item, units), "periods_on_offer": np.bincount(item), "preference": v,
            "naive_share": np.bincount(item, units) / units.sum(), "share": v / total, "first_choice_units": primary,
        }),
        "periods": pd.DataFrame({
            "period": periods, "units": sold, "visits": visits, "no_purchase_visits": visits - sold,
            "lost_units": lost,
        }),
        "refused": refused,
    }  # fmt: skip
    return UnseenResult(tables, market_share, done, _doubts(period, item, units, items, done, steps))


def _preferences(
    period: np.ndarray, item: np.ndarray, units: np.ndarray, sold: np.ndarray, total: float, items: int,
    tolerance: float, steps: int,
) -> tuple[np.ndarray, int]:  # fmt: skip
    """EM, from equal preferences."""
    v = np.full(items, total / items)
    done, moved = 0, np.inf
    while done < steps and moved > tolerance * total:
        offered = np.bincount(period, v[item], len(sold))
        first = _first_choices(period, item, units, sold, offered, v, total)
        there = total * first / first.sum()
        moved = np.abs(there - v).max()
        v, done = there, done + 1
    return v, done


def _first_choices(
    period: np.ndarray, item: np.ndarray, units: np.ndarray, sold: np.ndarray, offered: np.ndarray, v: np.ndarray,
    total: float,
) -> np.ndarray:  # fmt: skip
    """Sum first choices of each item: sales x (1 + A_t) / (1 + V), and v / (1 + V) of visits where it was missing."""
    on_offer = np.bincount(item, units * (1 + offered[period]), len(v)) / (1 + total)
    visits = sold * (1 + offered) / offered
    there = np.bincount(item, visits[period], len(v))
    return on_offer + v / (1 + total) * (visits.sum() - there)


def _sound(sales: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    if missing := [name for name in WANTED if name not in sales]:
        raise InputError("sales", [f"it lacks {', '.join(missing)}; it has {', '.join(map(str, sales.columns[:12]))}"])
    units = pd.to_numeric(sales["units"], errors="coerce")
    there = sales["in_stock"].fillna(True).astype(bool) if "in_stock" in sales else pd.Series(True, sales.index)
    checks = [
        (sales["period"].isna() | sales["sku"].isna(), "period or sku is empty"),
        (~((units >= 0) & np.isfinite(units)), "units are empty or negative; give 0 or more"),
        (sales.duplicated(["period", "sku"]), "comes twice in one period; the first row is used"),
        (~there & (units > 0), "sold though it was out of stock; mend in_stock"),
    ]
    bad, parts = np.zeros(len(sales), bool), []
    for fault, words in checks:
        new = fault.to_numpy() & ~bad
        bad |= new
        rows = sales.loc[new, ["period", "sku"]]
        said = [f"period {t}, item {k}: {words}" for t, k in rows.itertuples(index=False)]
        parts.append(rows.assign(reason=said))
    rows = sales.assign(units=units)[~bad & there.to_numpy()]
    empty = rows.groupby("period")["units"].transform("sum") <= 0
    if (~empty).sum() == 0:
        raise InputError("sales", ["no period has sales", *pd.concat(parts)["reason"].head(3)])
    return rows[~empty], pd.concat(parts, ignore_index=True)


def _doubts(
    period: np.ndarray, item: np.ndarray, units: np.ndarray, items: pd.Index, done: int, steps: int
) -> tuple[str, ...]:
    """Say what the estimate cannot know."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    said = []
    if done == steps:
        said.append(f"EM stopped after {steps} steps before it came to rest; raise steps.")
    if none := [str(items[k]) for k in np.flatnonzero(np.bincount(item, units) <= 0)]:
        said.append(f"{', '.join(none[:5])} sold nothing in any period: their share is 0, or their listing is wrong.")
    edges = coo_array((np.ones(len(item)), (item, period)), (len(items), int(period.max()) + 1)).tocsr()
    groups, _ = connected_components(edges @ edges.T)
    if groups > 1:
        said.append(
            f"the items fall into {groups} groups that were never on offer together: preferences between groups rest "
            "on the assumed share alone."
        )
    return tuple(said)
