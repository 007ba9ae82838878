"""What a plan is asked beside its capacities: quotas, shares, the most stores, and stores promised or excluded."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from lst_workbench.contracts import Quotas, Shares
from lst_workbench.rollout.wave_faults import bounded, month_name, month_positions, months_of, no_doubles, some

FINEST = 10**6  # shares are read as fractions of at most this denominator, so that counts against them are exact


class Targets(NamedTuple):
    """Rows that count stores started by the end of ``month``: ``sense`` +1 at most ``limit``, -1 at least.

    A store of group g adds ``adds[g, row]``, a whole number, so that sums are exact: 1 in a quota, and in a share of
    a / b of the signed b - a where it belongs to those counted, and -a where it does not.
    """

    month: np.ndarray
    limit: np.ndarray
    sense: np.ndarray
    adds: np.ndarray  # groups x rows
    member: np.ndarray  # groups x rows: whether stores of the group are of those a row speaks of
    stores: np.ndarray  # stores that one unit of the row stands for: 1, and 1 / a in a floor of a / b of the signed
    quota: np.ndarray  # row of the quotas table; -1 for others
    share: np.ndarray  # row of the shares table; -1 for others

    def lacking(self, counts: np.ndarray) -> np.ndarray:
        """Count the stores that each at-least row lacks; of a share, how many fewer others it would take."""
        return np.where(self.sense < 0, np.maximum(self.limit - counts, 0.0) * self.stores, 0.0)


class Windows(NamedTuple):
    """Months in which stores of a group may start, whether they are promised, and how many promises are kept."""

    open: np.ndarray  # groups x months
    promised: np.ndarray  # groups
    former: np.ndarray  # groups: month of the former plan; -1 for none
    kept: float


class Asked(NamedTuple):
    """Tables of what is asked, and the positions of their months."""

    quotas: pd.DataFrame
    shares: pd.DataFrame
    quota_month: np.ndarray
    share_month: np.ndarray
    former: np.ndarray | None  # stores: month of the former plan, -1 for none
    window: np.ndarray | None  # stores x 2: first and last month of a promised store, -1 for others


def read_asked(
    stores: pd.DataFrame,
    known: pd.Series,
    months: pd.Index,
    quotas: pd.DataFrame,
    shares: pd.DataFrame,
    promised: pd.DataFrame | None,
    excluded: Sequence[object],
    faults: list[str],
) -> Asked:
    """Check what is asked of a plan's `stores`, those excluded left out; faults are added to `faults`."""
    at_quota, at_share = _quota_months(quotas, stores, months, faults), _share_months(shares, stores, months, faults)
    strange = pd.Index(list(excluded))[~pd.Index(list(excluded)).isin(known)]
    if len(strange):
        faults.append(f"excluded: store_id {some(strange)} is not among the stores; leave it out")
    if promised is None or not len(promised):
        return Asked(quotas, shares, at_quota, at_share, None, None)
    window = _promised_months(promised, stores, months, excluded, faults)
    return Asked(quotas, shares, at_quota, at_share, None, window)


def _quota_months(quotas: pd.DataFrame, stores: pd.DataFrame, months: pd.Index, faults: list[str]) -> np.ndarray:
    if quotas.empty:
        return np.zeros(0, np.int64)
    _known_columns(quotas, "quotas", stores, faults)
    at = month_positions(quotas["month"], months, "quotas", faults)
    if quotas["month"].isna().any():
        faults.append("quotas: column month must not be empty")
    if quotas.duplicated(["column", "value", "month"]).any():
        faults.append("quotas: column + value + month must be unique")
    for column in ("min_stores", "max_stores"):
        bounded(quotas, "quotas", column, np.inf, faults)
    return at


def _share_months(shares: pd.DataFrame, stores: pd.DataFrame, months: pd.Index, faults: list[str]) -> np.ndarray:
    """Shares speak of the end of the plan where they name no month."""
    if shares.empty:
        return np.zeros(0, np.int64)
    _known_columns(shares, "shares", stores, faults)
    at = month_positions(shares["month"], months, "shares", faults)
    at = np.where(shares["month"].isna(), len(months) - 1, at)
    if shares.assign(at=at).duplicated(["column", "value", "at"]).any():
        faults.append("shares: column + value + month must be unique")
    least, most = (bounded(shares, "shares", column, 1.0, faults) for column in ("min_share", "max_share"))
    for row in np.flatnonzero(least > most):
        what = f"{shares['column'].iloc[row]} = {shares['value'].iloc[row]}"
        faults.append(f"shares: {what} is to be at least {least[row]:g} and at most {most[row]:g}; lower the floor")
    for (column, t), rows in shares.assign(at=at, least=least, most=most).groupby(["column", "at"]):
        _contradiction(str(column), month_name(months[t]) if 0 <= t < len(months) else "", rows, stores, faults)
    return at


def _contradiction(column: str, month: str, rows: pd.DataFrame, stores: pd.DataFrame, faults: list[str]) -> None:
    """Shares of one column that no plan with a store in it can meet together."""
    if (total := rows["least"].sum()) > 1 + 1 / FINEST:
        faults.append(f"shares: the floors of {column} in {month} add up to {total:g}, more than the whole; lower them")
    whole = column in stores and set(stores[column].astype(object).unique()) <= set(rows["value"])
    if whole and len(stores) and (total := rows["most"].fillna(1.0).sum()) < 1 - 1 / FINEST:
        faults.append(f"shares: the most of {column} in {month} adds up to {total:g}, so nobody may start; raise them")


def _known_columns(table: pd.DataFrame, name: str, stores: pd.DataFrame, faults: list[str]) -> None:
    unknown = [c for c in table["column"].unique() if c not in stores]
    if unknown:
        faults.append(f"{name}: stores have no column {some(unknown)}; add it or drop the {name[:-1]}")


def _promised_months(
    promised: pd.DataFrame, stores: pd.DataFrame, months: pd.Index, excluded: Sequence[object], faults: list[str]
) -> np.ndarray:
    """First and last month in which each promised store may start; -1 for all others."""
    window = np.full((len(stores), 2), -1)
    if "store_id" not in promised:
        faults.append(f"promised: column store_id is missing; it has {', '.join(map(str, promised.columns))}")
        return window
    nothing = pd.Series(np.nan, promised.index)
    exact, latest = (promised.get(column, nothing) for column in ("month", "latest_month"))
    at = month_positions(exact, months, "promised", faults)
    last = np.where(latest.isna(), len(months) - 1, month_positions(latest, months, "promised", faults))
    no_doubles(promised["store_id"], "promised: store_id", faults)
    late = (at > last) & (last >= 0)
    if late.any():
        faults.append(f"promised: store {some(promised['store_id'][late])} has a month after its latest_month")
    both = promised["store_id"].isin(list(excluded)).to_numpy()
    if both.any():
        faults.append(f"promised: store {some(promised['store_id'][both])} is excluded too; drop one of the two")
    position = pd.Index(stores["store_id"])
    if not position.is_unique:
        return window
    row = position.get_indexer(pd.Index(promised["store_id"]))
    if len(strange := promised["store_id"][(row < 0) & ~both]):
        faults.append(f"promised: store_id {some(strange)} is not among the stores; leave it out or add the store")
    window[row[row >= 0], 0] = np.where(exact.isna(), 0, at)[row >= 0]
    window[row[row >= 0], 1] = np.where(exact.isna(), last, at)[row >= 0]
    return window


def grouped(
    asked: Asked, stores: pd.DataFrame, max_stores: float | None, n_months: int
) -> tuple[np.ndarray, Targets, Windows]:
    """Group stores of which the same is asked, and list the rows that count them."""
    quotas, shares = _in_order(asked.quotas, asked.quota_month), _in_order(asked.shares, asked.share_month)
    code = np.zeros(len(stores), np.int64)
    for name in sorted({*quotas["column"], *shares["column"]}):
        named = [table.loc[table["column"] == name, "value"] for table in (quotas, shares)]
        values = pd.Index(pd.concat(named).astype(object).unique())
        code = code * (len(values) + 1) + values.get_indexer(pd.Index(stores[name].astype(object))) + 1
    if asked.window is not None:
        windows, window = np.unique(asked.window, axis=0, return_inverse=True)
        code = code * len(windows) + window.ravel()
    if asked.former is not None:
        code = code * (n_months + 1) + asked.former + 1
    alike = not (len(quotas) or len(shares)) and asked.window is None and asked.former is None
    codes = np.zeros(min(1, len(stores)), np.int64) if alike else np.unique(code)
    group = np.searchsorted(codes, code).astype(np.int32)
    first = np.zeros(len(codes), np.int64)
    first[group[::-1]] = np.arange(len(stores))[::-1]

    def members(column: str, value: object) -> np.ndarray:
        return (stores[column].iloc[first].astype(object) == value).to_numpy() if len(codes) else np.zeros(0, bool)

    rows = (
        [] if max_stores is None else [_count(n_months - 1, min(max_stores, len(stores)), 1, np.ones(len(codes), bool))]
    )
    for quota in quotas.itertuples(index=False):
        rows += _quota_rows(quota, members(quota.column, quota.value))
    for share in shares.itertuples(index=False):
        rows += _share_rows(share, members(share.column, share.value))
    window = np.full((len(codes), 2), -1) if asked.window is None else asked.window[first]
    promised, at = window[:, 0] >= 0, np.arange(n_months)
    is_open = ~promised[:, None] | ((at >= window[:, :1]) & (at <= window[:, 1:]))
    former = np.full(len(codes), -1) if asked.former is None else asked.former[first]
    return group, _targets(rows, len(codes)), Windows(is_open, promised, former, float(promised[group].sum()))


def former_months(stores: pd.DataFrame, waves: pd.DataFrame, months: pd.Index) -> np.ndarray:
    """Position of the month in which each store started in a former plan; -1 for none, or a month that is no more."""
    at = pd.Series(months.get_indexer(months_of(waves["month"])), index=waves["store_id"])
    return stores["store_id"].map(at).fillna(-1).to_numpy(np.int64)


def kept_worth(windows: Windows, worth: float) -> np.ndarray:
    """Worth of keeping to a former plan, by group and month: `worth` in the same month, half of it in another."""
    former, months = windows.former[:, None], np.arange(windows.open.shape[1])
    return np.where(former < 0, 0.0, np.where(former == months, worth, 0.5 * worth))


class _Row(NamedTuple):
    month: int
    limit: float
    sense: int
    adds: np.ndarray
    member: np.ndarray
    stores: float
    quota: int
    share: int


def _in_order(table: pd.DataFrame, at: np.ndarray) -> pd.DataFrame:
    """Rows by column, value and month: the order of the input plays no part."""
    order = table.assign(at=at, row=np.arange(len(table)), name=table["value"].map(repr))
    return order.sort_values(["column", "name", "at"], ignore_index=True)


def _count(month: int, limit: float, sense: int, member: np.ndarray, quota: int = -1) -> _Row:
    whole = np.floor(limit) if sense > 0 else np.ceil(limit)
    return _Row(month, whole, sense, member.astype(float), member, 1.0, quota, -1)


def _quota_rows(quota: NamedTuple, member: np.ndarray) -> Iterable[_Row]:
    most, least = float(quota.max_stores), float(quota.min_stores)  # type: ignore[attr-defined]
    if np.isfinite(most):
        yield _count(quota.at, most, 1, member, quota.row)  # type: ignore[attr-defined]
    if least > 0:
        yield _count(quota.at, least, -1, member, quota.row)  # type: ignore[attr-defined]


def _share_rows(share: NamedTuple, member: np.ndarray) -> Iterable[_Row]:
    """Members less a share of all: (b - a) for each member and -a for each other store, with a / b the share."""
    for limit, sense in ((share.max_share, 1), (share.min_share, -1)):  # type: ignore[attr-defined]
        if pd.isna(limit):
            continue
        part = Fraction(float(limit)).limit_denominator(FINEST)
        adds = part.denominator * member - float(part.numerator)
        before = part.denominator * share.members_before - part.numerator * share.all_before  # type: ignore[attr-defined]
        stores = 1.0 / max(1, part.numerator)
        yield _Row(share.at, 0.0 - before, sense, adds, member, stores, -1, share.row)  # type: ignore[attr-defined]


def _targets(rows: list[_Row], groups: int) -> Targets:
    adds, member = (
        np.array([getattr(row, name) for row in rows], dtype).reshape(len(rows), groups).T.copy()
        for name, dtype in (("adds", np.float64), ("member", bool))
    )

    def column(name: str, dtype: type) -> np.ndarray:
        return np.array([getattr(row, name) for row in rows], dtype)

    return Targets(
        column("month", np.int64), column("limit", np.float64), column("sense", np.float64), adds, member,
        column("stores", np.float64), column("quota", np.int64), column("share", np.int64),
    )  # fmt: skip


def with_limits(table: pd.DataFrame | None, contract: type[Quotas] | type[Shares]) -> pd.DataFrame:
    """Give the table its optional columns; no rows where there is none."""
    table = contract.without_rows() if table is None else table
    optional = ("min_stores", "max_stores") if contract is Quotas else ("min_share", "max_share", "month")
    table = table.assign(**{c: np.nan for c in optional if c not in table})
    past = () if contract is Quotas else ("members_before", "all_before")
    return table.assign(**{c: table[c].fillna(0.0) if c in table else 0.0 for c in past})
