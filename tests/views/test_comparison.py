"""Runs side by side, in words."""

import pandas as pd
import pytest

from lst_workbench.runs import Comparison
from lst_workbench.views.comparison import change_counts, changes

MONTHS = pd.to_datetime(["2017-09-01", "2017-10-01", None])


def test_changes_are_counted_by_what_they_are():
    sep, octo, none = MONTHS
    rows = [
        (1, "signed", octo, "signed", sep),
        (2, "signed", sep, "signed", octo),
        (3, "signed", sep, "signed", octo),
        (4, "not_chosen", none, "signed", sep),
        (5, "signed", sep, "uncovered", none),
        (6, "not_chosen", none, "uncovered", none),
    ]
    stores = pd.DataFrame(rows, columns=["store_id", "status a", "month a", "status b", "month b"])
    found = changes(Comparison(pd.DataFrame(), pd.DataFrame(), stores))
    assert found["b"].tolist() == ["earlier", "later", "later", "in", "out", "other"]
    assert dict(change_counts(found).to_numpy().tolist()) == {
        "earlier": 1, "later": 2, "comes in": 1, "drops out": 1, "out of reach, or in it again": 1,
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_change_is_no_row(lang):
    stores = pd.DataFrame(columns=["store_id", "status a", "month a", "status b", "month b"])
    stores = stores.astype({"month a": "datetime64[us]", "month b": "datetime64[us]"})
    assert change_counts(changes(Comparison(pd.DataFrame(), pd.DataFrame(), stores)), lang).empty
