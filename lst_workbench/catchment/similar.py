"""Stores and places most like some given ones, with reasons."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError, Similar

TRUST = 5.0  # given rows that weigh as much as the belief that all features matter alike
REASONS = 3
SKEWED = 2.0  # of a feature without negatives: beyond it, logarithms are compared
MOST = 5.0  # standard deviations that count


def find_similar(
    table: pd.DataFrame, like: Sequence[Hashable], *, key: str, features: Sequence[str] | None = None, n: int = 20
) -> pd.DataFrame:
    """Find the rows of a table most like some given ones: "counties like our best 20".

    Features are brought to one scale (standard deviations; logarithms where skewed). What the given rows have in common
    counts more: a feature weighs 1 / v, v its variance among them as a share of that among all, shrunk towards 1 by
    n / (n + 5). The distance to the nearest given row and that to their middle count half each;
    likeness = exp(-distance² / 2).

    Parameters
    ----------
    table : DataFrame
        `key` and features, a row a store, place or county.
    like : sequence
        Keys of the given rows.
    key : str
        Column of ids.
    features : sequence of str, optional
        Columns of numbers to compare; by default all but ids, codes and positions.
    n : int
        Rows to return at most.

    Returns
    -------
    DataFrame
        Contract `Similar`; the given rows themselves are not in it. Rows with an empty feature are compared by the
        others.

    Raises
    ------
    InputError
        Missing columns, unknown or no keys, no feature that varies.

    Examples
    --------
    >>> table = pd.DataFrame({"county": list("abcd"), "people": [100, 110, 900, 20], "income": [1.0, 1.1, 0.4, 2.0]})
    >>> found = find_similar(table, ["a"], key="county", n=1)
    >>> found["key"].tolist(), found["differs_in"].iloc[0]
    (['b'], 'income 1.1 against 1')
    """
    names = _features(table, key, features)
    ids = table[key].to_numpy()
    given = pd.Series(ids).isin(list(like)).to_numpy()
    lost = [one for one in like if one not in set(ids.tolist())]
    faults = [f"{key} {one} is not in the table" for one in lost[:REASONS]]
    if not len(like):
        faults.append("name at least one row that others should be like")
    if n < 1:
        faults.append(f"n must be at least 1, not {n}")
    if faults:
        raise InputError("the search for similar rows", faults)
    z = np.column_stack([_standard(table[name]) for name in names])
    weight = _weights(z[given])
    middle = np.nanmean(z[given], axis=0)
    others = np.flatnonzero(~given)
    nearest, from_nearest = _nearest(z[others], z[given], weight)
    distance = (from_nearest + _apart(z[others] - middle, weight)) / 2
    chosen = np.lexsort((others, distance))[:n]
    raw = table[names].to_numpy(np.float64)
    typical = np.nanmedian(raw[given], axis=0)
    found = pd.DataFrame(
        {
            "key": [str(one) for one in ids[others][chosen]],
            "rank": np.arange(1, len(chosen) + 1),
            "likeness": np.exp(-(distance[chosen] ** 2) / 2),
            "nearest_key": [str(one) for one in ids[given][nearest[chosen]]],
            "alike_in": [_alike(z[i], middle, raw[i], typical, names) for i in others[chosen]],
            "differs_in": [_differs(z[i], middle, raw[i], typical, names) for i in others[chosen]],
        }
    )
    return Similar.check(found)


def _features(table: pd.DataFrame, key: str, features: Sequence[str] | None) -> list[str]:
    numbers = table.select_dtypes("number").columns
    if features is None:
        no_features = ("_id", "_code", "lat", "lon", "h3_8")
        features = [name for name in numbers if name != key and not str(name).endswith(no_features)]
    missing = [name for name in (key, *features) if name not in table]
    words = [name for name in features if name in table and name not in numbers]
    faults = [f"column {name} is missing" for name in missing] + [f"column {name} holds no numbers" for name in words]
    kept = [name for name in features if name in numbers and table[name].std() > 0]
    if not faults and not kept:
        faults = ["no feature varies; give columns of numbers that tell rows apart"]
    if faults:
        raise InputError("the table to search", faults)
    return kept


def _standard(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(np.float64)
    if np.nanmin(values) >= 0 and column.skew() > SKEWED:
        values = np.log1p(values)
    deviation = np.nanstd(values) or 1.0
    return np.clip((values - np.nanmean(values)) / deviation, -MOST, MOST)


def _weights(given: np.ndarray) -> np.ndarray:
    within = np.nan_to_num(np.nanvar(given, axis=0), nan=1.0)
    weight = (len(given) + TRUST) / (len(given) * within + TRUST) if len(given) > 1 else np.ones(given.shape[1])
    return weight / weight.sum()


def _apart(difference: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted distance over the features that both rows have."""
    known = np.isfinite(difference) * weight
    total = np.maximum(known.sum(axis=-1), 1e-12)
    return np.sqrt((known * np.nan_to_num(difference) ** 2).sum(axis=-1) / total)


def _nearest(rows: np.ndarray, given: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    best, least = np.zeros(len(rows), np.int64), np.full(len(rows), np.inf)
    for k, one in enumerate(given):
        apart = _apart(rows - one, weight)
        closer = apart < least
        best[closer], least[closer] = k, apart[closer]
    return best, least


def _alike(row: np.ndarray, middle: np.ndarray, raw: np.ndarray, typical: np.ndarray, names: list[str]) -> str:
    """Features in which the row is close to the given ones, the most unusual of these first."""
    telling = np.abs(middle) - np.abs(row - middle)
    order = [k for k in np.argsort(-np.nan_to_num(telling, nan=-np.inf), kind="stable") if np.isfinite(row[k])]
    reasons = [k for k in order[:REASONS] if telling[k] > 0] or order[:1]
    return "; ".join(_words(names[k], raw[k], typical[k]) for k in reasons)


def _differs(row: np.ndarray, middle: np.ndarray, raw: np.ndarray, typical: np.ndarray, names: list[str]) -> str:
    k = int(np.nanargmax(np.abs(row - middle)))
    return _words(names[k], raw[k], typical[k])


def _words(name: str, value: float, typical: float) -> str:
    return f"{name} {value:,.3g} against {typical:,.3g}"
