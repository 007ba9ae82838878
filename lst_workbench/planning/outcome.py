"""What a plan comes to: capacities used, a decision per store, and the tables that people read."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.contracts import Capacities, CellsPlan, Decisions, Dots, GroupsPlan, PlaceMonths, PlacesPlan
from lst_workbench.contracts.fairness_prices import GROUPS
from lst_workbench.contracts.kinds import RURAL
from lst_workbench.geo import DOT_PARTICIPANT, DOT_UNCOVERED, haversine_km, morton, on_web_map
from lst_workbench.planning.groups import POOR, SMALL, members, poor_places
from lst_workbench.planning.objective import order_costs
from lst_workbench.planning.wave_inputs import months_of
from lst_workbench.rollout.curve import monthly_survival, plan_curve
from lst_workbench.rollout.economics import order_economics

Tables = Mapping[str, pd.DataFrame]
Figures = Mapping[str, float]
TIERS_BELOW_REGIONAL = 2
PRICE_COLUMNS = ["visits_price", "volume_price", "capital_price"]
KEYS = (
    "rollout.start_month", "rollout.months", "rollout.active_share", "store.closure_year", "order.aov_rmb",
    "econ.take_rate", "econ.first_party_margin", "econ.first_party_share", "network.handling_rate",
    "network.line_haul_tkm", "network.line_haul_km", "network.circuity", "network.rmb_per_tonne", "network.drop_cost",
    "network.drop_cost_rural", SMALL, POOR,
)  # fmt: skip


def outcome(tables: Tables, figures: Figures) -> dict[str, pd.DataFrame]:
    """Add the plan up: by capacity, store, month, order, place and cell.

    Parameters
    ----------
    tables : mapping
        Tables of the market and of the stages before, by name.
    figures : mapping
        `KEYS`, at the scale of the market.

    Returns
    -------
    dict
        ``capacities``, ``decisions``, ``curve``, ``economics``, ``places_plan``, ``cells_plan``, ``groups_plan``;
        ``place_months``: sign-ups by place_id and month; ``dots``: every store as a point of a web map
        (`geo.on_web_map`) with what the plan does with it, near ones in near rows.
    """
    decisions = decide(tables)
    gmv_rmb = gmv_at_the_end(decisions, tables["potentials"], figures)
    haul_km = line_haul_km(tables["sites"], tables["assignments"], gmv_rmb, figures)
    economics = order_economics(order_costs(figures, haul_km), rural_share(tables["stores"], gmv_rmb))
    of = economics.set_index("item")["value"]
    return {
        "capacities": capacities_used(tables),
        "decisions": decisions,
        "curve": plan_curve(
            tables["waves"],
            months_of(figures),
            tables["participants"]["store_id"],
            tables["potentials"].set_index("store_id")["gmv_rmb_month"],
            survival=monthly_survival(figures["store.closure_year"]),
            active_share=figures["rollout.active_share"],
            contribution_share=of["contribution_rmb_order"] / of["order_rmb"],
        ),
        "economics": economics,
        "places_plan": plan_by_place(tables["stores"], decisions, gmv_rmb),
        "cells_plan": plan_by_cell(tables["stores"], decisions, tables["potentials"]),
        "groups_plan": plan_by_group(tables, decisions, figures),
        "place_months": signups_by_place(tables["stores"], decisions),
        "dots": dots(tables["stores"], decisions, months_of(figures)),
    }


def capacities_used(tables: Tables) -> pd.DataFrame:
    """Every capacity with what the base load and the plan take of it, and its shadow price.

    Returns
    -------
    DataFrame
        Contract `Capacities`. ``used`` is above ``capacity`` only where the base load alone is.
    """
    months = pd.DatetimeIndex(tables["plan_months"]["month"])
    signed = tables["waves"].merge(tables["wave_stores"], on="store_id", validate="one_to_one")
    signed["start"] = months.get_indexer(pd.DatetimeIndex(signed["month"]))
    planned = pd.concat(
        [
            _planned("visits", signed, "territory_id", "visits_signup", "visits_care", months),
            _planned("volume_m3", signed, "warehouse_id", "volume_m3_month", "volume_m3_month", months),
            _planned("capital_rmb", signed.assign(whole=0), "whole", "capital_rmb", "capital_rmb", months),
        ]
    )
    keys = ["resource", "resource_id", "month"]
    prices = tables["prices"][[*keys, "shadow_price"]]
    table = tables["base_loads"].merge(planned, on=keys, how="left").merge(prices, on=keys, how="left")
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


def decide(tables: Tables) -> pd.DataFrame:
    """Say what the plan does with each store of the market, with the prices that decided.

    Returns
    -------
    DataFrame
        Contract `Decisions`, in the order of ``stores``.
    """
    assigned = tables["assignments"][["store_id", "site_id", "distance_km"]].astype({"site_id": "Int32"})
    out_of_reach = tables["uncovered"][["store_id", "distance_km"]]
    stores = (
        tables["stores"][["store_id", "place_id"]]
        .merge(tables["territories"][["place_id", "territory_id"]], on="place_id", how="left")
        .merge(pd.concat([assigned, out_of_reach]), on="store_id", how="left")
        .merge(tables["wave_stores"][["store_id", "value"]], on="store_id", how="left")
        .merge(tables["waves"][["store_id", "month"]], on="store_id", how="left")
        .merge(tables["margins"][["store_id", "margin", "best_month", *PRICE_COLUMNS]], on="store_id", how="left")
    )
    status = np.select(
        [
            stores["store_id"].isin(tables["participants"]["store_id"]),
            stores["month"].notna(),
            stores["site_id"].isna(),
        ],
        ["participant", "signed", "uncovered"],
        "not_chosen",
    )
    nothing = dict.fromkeys([*PRICE_COLUMNS, "value", "margin"], 0.0)
    return Decisions.check(stores.drop(columns="place_id").assign(status=status).fillna(nothing))


def gmv_at_the_end(decisions: pd.DataFrame, potentials: pd.DataFrame, figures: Figures) -> pd.Series:
    """Return expected GMV in the last month by store id, closures taken off; 0 for stores outside the system."""
    months = months_of(figures)
    gmv = potentials.set_index("store_id")["gmv_rmb_month"].reindex(decisions["store_id"]).to_numpy(np.float64)
    survival = monthly_survival(figures["store.closure_year"])
    start = months.get_indexer(pd.DatetimeIndex(decisions["month"])).astype(np.float64)
    closed_over = np.where(decisions["status"] == "participant", len(months), len(months) - 1 - start)
    inside = decisions["status"].isin(["participant", "signed"]).to_numpy()
    expected = np.where(inside, figures["rollout.active_share"] * gmv * survival**closed_over, 0.0)
    return pd.Series(expected, index=pd.Index(decisions["store_id"], name="store_id"))


def line_haul_km(sites: pd.DataFrame, assignments: pd.DataFrame, gmv_rmb: pd.Series, figures: Figures) -> float:
    """Mean road distance of goods from the regional warehouse, through the city's, to the front, weighted by GMV.

    A front whose supply is not traced to a regional warehouse counts with the register's ``network.line_haul_km``.
    """
    km_of = upstream_km(sites, figures["network.circuity"]).fillna(figures["network.line_haul_km"])
    weights = gmv_rmb.reindex(assignments["store_id"]).to_numpy()
    if not weights.sum() > 0:
        return float(figures["network.line_haul_km"])
    return float(np.average(km_of.reindex(assignments["site_id"]), weights=weights))


def upstream_km(sites: pd.DataFrame, circuity: float) -> pd.Series:
    """Road distance from each site up to its regional warehouse, by site id; empty where it is not traced."""
    by_id = sites.set_index("site_id")[["tier", "lat", "lon", "feeds_from"]]
    above = by_id.reindex(by_id["feeds_from"])
    lane = pd.Series(haversine_km(by_id["lat"], by_id["lon"], above["lat"], above["lon"]) * circuity, by_id.index)
    km = pd.Series(np.where(by_id["tier"] == "regional", 0.0, np.nan), by_id.index)
    for _ in range(TIERS_BELOW_REGIONAL):
        km = km.fillna(lane + km.reindex(by_id["feeds_from"]).to_numpy())
    return km


def rural_share(stores: pd.DataFrame, gmv_rmb: pd.Series) -> float:
    """Return the share of orders that go to townships and villages; of stores, where nobody orders."""
    rural = stores["settlement_kind"].isin(RURAL).to_numpy(np.float64)
    orders = gmv_rmb.reindex(stores["store_id"]).to_numpy(np.float64)
    return float(np.average(rural, weights=orders if orders.sum() > 0 else None))


def plan_by_place(stores: pd.DataFrame, decisions: pd.DataFrame, gmv_rmb: pd.Series) -> pd.DataFrame:
    """Add the plan up by place: the table to act on."""
    joined = stores[["store_id", "place_id"]].merge(decisions, on="store_id")
    joined["gmv_rmb_month"] = gmv_rmb.reindex(joined["store_id"]).to_numpy()
    by_place = joined.groupby("place_id")
    table = _counts(joined, "place_id")
    table["gmv_rmb_month"] = by_place["gmv_rmb_month"].sum()
    table["territory_id"] = by_place["territory_id"].first()
    return PlacesPlan.check(table.reset_index())


def plan_by_group(tables: Tables, decisions: pd.DataFrame, figures: Figures) -> pd.DataFrame:
    """Count who there is and who is signed, by group of shops and in all."""
    stores = tables["stores"]
    poor = poor_places(tables["places"], tables["cells"], figures[POOR])
    status = decisions.set_index("store_id")["status"].reindex(stores["store_id"])
    inside = {group: members(stores, group, figures[SMALL]).to_numpy() for group in GROUPS}
    inside["poor"] = stores["place_id"].map(poor).to_numpy(bool)
    rows = [
        {
            "group": group,
            "stores": int(belongs.sum()),
            "participants": int((belongs & (status == "participant").to_numpy()).sum()),
            "uncovered": int((belongs & (status == "uncovered").to_numpy()).sum()),
            "signups": int((belongs & (status == "signed").to_numpy()).sum()),
        }
        for group, belongs in {**inside, "all": np.ones(len(stores), bool)}.items()
    ]
    return GroupsPlan.check(pd.DataFrame(rows))


def signups_by_place(stores: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """Count sign-ups by place and month; pairs without any are left out."""
    place = stores.set_index("store_id")["place_id"].reindex(decisions["store_id"]).to_numpy()
    counted = decisions.groupby([place, "month"]).size()
    return PlaceMonths.check(counted.rename_axis(["place_id", "month"]).rename("signups").reset_index())


def dots(stores: pd.DataFrame, decisions: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    """Lay every store out as a dot: x, y on a web map of 2^32 units, and ``step``.

    ``step`` is the number of the month of signing from 1; 0 for stores not chosen, `DOT_PARTICIPANT`, `DOT_UNCOVERED`.
    Rows follow the curve of Morton, so that a window of the map lies in few pieces of the file.
    """
    at = stores.set_index("store_id")[["lat", "lon"]].reindex(decisions["store_id"])
    x, y = on_web_map(at["lat"], at["lon"])
    step = (months.get_indexer(pd.DatetimeIndex(decisions["month"])) + 1).astype(np.uint8)
    step[(decisions["status"] == "participant").to_numpy()] = DOT_PARTICIPANT
    step[(decisions["status"] == "uncovered").to_numpy()] = DOT_UNCOVERED
    table = pd.DataFrame({"x": x, "y": y, "step": step, "store_id": decisions["store_id"].to_numpy()})
    return Dots.check(table.take(np.argsort(morton(x, y), kind="stable")).reset_index(drop=True))


def plan_by_cell(stores: pd.DataFrame, decisions: pd.DataFrame, potentials: pd.DataFrame) -> pd.DataFrame:
    """Add the plan up by H3 cell: what the map shows."""
    joined = stores[["store_id", "place_id", "h3_8"]].merge(decisions, on="store_id")
    joined = joined.merge(potentials[["store_id", "potential_rmb_month"]], on="store_id")
    by_cell = joined.groupby("h3_8")
    table = _counts(joined, "h3_8")
    table["potential_rmb_month"] = by_cell["potential_rmb_month"].sum()
    table["place_id"] = by_cell["place_id"].first()
    return CellsPlan.check(table.reset_index())


def _counts(stores: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count the stores of each status, and find the first month of signing, by a column."""
    groups = stores.groupby(by)
    names = {"participants": "participant", "signups": "signed", "uncovered": "uncovered"}
    counts = {name: (stores["status"] == status).groupby(stores[by]).sum() for name, status in names.items()}
    return pd.DataFrame({"stores": groups.size(), **counts, "first_month": groups["month"].min()})
