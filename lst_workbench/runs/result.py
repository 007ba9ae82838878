"""A finished run: tables read when they are asked for, headline figures, explanations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lst_workbench.contracts import LstError
from lst_workbench.optim import Certificate, Status
from lst_workbench.runs.disk import read_table
from lst_workbench.runs.record import read_record

if TYPE_CHECKING:
    from lst_workbench.runs.explain import Explanation

TABLES_FOLDER = "tables"


def table_path(folder: Path, name: str) -> Path:
    """Where a run keeps one of its tables."""
    return folder / TABLES_FOLDER / f"{name}.parquet"


class StoredTables(Mapping[str, pd.DataFrame]):
    """Tables of a run folder by name, each read when first asked for."""

    def __init__(
        self, folder: Path, stages: Mapping[str, Mapping[str, Any]], at_hand: Mapping[str, pd.DataFrame] | None = None
    ) -> None:
        self._folder = folder
        self._read: dict[str, pd.DataFrame] = dict(at_hand or {})
        self._names = [*(name for stage in stages.values() for name in stage["tables"]), *self._read]

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = read_table(table_path(self._folder, name))
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a table; asking does not read it."""
        return name in self._names

    def path_of(self, name: str) -> Path | None:
        """File of a table that was not read yet."""
        return None if name in self._read or name not in self._names else table_path(self._folder, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class PlanResult:
    """A plan: its tables, what it was made of, and where it is.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Contract tables by name; those of a run folder are read when first asked for.
    meta : dict
        Contents of ``run.toml``: scenario, market, seed, stages with seconds, status and notes.
    path : Path or None
        Run folder; None for a plan that was kept in memory.
    """

    tables: Mapping[str, pd.DataFrame]
    meta: dict[str, Any]
    path: Path | None = None

    def rows(self, name: str) -> int:
        """Count the rows of a table without reading it."""
        made = [stage["tables"][name]["rows"] for stage in self.meta["stages"].values() if name in stage["tables"]]
        return int(made[0]) if made else 0

    def kpis(self) -> dict[str, float]:
        """Headline figures by name; the unit is the name's suffix."""
        table = self.tables["kpis"]
        return {str(name): float(value) for name, value in zip(table["name"], table["value"], strict=True)}

    def explain(self, store_id: int) -> "Explanation":
        """Say why this store, why this month, or why not."""
        from lst_workbench.runs.explain import explain_store

        return explain_store(self, store_id)

    @property
    def certificate(self) -> Certificate | None:
        """How good the waves are: value, bound, gap, status; None for a run without an optimiser."""
        for stage in self.meta["stages"].values():
            if "bound" in stage:
                return Certificate(
                    stage["value"],
                    stage["bound"],
                    Status(stage["status"]),
                    stage["solver_seconds"],
                    stage["maximise"],
                    stage["reason"],
                )
        return None

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What the plan has to say beside its figures, each with ``key``, ``text`` and figures, in order."""
        return [note for stage in self.meta["stages"].values() for note in stage["notes"]]


def read_run(path: str | Path) -> PlanResult:
    """Read a run folder.

    Parameters
    ----------
    path : str or Path
        Folder that ``lst plan`` or `make_plan` wrote.

    Raises
    ------
    LstError
        There is no run, it is not finished, or it is damaged.
    """
    result = read_at_work(path)
    if result.meta["state"] != "complete":
        raise LstError(f"The run at {result.path} is not finished: run the same lst plan command again to take it up.")
    return result


def read_at_work(path: str | Path) -> PlanResult:
    """Read what a run has written so far, whether or not it is finished.

    Parameters
    ----------
    path : str or Path
        Folder of a run that was begun.

    Raises
    ------
    LstError
        There is no run, or it is damaged.
    """
    folder = Path(path)
    record = read_record(folder)
    return PlanResult(StoredTables(folder, record["stages"]), record, folder)
