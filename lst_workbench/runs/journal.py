"""Decisions and comments about a run: a file beside its tables that only ever grows."""

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.runs.disk import saying_what_failed
from lst_workbench.runs.record import read_record

JOURNAL_FILE = "decisions.jsonl"
COLUMNS = ["time", "author", "kind", "store_id", "text"]


def add_to_journal(
    path: str | Path, text: str, *, kind: str = "comment", store_id: int | None = None, author: str | None = None
) -> dict[str, Any]:
    """Append a decision or comment to a run; nothing that stands there is ever changed.

    Parameters
    ----------
    path : str or Path
        Run folder.
    text : str
        What was decided or remarked.
    kind : str
        "comment", or a word of the team's own such as "approved".
    store_id : int, optional
        Store it is about.
    author : str, optional
        Who says so; the name of the machine's user by default.

    Raises
    ------
    InputError
        The text is empty.
    LstError
        The folder is no run, or the disk refuses.
    """
    folder = Path(path)
    read_record(folder)
    if not text.strip():
        raise InputError("the comment", ["it is empty; write what was decided"])
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "author": author or getpass.getuser(),
        "kind": kind,
        "store_id": store_id,
        "text": text.strip(),
    }
    line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
    journal = folder / JOURNAL_FILE
    with saying_what_failed(journal), journal.open("ab", buffering=0) as file:
        start = file.tell()
        try:
            written = file.write(line)
            if written != len(line):
                raise OSError(28, os.strerror(28))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(start)
            raise
    return entry


def read_journal(path: str | Path) -> pd.DataFrame:
    """Decisions and comments of a run, oldest first."""
    journal = Path(path) / JOURNAL_FILE
    if not journal.exists():
        return pd.DataFrame(columns=COLUMNS)
    return pd.DataFrame([json.loads(line) for line in journal.read_text("utf-8").splitlines()], columns=COLUMNS)
