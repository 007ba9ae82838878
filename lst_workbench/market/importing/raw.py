"""A table as it was read, before anything in it means anything; and where its header stands."""

import re
from dataclasses import dataclass

import pandas as pd

from lst_workbench.market.importing.headers import plain_header
from lst_workbench.market.importing.mapping import propose_mapping
from lst_workbench.market.importing.notes import note
from lst_workbench.market.importing.personal import PERSONAL

TITLE_ROWS_MOST = 30  # rows above a header, at most
KNOWN_FIELDS = 2  # that a row must make known to be taken for a header below others
GROUP = re.compile(r"[^\s\d:：]{1,8}")  # a heading that stands over several columns; a title says more


@dataclass(frozen=True)
class RawTable:
    """A table as it was read: text or numbers, no meaning yet.

    Attributes
    ----------
    frame : DataFrame
        One column per distinct header.
    broken : list of str
        One reason per row that did not fit the header.
    notes : list of str
        What was found out about the file: encoding, delimiter, sheet, projection.
    """

    frame: pd.DataFrame
    broken: list[str]
    notes: list[str]


@dataclass(frozen=True)
class Header:
    """Names of the columns, how many of them are known, rows above them, and rows that they take (two where merged)."""

    names: list[str]
    known: int = 0
    above: int = 0
    rows: int = 1

    def notes(self) -> list[str]:
        """Say what stands above."""
        return [note("titles", rows=self.above)] if self.above else []


def distinct(names: list[str]) -> list[str]:
    """Headers without blanks; a repeated one gets its number, an empty one its position."""
    seen: dict[str, int] = {}
    distinct = []
    for position, name in enumerate(names, start=1):
        plain = " ".join(str(name).split())[:80] or f"column {position}"
        while (count := seen.get(plain, 0)) and plain in seen:
            seen[plain] = count + 1
            plain = f"{plain} ({count + 1})"
        seen[plain] = 1
        distinct.append(plain)
    return distinct


def header_of(rows: list[list[str]]) -> Header:
    """Find the header among the first rows: the one that makes most known; rows above it have fewer filled cells.

    Examples
    --------
    >>> header_of([["门店清单", "", ""], ["店名", "经度", "纬度"], ["张记", "118.3", "29.7"]])
    Header(names=['店名', '经度', '纬度'], known=3, above=1, rows=1)
    >>> header_of([["店名", "坐标", ""], ["", "经度", "纬度"]])
    Header(names=['店名', '经度', '纬度'], known=3, above=0, rows=2)
    """
    first = distinct(rows[0]) if rows else []
    best, most = Header(first, len(propose_mapping(first)) if first else 0), 0
    for number, row in enumerate(rows):
        filled = sum(bool(cell.strip()) for cell in row)
        if filled > most:
            for found in _headers_at(rows, number):
                best = found if found.known > best.known else best
        most = max(most, filled)
    return best if best.known >= KNOWN_FIELDS else Header(first, best.known)


def _headers_at(rows: list[list[str]], number: int) -> list[Header]:
    """Take a row for the header, alone, and together with the next one, which fills in what merged cells leave open."""
    row = rows[number]
    alone = _header(_grouped(row, rows[number - 1] if number else []), number, 1)
    below = rows[number + 1] if number + 1 < len(rows) else []
    if len(below) != len(row) or all(cell.strip() for cell in below):
        return [alone]
    lower = _grouped(below, row)
    both = _header([low if low.strip() else high for high, low in zip(row, lower, strict=True)], number, 2)
    return [alone, both] if both.known > _header(lower, number, 1).known else [alone]


def _header(names: list[str], above: int, rows: int) -> Header:
    names = distinct(names)
    return Header(names, len(propose_mapping(names)), above, rows)


def _grouped(row: list[str], above: list[str]) -> list[str]:
    """Give cells below a heading of persons (负责人 over 名称 and 电话) that heading too: they stay personal."""
    group, named = "", []
    for column, cell in enumerate(row):
        group = (above[column].strip() if column < len(above) else "") or group
        personal = cell.strip() and GROUP.fullmatch(group) and PERSONAL.search(plain_header(group))
        named.append(f"{group} {cell}" if personal and group != cell.strip() else cell)
    return named
