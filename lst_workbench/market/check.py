"""How real a market looks: figures of the realism report, each with the range it should lie in."""

import numpy as np
import pandas as pd

from lst_workbench.assumptions import data_folder
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
PROVINCES, CHINA_2017_PEOPLE = 31, 1.390e9  # NBS, Statistical Communiqué of 2017
HALF_PERCENT = 0.005
PEOPLE_PER_STORE_IN_A_PROVINCE = (190.0, 323.0)


def _totals(market: Market) -> list[Row]:
    """People and stores; ranges that hold for the nation are given for the nation only."""
    cells, stores = market.cells, market.stores
    people = float(cells["people"].astype("float64").sum())
    nation = cells["province_code"].nunique() == PROVINCES
    largest = cells.groupby("prefecture_code")["people"].sum().nlargest(200).index
    in_largest = float(stores["prefecture_code"].isin(largest).mean())
    close = (CHINA_2017_PEOPLE * (1 - HALF_PERCENT), CHINA_2017_PEOPLE * (1 + HALF_PERCENT))
    provinces = check_provinces(market)
    error = float(provinces["people_error"].abs().max())
    per_store = (204.0, 232.0) if nation else PEOPLE_PER_STORE_IN_A_PROVINCE
    rows: list[Row] = [
        ("people", people, "people", *(close if nation else (None, None))),
        ("province_people_error_most", error, "share", None, None if np.isnan(error) else HALF_PERCENT),
        ("stores", len(stores), "stores", None, None),
        ("people_per_store", people / (len(stores) + len(market.rivals)), "people/store", *per_store),
        ("places_synthetic_share", float((market.places["origin"] == "synthetic").mean()), "share", None, None),
        ("participants_share", len(market.participants) / len(stores), "share", None, None),
    ]
    if nation:
        rows.append(("stores_outside_50_cities_share", _outside_cities(market), "share", 0.70, 0.80))
        rows.append(("stores_in_200_prefectures_share", in_largest, "share", 0.82, 0.90))
    return rows


def check_provinces(market: Market) -> pd.DataFrame:
    """Compare the provinces that the market holds whole with what the yearbook says of 2017.

    Returns
    -------
    DataFrame
        province_code, province_en, people, people_2017 (NBS), people_error (share), stores, people_per_store, in_range
        (within half a percent of the yearbook, and one store, rivals of a thin list counted, for 190 to 323 people).
    """
    folder = data_folder() / "places"
    listed = pd.read_csv(folder / "prefectures.csv").groupby("province_code").size()
    held = market.places.groupby("province_code")["prefecture_code"].nunique()
    whole = held.index[held == listed.reindex(held.index)]
    known = pd.read_csv(folder / "provinces.csv").set_index("province_code").reindex(whole)
    table = pd.DataFrame({"province_en": known["province_en"]}, index=whole)
    table["people"] = market.places.groupby("province_code")["people"].sum().reindex(whole)
    table["people_2017"] = known["pop_2017_10k"] * 10_000
    table["people_error"] = table["people"] / table["people_2017"] - 1
    table["stores"] = market.stores["province_code"].value_counts().reindex(whole)
    province = market.places.set_index("place_id")["province_code"]
    rivals = market.rivals["place_id"].map(province).value_counts().reindex(whole, fill_value=0)
    table["people_per_store"] = table["people"] / (table["stores"] + rivals)
    close = table["people_error"].abs() <= HALF_PERCENT
    table["in_range"] = close & table["people_per_store"].between(*PEOPLE_PER_STORE_IN_A_PROVINCE)
    return table.rename_axis("province_code").reset_index()


def _outside_cities(market: Market) -> float:
    """Share of stores outside the districts (区) of the 50 largest prefectures."""
    counties = pd.read_csv(data_folder() / "places" / "counties.csv").set_index("county_code")["name_zh"]
    district = market.places["county_code"].map(counties).str.endswith("区").eq(True)
    largest = market.cells.groupby("prefecture_code")["people"].sum().nlargest(50).index
    city = market.places.loc[district & market.places["prefecture_code"].isin(largest), "place_id"]
    return float(1 - market.stores["place_id"].isin(city).mean())


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
