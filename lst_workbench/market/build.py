"""Build a market from a source by name: a part of the synthetic China, with figures from the register."""

import difflib
import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from lst_workbench import __version__
from lst_workbench.assumptions import Register, data_folder, load_register
from lst_workbench.contracts import InputError
from lst_workbench.market.bundle import Market, MarketMeta, fingerprint_of
from lst_workbench.market.census import placed_units
from lst_workbench.market.faults import checked_tables
from lst_workbench.market.synthetic import Drawing, Figures, Geography, draw_market, read_geography

SOURCES = ("china-2017",)
CLOSE = 0.6  # of a name that may have been meant
RANK_ZH = re.compile("(?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|地区|省|市|盟|县|林区)$")
PEOPLES_ZH = re.compile("(?:[\u4e00-\u9fff]{1,5}族)+$")
NAME_COLUMNS = {"provinces": ("province_en", "province_zh"), "prefectures": ("name_en", "name_pinyin", "name_zh")}


def build_market(
    source: str = "china-2017",
    provinces: Sequence[str] | None = None,
    prefectures: Sequence[str] | None = None,
    seed: int = 7,
    register: Register | None = None,
    progress: Callable[[int, int], None] | None = None,
    census: pd.DataFrame | None = None,
    recorded_share: float = 1.0,
) -> Market:
    """Draw a market: real places, modelled people, synthetic shops.

    A part built alone has the same rows, ids included, as the same part of the nation.

    Parameters
    ----------
    source : {"china-2017"}
        What to draw from.
    provinces, prefectures : sequence of str, optional
        Names in English or Chinese, with or without 省 or 市, or codes; the whole nation without any. With both,
        prefectures of these provinces.
    seed : int
        Seed of all draws.
    register : Register, optional
        Planning figures that the draw rests on; the shipped ones by default.
    progress : callable, optional
        Called with (prefectures done, prefectures in all).
    census : DataFrame, optional
        Counties or townships as `read_census` gives them: their people replace the modelled ones, wherever the census
        has a unit in a prefecture. Cells add up to the units; stores follow the people.
    recorded_share : float
        Part of the participants (and of the stores that asked for credit) whose sales, orders and repayments are on
        record: the size of the sample that models learn from.

    Returns
    -------
    Market
        In memory; `write_market` keeps it.

    Raises
    ------
    InputError
        The source, a province or a prefecture is not known (close names are given) or a name is ambiguous; the share
        on record is not above 0 and at most 1.

    Examples
    --------
    >>> market = build_market(prefectures=["黄山"])
    >>> market.meta.name, int(market.stores["store_id"].iloc[0])
    ('Huangshan', 341000000000)
    """
    if source not in SOURCES:
        raise InputError(f"source {source!r}", [f"it is not known; use {' or '.join(SOURCES)}"])
    if not 0 < recorded_share <= 1:
        raise InputError("the share of stores on record", [f"it must be above 0 and at most 1, not {recorded_share:g}"])
    geography = read_geography(data_folder() / "places")
    if census is not None:
        geography = geography.with_census(placed_units(census, geography))
    codes = chosen_prefectures(geography, provinces, prefectures)
    figures, drawing = figures_from(register or load_register()), Drawing(recorded_share=recorded_share)
    drawn, hidden = draw_market(geography, codes, seed, figures, drawing, progress)
    drawn["stores"]["source_id"] = pd.Series([None] * len(drawn["stores"]), dtype="str")
    tables = checked_tables(drawn, f"market {source}")
    meta = MarketMeta(
        name=_name(geography, provinces, prefectures, codes),
        source=source if census is None else f"{source}, people of a census of {len(census):,} units",
        synthetic=True,
        fingerprint=fingerprint_of(tables),
        seed=seed,
        counts={name: len(frame) for name, frame in tables.items()},
        package_version=__version__,
    )
    return Market(meta, tables, None, hidden)


def figures_from(register: Register) -> Figures:
    """Planning figures of the draw, from the register."""
    value = {key: register[key].value for key in register}
    start = str(int(value["rollout.start_month"]))
    return Figures(
        people_per_store=value["market.people_per_store"],
        area_m2=value["store.area_m2"],
        sales_rmb_month=value["store.retail_sales_day"] * 365 / 12,
        stores_nation=value["market.small_stores"],
        participants_nation=round(value["platform.stores_2017_08"]),
        active_share=value["rollout.active_share"],
        regional_sites=round(value["network.tier1_regional"]),
        city_sites=round(value["network.tier2_city"]),
        front_sites=round(value["network.tier3_front"]),
        front_radius_km=value["network.front_radius_km"],
        capacity_m3_month={tier: value[f"network.{tier}_capacity_m3_month"] for tier in ("regional", "city", "front")},
        fixed_cost_rmb_month={tier: value[f"network.{tier}_fixed_rmb_month"] for tier in ("regional", "city", "front")},
        start_month=f"{start[:4]}-{start[4:]}-01",
    )


def chosen_prefectures(
    geography: Geography, provinces: Sequence[str] | None = None, prefectures: Sequence[str] | None = None
) -> list[int]:
    """Codes of the prefectures that the names mean, in ascending order.

    Raises
    ------
    InputError
        Lists every name that is unknown, with close ones, or ambiguous, with its readings.
    """
    pool = geography.prefectures
    faults: list[str] = []
    if provinces:
        found, faults = _look_up(provinces, geography.provinces, NAME_COLUMNS["provinces"], "province")
        pool = pool[pool["province_code"].isin(found)]
    if prefectures and not faults:
        found, faults = _look_up(prefectures, pool, NAME_COLUMNS["prefectures"], "prefecture")
        pool = pool.loc[pool.index.isin(found)]
    if faults:
        raise InputError("the choice of provinces and prefectures", faults)
    return [int(code) for code in pool.index]


def _look_up(
    names: Iterable[str], frame: pd.DataFrame, columns: tuple[str, ...], kind: str
) -> tuple[list[int], list[str]]:
    known: dict[str, set[int]] = {}
    for code, row in frame[list(columns)].iterrows():
        for name in (*row, str(code)):
            for form in _forms(name):
                known.setdefault(form, set()).add(int(str(code)))
    found: list[int] = []
    faults = []
    for name in names:
        meant = set().union(*(known.get(form, set()) for form in _forms(name)))
        if len(meant) == 1:
            found += meant
        elif meant:
            readings = " or ".join(f"{code} ({frame.at[code, columns[-1]]})" for code in sorted(meant))
            faults.append(f"{kind} {name} can mean {readings}; give the code")
        else:
            faults.append(f"{kind} {name} is not known{_close(name, known, frame, columns)}")
    return found, faults


def _close(name: str, known: dict[str, set[int]], frame: pd.DataFrame, columns: tuple[str, ...]) -> str:
    form = min(_forms(name), key=len)
    close = difflib.get_close_matches(form, known, n=6, cutoff=CLOSE)
    codes = list(dict.fromkeys(code for match in close for code in sorted(known[match])))[:3]
    if not codes:
        return "; give a name in English or Chinese, or a code"
    return (
        "; did you mean " + " or ".join(f"{frame.at[c, columns[0]]} ({frame.at[c, columns[-1]]})" for c in codes) + "?"
    )


def _forms(name: str) -> set[str]:
    """Ways to write a name: as it is, without its rank, without the peoples an autonomous unit is named for."""
    plain = re.sub(r"[\s'’`\-]", "", str(name)).casefold()
    for word in ("province", "prefecture", "city", "municipality"):
        plain = plain.removesuffix(word) or plain
    bare = RANK_ZH.sub("", plain)
    forms = {plain, bare, PEOPLES_ZH.sub("", bare)}
    return {form for form in forms if form}


def _name(
    geography: Geography, provinces: Sequence[str] | None, prefectures: Sequence[str] | None, codes: list[int]
) -> str:
    """Name of the market: the units it was built from."""
    if not provinces and not prefectures:
        return "China"
    if prefectures:
        names = geography.prefectures.loc[codes, "name_en"]
    else:
        names = geography.provinces.loc[geography.prefectures.loc[codes, "province_code"].unique(), "province_en"]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
