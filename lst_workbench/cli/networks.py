"""lst network: design the warehouses of a market."""

from typing import Annotated

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
)  # fmt: skip

app = typer.Typer()


@app.command(epilog="Example: lst network data/sample --promise 0.9 --out runs/network")
def network(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    to: Out = None,
    promise: Annotated[float, typer.Option(help="Share of stores to serve next day.")] = 0.0,
    budget: Annotated[float | None, typer.Option(help="RMB a month: serve the most next day for it.")] = None,
    existing: Annotated[
        str, typer.Option(help="Standing sites: may_close, keep, candidate or forbidden.")
    ] = "may_close",
) -> None:
    """Design regional, city and front warehouses, and write a run folder."""
    with progress_bar() as told:
        from lst_workbench.assumptions import data_folder
        from lst_workbench.market import read_market
        from lst_workbench.planning import make_network

        chosen, bundle = scenario_of(scenario, sets), read_market(market or data_folder() / "sample")
        path = to or RUNS / f"{bundle.meta.name}-network-{promise:g}-{existing}"
        result = make_network(
            bundle, chosen, path, told, promise_share=promise, budget_rmb_month=budget, existing=existing
        )
    figures, sites = result.kpis(), result.tables["network_sites"]
    out.print(
        f"{figures['next_day_share']:.1%} of stores next day at {figures['cost_rmb_order']:.1f} RMB an order: "
        f"{figures['regionals_open']:.0f} regional, {figures['cities_open']:.0f} city and "
        f"{figures['fronts_open']:.0f} front warehouses.",
        style="bold",
        highlight=False,
    )
    shown = ["site_id", "name_en", "tier", "opens_in_month", "stores", "volume_m3_month", "saving_rmb_month"]
    opened = sites[sites["opened"]].sort_values("saving_rmb_month", ascending=False)
    print_table(opened[shown].head(ROWS_SHOWN), f"Open sites that save most, of {len(opened):,}")
    certificate = result.certificate
    if certificate is not None:
        out.print(
            f"Network: {certificate.status}, at most {certificate.gap:.2%} from the best possible.", highlight=False
        )
    out.print(f"Run: {result.path}", highlight=False)
