"""The model card of a score: data, exclusions, figures, who it is fair to, what it is not for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.contracts import InputError
from lst_workbench.credit.applications import decision_dates, is_personal, target_of
from lst_workbench.credit.measures import area_under_curve
from lst_workbench.credit.monitoring import share_range
from lst_workbench.credit.scorecard import Scorecard

Floats = NDArray[np.float64]
FEWEST_ROWS, SIZES = 30, ("small", "middle", "large")
# Four fifths: the usual line below which a group's approval calls for a reason (29 CFR 1607.4 D).
FAIR_SHARE = 0.8


@dataclass(frozen=True)
class ModelCard:
    """What must be known of a score before it decides.

    ``tables``: ``data`` (item, value), ``excluded`` (feature, reason), ``measures`` (sample, measure, value, low,
    high), ``fairness`` (`fairness_table`), ``features`` (feature, spread_points: how far it moves the score,
    points_low, points_high).
    """

    tables: dict[str, pd.DataFrame]


def model_card(
    card: Scorecard,
    applications: pd.DataFrame,
    target: str,
    *,
    segments: Sequence[str] = (),
    date: str | None = None,
    pd_cut: float | None = None,
) -> ModelCard:
    """Write the model card of a score from the table it was fitted to.

    Parameters
    ----------
    card : Scorecard
        Fitted to `applications`.
    applications : DataFrame
        The table it was fitted to, rows in the same order.
    target : str
        Column with 1 for default.
    segments : sequence of str
        Columns to judge fairness by (rural or urban, city tier, floor area: numbers of many values are cut into
        thirds); they need not be features.
    date : str, optional
        Column with the date of the decision: gives the window of the data.
    pd_cut : float, optional
        Stores up to this PD are approved; by default the mean default share.

    Raises
    ------
    InputError
        The table is not the one that the score was fitted to, or a column is missing or personal.

    Examples
    --------
    >>> from lst_workbench.credit import fit_scorecard
    >>> rng = np.random.default_rng(0)
    >>> past = pd.DataFrame({"months_open": rng.integers(1, 60, 2000), "place": rng.choice(["rural", "urban"], 2000)})
    >>> past["default"] = (rng.random(2000) < 0.4 / np.sqrt(past["months_open"])).astype(int)
    >>> told = model_card(fit_scorecard(past, "default"), past, "default", segments=["place"])
    >>> told.tables["fairness"][["segment", "value", "verdict"]].to_numpy().tolist()
    [['place', 'rural', 'fair'], ['place', 'urban', 'fair']]
    """
    if len(applications) != len(card.held_out):
        fault = f"the score was fitted to {len(card.held_out):,} rows, these are {len(applications):,}"
        raise InputError("applications", [f"{fault}; give the same table"])
    y = target_of(applications, target)
    days = decision_dates(applications, date)
    columns = card.tables["columns"]
    items: list[tuple[str, object]] = [
        ("rows", len(y)),
        ("defaults", int(y.sum())),
        ("default_share", float(y.mean())),
        ("features", len(card.bins)),
        ("pairs", len(card.pairs)),
        ("segments", len(card.segments)),
        ("columns_excluded", int((~columns["used"]).sum())),
    ]
    if days is not None:
        items = [("first_decision", f"{days.min():%Y-%m-%d}"), ("last_decision", f"{days.max():%Y-%m-%d}"), *items]
    cut = float(y.mean()) if pd_cut is None else pd_cut
    points = card.tables["points"]
    spread = points["row_share"] * (points["points"] - points.groupby("feature")["points"].transform("mean")) ** 2
    features = points.groupby("feature", sort=False)["points"].agg(points_low="min", points_high="max")
    features.insert(0, "spread_points", np.sqrt(spread.groupby(points["feature"], sort=False).sum()))
    tables = {
        "data": pd.DataFrame([*items, ("pd_cut", cut)], columns=["item", "value"]),
        "excluded": columns.loc[~columns["used"], ["feature", "reason"]].reset_index(drop=True),
        "measures": card.tables["measures"],
        "fairness": fairness_table(applications, y, card.held_out, segments, cut),
        "features": features.sort_values("spread_points", ascending=False).reset_index(),
    }
    return ModelCard(tables)


def fairness_table(
    applications: pd.DataFrame, y: Floats, pd_: Floats, segments: Sequence[str], pd_cut: float
) -> pd.DataFrame:
    """Compare approval and calibration between groups of stores, on PDs by fits that had not seen them.

    Returns
    -------
    DataFrame
        segment, value, rows, approve_share, approve_ratio (over the segment's most approved group), good_turned_away
        (share of the stores that paid which the cut-off rejects), pd_mean, default_share, low, high (95%, Wilson), auc,
        verdict: "few" (under 30 rows), "pd too high" or "pd too low" (outside the range of defaults), "approved less"
        (under four fifths of the most approved, though PDs are right), or "fair".

    Raises
    ------
    InputError
        A column is missing or personal.
    """
    faults = [f"segment {name} is no column; name one that is there" for name in segments if name not in applications]
    told = [name for name in segments if name in applications and is_personal(applications[name])]
    faults += [f"segment {name} is personal; judge by places or shops, not by people" for name in told]
    if faults:
        raise InputError("segments", faults)
    known = ~np.isnan(pd_)
    parts = [_segment(name, _groups(applications[name])[known], y[known], pd_[known], pd_cut) for name in segments]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["segment", "value", "verdict"])


def _groups(values: pd.Series) -> pd.Series:
    """Values as words; numbers of many values in thirds."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values) and values.nunique() > 10:
        third = np.minimum(values.rank(pct=True, method="first") * 3, 2.999)
        return third.map(lambda k: SIZES[int(k)], na_action="ignore").astype(object).fillna("missing")
    return values.astype(object).where(values.notna(), "missing").astype(str)


def _segment(name: str, groups: pd.Series, y: Floats, pd_: Floats, cut: float) -> pd.DataFrame:
    rows = []
    ok = pd_ <= cut
    for value in sorted(groups.unique()):
        inside = (groups == value).to_numpy()
        seen, bad, good = int(inside.sum()), y[inside], inside & (y == 0)
        low, high = (float(edge) for edge in share_range(bad.sum(), seen))
        both = 0 < bad.sum() < seen
        rows.append(
            {
                "segment": name, "value": value, "rows": seen, "approve_share": ok[inside].mean(), "approve_ratio": 1.0,
                "good_turned_away": 1 - ok[good].mean() if good.any() else np.nan, "pd_mean": pd_[inside].mean(),
                "default_share": bad.mean(), "low": low, "high": high,
                "auc": area_under_curve(bad, pd_[inside]) if both else np.nan,
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    large = table["rows"] >= FEWEST_ROWS
    most = float(table.loc[large, "approve_share"].max()) if large.any() else np.nan
    table["approve_ratio"] = table["approve_share"] / most if most > 0 else np.nan
    table["verdict"] = np.select(
        [
            ~large,
            table["pd_mean"] > table["high"],
            table["pd_mean"] < table["low"],
            table["approve_ratio"] < FAIR_SHARE,
        ],
        ["few", "pd too high", "pd too low", "approved less"],
        "fair",
    )
    return table
