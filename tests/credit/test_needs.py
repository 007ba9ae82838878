"""Needs: terms that outlast the cycle, orders that may not be stacked, demand that is too old."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.credit import credit_needs


def shops(**columns):
    return pd.DataFrame({"store_id": [1, 2, 3], "order_rmb": 3000.0, "cycle_days": [7.0, 10.0, 60.0], **columns})


def test_the_term_is_the_shortest_in_which_the_order_is_sold():
    rng = np.random.default_rng(0)
    many = pd.DataFrame({"store_id": range(500), "order_rmb": 1000.0, "cycle_days": rng.uniform(1, 60, 500)})
    table = credit_needs(many, (30, 7, 14))
    for cycle, term in zip(many["cycle_days"], table["term_days"], strict=True):
        assert term == min((t for t in (7, 14, 30) if t >= cycle), default=30)
    assert (table["why"] == np.where(many["cycle_days"] > 30, "longest term is short", "")).all()


def test_orders_are_stacked_no_higher_than_allowed_and_one_is_always_whole():
    need = credit_needs(shops(cycle_days=[2.0, 5.0, 60.0]), (14,), most_orders=2)["need_rmb"]
    assert need.tolist() == [6000, 6000, 3000]
    assert credit_needs(shops(cycle_days=[2.0, 5.0, 60.0]), (14,), most_orders=7)["need_rmb"].tolist() == [
        21_000,
        8400,
        3000,
    ]


def test_stale_or_unknown_demand_finances_nothing():
    table = credit_needs(shops(demand_age_days=[45.0, 46.0, np.nan]))
    assert table["need_rmb"].tolist() == [3000, 0, 0]
    assert table["why"].tolist() == ["", "stale demand", "stale demand"]


@pytest.mark.parametrize(
    ("frame", "more", "sentence"),
    [
        (shops().drop(columns="order_rmb"), {}, "column order_rmb is missing"),
        (shops(order_rmb=-1.0), {}, "order_rmb is empty, no number or negative in 3"),
        (shops(cycle_days=0.0), {}, "not above 0 in 3"),
        (shops(), {"terms_days": ()}, "offer at least one"),
        (shops(), {"most_orders": 0.5}, "give at least 1"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(frame, more, sentence):
    with pytest.raises(InputError, match=sentence):
        credit_needs(frame, **more)
