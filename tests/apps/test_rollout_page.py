"""The Rollout page in a real browser. Tests run in order: the empty page makes the run that the others look at."""

import shutil
import time
import urllib.request

import pytest

from lst_workbench import planning
from lst_workbench.assumptions import load_scenario
from lst_workbench.market import read_market
from lst_workbench.runs import read_run
from lst_workbench.views.findings import finding_of, headline
from lst_workbench.views.theme import colour
from tests.apps.conftest import APPS
from tests.apps.page import CUT, FIELDS, SLIDERS, Page

STROKED = """
const paths = [...document.querySelectorAll(".leaflet-container path")];
return paths.some(path => path.getAttribute("stroke") === arguments[0])
"""
IN_CHART = """
return [...document.querySelectorAll(".js-plotly-plot text")].some(t => t.textContent.includes(arguments[0]))
"""
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def page(browser, site):
    return Page(browser, site)


@pytest.fixture(scope="module")
def planned(site):
    """Newest finished run; made here when a test runs alone."""
    return with_a_run(site)


def with_a_run(site):
    if not finished(site):
        planning.make_plan(read_market(site.market), load_scenario("base"), site.runs / "base")
    return site


def finished(site):
    if not site.runs.is_dir():
        return []
    done = [
        f
        for f in site.runs.iterdir()
        if f.is_dir() and (p := planning.progress_of(f)) is not None and p.state == "done"
    ]
    return sorted(done, key=lambda folder: folder.stat().st_mtime)


def newest(site):
    return read_run(finished(site)[-1])


def press_right(page, name, times, shows):
    """Move a slider by its arrow key and wait until the page has taken every step."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    handles = page.driver.find_elements(By.CSS_SELECTOR, ".lst [role=slider]")
    named = [handle for handle in handles if name in (handle.get_attribute("aria-label") or "")]
    assert named, [handle.get_attribute("aria-label") for handle in handles]
    for _ in range(times):
        named[0].send_keys(Keys.ARROW_RIGHT)
    page.says(shows, ".side")


def test_the_servers_own_address_leads_to_the_page(site):
    with urllib.request.urlopen(site.url.split("voila")[0], timeout=20) as answer:
        said = answer.read().decode()
    assert "url=/voila/render/rollout.ipynb" in said


def test_an_empty_page_says_what_to_do_and_makes_the_first_plan(page, site):
    page.open()
    assert "No finished plan yet" in page.text(".finding h1")
    page.click(".run-plan")
    page.until(
        "return document.querySelector('.thin.busy') && !document.querySelector('.cancel-run').disabled", "progress"
    )
    page.until("return document.querySelectorAll('.js-plotly-plot .main-svg').length > 0", "the chart")
    page.until("return document.querySelectorAll('.leaflet-overlay-pane path').length > 3", "the map")
    early = page.text(".finding h1")  # levers and ranges may still be worked out
    page.says("Figures match the levers", ".side")
    assert page.text(".finding h1") == early == headline(finding_of(newest(site)), "en")
    assert not page.errors()


def test_the_page_opens_on_the_newest_run_and_asks_no_other_host(page, planned):
    page.open()
    assert page.text(".finding h1") == headline(finding_of(newest(planned)), "en")
    assert page.run("return document.querySelectorAll('.kpi').length") >= 6
    assert page.run("return document.querySelectorAll('.leaflet-overlay-pane path').length") > 3
    assert "Synthetic stores on real geography" in page.text(".topbar")
    assert page.hosts() == {"127.0.0.1"}
    assert not page.errors()


def test_no_link_is_dead(page, planned):
    links = page.run(
        "return [...document.querySelectorAll('.lst a:not([role=button])')].map(a => a.getAttribute('href') ?? '')"
    )
    pages = {path.name for path in APPS.glob("*.ipynb")}
    assert all(link.startswith("data:") or link in pages for link in links)


def test_a_definition_opens_on_focus_and_leads_to_the_register(page, planned):
    shown = "const pop = document.querySelector('.kpi .pop'); return getComputedStyle(pop).visibility === 'visible'"
    page.run("document.querySelector('.kpi .info').focus()")
    page.until(shown, "the definition")
    page.run("document.querySelector('.kpi .entry').open = true")
    assert "goal.stores" in page.text(".kpi .entry")
    assert "China Daily" in page.text(".kpi .entry")
    page.run("document.activeElement.blur()")


def test_every_control_has_a_name(page, planned):
    assert page.until(SLIDERS, "names of sliders") >= 5
    fields = page.run(FIELDS)
    assert all(fields), fields


def test_a_store_is_found_by_id_and_explained_with_its_cells(page, planned):
    market = read_market(planned.market)
    store = market.stores.sort_values(["area_m2", "store_id"], ascending=[False, True]).iloc[0]
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    field = page.driver.find_element(By.CSS_SELECTOR, ".search input")
    field.clear()
    field.send_keys(str(store["store_id"]), Keys.ENTER)
    page.says(str(store["store_id"]), ".store-grid")
    page.says(store["name"], ".store-head")
    page.until(STROKED, "its cells", colour("goal"))


def test_the_language_switches_all_of_the_page(page, planned):
    page.click(".lang button", "中文")
    page.says(headline(finding_of(newest(planned)), "zh"), ".finding")
    page.says("运行方案", ".run-plan")
    page.until(IN_CHART, "the chart in Chinese", "在网")
    page.click(".lang button", "EN")
    page.says(headline(finding_of(newest(planned)), "en"), ".finding")
    assert not page.errors()


def test_nothing_scrolls_sideways_on_a_phone(page, planned):
    page.width(390)
    for language in ("中文", "EN"):
        page.click(".lang button", language)
        time.sleep(0.8)
        assert page.run("return document.documentElement.scrollWidth") <= 390
        assert page.run("return document.querySelector('.js-plotly-plot .main-svg').clientWidth") <= 390
    top = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    assert page.run(top, ".side") > page.run(top, ".content"), "controls come last"
    page.width(1440)


def test_a_lever_and_run_change_the_figures(page, planned):
    before, runs = page.text(".finding h1"), len(finished(planned))
    press_right(page, "Field representatives", 6, "2,300 nationwide")
    page.says("Levers moved", ".side")
    page.click(".run-plan")
    page.until("return document.querySelector('.thin.busy') !== null", "progress")
    assert page.text(".finding h1") == before, "the old figures stay while a run is at work"
    page.says("Figures match the levers", ".side")
    assert len(finished(planned)) == runs + 1
    assert page.text(".finding h1") == headline(finding_of(newest(planned)), "en") != before


def test_a_run_outlives_a_reload_and_can_be_cancelled(page, planned):
    runs, before = len(finished(planned)), page.text(".finding h1")
    press_right(page, "Field representatives", 2, "2,400 nationwide")
    page.says("Levers moved", ".side")
    page.click(".run-plan")
    page.until("return document.querySelector('.thin.busy') !== null", "progress")
    at_work = max((f for f in planned.runs.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
    hold(at_work)
    page.open()
    page.until(
        "return document.querySelector('.thin.busy') && !document.querySelector('.cancel-run').disabled",
        "the run, picked up",
    )
    assert page.text(".finding h1") == before
    release(at_work)
    page.click(".cancel-run")
    page.says("Cancelled", ".side")
    assert len(finished(planned)) == runs
    assert page.text(".finding h1") == before


def hold(folder):
    """Stop the process of a run where it stands, so that a slow browser still meets it at work."""
    planning.progress_of(folder).process().suspend()


def release(folder):
    process = planning.progress_of(folder).process()
    if process is not None:
        process.resume()


def test_what_goes_wrong_is_said_in_a_sentence_and_the_figures_stay(page, planned):
    before = page.text(".finding h1")
    kept = planned.market.with_name("stores.kept")
    shutil.move(planned.market / "stores.parquet", kept)
    try:
        page.click(".run-plan")
        page.until("return document.querySelector('.side .alert') !== null", "the error")
        said = page.text(".side .alert")
        assert "stores" in said and "Traceback" not in said
        assert page.text(".finding h1") == before
    finally:
        shutil.move(kept, planned.market / "stores.parquet")
    assert not page.errors()


@pytest.mark.slow
@pytest.mark.parametrize("pixels", [1440, 1024, 390])
@pytest.mark.parametrize("language", ["EN", "中文"])
def test_the_sample_market_fits_every_width_in_both_languages(browser, sample_site, pixels, language):
    with_a_run(sample_site)
    page = Page(browser, sample_site)
    page.width(pixels)
    page.open()
    page.click(".lang button", language)
    page.says("运行方案" if language == "中文" else "Run plan", ".run-plan")
    time.sleep(1)
    assert page.run("return document.documentElement.scrollWidth") <= pixels
    assert page.run(CUT) == []
    assert page.hosts() == {"127.0.0.1"} and not page.errors()
    page.width(1440)


def test_months_play_and_another_plan_stands_beside(page, planned, tmp_path):
    more = load_scenario("base").override({"field.reps": 4000})
    older = finished(planned)[-1]
    planning.make_plan(read_market(planned.market), more, planned.runs / "more-reps")
    page.width(1440)
    page.open()
    page.run("document.querySelector('.play-row .jupyter-button').click()")
    page.says("Signed by the end of Oct 2017", ".play-row")
    page.until("return document.querySelectorAll('.field table.grid').length === 2", "reps and a rep's week")
    assert page.run("return document.querySelectorAll('.field a[download]').length") == 2
    choice = "const s = document.querySelector('.beside-choice select'); s.selectedIndex = 1; "
    page.run(choice + "s.dispatchEvent(new Event('change', {bubbles: true}))")
    page.says("fewer stores in the system", ".beside")
    page.picture("rollout-beside", 1440)
    page.fits(390)
    page.picture("rollout-beside", 390)
    page.width(1440)
    assert not page.errors()
    shutil.rmtree(planned.runs / "more-reps")
    assert finished(planned)[-1] == older


def test_conditions_of_the_form_are_those_of_the_run_and_who_is_signed_is_told(page, planned):
    page.open()
    page.width(1440)
    before = len(finished(planned))
    page.click(".conditions-open button, button.conditions-open")
    quota = page.driver.find_element("css selector", "input[placeholder='at most, stores']")
    quota.send_keys("40")
    page.click("button.conditions-add")
    page.says("at most 40 stores", ".conditions")
    page.picture("rollout-conditions", 1440)
    page.picture("rollout-conditions", 390)
    page.width(1440)
    page.says("Levers moved", ".side")
    page.click("button.run-plan")
    page.until("return document.querySelector('.side').innerText.includes('Figures match the levers')", "the new plan")
    assert len(finished(planned)) == before + 1
    run = newest(planned)
    assert run.tables["conditions"][["kind", "at_most"]].values.tolist() == [["stores", 40.0]]
    assert 0 < len(run.tables["waves"]) <= 40
    page.says("Village shops", ".lst")
    page.says("Conditions: 1", ".side")
    assert not page.errors()
