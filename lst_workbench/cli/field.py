"""What is carried out in the field: co-branded stores."""

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
    out,
    print_table,
    progress_bar,
    scenario_of,
    store_of,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer()


@app.command(epilog="Example: lst cobranded data/sample --plan runs/base --out runs/tmall")
def cobranded(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    to: Out = None,
    plan: Annotated[Path | None, typer.Option(help="Run of lst plan: the stores it signs are candidates too.")] = None,
    store: Annotated[
        int | None, typer.Option(parser=store_of, metavar="STORE_ID", help="Say why this store, or why not.")
    ] = None,
) -> None:
    """Choose the shops that become co-branded, and write a run folder."""
    with progress_bar() as told:
        from lst_workbench.assumptions import data_folder
        from lst_workbench.market import read_market
        from lst_workbench.planning import make_cobranded
        from lst_workbench.runs import read_run

        chosen, bundle = scenario_of(scenario, sets), read_market(market or data_folder() / "sample")
        path = to or RUNS / f"{bundle.meta.name}-cobranded-{chosen.name}"
        result = make_cobranded(bundle, chosen, path, told, plan=read_run(plan) if plan else None)
    figures, certificate = result.kpis(), result.certificate
    out.print(
        f"{figures['cobranded_stores']:,.0f} co-branded stores for {figures['fitout_rmb']:,.0f} RMB of fit-out: "
        f"{figures['gain_rmb_month']:,.0f} RMB a month, paid back in {figures['payback_months']:.1f} months; with the "
        f"press's uplift {figures['press_payback_months']:.1f} months.",
        style="bold",
        highlight=False,
    )
    cases = result.tables["cobranded_cases"]
    shown = ["store_id", "rank", "wave", "fitout_rmb", "gain_rmb_month", "payback_p10", "payback_p50", "payback_p90"]
    print_table(cases.loc[cases["rank"] > 0, shown].head(ROWS_SHOWN), "Chosen, the most gain first")
    print_table(
        cases.loc[cases["rank"] == 0, ["store_id", "gain_rmb_month", "lacks_rmb_month"]].head(5), "Next in line"
    )
    print_table(result.tables["cobranded_quotas"].head(ROWS_SHOWN), "Provinces against their quotas")
    if store is not None:
        out.print(_why(result.tables["cobranded"], store), highlight=False)
    if certificate is not None:
        out.print(f"{certificate.status}, at most {certificate.gap:.2%} from the best possible.", highlight=False)
    out.print(f"Run: {result.path}", highlight=False)


def _why(table: "pd.DataFrame", store_id: int) -> str:
    from lst_workbench.contracts import InputError
    from lst_workbench.rollout import why

    row = table[table["store_id"] == store_id]
    if row.empty:
        raise InputError("co-branded stores", [f"store {store_id} is no candidate; give one that is in the system"])
    return why(row.iloc[0], int((table["rank"] > 0).sum()))
