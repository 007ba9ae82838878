"""The folder of a market that is about to be made: one maker at a time, nothing replaced unasked."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from lst_workbench.contracts import LstError


@contextmanager
def claimed(folder: str | Path, overwrite: bool = False) -> Iterator[Path]:
    """Keep a folder for the market that is made meanwhile.

    Parameters
    ----------
    folder : str or Path
        Where the market will stand; its parents are made.
    overwrite : bool
        Whether a market that stands there may be replaced.

    Raises
    ------
    LstError
        The folder is not empty and may not be replaced, or another process makes a market there.

    Examples
    --------
    >>> import tempfile
    >>> with claimed(Path(tempfile.mkdtemp()) / "new") as folder:
    ...     folder.name
    'new'
    """
    folder = Path(folder).absolute()
    if not overwrite and folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise LstError(f"{folder} is not empty: name a new or empty folder, or replace its market with --overwrite.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    path = folder.with_name(f".{folder.name}.lock")
    lock = filelock.FileLock(path, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise LstError(f"Another process makes the market at {folder}: wait for it, or name another folder.") from None
    try:
        yield folder
    finally:
        path.unlink(missing_ok=True)
        lock.release()
