"""The field card without a browser: from a prefecture to a rep's list."""

import base64
import io
import re
import time
from html import escape

import pandas as pd
import pytest

from lst_workbench import load_scenario, make_plan, read_market, read_run
from lst_workbench.contracts import InputError
from lst_workbench.market import write_market
from lst_workbench.planning.beats import field_stores, plan_beats
from lst_workbench.ui.rollout.field import field_of
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.ui.rollout.panel_field import FieldCard
from lst_workbench.views.messages import text


@pytest.fixture(scope="module")
def folders(district, tmp_path_factory):
    """The district, its second half in another prefecture, and a plan of it."""
    folder = tmp_path_factory.mktemp("field")
    places = district.places.assign(prefecture_code=341000)
    places.loc[places.index[len(places) // 2 :], "prefecture_code"] = 341100
    code_of = places.set_index("place_id")["prefecture_code"]
    stores = district.stores.assign(prefecture_code=district.stores["place_id"].map(code_of).astype("int32"))
    tables = {**district.tables, "places": places.astype({"prefecture_code": "int32"}), "stores": stores}
    write_market(type(district)(district.meta, tables), folder / "market")
    make_plan(read_market(folder / "market"), load_scenario("base"), folder / "runs" / "base")
    return folder / "runs", folder / "market"


@pytest.fixture
def card(folders):
    return FieldCard(RolloutState(*folders))


def cut(card, prefecture):
    card.state.prefecture = prefecture
    end = time.monotonic() + 30
    while (card._field is None or card._field.prefecture != prefecture) and time.monotonic() < end:
        time.sleep(0.02)
    assert card._field is not None and card._field.prefecture == prefecture
    while card._latest._busy and time.monotonic() < end:
        time.sleep(0.02)
    return card._field


def test_several_prefectures_are_offered_and_none_is_read_before_it_is_asked_for(card):
    assert len(card._choices["prefecture"].widget.options) == 3
    assert escape(text("field.empty")) in card._said.value and card._choices["rep"].widget.disabled


def test_a_prefecture_leads_to_reps_and_a_reps_week(card):
    field = cut(card, 341100)
    rep = card.state.rep
    assert [number for _, number in card._choices["rep"].widget.options] == field.beats["rep_id"].tolist()
    own = field.visits[(field.visits["rep_id"] == rep) & (field.visits["week"] == card.state.week)]
    assert card._list.value.count("<tr>") == len(own) + 1
    link = re.search(r'rep-0*\d+\.csv" href="data:text/csv;base64,([^"]+)"', card._files.value)
    assert link is not None
    read = pd.read_csv(io.BytesIO(base64.b64decode(link.group(1))))
    assert sorted(read["store_id"]) == sorted(field.visits.loc[field.visits["rep_id"] == rep, "store_id"])


def test_a_territory_leaves_its_own_reps(card):
    field = cut(card, 341000)
    territory = int(field.beats["territory_id"].iloc[-1])
    card.state.territory = territory
    shown = [number for _, number in card._choices["rep"].widget.options]
    assert shown == field.beats.loc[field.beats["territory_id"] == territory, "rep_id"].tolist()
    assert card.state.rep in shown


def test_the_field_of_a_prefecture_is_that_of_the_whole_market(folders):
    runs, at = folders
    market, run = read_market(at), read_run(runs / "base")
    figures = RolloutState(runs, at)._every_figure()
    whole = field_stores(market, run, figures, 3)
    for code in (341000, 341100):
        part = field_stores(read_market(at), read_run(runs / "base"), figures, 3, code)
        same = whole[whole["prefecture_code"] == code]
        assert sorted(part["store_id"]) == sorted(same["store_id"])
        assert (
            part.set_index("store_id")["purpose"]
            .sort_index()
            .equals(same.set_index("store_id")["purpose"].sort_index())
        )
        found, _, _ = plan_beats(market, run, figures, month=3, prefecture=code)
        field = field_of(market, run, {**figures, "field.reps": 7.0}, code, 3, "zh")
        of_all = (market.stores["prefecture_code"] == code).mean()
        assert len(field.beats) == max(1, round(7 * of_all))
        assert field.beats["stores"].sum() == found.tables["beats"]["stores"].sum() == len(part)
        assert field.beats["signups"].sum() == (part["purpose"] == "sign_up").sum()
    with pytest.raises(InputError, match="no store in prefecture 999"):
        field_stores(market, run, figures, 3, 999)
