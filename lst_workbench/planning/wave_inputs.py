"""Hand-over from market and scenario to the rollout model: who may be signed, with what, under which capacities."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.planning import objective
from lst_workbench.planning.conditions import grouped

Tables = Mapping[str, pd.DataFrame]
Figures = Mapping[str, float]
FRONT_CAPACITY = "network.front_capacity_m3_month"
FRONT_CAPACITY_REGISTERED = f"{FRONT_CAPACITY} as registered"
KEYS = (
    *objective.KEYS, "rollout.start_month", "field.reps", "field.reps_hired_month", "field.visits_day",
    "field.working_days", "field.working_days_festival", "field.festival_month", "field.visits_per_signup",
    "field.care_visits_month", FRONT_CAPACITY, FRONT_CAPACITY_REGISTERED, "network.rmb_per_m3",
    "capital.working_rmb", "capital.credit_share", "capital.stock_days", "capital.days_month", "credit.term_days",
)  # fmt: skip


def first_day(yyyymm: float) -> pd.Timestamp:
    """First day of a month kept as year and month.

    Examples
    --------
    >>> first_day(201709.0)
    Timestamp('2017-09-01 00:00:00')
    """
    return pd.Timestamp(f"{yyyymm:.0f}01")


def months_of(figures: Figures) -> pd.DatetimeIndex:
    """Months of the plan, each its first day."""
    start = first_day(figures["rollout.start_month"])
    return pd.date_range(start, periods=int(figures["rollout.months"]), freq="MS", unit="us")


def reps_by_month(figures: Figures) -> np.ndarray:
    """Reps in the field in each month: those of the first one, and as many more each month as are hired.

    Examples
    --------
    >>> reps_by_month({"field.reps": 2000.0, "field.reps_hired_month": 50.0, "rollout.months": 3.0}).tolist()
    [2000.0, 2050.0, 2100.0]
    """
    return figures["field.reps"] + figures["field.reps_hired_month"] * np.arange(int(figures["rollout.months"]))


def wave_inputs(tables: Tables, figures: Figures) -> dict[str, pd.DataFrame]:
    """Turn the market at hand into the tables that `plan_waves` takes, and say what is taken before it starts.

    Stores already in the system take care visits, throughput and capital in every month, in full: those who close
    are not taken off, so that the plan leans to the safe side. What they take is subtracted from the capacities; where
    it is more than there is, nothing is left for the plan.

    Parameters
    ----------
    tables : mapping
        ``stores``, ``territories``, ``sites``, ``participants``, ``potentials``, ``assignments``; of a plan with
        conditions also ``store_groups``, ``quotas``, ``shares`` and ``left_out``.
    figures : mapping
        `KEYS`, at the scale of the market.

    Returns
    -------
    dict
        ``wave_stores``, ``territory_months``, ``warehouse_months``, ``plan_months`` (contracts of these names) and
        ``base_loads``: resource, resource_id, month, capacity, base_load; ``quotas`` and ``shares`` where
        there are any.
    """
    months = months_of(figures)
    loads, worth = store_loads(tables, figures)
    limits: dict[str, pd.DataFrame] = {}
    if "store_groups" in tables:
        loads, quotas = grouped(loads, tables)
        limits = {"quotas": quotas, "shares": tables["shares"]}
    joined = loads["store_id"].isin(tables["participants"]["store_id"])
    served = loads["warehouse_id"].notna()
    base_loads = pd.concat(
        [
            _visits(tables, figures, months, loads[joined]),
            _throughput(tables["sites"], figures, months, loads[joined & served]),
            _capital(figures, months, loads[joined]),
        ],
        ignore_index=True,
    )
    open_ = ~joined & served & ~loads["store_id"].isin(tables["left_out"]["store_id"] if limits else [])
    left = base_loads.assign(left=(base_loads["capacity"] - base_loads["base_load"]).clip(lower=0.0))
    plan_months = _left_of(left, "capital_rmb", capital_rmb="left")
    return {
        "wave_stores": loads[open_].astype({"warehouse_id": np.int64}).reset_index(drop=True),
        "territory_months": _left_of(left, "visits", territory_id="resource_id", visits="left"),
        "warehouse_months": _left_of(left, "volume_m3", warehouse_id="resource_id", capacity_m3="left"),
        "plan_months": plan_months.assign(value_factor=worth.factor, start_value=worth.start),
        "base_loads": base_loads,
        **limits,
    }


def store_loads(tables: Tables, figures: Figures) -> tuple[pd.DataFrame, objective.Worth]:
    """Say what each store brings and uses, as in `WaveStores`; ``warehouse_id`` is empty where none reaches it.

    What a start is worth is told by `objective.worth_of_starts`, which is returned too. Volume and capital are
    expected ones, the active share of a month's GMV: volume by value density, capital by the days that
    credit and stock tie money up, GMV x (credit share x credit days + stock days) / days of a month.
    """
    stores = (
        tables["stores"][["store_id", "place_id"]]
        .merge(tables["territories"][["place_id", "territory_id"]], on="place_id", how="left")
        .merge(tables["potentials"][["store_id", "gmv_rmb_month"]], on="store_id", how="left")
        .merge(tables["assignments"][["store_id", "site_id"]], on="store_id", how="left")
    )
    gmv = stores["gmv_rmb_month"].to_numpy(np.float64)
    active_gmv = figures["rollout.active_share"] * gmv
    tied_days = figures["capital.credit_share"] * figures["credit.term_days"] + figures["capital.stock_days"]
    worth = objective.worth_of_starts(tables["stores"]["settlement_kind"], gmv, figures)
    loads = pd.DataFrame(
        {
            "store_id": stores["store_id"],
            "territory_id": stores["territory_id"],
            "warehouse_id": stores["site_id"].astype("Int64"),
            "value": worth.value,
            "p_sign": 1.0,
            "visits_signup": figures["field.visits_per_signup"],
            "visits_care": figures["field.care_visits_month"],
            "volume_m3_month": active_gmv / figures["network.rmb_per_m3"],
            "capital_rmb": active_gmv * tied_days / figures["capital.days_month"],
        }
    )
    return loads, worth


def _visits(tables: Tables, figures: Figures, months: pd.DatetimeIndex, joined: pd.DataFrame) -> pd.DataFrame:
    """Visits by territory: reps are spread in proportion to stores; the festival month is short."""
    territory_of = tables["territories"].set_index("place_id")["territory_id"]
    share = tables["stores"]["place_id"].map(territory_of).value_counts(normalize=True).sort_index()
    festival = months == first_day(figures["field.festival_month"])
    days = np.where(festival, figures["field.working_days_festival"], figures["field.working_days"])
    visits = reps_by_month(figures) * figures["field.visits_day"] * days
    base = joined.groupby("territory_id")["visits_care"].sum().reindex(share.index, fill_value=0.0)
    return _spread("visits", share.index, months, np.outer(share.to_numpy(), visits), base)


def _throughput(sites: pd.DataFrame, figures: Figures, months: pd.DatetimeIndex, joined: pd.DataFrame) -> pd.DataFrame:
    """Throughput by front warehouse; nothing before it opens.

    Sites carry their own capacity; a scenario that moves the register's figure for it moves all of them alike.
    """
    fronts = sites[sites["tier"] == "front"].sort_values("site_id")
    is_open = fronts["open_month"].to_numpy()[:, None] <= months.to_numpy()[None, :]
    factor = figures[FRONT_CAPACITY] / figures[FRONT_CAPACITY_REGISTERED]
    capacity = fronts["capacity_m3_month"].to_numpy()[:, None] * is_open * factor
    base = joined.groupby("warehouse_id")["volume_m3_month"].sum().reindex(fronts["site_id"], fill_value=0.0)
    return _spread("volume_m3", pd.Index(fronts["site_id"]), months, capacity, base)


def _capital(figures: Figures, months: pd.DatetimeIndex, joined: pd.DataFrame) -> pd.DataFrame:
    capacity = np.full((1, len(months)), figures["capital.working_rmb"])
    return _spread("capital_rmb", pd.Index([0]), months, capacity, pd.Series([joined["capital_rmb"].sum()]))


def _spread(
    resource: str, ids: pd.Index, months: pd.DatetimeIndex, capacity: np.ndarray, base: pd.Series
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "resource": resource,
            "resource_id": np.repeat(ids.to_numpy(np.int64), len(months)),
            "month": np.tile(months.to_numpy(), len(ids)),
            "capacity": np.asarray(capacity, np.float64).ravel(),
            "base_load": np.repeat(base.to_numpy(np.float64), len(months)),
        }
    )


def _left_of(left: pd.DataFrame, resource: str, **renamed: str) -> pd.DataFrame:
    """Rows of one resource: its month, and columns by their new names."""
    rows = left[left["resource"] == resource].reset_index(drop=True)
    return pd.DataFrame({new: rows[old] for new, old in renamed.items()}).assign(month=rows["month"])
