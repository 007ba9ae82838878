"""What a window of the map holds: cells as fine as can be seen, dots of all shops, single shops; read by pieces."""

from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.geo import cells_of, centres_of
from lst_workbench.runs import PlanResult, pieces, where
from lst_workbench.views import dots
from lst_workbench.views.maps import children_of, summed_cells

LARGE_CELLS = 150_000  # a plan with more is read by windows
WHOLE, PARENT = 5, 3  # H3 resolutions: of the nation in one piece, and of what is read at a time
WIDEST_DEG = 8.0  # wider windows show the whole
MOST_SHOPS = 400
DOT_COLUMNS = ["x", "y", "step"]
CELL_COLUMNS = [
    "h3_8", "place_id", "stores", "participants", "signups", "uncovered", "first_month", "potential_rmb_month",
]  # fmt: skip


class Atlas:
    """Maps of one run.

    Parameters
    ----------
    result : PlanResult
        A run; its large tables stay on disk.
    """

    def __init__(self, result: PlanResult) -> None:
        self._result = result
        self._whole: pd.DataFrame | None = None
        self.months = list(pd.to_datetime(result.tables["curve"]["month"]))

    def is_of(self, result: PlanResult) -> bool:
        """Whether these are the maps of that run."""
        return self._result is result

    @property
    def large(self) -> bool:
        """Whether cells are read by windows."""
        return self._result.rows("cells_plan") > LARGE_CELLS

    @property
    def has_dots(self) -> bool:
        """Whether the run holds the dots; those of older versions do not."""
        return "dots" in self._result.tables

    def cells(self, bounds: dots.Bounds | None = None) -> pd.DataFrame:
        """Cells of the plan: those in the window, or all of them, of a large plan joined to coarse ones."""
        if not self.large:
            return self._result.tables["cells_plan"]
        if bounds is None or max(bounds[1][0] - bounds[0][0], bounds[1][1] - bounds[0][1]) > WIDEST_DEG:
            if self._whole is None:
                found = pieces(self._result.tables, "cells_plan", CELL_COLUMNS)
                self._whole = summed_cells(pd.concat([summed_cells(piece, WHOLE) for piece in found]), WHOLE)
            return self._whole
        return self._cells_inside(bounds)

    def cell(self, cell: int, resolution: int) -> pd.DataFrame:
        """Cells of the plan inside one cell of the map."""
        return where(self._result.tables, "cells_plan", {"h3_8": children_of(cell, resolution)})

    def image(self, bounds: dots.Bounds, size: tuple[int, int]) -> str:
        """Paint all dots of the window."""
        window = dots.window_of(bounds)
        found = pieces(self._result.tables, "dots", DOT_COLUMNS, window)
        return dots.dots_image(found, bounds, size, len(self.months))

    def shops(self, bounds: dots.Bounds) -> pd.DataFrame:
        """Single shops of the window; none where there are more than can be told apart."""
        found, count = [], 0
        (x0, x1), (y0, y1) = dots.window_of(bounds).values()
        for piece in pieces(self._result.tables, "dots", [*DOT_COLUMNS, "store_id"], dots.window_of(bounds)):
            found.append(piece[piece["x"].between(x0, x1) & piece["y"].between(y0, y1)])
            count += len(found[-1])
            if count > MOST_SHOPS:
                return found[0].head(0)
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*DOT_COLUMNS, "store_id"])

    def _cells_inside(self, bounds: dots.Bounds) -> pd.DataFrame:
        (south, west), (north, east) = bounds
        room_lat, room_lon = 0.1 * (north - south), 0.1 * (east - west)
        lat, lon = np.meshgrid(_steps(south - room_lat, north + room_lat), _steps(west - room_lon, east + room_lon))
        parents = np.unique(cells_of(lat.ravel(), lon.ravel(), PARENT))
        found = pd.concat([self.cell(int(parent), PARENT) for parent in parents], ignore_index=True)
        lat, lon = centres_of(found["h3_8"])
        near_lat = (lat >= south - room_lat) & (lat <= north + room_lat)
        near = near_lat & (lon >= west - room_lon) & (lon <= east + room_lon)
        return found[near].reset_index(drop=True)


class Latest:
    """Do work in a thread, for the newest request only: those that came meanwhile are left out."""

    def __init__(self, work: Callable[..., None]) -> None:
        self._work, self._lock = work, Lock()
        self._asked: tuple[Any, ...] | None = None
        self._busy = False

    def ask(self, *what: Any) -> None:
        """Do it soon."""
        with self._lock:
            self._asked = what
            if self._busy:
                return
            self._busy = True
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                what, self._asked = self._asked, None
                if what is None:
                    self._busy = False
                    return
            self._work(*what)


def _steps(low: float, high: float) -> np.ndarray:
    """Points no further apart than cells of the resolution read at a time are wide."""
    return np.linspace(low, high, max(2, int(np.ceil((high - low) / 0.4)) + 1))
