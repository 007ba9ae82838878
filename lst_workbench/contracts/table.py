"""The base of every contract: columns with dtype, unit, meaning and bounds, checked all at once."""

from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.api.pandas import model as pandera_model
from pandera.api.pandas.model_config import BaseConfig
from pandera.typing import Index, Series

from lst_workbench.contracts.errors import InputError

# On its first schema pandera imports dask, geopandas and others to know their columns too: a second of every command.
# Contracts have columns of pandas only.
setattr(pandera_model, "get_index_types", lambda: {Index})  # noqa: B010 - mypy knows the wrapper of a cache there
setattr(pandera_model, "get_series_types", lambda: {Series})  # noqa: B010

SHOWN_OFFENDERS = 3


def column(meaning: str, unit: str, *, key: bool = False, **checks: Any) -> Any:
    """Describe one column of a contract.

    Parameters
    ----------
    meaning : str
        What a value says, in one line; it becomes the data dictionary.
    unit : str
        Unit of the value ("km", "RMB/month", "share 0-1", "id", "name").
    key : bool
        Whether the column is part of the table's key.
    **checks
        Bounds and nullability as in `pandera.Field`: ``ge``, ``le``, ``isin``, ``nullable``.
    """
    return pa.Field(description=meaning, metadata={"unit": unit, "key": key}, coerce=True, **checks)


def doubled_rows(frame: pd.DataFrame, key: list[str]) -> "pd.Series[bool]":
    """Tell which rows have the key of a row before them; a rising key, as tables of stores have, is seen at once.

    Examples
    --------
    >>> doubled_rows(pd.DataFrame({"store_id": [1, 2, 2]}), ["store_id"]).tolist()
    [False, False, True]
    """
    values = frame[key[0]].to_numpy()
    if len(key) == 1 and values.dtype.kind in "iuf" and (values[1:] > values[:-1]).all():
        return pd.Series(False, index=frame.index)
    return frame.duplicated(key)


class Table(pa.DataFrameModel):
    """A table contract; subclasses name their columns."""

    class Config(BaseConfig):
        """Columns beyond the contract are kept; values are brought to the contract's dtype."""

        strict = False
        coerce = True

    @classmethod
    def check(cls, frame: pd.DataFrame, where: str | None = None, *, allow_empty: bool = True) -> pd.DataFrame:
        """Return `frame` in the contract's dtypes, or raise with every fault named.

        Parameters
        ----------
        frame : DataFrame
            The table to check; it is not changed.
        where : str, optional
            Name of the input for the error text; the contract's name by default.
        allow_empty : bool
            Whether a table without rows is accepted.

        Raises
        ------
        InputError
            Names each fault: missing columns, wrong types, values out of bounds, double keys.
        """
        where = where or cls.table_name()
        faults = cls._missing_columns(frame)
        if not allow_empty and not faults and frame.empty:
            faults = ["it has no rows; give at least one"]
        if faults:
            raise InputError(where, faults)
        try:
            checked = cls.validate(frame.copy(deep=False), lazy=True, inplace=True)  # columns it changes are new ones
        except pa.errors.SchemaErrors as errors:
            raise InputError(where, _sentences(errors.failure_cases, frame, cls)) from None
        if (key := cls.key_columns()) and (doubled := doubled_rows(checked, key)).any():
            raise InputError(where, [_double_keys(checked.loc[doubled, key])])
        return checked

    @classmethod
    def table_name(cls) -> str:
        """Name of the table: the class's name in snake case."""
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")

    @classmethod
    def key_columns(cls) -> list[str]:
        """Names of the columns that identify a row."""
        return [name for name, spec in cls.to_schema().columns.items() if (spec.metadata or {})["key"]]

    @classmethod
    def row_named(cls, row: Any, frame: pd.DataFrame) -> str:
        """Name a row by its key where it has one that can be said, else by its label."""
        keys = [key for key in cls.key_columns() if key in frame]
        if len(keys) != 1 or not frame.index.is_unique or pd.isna(frame.at[row, keys[0]]):
            return f"row {row}"
        return f"{keys[0]} {str(frame.at[row, keys[0]])[:40]}"

    @classmethod
    def columns(cls) -> list[str]:
        """Names of the contract's columns, in order."""
        return list(cls.to_schema().columns)

    @classmethod
    def without_rows(cls) -> pd.DataFrame:
        """Make a table without rows that meets the contract."""
        schema = cls.to_schema()
        dtypes = {name: spec.dtype.type for name, spec in schema.columns.items()}
        return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})

    @classmethod
    def _missing_columns(cls, frame: pd.DataFrame) -> list[str]:
        missing = [name for name, spec in cls.to_schema().columns.items() if spec.required and name not in frame]
        if not missing:
            return []
        has = ", ".join(map(str, frame.columns[:12])) or "no columns"
        return [f"column {', '.join(missing)} is missing; add it (there are {has})"]


def _sentences(cases: pd.DataFrame, frame: pd.DataFrame, contract: type[Table]) -> list[str]:
    """One sentence per column and failed check, with a count and the first offenders."""
    wrong_type = set(cases.loc[cases["check"].astype(str).str.startswith("coerce_dtype"), "column"])
    sentences = []
    for (name, check), group in cases.groupby(["column", "check"], sort=False, dropna=False):
        if name in wrong_type and not str(check).startswith("coerce_dtype"):
            continue  # checks on values that could not be read say nothing new
        offenders = [str(case)[:40] for case in group["failure_case"].unique()[:SHOWN_OFFENDERS]]
        rows = group["index"].dropna().tolist()
        first = f", first in {contract.row_named(rows[0], frame)}" if rows else ""
        count = f"{len(group):,} of {len(frame):,} rows"
        sentences.append(
            f"column {name} {_in_words(str(check), contract, str(name))} ({count}{first}: {', '.join(offenders)}); "
            "mend or drop them"
        )
    return sentences


def _in_words(check: str, contract: type[Table], name: str) -> str:
    kind, _, argument = check.rstrip(")").partition("(")
    categories = getattr(contract.to_schema().columns[name].dtype.type, "categories", None)
    words = {
        "greater_than_or_equal_to": f"must be at least {argument}",
        "less_than_or_equal_to": f"must be at most {argument}",
        "greater_than": f"must be more than {argument}",
        "less_than": f"must be less than {argument}",
        "isin": f"must be one of {argument}",
        "not_nullable": "must not be empty",
        "coerce_dtype": f"must be of type {argument.strip(chr(39))}",
    }
    if kind == "coerce_dtype" and categories is not None:
        return f"must be one of {', '.join(categories)}"
    if kind == "coerce_dtype" and "int" in argument.lower():
        return "must be whole numbers"
    if kind == "coerce_dtype" and "float" in argument.lower():
        return "must be numbers"
    return words.get(kind, f"fails {check}")


def _double_keys(repeated: pd.DataFrame) -> str:
    first = repeated.head(SHOWN_OFFENDERS).to_dict("records")
    named = "; ".join(", ".join(f"{k} {v}" for k, v in row.items()) for row in first)
    keys = " + ".join(map(str, repeated))
    return f"{keys} must be unique ({len(repeated):,} repeated rows, first {named}); keep one of each"
