import pytest

from lst_workbench.assumptions import load_register, load_scenario, scenario_names
from lst_workbench.planning.levers import STEPS
from lst_workbench.ui.rollout.levers import LEVERS, levers_of, snapped

REGISTER = load_register()


@pytest.mark.parametrize("name", scenario_names())
def test_every_slider_has_range_and_step_from_the_register_and_meets_the_scenario(name):
    scenario = load_scenario(name)
    made = levers_of(REGISTER, scenario)
    assert [lever.key for lever in made] == list(LEVERS)
    for lever in made:
        assert lever.low <= lever.entry.low and lever.high >= lever.entry.high
        assert 20 <= (lever.high - lever.low) / lever.step <= 500
        assert snapped(lever, scenario[lever.key]) == pytest.approx(scenario[lever.key])


def test_the_slider_of_a_value_between_two_steps_keeps_within_its_range():
    lever = levers_of(REGISTER, load_scenario("base"))[0]
    assert snapped(lever, lever.low + 0.4 * lever.step) == lever.low
    assert snapped(lever, lever.high + lever.step) == lever.high


def test_what_one_more_is_worth_is_told_for_the_levers_that_can_be_moved():
    assert {key for key, *_ in STEPS} & set(LEVERS)
