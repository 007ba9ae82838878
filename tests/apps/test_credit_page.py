"""The Credit page in a real browser, on the sample market whose past credit is synthetic."""

from dataclasses import replace

import pytest

from tests.apps.page import FIELDS, SLIDERS, Page
from tests.apps.test_store_page import press

PARTS = (
    "stress", "warnings", "fairness", "model-card", "story", "policies", "stages", "rolls", "drift", "challenger",
    "cash",
)  # fmt: skip
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def page(browser, sample_site):
    credit = Page(browser, replace(sample_site, url=sample_site.url.replace("rollout.ipynb", "credit.ipynb")))
    return credit.open()


def test_the_page_opens_with_its_answer(page):
    assert "stores get ¥" in page.text(".finding h1") and "one in a thousand" in page.text(".finding p")
    assert page.run("return document.querySelectorAll('.kpi').length") == 6
    for part in PARTS:
        assert len(page.text(f".{part}")) > 60, part
    assert "Past credit is synthetic" in page.text(".model-card")
    assert page.hosts() <= {"127.0.0.1"} and not page.errors()


def test_every_control_has_a_name(page):
    assert page.until(SLIDERS, "names of sliders") == 5
    assert all(page.run(FIELDS))


def test_a_budget_moves_the_answer_and_goes_back(page):
    before = page.text(".finding h1")
    press(page, "Capital", 5, "ARROW_LEFT")
    page.until("return document.querySelector('.finding h1').innerText !== arguments[0]", "another answer", before)
    page.click(".reset-levers")
    page.until("return document.querySelector('.finding h1').innerText === arguments[0]", "the first answer", before)


def test_files_are_written_when_asked_for(page):
    page.click(".make-files")
    links = "return document.querySelectorAll('.files a[download]').length"
    page.until(f"{links} === 2", "links to the files")


def test_a_store_is_found_by_its_id(page):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    page.driver.find_element(By.CSS_SELECTOR, ".search input").send_keys("341000000042", Keys.ENTER)
    page.says("341000000042", ".story")


def test_both_languages_fit_a_phone(page):
    page.fits(390, ("获授信", "stores get"))
    page.width(1440)
