"""`run.toml`: what a run is made of. A stage counts when it is listed here."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from lst_workbench.contracts import LstError
from lst_workbench.runs.disk import write_text

RECORD_FILE = "run.toml"
FORMAT = 1


def has_record(folder: Path) -> bool:
    """Whether the folder is a run folder."""
    return (folder / RECORD_FILE).is_file()


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write `run.toml` whole."""
    write_text(folder / RECORD_FILE, tomli_w.dumps(record))


def read_record(folder: Path) -> dict[str, Any]:
    """Read `run.toml`.

    Raises
    ------
    LstError
        The folder is missing, is no run folder, or was made by a later version.
    """
    path = folder / RECORD_FILE
    if not folder.exists():
        raise LstError(f"There is no run at {folder}: check the path, or make one with lst plan MARKET --out {folder}.")
    if not path.is_file():
        raise LstError(f"{folder} is not a run: it has no {RECORD_FILE}; give the folder that lst plan wrote.")
    try:
        record = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise LstError(f"{path} could not be read ({error}): the run is damaged, plan it again.") from error
    if record.get("format") != FORMAT:
        raise LstError(
            f"{path} has format {record.get('format')}, this version reads {FORMAT}: plan it again with this version."
        )
    return record
