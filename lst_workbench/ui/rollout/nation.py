"""The nation beside the sample: drawn and planned in a process of its own while the sample's page is in use."""

import os
import threading
import time
from pathlib import Path

from traitlets import HasTraits, Instance

from lst_workbench.runs import Progress, read_progress

NATION_VARIABLE = "LST_NATION"
ASKED = "market=nation"  # what the page's address says when the nation is wanted
MARKET, RUNS = "market", "runs"
POLL_SECONDS = 2.0
AT_WORK = ("queued", "running")


class NationWatch(HasTraits):
    """How far the nation's first plan is.

    Parameters
    ----------
    folder : Path or None
        Folder with the nation's market and runs; None where none was asked for.
    shown : bool
        Whether the page shows the nation.
    """

    progress = Instance(Progress, allow_none=True)

    def __init__(self, folder: Path | None, shown: bool = False) -> None:
        super().__init__()
        self.folder, self.shown = folder, shown
        self.look()
        if self.progress is not None and self.progress.state in AT_WORK:
            threading.Thread(target=self._follow, daemon=True).start()

    def look(self) -> None:
        """Read how far the newest run of the nation is."""
        runs = sorted((self.folder / RUNS).glob("[!.]*/")) if self.folder else []
        found = read_progress(runs[0]) if runs else None
        self.progress = found.as_seen_now() if found is not None else None

    def _follow(self) -> None:
        while self.progress is not None and self.progress.state in AT_WORK:
            time.sleep(POLL_SECONDS)
            self.look()


def open_watch() -> NationWatch:
    """Open the watch on the folder that the environment names (LST_NATION)."""
    folder = nation_folder()
    return NationWatch(folder, nation_asked())


def nation_folder() -> Path | None:
    """Folder of the nation, where the environment names one."""
    named = os.environ.get(NATION_VARIABLE)
    return Path(named) if named else None


def nation_asked() -> bool:
    """Whether this page was opened on the nation."""
    return nation_folder() is not None and ASKED in os.environ.get("QUERY_STRING", "").split("&")
