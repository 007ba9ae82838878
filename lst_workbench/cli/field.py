"""What is carried out in the field: co-branded stores, beats and visit lists."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lst_workbench.cli.console import (
    ROWS_SHOWN,
    RUNS,
    MarketPath,
    Out,
    RunMarket,
    ScenarioName,
    Sets,
    err,
    folder_of,
    market_at,
    out,
    print_table,
    progress_bar,
    run_and_market,
    scenario_of,
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
        str | None, typer.Option(metavar="STORE", help="Say why this store, or why not: own id or store_id.")
    ] = None,
) -> None:
    """Choose the shops that become co-branded, and write a run folder."""
    with progress_bar() as told:
        from lst_workbench.planning import make_cobranded
        from lst_workbench.runs import read_run

        chosen, bundle = scenario_of(scenario, sets), market_at(market)
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
        from lst_workbench.market import find_store

        out.print(_why(result.tables["cobranded"], find_store(bundle, store)), highlight=False)
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


@app.command(epilog="Example: lst beats runs/base --month 1 --holdout 0.1 --out field")
def beats(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run of lst plan.")],
    to: Annotated[Path, typer.Option("--out", parser=folder_of, metavar="PATH", help="Folder of the lists.")] = Path(
        "field"
    ),
    market: RunMarket = None,
    month: Annotated[int, typer.Option(help="Month of the plan, from 1.")] = 1,
    weeks: Annotated[int, typer.Option(help="Weeks to make lists for.")] = 4,
    reps: Annotated[int | None, typer.Option(help="Reps; as many as their stores in care need when left out.")] = None,
    holdout: Annotated[float, typer.Option(help="Share of places, drawn by lot, where nobody is signed.")] = 0.0,
    stagger: Annotated[int, typer.Option(help="Spread the starts of places over so many months by lot.")] = 0,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    lang: Annotated[str, typer.Option(help="Language of the map: en or zh.")] = "en",
) -> None:
    """Cut a plan's stores into beats and write every rep's visit lists, with a map."""
    with err.status("Cutting beats"):
        from lst_workbench.planning.beats import plan_beats, visit_rows

        result, bundle = run_and_market(run_folder, market)
        asked = scenario_of(scenario, sets).at_stores(len(bundle.stores))
        found, stores, lot = plan_beats(
            bundle, result, asked, month=month, weeks=weeks, reps=reps, held_out_share=holdout, stagger_months=stagger
        )
        rows = visit_rows(found, stores, bundle.places, lang)
    _write_field(found.tables["beats"], rows, lot, to, lang)
    figures = found.kpis()
    out.print(
        f"{figures['reps']:,.0f} reps with {figures['smallest_stores']:,.0f} to {figures['largest_stores']:,.0f} "
        f"stores each; {figures['fits_share']:.0%} of their weeks fit into the days there are, "
        f"{figures['travel_share']:.0%} of the time is spent on the way.",
        style="bold",
        highlight=False,
    )
    shown = ["rep_id", "stores", "visits_week", "days_week", "travel_km_week", "orders_week", "lines_week", "fits"]
    print_table(found.tables["beats"][shown].head(ROWS_SHOWN), "Beats")
    if len(lot):
        arms = lot["arm"].value_counts()
        out.print("Places by lot: " + ", ".join(f"{arm} {n:,}" for arm, n in arms.items() if n), highlight=False)
    out.print(f"Lists: {to}", highlight=False)


def _write_field(beats: "pd.DataFrame", visits: "pd.DataFrame", lot: "pd.DataFrame", to: Path, lang: str) -> None:
    """Write CSV of all, CSV and Excel for each rep, a GeoPackage and a map that needs no network."""
    import geopandas as gpd

    from lst_workbench.planning.beats import rep_sheets
    from lst_workbench.views.beat_maps import beats_layer
    from lst_workbench.views.downloads import csv_bytes, excel_bytes
    from lst_workbench.views.leaflet_maps import folium_map

    (to / "reps").mkdir(parents=True, exist_ok=True)
    for name, table in {"beats": beats, "visits": visits, "holdouts": lot}.items():
        if len(table):
            (to / f"{name}.csv").write_bytes(csv_bytes(table))
    for rep_id, own in visits.groupby("rep_id"):
        file = to / "reps" / f"rep-{rep_id:05d}"
        file.with_suffix(".csv").write_bytes(csv_bytes(own))
        file.with_suffix(".xlsx").write_bytes(excel_bytes(rep_sheets(beats, visits, rep_id)))
    for layer, table in {"beats": beats, "visits": visits}.items():
        points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
        gpd.GeoDataFrame(table.astype({"group": str}) if "group" in table else table, geometry=points).to_file(
            to / "beats.gpkg", layer=layer
        )
    page = folium_map(beats_layer(visits, beats, lang), height=720).get_root().render()
    (to / "beats.html").write_text(page, encoding="utf-8")
