"""Portfolio losses: Vasicek's formula, every store by itself, invariants, and bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from lst_workbench.contracts import InputError
from lst_workbench.credit import LossParams, portfolio_loss, retail_correlation, stressed_pd


def shops(n, cities=20, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "store_id": np.arange(n),
            "pd": 1 / (1 + np.exp(-rng.normal(-3.5, 0.8, n))),
            "lgd": rng.uniform(0.5, 0.8, n),
            "ead_rmb": np.exp(rng.normal(8.5, 0.7, n)),
            "city": rng.choice([f"city {i}" for i in range(cities)], n),
            "warehouse": rng.choice(cities * 3, n),
        }
    )


def factors(**shares):
    return pd.DataFrame({"factor": list(shares), "variance_share": list(shares.values())})


def risk(result, measure, level):
    table = result.tables["risk"]
    return table[(table["measure"] == measure) & (table["level"] == level)].iloc[0]


@pytest.mark.parametrize("pd_", [0.005, 0.03])
def test_vasicek_at_999(pd_):
    """A fine-grained book under one factor loses at most the share that Vasicek's formula gives."""
    rho = float(retail_correlation(pd_))
    book = pd.DataFrame({"store_id": np.arange(50_000), "pd": pd_, "lgd": 0.65, "ead_rmb": 5000.0})
    result = portfolio_loss(book, factors(nation=rho), 30_000, seed=3)
    exact = float(stressed_pd(pd_, rho, 0.999)) * 0.65 * 5000 * len(book)
    assert risk(result, "value_at_risk", 0.999)["rmb"] == pytest.approx(exact, rel=0.02)


def test_same_as_every_store_by_itself_at_95():
    """Same factors, once with buckets and once with a draw for every store."""
    book = shops(8000)
    shares = factors(nation=0.05, city=0.04, warehouse=0.02)
    bucketed = portfolio_loss(book, shares, 2500, seed=5)
    by_store = portfolio_loss(book, shares, 2500, seed=5, params=LossParams(per_store_below=10**9))
    for measure in ("value_at_risk", "expected_shortfall"):
        assert risk(bucketed, measure, 0.95)["rmb"] == pytest.approx(risk(by_store, measure, 0.95)["rmb"], rel=0.005)


def test_few_equal_stores_without_factors_are_binomial():
    book = pd.DataFrame({"store_id": range(10), "pd": 0.2, "lgd": 1.0, "ead_rmb": 1.0})
    losses = portfolio_loss(book, factors(nation=0.0), 50_000, seed=2).tables["losses"]["loss_rmb"]
    drawn = np.bincount(losses.astype(int), minlength=11) / len(losses)
    np.testing.assert_allclose(drawn, binom.pmf(np.arange(11), 10, 0.2), atol=0.008)


def test_mean_drawn_is_the_expected_loss_within_its_error():
    book = shops(5000)
    table = portfolio_loss(book, factors(nation=0.06, city=0.05), 5000).tables["risk"].set_index("measure")
    exact = (book["pd"] * book["lgd"] * book["ead_rmb"]).sum()
    assert table.loc["expected_loss", "rmb"] == pytest.approx(exact)
    assert abs(table.loc["mean_drawn", "rmb"] - exact) <= 4 * table.loc["mean_drawn", "standard_error_rmb"]


def test_standard_errors_are_on_the_safe_side_of_what_seeds_scatter():
    book, shares = shops(3000), factors(nation=0.08, city=0.03)
    rows = [risk(portfolio_loss(book, shares, 1000, seed=s), "value_at_risk", 0.99) for s in range(25)]
    scatter = np.std([row["rmb"] for row in rows], ddof=1)
    assert scatter <= 1.4 * np.mean([row["standard_error_rmb"] for row in rows])


def test_concentration_adds_up_and_shared_fate_costs_more():
    book = shops(6000)
    shares = factors(nation=0.04, city=0.08)
    result = portfolio_loss(book, shares, 4000)
    split = result.tables["concentration"]
    assert split["ead_rmb"].sum() == pytest.approx(book["ead_rmb"].sum())
    assert split["expected_loss_rmb"].sum() == pytest.approx((book["ead_rmb"] * book["lgd"] * book["pd"]).sum())
    assert split["tail_loss_rmb"].sum() == pytest.approx(risk(result, "expected_shortfall", 0.999)["rmb"], rel=0.05)
    one_city = portfolio_loss(book.assign(city="the one"), shares, 4000)
    assert risk(one_city, "value_at_risk", 0.99)["rmb"] > 1.1 * risk(result, "value_at_risk", 0.99)["rmb"]


def test_measures_are_ordered_and_scale_with_exposure():
    book, shares = shops(4000), factors(nation=0.1)
    base = portfolio_loss(book, shares, 2000).kpis()
    double = portfolio_loss(book.assign(ead_rmb=2 * book["ead_rmb"]), shares, 2000).kpis()
    assert (
        base["expected_loss_rmb"] < base["var_95_rmb"] < base["var_99_rmb"] < base["var_99_9_rmb"] < base["es_99_9_rmb"]
    )
    assert all(double[name] == pytest.approx(2 * base[name]) for name in base)


def test_same_seed_same_losses_for_any_number_of_threads():
    import numba

    book, shares = shops(4000), factors(nation=0.05, city=0.05)
    first = portfolio_loss(book, shares, 1500, seed=9).tables["losses"]
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        second = portfolio_loss(book, shares, 1500, seed=9).tables["losses"]
    finally:
        numba.set_num_threads(threads)
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(portfolio_loss(book, shares, 1500, seed=10).tables["losses"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"pd": 0.0}, "pd must be more than 0"),
        ({"pd": 1.0}, "pd must be less than 1"),
        ({"ead_rmb": -1.0}, "ead_rmb must be at least 0"),
        ({"ead_rmb": np.inf}, "ead_rmb has infinite values"),
        ({"lgd": 2.0}, "lgd must be at most 1"),
        ({"city": None}, "city is empty"),
    ],
)
def test_bad_exposures_are_refused_with_a_sentence(change, sentence):
    with pytest.raises(InputError, match=sentence):
        portfolio_loss(shops(50).assign(**change), factors(nation=0.1, city=0.1), 1000)


def test_bad_factors_scenarios_and_seed_are_refused_with_a_sentence():
    book = shops(50)
    with pytest.raises(InputError, match="sum to 1.1"):
        portfolio_loss(book, factors(nation=0.6, city=0.5), 1000)
    with pytest.raises(InputError, match="county is no column"):
        portfolio_loss(book, factors(county=0.1), 1000)
    with pytest.raises(InputError, match="scenarios is 5"):
        portfolio_loss(book, factors(nation=0.1), 5)
    with pytest.raises(InputError, match="seed is -1"):
        portfolio_loss(book, factors(nation=0.1), 1000, seed=-1)


def test_personal_columns_never_reach_the_output():
    result = portfolio_loss(shops(50).assign(owner_name="Wang Wei", phone="13800001111"), factors(city=0.1), 200)
    assert not any("Wang" in table.to_csv() or "1380000" in table.to_csv() for table in result.tables.values())
