"""What a plan comes to: capacities used, a decision per store, and the tables that people read."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import Capacities, CellsPlan, Decisions, PlacesPlan
from lst_workbench.market import Market
from lst_workbench.planning.solver_tables import SolverTables

PRICE_COLUMNS = ["visits_price", "volume_price", "capital_price"]


def capacities_used(solver: SolverTables, waves: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Every capacity with what the base load and the plan take of it, and its shadow price.

    Returns
    -------
    DataFrame
        Contract `Capacities`. ``used`` is above ``capacity`` only where the base load alone is.
    """
    months = pd.DatetimeIndex(solver.months["month"])
    signed = waves.merge(solver.stores, on="store_id", validate="one_to_one")
    signed["start"] = months.get_indexer(signed["month"])
    planned = pd.concat(
        [
            _planned("visits", signed, "territory_id", "visits_signup", "visits_care", months),
            _planned("volume_m3", signed, "warehouse_id", "volume_m3_month", "volume_m3_month", months),
            _planned("capital_rmb", signed.assign(whole=0), "whole", "capital_rmb", "capital_rmb", months),
        ]
    )
    keys = ["resource", "resource_id", "month"]
    table = solver.capacities.merge(planned, on=keys, how="left").merge(
        prices[[*keys, "shadow_price"]], on=keys, how="left"
    )
    table["used"] = table["base_load"] + table["planned"].fillna(0.0)
    return Capacities.check(table.fillna({"shadow_price": 0.0}).drop(columns="planned"))


def _planned(
    resource: str, signed: pd.DataFrame, by: str, first: str, later: str, months: pd.DatetimeIndex
) -> pd.DataFrame:
    """Load of the plan by id and month: `first` in the month of the start, `later` in every month after it."""
    ids, row = np.unique(signed[by].to_numpy(np.int64), return_inverse=True)
    slot, shape = row * len(months) + signed["start"].to_numpy(), (len(ids), len(months))
    size = len(ids) * len(months)
    starts = np.bincount(slot, weights=signed[first].to_numpy(np.float64), minlength=size).reshape(shape)
    after = np.bincount(slot, weights=signed[later].to_numpy(np.float64), minlength=size).reshape(shape)
    return pd.DataFrame(
        {
            "resource": resource,
            "resource_id": np.repeat(ids, len(months)),
            "month": np.tile(months.to_numpy(), len(ids)),
            "planned": (starts + after.cumsum(axis=1) - after).ravel(),
        }
    )


def decide(
    market: Market,
    loads: pd.DataFrame,
    waves: pd.DataFrame,
    margins: pd.DataFrame,
    assignments: pd.DataFrame,
    uncovered: pd.DataFrame,
) -> pd.DataFrame:
    """Say what the plan does with each store of the market, with the prices that decided.

    Returns
    -------
    DataFrame
        Contract `Decisions`, in the order of ``market.stores``.
    """
    reach = pd.concat(
        [
            assignments[["store_id", "site_id", "distance_km"]].astype({"site_id": "Int32"}),
            uncovered[["store_id", "distance_km"]].assign(site_id=pd.array([pd.NA] * len(uncovered), dtype="Int32")),
        ]
    )
    table = loads[["store_id", "territory_id", "value"]].merge(reach, on="store_id", how="left")
    table = table.merge(waves[["store_id", "month"]], on="store_id", how="left")
    table = table.merge(margins[["store_id", "margin", "best_month", *PRICE_COLUMNS]], on="store_id", how="left")
    status = np.select(
        [
            table["store_id"].isin(market.participants["store_id"]),
            table["month"].notna(),
            table["site_id"].isna(),
        ],
        ["participant", "signed", "uncovered"],
        "not_chosen",
    )
    return Decisions.check(table.assign(status=status).fillna(dict.fromkeys([*PRICE_COLUMNS, "margin"], 0.0)))


def plan_by_place(market: Market, decisions: pd.DataFrame, gmv_rmb: pd.Series) -> pd.DataFrame:
    """Add the plan up by place: the table to act on.

    Parameters
    ----------
    gmv_rmb : Series
        GMV at month 12 of each store in the system then, indexed by store id; 0 for the others.
    """
    stores = market.stores[["store_id", "place_id"]].merge(decisions, on="store_id")
    stores["gmv_rmb_month"] = gmv_rmb.reindex(stores["store_id"]).fillna(0.0).to_numpy()
    table = _counts(stores, "place_id").join(stores.groupby("place_id")["gmv_rmb_month"].sum())
    table["territory_id"] = stores.groupby("place_id")["territory_id"].first()
    return PlacesPlan.check(table.reset_index())


def plan_by_cell(market: Market, decisions: pd.DataFrame, potentials: pd.DataFrame) -> pd.DataFrame:
    """Add the plan up by H3 cell: what the map shows."""
    stores = market.stores[["store_id", "place_id", "h3_8"]].merge(decisions, on="store_id")
    stores = stores.merge(potentials[["store_id", "potential_rmb_month"]], on="store_id")
    table = _counts(stores, "h3_8").join(stores.groupby("h3_8")["potential_rmb_month"].sum())
    table["place_id"] = stores.groupby("h3_8")["place_id"].first()
    return CellsPlan.check(table.reset_index())


def _counts(stores: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count stores of each status and find the first month of signing, by a column."""
    counts = pd.crosstab(stores[by], stores["status"].astype(str))
    counts = counts.reindex(columns=["participant", "signed", "uncovered"], fill_value=0)
    counts.columns = ["participants", "signups", "uncovered"]
    counts.insert(0, "stores", stores.groupby(by).size())
    counts["first_month"] = stores.groupby(by)["month"].min()
    return counts
