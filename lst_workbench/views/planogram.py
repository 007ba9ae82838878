"""The shelf of a store drawn to scale: one SVG page (A4, landscape) with what to move first."""

import math
import unicodedata
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.views.formats import number, rmb
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour

WIDE, TALL = 297.0, 210.0  # A4, mm: units of the drawing are millimetres of paper
LEFT, TOP, SHELF_WIDE, SHELF_TALL = 12.0, 30.0, 187.0, 158.0
ASIDE = 212.0  # where the list of moves starts
MOST_MOVES = 9
LINE, SMALL, LEAST = 3.2, 2.6, 1.9  # sizes of letters, mm
FONTS = "Inter, 'Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


def planogram_svg(
    facings: pd.DataFrame,
    shelves: pd.DataFrame,
    items: pd.DataFrame,
    moves: pd.DataFrame | None = None,
    lang: str = "zh",
    title: str = "",
) -> str:
    """Draw one store's shelf as a printable page.

    Parameters
    ----------
    facings : DataFrame
        sku, level, facings of one store, as `allocate_facings` gives them.
    shelves : DataFrame
        level (1 is the lowest), shelf_cm.
    items : DataFrame
        sku, facing_cm[, name_zh, name_en, category]: items of a category stand together.
    moves : DataFrame, optional
        sku, from_level, to_level, from_facings, to_facings, gain_rmb_week, the most worth first.
    lang : str
        "zh" or "en".
    title : str
        Name of the store.

    Returns
    -------
    str
        A whole SVG file: no script, no request; every text of the tables is escaped.

    Raises
    ------
    InputError
        When an item has no width, or a level is not among the shelves or narrower than what stands on it.

    Examples
    --------
    >>> facings = pd.DataFrame({"sku": ["tea"], "level": [1], "facings": [3]})
    >>> shelves = pd.DataFrame({"level": [1], "shelf_cm": [90.0]})
    >>> items = pd.DataFrame({"sku": ["tea"], "facing_cm": [7.0], "name_zh": ["绿茶 500ml"]})
    >>> svg = planogram_svg(facings, shelves, items)
    >>> svg.count('class="facing"'), "绿茶" in svg
    (3, True)
    """
    stood = _stood(facings, shelves, items, lang)
    listed = _listed(moves, stood, items, lang)
    levels = shelves.sort_values("level", ascending=False)
    widest, step = float(levels["shelf_cm"].max()), min(SHELF_TALL / len(levels), 46.0)
    scale = SHELF_WIDE / widest
    drawn = [
        _level(row, stood[stood["level"] == row.level], TOP + at * step, step, scale, lang)
        for at, row in enumerate(levels.itertuples())
    ]
    total = 0 if moves is None else len(moves)
    said = escape(" · ".join(word for word in (text("shelf.title", lang), title) if word))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="planogram" viewBox="0 0 {WIDE:g} {TALL:g}" '
        f'width="{WIDE:g}mm" height="{TALL:g}mm" role="img" aria-label="{said}" font-family="{FONTS}" '
        f'fill="{colour("ink")}"><rect width="{WIDE:g}" height="{TALL:g}" fill="{colour("surface")}"/>'
        f'<text x="{LEFT}" y="19" font-size="6" font-weight="600">{said}</text>'
        f"{''.join(drawn)}{_ruler(scale, TOP + len(levels) * step + 5, lang)}{_moves(listed, total, lang)}"
        f'<text x="{LEFT}" y="{TALL - 7}" font-size="{SMALL}" fill="{colour("ink-3")}">'
        f"{escape(text('shelf.note', lang))}</text></svg>"
    )


def _stood(facings: pd.DataFrame, shelves: pd.DataFrame, items: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Every item with its place on its level: name, width, cm from the left end; faults are said at once."""
    rows = facings[["sku", "level", "facings"]].merge(items, on="sku", how="left")
    faults = [f"item {sku} has no width of a facing" for sku in rows.loc[~(rows["facing_cm"] > 0), "sku"]]
    faults += [f"level {level:g} is not among the shelves" for level in sorted({*rows["level"]} - {*shelves["level"]})]
    used = (rows["facings"] * rows["facing_cm"]).groupby(rows["level"]).sum()
    room = shelves.set_index("level")["shelf_cm"]
    faults += [
        f"level {level:g} holds {used[level]:g} cm of goods on {room[level]:g} cm of shelf"
        for level in used.index.intersection(room.index)
        if used[level] > room[level] + 1e-6
    ]
    if faults:
        raise InputError("the shelf of a store", faults)
    rows["name"] = [_name(row, lang) for row in rows.to_dict("records")]
    rows["wide_cm"] = rows["facings"] * rows["facing_cm"]
    together = [name for name in ("level", "category", "name", "sku") if name in rows]
    rows = rows.sort_values(together, ignore_index=True)
    return rows.assign(start_cm=rows.groupby("level")["wide_cm"].cumsum() - rows["wide_cm"], badge=0)


def _name(row: Mapping[Any, Any], lang: str) -> str:
    order = ("name_zh", "name_en") if lang == "zh" else ("name_en", "name_zh")
    given = [str(row[key]).strip() for key in order if pd.notna(row.get(key)) and str(row[key]).strip()]
    return given[0] if given else str(row["sku"])


def _listed(moves: pd.DataFrame | None, stood: pd.DataFrame, items: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Give numbers to the moves that are worth most, here and on the shelf."""
    if moves is None or moves.empty:
        return pd.DataFrame()
    first = moves.sort_values("gain_rmb_week", ascending=False, kind="stable").head(MOST_MOVES)
    first = first.assign(badge=np.arange(1, len(first) + 1))
    stood["badge"] = stood["sku"].map(first.set_index("sku")["badge"]).fillna(0).astype(int)
    named = first.merge(items, on="sku", how="left").to_dict("records")
    return first.assign(name=[_name(row, lang) for row in named])


def _level(level: Any, stood: pd.DataFrame, y: float, step: float, scale: float, lang: str) -> str:
    """Draw one level: the board, its name and room, its items."""
    used, wide = float(stood["wide_cm"].sum()), level.shelf_cm * scale
    board, goods = y + step - 2.0, step - 9.0
    name = text("shelf.level", lang, n=f"{level.level:g}")
    room = text("shelf.room", lang, used=number(used), n=number(level.shelf_cm))
    free = (
        f'<rect x="{LEFT + used * scale:.2f}" y="{board - goods:.2f}" width="{wide - used * scale:.2f}" '
        f'height="{goods:.2f}" fill="none" stroke="{colour("line-strong")}" stroke-width=".2" stroke-dasharray="1 1"/>'
        if wide - used * scale > 0.4
        else ""
    )
    blocks = "".join(_item(row, board - goods, goods, scale, lang) for row in stood.to_dict("records"))
    return (
        f'<text x="{LEFT}" y="{y + 4.6:.2f}" font-size="{SMALL}" font-weight="600">{escape(name)}</text>'
        f'<text x="{LEFT + wide:.2f}" y="{y + 4.6:.2f}" font-size="{SMALL}" text-anchor="end" '
        f'fill="{colour("ink-3")}">{escape(room)}</text>{free}{blocks}'
        f'<rect x="{LEFT}" y="{board:.2f}" width="{wide:.2f}" height="1.2" fill="{colour("ink-2")}"/>'
    )


def _item(item: Mapping[Any, Any], y: float, tall: float, scale: float, lang: str) -> str:
    """Draw an item's facings with one label over all of them, and its number when it moves."""
    x, each = LEFT + item["start_cm"] * scale, item["facing_cm"] * scale
    ground = colour("accent-soft") if item["badge"] else colour("surface")
    boxes = "".join(
        f'<rect class="facing" x="{x + at * each:.2f}" y="{y:.2f}" width="{each:.2f}" height="{tall:.2f}" '
        f'fill="{ground}" stroke="{colour("line-strong")}" stroke-width=".2"/>'
        for at in range(int(item["facings"]))
    )
    wide = each * item["facings"]
    frame = (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{wide:.2f}" height="{tall:.2f}" fill="none" '
        f'stroke="{colour("ink-2")}" stroke-width=".35"/>'
    )
    badge = _badge(item["badge"], x + min(wide / 2, 3.0), y + 3.0) if item["badge"] else ""
    label = _label(item["name"], x, y + (5.6 if badge else 1.0), wide, tall - (6.2 if badge else 2.0))
    times = text("shelf.facings", lang, n=str(int(item["facings"])))
    many = _text(times, x + wide / 2, y + tall - 1.4, SMALL) if item["facings"] > 1 and wide >= 9 else ""
    whole = f"{item['name']} {times}"
    return f"<g><title>{escape(whole)}</title>{boxes}{frame}{label}{many}{badge}</g>"


def _label(name: str, x: float, y: float, wide: float, tall: float) -> str:
    """Write a name into its block: across where a few signs fit beside each other, else upright along its height."""
    size = LINE if wide >= 14 else SMALL
    if wide >= 9:
        lines = _lines(name, (wide - 1.4) / size, int(tall / (size * 1.25)))
        return "".join(_text(line, x + wide / 2, y + size * (1.0 + 1.25 * at), size) for at, line in enumerate(lines))
    size = max(LEAST, min(SMALL, wide * 0.72))
    line = next(iter(_lines(name, (tall - 1.0) / size, 1)), "")
    middle = x + wide / 2 + size * 0.36
    turn = f' transform="rotate(-90 {middle:.2f} {y + tall / 2:.2f})"'
    return _text(line, middle, y + tall / 2, size, turn) if wide >= LEAST else ""


def _text(line: str, x: float, y: float, size: float, more: str = "") -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:.2f}" text-anchor="middle"{more}>{escape(line)}</text>'


def _ems(sign: str) -> float:
    """Width of a sign in sizes of its letters: Chinese signs are square."""
    return 1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.6


def _lines(name: str, ems: float, most: int) -> list[str]:
    """Break a name into lines of a width, at spaces where there are any near; what is cut off ends with an ellipsis.

    Examples
    --------
    >>> _lines("康师傅绿茶 500ml", 5.0, 2), _lines("康师傅绿茶 500ml", 4.0, 1)
    (['康师傅绿茶', '500ml'], ['康师傅…'])
    """
    lines: list[str] = []
    rest = " ".join(name.split())
    while rest and len(lines) < most and ems >= 1:
        ends = np.cumsum([_ems(sign) for sign in rest])
        fit = int(np.searchsorted(ends, ems + 1e-9, side="right"))
        if fit >= len(rest):
            return [*lines, rest]
        if len(lines) == most - 1:
            cut = int(np.searchsorted(ends, ems - 1.0 + 1e-9, side="right"))
            return [*lines, rest[:cut].rstrip() + "…"]
        cut = max(fit, 1)
        while cut > 1 and _is_word(rest[cut - 1 : cut + 1]):
            cut -= 1
        cut = cut if cut > 1 else max(fit, 1)
        space = rest.rfind(" ", 1, cut + 1)
        cut = space if space >= cut / 2 else cut
        lines.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return lines


def _is_word(two: str) -> bool:
    """Whether a break between two signs would cut a word or a figure, as between 5 and 0 of 500ml."""
    return len(two) == 2 and two.isascii() and two.isalnum()


def _badge(number_: int, x: float, y: float) -> str:
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="2.2" fill="{colour("accent")}"/>'
        f'<text x="{x:.2f}" y="{y + 0.95:.2f}" font-size="2.6" font-weight="600" text-anchor="middle" '
        f'fill="{colour("surface")}">{number_}</text>'
    )


def _ruler(scale: float, y: float, lang: str) -> str:
    """Draw a stretch of 50 cm in the scale of the shelves."""
    end = LEFT + 50 * scale
    return (
        f'<path d="M{LEFT} {y - 1:.2f}v2M{LEFT} {y:.2f}H{end:.2f}M{end:.2f} {y - 1:.2f}v2" stroke="{colour("ink-3")}" '
        f'stroke-width=".3"/><text x="{end + 2:.2f}" y="{y + 0.9:.2f}" font-size="{SMALL}" fill="{colour("ink-3")}">'
        f"{escape(text('shelf.scale', lang))}</text>"
    )


def _moves(listed: pd.DataFrame, all_moves: int, lang: str) -> str:
    """List what to move first beside the shelf."""
    head = (
        f'<text x="{ASIDE}" y="{TOP + 4.6}" font-size="4" font-weight="600">{escape(text("shelf.moves", lang))}</text>'
    )
    if listed.empty:
        lines = _lines(text("shelf.settled", lang), (WIDE - ASIDE - 12) / LINE, 3)
        said = "".join(_line(line, ASIDE, TOP + 12 + 4.5 * at) for at, line in enumerate(lines))
        return head + said
    parts = []
    for at, row in enumerate(listed.to_dict("records")):
        y = TOP + 13 + 16.0 * at
        name = next(iter(_lines(row["name"], (WIDE - ASIDE - 20) / LINE, 1)), "")
        gain = text("shelf.gain", lang, rmb=_signed(float(row["gain_rmb_week"]), lang))
        parts.append(
            f"{_badge(row['badge'], ASIDE + 2.2, y - 1)}{_line(name, ASIDE + 7, y, 'ink', 600)}"
            f"{_line(_change(row, lang), ASIDE + 7, y + 4.4)}{_line(gain, ASIDE + 7, y + 8.6, 'accent')}"
        )
    left = all_moves - len(listed)
    more = _line(text("shelf.more", lang, n=str(left)), ASIDE, TOP + 13 + 16.0 * len(listed)) if left else ""
    return head + "".join(parts) + more


def _line(said: str, x: float, y: float, shade: str = "ink-2", weight: int = 400) -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{LINE}" fill="{colour(shade)}" font-weight="{weight}">'
        f"{escape(said)}</text>"
    )


def _signed(value: float, lang: str) -> str:
    return f"+{rmb(value, lang)}" if value > 0 else rmb(value, lang)


def _change(move: Mapping[Any, Any], lang: str) -> str:
    """Say what changes: the level, the facings, or both; an item that is new only has where it goes."""
    old, new = move["from_level"], f"{move['to_level']:g}"
    if pd.isna(old):
        return f"{text('shelf.place', lang, new=new)}, {text('shelf.count.new', lang, new=str(move['to_facings']))}"
    said = []
    if not math.isclose(old, move["to_level"]):
        said.append(text("shelf.move", lang, old=f"{old:g}", new=new))
    if move["from_facings"] != move["to_facings"]:
        said.append(text("shelf.count", lang, old=str(move["from_facings"]), new=str(move["to_facings"])))
    return ", ".join(said)
