"""How real a market looks: figures of the realism report, each with the range it should lie in."""

import numpy as np
import pandas as pd

from lst_workbench.market.bundle import Market


def check_market(market: Market) -> pd.DataFrame:
    """Figures that say whether a market is plausible.

    Parameters
    ----------
    market : Market
        Any market; figures that need several provinces are given for what is there.

    Returns
    -------
    DataFrame
        figure, value, unit, low, high, in_range (empty where no range applies).

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> report = check_market(read_market(data_folder() / "sample")).set_index("figure")
    >>> bool(report.at["people_per_store", "in_range"])
    True
    """
    rows = [*_totals(market), *_mix(market), *_order(market)]
    report = pd.DataFrame(rows, columns=["figure", "value", "unit", "low", "high"])
    inside = (report["value"] >= report["low"].fillna(-np.inf)) & (report["value"] <= report["high"].fillna(np.inf))
    report["in_range"] = inside.astype("boolean").mask(report["low"].isna() & report["high"].isna())
    return report


Row = tuple[str, float, str, float | None, float | None]


def _totals(market: Market) -> list[Row]:
    people, stores = float(market.cells["people"].astype("float64").sum()), len(market.stores)
    by_prefecture = market.cells.groupby("prefecture_code")["people"].sum()
    stores_by = market.stores.groupby("prefecture_code").size()
    largest = by_prefecture.nlargest(200).index
    return [
        ("people", people, "people", None, None),
        ("stores", stores, "stores", None, None),
        ("people_per_store", people / stores, "people/store", 190.0, 323.0),
        ("places_synthetic_share", float((market.places["origin"] == "synthetic").mean()), "share", None, None),
        ("stores_in_200_largest_prefectures_share", stores_by.reindex(largest).sum() / stores, "share", None, None),
        ("participants_share", len(market.participants) / stores, "share", None, None),
    ]


def _mix(market: Market) -> list[Row]:
    kinds = market.stores["settlement_kind"].value_counts(normalize=True)
    people = market.cells.groupby("settlement_kind", observed=False)["people"].sum()
    rows: list[Row] = [(f"stores_{kind}_share", float(share), "share", None, None) for kind, share in kinds.items()]
    rows += [(f"people_{kind}_share", float(p / people.sum()), "share", None, None) for kind, p in people.items()]
    area = market.stores["area_m2"]
    rows.append(("area_mean_m2", float(area.mean()), "m2", 20.0, 100.0))
    rows.append(("people_densest_cell_km2", float(market.cells["people"].max()) / 0.737, "people/km2", None, 60_000.0))
    return rows


def _order(market: Market) -> list[Row]:
    """Whether participants look self-selected, and whether people and stores lie where the tables say."""
    taken = market.stores["store_id"].isin(market.participants["store_id"])
    area = market.stores["area_m2"]
    ratio = float(area[taken].mean() / area[~taken].mean()) if taken.any() and not taken.all() else float("nan")
    placed = market.places["people"].sum() / market.cells["people"].astype("float64").sum()
    return [
        ("participants_area_ratio", ratio, "ratio", None, None),
        ("people_of_places_over_cells", float(placed), "ratio", 0.9999, 1.0001),
    ]
