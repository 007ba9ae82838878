"""What an import has to say, in English, with a key and figures so that a page can say it in another language."""

from typing import Any

NOTES = {
    "text": "read as {encoding}, delimiter {delimiter}",
    "excel": "read as Excel, sheet {sheets}",
    "parquet": "read as Parquet",
    "layer": "read as a layer in {crs}",
    "table": "read from {database}, table {table}",
    "query": "read from {database} by a query",
    "geometry": "positions are those of column {name}",
    "left_out": "left out: {parts}",
    "titles": "{rows} lines above the header are left out",
    "quote": "a quote is opened and not closed: each line is read as a row, quotes as part of the text",
    "both": "column {name} holds both coordinates and is split",
    "datum": "positions are taken to be in {datum}",
    "swapped": "latitude and longitude were swapped in {rows} rows and are turned round",
    "missing": "{rows} rows: position is missing or cannot be read",
    "projected": "{rows} rows: position looks projected (metres)",
    "outside": "{rows} rows: position lies outside China",
    "not_covered": "{rows} rows: position lies in Hong Kong, Macao or Taiwan, which no market covers",
    "far": "{rows} rows: position lies outside China, or far from every place that is covered (over {km} km)",
    "named": "the headers speak of {datum}: give --datum {datum} if so",
    "shifted": "positions look shifted: around known places they lie off to one side as {datum}, even as {best}; give "
    "--datum {best} if so",
    "not_personal": "no personal column",
    "dropped": "dropped as personal: {columns}",
    "digested": "kept as HMAC digests only: {columns}",
    "modelled": "places, cells and people are modelled, warehouses and territories synthetic",
    "joined": "places, cells and people are modelled, participants, warehouses and territories synthetic",
    "rivals": "the list holds {listed} shops and the model {more} more: these compete for customers and are never "
    "planned (say that the list is whole to leave them out)",
}


class Note(str):
    """A sentence in English that knows its key in `NOTES` and its figures."""

    key: str
    figures: dict[str, str]


def note(key: str, **figures: Any) -> Note:
    """Say one thing; counts get their thousands apart.

    Examples
    --------
    >>> said = note("missing", rows=1200)
    >>> said, said.key
    ('1,200 rows: position is missing or cannot be read', 'missing')
    """
    plain = {name: f"{value:,}" if isinstance(value, int) else str(value) for name, value in figures.items()}
    said = Note(NOTES[key].format(**plain))
    said.key, said.figures = key, plain
    return said
