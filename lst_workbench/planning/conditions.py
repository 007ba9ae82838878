"""What a plan is asked beside its capacities: stores promised or excluded, floors and caps of groups and regions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import Conditions as Outcome
from lst_workbench.contracts import GroupLimits, InputError, Promises, Quotas, Shares
from lst_workbench.planning.groups import REGIONS, store_groups
from lst_workbench.runs import StageOutput
from lst_workbench.runs.fingerprint import fingerprint_of_table

Tables = Mapping[str, pd.DataFrame]
TABLES = ("promised", "excluded", "group_limits")
MADE = ("store_groups", "quotas", "shares", "promises", "left_out")
LIMITS = {"quotas": ("min_stores", "max_stores"), "shares": ("min_share", "max_share")}


@dataclass(frozen=True)
class Conditions:
    """What a plan is asked beside its capacities; months are dates, or numbers of the plan from 1.

    Parameters
    ----------
    promised : DataFrame, optional
        Contract `Promises`: store_id, and month (it starts in it) or latest_month (by its end).
    excluded : DataFrame, optional
        store_id: stores that must not be signed.
    limits : DataFrame, optional
        Contract `GroupLimits`: column, value (of regions), month (the last one where it is left out), and any of
        min_stores, max_stores, min_share, max_share.

    Examples
    --------
    >>> Conditions.of(at_least=["rural=0.4"]).limits[["column", "min_share"]].to_dict("records")
    [{'column': 'rural', 'min_share': 0.4}]
    """

    promised: pd.DataFrame | None = None
    excluded: pd.DataFrame | None = None
    limits: pd.DataFrame | None = None

    @classmethod
    def of(
        cls,
        promised: pd.DataFrame | None = None,
        excluded: pd.DataFrame | None = None,
        limits: pd.DataFrame | None = None,
        at_least: Sequence[str] = (),
        at_most: Sequence[str] = (),
    ) -> "Conditions":
        """Take tables, and shares written as GROUP=SHARE.

        Raises
        ------
        InputError
            A word is no GROUP=SHARE.
        """
        rows: dict[str, dict[str, object]] = {}
        faults = []
        for name, words in (("min_share", at_least), ("max_share", at_most)):
            for word in words:
                group, _, share = word.partition("=")
                number = pd.to_numeric(share, errors="coerce")
                if pd.isna(number):
                    faults.append(f"{word} is no GROUP=SHARE; write it as rural=0.4")
                rows.setdefault(group.strip(), {"column": group.strip()})[name] = number
        if faults:
            raise InputError("shares of the plan", faults)
        frames = [frame for frame in (limits, pd.DataFrame(list(rows.values()))) if frame is not None and len(frame)]
        return cls(promised, excluded, pd.concat(frames, ignore_index=True) if frames else None)

    def fingerprints(self) -> dict[str, str]:
        """Fingerprint each table that was given, as it was given."""
        given = {"promised": self.promised, "excluded": self.excluded, "limits": self.limits}
        return {name: fingerprint_of_table(table) for name, table in given.items() if table is not None}

    def tables(self, months: pd.DatetimeIndex) -> dict[str, pd.DataFrame]:
        """Give the tables of `TABLES` in their contracts; those that were not given have no rows.

        Raises
        ------
        InputError
            Names the faults of the first table that has any.
        """
        promised, excluded, limits = self.promised, self.excluded, self.limits
        promised = Promises.without_rows() if promised is None else promised.reindex(columns=_kept(promised, Promises))
        limits = GroupLimits.without_rows() if limits is None else _limits(limits, months)
        if excluded is None or "store_id" in excluded:
            excluded = Promises.without_rows() if excluded is None else excluded.drop_duplicates("store_id")
            excluded = excluded.reindex(columns=Promises.columns())
        return {
            "promised": Promises.check(dated(promised, months, "month", "latest_month"), "promised"),
            "excluded": Promises.check(excluded.assign(month=pd.NaT, latest_month=pd.NaT), "excluded")[["store_id"]],
            "group_limits": GroupLimits.check(limits, "limits"),
        }


def asked_of(tables: Tables) -> dict[str, Any]:
    """Say for `run.toml` what a run was asked, by fingerprints."""
    return {name: fingerprint_of_table(tables[name]) for name in TABLES if len(tables[name])}


def dated(table: pd.DataFrame, months: Sequence[pd.Timestamp] | pd.DatetimeIndex, *columns: str) -> pd.DataFrame:
    """Turn months that are numbers of the plan, from 1, into their first day; others stay as they are."""
    known = [column for column in columns if column in table]
    return table.assign(**{column: [_month(value, months) for value in table[column]] for column in known})


def _month(value: Any, months: Sequence[pd.Timestamp] | pd.DatetimeIndex) -> Any:
    number = pd.to_numeric(value, errors="coerce") if not isinstance(value, pd.Timestamp) else np.nan
    is_one = pd.notna(number) and 1 <= number <= len(months) and number == int(number)
    return months[int(number) - 1] if is_one else value


def _kept(table: pd.DataFrame, contract: type[Promises]) -> list[str]:
    """Columns of the contract; the key only where the table has it, so that the contract says what is missing."""
    return [name for name in contract.columns() if name in table or name not in contract.key_columns()]


def _limits(limits: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Fill in what a row of limits may leave out: 1 for the value of a group, the last month."""
    if "column" not in limits:
        return limits
    full = limits.reindex(columns=GroupLimits.columns())
    value = full["value"].mask(full["value"].isna() & ~full["column"].isin(REGIONS), 1)
    filled = full.assign(value=value, month=full["month"].astype(object).where(full["month"].notna(), months[-1]))
    return dated(filled, months, "month")


def condition_stage(tables: Tables, figures: Mapping[str, Any]) -> StageOutput:
    """Check what is asked against the market, and turn it into what `plan_waves` takes.

    Parameters
    ----------
    tables : mapping
        ``stores``, ``places``, ``cells``, ``participants`` and those of `TABLES`.
    figures : mapping
        `GROUP_KEYS`: who counts as small, and as poor.

    Returns
    -------
    StageOutput
        ``store_groups`` (store_id and a column for each group or kind of region that a limit names), ``quotas`` (with
        how many stores of the market are in the group), ``shares``, ``promises``, ``left_out``.

    Raises
    ------
    InputError
        Names every store that is unknown, in the system already, or both promised and excluded; unknown regions; and
        limits that limit nothing, or ask for at least more than at most.
    """
    limits = tables["group_limits"]
    columns = list(dict.fromkeys(limits["column"]))
    groups = store_groups(tables["stores"], tables["places"], tables["cells"], columns, figures)
    counts = [int((groups[row.column] == row.value).sum()) for row in limits.itertuples()]
    if faults := [*_faults_of_stores(tables), *_faults_of_limits(limits.assign(stores=counts))]:
        raise InputError("conditions of the plan", faults)
    made = {
        name: limits.assign(stores=counts)[limits[list(ends)].notna().any(axis=1)].reset_index(drop=True)
        for name, ends in LIMITS.items()
    }
    return StageOutput(
        {
            "store_groups": groups,
            "quotas": made["quotas"][[*Quotas.columns(), "stores"]],
            "shares": made["shares"][Shares.columns()],
            "promises": tables["promised"],
            "left_out": tables["excluded"],
        }
    )


def _faults_of_stores(tables: Tables) -> list[str]:
    faults = []
    for name in ("promised", "excluded"):
        ids = tables[name]["store_id"]
        unknown = ids[~ids.isin(tables["stores"]["store_id"])]
        joined = ids[ids.isin(tables["participants"]["store_id"])]
        if len(unknown):
            faults.append(f"{name}: {_some(unknown)} not among the stores of the market; leave it out")
        if len(joined) and name == "promised":
            faults.append(f"promised: {_some(joined)} in the system already; leave it out")
    both = tables["promised"]["store_id"]
    if len(both := both[both.isin(tables["excluded"]["store_id"])]):
        faults.append(f"promised: {_some(both)} excluded too; drop one of the two")
    return faults


def _some(ids: pd.Series) -> str:
    return f"store {ids.iloc[0]} is" if len(ids) == 1 else f"{len(ids):,} stores, first {ids.iloc[0]}, are"


def _faults_of_limits(limits: pd.DataFrame) -> list[str]:
    faults = []
    for row in limits.itertuples():
        what = f"{row.column} {row.value}" if row.column in REGIONS else str(row.column)
        ends = [(row.min_stores, row.max_stores), (row.min_share, row.max_share)]
        if not row.stores:
            faults.append(f"limits: the market has no store in {what}; give a group or code that it has")
        if all(pd.isna(end) for pair in ends for end in pair):
            faults.append(
                f"limits: {what} has neither floor nor cap; give min_share, max_share, min_stores or max_stores"
            )
        for least, most in ends:
            if least > most:
                faults.append(f"limits: {what} is to be at least {least:g} and at most {most:g}; lower the floor")
        if row.min_stores > row.stores:
            faults.append(f"limits: {what} has {row.stores:,} stores, fewer than the {row.min_stores:,.0f} asked for")
    return faults


def grouped(loads: pd.DataFrame, tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give stores the columns that limits name, and take of each quota the part of its group that is among them.

    Parameters
    ----------
    loads : DataFrame
        Stores of the market, or of a part of it.
    tables : mapping
        ``store_groups`` and ``quotas``.
    """
    loads, quotas = loads.merge(tables["store_groups"], on="store_id", how="left"), tables["quotas"]
    here = np.array([int((loads[row.column] == row.value).sum()) for row in quotas.itertuples()])
    part = here / quotas["stores"].clip(lower=1)
    fewer = {end: np.floor(quotas[end] * part + 1e-9) for end in LIMITS["quotas"]}
    return loads, quotas.assign(**fewer)


def refuse_unreached(promises: pd.DataFrame, candidates: pd.DataFrame) -> None:
    """Refuse promises for stores that no warehouse reaches.

    Raises
    ------
    InputError
        Names the first of them.
    """
    lost = promises["store_id"][~promises["store_id"].isin(candidates["store_id"])]
    if len(lost):
        raise InputError(
            "conditions of the plan",
            [f"promised: {_some(lost)} out of reach of every front warehouse; leave it out"],
        )


def outcome_of(made: Tables, tables: Tables) -> pd.DataFrame:
    """Say what came of each condition, in contract `Conditions`.

    Parameters
    ----------
    made : mapping
        Tables of a `WaveResult`.
    tables : mapping
        Inputs of the waves: ``plan_months``, ``promises``, ``left_out``.
    """
    last = tables["plan_months"]["month"].max()
    kept = float(tables["promises"]["store_id"].isin(made["waves"]["store_id"]).sum())
    asked = {"promised": (len(tables["promises"]), kept), "excluded": (len(tables["left_out"]), 0.0)}
    lists = [
        {
            "kind": kind, "column": "all", "value": 1, "month": last, "at_least": n if kind == "promised" else np.nan,
            "at_most": 0.0 if kind == "excluded" else np.nan, "reached": reached,
            "shortfall": n - reached if kind == "promised" else 0.0, "shadow_price": 0.0,
        }
        for kind, (n, reached) in asked.items() if n
    ]  # fmt: skip
    names = {"min_stores": "at_least", "max_stores": "at_most", "min_share": "at_least", "max_share": "at_most"}
    counts = made["quotas"].rename(columns={**names, "signed": "reached"}).assign(kind="stores")
    shares = made["shares"].drop(columns="signed").rename(columns={**names, "share": "reached"}).assign(kind="share")
    frames = [frame.reindex(columns=Outcome.columns()) for frame in (pd.DataFrame(lists), counts, shares) if len(frame)]
    return Outcome.check(pd.concat(frames, ignore_index=True))


def note_of(conditions: pd.DataFrame, excluded: int) -> dict[str, Any]:
    """Say in a sentence what came of the conditions."""
    said = [_said(row, excluded) for row in conditions.to_dict("records")]
    lacking = float(conditions["shortfall"].sum())
    end = f" {lacking:,.0f} stores lack in all." if lacking else " All are met."
    return {"key": "conditions", "text": f"Conditions: {'; '.join(said)}.{end}", "shortfall_stores": lacking}


def _said(row: Mapping[str, Any], excluded: int) -> str:
    if row["kind"] == "excluded":
        return f"{excluded:,} store{'s' * (excluded != 1)} excluded"
    if row["kind"] == "promised":
        return f"{row['reached']:,.0f} of {row['at_least']:,.0f} promised stores signed"
    style = ".1%" if row["kind"] == "share" else ",.0f"
    what = f"{row['column']} {row['value']}" if row["column"] in REGIONS else row["column"]
    ends = [
        f"{word} {row[end]:{style}}"
        for end, word in (("at_least", "at least"), ("at_most", "at most"))
        if pd.notna(row[end])
    ]
    return f"{what} {row['reached']:{style}} ({' and '.join(ends)}) by {row['month']:%B %Y}"
