import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import allocate_facings
from lst_workbench.contracts import InputError
from lst_workbench.views.planogram import LEFT, SHELF_WIDE, _lines, planogram_svg

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '</text><script>alert("1")</script>&<img src=x onerror=1>'


def shop(names):
    """A shelf of three levels, arranged by the model itself."""
    draw = np.random.default_rng(5)
    skus = [f"s{at}" for at in range(len(names))]
    items = pd.DataFrame({
        "sku": skus, "facing_cm": draw.uniform(5, 14, len(skus)).round(1), "facing_units": 6,
        "margin_rmb": draw.uniform(0.5, 3, len(skus)).round(2), "name_zh": names,
    })  # fmt: skip
    shelves = pd.DataFrame({"store_id": 1, "level": [1, 2, 3], "shelf_cm": [120.0, 120.0, 90.0],
                            "attention": [0.9, 1.2, 1.1]})  # fmt: skip
    sales = pd.DataFrame({"store_id": 1, "sku": skus, "quantity_week": draw.uniform(2, 30, len(skus)), "level": 1})
    return items, shelves, allocate_facings(shelves, items, sales, space_elasticity=0.17, deliveries_week=2).tables


def test_a_page_is_well_formed_and_drawn_to_scale():
    items, shelves, tables = shop([f"货品 {at}" for at in range(12)])
    root = ET.fromstring(planogram_svg(tables["facings"], shelves, items, tables["moves"]))
    boxes = [box for box in root.iter(f"{SVG}rect") if box.get("class") == "facing"]
    wide = tables["facings"].merge(items, on="sku")
    assert len(boxes) == tables["facings"]["facings"].sum()
    drawn = sum(float(box.get("width")) for box in boxes)
    assert drawn == pytest.approx((wide["facings"] * wide["facing_cm"]).sum() * SHELF_WIDE / 120, abs=0.5)
    assert all(LEFT - 0.01 <= float(b.get("x")) <= LEFT + SHELF_WIDE - float(b.get("width")) + 0.02 for b in boxes)


def test_facings_of_a_level_stand_beside_each_other_without_overlap():
    items, shelves, tables = shop([f"货品 {at}" for at in range(12)])
    root = ET.fromstring(planogram_svg(tables["facings"], shelves, items))
    boxes = [box for box in root.iter(f"{SVG}rect") if box.get("class") == "facing"]
    for y in {box.get("y") for box in boxes}:
        level = sorted((float(b.get("x")), float(b.get("width"))) for b in boxes if b.get("y") == y)
        for (x, width), (following, _) in zip(level, level[1:], strict=False):
            assert following == pytest.approx(x + width, abs=0.02)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_stay_text(lang):
    items, shelves, tables = shop([HOSTILE] * 6)
    page = planogram_svg(tables["facings"], shelves, items, tables["moves"], lang, title=HOSTILE)
    root = ET.fromstring(page)
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {"svg", "g", "rect", "text", "title", "path",
                                                                   "circle"}  # fmt: skip
    assert "<script" not in page and "<img" not in page
    assert HOSTILE in root.get("aria-label")


def test_moves_are_numbered_most_worth_first_and_on_the_shelf():
    items, shelves, tables = shop([f"货品 {at}" for at in range(12)])
    moves = tables["moves"]
    said = [t.text for t in ET.fromstring(planogram_svg(tables["facings"], shelves, items, moves)).iter(f"{SVG}text")]
    best = moves.sort_values("gain_rmb_week", ascending=False)["sku"].iloc[0]
    name = items.set_index("sku").loc[best, "name_zh"]
    beside = [following for one, following in zip(said, said[1:], strict=False) if one == "1"]
    assert name in beside
    assert sum(one == "1" for one in said) == 2  # once in the list, once on the shelf


def test_nothing_to_move_says_so():
    items, shelves, tables = shop(["茶"] * 4)
    assert "无需调整" in planogram_svg(tables["facings"], shelves, items, tables["moves"].iloc[:0])


def test_a_new_item_has_a_place_and_no_old_level():
    items, shelves, tables = shop(["茶", "水"])
    new = pd.DataFrame({"sku": ["s0"], "from_level": [np.nan], "to_level": [2], "from_facings": [1],
                        "to_facings": [3], "gain_rmb_week": [4.0]})  # fmt: skip
    assert "放第 2 层, 3 个排面" in planogram_svg(tables["facings"], shelves, items, new)


def test_all_faults_are_said_at_once():
    items = pd.DataFrame({"sku": ["a", "b"], "facing_cm": [80.0, np.nan]})
    facings = pd.DataFrame({"sku": ["a", "b", "a"], "level": [1, 1, 7], "facings": [2, 1, 1]})
    with pytest.raises(InputError) as said:
        planogram_svg(facings, pd.DataFrame({"level": [1], "shelf_cm": [100.0]}), items)
    for part in ("item b has no width", "level 7 is not among", "level 1 holds 160 cm of goods on 100 cm"):
        assert part in str(said.value)


def test_names_are_broken_into_lines_that_fit():
    for ems in (3.0, 5.5, 9.0):
        for line in _lines("农夫山泉 天然水 550ml 整箱装 extra long english", ems, 4):
            assert sum(1.0 if ord(sign) > 255 and sign != "…" else 0.6 for sign in line) <= ems + 0.6
    assert _lines("", 4, 2) == []
