"""Reconciliation: dense algebra on small trees, invariants on random ones, bad input in words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lst_workbench.contracts import InputError
from lst_workbench.demand import reconcile


def random_tree(rng, nodes, roots=1):
    parent = np.array([-1 if i < roots else rng.integers(0, i) for i in range(nodes)])
    names = rng.permutation([f"n{i}" for i in range(nodes)])
    return pd.DataFrame({"node_id": names, "parent_id": [None if p < 0 else names[p] for p in parent]}), parent


def below(parent):
    """Summing matrix: 1 where leaf j is at or below node i."""
    leaves = [i for i in range(len(parent)) if i not in set(parent)]
    matrix = np.zeros((len(parent), len(leaves)))
    for j, leaf in enumerate(leaves):
        node = leaf
        while node >= 0:
            matrix[node, j] = 1
            node = parent[node]
    return matrix


def dense(parent, variance, forecasts):
    s, w = below(parent), 1 / variance[:, None]
    return s @ np.linalg.solve(s.T @ (w * s), s.T @ (w * forecasts))


def told(tree, values, key="node_id"):
    periods = np.arange(values.shape[1])
    return pd.DataFrame(
        {
            key: tree["node_id"].repeat(len(periods)).to_numpy(),
            "period": np.tile(periods, len(tree)),
            "mean": values.reshape(-1),
        }
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("given_variance", [True, False])
def test_equals_dense_weighted_least_squares(seed, given_variance):
    rng = np.random.default_rng(seed)
    tree, parent = random_tree(rng, 60, roots=1 + seed % 3)
    values = rng.gamma(2, 10, (60, 3))
    variance = rng.uniform(0.1, 5, 60) if given_variance else below(parent).sum(1)
    if given_variance:
        tree["variance"] = variance
    answer = reconcile(told(tree, values), tree)
    np.testing.assert_allclose(answer["mean"].to_numpy().reshape(60, 3), dense(parent, variance, values), atol=1e-9)


def test_a_thousand_nodes_in_any_order_of_rows():
    rng = np.random.default_rng(1)
    tree, parent = random_tree(rng, 1000)
    values = rng.gamma(2, 10, (1000, 2))
    mixed = told(tree, values, "series_id").sample(frac=1, random_state=1)
    answer = reconcile(mixed, tree)
    assert list(answer.columns) == ["series_id", "period", "mean"]
    expected = dense(parent, below(parent).sum(1), values)
    np.testing.assert_allclose(answer["mean"].to_numpy().reshape(1000, 2), expected, atol=1e-9)


def test_rows_that_stand_together_are_read_as_those_that_do_not():
    rng = np.random.default_rng(2)
    tree, _ = random_tree(rng, 50)
    rows = told(tree, rng.gamma(2, 10, (50, 4))).assign(period=np.tile(list("adbc"), 50))
    ordered = rows.sort_values(["node_id", "period"])
    again, mixed = reconcile(ordered, tree), reconcile(rows.sample(frac=1, random_state=1), tree)
    pd.testing.assert_frame_equal(reconcile(rows, tree), again)
    pd.testing.assert_frame_equal(mixed, again)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), nodes=st.integers(2, 40))
def test_adds_up_and_leaves_coherent_forecasts_alone(seed, nodes):
    rng = np.random.default_rng(seed)
    tree, parent = random_tree(rng, nodes)
    answer = reconcile(told(tree, rng.normal(0, 5, (nodes, 2))), tree)
    x = answer["mean"].to_numpy().reshape(nodes, 2)
    for p in set(parent) - {-1}:
        np.testing.assert_allclose(x[p], x[parent == p].sum(0), atol=1e-9)
    again = reconcile(answer, tree)["mean"].to_numpy().reshape(nodes, 2)
    np.testing.assert_allclose(again, x, atol=1e-9)


def test_upper_nodes_without_forecast_are_sums_and_certain_ones_are_kept():
    tree = pd.DataFrame({"node_id": list("nab"), "parent_id": [None, "n", "n"], "variance": [4.0, 0.0, 1.0]})
    leaves = pd.DataFrame({"node_id": ["a", "b"], "period": 1, "mean": [2.0, 3.0]})
    assert reconcile(leaves, tree)["mean"].tolist() == [5.0, 2.0, 3.0]
    whole = pd.DataFrame({"node_id": list("nab"), "period": 1, "mean": [10.0, 2.0, 3.0]})
    assert reconcile(whole, tree)["mean"].tolist() == [6.0, 2.0, 4.0]


def test_a_parent_without_a_row_is_a_root():
    tree = pd.DataFrame({"node_id": ["a", "b"], "parent_id": ["n", "n"]})
    leaves = pd.DataFrame({"node_id": ["a", "b"], "period": 1, "mean": [2.0, 3.0]})
    assert reconcile(leaves, tree).set_index("node_id")["mean"].to_dict() == {"a": 2.0, "b": 3.0, "n": 5.0}


def test_nonnegative_pins_leaves_and_still_adds_up():
    tree = pd.DataFrame({"node_id": list("nab"), "parent_id": [None, "n", "n"]})
    low = pd.DataFrame({"node_id": list("nab"), "period": 1, "mean": [1.0, 0.0, 6.0]})
    assert reconcile(low, tree)["mean"].min() < 0
    assert reconcile(low, tree, nonnegative=True)["mean"].round(9).tolist() == [4.333333333, 0.0, 4.333333333]


def test_draws_add_up_and_quantiles_keep_their_width():
    tree = pd.DataFrame({"node_id": list("nab"), "parent_id": [None, "n", "n"]})
    rows = pd.DataFrame({"node_id": list("nab"), "period": 1, "mean": [12.0, 4.0, 5.0], "draw_0": [9.0, 3.0, 7.0]})
    rows = rows.assign(lo_80=rows["mean"] - 1, hi_80=rows["mean"] + 2)
    answer = reconcile(rows, tree)
    assert answer["draw_0"][0] == pytest.approx(answer["draw_0"][1:].sum(), abs=1e-12)
    assert (answer["hi_80"] - answer["mean"]).tolist() == pytest.approx([2, 2, 2])
    assert (answer["mean"] - answer["lo_80"]).tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize(
    ("tree", "rows", "words"),
    [
        ({"node_id": ["a"]}, {}, "parent_id is missing"),
        ({"node_id": ["a", "a"], "parent_id": ["b", "c"]}, {}, "one parent"),
        ({"node_id": ["a", "b"], "parent_id": ["b", "a"]}, {}, "circle"),
        ({"node_id": ["a", "b"], "parent_id": [None, "a"], "variance": [1.0, -1.0]}, {}, "at least 0"),
        ({"node_id": ["a", "b"], "parent_id": [None, "a"], "variance": [1.0, np.inf]}, {}, "finite for leaves"),
        ({"node_id": ["a", "b"], "parent_id": [None, "a"]}, {"node_id": ["z"]}, "not in the tree.*lack a forecast"),
        ({"node_id": ["a"], "parent_id": [None]}, {"node_id": ["a", "a"]}, "more than once"),
        ({"node_id": ["a"], "parent_id": [None]}, {"mean": [np.nan]}, "empty or infinite"),
    ],
)
def test_faults_are_named(tree, rows, words):
    told = {"node_id": ["a"], "period": 1, "mean": 1.0} | rows
    with pytest.raises(InputError, match=words):
        reconcile(pd.DataFrame(told), pd.DataFrame(tree))


@pytest.mark.parametrize(
    ("forecasts", "nodes", "said"),
    [
        ({"mean": "x"}, {}, "no numbers"),
        ({}, {"variance": "x"}, "variance must be at least 0"),
        (None, {}, "no row with a period"),
    ],
)
def test_words_for_numbers_and_empty_tables_are_said(forecasts, nodes, said):
    tree = pd.DataFrame({"node_id": ["all", "a"], "parent_id": [None, "all"]}).assign(**nodes)
    told = pd.DataFrame({"node_id": ["all", "a"], "period": 1, "mean": [2.0, 2.0]})
    with pytest.raises(InputError, match=said):
        reconcile(told.head(0) if forecasts is None else told.assign(**forecasts), tree)
