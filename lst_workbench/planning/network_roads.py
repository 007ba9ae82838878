"""Roads of a network that an analyst knows: rivers with their crossings, or a table of road kilometres."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage import NetworkParams, road_table
from lst_workbench.runs.fingerprint import fingerprint_of_table

ROAD_TABLES = ("barriers", "crossings", "distances")


@dataclass(frozen=True)
class Roads:
    """What replaces great circle x circuity between fronts and stores.

    Parameters
    ----------
    barriers, crossings : DataFrame, optional
        Rivers and straits, and the bridges and ferries over them, as for `road_table`.
    distances : DataFrame, optional
        ``store_id``, ``site_id``, ``km``, as for `design_network`; sites are those of ``network_sites``.

    Examples
    --------
    >>> Roads(crossings=pd.DataFrame({"barrier_id": ["Yangtze"]})).tables()
    Traceback (most recent call last):
    ...
    lst_workbench.contracts.errors.InputError: the roads has a fault: crossings lead over barriers; give these too.
    """

    barriers: pd.DataFrame | None = None
    crossings: pd.DataFrame | None = None
    distances: pd.DataFrame | None = None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables that are given, by name.

        Raises
        ------
        InputError
            Barriers and distances are both given, or crossings without barriers.
        """
        if self.distances is not None and self.barriers is not None:
            raise InputError("the roads", ["distances know rivers already; give barriers or distances, not both"])
        if self.crossings is not None and self.barriers is None:
            raise InputError("the roads", ["crossings lead over barriers; give these too"])
        given = {name: getattr(self, name) for name in ROAD_TABLES}
        return {name: table for name, table in given.items() if table is not None}

    def fingerprints(self) -> dict[str, str]:
        """Say what is given, as text that differs when it does."""
        return {name: fingerprint_of_table(table) for name, table in self.tables().items()}


def roads_of(
    tables: Mapping[str, pd.DataFrame], stores: pd.DataFrame, sites: pd.DataFrame, params: NetworkParams
) -> pd.DataFrame | None:
    """Road km from stores to fronts where roads are given, for `design_network`; else None."""
    if "barriers" not in tables:
        return tables.get("distances")
    barriers = tables["barriers"]
    crossings = tables.get("crossings", pd.DataFrame({"barrier_id": [], "lat": [], "lon": []}))
    usable = sites[sites["status"].astype(str) != "forbidden"]
    return road_table(stores, usable, barriers, crossings, params)
