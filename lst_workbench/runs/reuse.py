"""Stages that other runs have made already: what did not change need not be made again."""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from lst_workbench.contracts import LstError
from lst_workbench.runs.record import RECORD_FILE, has_record, read_record
from lst_workbench.runs.result import table_path

MOST_RUNS = 50
StagesBeside = dict[tuple[str, str], tuple[Path, dict[str, Any]]]


@cache
def code_fingerprint() -> str:
    """Fingerprint of the package's own code: a stage that other code made is made again."""
    package = Path(__file__).parents[1]
    digest = blake2b(digest_size=16)
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
    return digest.hexdigest()


def is_whole(folder: Path, listed: Mapping[str, Any]) -> bool:
    """Whether every table that the record lists for a stage stands in the folder, in full length."""
    files = [(table_path(folder, name), entry["bytes"]) for name, entry in listed["tables"].items()]
    return all(path.is_file() and path.stat().st_size == size for path, size in files)


def stages_beside(folder: Path) -> StagesBeside:
    """Find stages by name and fingerprint of their inputs, made by this code, in the newest runs of the parent."""
    runs = [entry for entry in folder.parent.iterdir() if entry != folder and entry.is_dir() and has_record(entry)]
    runs.sort(key=lambda entry: (entry / RECORD_FILE).stat().st_mtime)
    found: StagesBeside = {}
    for run in runs[-MOST_RUNS:]:
        try:
            record = read_record(run)
        except LstError:
            continue  # damaged, or of another version
        if record.get("code") == code_fingerprint():
            found |= {(name, listed["inputs"]): (run, listed) for name, listed in record["stages"].items()}
    return found
