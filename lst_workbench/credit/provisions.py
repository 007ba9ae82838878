"""What the book of credit asks for: provisions by stage, capital, room for named bad years, cash month by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from lst_workbench.contracts import Exposures, InputError
from lst_workbench.credit.vasicek import retail_correlation, stressed_pd

Floats = NDArray[np.float64]
# IFRS 9 B5.5.20 and B5.5.37: presumed significant increase at 30 days past due, default at 90.
LATE_DAYS, DEFAULT_DAYS = 30, 90


@dataclass(frozen=True)
class StageParams:
    """When credit risk has risen significantly, and how long credit lives.

    Parameters
    ----------
    pd_ratio, pd_rise : float
        Stage 2 needs a PD of at least `pd_ratio` times that at the start, and `pd_rise` above it.
    life_months : float
        Months for which a store keeps using its limit; PD of a life is 1 - (1 - pd)^(life / 12).
    """

    pd_ratio: float = 2.0
    pd_rise: float = 0.005
    life_months: float = 24.0


def ifrs9_stages(exposures: pd.DataFrame, *, params: StageParams | None = None) -> pd.DataFrame:
    r"""Stage and provision of every store under IFRS 9.

    Stage 3: 90 days past due or more, PD 1. Stage 2: 30 days, or PD risen since the start by both `pd_ratio` and
    `pd_rise`; provided for its life. Stage 1: the rest; provided for 12 months.

    .. math:: ECL = PD \cdot LGD \cdot EAD, \quad PD_{life} = 1 - (1 - pd)^{life / 12}

    Parameters
    ----------
    exposures : DataFrame
        Contract `Exposures`: store_id, pd, lgd, ead_rmb [, pd_at_start] [, days_past_due].
    params : StageParams, optional
        Tuning.

    Returns
    -------
    DataFrame
        store_id, stage (1-3), why, pd_used (share 0-1), ead_rmb, provision_rmb.

    Raises
    ------
    InputError
        Names every fault of the table.

    Examples
    --------
    >>> book = pd.DataFrame({"store_id": [1, 2, 3], "pd": [0.02, 0.02, 0.02], "lgd": 0.5, "ead_rmb": 1000.0,
    ...     "days_past_due": [0, 45, 120]})
    >>> ifrs9_stages(book)[["stage", "provision_rmb"]].round(1).to_numpy().tolist()
    [[1.0, 10.0], [2.0, 19.8], [3.0, 500.0]]
    """
    params = params or StageParams()
    book = Exposures.check(exposures, "exposures")
    late = _optional(book, "days_past_due", 0.0)
    start = _optional(book, "pd_at_start", book["pd"])
    risen = (book["pd"] >= params.pd_ratio * start) & (book["pd"] - start >= params.pd_rise)
    stage = np.select([late >= DEFAULT_DAYS, (late >= LATE_DAYS) | risen], [3, 2], 1)
    why = np.select(
        [late >= DEFAULT_DAYS, late >= LATE_DAYS, risen], ["90 days past due", "30 days past due", "PD has risen"], ""
    )
    life = -np.expm1(params.life_months / 12 * np.log1p(-book["pd"]))
    used = np.select([stage == 3, stage == 2], [1.0, np.maximum(life, book["pd"])], book["pd"])
    return pd.DataFrame(
        {
            "store_id": book["store_id"],
            "stage": stage,
            "why": pd.Categorical(why),
            "pd_used": used,
            "ead_rmb": book["ead_rmb"],
            "provision_rmb": used * book["lgd"] * book["ead_rmb"],
        }
    )


def _optional(book: pd.DataFrame, name: str, otherwise: float | pd.Series) -> pd.Series:
    if name not in book:
        return pd.Series(otherwise, index=book.index, dtype=float)
    values = pd.to_numeric(book[name], errors="coerce")
    if bad := int((~(values >= 0)).sum()):
        raise InputError("exposures", [f"column {name} is empty, no number or negative in {bad:,} rows; mend them"])
    return values.astype(float)


def capital_needed(exposures: pd.DataFrame, level: float = 0.999) -> float:
    r"""Capital that a year's unexpected losses ask for (RMB), store by store, in an endlessly fine book.

    .. math:: \sum_i EAD_i\, LGD_i\, (PD_i^{stressed}(level) - PD_i)

    Source: Basel Committee, CRE31 (other retail). What few large cities add, `portfolio_loss` says.

    Examples
    --------
    >>> book = pd.DataFrame({"store_id": [1], "pd": [0.02], "lgd": [0.65], "ead_rmb": [10_000.0]})
    >>> round(capital_needed(book))
    670
    """
    book = Exposures.check(exposures, "exposures")
    stressed = stressed_pd(book["pd"], retail_correlation(book["pd"]), level)
    return float((book["ead_rmb"] * book["lgd"] * (stressed - book["pd"])).sum())


@dataclass(frozen=True)
class Stress:
    """A named bad year.

    Parameters
    ----------
    name : str
        Name.
    default_share : float
        Share of the exposure in scope that defaults.
    where : mapping
        Columns of exposures and the value they must have to be in scope; ``largest`` is the value with most exposure.
    """

    name: str
    default_share: float
    where: Mapping[str, object] | None = None


def register_stresses(figures: Mapping[str, float], city: str = "city") -> tuple[Stress, ...]:
    """Name the bad years of the register: shop credit as bad as any read of, the largest city shut, a bad festival.

    Parameters
    ----------
    figures : mapping
        Values of credit.npl_stress, credit.lockdown_default_share and credit.festival_default_share.
    city : str
        Column of exposures that holds the city.

    Examples
    --------
    >>> named = {"credit.npl_stress": 0.082, "credit.lockdown_default_share": 0.25,
    ...     "credit.festival_default_share": 0.04}
    >>> [stress.name for stress in register_stresses(named)]
    ['npl_stress', 'city_lockdown', 'bad_festival']
    """
    return (
        Stress("npl_stress", figures["credit.npl_stress"]),
        Stress("city_lockdown", figures["credit.lockdown_default_share"], {city: "largest"}),
        Stress("bad_festival", figures["credit.festival_default_share"]),
    )


def stress_losses(exposures: pd.DataFrame, stresses: Sequence[Stress], level: float = 0.999) -> pd.DataFrame:
    """Losses, provisions and capital in named bad years.

    In each, the log-odds of default of every store in scope are raised by the same amount, so that the share of the
    exposure in scope that defaults is `default_share`; where it is that bad already, nothing changes.

    Parameters
    ----------
    exposures : DataFrame
        Contract `Exposures`, and the columns that the stresses name.
    stresses : sequence of Stress
        What may happen.
    level : float
        Confidence of the capital.

    Returns
    -------
    DataFrame
        stress ("as expected" first), scope (what it strikes), ead_share (part of the book), default_share, loss_rmb,
        extra_loss_rmb, capital_rmb (as `capital_needed`, at the stressed PD).

    Raises
    ------
    InputError
        A stress names a column or value that exposures lack, or a share out of range.

    Examples
    --------
    >>> book = pd.DataFrame({"store_id": [1, 2], "pd": [0.01, 0.03], "lgd": 0.5, "ead_rmb": 1000.0, "city": ["A", "B"]})
    >>> table = stress_losses(book, [Stress("bad year", 0.082), Stress("lock-down", 0.2, {"city": "B"})])
    >>> table["loss_rmb"].round(1).tolist()
    [20.0, 82.0, 105.0]
    """
    book = Exposures.check(exposures, "exposures", allow_empty=False).reset_index(drop=True)
    scopes = [_scope(book, stress) for stress in stresses]
    pd_, ead, lgd = (book[name].to_numpy() for name in ("pd", "ead_rmb", "lgd"))
    rows = []
    for name, scope, hit, target in [("as expected", "all stores", np.ones(len(book), bool), 0.0), *scopes]:
        bad = pd_.copy()
        bad[hit] = _raised(pd_[hit], ead[hit], target)
        loss = float((bad * ead * lgd).sum())
        rows.append(
            {
                "stress": name,
                "scope": scope,
                "ead_share": float(ead[hit].sum() / max(ead.sum(), 1e-12)),
                "default_share": float(bad @ ead / max(ead.sum(), 1e-12)),
                "loss_rmb": loss,
                "extra_loss_rmb": loss - float((pd_ * ead * lgd).sum()),
                "capital_rmb": capital_needed(book.assign(pd=bad.clip(1e-12, 1 - 1e-12)), level),
            }
        )
    return pd.DataFrame(rows)


def _scope(book: pd.DataFrame, stress: Stress) -> tuple[str, str, NDArray[np.bool_], float]:
    """Find the stores that a stress strikes, and its name for them."""
    if not 0 < stress.default_share < 1:
        fault = f"{stress.name}: default_share is {stress.default_share}; give a share between 0 and 1"
        raise InputError("stresses", [fault])
    hit, named = np.ones(len(book), bool), []
    for column, value in (stress.where or {}).items():
        if column not in book:
            raise InputError(
                "stresses", [f"{stress.name}: exposures have no column {column}; add it or drop the stress"]
            )
        if value == "largest":
            value = book.groupby(column, observed=True)["ead_rmb"].sum().idxmax()
        hit &= (book[column] == value).to_numpy()
        named.append(f"{column} {value}")
    if not hit.any():
        raise InputError("stresses", [f"{stress.name}: no store has {', '.join(named)}; name one that is there"])
    return stress.name, ", ".join(named) or "all stores", hit, stress.default_share


def _raised(pd_: Floats, ead: Floats, target: float) -> Floats:
    """Raise log-odds by one figure until `target` of the exposure defaults."""
    total = float(ead.sum())
    if total <= 0 or pd_ @ ead >= target * total:
        return pd_
    odds, low, high = logit(pd_), 0.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(odds + middle) @ ead < target * total else (low, middle)
    return expit(odds + high)


def concentration(exposures: pd.DataFrame, column: str) -> dict[str, float]:
    """How much of the book one city (or warehouse) holds.

    Returns
    -------
    dict
        largest_share, ten_largest_share (of exposure), herfindahl (sum of squared shares), effective_number
        (1 over it).

    Examples
    --------
    >>> book = pd.DataFrame({"ead_rmb": [3.0, 1.0], "city": ["A", "B"]})
    >>> concentration(book, "city")
    {'largest_share': 0.75, 'ten_largest_share': 1.0, 'herfindahl': 0.625, 'effective_number': 1.6}
    """
    if column not in exposures:
        raise InputError("exposures", [f"there is no column {column}; name the column of the city or warehouse"])
    by = exposures.groupby(column, observed=True)["ead_rmb"].sum()
    shares = (by / max(float(by.sum()), 1e-12)).sort_values(ascending=False).to_numpy()
    squares = float((shares**2).sum())
    return {
        "largest_share": float(shares[:1].sum()),
        "ten_largest_share": float(shares[:10].sum()),
        "herfindahl": squares,
        "effective_number": 1 / squares if squares > 0 else 0.0,
    }


def cash_tied_up(
    waves: pd.DataFrame, limits: pd.DataFrame, months: Sequence[pd.Timestamp], drawn_share: float | Mapping[int, float]
) -> pd.DataFrame:
    """Cash that credit ties up month by month as the rollout signs stores.

    A store's limit is open from the month it is signed; of it, `drawn_share` is owed at a time. Expected loss falls
    evenly over the year. Stores without a limit tie up nothing.

    Parameters
    ----------
    waves : DataFrame
        store_id, month: when each store is signed; stores of the start may have an earlier month.
    limits : DataFrame
        store_id, limit_rmb, expected_loss_rmb (a year), margin_rmb (a year).
    months : sequence of Timestamp
        Months of the plan.
    drawn_share : float or mapping
        Share of open limits that is owed; by calendar month (1-12) where a season draws more.

    Returns
    -------
    DataFrame
        month, stores_with_credit, limits_rmb, tied_up_rmb, added_rmb (against the month before), expected_loss_rmb and
        margin_rmb of the month.

    Raises
    ------
    InputError
        A column or month is missing, or the share is out of range.

    Examples
    --------
    >>> waves = pd.DataFrame({"store_id": [1, 2], "month": pd.to_datetime(["2017-09-01", "2017-10-01"])})
    >>> limits = pd.DataFrame({"store_id": [1, 2], "limit_rmb": 1000.0, "expected_loss_rmb": 12.0, "margin_rmb": 60.0})
    >>> cash_tied_up(waves, limits, pd.to_datetime(["2017-09-01", "2017-10-01"]), 0.5)["tied_up_rmb"].tolist()
    [500.0, 1000.0]
    """
    faults = [f"waves lack column {c}; add it" for c in ("store_id", "month") if c not in waves]
    columns = ["limit_rmb", "expected_loss_rmb", "margin_rmb"]
    faults += [f"limits lack column {c}; add it" for c in ("store_id", *columns) if c not in limits]
    dates = pd.DatetimeIndex(months)
    season = drawn_share if isinstance(drawn_share, Mapping) else dict.fromkeys(range(1, 13), drawn_share)
    shares = np.array([season.get(month, np.nan) for month in dates.month])
    if not ((shares >= 0) & (shares <= 1)).all():
        faults.append("drawn_share must be a share from 0 to 1 for every month of the plan")
    if faults:
        raise InputError("cash_tied_up", faults)
    given = waves[["store_id", "month"]].merge(limits[["store_id", *columns]], on="store_id")
    given = given[given["limit_rmb"] > 0].sort_values("month", kind="stable")
    upto = np.searchsorted(given["month"].to_numpy(), dates.to_numpy(), side="right")
    sums = np.vstack([np.zeros(3), given[columns].to_numpy(dtype=float).cumsum(axis=0)])[upto]
    tied = sums[:, 0] * shares
    return pd.DataFrame(
        {
            "month": dates,
            "stores_with_credit": upto,
            "limits_rmb": sums[:, 0],
            "tied_up_rmb": tied,
            "added_rmb": np.diff(tied, prepend=0.0),
            "expected_loss_rmb": sums[:, 1] / 12,
            "margin_rmb": sums[:, 2] / 12,
        }
    )
