"""The field as markup: beats of a prefecture, the visit list of one rep, and its files."""

from collections.abc import Mapping
from html import escape

import pandas as pd

from lst_workbench.views.downloads import EXCEL, csv_bytes, data_link, excel_bytes
from lst_workbench.views.formats import count, number, share
from lst_workbench.views.messages import names, text
from lst_workbench.views.tables import grid

SHOWN_REPS = 40


def beats_table(beats: pd.DataFrame, territories: pd.DataFrame, lang: str) -> str:
    """Each rep in a line: stores in care, sign-ups of the month, what a week takes, and whether it fits."""
    named = territories.drop_duplicates("territory_id").set_index("territory_id")[["name_en", "name_zh"]]
    rows = [
        [
            escape(text("beats.rep", lang, n=row.rep_id)),
            escape(territory_name(named, row.territory_id, lang)),
            count(row.stores, lang),
            f"<b>{count(row.signups, lang)}</b>",
            number(round(row.visits_week), lang),
            number(round(row.days_week, 1), lang),
            number(round(row.travel_km_week), lang),
            share(row.travel_share),
            escape(text("field.fits" if row.fits else "field.fits.not", lang)),
        ]
        for row in beats.head(SHOWN_REPS).itertuples()
    ]
    heads = ("rep", "territory", "stores", "signups", "visits", "days", "km", "travel", "fits")
    words = ("rep", "territory", "fits")
    columns = [(text(f"field.col.{name}", lang), "txt" if name in words else "num") for name in heads]
    more = len(beats) - SHOWN_REPS
    note = f'<p class="note">{escape(text("field.more", lang, n=count(more, lang)))}</p>' if more > 0 else ""
    return grid(columns, rows, text("field.title", lang)) + note


def territory_name(named: pd.DataFrame, territory: int, lang: str) -> str:
    """Name a territory; its number where the market has no name for it."""
    if territory not in named.index:
        return str(territory) if territory else "–"
    row = named.loc[territory]
    return names(row["name_en"], row["name_zh"], lang)[0] or str(territory)


def visit_list(visits: pd.DataFrame, week: int, lang: str) -> str:
    """One week of a rep, in the order it is walked."""
    own = visits[visits["week"] == week]
    if own.empty:
        return f'<p class="note">{escape(text("field.idle", lang))}</p>'
    rows = [
        [
            number(row.day, lang) if row.stop == 1 else "",
            escape(row.start),
            escape(str(row.name) if isinstance(row.name, str) else str(row.store_id)),
            escape(str(row.place)),
            escape(text(f"field.{row.purpose}", lang)),
            number(round(row.km, 1), lang),
        ]
        for row in own.itertuples(index=False)
    ]
    heads = ("day", "start", "store", "place", "purpose", "way")
    kinds = ("num", "num", "txt", "txt", "txt", "num")
    columns = [(text(f"field.col.{name}", lang), kind) for name, kind in zip(heads, kinds, strict=True)]
    return grid(columns, rows, text("field.caption", lang))


def rep_links(sheets: Mapping[str, pd.DataFrame], rep_id: int, lang: str) -> str:
    """Links to a rep's list: CSV of all weeks, and a workbook with a sheet a week."""
    weeks = [table for name, table in sheets.items() if name != "targets"]
    if not weeks:
        return ""
    made = {
        "csv": data_link(csv_bytes(pd.concat(weeks, ignore_index=True)), "text/csv"),
        "xlsx": data_link(excel_bytes(sheets), EXCEL),
    }
    return (
        '<p class="downloads">'
        + "".join(
            f'<a download="rep-{rep_id:05d}.{ending}" href="{link}">{escape(text(f"field.{ending}", lang))}</a>'
            for ending, link in made.items()
        )
        + "</p>"
    )
