"""Tables as strangers write them: the same sales in other words give the same forecast."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.demand import backtest_panel, forecast_panel

WEEKS = pd.date_range("2019-01-07", periods=40, freq="W-MON")
SALES = pd.DataFrame({"series_id": "a", "period": WEEKS, "quantity": np.arange(40) % 5})


@pytest.mark.parametrize("form", ["%Y年%m月%d日", "%Y%m%d", "%G-W%V", "%Y/%m/%d"])
def test_dates_may_be_written_in_many_ways(form):
    found = forecast_panel(SALES.assign(period=WEEKS.strftime(form)), 2)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(forecast_panel(SALES, 2)))
    if form == "%Y%m%d":
        number = forecast_panel(SALES.assign(period=WEEKS.strftime(form).astype(int)), 2)
        pd.testing.assert_frame_equal(pd.DataFrame(number), pd.DataFrame(found))


def test_months_may_be_whole_numbers():
    months = pd.date_range("2017-01-01", periods=40, freq="MS")
    found = forecast_panel(SALES.assign(period=months.strftime("%Y%m").astype(int)), 2, freq="MS")
    assert found["period"].tolist() == [pd.Timestamp("2020-05-01"), pd.Timestamp("2020-06-01")]


def test_stock_may_be_told_in_words_and_what_is_unclear_is_listed():
    in_stock = np.arange(40) % 4 > 0
    plain = forecast_panel(SALES.assign(in_stock=in_stock), 2)
    words = np.where(in_stock, "有货", "缺货").astype(object)
    words[5] = "perhaps"
    found = forecast_panel(SALES.assign(in_stock=words), 2)
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(plain))
    assert found.tables["left_out"]["rows"].tolist() == [1]


@pytest.mark.parametrize(
    ("sales", "said"),
    [
        ([1, 2], "give a table"),
        (pd.concat([SALES, SALES[["quantity"]]], axis=1), "more than once"),
        (SALES.assign(quantity=1e30), "above 1,000,000,000,000"),
    ],
)
def test_what_is_no_table_of_sales_is_said(sales, said):
    with pytest.raises(InputError, match=said):
        forecast_panel(sales, 2)


def test_sales_never_in_stock_cannot_be_tested():
    with pytest.raises(InputError, match="in stock"):
        backtest_panel(SALES.assign(in_stock="no"), 4)
