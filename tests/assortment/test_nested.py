"""Nested logit: the truth of drawn choices, numerical derivatives, the plain logit as a special case."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

from lst_workbench.assortment import fit_mnl, fit_nested
from lst_workbench.assortment.nested import _Nests
from lst_workbench.contracts import InputError

BRAND = np.array(["cola", "cola", "cola", "tea", "tea", "water"])


def drawn(seed=1, choices=6000, inside=(0.4, 0.7, 1.0), beta=(-1.0, 0.7)):
    """Choices drawn nest first, then within it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(choices, len(BRAND), 2))
    u = x @ np.array(beta)
    there = rng.random(u.shape) < 0.85
    there[:, 5] = True
    p = probabilities(u, there, dict(zip(("cola", "tea", "water"), inside, strict=True)))
    chosen = (p.cumsum(axis=1) > rng.random((choices, 1))).argmax(axis=1)
    row, item = np.nonzero(there)
    table = pd.DataFrame(
        {"choice_id": row, "alternative": item, "brand": BRAND[item], "chosen": (chosen[row] == item) * 1}
    )
    return table.assign(x0=x[row, item, 0], x1=x[row, item, 1]), p


def probabilities(u, there, inside):
    """P(nest) x P(alternative within it), one choice after the other."""
    p = np.zeros(u.shape)
    for c in range(len(u)):
        index = {}
        for brand, scale in inside.items():
            mine = np.flatnonzero((brand == BRAND) & there[c])
            if len(mine):
                index[brand] = scale * np.log(np.exp(u[c, mine] / scale).sum())
        total = sum(np.exp(value) for value in index.values())
        for brand, value in index.items():
            mine = np.flatnonzero((brand == BRAND) & there[c])
            within = np.exp(u[c, mine] / inside[brand])
            p[c, mine] = np.exp(value) / total * within / within.sum()
    return p


@pytest.fixture(scope="module")
def fitted():
    table, p = drawn()
    return fit_nested(table, ["x0", "x1"], "brand"), table, p


def test_intervals_hold_the_truth_and_the_plain_logit_is_worse(fitted):
    result, _, _ = fitted
    nests = result.tables["nests"].set_index("nest")
    for name, true in (("cola", 0.4), ("tea", 0.7)):
        assert abs(nests.loc[name, "dissimilarity"] - true) < 3 * nests.loc[name, "standard_error"] < 0.2
    coefficients = result.tables["coefficients"]
    assert (np.abs(coefficients["coefficient"] - [-1.0, 0.7]) < 3 * coefficients["standard_error"]).all()
    assert result.kpis()["likelihood_ratio"] > 100
    assert nests.loc["water", "dissimilarity"] == 1.0
    assert np.isnan(nests.loc["water", "standard_error"])


def test_predictions_are_those_of_the_slow_formula(fitted):
    result, table, _ = fitted
    few = table[table["choice_id"] < 40]
    u = np.full((40, len(BRAND)), np.nan)
    beta = result.tables["coefficients"]["coefficient"].to_numpy()
    u[few["choice_id"], few["alternative"]] = few[["x0", "x1"]].to_numpy() @ beta
    slow = probabilities(u, ~np.isnan(u), result.dissimilarity.to_dict())
    told = result.predict(few)
    np.testing.assert_allclose(told["choice_probability"], slow[told["choice_id"], told["alternative"]], rtol=1e-9)


def test_pack_sizes_of_a_brand_take_most_of_what_a_pack_size_loses(fitted):
    result, table, _ = fitted
    few = table[table["choice_id"] < 500]
    nested, plain = result.diversion(few), result.plain.diversion(few)
    for part in (nested, plain):
        np.testing.assert_allclose(part.groupby("alternative")["diversion_share"].sum(), 1.0)
    within = [
        part.loc[(part["alternative"] == 0) & part["goes_to"].isin([1, 2]), "diversion_share"].sum()
        for part in (nested, plain)
    ]
    assert within[0] > within[1] + 0.1
    assert (nested["diversion_share"] > 0).all()


def test_the_gradient_is_that_of_differences():
    table, _ = drawn(choices=60)
    plain = fit_mnl(table, ["x0", "x1"])
    rows = plain.model.read(table, need_chosen=True)
    x = np.column_stack([rows.values["x0"], rows.values["x1"]])
    nests = _Nests.of(rows, table["brand"], pd.Index(["cola", "tea", "water"]))
    free = nests.together(3)
    assert free.tolist() == [True, True, False]
    theta = np.array([-0.7, 0.4, -0.5, 0.2])
    slow = approx_fprime(theta, lambda t: nests.likelihood(t, x, rows, free)[0], 1e-7)
    np.testing.assert_allclose(nests.likelihood(theta, x, rows, free)[1], slow, rtol=1e-4, atol=1e-3)


def test_without_nests_it_is_the_plain_logit():
    table, _ = drawn(choices=500)
    result = fit_nested(table.assign(own=table["alternative"]), ["x0", "x1"], "own")
    np.testing.assert_allclose(
        result.tables["coefficients"]["coefficient"], result.plain.tables["coefficients"]["coefficient"], rtol=1e-4
    )
    assert result.log_likelihood == pytest.approx(result.plain.log_likelihood, abs=1e-5)


def test_nests_that_repel_are_said_to_be_wrong():
    table, _ = drawn(seed=2, choices=4000, inside=(1.8, 0.7, 1.0))
    assert any(
        "nest cola has a dissimilarity of" in words for words in fit_nested(table, ["x0", "x1"], "brand").warnings
    )


@pytest.mark.parametrize(
    ("change", "said"), [({"brand": None}, "column brand is missing"), ({"twice": True}, "is in 2 nests")]
)
def test_an_alternative_without_one_nest_is_refused(change, said):
    table, _ = drawn(choices=30)
    table = (
        table.drop(columns="brand")
        if "brand" in change
        else table.assign(brand=np.where(table.index == 0, "odd", table["brand"]))
    )
    with pytest.raises(InputError, match=said):
        fit_nested(table, ["x0", "x1"], "brand")
