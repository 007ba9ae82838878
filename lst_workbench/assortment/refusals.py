"""Sentences about what is left out of a range, and about columns that lack."""

import pandas as pd


class Refusals:
    """Sentences about stores and items that are left out."""

    def __init__(self) -> None:
        self._rows: list[tuple[object, object, str]] = []

    def add(self, store_id: object, sku: object, reason: str) -> None:
        """Note why a store, an item, or an item in a store is left out."""
        self._rows.append((store_id, sku, reason))

    def table(self) -> pd.DataFrame:
        """List what was noted: store_id, sku, reason."""
        return pd.DataFrame(self._rows, columns=["store_id", "sku", "reason"], dtype=object)


def check_columns(name: str, frame: pd.DataFrame, wanted: list[str]) -> list[str]:
    """One sentence for columns that lack."""
    missing = [column for column in wanted if column not in frame]
    has = ", ".join(map(str, frame.columns[:12])) or "no columns"
    return [f"{name} lacks {', '.join(missing)}; it has {has}"] if missing else []
