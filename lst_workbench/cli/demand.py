"""lst demand: tables of catchments, potentials and forecasts, and all about one store in words."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lst_workbench.cli.console import (
    ROWS_SHOWN,
    MarketPath,
    ScenarioName,
    Sets,
    StoreId,
    err,
    folder_of,
    market_at,
    out,
    print_table,
    read_table,
    scenario_of,
)

if TYPE_CHECKING:
    import pandas as pd

    from lst_workbench.market import Market
    from lst_workbench.planning.store_study import StoreStudy

app = typer.Typer(
    help="Tables of catchments, potentials and forecasts.",
    no_args_is_help=True,
    epilog="Example: lst demand potentials data/sample",
)
Folder = Annotated[
    Path | None,
    typer.Option(
        "--out", parser=folder_of, metavar="PATH", help="Folder to write the tables to as Parquet; else a glance."
    ),
]
SHOWN = ("store_id", "people", "households", "distance_km", "income_index", "urban_share", "shopper_share", "rivals")


@app.command(epilog="Example: lst demand catchments data/sample --out tables")
def catchments(
    market: MarketPath = None, scenario: ScenarioName = "base", sets: Sets = None, to: Folder = None
) -> None:
    """Say who shops at each store, how well each cell is served, and what each place is like."""
    with err.status("Drawing catchments"):
        from lst_workbench.catchment import HuffParams, catchment_profiles, cell_access, place_profiles

        read, params = market_at(market), HuffParams.of(scenario_of(scenario, sets))
        profiles = catchment_profiles(read.stores, read.cells, params)
        access = cell_access(read.stores, read.cells, params)
        places = place_profiles(read.stores, read.cells)
    _give({"catchment_profiles": profiles, "cell_access": access, "place_profiles": places}, to, first=SHOWN)
    under = access.loc[access["underserved"], "people"].sum()
    whole = max(float(access["people"].sum()), 1.0)
    out.print(
        f"{under:,.0f} of {whole:,.0f} people ({under / whole:.1%}) have less than half the typical access to shops."
    )


@app.command(epilog="Example: lst demand potentials data/sample --out tables")
def potentials(
    market: MarketPath = None, scenario: ScenarioName = "base", sets: Sets = None, to: Folder = None
) -> None:
    """Say what each store could buy in a month, with its interval where shops with a till taught one."""
    with err.status("Learning from tills"):
        study = _study(market_at(market), scenario, sets)
        tables = {"potentials": study.potentials.assign(store_id=study.features["store_id"])[_ORDER]}
        if study.fit is not None:
            tables |= {f"fit_{name}": table for name, table in study.fit.tables.items()}
    _give(tables, to)
    if study.fit is None:
        out.print("No tills: people times spending a head, without an interval.")
        return
    told = study.fit.kpis()
    out.print(
        f"From {told['stores']:,.0f} tills; on stores left out: mean error {told['wape']:.1%} (best plain model "
        f"{told['wape_of_best_baseline']:.1%}), the interval held {told['interval_coverage']:.1%}.",
        highlight=False,
    )


@app.command(epilog="Example: lst demand forecast sales.csv --horizon 13 --out tables")
def forecast(
    sales: Annotated[
        Path, typer.Argument(help="CSV or Parquet: series_id, period, quantity[, in_stock, price, pool].")
    ],
    horizon: Annotated[int, typer.Option(help="Periods to forecast.")] = 13,
    freq: Annotated[str, typer.Option(help="W-MON, D, MS, QS, YS … of the table.")] = "W-MON",
    to: Folder = None,
    judge: Annotated[bool, typer.Option("--backtest", help="Also judge the forecast on the past.")] = False,
) -> None:
    """Forecast every series of a plain table, with intervals of 80% and 95%."""
    with err.status("Forecasting"):
        from lst_workbench.demand import backtest_panel, forecast_panel

        table = read_table(sales)
        found = forecast_panel(table, horizon, freq)
        tables = {"forecasts": found, **{f"forecast_{name}": part for name, part in found.tables.items()}}
        if judge:
            tables["backtest_metrics"] = backtest_panel(table, horizon, freq).tables["metrics"]
    _give(tables, to)
    left = found.tables["left_out"]
    if len(left):
        print_table(left.head(ROWS_SHOWN), f"Left out or doubtful: {len(left):,}")


@app.command(epilog="Example: lst demand store 341000000000")
def store(
    store: StoreId,
    market: Annotated[Path | None, typer.Option(help="Folder of the market; the sample market when left out.")] = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
) -> None:
    """Tell all about one store: who shops there, who competes, what it could buy and why."""
    with err.status("Looking around the store"):
        from lst_workbench.market import find_store
        from lst_workbench.planning.store_story import story_of

        read = market_at(market)
        store_id = find_store(read, store)
        prefecture = read.stores.loc[read.stores["store_id"] == store_id, "prefecture_code"]
        study = _study(read, scenario, sets, int(prefecture.iloc[0]))
        about = study.about(store_id)
    out.print(story_of(about, study), highlight=False)
    print_table(about.drivers.table, "What drives its potential")
    print_table(about.rivals.head(5), "With whom it shares customers")
    print_table(about.twins, "Stores like it")


_ORDER = ["store_id", "mean", "p10", "p50", "p90"]


def _study(market: "Market", scenario: str, sets: list[str] | None, prefecture: int | None = None) -> "StoreStudy":
    from lst_workbench.planning.store_study import study_stores

    return study_stores(market, prefecture, scenario_of(scenario, sets))


def _give(tables: "dict[str, pd.DataFrame]", to: Path | None, first: tuple[str, ...] = ()) -> None:
    """Write the tables to a folder, or print the head of the first one."""
    if to is None:
        name, table = next(iter(tables.items()))
        shown = table[[column for column in first if column in table]] if first else table
        print_table(shown.head(ROWS_SHOWN), f"{name}: {len(table):,} rows, the first {min(len(table), ROWS_SHOWN)}")
        return
    to.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(to / f"{name}.parquet", index=False)
        out.print(f"{to / name}.parquet: {len(table):,} rows", highlight=False)
