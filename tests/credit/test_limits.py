"""Limits: equal to exact programmes on small cases, within every budget, and honest about what cannot be."""

import numpy as np
import pandas as pd
import pulp
import pytest
from scipy.optimize import minimize

from lst_workbench.contracts import CreditBudgetUse, InputError, Limits
from lst_workbench.credit import LimitParams, allocate_limits, retail_correlation, stressed_pd
from lst_workbench.optim import Status, solve_with_highs

LINEAR = LimitParams(saturation=0.0, pd_growth=0.0)


def draw(seed, n=12, cities=3):
    rng = np.random.default_rng(seed)
    stores = pd.DataFrame(
        {
            "store_id": np.arange(n) + 100,
            "pd": rng.uniform(0.005, 0.12, n),
            "need_rmb": rng.uniform(1000, 20_000, n).round(2),
            "margin_share": rng.uniform(0.02, 0.1, n),
            "lgd": rng.uniform(0.4, 0.9, n),
            "city": rng.choice(["Hefei", "Wuhu", "Huangshan"][:cities], n),
        }
    )
    stores.loc[: cities - 1, "city"] = ["Hefei", "Wuhu", "Huangshan"][:cities]
    need, risk = stores["need_rmb"], stores["need_rmb"] * stores["pd"] * stores["lgd"]
    tail = stores["need_rmb"] * stores["lgd"] * stressed_pd(stores["pd"], retail_correlation(stores["pd"]), 0.999)
    budgets = pd.DataFrame(
        {
            "name": ["capital", "expected_loss", "tail_loss", "capital", "expected_loss"],
            "limit": [
                need.sum() * rng.uniform(0.2, 1), risk.sum() * rng.uniform(0.1, 1), tail.sum() * rng.uniform(0.1, 1),
                need[stores["city"] == "Hefei"].sum() * rng.uniform(0, 1),
                risk[stores["city"] == "Wuhu"].sum() * rng.uniform(0, 1),
            ],
            "city": [None, None, None, "Hefei", "Wuhu"],
        }
    )  # fmt: skip
    return stores, budgets


def uses(stores, budgets, growth):
    """Rows of (linear, square) use of each budget by x = limit / need."""
    tail = stressed_pd(stores["pd"], retail_correlation(stores["pd"]), 0.999)
    linear = {
        "capital": np.ones(len(stores)),
        "expected_loss": stores["pd"] * stores["lgd"],
        "tail_loss": tail * stores["lgd"],
    }
    rows, squares = [], []
    for _, budget in budgets.iterrows():
        inside = np.ones(len(stores)) if pd.isna(budget["city"]) else (stores["city"] == budget["city"]).to_numpy(float)
        row = np.asarray(linear[budget["name"]] * stores["need_rmb"] * inside)
        rows.append(row)
        squares.append(row * (0.0 if budget["name"] == "capital" else growth))
    return np.array(rows), np.array(squares)


def linear_programme(stores, budgets):
    rows, _ = uses(stores, budgets, 0.0)
    worth = stores["need_rmb"] * (stores["margin_share"] - stores["pd"] * stores["lgd"])
    problem = pulp.LpProblem("limits", pulp.LpMaximize)
    x = [problem.add_variable(f"x{i}", 0, 1) for i in range(len(stores))]
    problem += pulp.lpSum(w * v for w, v in zip(worth, x, strict=True))
    for row, limit in zip(rows, budgets["limit"], strict=True):
        problem += pulp.lpSum(r * v for r, v in zip(row, x, strict=True)) <= limit
    return solve_with_highs(problem).value


def quadratic_programme(stores, budgets, saturation, growth):
    need, m = stores["need_rmb"].to_numpy(), stores["margin_share"].to_numpy()
    a = (stores["pd"] * stores["lgd"]).to_numpy()
    rows, squares = uses(stores, budgets, growth)
    scale = np.maximum(budgets["limit"].to_numpy(), 1e-9)
    best = minimize(
        lambda x: -(need * (m * (x - saturation * x**2 / 2) - a * (x + growth * x**2))).sum() / 1000,
        np.zeros(len(need)),
        jac=lambda x: -need * (m * (1 - saturation * x) - a * (1 + 2 * growth * x)) / 1000,
        bounds=[(0, 1)] * len(need),
        constraints={
            "type": "ineq",
            "fun": lambda x: 1 - (rows @ x + squares @ x**2) / scale,
            "jac": lambda x: -(rows + 2 * squares * x) / scale[:, None],
        },
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 1000},
    )
    assert best.success, best.message
    return -best.fun * 1000


def net(result):
    return float(result.tables["limits"]["margin_rmb"].sum() - result.tables["limits"]["expected_loss_rmb"].sum())


def fits(result):
    use = result.tables["budgets"]
    return (use["used"] <= use["limit"] * (1 + 1e-12)).all()


@pytest.mark.parametrize("seed", range(100))
def test_same_as_the_exact_linear_programme(seed):
    stores, budgets = draw(seed)
    result = allocate_limits(stores, budgets, params=LINEAR)
    exact = linear_programme(stores, budgets)
    assert net(result) == pytest.approx(exact, rel=2e-6, abs=1e-6)
    assert result.certificate.bound >= exact * (1 - 1e-9)
    assert fits(result)


@pytest.mark.parametrize("seed", range(100))
def test_same_as_the_exact_quadratic_programme(seed):
    stores, budgets = draw(1000 + seed)
    growth = 0.0 if seed % 2 else 0.3
    result = allocate_limits(stores, budgets, params=LimitParams(saturation=0.5, pd_growth=growth))
    assert net(result) == pytest.approx(quadratic_programme(stores, budgets, 0.5, growth), rel=1e-6)
    assert result.certificate.gap <= 1e-9
    assert result.certificate.status is Status.OPTIMAL
    assert fits(result)


def test_a_shadow_price_is_what_one_more_rmb_of_budget_earns():
    stores, budgets = draw(7)
    base = allocate_limits(stores, budgets)
    for i, price in enumerate(base.tables["budgets"]["shadow_price"]):
        more = budgets.copy()
        more.loc[i, "limit"] *= 1.001
        gain = net(allocate_limits(stores, more)) - net(base)
        assert gain == pytest.approx(price * budgets.loc[i, "limit"] * 0.001, rel=0.02, abs=1e-6)


def test_tables_meet_their_contracts_and_keep_the_order_given():
    stores, budgets = draw(3)
    stores = stores.sample(frac=1, random_state=1)
    result = allocate_limits(stores, budgets)
    Limits.check(result.tables["limits"])
    CreditBudgetUse.check(result.tables["budgets"])
    assert result.tables["limits"]["store_id"].tolist() == stores["store_id"].tolist()


def test_order_of_rows_and_number_of_threads_change_nothing():
    import numba

    stores, budgets = draw(5, n=3000)
    first = allocate_limits(stores, budgets).tables["limits"]
    numba.set_num_threads(1)
    try:
        second = allocate_limits(stores, budgets).tables["limits"]
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    pd.testing.assert_frame_equal(first, second)
    shuffled = allocate_limits(stores.sample(frac=1, random_state=2), budgets).tables["limits"]
    np.testing.assert_allclose(shuffled.sort_values("store_id")["limit_rmb"], first["limit_rmb"], rtol=1e-6, atol=1e-3)


def test_riskier_stores_get_less_and_more_budget_never_earns_less():
    stores, budgets = draw(11, n=200)
    stores["margin_share"], stores["lgd"], stores["city"] = 0.06, 0.6, "Hefei"
    budgets = budgets.iloc[:3]
    limits = allocate_limits(stores, budgets).tables["limits"]
    share = limits["need_share"].to_numpy()[np.argsort(stores["pd"].to_numpy())]
    assert (np.diff(share) <= 1e-9).all()
    earned = [net(allocate_limits(stores, budgets.assign(limit=budgets["limit"] * k))) for k in (0.25, 0.5, 1, 2)]
    assert earned == sorted(earned)


@pytest.mark.parametrize("params", [LimitParams(), LINEAR])
@pytest.mark.parametrize("seed", range(5))
def test_equal_stores_whose_budgets_move_together_still_share_the_tightest(params, seed):
    stores, budgets = draw(seed, n=60)
    stores = stores.assign(pd=0.02, margin_share=0.06, lgd=0.7)
    result = allocate_limits(stores, budgets, params=params)
    assert result.certificate.gap <= 1e-8
    assert fits(result)


def test_no_budget_means_every_store_gets_what_pays():
    stores, budgets = draw(2)
    result = allocate_limits(stores, budgets.iloc[:0])
    loss = stores["pd"] * stores["lgd"]
    best = (stores["margin_share"] - loss) / (0.5 * stores["margin_share"] + 0.6 * loss)
    np.testing.assert_allclose(result.tables["limits"]["need_share"], best.clip(0, 1))


def test_a_budget_of_nothing_gives_nobody_anything():
    stores, budgets = draw(2)
    result = allocate_limits(stores, budgets.assign(limit=0.0))
    assert result.tables["limits"]["limit_rmb"].sum() == 0
    assert result.certificate.value == 0


def test_limits_are_nothing_or_useful_and_the_bound_holds():
    """Brute force over which stores get credit, each at a few limits: none beats the bound, few the answer."""
    levels = np.array([0.0, 0.4, 0.7, 1.0])
    for seed in range(6):
        stores, budgets = draw(seed, n=6, cities=1)
        stores["need_rmb"] = 5000.0
        budgets = budgets[budgets["city"].isna()]
        result = allocate_limits(stores, budgets, params=LimitParams(min_useful_rmb=2000.0))
        limits = result.tables["limits"]["limit_rmb"]
        assert ((limits == 0) | (limits >= 2000 * (1 - 1e-9))).all()
        assert fits(result)
        x = levels[np.indices((4,) * 6).reshape(6, -1)].T
        rows, squares = uses(stores, budgets, 0.3)
        m, a = stores["margin_share"].to_numpy(), (stores["pd"] * stores["lgd"]).to_numpy()
        worth = 5000 * (m * (x - 0.25 * x**2) - a * (x + 0.3 * x**2)).sum(axis=1)
        possible = (x @ rows.T + x**2 @ squares.T <= budgets["limit"].to_numpy()).all(axis=1)
        best = worth[possible].max()
        assert result.certificate.bound >= best
        assert net(result) >= 0.9 * best


def test_todays_limits_move_by_bounded_steps_and_an_impossible_cut_is_named():
    stores, budgets = draw(4)
    stores["limit_rmb"] = stores["need_rmb"] * 0.5
    params = LimitParams(max_step_share=0.2)
    limits = allocate_limits(stores, budgets.assign(limit=1e9), params=params).tables["limits"]
    moved = limits["limit_rmb"] / stores["limit_rmb"]
    assert moved.between(0.8 - 1e-9, 1.2 + 1e-9).all()
    result = allocate_limits(stores, budgets.iloc[[0]].assign(limit=100.0), params=params)
    assert result.certificate.status is Status.INFEASIBLE
    assert "capital" in result.certificate.reason and "raise" in result.certificate.reason
    enough = float(0.8 * stores["limit_rmb"].sum()) + 0.01
    assert allocate_limits(stores, budgets.iloc[[0]].assign(limit=enough), params=params).certificate.gap < 1e-6


def test_each_store_is_explained():
    stores, budgets = draw(9)
    stores.loc[0, ["pd", "margin_share"]] = [0.2, 0.01]
    result = allocate_limits(stores, budgets)
    assert result.explain(100).key == "loses"
    assert all(str(i) in result.explain(i).text for i in stores["store_id"])
    with pytest.raises(InputError, match="store 1 was not among"):
        result.explain(1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"pd": 0.0}, "pd must be more than 0"),
        ({"pd": 1.0}, "pd must be less than 1"),
        ({"need_rmb": -5.0}, "need_rmb must be at least 0"),
        ({"need_rmb": np.inf}, "need_rmb has infinite values"),
        ({"lgd": 1.2}, "lgd must be at most 1"),
        ({"margin_share": np.nan}, "margin_share must not be empty"),
        ({"limit_rmb": -1.0}, "limit_rmb"),
        ({"store_id": 7}, "store_id must be unique"),
    ],
)
def test_bad_stores_are_refused_with_a_sentence(change, sentence):
    stores, budgets = draw(1)
    with pytest.raises(InputError, match=sentence):
        allocate_limits(stores.assign(**change), budgets)


def test_bad_budgets_and_params_are_refused_with_a_sentence():
    stores, budgets = draw(1)
    with pytest.raises(InputError, match="Atlantis"):
        allocate_limits(stores, budgets.assign(city=["Atlantis"] + [None] * 2 + ["Hefei", "Wuhu"]))
    with pytest.raises(InputError, match="name must be one of"):
        allocate_limits(stores, budgets.assign(name="happiness"))
    with pytest.raises(InputError, match="limit must be at least 0"):
        allocate_limits(stores, budgets.assign(limit=-1.0))
    with pytest.raises(InputError, match="saturation is 2"):
        allocate_limits(stores, budgets, params=LimitParams(saturation=2))
    with pytest.raises(InputError, match="stores"):
        allocate_limits(stores.iloc[:0], budgets)


def test_personal_columns_never_reach_the_output():
    stores, budgets = draw(1)
    result = allocate_limits(stores.assign(owner_name="Wang Wei", phone="13800001111"), budgets)
    shown = " ".join(table.to_csv() for table in result.tables.values()) + result.explain(100).text
    assert "Wang" not in shown and "1380000" not in shown
