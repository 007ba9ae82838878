"""Each store to its nearest front warehouse within the service radius."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import Assignments, InputError, Uncovered, doubled_rows
from lst_workbench.geo import nearest

FRONT = "front"


@dataclass(frozen=True)
class AssignmentResult:
    """Who is served from where, and who is out of reach.

    Attributes
    ----------
    tables : dict
        ``assignments`` (contract `Assignments`) and ``uncovered`` (contract `Uncovered`).
    """

    tables: dict[str, pd.DataFrame]

    def kpis(self) -> dict[str, float]:
        """Count stores served and not, and give the radius that would reach them all."""
        served, left = self.tables["assignments"], self.tables["uncovered"]
        farthest = pd.concat([served["distance_km"], left["distance_km"]]).max()
        stores = len(served) + len(left)
        return {
            "stores_covered": float(len(served)),
            "stores_uncovered": float(len(left)),
            "covered_share": len(served) / stores if stores else 1.0,
            "radius_to_cover_all_km": float(farthest) if stores else 0.0,
            "mean_distance_km": float(served["distance_km"].mean()) if len(served) else 0.0,
        }


def assign_stores(stores: pd.DataFrame, sites: pd.DataFrame, radius_km: float, circuity: float) -> AssignmentResult:
    """Assign every store to the nearest front warehouse, where that lies within the service radius.

    Parameters
    ----------
    stores : DataFrame
        ``store_id``, ``lat``, ``lon``.
    sites : DataFrame
        ``site_id``, ``lat``, ``lon``, and ``tier`` where there are others than front warehouses. Capacities and opening
        months are the planner's matter.
    radius_km : float
        Service radius over the road; a store exactly at the radius is served.
    circuity : float
        Road kilometres for each kilometre of great circle, at least 1.

    Returns
    -------
    AssignmentResult
        Equally near warehouses: the one with the lower id serves. Uncovered stores are listed with the nearest
        warehouse and the radius that would cover them.

    Raises
    ------
    InputError
        No front warehouse, a column missing, coordinates empty or off the globe, or a senseless radius or circuity.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "lat": [29.71, 29.71], "lon": [118.32, 119.30]})
    >>> sites = pd.DataFrame({"site_id": [7], "lat": [29.71], "lon": [118.31]})
    >>> result = assign_stores(stores, sites, radius_km=40, circuity=1.3)
    >>> result.tables["assignments"][["store_id", "site_id"]].values.tolist()
    [[1, 7]]
    >>> result.tables["uncovered"]["distance_km"].round().tolist()
    [124.0]
    """
    fronts = sites[sites["tier"].astype(str) == FRONT] if "tier" in sites else sites
    if faults := _faults(stores, fronts, radius_km, circuity):
        raise InputError("the assignment of stores to warehouses", faults)
    fronts = fronts.sort_values("site_id", ignore_index=True)  # of equally near ones `nearest` takes the first
    found, straight_km = nearest(stores["lat"], stores["lon"], fronts["lat"], fronts["lon"])
    table = pd.DataFrame(
        {
            "store_id": stores["store_id"].to_numpy(),
            "site_id": fronts["site_id"].to_numpy()[found],
            "distance_km": straight_km * circuity,
        }
    )
    served = (table["distance_km"] <= radius_km).to_numpy()
    uncovered = table[~served].rename(columns={"site_id": "nearest_site_id"})
    return AssignmentResult(
        {
            "assignments": Assignments.check(table[served].reset_index(drop=True)),
            "uncovered": Uncovered.check(uncovered.reset_index(drop=True)),
        }
    )


def _faults(stores: pd.DataFrame, fronts: pd.DataFrame, radius_km: float, circuity: float) -> list[str]:
    faults = _faults_of("stores", "store_id", stores) + _faults_of("sites", "site_id", fronts)
    if fronts.empty:
        faults.append("there is no front warehouse; give at least one site of tier front")
    if not 0 < radius_km < math.inf:
        faults.append(f"radius_km must be more than 0, not {radius_km}")
    if not 1 <= circuity < math.inf:
        faults.append(f"circuity must be at least 1, not {circuity}")
    return faults


def _faults_of(name: str, key: str, table: pd.DataFrame) -> list[str]:
    if missing := [column for column in (key, "lat", "lon") if column not in table]:
        return [f"{name} lack the column {', '.join(missing)}"]
    faults = []
    if (doubled := doubled_rows(table, [key])).any():
        faults.append(
            f"{name}.{key} must be unique ({doubled.sum():,} repeated, first {table.loc[doubled, key].iloc[0]})"
        )
    for column, bound in (("lat", 90), ("lon", 180)):
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
        wrong = ~(np.abs(values) <= bound)
        if wrong.any():
            at = table[key].iloc[int(np.argmax(wrong))]
            said = f"({wrong.sum():,} rows are not, first {key} {at})"
            faults.append(f"{name}.{column} must be between -{bound} and {bound} {said}")
    return faults
