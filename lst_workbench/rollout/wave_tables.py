"""From arrays back to tables: who starts when, what capacities are worth, what each store gains, what quotas lack."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import Waves
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.wave_inputs import WaveProblem

BROKEN_PROMISE = 1e4  # stores lacking


def wave_tables(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray) -> dict[str, pd.DataFrame]:
    """Make the tables of a plan from its starts and prices."""
    quotas = _quota_table(problem, dual, x, starts)
    return {
        "waves": _wave_table(problem, starts),
        "prices": _price_table(problem, dual, x),
        "margins": _margin_table(problem, dual, x),
        "quotas": quotas,
        "shortfalls": quotas[quotas["shortfall"] > 0].reset_index(drop=True),
        "shares": _share_table(problem, dual, x, starts),
    }


def value_of(problem: WaveProblem, starts: np.ndarray) -> float:
    """Objective of a plan."""
    chosen = np.flatnonzero(starts >= 0)
    month = starts[chosen]
    return float(
        (problem.stores.value[chosen] * problem.factor[month]).sum()
        + problem.bonus[problem.stores.group[chosen], month].sum()
    )


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
    """Add up what each target counts."""
    targets = problem.targets
    return (targets.adds * np.cumsum(_signed_by_group(problem, starts), axis=1)[:, targets.month]).sum(axis=0)


def stores_lacking(problem: WaveProblem, starts: np.ndarray) -> float:
    """Count the stores that quotas and shares lack, all together; a promise not kept is worse than any of them."""
    lacking = problem.targets.lacking(signed_by_target(problem, starts)).sum()
    return float(lacking + BROKEN_PROMISE * ((starts < 0) & problem.promised).sum())


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
    """Give what each store brings less the price of all it uses; the worth of a promise to the search stays out."""
    s, prices = problem.stores, dual.prices(x)
    worth, month, _ = dual.best_starts(prices)
    order = pd.Index(problem.store_ids).argsort()
    target = prices.target[s.group, month]
    gift = np.where(problem.promised, dual.gift, 0.0)
    columns = {
        "margin": worth - gift,
        "best_month": problem.months[month],
        "visits_price": s.signup * prices.visits[s.territory, month] + s.care * prices.care[s.territory, month],
        "volume_price": s.volume * prices.volume[s.warehouse, month],
        "capital_price": s.capital * prices.capital[month],
        "target_price": target + problem.bonus[s.group, month] + gift,
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


def _share_table(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray) -> pd.DataFrame:
    """Give the shares with members and all signed by their month, what lacks, and the worth of one store more in it."""
    targets, shares = problem.targets, problem.shares
    price = dual.split(x)[3] * targets.sense
    n = len(shares)
    members, everyone, shadow = np.zeros(n), np.zeros(n), np.zeros(n)
    for r in np.flatnonzero(targets.share >= 0):
        row, by_group = targets.share[r], _signed_by_group(problem, starts)[:, : targets.month[r] + 1].sum(axis=1)
        members[row] = by_group[targets.member[:, r]].sum() + shares["members_before"].iloc[row]
        everyone[row] = by_group.sum() + shares["all_before"].iloc[row]
        shadow[row] += price[r] * (targets.adds[:, r].max() - targets.adds[:, r].min())
    lacking = np.maximum(np.ceil(shares["min_share"].fillna(0.0).to_numpy() * everyone - 1e-6) - members, 0.0)
    return shares.assign(
        signed=members, all_signed=everyone, share=members / np.maximum(everyone, 1.0), shortfall=lacking,
        shadow_price=shadow,
    )  # fmt: skip


def _signed_by_group(problem: WaveProblem, starts: np.ndarray) -> np.ndarray:
    """Count starts by group and month."""
    chosen = np.flatnonzero(starts >= 0)
    groups, T = problem.targets.adds.shape[0], problem.n_months
    return np.bincount(problem.stores.group[chosen] * T + starts[chosen], minlength=groups * T).reshape(groups, T)
