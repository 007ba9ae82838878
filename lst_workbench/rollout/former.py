"""A plan that went before: its starts, and the point on the way of its prices from which a new search sets out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.newton import Path, starting_prices
from lst_workbench.rollout.wave_faults import months_of
from lst_workbench.rollout.wave_inputs import WaveProblem

COLUMNS = ("resource", "resource_id", "month", "price", "slope")


def former_starts(problem: WaveProblem, former: Mapping[str, pd.DataFrame] | None) -> np.ndarray | None:
    """Month of start of each store in the former plan, -1 for none or one that is no month now; None without a plan."""
    if former is None:
        return None
    starts = np.full(len(problem.store_ids), -1, np.int64)
    waves = former["waves"]
    row = pd.Index(problem.store_ids).get_indexer(pd.Index(waves["store_id"]))
    starts[row[row >= 0]] = problem.months.get_indexer(months_of(waves["month"]))[row >= 0]
    return starts


def centre_table(problem: WaveProblem, centre: Path) -> pd.DataFrame:
    """Prices half-way to the sharp ones, and how they change with the temperature: `Path` as a table.

    Sharp prices of stores much alike are a corner from which no Newton step leads far; this point is inside.
    """
    rows = _rows(problem, len(centre.x))
    return rows.assign(price=centre.x, slope=centre.slope)[list(COLUMNS)]


def former_centre(problem: WaveProblem, dual: Dual, former: Mapping[str, pd.DataFrame] | None) -> Path | None:
    """Set out from a former plan's centre; rows that it does not know begin at what a new search begins with.

    Parameters
    ----------
    problem : WaveProblem
        The tables, checked.
    dual : Dual
        Of the problem, or of it with whole sign-ups counted.
    former : mapping of str to DataFrame or None
        Tables of the former plan.
    """
    if former is None or "centre" not in former:
        return None
    keys = list(COLUMNS[:3])
    told = former["centre"].assign(month=months_of(former["centre"]["month"]))
    rows = _rows(problem, dual.limit.size).merge(told, on=keys, how="left")
    usual, price = starting_prices(dual), rows["price"].to_numpy(np.float64)
    x = np.where(price > 0, price, usual)
    return Path(x, np.zeros(0), np.inf, rows["slope"].fillna(0.0).to_numpy(np.float64), np.inf, x)


def _rows(problem: WaveProblem, size: int) -> pd.DataFrame:
    """Name the rows of a vector of prices; rows of counts, where there are any, are those of a month after the last."""
    targets, months = problem.targets, problem.months
    counted = size > problem.visits.size + problem.volume.size + len(months) + len(targets.limit)
    suffixes = ["", "_counted"] if counted else [""]
    grids = (("visits", problem.territory_ids), ("volume_m3", problem.warehouse_ids), ("capital_rmb", np.zeros(1, int)))
    frames = []
    for resource, ids in grids:
        names = np.array([resource] * len(months) + [resource + suffix for suffix in suffixes[1:]])
        month = months.append(months[-1:]) if counted else months
        frames.append(
            pd.DataFrame(
                {
                    "resource": np.tile(names, len(ids)),
                    "resource_id": [str(i) for i in np.repeat(ids, len(month))],
                    "month": np.tile(month, len(ids)),
                }
            )
        )
    kinds = np.select([targets.quota >= 0, targets.share >= 0], ["quota", "share"], "all")
    side = np.where(targets.sense > 0, "_most", "_least")
    number = np.maximum(np.maximum(targets.quota, targets.share), 0)
    frames.append(
        pd.DataFrame(
            {
                "resource": [f"{kind}{end}" for kind, end in zip(kinds, side, strict=True)],
                "resource_id": [str(i) for i in number],
                "month": months[targets.month],
            }
        )
    )
    rows = pd.concat(frames, ignore_index=True).astype({"resource": "str", "resource_id": "str"})
    return rows.assign(month=months_of(rows["month"]))
