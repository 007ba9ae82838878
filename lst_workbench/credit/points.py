"""The printed side of a score: the points table, cut-offs, and what each would approve, lose and earn."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.contracts import InputError
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.pairs import span
from lst_workbench.credit.terms import Joint

Floats = NDArray[np.float64]
CUTS = np.linspace(0, 0.95, 20)


def points_table(
    points: Floats, codes: NDArray[np.int32], y: Floats, terms: Sequence[Bins | Joint], offsets: NDArray[np.int64]
) -> pd.DataFrame:
    """One row a bin, neighbouring ranges of equal points joined."""
    rows, bad = (np.bincount(codes.ravel(), w, offsets[-1]) for w in (None, np.repeat(y, codes.shape[1])))
    parts = []
    for term, start in zip(terms, offsets[:-1], strict=True):
        inside = slice(start, start + term.size)
        part = pd.DataFrame(
            {
                "feature": term.feature, "bin": term.labels(), "points": points[inside], "rows": rows[inside],
                "defaults": bad[inside],
            }
        )  # fmt: skip
        fresh = np.ones(term.size, bool)
        fresh[1 : term.ordered] = np.diff(part["points"].to_numpy()[: term.ordered]) != 0
        joined = part.groupby(np.cumsum(fresh)).agg(
            feature=("feature", "first"), first=("bin", "first"), last=("bin", "last"), points=("points", "first"),
            rows=("rows", "sum"), defaults=("defaults", "sum"),
        )  # fmt: skip
        joined.insert(1, "bin", [span(a, z) for a, z in zip(joined.pop("first"), joined.pop("last"), strict=True)])
        parts.append(joined)
    table = pd.concat(parts, ignore_index=True)
    return table.assign(
        default_share=table["defaults"] / table["rows"].replace(0, np.nan), row_share=table["rows"] / len(codes)
    )


def cutoff_table(
    scores: pd.DataFrame, outcome: pd.Series | Floats | None = None, margin_share: float = 0.0, lgd: float = 1.0
) -> pd.DataFrame:
    """Say what each cut-off approves, what share of that goes bad, and what it earns.

    Parameters
    ----------
    scores : DataFrame
        points and pd, as `score_stores` gives them; rows without an outcome are counted with their PD.
    outcome : array_like, optional
        1 for default, 0 for paid, empty where not known.
    margin_share : float
        Yearly margin of an approved RMB that is paid back.
    lgd : float
        Part of the exposure lost in a default.

    Returns
    -------
    DataFrame
        points (approved from here on), approve_share, bad_share (of the approved, seen or expected), pd_mean,
        margin_per_rmb (of an RMB asked for by all: margin of what is paid less loss of what is not), best (the cut-off
        that earns most).

    Raises
    ------
    InputError
        The table has no points or PD, or a figure is out of range.

    Examples
    --------
    >>> scores = pd.DataFrame({"points": [500.0, 520, 540, 560], "pd": [0.3, 0.1, 0.04, 0.01]})
    >>> table = cutoff_table(scores, margin_share=0.06, lgd=0.6)
    >>> table.loc[table["best"], ["approve_share", "bad_share"]].round(3).to_numpy().tolist()
    [[0.5, 0.025]]
    """
    if absent := [name for name in ("points", "pd") if name not in scores]:
        raise InputError("scores", [f"column {', '.join(absent)} is missing; score the stores first"])
    if not (0 <= lgd <= 1 and margin_share >= 0):
        raise InputError("cutoff_table", [f"lgd {lgd} and margin_share {margin_share} must be shares of at least 0"])
    points, pd_ = scores["points"].to_numpy(dtype=float), scores["pd"].to_numpy(dtype=float)
    seen = pd_ if outcome is None else np.asarray(outcome, dtype=float)
    bad = np.where(np.isnan(seen), pd_, seen)
    rows = []
    for cut in np.unique(np.quantile(points, CUTS)):
        ok = points >= cut
        earned = margin_share * (1 - bad[ok]) - lgd * bad[ok]
        rows.append((cut, ok.mean(), bad[ok].mean(), pd_[ok].mean(), earned.sum() / len(points)))
    table = pd.DataFrame(rows, columns=["points", "approve_share", "bad_share", "pd_mean", "margin_per_rmb"])
    return table.assign(best=table.index == table["margin_per_rmb"].idxmax())
