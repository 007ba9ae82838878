"""Files to take away, as bytes: the waves for Excel in China and everywhere, and a workbook with its sources."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

import pandas as pd
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from lst_workbench.assumptions import Register
from lst_workbench.market import Market
from lst_workbench.runs import PlanResult
from lst_workbench.views.findings import Tables, finding_of, headline
from lst_workbench.views.formats import count
from lst_workbench.views.memo import memo_html
from lst_workbench.views.messages import LANGUAGES, text

MOST_ROWS = 50_000  # beyond it a link inside the page would slow the browser down
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
WIDEST = 60
MOST_SHEET_ROWS = 1_000_000  # what a sheet of Excel holds, about
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Files:
    """Downloads of one run, as addresses that links carry; empty where it is too large, or a fault says why."""

    result: PlanResult
    rows: int
    csv: str = ""
    excel: str = ""
    fault: str = ""
    memos: Mapping[str, str] = field(default_factory=dict)  # by language


def files_of(result: PlanResult, market: Market, register: Register) -> Files:
    """Make the files of a run: the waves as CSV, and the workbook."""
    rows = result.rows("waves")
    if rows > MOST_ROWS:
        return Files(result, rows)
    plan = plan_rows(result.tables, market.stores, market.places, market.sites)
    assumptions = assumption_rows(register, result.meta["scenario"]["figures"])
    sheets = {"about": about_rows(result, market), "plan": plan, "places": place_rows(result.tables, market.places)}
    book = excel_bytes({**sheets, "assumptions": assumptions})
    return Files(result, rows, data_link(csv_bytes(plan), "text/csv"), data_link(book, EXCEL))


def with_memos(files: Files, market: Market, register: Register, sheet: str) -> Files:
    """Add the board memo in each language, dressed by a style sheet; none to the files of a large plan."""
    if not files.csv:
        return files
    written = {lang: memo_html(files.result, market, register, lang, sheet) for lang in LANGUAGES}
    return replace(files, memos={lang: data_link(memo.encode("utf-8"), "text/html") for lang, memo in written.items()})


def links(files: Files, lang: str) -> str:
    """Links to the files, or why there are none and where the tables lie."""
    if files.fault:
        return (
            f'<p class="note">{escape(text("download.failed", lang, why=files.fault, path=str(files.result.path)))}</p>'
        )
    name = files.result.path.name if files.result.path is not None else "plan"
    if not files.csv:
        said = text("download.large", lang, n=count(files.rows, lang), path=str(files.result.path))
        return f'<p class="note">{escape(said)}</p>'
    made = [("download.csv", files.csv, "csv"), ("download.excel", files.excel, "xlsx")]
    made += [("download.memo", files.memos[lang], "html")] if lang in files.memos else []
    return "".join(
        f'<a download="{escape(name, quote=True)}.{ending}" href="{link}">{escape(text(key, lang))}</a>'
        for key, link, ending in made
    )


def about_rows(result: PlanResult, market: Market) -> pd.DataFrame:
    """Say what the workbook holds: the answer, scenario, run and market, whether stores are synthetic, key figures."""
    scenario = result.meta["scenario"]
    said = {
        "answer": headline(finding_of(result), "en"),
        "scenario": scenario["name"],
        "run": result.path.name if result.path is not None else "in memory",
        "seed": result.meta["seed"],
        "market": market.meta.name,
        "stores": text("synthetic" if market.meta.synthetic else "stores.own", "en"),
    }
    kpis = result.tables["kpis"]
    return pd.DataFrame(
        {
            "item": [*said, *kpis["name"]],
            "value": [*said.values(), *kpis["value"]],
            "unit": [""] * len(said) + [*kpis["unit"]],
        },
        dtype=object,
    )


def plan_rows(tables: Tables, stores: pd.DataFrame, places: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """List the stores that the plan signs, in order of month, each with its place and warehouse."""
    rows = tables["waves"][["store_id", "month"]].merge(
        stores[["store_id", "source_id", "name", "place_id", "lat", "lon", "area_m2", "store_kind", "origin"]],
        on="store_id",
    )
    rows = rows.merge(
        tables["decisions"][["store_id", "territory_id", "site_id", "distance_km", "margin"]], on="store_id"
    )
    rows = rows.merge(_named(places, "place_id", "place"), on="place_id", how="left")
    rows = rows.merge(_named(sites, "site_id", "warehouse"), on="site_id", how="left")
    rows["month"] = pd.to_datetime(rows["month"]).dt.strftime("%Y-%m")
    return rows.sort_values(["month", "place_id", "store_id"], ignore_index=True)


def place_rows(tables: Tables, places: pd.DataFrame) -> pd.DataFrame:
    """Plan by place with both names, most sign-ups first."""
    rows = tables["places_plan"].merge(_named(places, "place_id", "place"), on="place_id", how="left")
    rows["first_month"] = pd.to_datetime(rows["first_month"]).dt.strftime("%Y-%m")
    return rows.sort_values(["signups", "place_id"], ascending=[False, True], ignore_index=True)


def assumption_rows(register: Register, here: Mapping[str, float]) -> pd.DataFrame:
    """Every planning figure with the run's value, its range, source and confidence."""
    fields = [
        "key", "label", "label_zh", "unit", "value", "low", "high", "source", "url", "confidence", "basis_year", "note",
    ]  # fmt: skip
    rows = pd.DataFrame([{name: getattr(entry, name) for name in fields} for entry in register.values()])
    rows.insert(5, "in_this_plan", [here.get(key) for key in rows["key"]])
    return rows


def csv_bytes(rows: pd.DataFrame) -> bytes:
    """Write CSV as UTF-8 with BOM, so that Excel in China opens it without garbling."""
    return ("\ufeff" + safe_cells(rows).to_csv(index=False, lineterminator="\r\n")).encode("utf-8")


def report_bytes(result: PlanResult, market: Market, register: Register) -> bytes:
    """Write the workbook of a board memo: figures with ranges, months, odds, levers, places, plan, assumptions."""
    run = result.tables
    figures = run["kpis"]
    if "kpi_ranges" in run:
        figures = figures.merge(run["kpi_ranges"], on="name", how="left")
    sheets = {"figures": figures, "months": run["curve"]}
    sheets |= {name: run[name] for name in ("curve_ranges", "reps_odds", "tornado", "region_ranges") if name in run}
    sheets |= {"levers": run["levers"], "order": run["economics"], "places": place_rows(run, market.places)}
    plan = plan_rows(run, market.stores, market.places, market.sites)
    return excel_bytes(
        {
            **sheets,
            "plan": plan.head(MOST_SHEET_ROWS),
            "assumptions": assumption_rows(register, result.meta["scenario"]["figures"]),
        }
    )


def excel_bytes(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Write a workbook with a sheet for each table."""
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        for name, rows in sheets.items():
            safe = safe_cells(rows)
            safe.to_excel(writer, sheet_name=name, index=False, freeze_panes=(1, 0))
            sheet = writer.sheets[name]
            for at, column in enumerate(safe.columns, start=1):
                widest = max([len(str(column)), *(len(str(value)) for value in safe[column].head(200))])
                sheet.column_dimensions[get_column_letter(at)].width = min(WIDEST, widest + 2)
                sheet.cell(1, at).font = Font(bold=True)
    return out.getvalue()


def safe_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with harmless texts: no control characters, none that a spreadsheet would run as a formula.

    Examples
    --------
    >>> safe_cells(pd.DataFrame({"name": ["=1+1", "黄山"]}))["name"].tolist()
    ["'=1+1", '黄山']
    """
    safe = rows.copy()
    for name in safe.columns:
        if not (pd.api.types.is_numeric_dtype(safe[name]) or pd.api.types.is_datetime64_any_dtype(safe[name])):
            safe[name] = pd.Series([_harmless(value) for value in safe[name]], index=safe.index, dtype=object)
    return safe


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    clean = ILLEGAL_CHARACTERS_RE.sub("", value)
    return f"'{clean}" if clean.startswith(FORMULA_STARTS) else clean


def data_link(content: bytes, kind: str) -> str:
    """Give the content as an address that a link can carry."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _named(table: pd.DataFrame, key: str, prefix: str) -> pd.DataFrame:
    return table[[key, "name_en", "name_zh"]].rename(columns={"name_en": f"{prefix}_en", "name_zh": f"{prefix}_zh"})
