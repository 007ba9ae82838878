"""Read long tables of choices or sales into arrays: one row per choice and alternative on offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

GENERIC, BY_ALTERNATIVE = "generic", "by_alternative"
WORDS = {"yes": 1, "true": 1, "no": 0, "false": 0}


@dataclass(frozen=True)
class ChoiceColumns:
    """Which columns of a long table say what, and which of them are features."""

    choice_id: str
    alternative: str
    chosen: str
    features: Mapping[str, str]
    cluster: str | None = None


@dataclass(frozen=True)
class ChoiceRows:
    """Choices as arrays, sorted by choice; rows of choice i are ``start[i]:start[i + 1]``."""

    start: np.ndarray
    alternative: np.ndarray
    bought: np.ndarray
    values: dict[str, np.ndarray]
    choice_ids: np.ndarray
    alternatives: pd.Index
    cluster: np.ndarray | None
    row: np.ndarray
    refused: pd.DataFrame = field(repr=False)

    @property
    def purchases(self) -> np.ndarray:
        """Purchases seen in each choice."""
        return np.add.reduceat(self.bought, self.start[:-1])

    @property
    def choice(self) -> np.ndarray:
        """Choice of each row, as a position."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


def join_features(
    choices: pd.DataFrame, features: Sequence[str] | Mapping[str, str] | pd.DataFrame, columns: tuple[str, str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return choices with every feature as a column, and how each enters utility.

    A table of attributes is joined by alternative, or by choice and alternative when it has both columns.
    """
    if isinstance(features, str):
        features = [features]
    if not isinstance(features, pd.DataFrame):
        named = dict(features) if isinstance(features, Mapping) else dict.fromkeys(features, GENERIC)
        if unknown := {how for how in named.values()} - {GENERIC, BY_ALTERNATIVE}:
            raise InputError("features", [f"{', '.join(map(str, unknown))} is neither {GENERIC} nor {BY_ALTERNATIVE}"])
        return choices, named
    keys = [name for name in columns if name in features]
    if columns[1] not in keys:
        raise InputError("features", [f"column {columns[1]} is missing; it says whose attributes a row holds"])
    if features.duplicated(keys).any():
        again = features.loc[features.duplicated(keys), keys[-1]].iloc[0]
        raise InputError("features", [f"{' + '.join(keys)} must be unique; {again} comes twice"])
    named = {name: GENERIC for name in features.columns if name not in keys}
    joined = choices.drop(columns=[name for name in named if name in choices]).merge(features, on=keys, how="left")
    return joined, named


def read_choices(
    choices: pd.DataFrame, columns: ChoiceColumns, alternatives: pd.Index | None = None, *, need_chosen: bool = True
) -> ChoiceRows:
    """Bring a long table into arrays; choices with a fault are left out and listed with the reason.

    Raises
    ------
    InputError
        When columns are missing or no choice is left.
    """
    _check_columns(choices, columns, need_chosen)
    choice, choice_ids = pd.factorize(choices[columns.choice_id])
    level, levels = pd.factorize(choices[columns.alternative], sort=True)
    if alternatives is not None:
        level = alternatives.get_indexer(pd.Index(choices[columns.alternative]))
        levels = alternatives
    bought = _bought(choices[columns.chosen], choices[columns.alternative]) if need_chosen else np.zeros(len(choices))
    values = {name: _numbers(choices, name) for name in columns.features}
    faults = _faults(choices, columns, choice, level, bought, values, need_chosen)
    refused = _refused(faults, choices, columns, choice)
    bad = np.zeros(len(choice_ids) + 1, dtype=bool)
    for rows, _ in faults:
        bad[choice[rows]] = True
    order = np.argsort(choice, kind="stable")
    order = order[~bad[choice[order]]]
    if not order.size:
        reasons = refused["reason"].drop_duplicates().head(3).tolist()
        raise InputError("choices", ["no choice is left to learn from", *reasons])
    kept, code = np.unique(choice[order], return_inverse=True)
    start = np.append(np.flatnonzero(np.diff(code, prepend=-1)), len(order)).astype(np.int64)
    cluster = pd.factorize(choices[columns.cluster])[0][order[start[:-1]]] if columns.cluster else None
    return ChoiceRows(
        start, level[order].astype(np.int64), bought[order], {name: value[order] for name, value in values.items()},
        np.asarray(choice_ids)[kept], pd.Index(levels), cluster, order, refused,
    )  # fmt: skip


def _check_columns(choices: pd.DataFrame, columns: ChoiceColumns, need_chosen: bool) -> None:
    wanted = [columns.choice_id, columns.alternative, *columns.features]
    wanted += [columns.chosen] if need_chosen else []
    wanted += [columns.cluster] if columns.cluster else []
    missing = [name for name in wanted if name not in choices]
    text = [
        name for name in columns.features
        if name in choices and len(choices) and not np.isfinite(_numbers(choices, name)).any()
    ]  # fmt: skip
    faults = [f"column {name} is missing; it has {', '.join(map(str, choices.columns[:12]))}" for name in missing]
    faults += [f"feature {name} holds no numbers; encode its words as 0/1 columns" for name in text]
    if columns.alternative in missing:
        faults.append("where a row is a whole choice, call long_choices first: one row a choice and alternative")
    if choices.empty:
        faults.append("it has no rows; give at least one choice")
    if faults:
        raise InputError("choices", faults)


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _bought(chosen: pd.Series, alternative: pd.Series) -> np.ndarray:
    """Read counts, or yes and no in words, or the name of the alternative that was chosen."""
    if not pd.api.types.is_numeric_dtype(chosen):
        said, named = (column.astype(str).str.strip() for column in (chosen, alternative))
        if said.isin(named.unique()).all():
            return (said == named).to_numpy(dtype=np.float64)
        words = said.str.lower().map(WORDS)
        chosen = words.where(words.notna(), chosen)
    return pd.to_numeric(chosen, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _faults(
    choices: pd.DataFrame,
    columns: ChoiceColumns,
    choice: np.ndarray,
    level: np.ndarray,
    bought: np.ndarray,
    values: dict[str, np.ndarray],
    need_chosen: bool,
) -> list[tuple[np.ndarray, str]]:
    """Rows at fault, with the reason: the whole choice of such a row is refused."""
    size = int(choice.max()) + 1 if len(choice) else 0
    offered = np.bincount(choice[choice >= 0], minlength=size)
    total = np.bincount(choice[choice >= 0], weights=np.nan_to_num(bought)[choice >= 0], minlength=size)
    pair = choice * (level.max() + 2) + level
    doubled = pd.Series(pair).duplicated().to_numpy() & (level >= 0)
    first = np.zeros(len(choice), dtype=bool)
    first[np.unique(choice, return_index=True)[1]] = True
    found = [
        (choice < 0, "has no choice id"),
        (level < 0, "names an alternative that is empty or unknown to the model"),
        (doubled, f"comes twice in one choice; {columns.choice_id} must name one occasion of one shopper"),
        *[(~np.isfinite(value), f"has no finite {name}") for name, value in values.items()],
    ]
    if need_chosen:
        found += [
            (~(bought >= 0), f"has a {columns.chosen} that is empty or negative; give 0, 1 or a count"),
            (first & (total[choice] <= 0), "belongs to a choice in which nothing was chosen"),
            (first & (offered[choice] == 1), "is alone in its choice: one alternative says nothing about preference"),
        ]
    return [(np.flatnonzero(rows), reason) for rows, reason in found if rows.any()]


def _refused(
    faults: list[tuple[np.ndarray, str]], choices: pd.DataFrame, columns: ChoiceColumns, choice: np.ndarray
) -> pd.DataFrame:
    """List refused choices: one row per choice and alternative at fault."""
    parts = []
    for rows, reason in faults:
        ids, items = choices[columns.choice_id].iloc[rows], choices[columns.alternative].iloc[rows]
        said = [f"choice {i}: alternative {a} {reason}" for i, a in zip(ids, items, strict=True)]
        parts.append(pd.DataFrame({"choice_id": ids.to_numpy(), "alternative": items.to_numpy(), "reason": said}))
    if not parts:
        return pd.DataFrame({"choice_id": [], "alternative": [], "reason": []})
    return pd.concat(parts, ignore_index=True)
