"""lst monitor: events of shops in, advice cards out, each event counted once through any restart."""

import json
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from lst_workbench.cli.console import err, read_table
from lst_workbench.cli.event_files import Batch, FileSource, Ledger, PipeSource

if TYPE_CHECKING:
    from lst_workbench.inventory import Monitor

app = typer.Typer()
TABLES = ("stock", "forecasts", "items", "stores")
POLL_S, SWEEP_S, SWEPT = 0.01, 1.0, 100
LOCK_S = 10.0  # a killed monitor's last checkpoint may still be being written


@app.command(epilog="Example: lst monitor shops events.jsonl --state state --out advice.jsonl")
def monitor(
    tables: Annotated[
        Path, typer.Argument(help="Folder with stock, forecasts, items, stores and perhaps swaps (.csv or .parquet).")
    ],
    events: Annotated[
        str, typer.Argument(help="Growing file of JSON lines, folder of .jsonl files, or - for standard input.")
    ] = "-",
    state: Annotated[Path, typer.Option(help="Folder of checkpoint and journal; a restart goes on from it.")] = Path(
        "monitor-state"
    ),
    to: Annotated[Path | None, typer.Option("--out", help="File of advice; standard output when left out.")] = None,
    since: Annotated[str | None, typer.Option(help="When the stock was counted, ISO 8601; now when left out.")] = None,
    clock: Annotated[str | None, typer.Option(help="Let the monitor's clock stand here: to replay old events.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End when all there is has been read.")] = False,
    checkpoint_s: Annotated[float, typer.Option(help="Seconds between two checkpoints.")] = 60.0,
) -> None:
    """Follow events (sale, count, delivery, price, listed, delisted, accept, reject) and advise each store."""
    from filelock import FileLock, Timeout

    from lst_workbench.contracts import LstError

    state.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(state / ".lock", timeout=LOCK_S):
            station = _Station(tables, state, to, since, clock)
            source = PipeSource() if events == "-" else FileSource(_there(events), station.positions)
            station.follow(source, once, checkpoint_s)
    except Timeout:
        raise LstError(f"{state} is in use by another lst monitor; end that one or name another --state.") from None


def _there(events: str) -> Path:
    from lst_workbench.contracts import InputError

    path = Path(events)
    if not path.exists():
        raise InputError(events, ["there is no such file or folder; name one, or - for standard input"])
    return path


class _Station:
    """A monitor with its ledger and its output."""

    def __init__(self, tables: Path, state: Path, to: Path | None, since: str | None, clock: str | None) -> None:
        from lst_workbench.inventory.monitor_events import milliseconds

        self._ledger, self._clock = Ledger(state), clock
        last = self._ledger.last()
        notes: dict[str, Any] = last[1] if last else {"positions": {}, "out_bytes": 0, "counts": [0, 0, 0]}
        opened = notes["since"] if last else (milliseconds(since) if since else self._now())
        self._notes = notes | {"since": opened}
        self.positions: dict[str, int] = notes["positions"]
        self._monitor = _opened(tables, opened / 1000)
        self._folder = state
        self._file = to
        self._out = _continued(to, notes["out_bytes"])
        if last:
            self._monitor.restore(last[0])
        else:
            self._tell([{"refused": row} for row in self._monitor.refused.to_dict("records")])
        self._replay()
        self._save()

    def follow(self, source: PipeSource | FileSource, once: bool, checkpoint_s: float) -> None:
        """Take batches as they come until the source ends or somebody stops it."""
        saved = swept = time.monotonic()
        try:
            while not source.ended:
                lines = source.read(0.0 if once and isinstance(source, FileSource) else POLL_S)
                if lines:
                    self._take(Batch(self._now(), lines, source.positions))
                elif once and isinstance(source, FileSource):
                    break
                if not once and time.monotonic() - swept > SWEEP_S:
                    swept = time.monotonic()
                    self._take(Batch(self._now(), [], source.positions, SWEPT))
                if time.monotonic() - saved > checkpoint_s and self._save(beside=True):
                    saved = time.monotonic()
        except KeyboardInterrupt:
            pass  # a batch is whole or will be taken up from the journal
        else:
            self._save()
        applied, doubled, refused = self._notes["counts"]
        err.print(
            f"{applied:,} events applied, {doubled:,} came again, {refused:,} refused; state in {self._folder}.",
            highlight=False,
        )

    def _now(self) -> int:
        from lst_workbench.inventory.monitor_events import milliseconds

        return milliseconds(self._clock) if self._clock else round(time.time() * 1000)

    def _take(self, batch: Batch) -> None:
        self._ledger.add(batch)
        self._effect(batch)

    def _effect(self, batch: Batch, silent: bool = False) -> None:
        self.positions = dict(batch.positions)
        if batch.sweep:
            told = self._monitor.sweep(batch.now / 1000, batch.sweep)
        else:
            advice = self._monitor.apply(batch.lines, batch.now / 1000)
            told = advice.stores + [{"refused": row} for row in advice.refused]
            told += [{"notice": row} for row in advice.notices]
            new = (advice.applied, advice.duplicates, len(advice.refused))
            self._notes["counts"] = [a + b for a, b in zip(self._notes["counts"], new, strict=True)]
        if not silent:
            self._tell(told)

    def _replay(self) -> None:
        """Live through the journal again: a file of advice is written as before, a pipe hears the last batch only."""
        waiting: Batch | None = None
        for batch in self._ledger.batches():
            if waiting:
                self._effect(waiting, silent=self._file is None)
            waiting = batch
        if waiting:
            self._effect(waiting)

    def _tell(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._out.write("".join(f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows).encode())
            self._out.flush()

    def _save(self, beside: bool = False) -> bool:
        """Keep a checkpoint, beside the events or before anything else; False while the last one is being written."""
        notes = self._notes | {"positions": self.positions, "out_bytes": self._out.tell() if self._file else 0}
        if not beside:
            self._ledger.checkpoint(self._monitor.snapshot, notes)
        elif not self._ledger.checkpoint_beside(self._monitor.snapshot, notes):
            return False
        self._monitor.measured().to_csv(self._folder / "measured.csv", index=False)
        return True


def _continued(to: Path | None, length: int) -> IO[bytes]:
    """Output as it was at the checkpoint: what came after it is written again."""
    if to is None:
        return sys.stdout.buffer
    to.parent.mkdir(parents=True, exist_ok=True)
    stream = to.open("r+b" if to.exists() else "w+b")
    stream.truncate(length)
    stream.seek(length)
    return stream


def _opened(folder: Path, since: float) -> "Monitor":
    """Open a monitor on the tables of a folder."""
    from lst_workbench.contracts import InputError
    from lst_workbench.inventory import Monitor

    found = {name: path for name in (*TABLES, "swaps") for path in sorted(folder.glob(f"{name}.*"))}
    if missing := [f"{name}.csv or {name}.parquet is missing" for name in TABLES if name not in found]:
        raise InputError(str(folder), [*missing, "lst monitor --help says what the folder holds"])
    return Monitor(**{name: read_table(path) for name, path in found.items()}, since=since)
