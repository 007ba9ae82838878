"""Put whole files on the disk, or none: temporary file beside it, fsync, rename."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pandas as pd

from lst_workbench.contracts import CONTRACTS, LstError
from lst_workbench.runs.windows import write_pieces

TEMPORARY = ".writing"
FULL = {errno.ENOSPC, errno.EDQUOT}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def saying_what_failed(path: Path) -> Iterator[None]:
    """Turn an error of the disk into a sentence that says how to mend it."""
    try:
        yield
    except OSError as error:
        raise LstError(_sentence(path, error)) from error


def _sentence(path: Path, error: OSError) -> str:
    if error.errno in FULL:
        return (
            f"The disk is full while writing {path}: free some space and run the same command again; "
            "stages that were finished are kept."
        )
    if error.errno in FORBIDDEN:
        return f"{path} may not be written ({error.strerror}): choose a folder that you may write to."
    return f"{path} could not be written ({error.strerror or error}): choose another folder."


def write_whole(path: Path, fill: Callable[[Path], None], *, durable: bool = True) -> None:
    """Let `fill` write a temporary file, then give it its name in one step.

    Whoever reads `path` sees the old file or the new one, never a part; a failure leaves no temporary file.
    """
    temporary = path.with_name(f".{path.name}{TEMPORARY}")
    with saying_what_failed(path):
        try:
            fill(temporary)
            if durable:
                _flush(temporary)
            temporary.replace(path)
            if durable:
                _flush(path.parent)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Write a small text file whole."""
    write_whole(path, lambda temporary: temporary.write_text(text, "utf-8"), durable=durable)  # type: ignore[arg-type]


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write one Parquet table whole."""
    write_whole(path, partial(write_pieces, table))


def share_file(path: Path, other: Path) -> None:
    """Give a whole file of another run this run's name too; copied where the disk cannot link."""

    def link(temporary: Path) -> None:
        try:
            temporary.hardlink_to(other)
        except OSError:
            shutil.copyfile(other, temporary)

    write_whole(path, link)


def read_table(path: Path) -> pd.DataFrame:
    """Read one Parquet table; words of a closed list get their full list back, in order.

    Raises
    ------
    LstError
        The file is missing or is no Parquet table.
    """
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise LstError(f"{path} could not be read ({error}): the run is damaged, plan it again.") from error
    contract = CONTRACTS.get(path.stem)
    if contract is None:
        return frame
    words = {
        name: spec.dtype.type
        for name, spec in contract.to_schema().columns.items()
        if isinstance(spec.dtype.type, pd.CategoricalDtype) and name in frame
    }
    return frame.astype(words)


def sweep(folder: Path) -> None:
    """Remove temporary files that a killed writer left behind."""
    for stray in folder.rglob(f".*{TEMPORARY}"):
        with suppress(OSError):
            stray.unlink()
