"""What an import says: its finding, the first rows, the quality report. Pure; everything from the file is escaped."""

from collections.abc import Sequence
from html import escape

import pandas as pd

from lst_workbench.market import Imported
from lst_workbench.market.importing import Proposal
from lst_workbench.market.importing.notes import Note
from lst_workbench.market.importing.personal import without_personal
from lst_workbench.market.importing.quality import ALIKE, DOUBLED, EMPTY, FAR, NO_AREA, ODD_AREA, STALE
from lst_workbench.views.cards import head
from lst_workbench.views.formats import count, share
from lst_workbench.views.messages import text
from lst_workbench.views.tables import grid
from lst_workbench.views.words_import import REASONS_BOTH

FIRST_ROWS, SHOWN_COLUMNS, CELL_MOST, REASONS = 6, 9, 40, 8
QUALITY = {
    "name is missing": "quality.name_missing",
    NO_AREA: "quality.area_missing",
    ODD_AREA: "quality.area_impossible",
    "source_id is missing": "quality.id_missing",
    DOUBLED: "quality.id_doubled",
    ALIKE: "quality.alike",
    FAR: "quality.far",
    EMPTY: "quality.empty",
    STALE: "quality.stale",
}


def finding(proposal: Proposal | None, done: Imported | None, lang: str) -> str:
    """Say in one sentence how far the import is, and what comes next."""
    if done is not None:
        title = text("import.title.done", lang, n=count(len(done.market.stores), lang), read=count(done.read, lang))
        words = text("import.done", lang)
    elif proposal is not None:
        rows = len(proposal.raw.frame) + len(proposal.raw.broken)
        known = {"file": proposal.path.name, "n": count(rows, lang), "fields": str(len(proposal.mapping))}
        title, words = text("import.title.proposed", lang, **known), text("import.proposed", lang)
    else:
        title, words = text("import.title.empty", lang), text("import.empty", lang)
    return f'<div class="finding"><h1>{escape(title)}</h1><p>{escape(words)}</p></div>'


def first_rows(proposal: Proposal, lang: str) -> str:
    """Show the first rows, the columns that are understood first."""
    frame = proposal.raw.frame
    meant = {header: text(f"field.{field}", lang) for field, header in proposal.mapping.items()}
    headers = [*meant, *(name for name in map(str, frame.columns) if name not in meant)][:SHOWN_COLUMNS]
    columns = [(_clipped(f"{name} → {meant[name]}" if name in meant else name), "txt") for name in headers]
    first = frame.head(FIRST_ROWS).to_dict("records")
    rows = [[escape(_clipped(without_personal(_said(row[name])))) for name in headers] for row in first]
    table = grid(columns, rows, text("import.first_rows", lang))
    personal = ""
    if proposal.personal:
        said = text("import.personal", lang, columns=", ".join(proposal.personal))
        personal = f'<p class="note">{escape(said)}</p>'
    return head("import.first_rows", lang, text("import.first_rows.sub", lang)) + table + personal


def kpis(done: Imported, lang: str) -> str:
    """Count the rows read, imported and rejected, and the rivals that are modelled."""
    figures = {
        "read": done.read,
        "imported": len(done.market.stores),
        "rejected": len(done.rejected),
        "rivals": len(done.market.rivals),
    }
    cards = "".join(
        f'<div class="kpi"><div class="kpi-label"><span class="name">{escape(text(f"import.kpi.{name}", lang))}</span>'
        f'</div><div class="kpi-value">{escape(count(value, lang))}</div></div>'
        for name, value in figures.items()
    )
    return f'<div class="kpis n4">{cards}</div>'


def quality_table(done: Imported, lang: str) -> str:
    """Write the quality report: what is missing, impossible, doubled, old or stands alone."""
    columns = _headings(("finding", "rows", "share", "first"), lang)
    rows = [
        [escape(text(QUALITY[row.finding], lang)), count(row.rows, lang), share(row.share), escape(_clipped(row.first))]
        for row in done.quality.itertuples()
    ]
    return head("import.quality", lang) + grid(columns, rows, text("import.quality", lang))


def trust_table(done: Imported, lang: str) -> str:
    """Say how many of the rows can be trusted for which stage."""
    rows = [
        [escape(text(f"trust.{row.stage}", lang)), count(row.rows, lang), share(row.share)]
        for row in done.trust.itertuples()
    ]
    table = grid(_headings(("stage", "rows", "share"), lang), rows, text("import.trust", lang))
    return head("import.trust", lang, text("import.trust.sub", lang)) + table


def rejected_table(done: Imported, lang: str) -> str:
    """Count the rejected rows by reason."""
    reasons = done.rejected["reason"].value_counts().head(REASONS)
    if reasons.empty:
        return head("import.rejected", lang) + f'<p class="note">{escape(text("import.no_rejected", lang))}</p>'
    rows = [[escape(_reason(str(reason), lang)), count(int(n), lang)] for reason, n in reasons.items()]
    return head("import.rejected", lang) + grid(
        _headings(("reason", "rows"), lang), rows, text("import.rejected", lang)
    )


def notes(said: Sequence[str], lang: str) -> str:
    """List what was found out about the file."""
    items = "".join(f"<li>{escape(_in_words(note, lang))}</li>" for note in said)
    return head("import.notes", lang) + f'<ul class="notes">{items}</ul>'


def _in_words(said: str, lang: str) -> str:
    return text(f"note.{said.key}", lang, **said.figures) if isinstance(said, Note) else said


def _reason(said: str, lang: str) -> str:
    key = next((f"reason.{name}" for name, (english, _) in REASONS_BOTH.items() if english == said), "")
    return text(key, lang) if key else text("reason.fields", lang, reason=said)


def _headings(names: Sequence[str], lang: str) -> list[tuple[str, str]]:
    return [(text(f"import.col.{name}", lang), "txt" if name in ("first", "reason") else "") for name in names]


def _said(value: object) -> str:
    return "" if value is None or (not isinstance(value, str) and pd.isna(value)) else str(value)


def _clipped(value: object) -> str:
    said = _said(value)
    return said if len(said) <= CELL_MOST else said[: CELL_MOST - 1] + "…"
