import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import fit_mnl
from lst_workbench.assumptions import data_folder
from lst_workbench.contracts import InputError
from lst_workbench.market import build_market, read_items, read_market, write_market
from lst_workbench.market.synthetic.items import draw_catalogue


@pytest.fixture(scope="module")
def sample():
    return read_market(data_folder() / "sample")


@pytest.fixture(scope="module")
def drawn(sample):
    return read_items(sample)


def test_stores_with_a_till_carry_part_of_the_items_and_run_out_of_the_best(sample, drawn):
    items, sales = drawn
    active = sample.participants.loc[sample.participants["active"], "store_id"]
    assert set(sales["store_id"]) == set(active)
    assert items.groupby("category").size().between(6, 12).all()
    assert (items["cost_rmb"] < items["price_rmb"]).all() and items["brand"].str.contains("synthetic").all()
    assert (sales.loc[~sales["in_stock"], "quantity"] == 0).all()
    empty = 1 - sales.groupby("item_id")["in_stock"].mean()
    assert empty.max() > 0.25 and empty.min() < 0.05


def test_a_choice_model_recovers_the_truth_that_naive_shares_miss(sample, drawn):
    items, sales = drawn
    settlement = sample.stores.set_index("store_id")["settlement_kind"]
    town = sales[~sales["store_id"].map(settlement).isin(["township", "village"])]
    truth = draw_catalogue(sample.meta.seed).utilities.query("segment == 'town'").set_index("sku")["utility"]
    for category in ("beverages", "alcohol"):
        skus = items.loc[items["category"] == category, "sku"]
        wanted = np.exp(truth[skus]) / np.exp(truth[skus]).sum()
        rows = town[town["item_id"].isin(skus)]
        naive = rows.groupby("item_id")["quantity"].sum().reindex(skus) / rows["quantity"].sum()
        offered = rows[rows["in_stock"]]
        choices = pd.DataFrame({
            "choice_id": offered.groupby(["store_id", "week"]).ngroup(), "alternative": offered["item_id"],
            "chosen": offered["quantity"],
        })  # fmt: skip
        fit = fit_mnl(choices, [], constants=True)
        whole = fit.predict(pd.DataFrame({"choice_id": 1, "alternative": sorted(skus)}))
        found = whole.set_index("alternative")["choice_probability"].reindex(skus)
        assert np.abs(found - wanted).sum() <= np.abs(naive - wanted).sum() / 4


def test_items_do_not_depend_on_what_else_is_drawn(drawn):
    pair = read_items(build_market(prefectures=["黄山", "铜陵"], seed=7))
    pd.testing.assert_frame_equal(pair[0], drawn[0])
    mine = pair[1][pair[1]["store_id"].isin(drawn[1]["store_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, drawn[1])


def test_own_files_come_first_and_are_checked(sample, drawn, tmp_path):
    market = write_market(sample, tmp_path / "own")
    items, sales = drawn
    few = sales[sales["store_id"] == sales["store_id"].iloc[0]]
    few.to_parquet(tmp_path / "own" / "item_sales.parquet")
    with pytest.raises(InputError, match="give both"):
        read_items(market)
    items.to_parquet(tmp_path / "own" / "items.parquet")
    assert len(read_items(market)[1]) == len(few)
    items.iloc[:3].to_parquet(tmp_path / "own" / "items.parquet")
    with pytest.raises(InputError, match=r"not in items\.parquet"):
        read_items(market)
