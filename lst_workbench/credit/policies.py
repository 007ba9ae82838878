"""Ways to set limits, compared at the same budgets; the frontier of margin against loss; randomised tests of limits."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from lst_workbench.contracts import InputError
from lst_workbench.credit.limit_prices import Book, Caps
from lst_workbench.credit.limit_problem import (
    GROUPS,
    LimitParams,
    budget_totals,
    checked_problem,
    fit_to_budgets,
    limits_problem,
)
from lst_workbench.credit.limits import allocate_limits, best_limits

Floats = NDArray[np.float64]
LEVELS = (0.25, 0.5, 0.75, 1.0)
CUTS = np.linspace(0.05, 1.0, 20)


def compare_policies(stores: pd.DataFrame, budgets: pd.DataFrame, *, params: LimitParams | None = None) -> pd.DataFrame:
    """Net margin of usual ways to set limits and of the best allocation, all within the same budgets.

    ``flat``: every store the same share of need. ``score_scaled``: a share of need that falls in a straight line
    from the least risky store to none at a PD cut-off. ``cut_off``: one share for all below a PD cut-off,
    nothing above. Each is given its best share and cut-off, and is drawn down until every budget holds.

    Returns
    -------
    DataFrame
        policy, level (share of need), pd_cut (nullable), stores_with_credit, limits_rmb, expected_loss_rmb,
        tail_loss_rmb, net_margin_rmb (a year), share_of_best.

    Raises
    ------
    InputError
        Names every fault of the two tables, as `allocate_limits` does.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "pd": [0.01, 0.09], "need_rmb": 8000.0, "margin_share": 0.08,
    ...     "lgd": 0.65, "city": "Hefei"})
    >>> table = compare_policies(stores, pd.DataFrame({"name": ["capital"], "limit": [8000.0]}))
    >>> table["policy"].tolist(), bool(table["share_of_best"].iloc[-1] == 1.0)
    (['flat', 'score_scaled', 'cut_off', 'best'], True)
    """
    params = params or LimitParams()
    best = allocate_limits(stores, budgets, params=params)
    stores, budgets = checked_problem(stores, budgets, params)
    order, book, caps = limits_problem(stores, budgets, params)
    pd_ = stores["pd"].to_numpy(dtype=float)[order]
    rows = []
    for policy, tries in _policies(pd_, book):
        tried = [(level, cut, fit_to_budgets(book, caps, share)) for level, cut, share in tries]
        rows.append(max((_row(policy, *one, book, caps) for one in tried), key=lambda row: row["net_margin_rmb"]))
    share = best.tables["limits"]["need_share"].to_numpy()[order]
    rows.append(_row("best", np.nan, np.nan, share, book, caps))
    table = pd.DataFrame(rows)
    top = table["net_margin_rmb"].iloc[-1]
    return table.assign(share_of_best=table["net_margin_rmb"] / top if top > 0 else np.nan)


def _policies(pd_: Floats, book: Book) -> list[tuple[str, Iterator[tuple[float, float, Floats]]]]:
    """Shares of need that each policy would give before budgets: level, PD cut-off, share of every store."""
    cuts = np.unique(np.quantile(pd_, CUTS))

    def within(share: Floats) -> Floats:
        return np.clip(share, book.low, book.high)

    return [
        ("flat", ((level, np.nan, within(np.full(len(pd_), level))) for level in LEVELS)),
        (
            "score_scaled",
            ((level, cut, within(level * (1 - pd_ / cut).clip(0))) for level in (*LEVELS, 2.0) for cut in cuts),
        ),
        ("cut_off", ((level, cut, within(np.where(pd_ <= cut, level, 0.0))) for level in LEVELS for cut in cuts)),
    ]


def _row(policy: str, level: float, cut: float, share: Floats, book: Book, caps: Caps) -> dict[str, float | str]:
    return {"policy": policy, "level": level, "pd_cut": cut, **_figures(share, book, caps)}


def _figures(share: Floats, book: Book, caps: Caps) -> dict[str, float]:
    """Headline figures of limits."""
    risk = share + book.growth * share**2
    return {
        "stores_with_credit": float((share > 0).sum()),
        "limits_rmb": float(book.need @ share),
        "expected_loss_rmb": float(book.need @ (book.loss * risk)),
        "tail_loss_rmb": float(book.need @ (book.tail * risk)),
        "net_margin_rmb": budget_totals(book, caps, share)[0],
    }


def limit_frontier(
    stores: pd.DataFrame,
    budgets: pd.DataFrame,
    name: str = "expected_loss",
    factors: Sequence[float] = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0),
    *,
    params: LimitParams | None = None,
) -> pd.DataFrame:
    """Best net margin as one national budget is made smaller and larger: what a loss budget buys.

    Parameters
    ----------
    stores, budgets : DataFrame
        As in `allocate_limits`; `budgets` has a row `name` for all stores.
    name : str
        Budget that moves: capital, expected_loss or tail_loss.
    factors : sequence of float
        Multiples of it.

    Returns
    -------
    DataFrame
        factor, budget_rmb, net_margin_rmb, expected_loss_rmb, tail_loss_rmb, limits_rmb, stores_with_credit,
        shadow_price (RMB a year for one more RMB of that budget), status.

    Raises
    ------
    InputError
        There is no national budget of that name, or a fault of the tables.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "pd": [0.01, 0.03], "need_rmb": 8000.0, "margin_share": 0.08,
    ...     "lgd": 0.65, "city": "Hefei"})
    >>> table = limit_frontier(stores, pd.DataFrame({"name": ["expected_loss"], "limit": [100.0]}), factors=(0.5, 1.0))
    >>> bool(table["net_margin_rmb"].is_monotonic_increasing), bool(table["shadow_price"].is_monotonic_decreasing)
    (True, True)
    """
    params = params or LimitParams()
    stores, budgets = checked_problem(stores, budgets, params)
    moved = (budgets["name"] == name) & budgets[list(GROUPS)].isna().all(axis=1)
    if not moved.any():
        raise InputError("budgets", [f"there is no budget {name} for all stores; add a row with that name and no city"])
    _, book, caps = limits_problem(stores, budgets, params)
    at = int(np.flatnonzero(moved)[0])
    rows = []
    for factor in factors:
        tried = budgets.assign(limit=budgets["limit"] * np.where(moved, factor, 1.0))
        share, prices, certificate = best_limits(book, replace(caps, limit=tried["limit"].to_numpy()), tried, params)
        rows.append(
            {
                "factor": factor,
                "budget_rmb": float(tried["limit"].iloc[at]),
                **_figures(share, book, caps),
                "shadow_price": float(prices[at]),
                "status": certificate.status.value,
            }
        )
    return pd.DataFrame(rows)


def design_limit_test(
    limits: pd.DataFrame,
    lift_share: float = 0.1,
    step_share: float = 0.25,
    *,
    power: float = 0.8,
    significance: float = 0.05,
    strata: Sequence[str] = ("city",),
    seed: int = 7,
) -> tuple[pd.DataFrame, dict[str, float]]:
    r"""Draw a randomised test of higher limits: which stores, how many, and what it could detect and cost.

    Credit raises orders and orders raise the score, so only a limit changed by lot says what credit does. The test
    asks whether defaults grow by more than `lift_share` of themselves; stores a arm for two shares p and q are

    .. math:: n = \frac{(z_{1-\alpha/2} \sqrt{2 \bar p (1 - \bar p)} + z_{power} \sqrt{p (1-p) + q (1-q)})^2}{(q - p)^2}

    Source: Fleiss, *Statistical Methods for Rates and Proportions* (1981), 3.14 without continuity correction.

    Parameters
    ----------
    limits : DataFrame
        store_id, pd, limit_rmb, lgd and the columns of `strata`; stores without credit are not tested.
    lift_share : float
        Least growth of the default share worth finding.
    step_share : float
        How much higher the limit of a treated store is.
    strata : sequence of str
        Columns within whose values (and PD quarter) half of the stores are treated.

    Returns
    -------
    stores : DataFrame
        store_id, arm ("raised" or "as_is"), limit_rmb of the test; at most the stores there are.
    figures : dict
        stores_per_arm_needed, stores_per_arm, power, detectable_lift_share, extra_capital_rmb, extra_loss_rmb
        (a year, with PD risen by `lift_share`).

    Raises
    ------
    InputError
        A column is missing, no store has credit, or a figure is out of range.

    Examples
    --------
    >>> shops = pd.DataFrame({"store_id": range(8000), "pd": 0.05, "limit_rmb": 5000.0, "lgd": 0.65, "city": "Hefei"})
    >>> drawn, figures = design_limit_test(shops, lift_share=0.3)
    >>> int(figures["stores_per_arm_needed"]), drawn["arm"].value_counts().tolist()
    (3780, [3780, 3780])
    """
    wanted = ["store_id", "pd", "limit_rmb", "lgd", *strata]
    faults = [f"column {c} is missing; add it" for c in wanted if c not in limits]
    for name, value in (("lift_share", lift_share), ("step_share", step_share)):
        faults += [] if value > 0 else [f"{name} is {value}; give a figure above 0"]
    for name, value in (("power", power), ("significance", significance)):
        faults += [] if 0 < value < 1 else [f"{name} is {value}; give a share between 0 and 1"]
    given = limits[limits["limit_rmb"] > 0].reset_index(drop=True) if not faults else limits
    if not faults and len(given) < 2 * len(wanted):
        faults.append(f"only {len(given)} stores have credit; a test needs more, so lower the cut-off first")
    if faults:
        raise InputError("limits", faults)
    base = float(given["pd"].mean())
    needed = _arm_size(base, lift_share, power, significance)
    size = min(needed, len(given) // 2)
    drawn = _drawn(given, size, strata, seed)
    raised = drawn["arm"] == "raised"
    drawn["limit_rmb"] *= np.where(raised, 1 + step_share, 1.0)
    treated = given.set_index("store_id").loc[drawn.loc[raised, "store_id"]]
    owed, lost = treated["limit_rmb"].to_numpy(), (treated["pd"] * treated["lgd"]).to_numpy()
    figures = {
        "stores_per_arm_needed": float(needed),
        "stores_per_arm": float(size),
        "power": _power(base, lift_share, size, significance),
        "detectable_lift_share": _detectable(base, power, size, significance),
        "extra_capital_rmb": float(owed.sum() * step_share),
        "extra_loss_rmb": float(owed @ lost * ((1 + step_share) * (1 + lift_share) - 1)),
    }
    return drawn, figures


def _arm_size(base: float, lift: float, power: float, significance: float) -> int:
    p, q = base, min(base * (1 + lift), 1.0)
    mean = (p + q) / 2
    spread = ndtri(1 - significance / 2) * np.sqrt(2 * mean * (1 - mean))
    spread += ndtri(power) * np.sqrt(p * (1 - p) + q * (1 - q))
    return int(np.ceil((spread / (q - p)) ** 2))


def _power(base: float, lift: float, size: int, significance: float) -> float:
    """Find the power with which `size` stores an arm would be just enough."""
    powers = np.linspace(0.01, 0.999, 990)
    enough = [_arm_size(base, lift, float(p), significance) <= size for p in powers]
    return float(powers[enough].max(initial=0.0))


def _detectable(base: float, power: float, size: int, significance: float) -> float:
    """Find the least growth of the default share that `size` stores an arm can tell from chance."""
    low, high = 1e-4, max(1 / base - 1, 1e-3)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _arm_size(base, middle, power, significance) > size else (low, middle)
    return high


def _drawn(given: pd.DataFrame, size: int, strata: Sequence[str], seed: int) -> pd.DataFrame:
    """Take `size` pairs of neighbours in strata and PD by lot, and toss a coin within each pair."""
    rng = np.random.default_rng(seed)
    quarter = np.minimum(given["pd"].rank(method="first").to_numpy() * 4 // (len(given) + 1), 3)
    keys = [pd.factorize(given[name], sort=True)[0] for name in strata]
    order = np.lexsort([rng.random(len(given)), quarter, *keys[::-1]])
    pairs = order[: len(order) // 2 * 2].reshape(-1, 2)
    pairs = rng.permuted(pairs[np.sort(rng.permutation(len(pairs))[:size])], axis=1)
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]])
    arms = np.repeat(["raised", "as_is"], len(pairs))
    return given.loc[rows, ["store_id", "limit_rmb"]].assign(arm=arms).sort_values("store_id", ignore_index=True)
