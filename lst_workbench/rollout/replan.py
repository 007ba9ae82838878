"""A plan made again mid-year: what was signed counts, what failed is left out, the rest changes only where it pays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.contracts.wave_changes import CHANGES
from lst_workbench.contracts.wave_outcomes import OUTCOMES
from lst_workbench.optim import Certificate
from lst_workbench.rollout.wave_faults import month_name, no_doubles, some
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.waves import plan_waves

STICKY = WaveParams(stickiness=0.05)
PRICES = {
    "visits_price": "visits",
    "volume_price": "volume_m3",
    "capital_price": "capital_rmb",
    "target_price": "target",
}


@dataclass(frozen=True)
class ReplanResult:
    """A plan made again: ``tables`` are those of `plan_waves` for the months left, and ``changes``.

    ``tables["waves"]`` holds all of the year: what was signed, in its month, and what is planned. ``inputs`` are the
    tables that the months left were planned with; value and bound of ``certificate`` speak of them, and hold what
    keeping to the former plan is worth.
    """

    tables: dict[str, pd.DataFrame]
    inputs: dict[str, pd.DataFrame | float | None]
    certificate: Certificate

    def kpis(self) -> dict[str, float]:
        """Count the stores of each change, and the share of the plan's rest that stays as it was."""
        counts = self.tables["changes"]["change"].value_counts()
        rest = sum(counts.get(name, 0) for name in ("kept", "moved", "dropped"))
        kept = counts.get("kept", 0) / rest if rest else 1.0
        return {f"{name}_stores": float(counts.get(name, 0)) for name in CHANGES} | {"kept_share": float(kept)}


def replan_waves(
    stores: pd.DataFrame,
    territories: pd.DataFrame,
    warehouses: pd.DataFrame,
    months: pd.DataFrame,
    former: Mapping[str, pd.DataFrame],
    outcomes: pd.DataFrame,
    month: object,
    *,
    quotas: pd.DataFrame | None = None,
    max_stores: float | None = None,
    shares: pd.DataFrame | None = None,
    promised: pd.DataFrame | None = None,
    excluded: Sequence[object] = (),
    params: WaveParams = STICKY,
) -> ReplanResult:
    """Keep what was signed until `month`, and plan the months after it again.

    Stores signed take care visits, throughput and capital in every month left, and count in quotas, shares and
    ``max_stores``; stores that failed are not tried again. Stores that were due and have no outcome have slipped: they
    may start from the next month on. Promises hold; one whose month is over is due in the next month. A start in the
    month of the former plan is worth ``params.stickiness`` of an average store more, in another month half of that, so
    that a small change of the input changes little of the plan.

    Parameters
    ----------
    stores, territories, warehouses, months, quotas, max_stores, shares, promised, excluded
        As given to `plan_waves` for the whole year; capacities may have changed since.
    former : mapping of str to DataFrame
        ``tables`` of the plan so far: ``waves``, and ``centre`` where it has it.
    outcomes : DataFrame
        store_id, month, outcome (signed or failed), until `month`; stores need not have been planned.
    month : month of the plan
        The last one that is over.
    params : WaveParams
        Tuning; ``stickiness`` above all.

    Returns
    -------
    ReplanResult
        ``tables["changes"]`` (contract `WaveChanges`) names each store that was or is in the plan, and why it changed.

    Raises
    ------
    InputError
        Names every fault of the tables.

    Examples
    --------
    >>> stores = pd.DataFrame({
    ...     "store_id": [1, 2, 3], "territory_id": 1, "warehouse_id": 1, "value": [3.0, 2.0, 1.0], "p_sign": 1.0,
    ...     "visits_signup": 8.0, "visits_care": 1.0, "volume_m3_month": 1.0, "capital_rmb": 100.0,
    ... })
    >>> territories = pd.DataFrame({"territory_id": 1, "month": [1, 2], "visits": [8.0, 9.0]})
    >>> warehouses = pd.DataFrame({"warehouse_id": 1, "month": [1, 2], "capacity_m3": [5.0, 5.0]})
    >>> months = pd.DataFrame({"month": [1, 2], "capital_rmb": [1e6, 1e6], "value_factor": [1.0, 0.9]})
    >>> year = (stores, territories, warehouses, months)
    >>> former = plan_waves(*year).tables
    >>> refused = pd.DataFrame({"store_id": [1], "month": [1], "outcome": ["failed"]})
    >>> replan_waves(*year, former, refused, 1).tables["changes"][["store_id", "before", "after", "change", "reason"]]
       store_id  before  after  change      reason
    0         1       1   <NA>  failed     outcome
    1         2       2      2    kept  as_planned
    """
    _check(stores, months, outcomes, month)
    signed = outcomes[outcomes["outcome"] == "signed"].merge(stores, on="store_id", suffixes=("", "_store"))
    ahead = months[months["month"] > month].reset_index(drop=True)
    rest = stores[~stores["store_id"].isin(outcomes["store_id"])]
    first = ahead["month"].min()
    due = former["waves"][former["waves"]["store_id"].isin(rest["store_id"])]
    due = due.assign(month=due["month"].where(due["month"] > month, first))
    inputs: dict[str, pd.DataFrame | float | None] = {
        "stores": rest,
        "territories": _left(territories, "territory_id", "visits", signed, "visits_care", month),
        "warehouses": _left(warehouses, "warehouse_id", "capacity_m3", signed, "volume_m3_month", month),
        "months": ahead.assign(capital_rmb=(ahead["capital_rmb"] - signed["capital_rmb"].sum()).clip(lower=0.0)),
        "quotas": _quotas_left(quotas, signed, month),
        "max_stores": None if max_stores is None else max(0.0, max_stores - len(signed)),
        "shares": _shares_left(shares, signed, ahead["month"].max(), month),
        "promised": _promises_left(promised, outcomes, month, first),
    }
    left_out = [store for store in excluded if store not in set(outcomes["store_id"])]
    result = plan_waves(**inputs, excluded=left_out, former={**former, "waves": due}, params=params)  # type: ignore[arg-type]
    ahead_waves = result.tables["waves"]
    waves = pd.concat([signed[["store_id", "month"]], ahead_waves], ignore_index=True).sort_values("store_id")
    changes = _changes(former["waves"], outcomes, ahead_waves, result.tables["margins"], stores, month)
    tables = {**result.tables, "waves": waves.reset_index(drop=True), "changes": changes}
    return ReplanResult(tables, {**inputs, "excluded": left_out}, result.certificate)  # type: ignore[dict-item]


def _check(stores: pd.DataFrame, months: pd.DataFrame, outcomes: pd.DataFrame, month: object) -> None:
    lacking = [c for c in ("store_id", "month", "outcome") if c not in outcomes]
    if lacking:
        raise InputError("outcomes", [f"column {', '.join(lacking)} is missing; it has {', '.join(outcomes.columns)}"])
    faults: list[str] = []
    if not (months["month"] == month).any():
        faults.append(f"month {month_name(month)} is not a month of the plan")
    elif not (months["month"] > month).any():
        faults.append(f"no month is left after {month_name(month)}; give an earlier one")
    no_doubles(outcomes["store_id"], "outcomes: store_id", faults)
    strange = outcomes.loc[~outcomes["store_id"].isin(stores["store_id"]), "store_id"]
    if len(strange):
        faults.append(f"outcomes: store_id {some(strange)} is not among the stores; leave it out or add the store")
    wrong = outcomes.loc[~outcomes["outcome"].isin(OUTCOMES), "outcome"]
    if len(wrong):
        faults.append(f"outcomes: outcome {some(wrong)} is not known; write {' or '.join(OUTCOMES)}")
    odd = outcomes["month"][~outcomes["month"].isin(months["month"]) | (outcomes["month"] > month)]
    if len(odd):
        faults.append(f"outcomes: month {some(map(month_name, odd))} is no month of the plan until {month_name(month)}")
    if faults:
        raise InputError("replan_waves", faults)


def _left(
    capacity: pd.DataFrame, key: str, column: str, signed: pd.DataFrame, load: str, month: object
) -> pd.DataFrame:
    """Capacities of the months left, less what signed stores take of each."""
    ahead = capacity[capacity["month"] > month].reset_index(drop=True)
    taken = ahead[key].map(signed.groupby(key)[load].sum()).fillna(0.0)
    return ahead.assign(**{column: (ahead[column] - taken).clip(lower=0.0)})


def _quotas_left(quotas: pd.DataFrame | None, signed: pd.DataFrame, month: object) -> pd.DataFrame | None:
    """Quotas of the months left, less the members signed."""
    if quotas is None:
        return None
    ahead = quotas[quotas["month"] > month].reset_index(drop=True)
    members = [float((signed[q["column"]] == q["value"]).sum()) for q in ahead.to_dict("records")]
    limits = [c for c in ("min_stores", "max_stores") if c in ahead]
    return ahead.assign(**{c: (ahead[c] - np.array(members)).clip(lower=0.0) for c in limits})


def _shares_left(shares: pd.DataFrame | None, signed: pd.DataFrame, last: object, month: object) -> pd.DataFrame | None:
    """Shares of the months left, with what is signed already."""
    if shares is None:
        return None
    when = shares["month"] if "month" in shares else pd.Series(last, shares.index)
    ahead = shares[when.isna() | (when > month)].reset_index(drop=True)
    members = [float((signed[s["column"]] == s["value"]).sum()) for s in ahead.to_dict("records")]
    return ahead.assign(members_before=members, all_before=float(len(signed)))


def _promises_left(
    promised: pd.DataFrame | None, outcomes: pd.DataFrame, month: object, first: object
) -> pd.DataFrame | None:
    """Promises still to be kept; those whose month is over are due in the first one left."""
    if promised is None:
        return None
    left = promised[~promised["store_id"].isin(outcomes["store_id"])].reset_index(drop=True)
    late = {c: left[c].where(left[c].isna() | (left[c] > month), first) for c in ("month", "latest_month") if c in left}
    return left.assign(**late)


def _changes(
    before: pd.DataFrame,
    outcomes: pd.DataFrame,
    after: pd.DataFrame,
    margins: pd.DataFrame,
    stores: pd.DataFrame,
    month: object,
) -> pd.DataFrame:
    """Name what changed for each store that was or is in the plan."""
    table = before.rename(columns={"month": "before"}).merge(
        pd.concat([outcomes, after.assign(outcome="planned")])[["store_id", "month", "outcome"]],
        on="store_id",
        how="outer",
    )
    failed, planned = table["outcome"] == "failed", table["outcome"] == "planned"
    table["after"] = table["month"].where(~failed)
    if pd.api.types.is_numeric_dtype(before["month"]):
        table = table.astype({"before": "Int64", "after": "Int64"})
    was, same = table["before"].notna(), (table["before"] == table["after"]).fillna(False).astype(bool)
    signed = table["outcome"] == "signed"
    cases = [signed & same, signed, failed, planned & same, planned & was, planned]
    table["change"] = np.select(cases, ["done", "done_otherwise", "failed", "kept", "moved", "added"], "dropped")
    dear = margins.set_index("store_id")[list(PRICES)].rename(columns=PRICES).idxmax(axis=1)
    table["reason"] = table["store_id"].map(dear).fillna("room")
    given_up = table.loc[table["change"].isin(["failed", "dropped"]), "store_id"]
    territory = stores.set_index("store_id")["territory_id"]
    freed = table["store_id"].map(territory).isin(set(territory.reindex(given_up)))
    due = (table["before"] <= month).fillna(False).astype(bool)
    table.loc[table["change"] == "added", "reason"] = np.where(freed, "freed", "room")[table["change"] == "added"]
    table.loc[due & table["change"].isin(["moved", "dropped"]), "reason"] = "slipped"
    table.loc[table["change"].isin(["failed", "done_otherwise"]), "reason"] = "outcome"
    table.loc[table["change"].isin(["done", "kept"]), "reason"] = "as_planned"
    return table[["store_id", "before", "after", "change", "reason"]].sort_values("store_id", ignore_index=True)
