"""Choice model: published answers, numerical derivatives, invariants, and what bad tables get to hear."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from lst_workbench.assortment import MnlParams, fit_mnl
from lst_workbench.contracts import InputError, LstError

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "assortment"


@pytest.fixture(scope="module")
def modecanada():
    if not PUBLISHED.exists():
        pytest.skip(f"published data are not at {PUBLISHED}")
    travellers = pd.read_csv(PUBLISHED / "ModeCanada.csv.gz")
    published = pd.read_csv(PUBLISHED / "modecanada_mnl.csv").set_index("quantity")["value"]
    return travellers[travellers["noalt"] == 4], published


def drawn(choices=400, alternatives=5, beta=(-1.0, 0.6), constants=None, seed=1, offered=0.8):
    """Choices drawn from a multinomial logit whose alternatives are not always on offer."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(choices, alternatives, len(beta)))
    utility = x @ np.asarray(beta) + (0 if constants is None else np.asarray(constants)) + rng.gumbel(size=x.shape[:2])
    there = rng.random(x.shape[:2]) < offered
    there[:, :2] = True
    utility[~there] = -np.inf
    chosen = (utility == utility.max(axis=1, keepdims=True)).astype(int)
    row, item = np.nonzero(there)
    table = pd.DataFrame(
        {"choice_id": row, "alternative": np.array(list("abcdefgh"))[item], "chosen": chosen[row, item]}
    )
    for k in range(len(beta)):
        table[f"x{k}"] = x[row, item, k]
    return table


def slow_log_likelihood(table, theta, names, by=()):
    """Sum of bought x ln p."""
    utility = table[list(names)].to_numpy() @ theta[: len(names)]
    for alternative, value in zip(by, theta[len(names) :], strict=True):
        utility = utility + value * (table["alternative"] == alternative).to_numpy()
    total = np.bincount(table["choice_id"], np.exp(utility))[table["choice_id"]]
    return float((table["chosen"] * (utility - np.log(total))).sum())


def test_mode_choice_in_canada_as_published(modecanada):
    travellers, published = modecanada
    result = fit_mnl(
        travellers,
        {"cost": "generic", "freq": "generic", "ovt": "generic", "ivt": "by_alternative", "income": "by_alternative"},
        choice_id="case", alternative="alt", chosen="choice", constants=True,
    )  # fmt: skip
    assert result.log_likelihood == pytest.approx(float(published["log_likelihood"]), abs=1e-4)
    found = result.tables["coefficients"].set_index("feature")["coefficient"]
    wanted = published.drop(["rows", "specification", "log_likelihood"]).astype(float)
    np.testing.assert_allclose(found[wanted.index], wanted, atol=1e-4)


def test_constants_as_columns_and_as_fixed_effects_agree(modecanada):
    travellers = modecanada[0].copy()
    for mode in ("bus", "car", "train"):
        travellers[f"asc_{mode}"] = (travellers["alt"] == mode).astype(float)
    names = {"choice_id": "case", "alternative": "alt", "chosen": "choice", "cluster": "urban"}
    sparse = fit_mnl(travellers, ["cost", "ovt"], constants=True, **names)
    dense = fit_mnl(travellers, ["asc_bus", "asc_car", "asc_train", "cost", "ovt"], **names)
    pd.testing.assert_frame_equal(sparse.tables["coefficients"], dense.tables["coefficients"], rtol=1e-7)


def test_maximum_and_errors_are_those_of_numerical_derivatives():
    table = drawn(constants=(0, 0.4, -0.3, 0.2, -0.8))
    result = fit_mnl(table, ["x0", "x1"], constants=True)
    coefficients = result.tables["coefficients"].set_index("feature")
    theta = coefficients.loc[["x0", "x1", "asc_b", "asc_c", "asc_d", "asc_e"], "coefficient"].to_numpy()

    def loss(t):
        return -slow_log_likelihood(table, t, ["x0", "x1"], by="bcde")

    assert result.log_likelihood == pytest.approx(-loss(theta), abs=1e-8)
    slow = minimize(loss, np.zeros(6), method="BFGS", options={"gtol": 1e-5})
    np.testing.assert_allclose(theta, slow.x, atol=1e-4)
    step, unit = 1e-3, np.eye(6) * 1e-3

    def cross(a, b):
        there = loss(theta + a + b) - loss(theta + a - b) - loss(theta + b - a) + loss(theta - a - b)
        return there / (4 * step**2)

    hessian = [[cross(a, b) for b in unit] for a in unit]
    wanted = np.sqrt(np.diag(np.linalg.inv(hessian)))
    got = coefficients.loc[["x0", "x1", "asc_b", "asc_c", "asc_d", "asc_e"], "se_classic"].to_numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-4)


def test_robust_and_clustered_errors_are_the_sandwich():
    table = drawn(choices=150)
    table["store"] = table["choice_id"] // 10
    result = fit_mnl(table, ["x0", "x1"], cluster="store", params=MnlParams(errors="clustered"))
    p = result.predict(table)["choice_probability"].to_numpy()
    x = table[["x0", "x1"]].to_numpy()
    score = pd.DataFrame((table["chosen"].to_numpy() - p)[:, None] * x).groupby(table["choice_id"].to_numpy()).sum()
    mean = pd.DataFrame(p[:, None] * x).groupby(table["choice_id"].to_numpy()).transform("sum").to_numpy()
    bread = np.linalg.inv((p[:, None] * (x - mean)).T @ (x - mean))
    by_store = score.groupby(score.index // 10).sum().to_numpy()
    coefficients = result.tables["coefficients"]
    for name, s, factor in (("robust", score.to_numpy(), 1.0), ("clustered", by_store, 15 / 14)):
        wanted = np.sqrt(np.diag(bread @ (s.T @ s * factor) @ bread))
        np.testing.assert_allclose(coefficients[f"se_{name}"], wanted, rtol=1e-6)
    np.testing.assert_array_equal(coefficients["standard_error"], coefficients["se_clustered"])


def test_counts_of_sales_equal_single_choices():
    table = drawn(choices=60, offered=1.0)
    table[["x0", "x1"]] = table.groupby("alternative")[["x0", "x1"]].transform("mean")
    table["week"] = table["choice_id"] % 3
    sold = table.groupby(["week", "alternative"], as_index=False).agg({"chosen": "sum", "x0": "first", "x1": "first"})
    single, counted = fit_mnl(table, ["x0", "x1"]), fit_mnl(sold, ["x0", "x1"], choice_id="week")
    assert counted.log_likelihood == pytest.approx(single.log_likelihood, abs=1e-9)
    columns = ["coefficient", "se_classic"]
    np.testing.assert_allclose(
        counted.tables["coefficients"][columns], single.tables["coefficients"][columns], rtol=1e-6
    )


def test_a_million_times_dearer_unit_changes_only_the_coefficient():
    table = drawn()
    other = table.assign(x0=table["x0"] * 1e6)
    one, two = fit_mnl(table, ["x0", "x1"]), fit_mnl(other, ["x0", "x1"])
    assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-8)
    assert two.tables["coefficients"]["coefficient"][0] * 1e6 == pytest.approx(
        one.tables["coefficients"]["coefficient"][0], rel=1e-6
    )


def test_interval_covers_what_choices_were_drawn_from():
    covered = [
        ((c := fit_mnl(drawn(seed=seed), ["x0", "x1"]).tables["coefficients"])["low"] < [-1.0, 0.6])
        & (c["high"] > [-1.0, 0.6])
        for seed in range(60)
    ]
    assert 0.89 <= np.mean(covered) <= 0.99


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_shares_sum_to_one_whatever_is_on_offer(seed, alternatives):
    table = drawn(choices=40, alternatives=alternatives, seed=seed)
    result = fit_mnl(table, ["x0", "x1"])
    shares = result.predict(table).groupby("choice_id")["choice_probability"].sum()
    np.testing.assert_allclose(shares, 1.0, atol=1e-12)
    goes = result.diversion(table).groupby("alternative")["diversion_share"].sum()
    np.testing.assert_allclose(goes, 1.0, atol=1e-9)
    assert result.log_likelihood >= result.null_log_likelihood - 1e-9


def test_diversion_is_what_happens_when_an_alternative_leaves():
    table = drawn(choices=80, offered=0.7)
    result = fit_mnl(table, ["x0", "x1"])
    before = result.predict(table).groupby("alternative")["choice_probability"].sum()
    with_b = table["choice_id"].isin(table.loc[table["alternative"] == "b", "choice_id"])
    after = (
        result.predict(table[with_b & (table["alternative"] != "b")]).groupby("alternative")["choice_probability"].sum()
    )
    during = result.predict(table[with_b]).groupby("alternative")["choice_probability"].sum()
    gained = (after - during.drop("b")) / before["b"]
    shares = result.diversion(table).query("alternative == 'b'").set_index("goes_to")["diversion_share"]
    np.testing.assert_allclose(shares.sort_index(), gained.sort_index(), atol=1e-9)


def test_elasticity_is_the_change_of_totals():
    table = drawn(choices=80)
    table["price_rmb"] = np.exp(table["x0"] / 4) * 3
    result = fit_mnl(table, {"price_rmb": "generic", "x1": "generic"})
    before = result.predict(table).groupby("alternative")["choice_probability"].sum()
    dearer = table.assign(price_rmb=table["price_rmb"] * np.where(table["alternative"] == "c", 1.000001, 1.0))
    after = result.predict(dearer).groupby("alternative")["choice_probability"].sum()
    wanted = (after / before - 1) / 1e-6
    got = result.elasticities(table, "price_rmb").query("of == 'c'").set_index("alternative")["elasticity"]
    np.testing.assert_allclose(got.sort_index(), wanted.sort_index(), rtol=1e-3, atol=1e-5)


def test_what_was_chosen_may_be_said_in_words():
    choices = pd.DataFrame({
        "choice_id": [1, 1, 2, 2, 3, 3], "alternative": ["tea", "cola"] * 3, "chosen": [1, 0, 0, 1, 1, 0],
        "price_rmb": [2.0, 3.0, 2.5, 2.0, 3.0, 2.0],
    })  # fmt: skip
    for yes, no in (("yes", "no"), (" TRUE", "False"), (True, False), ("1", "0")):
        words = choices.assign(chosen=choices["chosen"].map({1: yes, 0: no}).astype(object))
        assert fit_mnl(words, ["price_rmb"]).log_likelihood == fit_mnl(choices, ["price_rmb"]).log_likelihood


def test_attributes_may_come_in_a_table_of_their_own():
    table = drawn(offered=1.0)
    attributes = pd.DataFrame({"alternative": list("abcde"), "sugar": [0.0, 1.0, 2.0, 3.0, 5.0]})
    joined = fit_mnl(table.merge(attributes), ["sugar"])
    apart = fit_mnl(table, attributes)
    pd.testing.assert_frame_equal(joined.tables["coefficients"], apart.tables["coefficients"])
    new = pd.DataFrame({"choice_id": 1, "alternative": ["z", "a"], "sugar": [9.0, 0.0]})
    assert apart.predict(new)["choice_probability"].sum() == pytest.approx(1.0)


def test_collinear_features_are_left_out_and_named():
    table = drawn().assign(both=lambda t: t["x0"] + 2 * t["x1"], income=lambda t: t["choice_id"] * 1.0)
    result = fit_mnl(table, ["x0", "x1", "both", "income"])
    coefficients = result.tables["coefficients"].set_index("feature")
    assert coefficients.loc[["both", "income"], "coefficient"].isna().all()
    assert coefficients["note"].tolist() == ["", "", "collinear", "collinear"]
    text = " ".join(result.warnings)
    assert "both is a combination of x1, x0" in text and "income does not vary within any choice" in text
    assert result.log_likelihood == pytest.approx(fit_mnl(table, ["x0", "x1"]).log_likelihood, abs=1e-9)


def test_near_collinearity_is_said():
    table = drawn()
    table["twin"] = table["x0"] + 1e-3 * np.random.default_rng(0).normal(size=len(table))
    assert any("nearly collinear" in said for said in fit_mnl(table, ["x0", "twin"]).warnings)


def test_separation_along_a_feature_and_along_a_mix_is_said():
    table = drawn()
    flag = fit_mnl(table.assign(flag=table["chosen"] * 1.0), ["x0", "flag"])
    assert flag.tables["coefficients"]["note"].tolist() == ["", "separated"]
    assert np.isnan(flag.tables["coefficients"]["standard_error"][1])
    assert any("flag separates the choices" in said for said in flag.warnings)
    noise = np.random.default_rng(3).normal(size=len(table))
    mixed = fit_mnl(table.assign(a=table["chosen"] + noise, b=noise), ["a", "b"])
    assert any("a, b together separate" in said or "b, a together separate" in said for said in mixed.warnings)
    assert not any("separate" in said for said in fit_mnl(table, ["x0", "x1"]).warnings)


def test_a_price_is_examined():
    table = drawn(beta=(1.0, 0.6)).rename(columns={"x0": "price_rmb"})
    said = " ".join(fit_mnl(table, ["price_rmb", "x1"], price="price_rmb").warnings)
    assert "price_rmb is positive" in said and "without fixed effects" in said


def test_an_item_never_chosen_is_named_and_the_rest_is_fitted():
    table = drawn()
    table.loc[table["alternative"] == "e", "chosen"] = 0
    table = table[table.groupby("choice_id")["chosen"].transform("sum") > 0]
    result = fit_mnl(table, ["x0", "x1"], constants=True)
    assert "alternative e was offered" in result.tables["refused"]["reason"].iloc[0]
    assert "asc_e" not in result.tables["coefficients"]["feature"].tolist()
    without = fit_mnl(table[table["alternative"] != "e"], ["x0", "x1"], constants=True)
    assert result.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-9)


def test_choices_with_a_fault_are_listed_and_the_rest_is_fitted():
    good = drawn()
    bad = pd.DataFrame({
        "choice_id": [900, 900, 901, 901, 902, 903, 903, 904, 904],
        "alternative": ["a", "b", "a", "b", "a", "a", "a", "a", "b"],
        "chosen": [0, 0, 1, -1, 1, 1, 0, 1, 0],
        "x0": [0, 0, 0, 0, 0, 0, 0, np.nan, 0.0], "x1": 0.0,
    })  # fmt: skip
    result = fit_mnl(pd.concat([bad, good], ignore_index=True), ["x0", "x1"])
    assert result.tables["refused"]["choice_id"].drop_duplicates().tolist() != []
    assert set(result.tables["refused"]["choice_id"]) == {900, 901, 902, 903, 904}
    assert "choice 904: alternative a has no finite x0" in result.tables["refused"]["reason"].tolist()
    assert result.log_likelihood == pytest.approx(fit_mnl(good, ["x0", "x1"]).log_likelihood, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="x0"), "column x0 is missing"),
        (lambda t: t.assign(x0="sweet"), "feature x0 holds no numbers"),
        (lambda t: t.iloc[:0], "has no rows"),
        (lambda t: t[t["alternative"] == "a"], "no choice is left"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(change, said):
    with pytest.raises(InputError, match=said):
        fit_mnl(change(drawn()), ["x0", "x1"])


def test_nothing_that_varies_is_refused():
    with pytest.raises(LstError, match="varies within any"):
        fit_mnl(drawn().assign(x0=1.0), ["x0"])
