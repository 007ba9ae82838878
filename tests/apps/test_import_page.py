"""The Import page in a real browser: a list is uploaded, understood, imported, and planned on."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.apps.page import CUT, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PHONE = "13812345678"
# The widget's file field is never part of the page: catch it when its button is pressed.
CATCH = "HTMLInputElement.prototype.click = function () { this.id = 'caught'; document.body.append(this) }"


@pytest.fixture(scope="module")
def page(browser, site):
    return Page(browser, replace(site, url=site.url.replace("rollout.ipynb", "import.ipynb"))).open()


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "门店名称": [f"屯溪{i}号便利店" for i in range(60)],
            "经度": 118.30 + rng.normal(0, 0.03, 60).round(5),
            "纬度": 29.71 + rng.normal(0, 0.02, 60).round(5),
            "营业面积": rng.integers(15, 120, 60),
            "联系电话": PHONE,
        }
    )
    path = tmp_path_factory.mktemp("own") / "门店.csv"
    path.write_bytes(table.to_csv(index=False).encode("gb18030"))
    return path


def test_a_list_goes_from_file_to_plan(page, shops):
    from selenium.webdriver.common.by import By

    assert "Bring your own list of shops" in page.text(".finding h1")
    page.run(CATCH)
    page.click(".upload")
    page.driver.find_element(By.ID, "caught").send_keys(str(shops))
    page.says("60 rows read", ".finding")
    page.says("门店名称", ".first-rows")
    assert PHONE not in page.text(".lst")
    page.click(".import-list")
    page.says("60 of 60 rows are imported", ".finding")
    page.says("Warehouses", ".trust")
    page.click(".plan-list")
    page.says("never signed", ".planned")
    assert page.hosts() <= {"127.0.0.1"} and not page.errors()


@pytest.mark.parametrize("pixels", [1440, 390])
def test_nothing_is_cut_or_wider_than_the_page(page, pixels):
    page.width(pixels)
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert not page.run(CUT)
