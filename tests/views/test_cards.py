import base64
import io
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from lst_workbench.market import Market, MarketMeta
from lst_workbench.runs import Explanation
from lst_workbench.views import cards, downloads, states
from lst_workbench.views import stores as store_views
from lst_workbench.views import tables as table_views
from lst_workbench.views.findings import crowded_shares, finding_of, headline, limits, mend, used_shares
from lst_workbench.views.messages import LANGUAGES, text

EVIL = '<img src=x onerror="alert(1)">'


def test_the_headline_answers_with_figure_gap_and_what_binds(result):
    finding = finding_of(result)
    assert headline(finding, "en") == "2 reps bring 4 stores into the system by November 2017, 1 above the goal"
    assert (
        limits(finding, "en")
        == "Field visits bind in every month; working capital binds in 1 of 3 months; there is room in warehouses. "
    )
    assert mend(finding, "en") == "1.5 reps reach the goal."
    assert headline(finding, "zh") == "2 名代表到 2017 年 11 月使在网门店达 4 家，超目标 1 家"
    assert limits(finding, "zh") == "每月外勤拜访满负荷；3 个月中有 1 个月营运资金满负荷；仓储有余量。"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stores": 1.0, "goal": 3.0}, "2 reps bring 1 store into the system by November 2017, 2 short of the goal"),
        ({"reps": 1.0, "goal": 4.0}, "1 rep brings 4 stores into the system by November 2017, just the goal"),
        ({"goal": float("nan")}, "2 reps bring 4 stores into the system by November 2017"),
        (
            {"counted": "signups", "stores": 12e3, "goal": 1e3},
            "2 reps sign 12K stores by November 2017, 11K above the goal",
        ),
    ],
)
def test_the_headline_has_a_form_for_every_outcome(result, change, said):
    assert headline(replace(finding_of(result), **change), "en") == said


def test_a_goal_that_reps_alone_never_reach_says_what_holds_it_back(result):
    finding = replace(finding_of(result), reps_for_goal=float("nan"), held_by=("volume_m3",))
    assert mend(finding, "en") == "More reps alone do not reach the goal; it is held back by warehouses."
    assert mend(replace(finding, reps_for_goal=float("inf"), held_by=()), "zh") == "仅靠增加代表无法达标。"


def test_the_fullest_place_tells_whether_a_capacity_is_full(tables):
    used = used_shares(tables["capacities"])
    assert used.loc["visits"].tolist() == [1.0, 1.0, 0.99]
    idle = tables["capacities"].assign(capacity=0.0, used=0.0)
    assert (used_shares(idle) == 1).all().all(), "there is no room where there is nothing"
    first = idle["resource_id"] == idle["resource_id"].min()
    partly = idle.assign(capacity=idle["capacity"].where(first, 10.0))
    assert (used_shares(partly).loc["volume_m3"] == 0).all(), "nobody asks for anything of the empty one"


def test_of_many_places_the_whole_is_said_and_how_many_are_full(result, tables):
    one = tables["capacities"].query("resource == 'visits'")
    half = [one.assign(resource_id=n, capacity=10.0, used=12.0 if n % 2 else 5.0) for n in range(40)]
    rest = tables["capacities"].query("resource != 'visits'")
    capacities = pd.concat([*half, rest], ignore_index=True)
    assert (used_shares(capacities).loc["visits"] == 0.75).all()
    assert crowded_shares(capacities) == {"visits": 0.5}
    finding = replace(finding_of(result), crowded=crowded_shares(capacities))
    assert limits(finding, "en").startswith("Field visits bind in 50% of the territories")
    assert crowded_shares(tables["capacities"]) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_cards_hold_unit_goal_definition_and_register_entry(result, register, lang):
    made = cards.kpi_row(result.tables, cards.Figures(register, result.meta["scenario"]["figures"]), lang)
    assert made.count('class="kpi"') == 6
    assert text("goal.line", lang, n="3") in made
    assert "China Daily via ecns.cn" in made and "goal.stores" in made
    assert text("confidence.A", lang) in made
    assert text("pill.negative", lang) in made
    assert "P10" not in made, "no range where no table has one"


def test_nothing_from_data_reaches_the_page_unescaped(result, stores, places):
    place = places.iloc[1].to_dict()
    rows = stores.merge(result.tables["decisions"], on="store_id")
    store = rows[rows["store_id"] == 12].iloc[0].to_dict()
    why = Explanation(pd.DataFrame({"a": [1]}), "", "participant", {})
    made = [
        table_views.places_table(result.tables, places, "en"),
        table_views.uncovered_line(result.tables, places, "en"),
        store_views.store_card(store, why, place, EVIL, "en"),
        store_views.cell_line({"stores": 1, "signups": 1, "participants": 0}, place, "en"),
        store_views.list_note(0, EVIL, "en"),
        states.said("error.run", EVIL, "en"),
        states.foot(replace(result, path=Path(EVIL)), "en"),
        states.run_status(replace(result, path=Path(EVIL)), "en"),
    ]
    assert not [markup for markup in made if "<img" in markup]
    assert all("&lt;img src=x" in markup for markup in made)


def test_the_account_of_an_order_adds_up_and_says_what_mends_it(result):
    made = table_views.order_account(result.tables["economics"], "en")
    assert "Each order loses ¥16.20." in made
    assert "a margin of 5.6% (now 3.5%)" in made and "a drop at ¥2.30 (now ¥18.50)" in made
    assert "Larger orders or denser routes alone would not" in made
    assert "每单亏损 ¥16.20。" in table_views.order_account(result.tables["economics"], "zh")


def test_a_lever_that_does_not_bind_says_so(result, register):
    made = table_views.worth_list(result.tables["levers"], register, "en")
    assert made.index("+48") < made.index("no store more")
    assert "Most for one step: Field representatives: +0.2 reps, +48." in made
    none = result.tables["levers"].assign(in_system_gain=0.0)
    assert "None of these steps" in table_views.worth_list(none, register, "en")


@pytest.mark.parametrize(
    ("status", "gap", "said"),
    [
        ("optimal", 0.0, "Proven optimal"),
        ("within_gap", 0.0021, "Within 0.3% of the best possible"),
        ("feasible", 0.002, "Within 0.2% of the best possible"),
        ("feasible", 0.4, "Gap to the best possible 40.0%"),
        ("time_limit", 0.0139, "Time limit, gap 1.4%"),
    ],
)
def test_the_certificate_is_never_better_than_it_was_proven(status, gap, said):
    class Certificate:
        pass

    certificate = Certificate()
    certificate.status, certificate.gap = status, gap
    assert states.certificate_words(certificate, "en") == said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("key", "figures"),
    [
        (
            "signed",
            {
                "month": pd.Timestamp("2017-10-01"),
                "best_month": pd.Timestamp("2017-10-01"),
                "worth": 0.45,
                "price": 0.3,
                "margin": 0.15,
            },
        ),
        (
            "signed",
            {
                "month": pd.Timestamp("2017-10-01"),
                "best_month": pd.Timestamp("2017-09-01"),
                "worth": 0.45,
                "price": 0.5,
                "margin": -0.05,
            },
        ),
        ("participant", {}),
        ("uncovered", {"distance_km": 60.2, "radius_km": 40.0}),
        (
            "priced_out",
            {
                "best_month": pd.Timestamp("2017-09-01"),
                "worth": 0.4,
                "price": 0.5,
                "resource": "visits",
                "short_share": 0.2,
            },
        ),
        (
            "at_the_line",
            {"best_month": pd.Timestamp("2017-09-01"), "worth": 0.4, "price": 0.4, "resource": "volume_m3"},
        ),
    ],
)
def test_every_reason_is_said_in_both_languages(key, figures, lang):
    said = store_views.reason(Explanation(pd.DataFrame(), "", key, figures), lang)
    assert "{" not in said and len(said) > 10
    if key == "uncovered":
        assert "61" in said, "the radius that would reach it, rounded up"


def test_stores_are_found_by_name_and_id(stores):
    found = store_views.matching_stores
    assert found(stores, "红星")["store_id"].tolist() == [11]
    assert found(stores, "14")["store_id"].tolist() == [14]
    assert found(stores, "1")["store_id"].tolist() == [11, 12, 13, 14, 15, 16]
    assert found(stores, "[*").empty and found(stores, "  ").empty


@pytest.fixture
def market(stores, places, sites):
    meta = MarketMeta("Huangshan", "china-2017", synthetic=True, fingerprint="f")
    return Market(meta, {"stores": stores, "places": places, "sites": sites})


def opened(link):
    return openpyxl.load_workbook(io.BytesIO(base64.b64decode(link.partition("base64,")[2])))


def test_downloads_open_in_excel_and_run_nothing(result, register, stores, places, sites, market):
    plan = downloads.plan_rows(result.tables, stores, places, sites)
    assert plan["store_id"].tolist() == [12, 13, 14] and plan["month"].tolist() == ["2017-09", "2017-10", "2017-11"]
    csv = downloads.csv_bytes(plan)
    assert csv.startswith(b"\xef\xbb\xbf") and "'=SUM(A1)" in csv.decode("utf-8-sig")
    assert plan["origin"].tolist() == ["synthetic"] * 3
    book = opened(downloads.files_of(result, market, register).excel)
    assert book.sheetnames == ["about", "plan", "places", "assumptions"]
    about = {name.value: value.value for name, value, _ in book["about"].iter_rows()}
    assert about["stores"] == "Synthetic stores on real geography" and about["scenario"] == "base"
    assert about["in_system_stores"] == pytest.approx(3.9) and "2 reps" in about["answer"]
    sources = [cell.value for cell in book["assumptions"]["I"]]
    assert "source" in sources and len(sources) == len(register) + 1
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"], "no cell is a formula"


@pytest.mark.parametrize("odd", ["\x07bell", "\n=1+1", "a\x00b", "\x1f"])
def test_downloads_survive_what_a_workbook_cannot_hold(result, register, market, odd):
    stores = market.stores.assign(name=odd)
    files = downloads.files_of(result, replace(market, tables={**market.tables, "stores": stores}), register)
    names = [row[3].value for row in opened(files.excel)["plan"].iter_rows(min_row=2)]
    assert len(names) == 3 and not any(name and name.startswith(("=", "\n")) for name in names)
    assert "\x07" not in base64.b64decode(files.csv.partition("base64,")[2]).decode("utf-8-sig")


def test_files_that_cannot_be_made_are_said(result):
    said = downloads.links(downloads.Files(result, 0, fault="<no>"), "en")
    assert "could not be made (&lt;no&gt;)" in said and "href" not in said


def test_a_plan_too_large_for_a_link_says_where_it_lies(result):
    large = downloads.Files(result, downloads.MOST_ROWS + 1)
    assert "too many" in downloads.links(large, "en")


def test_links_carry_the_files(result):
    made = downloads.links(
        downloads.Files(result, 3, downloads.data_link(b"a", "text/csv"), downloads.data_link(b"b", "x/y")), "zh"
    )
    assert [base64.b64decode(part) for part in re.findall(r"base64,([^\"]+)", made)] == [b"a", b"b"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_levers_are_said_at_the_scale_of_the_market(register, lang):
    label, said = states.lever_label(register["field.reps"], 2000.0, 0.001, lang)
    assert "<b>2</b>" in label and "2,000" in label and "2,000" in said
    assert "20" in states.lever_label(register["field.visits_day"], 20.0, 0.001, lang)[0]
