"""The account of an import in both languages: nothing stays English, figures and names stay as they are."""

import re

import pandas as pd

from lst_workbench.market import import_market
from lst_workbench.market.importing.notes import NOTES, note
from lst_workbench.views import imports
from lst_workbench.views.messages import text
from lst_workbench.views.words_import import NOTES_ZH

FIELDS = r"\{(\w+)\}"


def test_every_note_is_known_in_chinese_with_the_same_figures():
    assert set(NOTES_ZH) == set(NOTES)
    for key, english in NOTES.items():
        assert set(re.findall(FIELDS, NOTES_ZH[key])) == set(re.findall(FIELDS, english)), key


def test_an_imports_notes_and_reasons_are_said_in_the_language_of_the_page(tmp_path):
    rows = [("张记<b>", 29.71, 118.31, "13800138000"), ("李记", None, 118.3, ""), ("王记", 48.8, 2.3, "")]
    table = pd.DataFrame(rows, columns=["店名", "纬度", "经度", "电话"])
    table.to_csv(tmp_path / "shops.csv", index=False)
    done = import_market(tmp_path / "shops.csv")
    english, chinese = (imports.notes(done.notes, lang) for lang in ("en", "zh"))
    assert "1 rows: position is missing or cannot be read" in english
    assert "1 行：坐标缺失或无法识别" in chinese and "已作为个人信息删除：电话" in chinese
    assert not re.search(r"position|modelled|personal|rows", chinese)
    reasons = imports.rejected_table(done, "zh")
    assert "坐标在中国境外" in reasons and "position" not in reasons
    assert str(note("missing", rows=1)) == text("note.missing", "en", rows="1")
