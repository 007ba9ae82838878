"""Textbook policies: published answers of the instances, and brute force where there are none."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import lst_workbench.inventory as inventory
from lst_workbench.contracts import InputError

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "assortment" / "stockpyl_instances.json"

# Answers as printed by Snyder and Shen's companion software for the same instances.
ANSWERS = [
    ("example_3_1", "eoq", (304.0467800264368, 68.410525505948272)),
    ("problem_3_1", "eoq", (1728.109844993551, 475230.2073732266)),
    ("example_3_8", "eoq_backorders", (310.8125551589646, 0.043062200956938, 66.921363550973254)),
    ("problem_3_2b", "eoq_backorders", (83.235448128898042, 0.400299850074962, 1999.148244415212)),
    ("problem_3_22", "epq", (171.2697677155351, 3.736794931975310)),
    ("example_3_5", "eoq_all_units_discounts", (800, 2, 978.60)),
    ("problem_3_12", "eoq_all_units_discounts", (2400, 2, 201251093.75)),
    ("example_3_5", "eoq_incremental_discounts", (304.04678002643, 0, 1043.41052550595)),
    ("problem_3_12", "eoq_incremental_discounts", (28553.06065428, 2, 208678591.67992835)),
    ("example_3_9", "wagner_whitin", ([210, 0, 150, 0], 1380)),
    ("problem_3_27", "wagner_whitin", ([150, 180, 0, 200], 424)),
    ("problem_3_29", "wagner_whitin", ([1310, 0, 1095, 0, 880], 423)),
    ("scmo_ww_hw_c", "wagner_whitin", ([400, 3000, 0, 0, 0], 4940)),
    ("example_4_1", "newsvendor_normal", (56.603955927433887, 1.997605193176645)),
    ("example_4_3", "newsvendor_normal", (56.603955927433887, 1.997605193176645)),
    ("problem_4_1", "newsvendor_normal", (9.227214038234755e02, 2.718196781782411e03)),
    ("example_4_4", "newsvendor_normal", (2.647668943741548e02, 4.466781004149578)),
    ("example_4_2", "newsvendor_profit", (56.603955927433887, 33.002394806823354)),
    ("problem_4_3b", "newsvendor_profit", (59.084578685373856, 2.104768082523147e02)),
    ("problem_4_7b", "newsvendor_discrete", (5, 1225000)),
    ("problem_4_8a", "newsvendor_poisson", (19, 7.860884409351115e02)),
    ("problem_4_8b", "newsvendor_lognormal", (2.956266448071368e02, 29.442543582135290)),
    ("example_4_7", "ss_poisson", (4, 10, 8.034111561471644)),
    ("problem_4_31", "ss_poisson", (2, 7, 2.235748295669688e02)),
    ("example_4_8", "ss_power_approximation", (40.194616956474071, 74.290170109805786)),
    ("problem_4_32", "ss_power_approximation", (2.266137928222839e02, 3.243797868133974e02)),
    ("example_5_8", "rq_poisson", (3, 5, 1.079235806331498e02)),
    ("problem_5_2", "rq_poisson", (6, 7, 28.241312842169155)),
]  # fmt: skip


@pytest.fixture(scope="module")
def instances():
    if not PUBLISHED.exists():
        pytest.skip(f"published instances are not at {PUBLISHED}")
    return {one["name"]: one["data"] for one in json.loads(PUBLISHED.read_text("utf-8"))["instances"]}


@pytest.mark.parametrize(("name", "policy", "answer"), ANSWERS, ids=lambda v: v if isinstance(v, str) else "")
def test_instances_as_published(instances, name, policy, answer):
    found = getattr(inventory, policy)(**instances[name])
    for got, wanted in zip(found, answer, strict=False):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "quantity", "point"),
    [
        ("example_5_1", 318, 1.277880348669655e02), ("example_5_1", 150, 1.471949581740714e02),
        ("example_5_1", 750, 99.853773396165280), ("problem_5_1", 318, -11.727678833180178),
        ("problem_5_1", 150, -0.885130303271656), ("problem_5_3", 318, 6.121331312304716e02),
        ("problem_5_3", 150, 6.225171783526781e02), ("problem_5_3", 750, 5.984126476551643e02),
    ],
)  # fmt: skip
def test_reorder_points_as_published(instances, name, quantity, point):
    figures = {k: v for k, v in instances[name].items() if k != "fixed_cost"}
    # The published points were found by bisection to 1e-6.
    assert inventory.rq_reorder_point(quantity, **figures) == pytest.approx(point, abs=2e-6)


@pytest.mark.parametrize(
    ("name", "r", "q", "cost"),
    [
        ("example_5_1", 126.8, 328.5, 78.071162509282942), ("example_5_1", 100, 250, 87.346478028174985),
        ("problem_5_1", -1.9859, 166.95, 4.842110418415538e02), ("problem_5_1", 100, 250, 8.303219178082192e02),
    ],
)  # fmt: skip
def test_cost_of_reorder_policies_as_published(instances, name, r, q, cost):
    assert inventory.rq_cost(r, q, **instances[name]) == pytest.approx(cost, abs=1e-6)


def test_costs_of_given_levels_as_published(instances):
    assert inventory.newsvendor_normal(**instances["example_4_4"], base_stock=180).cost == pytest.approx(
        49.000164748034095
    )
    assert inventory.newsvendor_poisson(**instances["problem_4_8a"], base_stock=13).cost == pytest.approx(
        1445.751062891969
    )
    assert inventory.newsvendor_discrete(**instances["problem_4_7b"], base_stock=3).cost == pytest.approx(1.725e6)
    assert inventory.newsvendor_lognormal(**instances["problem_4_8b"], base_stock=350).cost == pytest.approx(
        34.588836685654854
    )
    assert inventory.newsvendor_poisson(1, 4, 6).cost == pytest.approx(3.570106945770946)
    assert inventory.ss_cost(6, 18, **instances["example_4_7"]) == pytest.approx(10.193798671644046)
    profit = inventory.newsvendor_profit(**instances["problem_4_3b"], holding_cost=1, stockout_cost=5)
    assert profit == pytest.approx((59.388143168769034, 195.4729310431908))
    poisson = {k: v for k, v in instances["example_4_2"].items() if k != "demand_sd"}
    assert inventory.newsvendor_profit(**poisson) == pytest.approx((56, 33.20276478819082))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 5), st.floats(1, 50), st.floats(1, 60), st.floats(0.5, 12))
def test_exact_reorder_policies_beat_all_neighbours(h, p, k, mean):
    s, high, cost = inventory.ss_poisson(h, p, k, mean)
    for low in range(s - 2, s + 3):
        for top in range(max(low + 1, high - 3), high + 4):
            assert cost <= inventory.ss_cost(low, top, h, p, k, mean) + 1e-9


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=7), st.floats(0.1, 3), st.floats(0, 90))
def test_wagner_whitin_is_the_best_of_all_order_patterns(demand, holding, fixed):
    plan = inventory.wagner_whitin(holding, fixed, demand)
    assert sum(plan.quantities) == pytest.approx(sum(demand))
    best = np.inf
    for pattern in range(2 ** (len(demand) - 1)):
        starts = [0, *(t for t in range(1, len(demand)) if pattern >> (t - 1) & 1), len(demand)]
        cost = 0.0
        for a, b in zip(starts, starts[1:], strict=False):
            cost += (fixed if sum(demand[a:b]) else 0) + sum(holding * (t - a) * demand[t] for t in range(a, b))
        best = min(best, cost)
    assert plan.cost == pytest.approx(best)


def test_best_reorder_policy_is_where_its_cost_is_least():
    shape = (0.225, 7.5, 8, 1300, 150, 1 / 12)
    best = inventory.rq_normal(*shape)
    for dr in (-0.5, 0, 0.5):
        for dq in (-0.5, 0, 0.5):
            assert best.cost <= inventory.rq_cost(best.reorder_point + dr, best.quantity + dq, *shape) + 1e-9
    mean, sd = 1300 / 12, 150 / np.sqrt(12)

    def rate(y):
        short = sd * (norm.pdf((y - mean) / sd) - (y - mean) / sd * norm.sf((y - mean) / sd))
        return 0.225 * (y - mean + short) + 7.5 * short

    area = quad(rate, best.reorder_point, best.reorder_point + best.quantity, epsabs=1e-10)[0]
    assert best.cost == pytest.approx((8 * 1300 + area) / best.quantity, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: inventory.eoq(-8, 0.2, 0), "fixed_cost must be more than 0, not -8; demand_rate"),
        (lambda: inventory.newsvendor_normal("taco", 1, 5, 1), "holding_cost must be more than 0, not taco"),
        (lambda: inventory.newsvendor_discrete(1, 1, {0: 0.5}), "sum to 1, not 0.5"),
        (lambda: inventory.newsvendor_profit(1, 2, 0, 5, 1), "revenue must exceed purchase_cost"),
        (lambda: inventory.wagner_whitin(1, 1, [3, -1]), "demand must be at least 0"),
        (lambda: inventory.epq(1, 1, 9, 3), "must exceed demand_rate"),
        (lambda: inventory.eoq_all_units_discounts(1, 1, 1, [5, 2], [1]), "breakpoints must start at 0"),
        (lambda: inventory.ss_discrete(1, 1, 1, {0: 1.0}), "not all lie on 0"),
    ],
)
def test_figures_out_of_range_are_named(call, said):
    with pytest.raises(InputError, match=said):
        call()
