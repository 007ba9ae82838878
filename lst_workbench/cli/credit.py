"""lst credit: who gets credit, how much, at what loss, as a run folder, CSV or Excel."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lst_workbench.cli.console import (
    ROWS_SHOWN,
    RUNS,
    MarketPath,
    Out,
    ScenarioName,
    Sets,
    err,
    market_at,
    out,
    print_table,
    progress_bar,
    scenario_of,
    write_file,
)

if TYPE_CHECKING:
    import pandas as pd

    from lst_workbench.market import Market
    from lst_workbench.runs import PlanResult

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
    city_share: Annotated[float, typer.Option(help="Part of the capital that one city may have.")] = 1.0,
    warehouse_share: Annotated[
        float, typer.Option(help="Part that stores of one warehouse may have; needs --run.")
    ] = 1.0,
    month_share: Annotated[float, typer.Option(help="Part that may newly start in a month; needs --run.")] = 1.0,
    caps: Annotated[
        Path | None, typer.Option(help="CSV of further budgets: name, limit and city, warehouse or month.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Most rounds of order, limit, capped order.")] = 6,
    test_lift: Annotated[
        float | None, typer.Option(help="Draw a test by lot that finds such a growth of defaults, as 0.5.")
    ] = None,
    to: Out = None,
    csv: Annotated[Path | None, typer.Option(help="File for the limits, as CSV that Excel opens.")] = None,
    excel: Annotated[Path | None, typer.Option(help="File for limits, losses and model card, as a workbook.")] = None,
) -> None:
    """Score stores, allocate limits within budgets, cap orders by them, and write a run folder."""
    with progress_bar() as told:
        from lst_workbench.planning.credit_run import make_credit
        from lst_workbench.runs import read_run

        chosen, bundle = scenario_of(scenario, sets), market_at(market)
        asked = {"capital_rmb": capital, "loss_budget_rmb": loss_budget, "tail_budget_rmb": tail_budget}
        asked |= {"pd_cut": cutoff, "city_share": city_share, "month_share": month_share}
        asked["warehouse_share"] = warehouse_share
        levers = {name: value for name, value in asked.items() if value is not None}
        inputs = sha256(repr((levers, rounds, test_lift, str(run), str(caps), sets)).encode()).hexdigest()[:8]
        result = make_credit(
            bundle, chosen, to or RUNS / f"{bundle.meta.name}-credit-{chosen.name}-{inputs}", told,
            plan=read_run(run) if run is not None else None, levers=levers, rounds=rounds,
            caps=_read_caps(caps) if caps is not None else None, test_lift=test_lift,
        )  # fmt: skip
    _say(result)
    if bundle.meta.synthetic:
        err.print("The past credit of this market is synthetic.", highlight=False)
    out.print(f"Run: {result.path}", highlight=False)
    _write_files(result, bundle, csv, excel)


def _read_caps(path: Path) -> "pd.DataFrame":
    import pandas as pd

    from lst_workbench.contracts import InputError

    try:
        table = pd.read_csv(path, dtype={"city": str, "warehouse": str}, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        fault = "it cannot be read as a CSV file; give one with columns name, limit and city, warehouse or month"
        raise InputError(str(path), [fault]) from error
    if "month" in table:
        months = pd.to_datetime(table["month"], errors="coerce")
        if bad := int((months.isna() & table["month"].notna()).sum()):
            raise InputError(str(path), [f"month is no date in {bad} rows; write it as 2017-10-01"])
        table["month"] = months
    return table


def _say(result: "PlanResult") -> None:
    tables, kpis = result.tables, result.kpis()
    served = f"{kpis['stores_with_credit']:,.0f} of {kpis['stores']:,.0f} stores get {kpis['limits_rmb']:,.0f} RMB"
    earned = (
        f"{kpis['net_margin_rmb_year']:,.0f} RMB a year after {kpis['expected_loss_rmb_year']:,.0f} of expected loss"
    )
    worst = f"a year of one in a thousand loses {kpis['value_at_risk_rmb']:,.0f}"
    out.print(f"{served} of credit: {earned}; {worst}.", style="bold", highlight=False)
    first = tables["credit_plan"].sort_values(["limit_rmb", "store_id"], ascending=[False, True])
    print_table(first[SHOWN].head(ROWS_SHOWN), "Largest limits")
    ended = "ended in a fixed point" if kpis["settled"] else "had not settled when its rounds were over"
    measures = tables["model_measures"]
    shown = [
        (
            tables["budgets"][["name", "city", "warehouse", "month", "limit", "used", "shadow_price"]].head(ROWS_SHOWN),
            "Budgets",
        ),
        (tables["rounds"], f"Order, limit, capped order: {ended}"),
        (tables["policies"], "Other ways to set limits, same budgets, none with a least limit"),
        (tables["stress"], "Bad years"),
        (tables["stages"], "What is owed, by stage of IFRS 9"),
        (tables["cash"], "Cash that credit ties up"),
        (tables["rolls"].query("share > 0")[["from_state", "to_state", "stores", "share"]], "Roll rates of a month"),
        (tables["drift"][["feature", "psi", "chance_limit", "verdict"]], "Drift of the latest applications"),
        (measures[measures["measure"].isin(["auc", "ks", "brier", "calibration_error"])], "Score"),
        (tables["challenger"], "Score against gradient boosting"),
    ]
    if "limit_test_figures" in tables:
        shown.append((tables["limit_test_figures"], "Test by lot of higher limits"))
    for table, title in shown:
        if len(table):
            print_table(table, title)
    if (certificate := result.certificate) is not None:
        out.print(f"Limits: {certificate.status}, at most {certificate.gap:.3%} from the best.", highlight=False)


def _write_files(result: "PlanResult", market: "Market", csv: Path | None, excel: Path | None) -> None:
    from lst_workbench.views.credit_files import limit_rows, workbook_bytes
    from lst_workbench.views.downloads import csv_bytes

    assumed = str(result.meta["stages"]["credit"]["notes"][0]["text"])
    for path, content in (
        (csv, lambda: csv_bytes(limit_rows(market.places, result.tables["credit_plan"]))),
        (excel, lambda: workbook_bytes(market, result.tables, assumed)),
    ):
        write_file(path, content)
