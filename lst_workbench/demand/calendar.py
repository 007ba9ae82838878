"""Periods as whole numbers, their labels, and the season each belongs to, Spring Festival included."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.assumptions.festivals import SPRING_FESTIVALS
from lst_workbench.contracts import InputError

DAY = np.timedelta64(1, "D")
YEARS = (1980, 2100)  # dates outside are taken for errors: other calendars, empty cells read as 1900
WEEKDAYS = {name: i for i, name in enumerate(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"))}
MONTHS = {"MS": 1, "M": 1, "ME": 1, "QS": 3, "Q": 3, "QE": 3, "YS": 12, "Y": 12, "YE": 12}
CYCLE = {"D": 7, "W": 52, 1: 12, 3: 4, 12: 1}
DAYS_YEAR = 365
WEEK_SLOTS, MONTH_SLOTS = 53, 12
FESTIVAL_WEEKS = (-5, 3)  # first and last seven-day block around the festival; block 0 begins with its first day
EARLY_FESTIVAL = (2, 1)  # before 1 February the festival's trade falls in January


@dataclass(frozen=True)
class Calendar:
    """How periods are counted.

    Parameters
    ----------
    kind : {"int", "D", "W", "M"}
        Undated whole numbers, days, weeks, or months.
    months : int
        Months in a period, where `kind` is "M".
    offset_days : int
        Day of the week (Monday 0) that begins a week, or 1 where months are named by their last day.
    undated_cycle : int
        Numbers in a full season, where `kind` is "int"; 1 where there is none.
    """

    kind: str
    months: int = 1
    offset_days: int = 0
    undated_cycle: int = 1

    @classmethod
    def of(cls, freq: str) -> "Calendar":
        """Read a pandas frequency: D, W-MON … W-SUN, MS or ME, QS or QE, YS or YE.

        Examples
        --------
        >>> Calendar.of("W-SUN").offset_days, Calendar.of("QS").months
        (6, 3)
        """
        head, _, day = str(freq).upper().partition("-")
        if head == "D":
            return cls("D")
        if head == "W" and (day or "SUN") in WEEKDAYS:
            return cls("W", offset_days=WEEKDAYS[day or "SUN"])
        if head in MONTHS:
            return cls("M", MONTHS[head], int(head.endswith("E") or head in ("M", "Q", "Y")))
        raise InputError("freq", [f"{freq!r} is not known; give D, W-MON to W-SUN, MS, ME, QS, QE, YS or YE"])

    @property
    def cycle(self) -> int:
        """Periods in a full season; 1 where there is none."""
        of_months = CYCLE.get(self.months, 1)
        return {"int": self.undated_cycle, "D": CYCLE["D"], "W": CYCLE["W"], "M": of_months}[self.kind]

    @property
    def cycles(self) -> tuple[int, ...]:
        """Periods in each season there is: days have the week and the year."""
        return (self.cycle, DAYS_YEAR) if self.kind == "D" else (self.cycle,)

    def undated(self) -> "Calendar":
        """Count whole numbers instead: days keep their week, months and quarters their year.

        Examples
        --------
        >>> Calendar.of("D").undated().cycle, Calendar.of("MS").undated().cycle, Calendar.of("W-MON").undated().cycle
        (7, 12, 1)
        """
        return Calendar("int", undated_cycle=1 if self.kind == "W" else self.cycle)

    def ordinals(self, dates: np.ndarray) -> np.ndarray:
        """Count periods from 1970: the week or month that holds each date (datetime64)."""
        if self.kind == "M":
            return dates.astype("datetime64[M]").astype(np.int64) // self.months
        days = dates.astype("datetime64[D]").astype(np.int64)
        return days if self.kind == "D" else (days + 3 - self.offset_days) // 7  # 1970-01-01 was a Thursday

    def labels(self, ordinals: np.ndarray) -> pd.Index:
        """Name periods as the caller does: the number, or the date that stands for it."""
        return pd.Index(ordinals) if self.kind == "int" else pd.DatetimeIndex(self._first_days(ordinals))

    def _first_days(self, ordinals: np.ndarray) -> np.ndarray:
        if self.kind == "M":
            late = self.offset_days
            months = ((ordinals + late) * self.months).astype("datetime64[M]")
            return (months.astype("datetime64[D]") - late * DAY).astype("datetime64[s]")
        days = ordinals if self.kind == "D" else ordinals * 7 - 3 + self.offset_days
        return days.astype("datetime64[D]").astype("datetime64[s]")

    def seasons(self, ordinals: np.ndarray, *, festival: bool, cycle: int = 0) -> np.ndarray:
        """Weights (period, season) of each period's season; rows add up to 1.

        Weeks of the year (0 to 52), months, quarters or days of the week; days have weeks of the year too, where
        `cycle` is 365. With `festival`, seven-day blocks from five
        before to three after Spring Festival's first day are seasons of their own, shared by the weeks that overlap
        them; so are January and February of years with an early festival. The festival moves by up to four weeks and
        begins on any weekday, so that last year's week is the wrong one to look at.

        Examples
        --------
        >>> weeks = Calendar.of("W-MON")
        >>> first = weeks.ordinals(np.array(["2016-02-08", "2018-02-12"], "datetime64[D]"))  # festival: 8th; 16th
        >>> weeks.seasons(first, festival=True)[:, 57:59].round(2).tolist()
        [[0.0, 1.0], [0.57, 0.43]]
        """
        if self.kind == "int":
            return np.eye(self.undated_cycle)[ordinals % self.undated_cycle]
        if self.kind == "D" and cycle != DAYS_YEAR:
            return np.eye(7)[(ordinals + 3) % 7]
        days = self._first_days(ordinals).astype("datetime64[D]")
        if self.kind in ("D", "W"):
            plain = np.eye(WEEK_SLOTS)[(days - days.astype("datetime64[Y]")).astype(np.int64) // 7]
            return _around_festival(days, plain, whole_weeks=self.kind == "W") if festival else plain
        count = max(MONTH_SLOTS // self.months, 1)
        season = ordinals % count
        if not festival:
            return np.eye(count)[season]
        early = np.isin(days.astype("datetime64[Y]"), _years_of_early_festivals()) & (season < 2)
        return np.eye(count + 2)[np.where(early, count + season, season)]

    def has_festival(self, cycle: int) -> bool:
        """Whether Spring Festival can be told apart in a season of so many periods."""
        return self.kind == "W" or (self.kind == "M" and self.months == 1) or cycle == DAYS_YEAR


def _around_festival(days: np.ndarray, plain: np.ndarray, *, whole_weeks: bool) -> np.ndarray:
    """Give the share of each week, or day, that lies in each block around the festival; the rest keeps its season."""
    first, last = FESTIVAL_WEEKS
    away = (days[:, None] - SPRING_FESTIVALS).astype(np.int64)
    nearest = away[np.arange(len(days)), np.abs(away).argmin(1)]
    blocks = np.zeros((len(days), last - first + 1))
    later = nearest % 7 / 7 if whole_weeks else np.zeros(len(days))
    for shift, share in ((0, 1 - later), (1, later)):
        block = nearest // 7 + shift - first
        inside = (block >= 0) & (block < blocks.shape[1])
        blocks[inside, block[inside]] += share[inside]
    return np.column_stack([plain * (1 - blocks.sum(1, keepdims=True)), blocks])


def _years_of_early_festivals() -> np.ndarray:
    years = SPRING_FESTIVALS.astype("datetime64[Y]")
    month, day = EARLY_FESTIVAL
    border = years.astype("datetime64[M]") + np.timedelta64(month - 1, "M")
    return years[border.astype("datetime64[D]") + (day - 1) * DAY > SPRING_FESTIVALS]
