"""LST Workbench: plans the rollout of a network of small shops, from a list of shops to a plan.

Names are brought in when they are first used, so that importing the package stays quick.

Examples
--------
>>> import lst_workbench as lst
>>> lst.load_scenario("base")["field.reps"]
2000.0
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lst_workbench.assumptions import data_folder, load_register, load_scenario, scenario_names
    from lst_workbench.contracts import InputError, LstError
    from lst_workbench.market import build_market, check_market, read_market, write_market
    from lst_workbench.planning import PlanResult, cancel, make_plan, progress_of, submit  # type: ignore[no-redef]
    from lst_workbench.runs import add_to_journal, explain_store, read_journal, read_run
    from lst_workbench.runs import compare_runs as compare

__version__ = "0.1.0"
_ROOM_OF = {
    "InputError": "contracts",
    "LstError": "contracts",
    "PlanResult": "runs",
    "add_to_journal": "runs",
    "build_market": "market",
    "cancel": "planning",
    "check_market": "market",
    "compare": "runs",
    "data_folder": "assumptions",
    "explain_store": "runs",
    "load_register": "assumptions",
    "load_scenario": "assumptions",
    "make_plan": "planning",
    "progress_of": "planning",
    "read_journal": "runs",
    "read_market": "market",
    "read_run": "runs",
    "scenario_names": "assumptions",
    "submit": "planning",
    "write_market": "market",
}
_ROOMS = (
    "assumptions",
    "catchment",
    "contracts",
    "coverage",
    "demand",
    "market",
    "planning",
    "rollout",
    "runs",
    "views",
)
__all__ = [
    "InputError",
    "LstError",
    "PlanResult",
    "__version__",
    "add_to_journal",
    "build_market",
    "cancel",
    "check_market",
    "compare",
    "data_folder",
    "explain_store",
    "load_register",
    "load_scenario",
    "make_plan",
    "progress_of",
    "read_journal",
    "read_market",
    "read_run",
    "scenario_names",
    "submit",
    "write_market",
]


def __getattr__(name: str) -> Any:
    """Bring in a public name, or a room, when it is first used."""
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name not in _ROOM_OF:
        raise AttributeError(f"lst_workbench has no {name}; it has {', '.join(__all__)}")
    room = import_module(f"{__name__}.{_ROOM_OF[name]}")
    return getattr(room, "compare_runs" if name == "compare" else name)


def __dir__() -> list[str]:
    """List what can be used, for completion in notebooks."""
    return sorted([*__all__, *_ROOMS])
