"""The Store page in a real browser, on the sample market whose tills are synthetic."""

import time
from dataclasses import replace

import pytest

from lst_workbench.market import TOUR_STORE_ID, read_market
from tests.apps.page import FIELDS, SLIDERS, Page
from tests.apps.test_rollout_page import IN_CHART

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MARKS = "return document.querySelectorAll('.leaflet-marker-icon .rival').length"


@pytest.fixture(scope="module")
def page(browser, sample_site):
    shop = Page(browser, replace(sample_site, url=sample_site.url.replace("rollout.ipynb", "store.ipynb")))
    return shop.open()


def press(page, name, times, key):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    page.until(SLIDERS, "names of sliders")
    handles = page.driver.find_elements(By.CSS_SELECTOR, ".lst [role=slider]")
    handle = next(h for h in handles if name in (h.get_attribute("aria-label") or ""))
    for _ in range(times):
        handle.send_keys(getattr(Keys, key))


def test_the_page_opens_on_the_shop_of_the_tour(page):
    assert "屯溪食品店 could buy goods for ¥" in page.text(".finding h1")
    assert str(TOUR_STORE_ID) in page.text(".finding p")
    assert page.run("return document.querySelectorAll('.kpi').length") == 6
    assert "P10 ¥" in page.text(".kpi-range")
    for part in (".reasons", ".nearby", ".rivals", ".twins", ".weeks"):
        assert len(page.text(part)) > 80, part
    assert "These tills are synthetic" in page.text(".weeks")
    assert page.until(IN_CHART, "the festival", "Spring Festival")
    assert page.run(MARKS) >= 4
    assert "Synthetic stores on real geography" in page.text(".topbar")
    assert page.hosts() <= {"127.0.0.1"} and not page.errors()


def test_every_control_has_a_name(page):
    assert page.until(SLIDERS, "names of sliders") == 3
    fields = page.run(FIELDS)
    assert all(fields), fields


def test_a_larger_floor_and_a_rival_say_what_follows(page):
    before = page.text(".finding h1")
    press(page, "Sales floor", 6, "ARROW_RIGHT")
    page.says("180 m²", ".side")
    page.says("+¥", ".follows")
    press(page, "A rival of 100 m² opens", 2, "ARROW_RIGHT")
    page.says("0.2 km away", ".side")
    page.says("the new rival", ".follows")
    page.until("return document.querySelectorAll('.leaflet-marker-icon .rival.tried').length", "the rival on the map")
    assert page.text(".finding h1") == before, "what is tried does not pass for what is"
    page.click(".reset-levers")
    page.says("Move the floor", ".follows")


def test_another_decay_changes_the_catchment(page):
    before = page.text(".kpis")
    press(page, "How fast shoppers give up", 5, "ARROW_RIGHT")
    page.says("2 per km", ".side")
    page.until("return document.querySelector('.kpis').innerText !== arguments[0]", "other figures", before)
    page.click(".reset-levers")
    page.until("return document.querySelector('.kpis').innerText === arguments[0]", "the figures of before", before)


def test_a_shop_with_a_till_is_found_by_id_and_shows_what_it_sold(page, sample_site):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    market = read_market(sample_site.market)
    store = int(market.participants.loc[market.participants["active"], "store_id"].iloc[0])
    field = page.driver.find_element(By.CSS_SELECTOR, ".search input")
    field.clear()
    field.send_keys(str(store), Keys.ENTER)
    page.says(str(store), ".finding p")
    page.says("has a till", ".finding p")
    page.says("own till", ".weeks")
    assert page.text(".weeks h2").startswith("Sold and expected")


def test_a_cell_of_the_map_leads_to_its_shop(page):
    before = page.text(".finding p")
    page.run("document.querySelector('.leaflet-container').scrollIntoView({block: 'center'})")
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    view = page.driver.find_element(By.CSS_SELECTOR, ".leaflet-container")
    for away in ((90, 60), (-90, 60), (60, -90), (-120, -60), (0, 110)):
        ActionChains(page.driver).move_to_element_with_offset(view, *away).click().perform()
        time.sleep(1.5)
        if page.text(".finding p") != before:
            return
    pytest.fail("no click on the map led to another shop")


def test_the_language_switches_all_of_the_page(page):
    page.click(".lang button", "中文")
    page.says("进货潜力", ".finding")
    for part, words in ((".side", "如果"), (".reasons", "潜力原因"), (".nearby", "周边人口"), (".weeks", "合成")):
        page.says(words, part)
    page.click(".lang button", "EN")
    page.says("could buy goods", ".finding")
    assert not page.errors()


def test_nothing_scrolls_sideways_on_a_phone_or_is_cut(page):
    page.fits(390)
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    assert page.run(top, ".side") > page.run(top, ".content"), "controls come last"
    page.width(1440)


def test_pages_are_linked(page):
    assert page.run("return document.querySelector('.nav a').getAttribute('href')") == "rollout.ipynb"
    assert page.text(".nav .on") == "Store"


def test_advice_appears_and_fits_a_phone(page):
    page.says("The drawing, to print", ".shelf-card")
    assert "of margin until the next delivery" in page.text(".order")
    assert page.run("return document.querySelector('.shelf-card img').naturalWidth") > 300
    assert not page.errors()
