"""lst credit: who gets credit, how much, at what loss, as tables, CSV or Excel."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lst_workbench.cli.console import (
    ROWS_SHOWN,
    MarketPath,
    ScenarioName,
    Sets,
    err,
    folder_of,
    out,
    print_table,
    progress_bar,
    scenario_of,
    write_file,
)

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer()
SHOWN = ["store_id", "points", "pd", "need_rmb", "limit_rmb", "order_rmb", "expected_loss_rmb", "reasons"]


@app.command(epilog="Example: lst credit data/sample --loss-budget 20000 --csv limits.csv")
def credit(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    run: Annotated[
        Path | None, typer.Option(help="Run of a plan: only stores that it has or signs get credit.")
    ] = None,
    capital: Annotated[float | None, typer.Option(help="RMB that all limits may come to.")] = None,
    loss_budget: Annotated[float | None, typer.Option(help="RMB of expected loss a year, at most.")] = None,
    tail_budget: Annotated[float | None, typer.Option(help="RMB of loss in a year of one in a thousand.")] = None,
    cutoff: Annotated[float, typer.Option(help="No credit above this probability of default.")] = 1.0,
    rounds: Annotated[int, typer.Option(help="Most rounds of order, limit, capped order.")] = 5,
    to: Annotated[
        Path | None, typer.Option("--out", parser=folder_of, metavar="PATH", help="Folder for all tables, as Parquet.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="File for the limits, as CSV that Excel opens.")] = None,
    excel: Annotated[Path | None, typer.Option(help="File for limits, losses and model card, as a workbook.")] = None,
) -> None:
    """Score stores, allocate limits within budgets, cap orders by them, and say what a bad year costs."""
    with progress_bar() as told:
        from dataclasses import replace

        from lst_workbench.assumptions import data_folder
        from lst_workbench.market import read_market
        from lst_workbench.planning.credit_levers import checked
        from lst_workbench.planning.credit_study import study_credit
        from lst_workbench.runs import Progress, read_run
        from lst_workbench.views.credit_files import limit_rows, workbook_bytes
        from lst_workbench.views.downloads import csv_bytes

        chosen, bundle = scenario_of(scenario, sets), read_market(market or data_folder() / "sample")
        tables = read_run(run).tables if run is not None else None
        study = study_credit(bundle, chosen, tables, lambda stage, share: told(Progress("running", stage, share)))
        given = {"capital_rmb": capital, "loss_budget_rmb": loss_budget, "tail_budget_rmb": tail_budget}
        levers = replace(study.levers, pd_cut=cutoff, **{name: v for name, v in given.items() if v is not None})
        checked(levers, rounds)
        done = study.decide(levers, rounds)
    kpis = done.kpis
    served = f"{kpis['stores_with_credit']:,.0f} of {kpis['stores']:,.0f} stores get {kpis['limits_rmb']:,.0f} RMB"
    earned = (
        f"{kpis['net_margin_rmb_year']:,.0f} RMB a year after {kpis['expected_loss_rmb_year']:,.0f} of expected loss"
    )
    worst = f"a year of one in a thousand loses {kpis['value_at_risk_rmb']:,.0f}"
    out.print(f"{served} of credit: {earned}; {worst}.", style="bold", highlight=False)
    given_first = done.plan.sort_values(["limit_rmb", "store_id"], ascending=[False, True])
    print_table(given_first[SHOWN].head(ROWS_SHOWN), "Largest limits")
    print_table(done.budgets[["name", "limit", "used", "shadow_price"]], "Budgets")
    print_table(done.rounds, "Order, limit, capped order")
    print_table(done.stress, "Bad years")
    measures = study.told.tables["measures"]
    print_table(measures[measures["measure"].isin(["auc", "ks", "brier", "calibration_error"])], "Score")
    if bundle.meta.synthetic:
        err.print("The past credit of this market is synthetic.", highlight=False)
    if to is not None:
        _write_tables(to, {**study_tables(study), **done.tables})
    for path, content in (
        (csv, lambda: csv_bytes(limit_rows(study, done))),
        (excel, lambda: workbook_bytes(study, done)),
    ):
        write_file(path, content)


def study_tables(study: "object") -> "dict[str, pd.DataFrame]":
    """Tables of the score itself: points, measures, cut-offs, model card, vintages, warnings."""
    from lst_workbench.planning.credit_study import CreditStudy

    assert isinstance(study, CreditStudy)
    card = {f"model_{name}": table for name, table in study.told.tables.items()}
    return {"points": study.card.tables["points"], "cutoffs": study.cutoffs, **card,
            "vintages": study.vintages, "warnings": study.warnings}  # fmt: skip


def _write_tables(to: Path, tables: "dict[str, pd.DataFrame]") -> None:
    to.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        ready = table.assign(**{c: table[c].astype(str) for c in table.columns if table[c].dtype == object})
        ready.to_parquet(to / f"{name}.parquet", index=False)
        out.print(f"{to / name}.parquet: {len(table):,} rows", highlight=False)
