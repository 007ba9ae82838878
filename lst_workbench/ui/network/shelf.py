"""Where the studies of networks lie, and how one is made while the page is in use."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lst_workbench.assumptions import load_scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import Market, read_market
from lst_workbench.planning import NetworkStudy, make_network_study, open_study, progress_of, submit
from lst_workbench.planning.network_overview import province_around
from lst_workbench.runs import Progress, read_run
from lst_workbench.runs.reuse import code_fingerprint

POLL_SECONDS = 0.5
MOST_HERE = 30_000  # stores of a market that is studied on the spot, in two or three seconds
AT_WORK = ("queued", "running")
FOLDER = "networks"  # beside the folder of runs: these runs are no plans


@dataclass(frozen=True)
class Place:
    """One study: its market, where it lies, and what is drawn where there is no market yet.

    Parameters
    ----------
    market_folder, folder : Path
        The market, and the run folder of its study.
    draw : str
        Source to draw the market from ("china-2017/Anhui"); empty for a market that is there.
    """

    market_folder: Path
    folder: Path
    draw: str = ""

    def read(self) -> NetworkStudy | None:
        """Read the study; None where it was not made yet, or not whole."""
        try:
            run = read_run(self.folder)
            return open_study(run, read_market(self.market_folder), load_scenario("base"))
        except LstError:
            return None

    def make(self, market: Market) -> NetworkStudy:
        """Make the study on the spot and keep it; where another process writes the same one, it is kept in memory."""
        scenario = load_scenario("base")
        try:
            run = make_network_study(market, scenario, self.folder)
        except LstError:
            run = make_network_study(market, scenario)
        return open_study(run, market, scenario)

    def start(self) -> None:
        """Have the study made in a process of its own, unless one is at work on it."""
        progress = progress_of(self.folder)
        if progress is None or progress.state not in AT_WORK:
            submit(self.market_folder, load_scenario("base"), self.folder, draw=self.draw or None, job="network")

    def follow(self, told: Callable[[Progress | None], None]) -> None:
        """Tell how far it is until it ends, in a thread."""

        def look() -> None:
            while (progress := progress_of(self.folder)) is not None and progress.state in AT_WORK:
                told(progress)
                time.sleep(POLL_SECONDS)
            told(progress)

        threading.Thread(target=look, daemon=True).start()


def places_of(market: Market, market_folder: Path, runs_folder: Path, around: bool = True) -> dict[str, Place]:
    """Studies that a page offers: of its market, and of the province around it where it is a part of one.

    Their folders name the market's content and the package's code: a study of others is made again.
    """
    shelf = runs_folder.resolve().parent / FOLDER
    code = code_fingerprint()[:8]
    own = f"{_plain(market.meta.name)}-{market.meta.fingerprint[:8]}-{code}"
    found = {"market": Place(market_folder, shelf / "studies" / own)}
    if around and (province := province_around(market)):
        drawn, source = f"{_plain(province)}-{market.meta.seed}-{code}", f"{market.meta.source}/{province}"
        found["province"] = Place(shelf / "markets" / drawn, shelf / "studies" / drawn, source)
    return found


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)
