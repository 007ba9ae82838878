"""The Network page in a real browser, on the sample market."""

import time
from dataclasses import replace

import pytest

from tests.apps.page import FIELDS, SLIDERS, Page
from tests.apps.test_store_page import press

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MARKS = "return document.querySelectorAll('.leaflet-marker-icon .tier:not(.shut)').length"
SPOT = """const mark = document.querySelector('.leaflet-marker-icon .tier.front:not(.shut)').getBoundingClientRect();
return [mark.left + mark.width / 2, mark.top + mark.height / 2]"""


@pytest.fixture(scope="module")
def page(browser, sample_site):
    net = Page(browser, replace(sample_site, url=sample_site.url.replace("rollout.ipynb", "network.ipynb")))
    return net.open()


def test_the_page_says_what_the_network_promises_and_costs(page):
    assert "of stores next day at ¥" in page.text(".finding h1")
    assert page.run("return document.querySelectorAll('.kpi').length") == 6
    for part in (".areas-card", ".sites-card", ".net-side"):
        assert len(page.text(part)) > 60, part
    assert page.until(MARKS, "marks of warehouses") >= 5
    assert page.hosts() <= {"127.0.0.1"} and not page.errors()


def test_every_control_has_a_name(page):
    assert page.until(SLIDERS, "names of sliders") >= 2
    assert all(page.run(FIELDS))


def test_sites_close_when_less_is_promised_and_they_may(page):
    page.click(".mode button", "May close")
    page.says("Those of today may close", ".finding")
    before = page.run(MARKS)
    press(page, "Stores next day, at least", 30, "ARROW_LEFT")
    page.until(f"return ({MARKS[7:]}) < arguments[0]", "fewer warehouses on the map", before)
    page.says("50%", ".net-side")  # the last of the steps has arrived
    page.click(".reset-levers")
    page.says("80%", ".net-side")
    page.says("All that stand today stay", ".finding")


def test_a_click_on_a_warehouse_says_why_and_closing_it_says_who_suffers(page):
    page.run("document.querySelector('.map-card').scrollIntoView({block: 'start'})")
    time.sleep(0.5)
    left, top = page.run(SPOT)
    for kind in ("mousePressed", "mouseReleased"):
        click = {"type": kind, "x": left, "y": top, "button": "left", "clickCount": 1}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", click)
    page.says("Without it next-day delivery falls", ".net-side")
    page.click(".close-site")
    page.says("This is a what-if", ".finding")
    page.says("Stores that lose or gain next day", ".what-if")
    page.click(".restore")
    page.says("All that stand today stay", ".finding")


def test_a_longer_reach_is_answered(page):
    press(page, "What if: reach of a front", 3, "ARROW_RIGHT")
    page.says("the same sites open", ".what-if")
    page.click(".restore")
    page.says("All that stand today stay", ".finding")


def test_the_map_shows_today_and_the_difference(page):
    page.click(".map-mode button", "Difference")
    page.says("gains next day", ".map-card")
    page.click(".map-mode button", "Today")
    page.says("next day", ".map-card")
    page.click(".map-mode button", "Plan")


def test_files_are_made_when_asked_for(page):
    page.click(".make-files")
    page.until("return document.querySelectorAll('.files a[download]').length === 5", "links to five files")


def test_the_language_switches_all_of_the_page(page):
    page.click(".lang button", "中文")
    page.says("的门店次日达", ".finding")
    for part, said in ((".net-side", "承诺与预算"), (".areas-card", "各地次日达与成本"), (".sites-card", "仓库清单")):
        page.says(said, part)
    page.click(".lang button", "EN")
    page.says("of stores next day", ".finding")


@pytest.mark.parametrize("wide", [1440, 390])
def test_nothing_is_cut_or_scrolls_sideways(page, wide):
    page.fits(wide)
    page.picture("network", wide)
    page.width(1440)
