"""Two or more runs side by side: headline figures, assumptions that differ, stores that changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.runs.result import PlanResult, read_run


@dataclass(frozen=True)
class Comparison:
    """Runs side by side; every table has one column per run, named like the run.

    Parameters
    ----------
    kpis : DataFrame
        Headline figures by name, with unit.
    assumptions : DataFrame
        Assumptions, scenario, seed and market that are not the same in all runs; empty when all are.
    stores : DataFrame
        Stores whose status or month is not the same in all runs: ``status <run>``, ``month <run>``.
    """

    kpis: pd.DataFrame
    assumptions: pd.DataFrame
    stores: pd.DataFrame


def compare_runs(runs: Sequence[PlanResult | str | Path]) -> Comparison:
    """Put runs side by side.

    Parameters
    ----------
    runs : sequence of PlanResult or path
        At least two; the first is the one that others are compared with.

    Raises
    ------
    InputError
        Fewer than two runs.
    LstError
        A path is no finished run.
    """
    if len(runs) < 2:
        raise InputError("the comparison", [f"it needs at least two runs and got {len(runs)}; name two run folders"])
    results = [run if isinstance(run, PlanResult) else read_run(run) for run in runs]
    named = dict(zip(_names(results), results, strict=True))
    return Comparison(_kpis(named), _differences(named), _stores_that_changed(named))


def _names(results: Sequence[PlanResult]) -> list[str]:
    """Name runs after folder or scenario, numbered where that is not unique."""
    plain = [r.path.resolve().name if r.path else str(r.meta["scenario"]["name"]) for r in results]
    return [name if plain.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(plain, start=1)]


def _kpis(named: dict[str, PlanResult]) -> pd.DataFrame:
    tables = [run.tables["kpis"].set_index(["name", "unit"])["value"].rename(name) for name, run in named.items()]
    order = pd.concat([run.tables["kpis"][["name", "unit"]] for run in named.values()]).drop_duplicates()
    return pd.concat(tables, axis=1).reindex(pd.MultiIndex.from_frame(order)).reset_index()


def _differences(named: dict[str, PlanResult]) -> pd.DataFrame:
    rows = {name: _inputs(run.meta) for name, run in named.items()}
    keys = dict.fromkeys(key for row in rows.values() for key in row)
    table = pd.DataFrame({name: [row.get(key) for key in keys] for name, row in rows.items()}, dtype=object)
    table.insert(0, "key", list(keys))
    differs = [len({repr(row.get(key)) for row in rows.values()}) > 1 for key in keys]
    return table[differs].reset_index(drop=True)


def _inputs(meta: dict[str, Any]) -> dict[str, Any]:
    scenario = {"scenario": meta["scenario"]["name"], "goal": meta["scenario"]["goal"]}
    market = {"market": meta["market"]["name"], "market fingerprint": meta["market"]["fingerprint"]}
    return {**scenario, **market, "seed": meta["seed"], **meta["scenario"]["figures"]}


def _stores_that_changed(named: dict[str, PlanResult]) -> pd.DataFrame:
    columns = []
    for name, run in named.items():
        decisions = run.tables["decisions"].set_index("store_id")
        columns += [
            decisions["status"].astype(str).rename(f"status {name}"),
            decisions["month"].rename(f"month {name}"),
        ]
    table = pd.concat(columns, axis=1).sort_index()
    changed = pd.Series(False, index=table.index)
    for word in ("status", "month"):
        first, *others = [table[f"{word} {name}"] for name in named]
        for other in others:
            changed |= (first != other) & ~(first.isna() & other.isna())
    return table[changed].rename_axis("store_id").reset_index()
