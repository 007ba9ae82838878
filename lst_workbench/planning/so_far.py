"""A plan shown before all of it is worked out: once its outcome is written, levers and ranges may come after."""

from pathlib import Path

from lst_workbench.market import Market
from lst_workbench.planning.summary import headline_figures
from lst_workbench.runs import PlanResult, StoredTables, read_at_work

OF_RUN, OF_MARKET = ("uncovered", "curve", "capacities", "economics"), ("participants", "sites")


def plan_so_far(folder: str | Path, market: Market) -> PlanResult | None:
    """Read a run at work once its outcome is written, with the headline figures that need nothing more.

    Parameters
    ----------
    folder : str or Path
        Folder of the run.
    market : Market
        The market it plans.

    Returns
    -------
    PlanResult or None
        Without ``levers`` and ranges while they are worked out; None before there is an outcome.

    Raises
    ------
    LstError
        There is no run, or it is damaged.
    """
    result = read_at_work(folder)
    if "curve" not in result.tables or result.path is None:
        return None
    scenario = result.meta["scenario"]
    figures = {**scenario["figures"], "goal.counts_signups": float(scenario["goal"] == "signups")}
    known = {name: result.tables[name] for name in OF_RUN} | {name: market.tables[name] for name in OF_MARKET}
    stages = {name: stage for name, stage in result.meta["stages"].items() if name != "summary"}
    tables = StoredTables(result.path, stages, {"kpis": headline_figures(known, figures)})
    return PlanResult(tables, {**result.meta, "stages": stages}, result.path)
