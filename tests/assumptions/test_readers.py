"""Which figures are read, and which only kept."""

from lst_workbench.assumptions import load_register, load_scenario, rooms_that_read
from lst_workbench.planning.plan import ASSIGNMENT_KEYS, CATCHMENT_KEYS, POTENTIAL_KEYS


def test_what_the_plan_asks_for_is_read_by_planning():
    keys = (*CATCHMENT_KEYS, *POTENTIAL_KEYS, *ASSIGNMENT_KEYS, "network.city_fixed_rmb_month")
    assert all("planning" in rooms for rooms in rooms_that_read(keys).values())


def test_what_a_scenario_sets_in_vain_is_said_by_it():
    read = rooms_that_read(load_register())
    idle = [key for key in load_scenario("double-gmv").overrides if not read[key]]
    assert idle and all(key in load_scenario("double-gmv").description for key in idle)
    for name in ("base", "million-new", "more-reps"):
        assert all(read[key] for key in load_scenario(name).overrides), name


def test_a_key_that_only_prose_names_is_not_read():
    read = rooms_that_read(["no.such_key", "store.purchases_month"])
    assert read["no.such_key"] == ()
    assert "planning" in read["store.purchases_month"]
    assert "demand" not in read["store.purchases_month"], "its docstrings name the figure, its code takes a number"
