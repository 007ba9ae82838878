"""Labels of vintages stand in the order of their lines."""

import pandas as pd

from lst_workbench.views.credit_charts import vintage_figure


def test_labels_stand_in_the_order_of_the_lines_and_apart():
    shares = {"2016-01-01": 0.1, "2016-04-01": 0.02, "2016-07-01": 0.099}
    rows = [
        {"cohort": pd.Timestamp(day), "month_on_book": month, "default_share": share * month / 2, "at_risk": 50}
        for day, share in shares.items()
        for month in (1, 2)
    ]
    notes = vintage_figure(pd.DataFrame(rows), "en").layout.annotations
    at = {note.text: note.y for note in notes if "Q" in note.text}
    assert at["2016 Q2"] == 0.02 and at["2016 Q3"] == 0.099
    assert at["2016 Q1"] >= at["2016 Q3"] + 0.1 / 14 - 1e-9
