"""Hand-over from the market and the scenario to the rollout model: who may be signed, and with what."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import PlanMonths, TerritoryMonths, WarehouseMonths, WaveStores
from lst_workbench.market import Market
from lst_workbench.rollout import monthly_survival


@dataclass(frozen=True)
class SolverTables:
    """What `plan_waves` takes, and the loads of stores already in the system that were taken off before.

    Attributes
    ----------
    stores, territories, warehouses, months : DataFrame
        Contracts `WaveStores`, `TerritoryMonths`, `WarehouseMonths`, `PlanMonths`.
    capacities : DataFrame
        ``resource``, ``resource_id``, ``month``, ``capacity``, ``base_load``: before anything is planned.
    """

    stores: pd.DataFrame
    territories: pd.DataFrame
    warehouses: pd.DataFrame
    months: pd.DataFrame
    capacities: pd.DataFrame


def plan_months(scenario: Scenario) -> pd.DatetimeIndex:
    """Months of the plan, each its first day."""
    return pd.date_range(scenario.month("rollout.start_month"), periods=int(scenario["rollout.months"]), freq="MS")


def solver_tables(
    market: Market, scenario: Scenario, potentials: pd.DataFrame, assignments: pd.DataFrame
) -> SolverTables:
    """Turn the market at hand into the tables of the rollout model.

    `scenario` is already at the market's scale. Participants load care visits, throughput and capital from month 1
    on, in full: those who close are not taken off, so the plan leans to the safe side.

    Returns
    -------
    SolverTables
    """
    months = plan_months(scenario)
    loads = store_loads(market, scenario, potentials, assignments)
    joined = loads["store_id"].isin(market.participants["store_id"])
    served = loads["warehouse_id"] >= 0
    capacities = pd.concat(
        [
            _visits(market, scenario, months, loads[joined]),
            _throughput(market, scenario, months, loads[joined & served]),
            _capital(scenario, months, loads[joined]),
        ],
        ignore_index=True,
    )
    left = capacities.assign(left=(capacities["capacity"] - capacities["base_load"]).clip(lower=0.0))
    survival = monthly_survival(scenario["store.closure_year"])
    value_factor = survival ** np.arange(len(months) - 1, -1, -1)
    return SolverTables(
        stores=WaveStores.check(loads[~joined & served].reset_index(drop=True)),
        territories=TerritoryMonths.check(_of(left, "visits", "territory_id", "visits")),
        warehouses=WarehouseMonths.check(_of(left, "volume_m3", "warehouse_id", "capacity_m3")),
        months=PlanMonths.check(
            _of(left, "capital_rmb", "none", "capital_rmb")[["month", "capital_rmb"]].assign(value_factor=value_factor)
        ),
        capacities=capacities,
    )


def store_loads(
    market: Market, scenario: Scenario, potentials: pd.DataFrame, assignments: pd.DataFrame
) -> pd.DataFrame:
    """Say what each store brings and uses, in the columns of `WaveStores`; ``warehouse_id`` -1 where none reaches it.

    value = active share × (1 + tie weight × GMV / mean GMV); volume and capital are expected ones: the active share
    of a month's GMV, by value density and by the days that credit and stock tie money up.
    """
    stores = market.stores[["store_id", "place_id"]].merge(
        market.territories[["place_id", "territory_id"]], on="place_id", how="left", validate="many_to_one"
    )
    stores = stores.merge(potentials[["store_id", "gmv_rmb_month"]], on="store_id", how="left")
    stores = stores.merge(assignments[["store_id", "site_id"]], on="store_id", how="left")
    gmv = stores["gmv_rmb_month"].to_numpy(np.float64)
    expected_gmv = scenario["rollout.active_share"] * gmv
    tied_days = scenario["capital.credit_share"] * scenario["credit.term_days"] + scenario["capital.stock_days"]
    ties = scenario["rollout.tie_weight"] * gmv / max(float(gmv.mean()), 1.0)
    return pd.DataFrame(
        {
            "store_id": stores["store_id"],
            "territory_id": stores["territory_id"],
            "warehouse_id": stores["site_id"].fillna(-1).astype(np.int64),
            "value": scenario["rollout.active_share"] * (1.0 + ties),
            "p_sign": 1.0,
            "visits_signup": scenario["field.visits_per_signup"],
            "visits_care": scenario["field.care_visits_month"],
            "volume_m3_month": expected_gmv / scenario["network.rmb_per_m3"],
            "capital_rmb": expected_gmv * tied_days / scenario["capital.days_month"],
        }
    )


def _visits(market: Market, scenario: Scenario, months: pd.DatetimeIndex, joined: pd.DataFrame) -> pd.DataFrame:
    """Visits by territory: reps are spread in proportion to stores; the festival month is short."""
    territory_of = market.territories.set_index("place_id")["territory_id"]
    share = market.stores["place_id"].map(territory_of).value_counts(normalize=True).sort_index()
    festival = months == scenario.month("field.festival_month")
    days = np.where(festival, scenario["field.working_days_festival"], scenario["field.working_days"])
    visits = scenario["field.reps"] * scenario["field.visits_day"] * days
    base = joined.groupby("territory_id")["visits_care"].sum().reindex(share.index, fill_value=0.0)
    return _spread("visits", share.index, months, np.outer(share.to_numpy(), visits), base.to_numpy())


def _throughput(market: Market, scenario: Scenario, months: pd.DatetimeIndex, joined: pd.DataFrame) -> pd.DataFrame:
    """Throughput by front warehouse; nothing before it opens.

    Sites carry their capacity at the register's figure; a scenario that moves the figure moves them alike.
    """
    key = "network.front_capacity_m3_month"
    factor = scenario[key] / scenario.figures[key].value
    fronts = market.sites[market.sites["tier"] == "front"].sort_values("site_id")
    is_open = fronts["open_month"].to_numpy()[:, None] <= months.to_numpy()[None, :]
    capacity = fronts["capacity_m3_month"].to_numpy()[:, None] * is_open * factor
    base = joined.groupby("warehouse_id")["volume_m3_month"].sum().reindex(fronts["site_id"], fill_value=0.0)
    return _spread("volume_m3", pd.Index(fronts["site_id"]), months, capacity, base.to_numpy())


def _capital(scenario: Scenario, months: pd.DatetimeIndex, joined: pd.DataFrame) -> pd.DataFrame:
    capacity = np.full((1, len(months)), scenario["capital.working_rmb"])
    return _spread("capital_rmb", pd.Index([0]), months, capacity, np.array([joined["capital_rmb"].sum()]))


def _spread(
    resource: str, ids: pd.Index, months: pd.DatetimeIndex, capacity: np.ndarray, base: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "resource": resource,
            "resource_id": np.repeat(ids.to_numpy(np.int64), len(months)),
            "month": np.tile(months.to_numpy(), len(ids)),
            "capacity": np.asarray(capacity, np.float64).ravel(),
            "base_load": np.repeat(base, len(months)),
        }
    )


def _of(capacities: pd.DataFrame, resource: str, id_name: str, left_name: str) -> pd.DataFrame:
    rows = capacities[capacities["resource"] == resource].reset_index(drop=True)
    return rows.rename(columns={"resource_id": id_name, "left": left_name})[[id_name, "month", left_name]]
