"""Credit as a run folder: the score, the limits and what is watched, as tables."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.market import Market, read_credit, read_payments
from lst_workbench.planning.credit_levers import CreditLevers, checked
from lst_workbench.planning.credit_study import CreditDecision, CreditStudy, study_credit
from lst_workbench.planning.credit_watch import cash_of, limit_test, policies_of, watched
from lst_workbench.planning.plan import identity_of
from lst_workbench.runs import PlanResult, Progress, RunWriter, StageOutput
from lst_workbench.runs.fingerprint import fingerprint_of_table

CREDIT_STAGES = ("credit",)
UNITS = {"share": "share 0-1", "rmb": "RMB", "year": "RMB/year"}


def make_credit(
    market: Market,
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    plan: PlanResult | None = None,
    levers: Mapping[str, float] | None = None,
    rounds: int = 6,
    caps: pd.DataFrame | None = None,
    test_lift: float | None = None,
) -> PlanResult:
    """Score the stores of a market, allocate limits, cap orders, and write it all as a run folder.

    Parameters
    ----------
    market : Market
        With past credit (`read_credit`).
    scenario : Scenario
        Planning figures.
    out : str or Path, optional
        Folder of the run; without it everything is kept in memory.
    progress : callable, optional
        Called with a `Progress`.
    plan : PlanResult, optional
        Only its stores get credit, from the month it signs them.
    levers : mapping, optional
        Levers (`CreditLevers`) that differ from the register's.
    rounds : int
        Most rounds of order, limit, capped order.
    caps : DataFrame, optional
        Further budgets of cities, warehouses and months, contract `CreditBudgets`.
    test_lift : float, optional
        Draw a randomised test of higher limits that finds such a growth of defaults (table ``limit_test``).

    Returns
    -------
    PlanResult
        Tables ``credit_plan``, ``kpis``, ``budgets``, ``rounds``, ``stress``, ``risk``, ``fairness``, ``policies``,
        ``frontier``, ``cash`` (by month, where there is a plan), ``cutoffs``, ``points``, ``model_data``,
        ``model_measures``, ``model_fairness``, ``model_features``, ``model_excluded`` and those of `watched`.
        None names a person.

    Raises
    ------
    InputError
        Levers, rounds or caps are out of range.
    LstError
        The market has no past credit to learn from.
    """
    checked(replace(CreditLevers(0.0, 0.0, 0.0), **(levers or {})), rounds)
    known = {"credit_history": read_credit(market), "credit_payments": read_payments(market), "caps": caps}
    inputs = {name: table for name, table in known.items() if table is not None} | {"stores": market.stores}
    tables = {} if plan is None else {name: plan.tables[name] for name in ("waves", "assignments")}
    asked = {**(levers or {}), "rounds": rounds, "test_lift": test_lift or 0.0}
    here = scenario.at_stores(len(market.stores))
    prints = {name: fingerprint_of_table(table) for name, table in {**inputs, **tables}.items()}
    about = {"market_folder": str(Path(market.folder).resolve()) if market.folder else ""}
    identity = {**identity_of(market, here, 7), "credit": {**asked, **prints}}

    def credit(given: Mapping[str, pd.DataFrame], figures: Mapping[str, Any]) -> StageOutput:
        study = study_credit(market, scenario, tables or None)
        decision = study.decide(replace(study.levers, **(levers or {})), rounds, caps)
        made = credit_tables(study, decision, caps, test_lift)
        return StageOutput(made, decision.limits.certificate, [{"key": "rejects", "text": study.assumption}])

    with RunWriter(Path(out) if out else None, identity, CREDIT_STAGES, progress, about) as run:
        run.stage("credit", credit, {**inputs, **tables}, {**here.values(), **asked})
        return run.finish()


def credit_tables(
    study: CreditStudy, decision: CreditDecision, caps: pd.DataFrame | None = None, test_lift: float | None = None
) -> dict[str, pd.DataFrame]:
    """All tables of a decision and of the score behind it, ready to be kept."""
    told = {f"model_{name}": table for name, table in study.told.tables.items()}
    tables = {
        **decision.tables, **told, **watched(study), "points": study.card.tables["points"], "cutoffs": study.cutoffs,
        "policies": policies_of(study, decision.levers, caps), "frontier": study.frontier(decision.levers),
        "cash": cash_of(study, decision), "kpis": _kpis(decision),
    }  # fmt: skip
    if test_lift is not None:
        drawn, figures = limit_test(study, decision, test_lift)
        tables["limit_test"] = drawn.assign(lift_share=test_lift, power=figures["power"])
        tables["limit_test_figures"] = pd.DataFrame({"name": list(figures), "value": list(figures.values())})
    return {name: _plain(table) for name, table in tables.items() if len(table.columns)}


def _kpis(decision: CreditDecision) -> pd.DataFrame:
    """Headline figures as contract `Kpis` wants them."""
    names = list(decision.kpis)
    units = [next((unit for end, unit in UNITS.items() if name.endswith(end)), "count") for name in names]
    return pd.DataFrame(
        {"name": names, "value": list(decision.kpis.values()), "unit": units, "goal": float("nan"),
         "register_key": "capital.credit_share"}
    )  # fmt: skip


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of words and numbers mixed become words: a file's column has one kind."""
    mixed = [name for name in table.columns if table[name].dtype == object]
    return table.assign(**{name: table[name].map(str).where(table[name].notna(), None) for name in mixed})
