"""The network of a market: candidate sites at its places, what stores will move, and the design as a run folder."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import InputError, Kpis, LstError, Sites
from lst_workbench.contracts.kinds import ORIGINS, TIERS
from lst_workbench.coverage import NetworkParams, design_network
from lst_workbench.market import Market
from lst_workbench.planning.network_roads import Roads, roads_of
from lst_workbench.planning.plan import CATCHMENT_KEYS, POTENTIAL_KEYS, catchment_stage, identity_of, potential_stage
from lst_workbench.planning.wave_inputs import first_day
from lst_workbench.runs import PlanResult, Progress, RunWriter, StageOutput

NETWORK_STAGES = ("catchments", "potentials", "network")
EXISTING = ("may_close", "keep", "candidate", "forbidden")
NEW_SITE_ID = 1_000_000_000
NEW_SITES = {"front": 2_000, "city": 400, "regional": 50}
NETWORK_KEYS = (
    "network.front_radius_km", "network.slow_radius_km", "network.circuity", "network.circuity_rural",
    "network.line_haul_tkm", "network.rmb_per_m3", "network.rmb_per_tonne", "network.handling_rate",
    "network.cross_dock_share", "network.stop_rmb", "network.stop_rural_rmb", "network.van_km_rmb",
    "network.stops_tour", "network.slow_drop_rmb", "network.uncovered_share", "network.fast_share",
    "network.openings_month", "order.aov_rmb", "rollout.start_month", "rollout.active_share", "goal.stores",
    *(f"network.{tier}_{figure}_month" for tier in TIERS for figure in ("fixed_rmb", "capacity_m3")),
)  # fmt: skip


def make_network(
    market: Market,
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    promise_share: float = 0.0,
    budget_rmb_month: float | None = None,
    existing: str = "may_close",
    params: NetworkParams | None = None,
    roads: Roads | None = None,
) -> PlanResult:
    """Design the warehouses of a market and write them as a run folder.

    Parameters
    ----------
    market : Market
        Its places become candidate sites beside the sites it has.
    scenario : Scenario
        Costs, radius, goal. Every store is expected to buy what its potential says, by the share of stores that the
        goal signs and the share of these that are active.
    out : str or Path, optional
        Folder of the run; without it the network is kept in memory.
    progress : callable, optional
        Called with a `Progress` at each stage.
    promise_share, budget_rmb_month
        As for `design_network`.
    existing : {"may_close", "keep", "candidate", "forbidden"}
        What may happen to the sites that the market has: brownfield keeps them, "candidate" is greenfield.
    params : NetworkParams, optional
        Costs and tuning in place of the register's.
    roads : Roads, optional
        Rivers with their crossings, or a road table, in place of great circle x circuity on the last mile.

    Returns
    -------
    PlanResult
        Tables ``network_sites``, ``network_lanes``, ``network_stores``, ``kpis`` and ``sites``: those open, for
        `make_plan`.

    Raises
    ------
    InputError
        The market lacks stores or places, or an option is unknown.
    LstError
        No network keeps the promise: the sentence says what would.
    """
    if existing not in EXISTING:
        raise InputError("the network", [f"existing must be one of {', '.join(EXISTING)}, not {existing}"])
    here, roads = scenario.at_stores(len(market.stores)), roads or Roads()
    given = roads.tables()
    asked = {"promise_share": promise_share, "budget_rmb_month": budget_rmb_month or 0.0, "existing": existing}
    about = {"market_folder": str(Path(market.folder).resolve()) if market.folder else ""}
    identity = {
        **identity_of(market, here, 7),
        "network": {**asked, "params": str(params or ""), **roads.fingerprints()},
    }
    with RunWriter(Path(out) if out else None, identity, NETWORK_STAGES, progress, about) as run:
        known: dict[str, pd.DataFrame] = {name: market.tables[name] for name in ("stores", "cells", "sites", "places")}
        known |= {"rivals": market.rivals, **given}

        def network(tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Any]) -> StageOutput:
            return _designed(tables, figures, promise_share, budget_rmb_month, existing, params)

        def stage(name: str, make: Any, needs: str, keys: tuple[str, ...], extra: Mapping[str, Any]) -> None:
            figures = {key: here[key] for key in keys} | dict(extra)
            known.update(run.stage(name, make, {table: known[table] for table in needs.split()}, figures))

        stage("catchments", partial(catchment_stage, address=None), "stores rivals cells", CATCHMENT_KEYS, {})
        stage("potentials", potential_stage, "stores cells catchments", POTENTIAL_KEYS, {})
        needs = " ".join(["stores potentials sites places", *given])
        stage("network", network, needs, NETWORK_KEYS, identity["network"])
        return run.finish()


def network_stores(stores: pd.DataFrame, potentials: pd.DataFrame, figures: Mapping[str, Any]) -> pd.DataFrame:
    """Say what each store is expected to move a month when all are as likely to be signed."""
    share = figures["rollout.active_share"] * min(1.0, figures["goal.stores"] / len(stores))
    columns = ["store_id", "place_id", "lat", "lon", "settlement_kind"]
    table = stores[columns].merge(potentials[["store_id", "gmv_rmb_month"]], on="store_id", validate="one_to_one")
    gmv = np.maximum(share * table["gmv_rmb_month"].to_numpy(np.float64), 1e-3)
    return table.assign(
        volume_m3_month=gmv / figures["network.rmb_per_m3"], orders_month=gmv / figures["order.aov_rmb"]
    )


def candidate_sites(
    stores: pd.DataFrame, places: pd.DataFrame, sites: pd.DataFrame, figures: Mapping[str, Any], existing: str
) -> pd.DataFrame:
    """Sites that the market has, and new ones of each tier at the places with the most stores.

    A city warehouse stands at the largest place of a prefecture, a regional one at the largest of a province. Where
    the whole market would not fill one, others use it too, and it bears its share of the fixed cost.
    """
    size = stores["place_id"].value_counts()
    ranked = places.assign(stores=places["place_id"].map(size).fillna(0)).query("stores > 0")
    ranked = ranked.sort_values(["stores", "place_id"], ascending=[False, True])
    by_tier = {
        "front": ranked,
        "city": ranked.drop_duplicates("prefecture_code"),
        "regional": ranked.drop_duplicates("province_code"),
    }
    frames = [sites.assign(status=existing)]
    for number, (tier, chosen) in enumerate(by_tier.items()):
        taken = set(sites.loc[sites["tier"].astype(str) == tier, "place_id"])
        new = chosen[~chosen["place_id"].isin(taken)].head(NEW_SITES[tier]).reset_index(drop=True)
        frames.append(
            pd.DataFrame(
                {
                    "site_id": NEW_SITE_ID + 10 * np.arange(len(new)) + number,
                    "name_en": new["name_en"] + f" {tier} warehouse",
                    "name_zh": new["name_zh"] + {"front": "前置仓", "city": "城市仓", "regional": "区域仓"}[tier],
                    "tier": tier,
                    **{name: new[name] for name in ("place_id", "prefecture_code", "lat", "lon")},
                    "capacity_m3_month": figures[f"network.{tier}_capacity_m3_month"],
                    "fixed_cost_rmb_month": figures[f"network.{tier}_fixed_rmb_month"],
                    "origin": "modelled",
                    "status": "candidate",
                }
            )
        )
    table = pd.concat([frame.astype({"tier": str, "origin": str}) for frame in frames], ignore_index=True)
    filled = (stores["volume_m3_month"].sum() / table["capacity_m3_month"]).clip(upper=1.0)
    table["fixed_cost_rmb_month"] *= np.where(table["tier"] == "front", 1.0, filled)
    return table.drop(columns=["feeds_from"], errors="ignore")


def open_sites(candidates: pd.DataFrame, network: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Open sites of a network as the market's table of sites, each from the month in which it opens."""
    opened = network[network["opened"]][["site_id", "feeds_from", "opens_in_month"]]
    table = candidates.drop(columns="status").merge(opened, on="site_id", validate="one_to_one")
    phased = [start + pd.DateOffset(months=int(month) - 1) for month in table["opens_in_month"]]
    stands = table["open_month"].notna() if "open_month" in table else pd.Series(False, index=table.index)
    months = pd.Series(pd.DatetimeIndex(phased), index=table.index)
    table["open_month"] = table["open_month"].where(stands, months) if "open_month" in table else months
    table["tier"] = pd.Categorical(table["tier"], TIERS)
    table["origin"] = pd.Categorical(table["origin"], ORIGINS)
    return Sites.check(table.drop(columns="opens_in_month").sort_values("site_id", ignore_index=True))


def _designed(
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, Any],
    promise_share: float,
    budget_rmb_month: float | None,
    existing: str,
    params: NetworkParams | None,
) -> StageOutput:
    stores = network_stores(tables["stores"], tables["potentials"], figures)
    sites = candidate_sites(stores, tables["places"], tables["sites"], figures, existing)
    params = params or NetworkParams.of(figures)
    result = design_network(
        stores,
        sites,
        params,
        promise_share=promise_share,
        budget_rmb_month=budget_rmb_month,
        openings_month=int(figures["network.openings_month"]),
        distances=roads_of(tables, stores, sites, params),
    )
    if result.certificate.reason:
        raise LstError(f"There is no such network: {result.certificate.reason}.")
    named = sites[["site_id", "name_en", "name_zh", "place_id"]]
    network = result.tables["network_sites"].merge(named, on="site_id", validate="one_to_one")
    opened = open_sites(sites, network, first_day(figures["rollout.start_month"]))
    orders = float(stores["orders_month"].sum())
    kpis = {**result.figures, "cost_rmb_order": result.figures["cost_rmb_month"] / orders}
    table = pd.DataFrame({"name": list(kpis), "value": list(kpis.values())})
    units = table["name"].map(lambda name: "RMB" if "rmb" in name else "share" if "share" in name else "count")
    table = table.assign(unit=units, goal=np.nan, register_key="network.front_radius_km")
    made = {**result.tables, "network_sites": network, "sites": opened, "kpis": Kpis.check(table)}
    return StageOutput(made, result.certificate)
