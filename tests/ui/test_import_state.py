"""State and panel of the Import page, without a browser: file in, mapping corrected, market and plan out."""

import pytest

from lst_workbench.market import read_market
from lst_workbench.ui.market_import import ImportState
from lst_workbench.ui.market_import.panel import ImportPanel
from lst_workbench.views import imports

LIST = "名字,东,北,电话\n张记<b>便利店,118.31,29.71,13812345678\n李记超市,118.32,29.72,13912345678\n坏店,x,y,\n"


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    state = ImportState(folder / "markets", folder / "runs")
    state.take("../../list.csv", LIST.encode("gb18030"))
    return state


def test_a_list_without_known_headers_is_shown_and_refused_until_it_is_mended(state):
    assert state.proposal is not None and state.said == ("", "")
    state.start().join()
    assert state.done is None and "lat and lon" in state.said[1]
    for field, header in (("lat", "北"), ("lon", "东"), ("name", "名字")):
        state.choose(field, header)
    state.start().join()
    assert state.said == ("", "") and state.done is not None
    assert (state.done.read, len(state.done.market.stores), len(state.done.rejected)) == (3, 2, 1)
    assert state.done.market.folder.parent == state.markets_folder
    assert len(read_market(state.done.market.folder).stores) == 2


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_the_page_says_is_escaped_and_names_nobody(state, lang):
    if state.done is None:
        pytest.skip("the import before failed")
    said = imports.first_rows(state.proposal, lang) + imports.quality_table(state.done, lang)
    said += imports.trust_table(state.done, lang) + imports.rejected_table(state.done, lang)
    said += imports.kpis(state.done, lang) + imports.notes(state.done.notes, lang)
    assert "&lt;b&gt;" in said and "<b>便利店" not in said
    assert "13812345678" not in said and "13912345678" not in said


def test_the_panel_follows_the_state(tmp_path):
    state = ImportState(tmp_path / "markets", tmp_path / "runs")
    panel = ImportPanel(state)
    assert "Bring your own list" in panel._finding.value
    state.take("shops.csv", "店名,经度,纬度\n张记,118.31,29.71\n".encode())
    assert "1 rows read, 3 columns understood" in panel._finding.value and "张记" in panel._rows.value
    state.lang = "zh"
    assert "识别 3 列" in panel._finding.value
    state.take("shops.csv", b"")
    assert state.proposal is None and "empty" in state.said[1]
