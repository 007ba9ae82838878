"""The Range page in a real browser, on the sample market whose items are synthetic."""

from dataclasses import replace

import pytest

from tests.apps.page import FIELDS, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def page(browser, sample_site):
    return Page(browser, replace(sample_site, url=sample_site.url.replace("rollout.ipynb", "range.ipynb"))).open()


def test_the_page_says_what_better_ranges_are_worth(page):
    page.says("more margin", ".finding h1")
    page.says("Everything (Excel)", ".files")
    for part in (".beside-card", ".categories", ".transfer", ".contract-card", ".wanted", ".swaps"):
        assert len(page.text(part)) > 80, part
    assert page.run("return document.querySelectorAll('.matrix tbody tr').length") == 8
    assert all(page.run(FIELDS))
    assert page.hosts() <= {"127.0.0.1"} and not page.errors()


@pytest.mark.parametrize("pixels", [1440, 390])
def test_nothing_scrolls_sideways(page, pixels):
    page.fits(pixels)
