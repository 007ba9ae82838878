"""Wide tables of choices, one row a choice, brought into long ones: one row a choice and alternative on offer."""

from collections.abc import Sequence

import pandas as pd

from lst_workbench.contracts import InputError


def long_choices(
    wide: pd.DataFrame,
    chosen: str,
    features: Sequence[str],
    alternatives: Sequence[object] | None = None,
    *,
    separator: str = ".",
    available: str | None = None,
) -> pd.DataFrame:
    """Bring a table with one row a choice and columns like ``price.heinz41`` into the form that `fit_mnl` takes.

    Parameters
    ----------
    wide : DataFrame
        One row a choice; ``<feature><separator><alternative>`` holds a feature of an
        alternative; every other column belongs to the choice and is repeated.
    chosen : str
        Column that names the chosen alternative.
    features : list of str
        First parts of the columns that differ by alternative.
    alternatives : list, optional
        Names of the alternatives, as `chosen` writes them; by default all that follow a feature in a column's name.
    separator : str
        Between feature and alternative; empty for ``pf1``.
    available : str, optional
        A feature that is 0 where an alternative was not on offer; such rows are left out.

    Returns
    -------
    DataFrame
        choice_id (number of the row, from 1), alternative, chosen (0 or 1), the features, and the other columns. A
        feature that an alternative lacks is empty there.

    Raises
    ------
    InputError
        When a column is missing, or a choice names something that is no alternative or was not on offer.

    Examples
    --------
    >>> wide = pd.DataFrame({
    ...     "shopper": ["a", "b"], "price.tea": [2.0, 3.0], "price.cola": [3.0, 2.0], "choice": ["tea", "cola"],
    ... })
    >>> long_choices(wide, "choice", ["price"])
       choice_id alternative  chosen  price shopper
    0          1         tea       1    2.0       a
    1          1        cola       0    3.0       a
    2          2         tea       0    3.0       b
    3          2        cola       1    2.0       b
    """
    features = [features] if isinstance(features, str) else list(features)
    if chosen not in wide:
        raise InputError("choices", [f"column {chosen} is missing; it names what was chosen"])
    heads = [f"{feature}{separator}" for feature in [*features, *([available] if available else [])]]
    varying = [str(name) for name in wide.columns if name != chosen and str(name).startswith(tuple(heads))]
    if alternatives is None:
        tails = [name[len(head) :] for head in heads for name in varying if name.startswith(head)]
        alternatives = list(dict.fromkeys(tails))
    picked = wide[chosen].astype("string").str.strip()
    _check(wide, chosen, heads, varying, picked, alternatives)
    own = wide.drop(columns=[*varying, chosen]).drop(columns=["choice_id", "alternative", "chosen"], errors="ignore")
    parts = []
    for name in alternatives:
        part = pd.DataFrame({"choice_id": range(1, len(wide) + 1), "alternative": name}, index=wide.index)
        part["chosen"] = (picked == str(name)).fillna(False).astype(int)
        for head in heads:
            column = f"{head}{name}"
            part[head.removesuffix(separator)] = wide[column] if column in wide else float("nan")
        parts.append(part.join(own))
    long = pd.concat(parts).sort_values("choice_id", kind="stable", ignore_index=True)
    return _on_offer(long, available)


def _check(
    wide: pd.DataFrame, chosen: str, heads: list[str], varying: list[str], picked: pd.Series,
    alternatives: Sequence[object],
) -> None:  # fmt: skip
    known = ", ".join(map(str, wide.columns[:12]))
    faults = [
        f"no column begins with {head}; it has {known}"
        for head in heads
        if not any(name.startswith(head) for name in varying)
    ]
    strange = picked[~picked.isin([str(name) for name in alternatives])]
    if len(strange) and not faults:
        names = ", ".join(map(str, list(alternatives)[:8]))
        faults.append(
            f"{len(strange):,} rows of {chosen} name no alternative (first: row {strange.index[0]}, "
            f"{strange.iloc[0]}); the alternatives are {names}"
        )
    if faults:
        raise InputError("choices", faults)


def _on_offer(long: pd.DataFrame, available: str | None) -> pd.DataFrame:
    if available is None:
        return long
    there = pd.to_numeric(long[available], errors="coerce").fillna(0) > 0
    lost = long[~there & (long["chosen"] == 1)]
    if len(lost):
        first = lost.iloc[0]
        said = f"{len(lost):,} choices name what was not on offer (first: choice {first['choice_id']}, "
        raise InputError("choices", [f"{said}{first['alternative']}); mend {available} or the choice"])
    return long[there].drop(columns=available).reset_index(drop=True)
