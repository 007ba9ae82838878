"""Towns that a reader of a map knows: names to find one's way by."""

import pandas as pd

from lst_workbench.assumptions import data_folder

MANY = 5  # prefectures from which on their seats say more than their largest places
COLUMNS = ["place_id", "name_en", "name_zh", "lat", "lon", "people"]


def landmarks(places: pd.DataFrame) -> pd.DataFrame:
    """Towns to name on a map of a market: seats of prefectures where it spans many of them, else its own places.

    A large city's largest place is a street office that nobody outside knows; the seat has the city's name.

    Parameters
    ----------
    places : DataFrame
        Contract `Places`.

    Returns
    -------
    DataFrame
        ``place_id`` (of a seat: the code of its prefecture), ``name_en``, ``name_zh``, ``lat``, ``lon``, ``people``.

    Examples
    --------
    >>> from lst_workbench.market import read_market
    >>> landmarks(read_market(data_folder() / "sample").places).nlargest(1, "people")["name_en"].item()
    'Huangshan'
    """
    people = places.groupby("prefecture_code")["people"].sum()
    if len(people) < MANY:
        return places[COLUMNS]
    seats = pd.read_csv(data_folder() / "places" / "prefectures.csv")
    seats = seats[seats["prefecture_code"].isin(people.index)].reset_index(drop=True)
    named = {"prefecture_code": "place_id", "seat_name": "name_en", "seat_lat": "lat", "seat_lon": "lon"}
    seats = seats.assign(people=seats["prefecture_code"].map(people), name_zh=seats["name_zh"].str.removesuffix("市"))
    return seats.drop(columns="name_en").rename(columns=named)[COLUMNS]


def prefecture_names(places: pd.DataFrame) -> pd.DataFrame:
    """Name a market's prefectures (prefecture_code, name_en, name_zh), one that is not known by its largest place.

    Examples
    --------
    >>> from lst_workbench.market import read_market
    >>> prefecture_names(read_market(data_folder() / "sample").places).values.tolist()
    [[341000, 'Huangshan', '黄山市']]
    """
    columns = ["prefecture_code", "name_en", "name_zh"]
    known = pd.read_csv(data_folder() / "places" / "prefectures.csv", usecols=columns)
    largest = places.sort_values("people", ascending=False).drop_duplicates("prefecture_code")[columns]
    named = pd.concat([known[known["prefecture_code"].isin(largest["prefecture_code"])], largest])
    return named.drop_duplicates("prefecture_code").sort_values("prefecture_code", ignore_index=True)[columns]


def province_names(places: pd.DataFrame) -> pd.DataFrame:
    """Name a market's provinces (province_code, name_en, name_zh).

    Examples
    --------
    >>> from lst_workbench.market import read_market
    >>> province_names(read_market(data_folder() / "sample").places).values.tolist()
    [[340000, 'Anhui', '安徽省']]
    """
    known = pd.read_csv(data_folder() / "places" / "provinces.csv")
    known = known[["province_code", "province_en", "province_zh"]]
    named = known.rename(columns={"province_en": "name_en", "province_zh": "name_zh"})
    here = named["province_code"].isin(places["province_code"].dropna())
    return named[here].sort_values("province_code", ignore_index=True)
