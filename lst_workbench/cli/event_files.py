"""Where events come from, and the journal and checkpoints that make them count once through any restart."""

import json
import os
import select
import sys
import time
from collections.abc import Iterator
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
    """A folder with the last checkpoint and the journal of batches since; a torn last batch is left out."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._number = folder, 0
        self._stream: IO[bytes] | None = None

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
        path, good = self._journal(), 0
        if path.exists():
            with path.open("rb") as stream:
                while (head := stream.readline()).endswith(b"\n"):
                    told = json.loads(head)
                    size = told.pop("bytes")
                    body = stream.read(size)
                    if len(body) < size:
                        break
                    good = stream.tell()
                    yield Batch(lines=body.decode().split("\n")[1:-1], **told)
        self._stream = path.open("ab")
        self._stream.truncate(good)

    def add(self, batch: Batch) -> None:
        """Write a batch down before it has any effect."""
        assert self._stream is not None
        body = ("\n" + "".join(f"{line}\n" for line in batch.lines)).encode()
        head = {"now": batch.now, "positions": batch.positions, "sweep": batch.sweep, "bytes": len(body)}
        self._stream.write(json.dumps(head).encode() + b"\n" + body)
        self._stream.flush()

    def checkpoint(self, arrays: dict[str, np.ndarray], notes: dict[str, Any]) -> None:
        """Keep a snapshot in one step, and start a new journal."""
        old, self._number = self._journal(), self._number + 1
        told = np.frombuffer(json.dumps(notes | {"journal": self._number}).encode(), np.uint8)
        draft = self._folder / f".{CHECKPOINT}"
        with draft.open("wb") as stream:
            kept: dict[str, Any] = {"notes": told} | arrays
            np.savez(stream, **kept)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self._folder / CHECKPOINT)
        if self._stream is not None:
            self._stream.close()
        self._stream = self._journal().open("wb")
        old.unlink(missing_ok=True)

    def _journal(self) -> Path:
        return self._folder / f"journal-{self._number:08d}.jsonl"
