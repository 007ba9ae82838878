"""The Co-branded page in a real browser, on the sample market."""

from dataclasses import replace

import pytest

from tests.apps.page import FIELDS, SLIDERS, Page
from tests.apps.test_store_page import press

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MARKS = "return document.querySelectorAll('.leaflet-marker-icon .tm:not(.next):not(.focus)').length"


@pytest.fixture(scope="module")
def page(browser, sample_site):
    tmall = Page(browser, replace(sample_site, url=sample_site.url.replace("rollout.ipynb", "cobranded.ipynb")))
    return tmall.open()


def test_the_page_says_how_many_shops_and_when_they_pay_back(page):
    assert "become Tmall stores for ¥" in page.text(".finding h1")
    assert "The press's uplift would promise" in page.text(".finding p")
    assert page.run("return document.querySelectorAll('.kpi').length") == 5
    for part in (".why-card", ".chosen", ".following", ".reasons"):
        assert len(page.text(part)) > 60, part
    assert page.until(MARKS, "marks of the chosen") >= 5
    assert page.hosts() <= {"127.0.0.1"} and not page.errors()


def test_every_control_has_a_name(page):
    assert page.until(SLIDERS, "names of sliders") == 5
    assert all(page.run(FIELDS))


def test_a_budget_moved_chooses_again(page):
    before = page.run(MARKS)
    press(page, "Budget for fit-outs", 8, "ARROW_RIGHT")
    page.until(f"return ({MARKS[7:]}) > arguments[0]", "more shops on the map", before)
    page.click(".reset-levers")
    page.until(f"return ({MARKS[7:]}) === arguments[0]", "the shops of before", before)


def test_the_language_switches_all_of_the_page(page):
    page.click(".lang button", "中文")
    page.says("改造为天猫小店", ".finding")
    for part, said in ((".side", "调节"), (".chosen", "入选门店"), (".reasons", "未选原因")):
        page.says(said, part)
    page.click(".lang button", "EN")
    page.says("become Tmall stores", ".finding")


@pytest.mark.parametrize("wide", [1440, 390])
def test_nothing_is_cut_or_scrolls_sideways(page, wide):
    page.fits(wide)
    page.picture("cobranded", wide)
    page.width(1440)
