"""Read events from lines of JSON; what cannot be read is listed with a sentence that names store and item."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd

KINDS = ("sale", "count", "delivery", "price", "listed", "delisted", "accept", "reject")
AMOUNTS = {"sale": "units", "count": "units", "delivery": "units", "price": "price_rmb"}
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Events:
    """Sound events as arrays; `texts` are ids of cards that were answered, `cut` the number of lines read."""

    kind: np.ndarray
    store: np.ndarray
    item: np.ndarray
    at: np.ndarray
    ident: np.ndarray
    amount: np.ndarray
    until: np.ndarray
    ids: list[str]
    cards: list[str]


def milliseconds(value: object) -> int:
    """Time of a word (ISO 8601; Chinese time when it names no zone) or of a number (seconds since 1970).

    Examples
    --------
    >>> milliseconds("1970-01-01T08:00:01") == milliseconds("1970-01-01T00:00:01Z") == milliseconds(1)
    True
    """
    if isinstance(value, bool):
        raise ValueError(value)
    if isinstance(value, int | float):
        return round(value * 1000)
    when = datetime.fromisoformat(str(value))
    return round((when if when.tzinfo else when.replace(tzinfo=CHINA)).timestamp() * 1000)


def time_text(at: int) -> str:
    """Write a time in Chinese time, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(CHINA).isoformat(timespec="seconds")


def read_events(
    lines: Sequence[str], stores: dict[Any, int], items: dict[Any, int]
) -> tuple[Events, list[dict[str, Any]]]:
    """Read lines of JSON into sound events and refused ones.

    A clock of the shop (``sent_at``) that disagrees with that of the gateway (``received_at``) is set right by their
    difference, wherever both are given.
    """
    columns: list[list[Any]] = [[] for _ in range(6)]
    ids: list[str] = []
    cards: list[str] = []
    refused: list[dict[str, Any]] = []
    for line in lines:
        event: Any = None
        try:
            event = json.loads(line)
            row = _row(event, stores, items)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as fault:
            refused.append(refusal(event, _said(event, fault)))
            continue
        for column, value in zip(columns, row, strict=True):
            column.append(value)
        ids.append(str(event["event_id"]))
        cards.append(str(event.get("card_id", "")))
    kind, store, item, at, amount, until = columns
    ident = pd.util.hash_array(np.array(ids, dtype=object), categorize=False).view(np.int64) if ids else []
    events = Events(
        np.array(kind, np.int64), np.array(store, np.int64), np.array(item, np.int64), np.array(at, np.int64),
        np.where((known := np.array(ident, np.int64)) == 0, 1, known), np.array(amount, float),
        np.array(until, np.int64), ids, cards,
    )  # fmt: skip
    return events, refused


def refusal(event: Any, reason: str) -> dict[str, Any]:
    """One refused event, with what is known of it."""
    known = event if isinstance(event, dict) else {}
    return {name: known.get(name) for name in ("event_id", "store_id", "sku")} | {"reason": reason}


def _row(event: dict[str, Any], stores: dict[Any, int], items: dict[Any, int]) -> tuple[int, int, int, int, float, int]:
    name = event["kind"]
    if name not in KINDS:
        raise ValueError(f"kind {name!s:.20} is none of {', '.join(KINDS)}")
    kind = KINDS.index(name)
    if event["event_id"] in ("", None):
        raise KeyError("event_id")
    store = stores.get(event["store_id"], -1)
    if store < 0:
        raise ValueError("the store is unknown; add it to the stores, or mend store_id")
    at = milliseconds(event["at"])
    if "sent_at" in event and "received_at" in event:
        at += milliseconds(event["received_at"]) - milliseconds(event["sent_at"])
    if kind > KINDS.index("delisted"):
        if not isinstance(event["card_id"], str):
            raise ValueError("card_id must be a word; give that of the card")
        return kind, store, -1, at, 0.0, 0
    item = items.get(event["sku"], -1)
    if item < 0:
        raise ValueError("the item is unknown; add it to the items, or mend sku")
    amount = float(event[AMOUNTS[name]]) if name in AMOUNTS else 0.0
    least = 0.0 if name == "count" else 1e-9
    if name in AMOUNTS and not least <= amount < 1e9:
        what = AMOUNTS[name]
        raise ValueError(f"{what} of a {name} is {amount:g}; give {'0 or more' if name == 'count' else 'more than 0'}")
    until = milliseconds(event["expires_at"]) if event.get("expires_at") and name == "delivery" else 0
    if until and until <= at:
        raise ValueError(f"the goods had expired on {event['expires_at']} when they came; send them back")
    return kind, store, item, at, amount, until


def _said(event: Any, fault: Exception) -> str:
    """One sentence: who, what, how to mend it."""
    if not isinstance(event, dict):
        return "the line is no JSON object; give one event a line"
    store, sku, name = (str(event.get(key, "-"))[:40] for key in ("store_id", "sku", "event_id"))
    who = f"store {store}, item {sku}, event {name}"
    if isinstance(fault, KeyError):
        return f"{who}: {fault.args[0]} is missing; give it"
    words = str(fault)
    if "isoformat" in words or "convert" in words or isinstance(fault, TypeError):
        words = "a time or a number cannot be read; give times as 2017-09-04T10:15:00+08:00 and plain numbers"
    return f"{who}: {words}"
