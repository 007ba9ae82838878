"""The board memo: whole in one file, nothing asked of a network, nothing from data unescaped, both languages."""

import io
import re

import openpyxl
import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.planning import make_plan
from lst_workbench.ui.theme import stylesheet
from lst_workbench.views import downloads, memo
from lst_workbench.views.findings import finding_of, headline
from lst_workbench.views.messages import LANGUAGES, text

EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture(scope="module")
def planned(district):
    evil = district.places.assign(name_en=EVIL, name_zh=EVIL)
    market = type(district)(district.meta, {**district.tables, "places": evil})
    return make_plan(market, load_scenario("base")), market


@pytest.fixture(scope="module", params=LANGUAGES)
def written(planned, request):
    from lst_workbench.assumptions import load_register

    result, market = planned
    return memo.memo_html(result, market, load_register(), request.param, stylesheet()), request.param


def test_the_memo_answers_first_and_has_every_part(written, planned):
    page, lang = written
    assert headline(finding_of(planned[0]), lang) in page
    for key in ("memo.decisions", "memo.figures", "curve.title", "odds.title", "tornado.title", "map.title",
                "worth.title", "order.title", "memo.assumptions", "memo.made"):  # fmt: skip
        assert text(key, lang) in page, key
    assert page.count('role="img"') == 2 and page.count("<polyline") == 2


def test_the_memo_asks_nothing_of_a_network(written):
    page, _ = written
    assert not re.findall(r"<(?:script|link|img|iframe|object|embed)\b", page)
    assert not re.findall(r"<[a-z][^>]*\b(?:src|href)\s*=", page)
    assert not re.findall(r"@import|url\(\s*['\"]?(?!data:|#)", page)


def test_nothing_from_data_is_markup_in_the_memo(written):
    assert "<img" not in written[0] and "&lt;img src=x" in written[0]


def test_decisions_follow_from_the_figures(planned):
    from lst_workbench.assumptions import load_register

    result, market = planned
    page = memo.memo_html(result, market, load_register(), "en")
    loss = re.search(r"each loses ¥([\d.]+)", page)
    assert float(loss.group(1)) == pytest.approx(-result.kpis()["contribution_rmb_order"], abs=0.01)
    kpis = result.tables["kpi_ranges"].set_index("name")
    assert f"{kpis.at['in_system_stores', 'p10']:,.0f}" in page


def test_the_workbook_holds_figures_with_ranges_and_no_formula(planned):
    from lst_workbench.assumptions import load_register

    result, market = planned
    stores = market.stores.assign(name="=1+1")
    market = type(market)(market.meta, {**market.tables, "stores": stores})
    book = openpyxl.load_workbook(io.BytesIO(downloads.report_bytes(result, market, load_register())))
    assert {"figures", "months", "tornado", "region_ranges", "levers", "places", "plan", "assumptions"} <= set(
        book.sheetnames
    )
    heads = [cell.value for cell in book["figures"][1]]
    assert {"p10", "p50", "p90", "goal_share"} <= set(heads)
    assert book["plan"].max_row == len(result.tables["waves"]) + 1
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_run_without_ranges_has_a_memo_without_them(planned):
    from dataclasses import replace

    from lst_workbench.assumptions import load_register

    result, market = planned
    new = ("kpi_ranges", "curve_ranges", "reps_odds", "tornado", "region_ranges")
    older = replace(result, tables={name: result.tables[name] for name in result.tables if name not in new})
    page = memo.memo_html(older, market, load_register(), "en")
    assert text("odds.title") not in page and text("memo.figures") in page
    assert isinstance(older.tables["kpis"], pd.DataFrame)


def test_the_page_offers_the_memo_in_its_language(planned, register):
    files = downloads.with_memos(downloads.files_of(*planned, register), planned[1], register, stylesheet())
    for lang in LANGUAGES:
        assert f'.html" href="{files.memos[lang]}"' in downloads.links(files, lang)
    assert files.memos["en"] != files.memos["zh"]
