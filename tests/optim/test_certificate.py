import pulp
import pytest

from lst_workbench.optim import Certificate, Status, solve_with_highs


def knapsack(items, *, sense=pulp.LpMaximize):
    problem = pulp.LpProblem("knapsack", sense)
    take = [problem.add_variable(f"x{i}", 0, 1, cat="Binary") for i in range(len(items))]
    problem += pulp.lpSum(value * x for (value, _), x in zip(items, take, strict=True)) + 5
    problem += pulp.lpSum(weight * x for (_, weight), x in zip(items, take, strict=True)) <= 10
    return problem


def test_value_and_bound_are_those_of_the_problem_with_its_constant():
    certificate = solve_with_highs(knapsack([(6, 5), (5, 5), (8, 6), (1, 1)]))
    assert certificate.status is Status.OPTIMAL
    assert certificate.value == pytest.approx(6 + 5 + 5)
    assert certificate.bound == pytest.approx(certificate.value)
    assert certificate.gap == pytest.approx(0)


def test_a_minimum_is_not_negated():
    problem = pulp.LpProblem("least", pulp.LpMinimize)
    x = problem.add_variable("x", 0, 9, cat="Integer")
    problem += 3 * x + 7
    problem += x >= 1.2
    assert solve_with_highs(problem).value == pytest.approx(13)


def test_infeasible_is_a_status():
    problem = pulp.LpProblem("none", pulp.LpMaximize)
    x = problem.add_variable("x", 0, 3)
    problem += x
    problem += x >= 4
    assert solve_with_highs(problem).status is Status.INFEASIBLE


def test_a_time_limit_is_never_called_optimal():
    items = [(97 + (i * 7919) % 101, 89 + (i * 104729) % 97) for i in range(400)]
    problem = knapsack(items)
    for row in range(12):
        problem += pulp.lpSum(((i * 31 + row * 17) % 53) * x for i, x in enumerate(problem.variables())) <= 901 + row
    certificate = solve_with_highs(problem, time_limit_s=0.05)
    assert certificate.status in (Status.TIME_LIMIT, Status.OPTIMAL)
    assert certificate.bound >= certificate.value
    if certificate.status is Status.OPTIMAL:
        assert certificate.gap < 1e-6


def test_a_bound_that_crosses_the_value_is_refused():
    with pytest.raises(ValueError, match="crosses"):
        Certificate(value=10, bound=9, status=Status.FEASIBLE, seconds=0, maximise=True)
    with pytest.raises(ValueError, match="crosses"):
        Certificate(value=9, bound=10, status=Status.FEASIBLE, seconds=0, maximise=False)
