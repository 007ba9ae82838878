"""Swaps week by week: each is the best of all pairs, keeps every limit, and the path nears the best range."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import optimise_assortment, plan_swaps
from lst_workbench.contracts import InputError
from tests.assortment.test_ranges import drawn


def value_of(shop, ranges, pairs, goods):
    mine = pairs[(pairs["store_id"] == shop["store_id"]) & pairs["sku"].isin(ranges)].merge(goods, on="sku")
    v = np.exp(mine["utility"])
    return float((v * mine["margin_rmb"]).sum() / (np.exp(shop["outside_utility"]) + v.sum()))


@pytest.mark.parametrize("seed", range(3))
def test_every_swap_is_the_best_of_all_pairs_and_keeps_the_limits(seed):
    shops, goods, pairs, obliged = drawn(seed, stores=4, items=9, count=(3, 6))
    plan = plan_swaps(shops, goods, pairs, obliged, obliged, swaps_a_week=2, weeks=5)
    width = goods.set_index("sku")["width_cm"]
    best = optimise_assortment(shops, goods, pairs, obliged).tables["stores"].set_index("store_id")["value_rmb_visit"]
    for shop in shops.to_dict("records"):
        must = set(obliged.loc[obliged["store_id"] == shop["store_id"], "sku"])
        here, steps = set(must), plan[plan["store_id"] == shop["store_id"]]
        assert steps["week"].tolist() == [k // 2 + 1 for k in range(len(steps))]
        for row in [*steps.itertuples(), None]:
            options = [
                value_of(shop, (here - {out}) | {come}, pairs, goods)
                for out in [None, *(here - must)]
                for come in set(goods["sku"]) - here
                if len((here - {out}) | {come}) <= shop["max_items"]
                and width[list((here - {out}) | {come})].sum() <= shop["shelf_cm"]
            ]
            now = value_of(shop, here, pairs, goods)
            if row is None:
                assert len(steps) == 10 or max(options, default=now) <= now + 1e-9
                break
            here = (here - {row.sku}) | {row.add_sku}
            assert row.value_rmb_visit == pytest.approx(max(options))
            assert row.gain_rmb_visit == pytest.approx(max(options) - now)
        assert value_of(shop, here, pairs, goods) <= best[shop["store_id"]] + 1e-9


def test_the_best_range_is_left_as_it_is():
    case = drawn(2, stores=6)
    best = optimise_assortment(*case).tables["ranges"]
    assert plan_swaps(*case[:3], best, case[3]).empty


def test_counts_below_one_are_refused():
    case = drawn(1, stores=2)
    with pytest.raises(InputError, match="swaps_a_week is 0"):
        plan_swaps(*case[:3], pd.DataFrame({"store_id": [1], "sku": [100]}), swaps_a_week=0)
