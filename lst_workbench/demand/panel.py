"""A plain table of sales brought to a panel: a row a series, a column a period, empty where nothing is known."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.demand._kernels import fill_in_order, heads
from lst_workbench.demand.calendar import YEARS, Calendar
from lst_workbench.demand.wording import out_of_stock, plain_periods

HISTORY = {"int": 520, "D": 1100, "W": 520, "M": 240}  # periods that a forecast looks back at most
HOLE = {"int": 104, "D": 730, "W": 104, "M": 24}  # nobody sold anything for so long: a stray date
MOST = 1_000_000_000_000  # of a quantity; more is an error of units
HOLED = 0.01  # of the series: from so many on, a period without a row is one without a sale
ENDED = 0.2  # of the series end early, and none has holes or zeros: each is forecast from its own end
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
    shift : ndarray of int or None
        Periods by which a series was moved so that its own last period stands in the last column.
    """

    ids: pd.Index
    quantity: np.ndarray
    promoted: np.ndarray | None
    calendar: Calendar
    last: int
    pool: np.ndarray
    facts: pd.DataFrame
    shift: np.ndarray | None = None

    @property
    def own_ends(self) -> bool:
        """Whether series end at different times, and each has its own next period."""
        return self.shift is not None

    def ahead(self, horizon: int) -> pd.Index:
        """Label the next periods of each series, one series after another."""
        steps = np.arange(1, horizon + 1)
        if self.shift is None:
            return self.calendar.labels(self.last + steps)[np.tile(steps - 1, len(self.ids))]
        return self.calendar.labels((self.last - self.shift[:, None] + steps).reshape(-1))

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
        promoted, shift = (None if part is None else part[rows] for part in (self.promoted, self.shift))
        rest = {"ids": self.ids[rows], "quantity": self.quantity[rows], "pool": self.pool[rows]}
        return replace(self, promoted=promoted, shift=shift, **rest)


def panel_of(sales: pd.DataFrame, freq: str, promotion_price: float) -> Panel:
    """Read the table; rows and series that cannot be used are listed in `facts`, the others served.

    A row of a date stands for the period that holds it; several dates of one period are added up. A period without a
    row after the first one of a series is unknown when the table holds zeros; a table without any zero is taken for a
    list of what was sold, and a period without a row for one without sales. Only where series end at different times
    without any zero or hole, as in a collection of series from many sources, does each have its own next period.
    """
    _check_columns(sales)
    when, values = pd.factorize(sales["period"])  # all work on dates is done once a date
    calendar, ordinal, readable = _periods(pd.Series(values), freq)
    quantity = pd.to_numeric(sales["quantity"], errors="coerce").to_numpy(np.float32, na_value=np.nan)
    good, facts = _usable(sales["series_id"], when, readable, quantity)
    counts = np.bincount(when if good.all() else when[good], minlength=len(values))
    stray, old = _strays(ordinal, counts, calendar.kind)
    if stray.any():
        strays = good & np.append(stray, False)[when]
        facts.append(_counted(sales["series_id"][strays], "the period lies far from all others"))
    if (stray | old).any():
        good &= ~np.append(stray | old, True)[when]
    if not good.any():
        raise InputError("sales", [*(f["reason"].iloc[0] for f in facts), "no row can be used"])
    if not good.all():
        sales, when, quantity = sales[good], when[good], quantity[good]
    panel = _filled(sales, when, ordinal, quantity, calendar, promotion_price)
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


def _usable(
    ids: pd.Series, when: np.ndarray, readable: np.ndarray, quantity: np.ndarray
) -> tuple[np.ndarray, list[pd.DataFrame]]:
    """Say which rows can be read, and why the others cannot."""
    known = not ids.hasnans and when.min(initial=0) >= 0 and readable.all()
    if known and quantity.min(initial=0) >= 0 and quantity.max(initial=0) <= MOST:  # nan is neither
        return np.ones(len(ids), bool), []
    reasons = {
        "series_id is empty": ids.isna().to_numpy(),
        "the period cannot be read, or lies outside the years 1980 to 2100": ~np.append(readable, False)[when],
        "the quantity is empty or not a number": ~np.isfinite(quantity),
        "the quantity is negative": quantity < 0,
        f"the quantity is above {MOST:,}": quantity > MOST,
    }
    good, facts = np.ones(len(ids), bool), []
    for reason, broken in reasons.items():
        if (broken & good).any():
            facts.append(_counted(ids[broken & good], reason))
            good &= ~broken
    return good, facts


def _filled(
    rows: pd.DataFrame,
    when: np.ndarray,
    ordinal: np.ndarray,
    quantity: np.ndarray,
    calendar: Calendar,
    promotion_price: float,
) -> Panel:
    """Put each row in its place; what stands in one place is added up."""
    seen = ordinal[np.bincount(when, minlength=len(ordinal)) > 0]
    first, width = int(seen.min()), int(seen.max() - seen.min()) + 1
    ids, head = _together(rows["series_id"])
    grid, facts = np.empty((len(ids), width), np.float32), []
    in_order = head is not None and fill_in_order(head, when, ordinal - first, quantity, grid)
    if not in_order or {"in_stock", "price", "pool"} & set(rows):
        codes = _codes(rows["series_id"], head)
        cell = codes * width + (ordinal - first)[when]
    if not in_order:
        doubled = pd.Series(codes * len(ordinal) + when).duplicated(keep="last").to_numpy()
        if doubled.any():
            facts.append(_counted(rows["series_id"][doubled], "a period stands in more than one row: last one kept"))
            rows, cell, quantity = rows[~doubled], cell[~doubled], quantity[~doubled]
        sums, counts = np.bincount(cell, quantity, grid.size), np.bincount(cell, minlength=grid.size)
        grid[:] = np.where(counts > 0, sums, np.nan).reshape(grid.shape)
    own_ends = False
    if not (quantity == 0).any():
        own_ends = _holed(grid) < HOLED and np.isnan(grid[:, -1]).mean() > ENDED
        if not own_ends:
            _sell_nothing_without_row(grid)
    if "in_stock" in rows:
        out, unclear = out_of_stock(rows["in_stock"])
        grid.reshape(-1)[cell[out]] = np.nan  # what was asked for while out of stock is not known
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
    panel = Panel(ids, grid, promoted, calendar, first + width - 1, pool, told)
    return _each_to_its_end(panel) if own_ends else panel


def _holed(grid: np.ndarray) -> float:
    """Share of series with an unknown period between their first and their last one."""
    known = ~np.isnan(grid)
    last = grid.shape[1] - known[:, ::-1].argmax(1)
    return float((known.sum(1) < last - known.argmax(1)).mean())


def _each_to_its_end(panel: Panel) -> Panel:
    """Move each series so that its last known period stands in the last column."""
    width = panel.quantity.shape[1]
    shift = (~np.isnan(panel.quantity))[:, ::-1].argmax(1)
    column = np.arange(width) - shift[:, None]
    own = np.take_along_axis(panel.quantity, np.maximum(column, 0), axis=1)
    promoted = panel.promoted
    if promoted is not None:
        promoted = np.take_along_axis(promoted, np.maximum(column, 0), axis=1) & (column >= 0)
    quantity = np.where(column < 0, np.float32(np.nan), own)
    return replace(panel, quantity=quantity, promoted=promoted, shift=shift)


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
        return calendar.undated(), np.where(known, number, 0).astype(np.int64), known
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


def _together(ids: pd.Series) -> tuple[pd.Index, np.ndarray | None]:
    """Give the series, and the first row of each where all of its rows stand together."""
    values = ids.array
    plain = isinstance(ids.dtype, np.dtype) and ids.dtype.kind in "iuf"
    changed = None if plain else np.append(True, np.asarray(values[1:] != values[:-1], bool))
    head = heads(ids.to_numpy()) if changed is None else np.flatnonzero(changed)
    found = pd.Index(values[head])
    return (found, head) if found.is_unique else (pd.Index(pd.unique(values)), None)


def _codes(ids: pd.Series, head: np.ndarray | None) -> np.ndarray:
    """Give each series a number, in order of their first rows."""
    if head is None:
        return pd.factorize(ids)[0].astype(np.int64)
    return np.repeat(np.arange(len(head)), np.diff(np.append(head, len(ids))))


def _counted(ids: pd.Series, reason: str) -> pd.DataFrame:
    counts = ids.value_counts(dropna=False, sort=False)
    return pd.DataFrame({"series_id": counts.index, "reason": reason, "rows": counts.to_numpy(), "served": True})
