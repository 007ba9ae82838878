"""lst network: design the warehouses of a market."""

from collections.abc import Callable
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
    market_at,
    out,
    print_table,
    progress_bar,
    read_list,
    read_table,
    scenario_of,
)  # fmt: skip

if TYPE_CHECKING:
    from lst_workbench.assumptions import Scenario
    from lst_workbench.market import Market
    from lst_workbench.planning import Roads
    from lst_workbench.runs import PlanResult

app = typer.Typer()
CANDIDATES = ["site_id", "name_en", "name_zh", "tier", "lat", "lon", "opened"]


@app.command(epilog="Example: lst network data/sample --promise 0.7 --out runs/network --export files")
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
    barriers: Annotated[
        Path | None,
        typer.Option(help="Rivers and straits: lines of a map layer, or CSV of barrier_id, lat, lon in order along."),
    ] = None,
    crossings: Annotated[
        Path | None, typer.Option(help="Their bridges and ferries: CSV of barrier_id, lat, lon[, extra_km].")
    ] = None,
    distances: Annotated[
        Path | None,
        typer.Option(help="Own road table: CSV of store_id, site_id, km; sites as in candidates.csv of --export."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Folder for sites and lanes: CSV, Excel, GeoPackage, and a map as one HTML file."),
    ] = None,
) -> None:
    """Design regional, city and front warehouses, and write a run folder."""
    with progress_bar() as told:
        from lst_workbench.planning import make_network

        roads = _roads(barriers, crossings, distances, lambda: market_at(market))
        chosen, bundle = scenario_of(scenario, sets), market_at(market)
        asked = [f"{promise:g}", existing, *([] if budget is None else [f"{budget:g}"])]
        asked += [mark[:8] for mark in roads.fingerprints().values()]
        path = to or RUNS / "-".join([bundle.meta.name, "network", *asked])
        result = make_network(
            bundle,
            chosen,
            path,
            told,
            promise_share=promise,
            budget_rmb_month=budget,
            existing=existing,
            roads=roads,
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
    if export is not None:
        names = _exported(result, bundle, chosen, export)
        out.print(f"Files: {export} ({', '.join(names)})", highlight=False)


def _roads(
    barriers: Path | None, crossings: Path | None, distances: Path | None, market: "Callable[[], Market]"
) -> "Roads":
    """Read what the analyst knows of roads."""
    from lst_workbench.market.layers import LAYERS, read_lines
    from lst_workbench.planning import Roads

    over = None if crossings is None else read_table(crossings)
    if barriers is None:
        return Roads(None, over, read_list(distances, market))
    lines = read_lines(barriers) if barriers.suffix.lower() in LAYERS else read_table(barriers)
    return Roads(lines, over, read_list(distances, market))


def _exported(result: "PlanResult", market: "Market", scenario: "Scenario", folder: Path) -> list[str]:
    """Write the network's files into a folder; their names."""
    from lst_workbench.contracts import LstError
    from lst_workbench.planning import overview_of
    from lst_workbench.views.downloads import csv_bytes
    from lst_workbench.views.network_files import NetworkFiles

    about = {"market": market.meta.name, "run": result.path.name if result.path else "", **result.kpis()}
    files = NetworkFiles(overview_of(result, market, scenario), about).written()
    files["candidates.csv"] = csv_bytes(result.tables["network_sites"][CANDIDATES])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise LstError(
            f"{folder} cannot be written ({error.strerror}): choose another folder with --export."
        ) from error
    return list(files)
