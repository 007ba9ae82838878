"""Write a run stage by stage, so that whatever happens, what is listed is whole."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filelock
import pandas as pd
import psutil

from lst_workbench import __version__
from lst_workbench.contracts import CONTRACTS, LstError
from lst_workbench.optim import Certificate
from lst_workbench.runs import disk
from lst_workbench.runs.fingerprint import fingerprint_of, fingerprint_of_table
from lst_workbench.runs.lock import lock_folder
from lst_workbench.runs.progress import Progress, State, write_progress
from lst_workbench.runs.record import FORMAT, has_record, read_record, write_record
from lst_workbench.runs.result import PlanResult, StoredTables, table_path
from lst_workbench.runs.reuse import StagesBeside, code_fingerprint, is_whole, stages_beside

SHOWN_DIFFERENCES = 3
MAY_BE_ASKED = ("network", "conditions")  # parts of an identity that a run may lack


@dataclass(frozen=True)
class StageOutput:
    """What a stage hands over: its tables, how good they are, and what has to be said about them.

    Parameters
    ----------
    tables : mapping
        Table by name; those that have a contract are checked against it.
    certificate : Certificate, optional
        For a stage that optimises.
    notes : sequence of mappings
        Things to say, each with ``key``, ``text`` and the figures that the text holds.
    """

    tables: Mapping[str, pd.DataFrame]
    certificate: Certificate | None = None
    notes: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


MakeStage = Callable[[Mapping[str, pd.DataFrame], Mapping[str, Any]], StageOutput]


class RunWriter:
    """Write one run; use it in a ``with`` statement, call `stage` in order, then `finish`.

    Parameters
    ----------
    path : Path or None
        Folder of the run; None keeps everything in memory.
    identity : mapping
        What the run was asked for (scenario, seed, market): texts, numbers and mappings of them.
    stages : sequence of str
        Names of the stages, in order; the progress is told in them.
    progress : callable, optional
        Called with a `Progress` at the start of each stage and at the end.
    about : mapping, optional
        What else `run.toml` should say (where the market lay); another value makes no other run.
    share : bool
        Whether a stage that a run beside this one has made from the same inputs, with the same code, counts as made:
        its files, which are never edited, are shared.

    Raises
    ------
    LstError
        The folder holds something else, another process writes to it, it is a finished run of other inputs, or the
        disk refuses.

    Notes
    -----
    Tables are written whole, then `run.toml` lists their stage. A stage is known by the fingerprint of its input
    tables and figures: when that did not change, its tables are read instead of made.

    Examples
    --------
    >>> def double(tables, figures):
    ...     return StageOutput({"doubled": tables["numbers"] * figures["factor"]})
    >>> with RunWriter(None, {"seed": 7}, ["doubling"]) as writer:
    ...     tables = writer.stage("doubling", double, {"numbers": pd.DataFrame({"n": [1, 2]})}, {"factor": 2})
    ...     result = writer.finish()
    >>> result.tables["doubled"]["n"].tolist()
    [2, 4]
    """

    def __init__(
        self,
        path: Path | None,
        identity: Mapping[str, Any],
        stages: Sequence[str],
        progress: Callable[[Progress], None] | None = None,
        about: Mapping[str, Any] | None = None,
        share: bool = False,
    ) -> None:
        self.path = path
        self.identity = {**identity, "package_version": __version__}
        self.about = dict(about or {})
        self.stages = tuple(stages)
        self._tell = progress
        self._lock: filelock.BaseFileLock | None = None
        self._record: dict[str, Any] = {}
        self._tables: dict[str, pd.DataFrame] = {}
        self._fingerprints: dict[str, str] = {}
        self._share = share and path is not None
        self._elsewhere: StagesBeside | None = None
        self._at = ""

    def __enter__(self) -> Self:
        fresh = {"format": FORMAT, "state": "running", "created": _now(), "code": code_fingerprint(), **self.about}
        fresh |= {**self.identity, "stages": {}}
        if self.path is None:
            self._record = fresh
            self._report("running")
            return self
        self._lock = lock_folder(self.path)
        try:
            if has_record(self.path):
                self._record = self._continue(read_record(self.path), fresh)
            else:
                self._record = fresh
            if not self.finished_before:
                disk.sweep(self.path)
                write_record(self.path, self._record)
            self._report("running")
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is not None:
                stopped = isinstance(error, KeyboardInterrupt | SystemExit)
                with suppress(LstError):  # what went wrong first is what must be said
                    self._report("cancelled" if stopped else "failed", error=say_of(error))
        finally:
            if self._lock is not None:
                self._lock.release()

    @property
    def finished_before(self) -> bool:
        """Whether the folder already holds the whole run that is asked for."""
        return bool(self._record["state"] == "complete")

    def stage(
        self, name: str, make: MakeStage, inputs: Mapping[str, pd.DataFrame], figures: Mapping[str, Any]
    ) -> Mapping[str, pd.DataFrame]:
        """Return the stage's tables: read when its inputs did not change, else made and written.

        Parameters
        ----------
        name : str
            One of the run's stages.
        make : callable
            ``make(inputs, figures)`` gives a `StageOutput`; it sees nothing but these two.
        inputs : mapping
            Tables it reads, by name.
        figures : mapping
            Assumptions it reads, by register key.
        """
        self._at = name
        self._report("running")
        asked = fingerprint_of({"figures": dict(figures), "tables": {k: self._known(k, t) for k, t in inputs.items()}})
        listed = self._record["stages"].get(name)
        if listed is not None and listed["inputs"] == asked and self._is_whole(listed):
            self._fingerprints |= {table: entry["fingerprint"] for table, entry in listed["tables"].items()}
            return StoredTables(self.path, {name: listed}) if self.path else self._tables
        self._forget(name)
        if (shared := self._shared(name, asked)) is not None:
            return shared
        started = time.perf_counter()
        output = make(inputs, figures)
        tables = {key: _checked(key, table) for key, table in output.tables.items()}
        entries = {key: self._store(key, table) for key, table in tables.items()}
        seconds = round(time.perf_counter() - started, 3)
        self._record["stages"][name] = {
            "inputs": asked,
            "seconds": seconds,
            "peak_memory_mb": _peak_memory_mb(),
            "notes": [dict(note) for note in output.notes],
            "tables": entries,
            **_certified(output.certificate),
        }
        if self.path:
            write_record(self.path, self._record)
        return tables

    def finish(self) -> PlanResult:
        """Mark the run complete and return it.

        Raises
        ------
        RuntimeError
            A stage is missing: the plan did not do what it announced.
        """
        missing = [name for name in self.stages if name not in self._record["stages"]]
        if missing:
            raise RuntimeError(f"stages {missing} were announced but not made")
        if not self.finished_before:
            self._record = {**self._record, "state": "complete", "finished": _now()}
            if self.path:
                write_record(self.path, self._record)
        self._at = ""
        self._report("done")
        stored = StoredTables(self.path, self._record["stages"]) if self.path else self._tables
        return PlanResult(stored, self._record, self.path)

    def _continue(self, record: dict[str, Any], fresh: dict[str, Any]) -> dict[str, Any]:
        """Take up a folder's record; a finished one only for the same inputs."""
        keys = dict.fromkeys((*self.identity, *MAY_BE_ASKED))
        differences = [key for key in keys if record.get(key) != self.identity.get(key)]
        if record["state"] == "complete" and differences:
            raise LstError(
                f"{self.path} holds a finished run with other inputs ({_differences(record, self.identity, keys)}) and "
                "runs are never edited: give a new folder with --out."
            )
        if record["state"] == "complete":
            return record
        if record.get("code") != fresh["code"]:
            fresh, record = {**fresh, "code": "several"}, {**record, "code": "several"}  # of use to no other run
        if not differences:
            return record
        return {**fresh, "stages": record["stages"]}  # unfinished: stages whose inputs are the same still count

    def _shared(self, name: str, asked: str) -> Mapping[str, pd.DataFrame] | None:
        """Take the stage over from a run beside this one, where one has made it from the same inputs."""
        if self.path is None or not self._share:
            return None
        if self._elsewhere is None:
            self._elsewhere = stages_beside(self.path)
        folder, listed = self._elsewhere.get((name, asked), (self.path, {}))
        if not listed or not is_whole(folder, listed):
            return None
        for table in listed["tables"]:
            with disk.saying_what_failed(self.path):
                table_path(self.path, table).parent.mkdir(exist_ok=True)
            disk.share_file(table_path(self.path, table), table_path(folder, table))
        self._fingerprints |= {table: entry["fingerprint"] for table, entry in listed["tables"].items()}
        self._record["stages"][name] = {**listed, "shared_with": folder.name}
        write_record(self.path, self._record)
        return StoredTables(self.path, {name: listed})

    def _known(self, name: str, table: pd.DataFrame) -> str:
        if name not in self._fingerprints:
            self._fingerprints[name] = fingerprint_of_table(table)
        return self._fingerprints[name]

    def _is_whole(self, listed: Mapping[str, Any]) -> bool:
        return self.path is None or is_whole(self.path, listed)

    def _forget(self, name: str) -> None:
        """Strike the stage from the record before its files change."""
        if self._record["stages"].pop(name, None) is None:
            return
        if self._record["state"] == "complete":
            raise LstError(f"{self.path} lost or changed files of its stage {name}: plan again into a new folder.")
        if self.path:
            write_record(self.path, self._record)

    def _store(self, name: str, table: pd.DataFrame) -> dict[str, Any]:
        self._fingerprints[name] = fingerprint_of_table(table)
        entry = {"rows": len(table), "bytes": 0, "fingerprint": self._fingerprints[name]}
        if self.path is None:
            self._tables[name] = table
            return entry
        path = table_path(self.path, name)
        with disk.saying_what_failed(path):
            path.parent.mkdir(exist_ok=True)
        disk.write_table(path, table)
        return {**entry, "bytes": path.stat().st_size}

    def _report(self, state: State, error: str = "") -> None:
        share = 1.0 if state == "done" else self.stages.index(self._at) / len(self.stages) if self._at else 0.0
        progress = Progress(state, self._at, round(share, 3), error)
        if self.path:
            write_progress(self.path, progress)
        if self._tell:
            self._tell(progress)


def _checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return CONTRACTS[name].check(table, name) if name in CONTRACTS else table


def _certified(certificate: Certificate | None) -> dict[str, Any]:
    if certificate is None:
        return {"status": "done"}
    return {
        "status": str(certificate.status),
        "value": float(certificate.value),
        "bound": float(certificate.bound),
        "gap": float(certificate.gap),
        "solver_seconds": round(certificate.seconds, 3),
        "maximise": certificate.maximise,
        "reason": certificate.reason,
    }


def _differences(record: Mapping[str, Any], identity: Mapping[str, Any], among: Iterable[str]) -> str:
    """Name the first few figures that differ, from the stored record to what is asked."""
    old, new = (_flat({key: told[key] for key in among if key in told}) for told in (record, identity))
    keys = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    named = [f"{key} {old.get(key, 'unset')} there, {new.get(key, 'unset')} here" for key in keys]
    return "; ".join(named[:SHOWN_DIFFERENCES]) + (" and more" if len(named) > SHOWN_DIFFERENCES else "")


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {name: value}
    return {k: v for key, inner in value.items() for k, v in _flat(inner, f"{name} {key}".strip()).items()}


def say_of(error: BaseException) -> str:
    """Say in a sentence why a run stopped."""
    if isinstance(error, LstError):
        return str(error)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return "Cancelled; finished stages are kept and the same command takes them up."
    return f"The plan stopped on a fault of the program ({type(error).__name__}: {error}): run again with --debug."


def _peak_memory_mb() -> float:
    memory = psutil.Process().memory_info()
    return round(getattr(memory, "peak_wset", 0) / 2**20 or _ru_maxrss_mb(), 1)


def _ru_maxrss_mb() -> float:
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
