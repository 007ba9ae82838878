"""From arrays back to tables: who starts when, what capacities are worth, what each store gains, what quotas lack."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import Waves
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.wave_inputs import WaveProblem


def wave_tables(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray) -> dict[str, pd.DataFrame]:
    """Make the tables of a plan from its starts and prices."""
    quotas = _quota_table(problem, dual, x, starts)
    return {
        "waves": _wave_table(problem, starts),
        "prices": _price_table(problem, dual, x),
        "margins": _margin_table(problem, dual, x),
        "quotas": quotas,
        "shortfalls": quotas[quotas["shortfall"] > 0].reset_index(drop=True),
    }


def value_of(problem: WaveProblem, starts: np.ndarray) -> float:
    """Objective of a plan."""
    chosen = np.flatnonzero(starts >= 0)
    return float((problem.stores.value[chosen] * problem.factor[starts[chosen]]).sum())


def loads_of(problem: WaveProblem, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Visits, throughput and capital that a plan uses, month by month."""
    s, T = problem.stores, problem.n_months
    chosen = np.flatnonzero(starts >= 0)
    month = starts[chosen]

    def by_start(where: np.ndarray, rows: int, load: np.ndarray) -> np.ndarray:
        return np.bincount(where[chosen] * T + month, load[chosen], rows * T).reshape(rows, T)

    signup = by_start(s.territory, len(problem.visits), s.signup)
    care = by_start(s.territory, len(problem.visits), s.care)
    care = np.cumsum(np.column_stack([np.zeros(len(care)), care[:, :-1]]), axis=1)
    volume = np.cumsum(by_start(s.warehouse, len(problem.volume), s.volume), axis=1)
    capital = np.cumsum(np.bincount(month, s.capital[chosen], T))
    return signup + care, volume, capital


def signed_by_target(problem: WaveProblem, starts: np.ndarray) -> np.ndarray:
    """Count the stores of each target."""
    targets, T = problem.targets, problem.n_months
    chosen = np.flatnonzero(starts >= 0)
    groups = targets.member.shape[0]
    by_group = np.bincount(problem.stores.group[chosen] * T + starts[chosen], minlength=groups * T).reshape(groups, T)
    return (targets.member * np.cumsum(by_group, axis=1)[:, targets.month]).sum(axis=0)


def stores_lacking(problem: WaveProblem, starts: np.ndarray) -> float:
    """Count the stores that the quotas lack, all together."""
    targets = problem.targets
    lacking = np.maximum(targets.limit - signed_by_target(problem, starts), 0)
    return float(lacking[targets.sense < 0].sum())


def _wave_table(problem: WaveProblem, starts: np.ndarray) -> pd.DataFrame:
    chosen = np.flatnonzero(starts >= 0)
    waves = pd.DataFrame({"store_id": problem.store_ids[chosen], "month": problem.months[starts[chosen]]})
    waves = waves.sort_values("store_id", ignore_index=True)
    in_contract = isinstance(problem.months, pd.DatetimeIndex) and problem.store_ids.dtype.kind in "iu"
    return Waves.check(waves) if in_contract else waves


def _price_table(problem: WaveProblem, dual: Dual, x: np.ndarray) -> pd.DataFrame:
    visits, volume, capital, _ = dual.split(x)
    kinds = (
        ("visits", problem.territory_ids, visits),
        ("volume_m3", problem.warehouse_ids, volume),
        ("capital_rmb", np.zeros(1, np.int64), capital[None]),
    )
    tables = [
        pd.DataFrame(
            {
                "resource": resource,
                "resource_id": np.repeat(ids, problem.n_months),
                "month": problem.months[np.tile(np.arange(problem.n_months), len(ids))],
                "shadow_price": grid.ravel(),
            }
        )
        for resource, ids, grid in kinds
        if len(ids)
    ]
    return pd.concat(tables, ignore_index=True)


def _margin_table(problem: WaveProblem, dual: Dual, x: np.ndarray) -> pd.DataFrame:
    s, prices = problem.stores, dual.prices(x)
    margin, month, _ = dual.best_starts(prices)
    order = pd.Index(problem.store_ids).argsort()
    columns = {
        "margin": margin,
        "best_month": problem.months[month],
        "visits_price": s.signup * prices.visits[s.territory, month] + s.care * prices.care[s.territory, month],
        "volume_price": s.volume * prices.volume[s.warehouse, month],
        "capital_price": s.capital * prices.capital[month],
        "target_price": prices.target[s.group, month],
    }
    return pd.DataFrame({"store_id": problem.store_ids[order]} | {name: v[order] for name, v in columns.items()})


def _quota_table(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray) -> pd.DataFrame:
    """Give the quotas with what was signed, what lacks, and what one more store in the limit is worth."""
    targets, n = problem.targets, len(problem.quotas)
    counts, price = signed_by_target(problem, starts), dual.split(x)[3] * targets.sense
    signed, shadow = np.zeros(n), np.zeros(n)
    for r in np.flatnonzero(targets.quota >= 0):
        signed[targets.quota[r]] = counts[r]
        shadow[targets.quota[r]] += price[r]
    floor = np.ceil(problem.quotas["min_stores"].to_numpy(float))
    lacking = np.nan_to_num(np.maximum(floor - signed, 0.0))
    return problem.quotas.assign(signed=signed, shortfall=lacking, shadow_price=shadow)
