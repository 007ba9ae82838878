import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.contracts import InputError
from lst_workbench.market import build_market, read_credit, read_market, read_orders, read_sales, write_market


@pytest.fixture(scope="module")
def sample():
    return read_market(data_folder() / "sample")


@pytest.fixture(scope="module")
def sales(sample):
    return read_sales(sample)


def test_a_year_of_a_till_is_the_stores_hidden_figure(sample, sales):
    hidden = sample.truth["stores"].set_index("store_id")["sales_rmb_month"]
    year = sales[sales["week"] > sales["week"].max() - pd.Timedelta(weeks=52)]
    monthly = year.groupby("store_id")["sales_rmb"].sum() * 365 / 12 / 364
    ratio = monthly / hidden.reindex(monthly.index)
    assert ratio.mean() == pytest.approx(0.985, abs=0.02), "empty shelves cost a little"
    assert ratio.std() < 0.1


def test_only_active_participants_have_a_till(sample, sales):
    active = sample.participants.loc[sample.participants["active"], "store_id"]
    assert set(sales["store_id"]) == set(active)
    assert (sales["week"].dt.day_of_week == 0).all() and sales["week"].max() < pd.Timestamp("2017-09-01")
    assert (~sales["in_stock"]).mean() == pytest.approx(0.02, abs=0.005)


def test_spring_festival_stands_out_and_the_week_after_is_quiet(sales):
    weekly = sales.groupby("week")["sales_rmb"].sum()
    usual = weekly.median()
    assert weekly[pd.Timestamp("2017-01-16")] > 1.2 * usual
    assert weekly[pd.Timestamp("2017-01-30")] < usual


def test_tills_do_not_depend_on_what_else_is_drawn_or_written(sample, sales, tmp_path):
    pair = build_market(prefectures=["黄山", "铜陵"], seed=7)
    again = read_sales(pair, [341000])
    pd.testing.assert_frame_equal(again, sales)
    assert read_sales(write_market(sample, tmp_path / "copy")).equals(sales)


def test_an_own_table_comes_first_and_is_checked(sample, sales, tmp_path):
    market = write_market(sample, tmp_path / "own")
    few = sales[sales["store_id"] == sales["store_id"].iloc[0]]
    few.to_parquet(tmp_path / "own" / "sales.parquet")
    assert len(read_sales(market)) == len(few)
    few.assign(store_id=5).to_parquet(tmp_path / "own" / "sales.parquet")
    with pytest.raises(InputError, match="not in the market"):
        read_sales(market)
    few.assign(quantity=-1.0).to_parquet(tmp_path / "own" / "sales.parquet")
    with pytest.raises(InputError, match="at least 0"):
        read_sales(market)


def test_a_market_without_tills_says_none(village):
    assert read_sales(village) is None


def test_units_are_whole_and_priced(sales):
    assert np.allclose(sales["quantity"], sales["quantity"].round())
    assert (sales.loc[sales["quantity"] == 0, "sales_rmb"] == 0).all()


def test_a_sample_of_the_records_holds_the_smaller_and_is_the_same_alone(sample, sales):
    fifth = build_market(prefectures=["黄山", "铜陵"], recorded_share=0.2)
    tenth = build_market(prefectures=["黄山"], recorded_share=0.1)
    assert build_market(prefectures=["黄山"], recorded_share=0.1).meta.fingerprint == sample.meta.fingerprint
    for read in (read_sales, read_orders, read_credit):
        all_of_them, more, few = (set(read(market)["store_id"]) for market in (sample, fifth, tenth))
        more = {store for store in more if store // 1_000_000 == 341000}
        assert few < more < all_of_them
        assert 0.1 < len(more) / len(all_of_them) < 0.3
    some = read_sales(tenth)
    whole = sales[sales["store_id"].isin(some["store_id"])]
    assert len(some) == len(whole)
    with pytest.raises(InputError, match="above 0 and at most 1"):
        build_market(prefectures=["黄山"], recorded_share=1.5)


def test_own_orders_come_first_and_are_checked(sample, tmp_path):
    market = write_market(sample, tmp_path / "own")
    orders = read_orders(market)
    assert read_orders(market, [110000]) is None, "no store of the market is there"
    orders.head(3).to_parquet(tmp_path / "own" / "orders.parquet")
    assert len(read_orders(market)) == 3
    orders.head(3).assign(order_rmb=0.0).to_parquet(tmp_path / "own" / "orders.parquet")
    with pytest.raises(InputError, match="order_rmb"):
        read_orders(market)
