"""The shelf as PNG: size of the page, goods on it, and a sentence where no browser is."""

import shutil
import struct

import pandas as pd
import pytest

from lst_workbench.contracts import LstError
from lst_workbench.views.planogram import planogram_svg
from lst_workbench.views.planogram_png import BROWSERS, planogram_png


def drawing(name):
    facings = pd.DataFrame({"sku": ["tea"], "level": [1], "facings": [3]})
    shelves = pd.DataFrame({"level": [1], "shelf_cm": [90.0]})
    return planogram_svg(facings, shelves, pd.DataFrame({"sku": ["tea"], "facing_cm": [7.0], "name_zh": [name]}))


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_a_drawing_becomes_a_picture_of_the_page_with_its_letters(tmp_path):
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("no browser is installed")
    tea, none = (planogram_png(drawing(name), tmp_path / f"{len(name)}.png").read_bytes() for name in ("绿茶", " "))
    assert tea[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", tea[16:24]) == (2246, 1588)
    assert tea != none
    with pytest.raises(LstError, match="cannot be handed a drawing of 1,0"):
        planogram_png(drawing("绿茶") + " " * 1_000_000, tmp_path / "large.png")


def test_without_a_browser_the_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LstError, match="no browser draws the PNG; install one of chromium"):
        planogram_png(drawing("绿茶"), tmp_path / "shelf.png")
