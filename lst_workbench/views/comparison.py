"""Runs side by side, and the realism of a market, as tables of words."""

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Register
from lst_workbench.market import Market
from lst_workbench.runs import Comparison
from lst_workbench.views.cards import figure_of, unit_of
from lst_workbench.views.formats import NOTHING, month, number, share
from lst_workbench.views.messages import knows, text

CHANGES = ("earlier", "later", "in", "out", "other")


def kpi_words(compared: Comparison, lang: str = "en") -> pd.DataFrame:
    """Headline figures with their names and units as on the page."""
    kpis = compared.kpis
    runs = [name for name in kpis if name not in ("name", "unit")]
    rows = [
        {
            "figure": text(f"kpi.{row['name']}", lang) if knows(f"kpi.{row['name']}") else row["name"],
            **{run: f"{figure_of(row[run], row['unit'], lang)} {unit_of(row['unit'], lang)}".strip() for run in runs},
        }
        for row in kpis.to_dict("records")
    ]
    return pd.DataFrame(rows)


def input_words(compared: Comparison, register: Register, lang: str = "en") -> pd.DataFrame:
    """Name the inputs that differ, each by its label in the register and its key."""
    table = compared.assumptions.rename(columns={"key": "input"})
    table["input"] = [_input(key, register, lang) for key in table["input"]]
    return table


def _input(key: str, register: Register, lang: str) -> str:
    if key in register:
        entry = register[key]
        return f"{entry.label_zh if lang == 'zh' else entry.label}, {entry.unit} ({key})"
    return text(f"input.{key}", lang) if knows(f"input.{key}") else key


def changes(compared: Comparison) -> pd.DataFrame:
    """Say for every store that changed how each run treats it against the first.

    Returns
    -------
    DataFrame
        store_id, and by run but the first: stays, earlier, later, in, out, or other (in or out of reach).
    """
    stores = compared.stores
    first, *others = [name.removeprefix("status ") for name in stores if name.startswith("status ")]
    made = {"store_id": stores["store_id"]}
    for run in others:
        was, now = (stores[f"status {name}"].eq("signed") for name in (first, run))
        moved = stores[f"month {run}"] - stores[f"month {first}"]
        same = stores[f"status {run}"].eq(stores[f"status {first}"])
        kinds = [was & now & (moved < pd.Timedelta(0)), was & now & (moved > pd.Timedelta(0)), ~was & now, was & ~now]
        made[run] = np.select([*kinds, same], ["earlier", "later", "in", "out", "stays"], "other")
    return pd.DataFrame(made)


def change_counts(found: pd.DataFrame, lang: str = "en") -> pd.DataFrame:
    """Count the stores by what changed, run by run."""
    counts = {"change": [text(f"change.{kind}", lang) for kind in CHANGES]}
    counts |= {run: [int(found[run].eq(kind).sum()) for kind in CHANGES] for run in found if run != "store_id"}
    table = pd.DataFrame(counts)
    return table[table.drop(columns="change").any(axis=1)].reset_index(drop=True)


def change_rows(compared: Comparison, found: pd.DataFrame, market: Market | None, lang: str = "en") -> pd.DataFrame:
    """List the stores that changed: name and place where the market is at hand, and what each run does with them."""
    stores = compared.stores
    rows = stores[["store_id"]].copy()
    if market is not None:
        named = market.stores[["store_id", "name", "place_id"]].merge(market.places, on="place_id", how="left")
        named = rows.merge(named, on="store_id", how="left")
        rows["shop"] = named["name"].fillna("").to_numpy()
        rows["place"] = named["name_zh" if lang == "zh" else "name_en"].fillna("").to_numpy()
    for name in [column.removeprefix("status ") for column in stores if column.startswith("status ")]:
        when = [month(at, lang, year=True) for at in stores[f"month {name}"]]
        status = stores[f"status {name}"].fillna("").astype(str)
        rows[name] = [_status(word, at, lang) for word, at in zip(status, when, strict=True)]
        if name in found:
            rows[name] += ", " + found[name].map({kind: text(f"change.{kind}", lang) for kind in ("stays", *CHANGES)})
    return rows


def _status(status: str, when: str, lang: str) -> str:
    return text(f"status.{status}", lang, month=when) if knows(f"status.{status}") else NOTHING


def check_words(report: pd.DataFrame, lang: str = "en") -> pd.DataFrame:
    """Figures of a market's realism with names, ranges and verdict in words; those without a value are left out."""
    known = report[report["value"].notna()]
    rows = [
        {
            "figure": text(f"check.{row['figure']}", lang),
            "value": share(row["value"]) if row["unit"] == "share" else number(row["value"], lang),
            "should be": _range(row["low"], row["high"], row["unit"], lang),
            "verdict": "" if pd.isna(row["in_range"]) else text(_verdict(bool(row["in_range"])), lang),
        }
        for row in known.to_dict("records")
    ]
    return pd.DataFrame(rows)


def province_words(provinces: pd.DataFrame, lang: str = "en") -> pd.DataFrame:
    """Whole provinces beside the yearbook, with their verdict in words."""
    table = provinces.drop(columns="in_range")
    return table.assign(verdict=[text(_verdict(bool(good)), lang) for good in provinces["in_range"]])


def _verdict(inside: bool) -> str:
    return "check.inside" if inside else "check.outside"


def _range(low: float, high: float, unit: str, lang: str) -> str:
    """Say a range, its bounds exact enough to be told from the value."""
    at_most, at_least = (_bound(bound, unit, lang) for bound in (high, low))
    if not at_most:
        return ""
    return (
        text("check.between", lang, low=at_least, high=at_most) if at_least else text("check.most", lang, high=at_most)
    )


def _bound(bound: float, unit: str, lang: str) -> str:
    if pd.isna(bound):
        return ""
    if unit == "share":
        return f"{bound:.1%}"
    return f"{bound:.5g}" if unit == "ratio" else number(bound, lang)
