"""Assumptions: every planning figure once, with its source; scenarios are named overrides."""

from lst_workbench.assumptions.readers import rooms_that_read
from lst_workbench.assumptions.register import Assumption, Register, load_register
from lst_workbench.assumptions.scenario import Override, Scenario, load_scenario, scenario_names, share_of_nation
from lst_workbench.assumptions.toml_files import data_folder

__all__ = [
    "Assumption",
    "Override",
    "Register",
    "Scenario",
    "data_folder",
    "load_register",
    "load_scenario",
    "rooms_that_read",
    "scenario_names",
    "share_of_nation",
]
