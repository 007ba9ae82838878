"""What a run says, as the few figures that its headline and cards are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import RESOURCES
from lst_workbench.runs import PlanResult
from lst_workbench.views.formats import count, month, reps, share
from lst_workbench.views.marks import BINDS
from lst_workbench.views.messages import text

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Finding:
    """The answer of a run.

    Parameters
    ----------
    counted : str
        What the goal counts: "in_system" or "signups".
    stores : float
        That count at the end of the plan.
    goal : float
        What was aimed at; not a number when nothing was.
    reps : float
        Reps of the plan.
    reps_for_goal : float
        Fewest reps that reach the goal; not a number when no number does.
    held_by : tuple of str
        Resources that keep any number of reps from the goal.
    last : Timestamp
        Last month of the plan.
    months : int
        Months of the plan.
    full : dict
        Resource to number of months in which it leaves no room.
    crowded : dict
        Resource that many share (territories, warehouses) to the share of them that is full in an average month.
    odds : float
        Chance of the goal; not a number where the run does not say.
    rivals : int
        Modelled shops that compete with those of a list which leaves them out.
    waits : bool
        Whether levers and ranges are still being worked out.
    """

    counted: str
    stores: float
    goal: float
    reps: float
    reps_for_goal: float
    held_by: tuple[str, ...]
    last: pd.Timestamp
    months: int
    full: dict[str, int]
    odds: float = float("nan")
    rivals: int = 0
    waits: bool = False
    crowded: Mapping[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> int:
        """Stores above the goal (below it when negative)."""
        return round(self.stores) - round(self.goal)


def finding_of(result: PlanResult) -> Finding:
    """Read the answer from a run."""
    meta, tables = result.meta["scenario"], result.tables
    kpis = kpi_rows(tables["kpis"])
    curve, full = tables["curve"], full_months(tables["capacities"])
    reached = kpis[KPI_OF_GOAL[meta["goal"]]]
    rivals = next((note["rivals"] for note in result.notes if note["key"] == "rivals_modelled"), 0)
    stuck = next((note for note in result.notes if note["key"] == "reps_never_reach_goal"), {})
    return Finding(
        counted=meta["goal"],
        stores=reached["value"],
        goal=reached["goal"],
        reps=float(meta["figures"]["field.reps"]),
        reps_for_goal=kpis["reps_for_goal"]["value"] if "reps_for_goal" in kpis else float("nan"),
        held_by=tuple(stuck.get("binds", ())),
        last=pd.Timestamp(curve["month"].max()),
        months=len(curve),
        full={str(resource): int(row.sum()) for resource, row in full.iterrows()},
        odds=odds_of(tables),
        rivals=int(rivals),
        waits="levers" not in tables,
        crowded=crowded_shares(tables["capacities"]),
    )


def odds_of(tables: Tables) -> float:
    """Chance of the goal at the plan's end; not a number where the run does not say."""
    if "curve_ranges" not in tables:
        return float("nan")
    counted = tables["curve_ranges"].dropna(subset="goal_share")["goal_share"]
    return float(counted.iloc[-1]) if len(counted) else float("nan")


KPI_OF_GOAL = {"in_system": "in_system_stores", "signups": "signups_stores"}


def kpi_rows(kpis: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Headline figures by name."""
    return {str(row["name"]): row for row in kpis.to_dict("records")}


MANY = 20  # territories or warehouses; with more of them the fullest one says little of the whole


def used_shares(capacities: pd.DataFrame) -> pd.DataFrame:
    """Share of each capacity in use, resource by month: of the fullest territory or warehouse, or of all where many.

    A capacity of nothing is full where stores already in the system ask for it, or where there is nothing anywhere.
    """
    capacities = capacities.astype({"resource": "str"})
    table = _use(capacities).groupby([capacities["resource"], capacities["month"]]).max().unstack("month")
    within = capacities.assign(used=capacities[["used", "capacity"]].min(axis=1))
    sums = within.groupby(["resource", "month"])[["used", "capacity"]].sum()
    together = (sums["used"] / sums["capacity"]).unstack("month")
    for resource in _of_many(capacities):
        table.loc[resource] = together.loc[resource]
    return table.reindex([resource for resource in RESOURCES if resource in table.index])


def crowded_shares(capacities: pd.DataFrame) -> dict[str, float]:
    """Share of the territories, or warehouses, that is full in an average month; only where there are many."""
    capacities = capacities.astype({"resource": "str"})
    full = (_use(capacities) >= BINDS).groupby(capacities["resource"]).mean()
    return {resource: float(full[resource]) for resource in _of_many(capacities)}


def _use(capacities: pd.DataFrame) -> pd.Series:
    """Share in use of one capacity in one month."""
    nothing = capacities["capacity"] <= 0
    of = [capacities["resource"], capacities["month"]]
    full = nothing & ((capacities["used"] > 0) | nothing.groupby(of).transform("all"))
    return (capacities["used"] / capacities["capacity"].mask(nothing)).fillna(full.astype(float))


def _of_many(capacities: pd.DataFrame) -> list[str]:
    units = capacities.groupby("resource")["resource_id"].nunique()
    return [str(resource) for resource in units.index[units > MANY]]


def full_months(capacities: pd.DataFrame) -> pd.DataFrame:
    """Whether a capacity leaves no room, resource by month."""
    return used_shares(capacities) >= BINDS


def headline(finding: Finding, lang: str) -> str:
    """Answer in one sentence: who brings how many stores by when, and how far from the goal."""
    key, n = f"headline.{finding.counted}", reps(finding.reps)
    key = f"{key}.one" if n == "1" else key
    stores = text("n_stores", lang, n=count(finding.stores, lang))
    last = month(finding.last, lang, year=True, long=True)
    said = text(key, lang, reps=text("n_reps", lang, n=n), stores=stores, month=last)
    if pd.isna(finding.goal):
        return said
    side = "above" if finding.gap > 0 else "below" if finding.gap < 0 else "at"
    return said + text(f"headline.{side}", lang, n=count(abs(finding.gap), lang))


def limits(finding: Finding, lang: str) -> str:
    """Say which capacities are full and for how long, and which have room."""
    crowded = {resource: part for resource, part in finding.crowded.items() if part}
    tight = {resource: n for resource, n in finding.full.items() if n or resource in crowded}
    clauses = [
        text(f"crowded.{resource}", lang, n=share(crowded[resource]))
        if resource in crowded
        else _tight(resource, n, finding.months, lang)
        for resource, n in tight.items()
    ]
    if loose := [text(f"resource.{resource}", lang) for resource in finding.full if resource not in tight]:
        clauses.append(text("binds.none", lang, what=text("and", lang).join(loose)))
    said = text("clause", lang).join(clauses) or text("binds.nothing", lang)
    return said[:1].upper() + said[1:] + text("stop", lang)


def _tight(resource: str, n: int, months: int, lang: str) -> str:
    what = text(f"tight.{resource}", lang)
    if n == months:
        return text("binds.all", lang, what=what)
    return text("binds.some", lang, what=what, n=n, months=months)


def mend(finding: Finding, lang: str) -> str:
    """Answer "how many reps reach the goal?"."""
    if pd.isna(finding.goal):
        return ""
    if finding.waits:
        return text("reps.waits", lang)
    if not np.isfinite(finding.reps_for_goal):
        held = [text(f"resource.{resource}", lang) for resource in finding.held_by]
        return text("reps.held", lang, what=text("and", lang).join(held)) if held else text("reps.never", lang)
    n = reps(finding.reps_for_goal)
    return text("reps.enough.one" if n == "1" else "reps.enough", lang, reps=text("n_reps", lang, n=n))


def chance(finding: Finding, lang: str) -> str:
    """Say how likely the goal is, with figures and stores as they may turn out."""
    return "" if pd.isna(finding.odds) else text("odds.headline", lang, n=share(finding.odds))


def unlisted(finding: Finding, lang: str) -> str:
    """Say that modelled shops compete where a list leaves shops out."""
    return text("rivals.modelled", lang, n=count(finding.rivals, lang)) if finding.rivals else ""


def finding_markup(finding: Finding, lang: str) -> str:
    """Give the headline, what binds, and what would mend it, as markup."""
    return (
        f'<div class="finding"><h1>{escape(headline(finding, lang))}</h1>'
        f"<p>{escape(limits(finding, lang))}<b>{escape(mend(finding, lang))}</b> {escape(chance(finding, lang))} "
        f"{escape(unlisted(finding, lang))}</p></div>"
    )
