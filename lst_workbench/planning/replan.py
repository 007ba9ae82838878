"""A run made again mid-year: what happened until a month, and a plan for the rest, as a run folder of its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from lst_workbench.contracts import InputError, Promises, WaveOutcomes
from lst_workbench.planning.conditions import dated
from lst_workbench.planning.levers import roomy_as_one
from lst_workbench.rollout import replan_waves
from lst_workbench.rollout.curve import monthly_survival, plan_curve
from lst_workbench.runs import PlanResult, RunWriter, StageOutput
from lst_workbench.runs.fingerprint import fingerprint_of_table

REPLAN_STAGES = ("replan", "outcome")
LIVED = ("potentials", "economics", "joined")  # what the months of a plan made again are told from
CURVE_KEYS = ("rollout.active_share", "store.closure_year")
DID = {"moved": "move to another month", "dropped": "are dropped", "added": "are added", "failed": "failed"}
WHY = {
    "outcome": "this is what happened in the field",
    "slipped": "they were due and have no outcome yet, so they start later",
    "freed": "stores of their territory gave way and left their visits",
    "room": "there is room for them now",
    "visits": "the visits of their territory go to stores that bring more for them",
    "volume_m3": "the throughput of their warehouse goes to stores that bring more for it",
    "capital_rmb": "the working capital goes to stores that bring more for it",
    "target": "a floor, a cap or a promise asks for others",
}
INPUTS = ("wave_stores", "territory_months", "warehouse_months", "plan_months")
ASKED = ("quotas", "shares")  # of a plan with conditions
FORMER = ("waves", "centre")


def make_replan(
    result: PlanResult,
    outcomes: pd.DataFrame,
    month: int,
    out: str | Path | None = None,
    promised: pd.DataFrame | None = None,
) -> PlanResult:
    """Plan the rest of a run's year again, and write it as a run folder.

    Parameters
    ----------
    result : PlanResult
        The plan so far: of `make_plan`, or of this function.
    outcomes : DataFrame
        store_id, outcome (signed or failed) and month (its first day, or its number in the plan, from 1).
    month : int
        How many months of the plan are over.
    out : str or Path, optional
        Folder of the run; in memory without it.
    promised : DataFrame, optional
        Contract `Promises`: stores that must be signed.

    Returns
    -------
    PlanResult
        Tables ``waves`` (the whole year), ``wave_changes``, ``curve`` (its months) and the inputs of the year; notes
        with the counts, why each kind of change came about, and where the year ends.

    Raises
    ------
    InputError
        Names every fault of the tables.
    """
    months = sorted(result.tables["plan_months"]["month"])
    if not 1 <= month < len(months):
        raise InputError("the month", [f"{month} leaves nothing to plan; give one from 1 to {len(months) - 1}"])
    known = {name: result.tables[name] for name in (*INPUTS, *FORMER, *ASKED) if name in result.tables}
    known["outcomes"] = WaveOutcomes.check(dated(outcomes, months, "month"), "outcomes")
    if promised is not None:
        told = dated(promised.reindex(columns=Promises.columns()), months, "month", "latest_month")
        known["promised"] = Promises.check(told, "promised")
    elif "promises" in result.tables:
        known["promised"] = result.tables["promises"]
    asked: dict[str, Any] = {
        name: fingerprint_of_table(known[name]) for name in ("outcomes", "promised") if name in known
    }
    identity: dict[str, Any] = {name: result.meta[name] for name in ("scenario", "market", "seed")}
    identity["replan"] = {"month": month, **asked}
    about = {"market_folder": result.meta.get("market_folder", "")}
    with RunWriter(Path(out) if out else None, identity, REPLAN_STAGES, about=about) as run:
        known |= dict(run.stage("replan", _replan, known, {"month": float(month)}))
        lived = _lived(result)
        figures = {key: result.meta["scenario"]["figures"][key] for key in CURVE_KEYS}
        run.stage("outcome", _outcome, {**lived, "waves": known["waves"], "plan_months": known["plan_months"]}, figures)
        return run.finish()


def _replan(tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Any]) -> StageOutput:
    stores, warehouses = roomy_as_one(tables["wave_stores"], tables["warehouse_months"])
    months = tables["plan_months"]
    month = sorted(months["month"])[int(figures["month"]) - 1]
    former = {name: tables[name] for name in FORMER if name in tables}
    made = replan_waves(
        stores, tables["territory_months"], warehouses, months, former, tables["outcomes"], month,
        quotas=tables.get("quotas"), shares=tables.get("shares"), promised=tables.get("promised"),
    )  # fmt: skip
    counts = made.kpis()
    text = (
        f"After {month:%B %Y}: {counts['done_stores'] + counts['done_otherwise_stores']:,.0f} signed, "
        f"{counts['failed_stores']:,.0f} failed; of the rest {counts['kept_stores']:,.0f} keep their month "
        f"({counts['kept_share']:.1%}), {counts['moved_stores']:,.0f} move, {counts['dropped_stores']:,.0f} are "
        f"dropped and {counts['added_stores']:,.0f} added."
    )
    kept = {name: tables[name] for name in (*INPUTS, *ASKED) if name in tables}
    if "promised" in tables:
        kept["promises"] = tables["promised"]
    own = {"waves": made.tables["waves"], "wave_changes": made.tables["changes"], "centre": made.tables["centre"]}
    notes = [{"key": "replan", "text": text, **counts}, *_why(made.tables["changes"])]
    return StageOutput({**kept, **own}, made.certificate, notes=notes)


def _why(changes: pd.DataFrame) -> list[dict[str, Any]]:
    """Say of each kind of change how many stores it takes, and why; the largest first."""
    counts = changes[changes["change"].isin(DID)].groupby(["change", "reason"]).size().sort_values(ascending=False)
    return [
        {"key": "replan_change", "text": f"{n:,} {DID[change]}: {WHY[reason]}.", "stores": float(n)}
        for (change, reason), n in counts.items()
        if reason in WHY
    ]


def _lived(result: PlanResult) -> dict[str, pd.DataFrame]:
    """Tables that the months are told from: of the plan, or kept by a plan made again."""
    if "joined" in result.tables:
        return {name: result.tables[name] for name in LIVED}
    decisions = result.tables["decisions"]
    joined = decisions.loc[decisions["status"].astype(str) == "participant", ["store_id"]].reset_index(drop=True)
    return {"potentials": result.tables["potentials"], "economics": result.tables["economics"], "joined": joined}


def _outcome(tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Any]) -> StageOutput:
    """Tell stores in system, active stores and GMV by month, of what was signed and what is planned."""
    of = tables["economics"].set_index("item")["value"]
    curve = plan_curve(
        tables["waves"],
        pd.DatetimeIndex(sorted(tables["plan_months"]["month"])),
        tables["joined"]["store_id"],
        tables["potentials"].set_index("store_id")["gmv_rmb_month"],
        survival=monthly_survival(figures["store.closure_year"]),
        active_share=figures["rollout.active_share"],
        contribution_share=of["contribution_rmb_order"] / of["order_rmb"],
    )
    last = curve.iloc[-1]
    text = f"It ends with {last['in_system']:,.0f} stores in the system, {last['active']:,.0f} of them active."
    note = {"key": "replan_end", "text": text, "in_system": float(last["in_system"]), "active": float(last["active"])}
    return StageOutput({"curve": curve, **{name: tables[name] for name in LIVED}}, notes=[note])
