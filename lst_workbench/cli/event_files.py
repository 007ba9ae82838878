"""Where events come from, and the journal and checkpoints that make them count once through any restart."""

import json
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

CHUNK = 1 << 18
CHECKPOINT = "checkpoint.npz"


@dataclass
class Batch:
    """Lines that came together: when, how far each file was read then, and how many stores were swept."""

    now: int
    lines: list[str]
    positions: dict[str, int] = field(default_factory=dict)
    sweep: int = 0


class PipeSource:
    """Lines of standard input; what was read and not yet in the journal must be sent again, its ids make that safe."""

    def __init__(self) -> None:
        self._rest, self.ended = b"", False
        self.positions: dict[str, int] = {}

    def read(self, wait_s: float) -> list[str]:
        """Read whole lines that are there, waiting at most `wait_s` for the first."""
        if not select.select([sys.stdin.fileno()], [], [], wait_s)[0]:
            return []
        got = os.read(sys.stdin.fileno(), CHUNK)
        self.ended = not got
        whole, self._rest = _whole_lines(self._rest + (got or (b"\n" if self._rest else b"")))
        return whole


class FileSource:
    """Lines of a growing file, or of all .jsonl files of a folder in order of their names."""

    def __init__(self, path: Path, positions: dict[str, int]) -> None:
        self._path, self.positions, self.ended = path, dict(positions), False

    def read(self, wait_s: float) -> list[str]:
        """Read whole lines that were added; a file that shrank is read again from its start."""
        files = sorted(self._path.glob("*.jsonl")) if self._path.is_dir() else [self._path]
        for file in files:
            at = self.positions.get(file.name, 0)
            size = file.stat().st_size if file.exists() else 0
            at = 0 if size < at else at
            if size == at:
                continue
            with file.open("rb") as stream:
                stream.seek(at)
                got = stream.read(CHUNK)
                while b"\n" not in got and (more := stream.read(CHUNK)):
                    got += more
            whole, rest = _whole_lines(got)
            self.positions[file.name] = at + len(got) - len(rest)
            if whole:
                return whole
        time.sleep(wait_s)
        return []


def _whole_lines(text: bytes) -> tuple[list[str], bytes]:
    whole, _, rest = text.rpartition(b"\n")
    return [line for line in whole.decode("utf-8", "replace").split("\n") if line.strip()], rest


class Ledger:
    """A folder with the last checkpoint and the journals of batches since; a torn last batch is left out."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._number = folder, 0
        self._stream: IO[bytes] | None = None
        self._writer: int | None = None

    def last(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Arrays and notes of the last checkpoint; nothing in a new folder."""
        if not (self._folder / CHECKPOINT).exists():
            return None
        with np.load(self._folder / CHECKPOINT, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        notes = json.loads(bytes(arrays.pop("notes")).decode())
        self._number = notes["journal"]
        return arrays, notes

    def batches(self) -> Iterator[Batch]:
        """Batches since the last checkpoint; what a kill tore is cut off, and new ones are added behind."""
        good, last = 0, self._number
        while self._journal(last + 1).exists():
            last += 1
        for number in range(self._number, last + 1):
            good = 0
            for batch, end in _whole_batches(self._journal(number)):
                good = end
                yield batch
        self._number = last
        self._stream = self._journal(last).open("ab")
        self._stream.truncate(good)

    def add(self, batch: Batch) -> None:
        """Write a batch down before it has any effect."""
        assert self._stream is not None
        body = ("\n" + "".join(f"{line}\n" for line in batch.lines)).encode()
        head = {"now": batch.now, "positions": batch.positions, "sweep": batch.sweep, "bytes": len(body)}
        self._stream.write(json.dumps(head).encode() + b"\n" + body)
        self._stream.flush()

    def checkpoint(self, arrays: Callable[[], dict[str, np.ndarray]], notes: dict[str, Any]) -> None:
        """Start a new journal, and keep a snapshot in one step; older journals go when it is there."""
        self._ended(0)
        self._keep(arrays, self._next_journal(notes))

    def checkpoint_beside(self, arrays: Callable[[], dict[str, np.ndarray]], notes: dict[str, Any]) -> bool:
        """Do the same in a process of its own, which sees the state as it is now, so that no event waits.

        False while the one before is still at work; where processes cannot be forked, it is done here.
        """
        if not self._ended(os.WNOHANG):
            return False
        if not hasattr(os, "fork"):
            self.checkpoint(arrays, notes)
            return True
        told, parent = self._next_journal(notes), os.getpid()
        self._writer = os.fork() or None
        if self._writer is None:
            try:
                self._keep(arrays, told, parent)
            finally:
                os._exit(0)
        return True

    def _ended(self, how: int) -> bool:
        """Whether no writer is at work any more."""
        if self._writer is not None and os.waitpid(self._writer, how)[0]:
            self._writer = None
        return self._writer is None

    def _next_journal(self, notes: dict[str, Any]) -> dict[str, Any]:
        if self._stream is not None:
            self._stream.close()
        self._number += 1
        self._stream = self._journal(self._number).open("wb")
        return notes | {"journal": self._number}

    def _keep(self, arrays: Callable[[], dict[str, np.ndarray]], notes: dict[str, Any], parent: int = 0) -> None:
        """Write the snapshot; a writer whose monitor was killed leaves everything as it was."""
        draft = self._folder / f".{CHECKPOINT}"
        with draft.open("wb") as stream:
            kept: dict[str, Any] = {"notes": np.frombuffer(json.dumps(notes).encode(), np.uint8)} | arrays()
            np.savez(stream, **kept)
            stream.flush()
            os.fsync(stream.fileno())
        if parent and os.getppid() != parent:
            return
        draft.replace(self._folder / CHECKPOINT)
        for number in range(notes["journal"] - 1, -1, -1):
            if not self._journal(number).exists():
                break
            self._journal(number).unlink()

    def _journal(self, number: int) -> Path:
        return self._folder / f"journal-{number:08d}.jsonl"


def _whole_batches(path: Path) -> Iterator[tuple[Batch, int]]:
    """Batches of a journal and where each ends."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        while (head := stream.readline()).endswith(b"\n"):
            told = json.loads(head)
            body = stream.read(size := told.pop("bytes"))
            if len(body) < size:
                break
            yield Batch(lines=body.decode().split("\n")[1:-1], **told), stream.tell()
