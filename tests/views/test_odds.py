"""Ranges, odds and tornado on the page: what the tables say, in both languages, or nothing where a run is silent."""

from dataclasses import replace

import pandas as pd
import pytest

from lst_workbench.contracts import CONTRACTS
from lst_workbench.views import cards, charts, odds
from lst_workbench.views.findings import chance, finding_markup, finding_of
from lst_workbench.views.messages import LANGUAGES, text


@pytest.fixture
def sure(result):
    """The small run with ranges by hand: 15% by the last month, credit days decide."""
    months = result.tables["curve"]["month"]
    nan = float("nan")
    of = {"p10": 3.0, "p50": 3.5, "p90": 4.25}
    made = {
        "kpi_ranges": pd.DataFrame(
            [
                {"name": "in_system_stores", **of, "goal_share": 0.15},
                {"name": "reps_for_goal", "p10": 1.25, "p50": nan, "p90": nan, "goal_share": nan},
            ]
        ),
        "curve_ranges": pd.DataFrame(
            [
                {"month": month, "measure": measure, **of, "goal_share": share if measure == "in_system" else nan}
                for measure in ("in_system", "active")
                for month, share in zip(months, (0.0, 0.05, 0.15), strict=True)
            ]
        ),
        "reps_odds": pd.DataFrame({"reps": [1.0, 2.0, 4.0], "goal_share": [0.0, 0.15, 0.6], **of}),
        "tornado": pd.DataFrame(
            [
                ("in_system_stores", "credit.term_days", 10.0, 21.0, 4.0, 3.0, 1.0, -0.6, 0.27, 0.01),
                ("in_system_stores", "econ.take_rate", 0.03, 0.04, 3.9, 3.9, 0.0, 0.0, 0.15, 0.15),
            ],
            columns=list(CONTRACTS["tornado"].columns()),
        ),
        "region_ranges": pd.DataFrame({"region_id": [1, 2], "kept_share": 0.8}),
    }
    made = {name: CONTRACTS[name].check(table) if name != "region_ranges" else table for name, table in made.items()}
    return replace(result, tables={**result.tables, **made})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_cards_show_range_and_chance(sure, register, lang):
    made = cards.kpi_row(sure.tables, cards.Figures(register, sure.meta["scenario"]["figures"]), lang)
    assert made.count('class="kpi"') == 7
    assert "P10 3 – P90 4" in made and ">15%<" in made and text("odds.unlikely", lang) in made
    assert f"P10 1.25 – P90 {text('none', lang)}" in made


def test_the_page_answers_with_the_chance(sure, result):
    assert chance(finding_of(sure), "en") == (
        "With figures as uncertain as the register has them, the goal is reached in 15% of simulated years."
    )
    assert "15%" in finding_markup(finding_of(sure), "zh")
    assert chance(finding_of(result), "en") == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_odds_by_month_and_by_reps(sure, lang):
    made = odds.odds_card(sure.tables, 1000, 2.0, lang)
    assert made.count("<i style") == 6 and made.count('class="on"') == 1
    assert "<b>5%</b>" in made and text("odds.enough", lang, n="4", odds="60%") in made
    assert text("odds.ranking.outline", lang) in made
    hopeless = {**sure.tables, "reps_odds": sure.tables["reps_odds"].assign(goal_share=0.1)}
    assert text("odds.flat", lang) in odds.odds_card(hopeless, 1000, 2.0, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_tornado_names_what_decides(sure, register, lang):
    made = odds.tornado_card(sure.tables, "in_system_stores", register, lang)
    entry = register["credit.term_days"]
    assert (entry.label_zh if lang == "zh" else entry.label) in made
    assert "27% / 1%" in made and "10 – 21" in made
    assert made.count("<tr>") == 2, "a figure that changes nothing has no row"


def test_a_bar_ends_where_the_figure_ends():
    made = odds.tornado_bar(4.0, 3.0, 3.5, (3.0, 4.0), width=108)
    assert 'x="54.0" y="4" width="50.0"' in made and 'x="4.0" y="4" width="50.0"' in made


def test_the_band_is_drawn_where_there_is_one(sure, result):
    band = charts.curve_figure(sure.tables, 3.0, "en").data[4]
    assert list(band.y) == [3.0] * 3 + [4.25] * 3 and len(band.x) == 6
    assert len(charts.curve_figure(result.tables, 3.0, "en").data[4].x) == 0


@pytest.mark.parametrize(("odds_of_goal", "kind"), [(0.9, "good"), (0.5, "watch"), (0.1, "bad")])
def test_a_word_for_each_chance(odds_of_goal, kind):
    assert cards.odds_pill(odds_of_goal)[0] == kind
