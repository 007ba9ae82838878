"""A plain table of sales brought to a panel: a row a series, a column a period, empty where nothing is known."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.demand.calendar import YEARS, Calendar
from lst_workbench.demand.wording import out_of_stock, plain_periods

HISTORY = {"int": 520, "D": 1100, "W": 520, "M": 240}  # periods that a forecast looks back at most
HOLE = {"int": 104, "D": 730, "W": 104, "M": 24}  # nobody sold anything for so long: a stray date
MOST = 1_000_000_000_000  # of a quantity; more is an error of units
FACTS = ["series_id", "reason", "rows", "served"]


@dataclass(frozen=True)
class Panel:
    """Sales of many series on one calendar.

    Attributes
    ----------
    ids : Index
        Series, in order of their first row.
    quantity : ndarray of float32, (series, periods)
        Units of the table; nan where unknown: no row, out of stock, or a row that cannot be read.
    promoted : ndarray of bool or None
        Price well below the series' median.
    last : int
        Ordinal of the last period.
    pool : ndarray of int
        Which seasonal pool the series belongs to.
    facts : DataFrame
        What was left out or mended: series_id, reason, rows, served.
    """

    ids: pd.Index
    quantity: np.ndarray
    promoted: np.ndarray | None
    calendar: Calendar
    last: int
    pool: np.ndarray
    facts: pd.DataFrame

    @property
    def ordinals(self) -> np.ndarray:
        """Ordinals of the columns."""
        return np.arange(self.last - self.quantity.shape[1] + 1, self.last + 1)

    def until(self, periods_back: int) -> "Panel":
        """Forget the last periods."""
        keep = self.quantity.shape[1] - periods_back
        promoted = None if self.promoted is None else self.promoted[:, :keep]
        return replace(self, quantity=self.quantity[:, :keep], promoted=promoted, last=self.last - periods_back)

    def only(self, rows: np.ndarray) -> "Panel":
        """Keep some series."""
        promoted = None if self.promoted is None else self.promoted[rows]
        return replace(self, ids=self.ids[rows], quantity=self.quantity[rows], promoted=promoted, pool=self.pool[rows])


def panel_of(sales: pd.DataFrame, freq: str, promotion_price: float) -> Panel:
    """Read the table; rows and series that cannot be used are listed in `facts`, the others served.

    A row of a date stands for the period that holds it; several dates of one period are added up. A period without a
    row after the first one of a series is unknown when the table holds zeros; a table without any zero is taken for a
    list of what was sold, and a period without a row for one without sales.
    """
    _check_columns(sales)
    when, values = pd.factorize(sales["period"])  # all work on dates is done once a date
    calendar, ordinal, readable = _periods(pd.Series(values), freq)
    quantity = pd.to_numeric(sales["quantity"], errors="coerce").to_numpy(np.float32, na_value=np.nan)
    reasons = {
        "series_id is empty": sales["series_id"].isna().to_numpy(),
        "the period cannot be read, or lies outside the years 1980 to 2100": ~np.append(readable, False)[when],
        "the quantity is empty or not a number": ~np.isfinite(quantity),
        "the quantity is negative": quantity < 0,
        f"the quantity is above {MOST:,}": quantity > MOST,
    }
    good, facts = np.ones(len(sales), bool), []
    for reason, broken in reasons.items():
        if (broken & good).any():
            facts.append(_counted(sales["series_id"][broken & good], reason))
            good &= ~broken
    stray, old = _strays(ordinal, np.bincount(when[good], minlength=len(values)), calendar.kind)
    if stray.any():
        strays = good & np.append(stray, False)[when]
        facts.append(_counted(sales["series_id"][strays], "the period lies far from all others"))
    if (stray | old).any():
        good &= ~np.append(stray | old, True)[when]
    if not good.any():
        raise InputError("sales", [*(f["reason"].iloc[0] for f in facts), "no row can be used"])
    rows = sales if good.all() else sales[good]
    panel = _filled(rows, when[good], ordinal, quantity[good], calendar, promotion_price)
    told = pd.concat([*facts, panel.facts], ignore_index=True)
    told["served"] = told["series_id"].isin(panel.ids)
    return replace(panel, facts=told[FACTS])


def _check_columns(sales: pd.DataFrame) -> None:
    if not isinstance(sales, pd.DataFrame):
        raise InputError("sales", [f"give a table (DataFrame), not a {type(sales).__name__}"])
    has = ", ".join(map(str, sales.columns[:12])) or "no columns"
    missing = [name for name in ("series_id", "period", "quantity") if name not in sales]
    faults = [f"column {', '.join(missing)} is missing; it has {has}"] if missing else []
    if doubled := list(map(str, sales.columns[sales.columns.duplicated()].unique())):
        faults.append(f"column {', '.join(doubled)} stands in it more than once")
    if faults:
        raise InputError("sales", faults)


def _filled(
    rows: pd.DataFrame,
    when: np.ndarray,
    ordinal: np.ndarray,
    quantity: np.ndarray,
    calendar: Calendar,
    promotion_price: float,
) -> Panel:
    """Put each row in its place; what stands in one place is added up."""
    codes, ids = _codes(rows["series_id"])
    seen = ordinal[np.bincount(when, minlength=len(ordinal)) > 0]
    first, width = int(seen.min()), int(seen.max() - seen.min()) + 1
    cell = codes * width + (ordinal - first)[when]
    in_order, facts = bool((cell[1:] > cell[:-1]).all()), []
    if not in_order:
        doubled = pd.Series(codes * len(ordinal) + when).duplicated(keep="last").to_numpy()
        if doubled.any():
            facts.append(_counted(rows["series_id"][doubled], "a period stands in more than one row: last one kept"))
            rows, cell, quantity = rows[~doubled], cell[~doubled], quantity[~doubled]
    grid = np.full(len(ids) * width, np.nan, np.float32)
    if in_order:
        grid[cell] = quantity
    else:
        sums, counts = np.bincount(cell, quantity, grid.size), np.bincount(cell, minlength=grid.size)
        grid[counts > 0] = sums[counts > 0]
    if not (quantity == 0).any():
        _sell_nothing_without_row(grid.reshape(-1, width))
    if "in_stock" in rows:
        out, unclear = out_of_stock(rows["in_stock"])
        grid[cell[out]] = np.nan  # what was asked for while out of stock is not known
        if unclear.any():
            facts.append(_counted(rows["series_id"][unclear], "in_stock is neither yes nor no: taken for yes"))
    promoted = None
    if "price" in rows:
        price = pd.to_numeric(rows["price"], errors="coerce").astype(np.float64)
        usual = price.groupby(cell // width).transform("median")
        promoted = np.zeros((len(ids), width), bool)
        promoted.reshape(-1)[cell[(price < promotion_price * usual).to_numpy()]] = True
    pool = np.zeros(len(ids), np.int64)
    if "pool" in rows:
        pool[(cell // width)[::-1]] = pd.factorize(rows["pool"], use_na_sentinel=False)[0][::-1]
    told = pd.concat(facts) if facts else pd.DataFrame(columns=FACTS)
    return Panel(ids, grid.reshape(-1, width), promoted, calendar, first + width - 1, pool, told)


def _sell_nothing_without_row(grid: np.ndarray) -> None:
    """From its first row on, a series sold nothing where it has no row; done in pieces to spare memory."""
    for first in range(0, len(grid), 50_000):
        piece = grid[first : first + 50_000]
        begun = np.maximum.accumulate(~np.isnan(piece), axis=1)
        piece[begun & np.isnan(piece)] = 0.0


def _periods(values: pd.Series, freq: str) -> tuple[Calendar, np.ndarray, np.ndarray]:
    """Calendar, the ordinals of values that occur, and which of them can be read."""
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.start_time
    calendar = Calendar.of(freq)
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = plain_periods(values, calendar.kind)
    if pd.api.types.is_numeric_dtype(values.dtype):
        number = values.to_numpy(np.float64, na_value=np.nan)
        known = np.isfinite(number) & (number % 1 == 0) & (np.abs(number) < MOST)
        return Calendar("int"), np.where(known, number, 0).astype(np.int64), known
    if getattr(values.dt, "tz", None) is not None:
        values = values.dt.tz_localize(None)
    dates = values.to_numpy().astype("datetime64[s]")
    borders = np.array([f"{year}-01-01" for year in YEARS], dates.dtype)
    known = ~np.isnat(dates) & (dates >= borders[0]) & (dates < borders[1])
    calendar = _like(calendar, dates[known])
    return calendar, calendar.ordinals(np.where(known, dates, borders[0])), known


def _like(calendar: Calendar, dates: np.ndarray) -> Calendar:
    """Keep the caller's own weekday, or day of the month; refuse a frequency that the dates contradict."""
    days = pd.unique(dates.astype("datetime64[D]"))
    days.sort()
    if len(days) < 2:
        return calendar
    steps = np.diff(days).astype(np.int64)
    if calendar.kind == "W":
        if steps.min() >= 27 and len(days) > 3:
            raise InputError("sales", [f"periods are {np.median(steps):.0f} days apart, not weekly; give freq='MS'"])
        weekdays = np.unique((days.astype(np.int64) + 3) % 7)
        return replace(calendar, offset_days=int(weekdays[0])) if len(weekdays) == 1 else calendar
    if calendar.kind == "M":
        first = days.astype("datetime64[M]").astype("datetime64[D]")
        last = (days.astype("datetime64[M]") + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        if (days == last).all():
            return replace(calendar, offset_days=1)
        return replace(calendar, offset_days=0) if (days == first).all() else calendar
    return calendar


def _strays(ordinal: np.ndarray, rows: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Find dates cut off from the others by a long hole, and dates too old to matter."""
    seen, where = np.unique(ordinal[rows > 0], return_inverse=True)
    if len(seen) == 0:
        return np.zeros(len(ordinal), bool), np.zeros(len(ordinal), bool)
    block = np.cumsum(np.diff(seen, prepend=seen[0]) > HOLE[kind])
    main = seen[block == np.bincount(block, np.bincount(where, rows[rows > 0])).argmax()]
    stray = (rows > 0) & ((ordinal < main[0]) | (ordinal > main[-1]))
    return stray, ordinal <= main[-1] - HISTORY[kind]


def _codes(ids: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Give each series a number; quick where each series' rows stand together."""
    values = ids.array
    starts = np.flatnonzero(np.append(True, np.asarray(values[1:] != values[:-1], bool)))
    heads = pd.Index(values[starts])
    if heads.is_unique:
        runs = np.diff(np.append(starts, len(ids)))
        return np.repeat(np.arange(len(starts)), runs), heads
    codes, names = pd.factorize(ids)
    return codes.astype(np.int64), pd.Index(names)


def _counted(ids: pd.Series, reason: str) -> pd.DataFrame:
    counts = ids.value_counts(dropna=False, sort=False)
    return pd.DataFrame({"series_id": counts.index, "reason": reason, "rows": counts.to_numpy(), "served": True})
