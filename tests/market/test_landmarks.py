"""Names on a map: places of a small market, seats of prefectures of a large one."""

import pandas as pd

from lst_workbench.assumptions import data_folder
from lst_workbench.market import landmarks


def test_a_market_of_many_prefectures_is_named_by_their_seats():
    seats = pd.read_csv(data_folder() / "places" / "prefectures.csv")
    known = seats[seats["province_code"] == 340000]
    street = {"place_id": range(2 * len(known)), "name_en": "Street", "name_zh": "街道", "lat": 31.0, "lon": 117.0}
    places = pd.DataFrame({**street, "prefecture_code": [*known["prefecture_code"]] * 2, "people": 1000.0})
    towns = landmarks(places)
    assert sorted(towns["name_en"]) == sorted(known["seat_name"])
    assert (towns["people"] == 2000.0).all() and not towns["name_zh"].str.endswith("市").any()
    few = places[places["prefecture_code"].isin(known["prefecture_code"].iloc[:2])]
    assert landmarks(few)["name_en"].tolist() == ["Street"] * 4
