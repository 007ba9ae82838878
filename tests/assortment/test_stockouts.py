"""Demand behind empty shelves: the truth of drawn visits, a hand-worked case, invariants, and tables with faults."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import recover_demand
from lst_workbench.contracts import InputError


def visited(seed, items=20, periods=400, visits=300, share=0.7, gaps=0.3):
    """Visits drawn one by one; popular items run out more often, as they do."""
    rng = np.random.default_rng(seed)
    v = rng.gamma(1.0, 1.0, items) + 0.05
    v *= share / (1 - share) / v.sum()
    odds = np.clip(gaps * 2 * v.argsort().argsort() / items, 0, 0.9)
    there = rng.random((periods, items)) >= odds
    there[~there.any(axis=1), 0] = True
    weight = np.where(there, v, 0.0)
    p = np.column_stack([weight, np.ones(periods)]) / (1 + weight.sum(axis=1, keepdims=True))
    arrived = rng.poisson(visits, periods)
    bought = np.array([rng.multinomial(n, row) for n, row in zip(arrived, p, strict=True)])
    table = pd.DataFrame({
        "period": np.repeat(np.arange(periods), items), "sku": np.tile(np.arange(items), periods),
        "units": bought[:, :-1].ravel(), "in_stock": there.ravel(),
    })  # fmt: skip
    return table, v, arrived


@pytest.mark.parametrize("seed", range(5))
def test_shares_err_by_less_than_a_quarter_of_what_naive_shares_do(seed):
    table, v, arrived = visited(seed)
    result = recover_demand(table, 0.7)
    items, true = result.tables["items"], v / v.sum()
    naive, ours = (np.abs(items[name] - true).sum() for name in ("naive_share", "share"))
    assert ours <= naive / 4
    assert result.tables["periods"]["visits"].sum() == pytest.approx(arrived.sum(), rel=0.01)
    assert items["first_choice_units"].sum() == pytest.approx(0.7 * arrived.sum(), rel=0.01)


def test_nothing_missing_leaves_sales_as_they_are():
    table, _, _ = visited(1, gaps=0.0)
    result = recover_demand(table, 0.6)
    items = result.tables["items"]
    np.testing.assert_allclose(items["share"], items["naive_share"], rtol=1e-7)
    np.testing.assert_allclose(items["first_choice_units"], items["units"], rtol=1e-9)
    assert np.abs(result.tables["periods"]["lost_units"]).max() < 1e-9


def test_first_choices_are_units_sold_to_them_or_to_substitutes_or_lost():
    table, _, _ = visited(3, periods=60)
    result = recover_demand(table, 0.7)
    sold, lost = result.kpis()["units"], result.kpis()["lost_units"]
    assert result.kpis()["first_choice_units"] == pytest.approx(sold + lost, rel=1e-9)


def test_the_answer_is_a_fixed_point_and_rows_may_come_in_any_order():
    table, _, _ = visited(2, periods=80)
    one = recover_demand(table, 0.7).tables["items"]
    other = recover_demand(table.sample(frac=1, random_state=1), 0.7).tables["items"]
    np.testing.assert_allclose(one["preference"], other["preference"], rtol=1e-9)
    long = recover_demand(table, 0.7, tolerance=1e-13).tables["items"]
    np.testing.assert_allclose(one["preference"], long["preference"], rtol=1e-5)


def test_faults_are_listed_and_doubts_are_said():
    table, _, _ = visited(1, periods=30)
    extra = pd.DataFrame({
        "period": [0, 1, 999, 999, 2], "sku": [0, 0, 77, 78, 88], "units": [1, -1, 5, 5, 0], "in_stock": True,
    })  # fmt: skip
    result = recover_demand(pd.concat([extra, table.drop([0])], ignore_index=True), 0.7)
    said = result.tables["refused"]["reason"].tolist()
    assert "period 1, item 0: units are empty or negative; give 0 or more" in said
    assert any("88 sold nothing" in words for words in result.warnings)
    assert any("2 groups that were never on offer together" in words for words in result.warnings)


@pytest.mark.parametrize(("share", "said"), [(0.0, "between 0 and 1"), (1.2, "between 0 and 1")])
def test_a_share_beyond_its_bounds_is_refused(share, said):
    with pytest.raises(InputError, match=said):
        recover_demand(visited(1, periods=5)[0], share)


def test_sales_without_their_columns_are_refused():
    with pytest.raises(InputError, match="lacks period"):
        recover_demand(pd.DataFrame({"sku": [1], "units": [2]}), 0.5)
