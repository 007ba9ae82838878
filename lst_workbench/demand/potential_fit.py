"""What a store without a till could buy in a month, learned from stores that have one, with an honest interval."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.demand.design import Words, checked_features, values_of
from lst_workbench.demand.evaluation import REST, Fold, conformal_ratios, evaluate, ratios_for
from lst_workbench.demand.regression import Model, baselines, fit_model
from lst_workbench.demand.taste import Taste

MOST_FOLDS, LEAST_ROWS = 10, 20
CATCHMENT = ("people", "income_index")
NEW, KNOWN = "whole regions left out", "stores left out"
TAILS = (0.1, 0.5, 0.9)
ALL = "all"
Groups: TypeAlias = pd.Series | Sequence[Any] | str | None


@dataclass(frozen=True)
class Drivers:
    """Why a store's figure is what it is: a table, and the same in words."""

    table: pd.DataFrame
    text: str


@dataclass(frozen=True)
class PotentialFit:
    """What tills say of stores that have none.

    Attributes
    ----------
    tables : dict
        ``evaluation`` (scheme, model, by, group, stores, wape, bias, rmse_log, interval_coverage): every figure from
        stores that the model had not seen. ``effects`` (feature, effect of one standard deviation up and down as a
        share). ``taste`` (region, category, share). ``left_out`` (row, reason).
    """

    model: Model
    taste: Taste
    ratios: dict[str, pd.DataFrame]
    category_ratios: pd.DataFrame
    segment: str | None
    tables: dict[str, pd.DataFrame] = field(repr=False)

    def kpis(self) -> dict[str, float]:
        """Accuracy on whole regions left out (stores, where there is one region), and the gain over the baselines."""
        table = self.tables["evaluation"]
        whole = table[(table["by"] == ALL) & (table["scheme"] == table["scheme"].iloc[0])].set_index("model")
        own, plain = whole.loc["fit_potential"], whole.drop("fit_potential")
        return {
            "stores": float(own["stores"]),
            "wape": float(own["wape"]),
            "bias": float(own["bias"]),
            "interval_coverage": float(own["interval_coverage"]),
            "wape_of_best_baseline": float(plain["wape"].min()),
            "gain_over_best_baseline": float(1 - own["wape"] / plain["wape"].min()),
        }

    def predict(self, features: pd.DataFrame, groups: Groups = None, anchor_rmb_month: float | None = None) -> Any:
        """Give mean, p10, p50 and p90 of all purchases of each row, RMB a month.

        Parameters
        ----------
        features : DataFrame
            The columns of the fit; ``store_id`` is carried over.
        groups : Series, sequence or str, optional
            Region of each row (or its column). A region of the fit uses what its own stores taught; any other has the
            wider interval of regions left out.
        anchor_rmb_month : float, optional
            Mean of all rows: figures are multiplied by one factor to meet it. Stores with a till chose themselves, so
            that they tell stores apart better than they tell the level.

        Returns
        -------
        DataFrame
            mean, p10, p50, p90, after ``store_id`` where given.
        """
        kept, regions = checked_features(features, self._names), _of_rows(groups, features, "groups")
        mean = self.model.mean(kept, regions)
        table = self._interval(mean, kept, regions)
        if anchor_rmb_month is not None:
            table *= anchor_rmb_month / max(float(table["mean"].mean()), 1e-12)
        if "store_id" in features:
            table.insert(0, "store_id", features["store_id"].to_numpy())
        return table

    def predict_categories(
        self, features: pd.DataFrame, groups: Groups = None, anchor_rmb_month: float | None = None
    ) -> pd.DataFrame:
        """Give mean, p10, p50 and p90 by category; means add up to those of `predict`, quantiles do not.

        Returns
        -------
        DataFrame
            row (``store_id`` where given), category, mean, p10, p50, p90.
        """
        whole = self.predict(features, groups, anchor_rmb_month)
        regions = _of_rows(groups, features, "groups")
        shares = self.taste.of_rows(regions)
        name = "store_id" if "store_id" in whole else "row"
        ids = whole[name] if name in whole else pd.Series(np.arange(len(whole)))
        count = len(shares.columns)
        mean = (shares.to_numpy() * whole["mean"].to_numpy()[:, None]).reshape(-1)
        made = {name: np.repeat(ids.to_numpy(), count), "category": np.tile(shares.columns, len(whole)), "mean": mean}
        factors = self.category_ratios.to_numpy()
        tails = {f"p{100 * t:.0f}": mean * np.tile(factors[:, k], len(whole)) for k, t in enumerate(TAILS)}
        return pd.DataFrame({**made, **tails})

    def explain(self, row: pd.DataFrame, groups: Groups = None, factor: float = 1.0) -> Drivers:
        """Tell what drives the figure of one store, against the typical store of the fit.

        Effects multiply; each is given as the RMB it adds, so that typical store and effects add up to the figure:
        L(figure, typical) × part of the feature in the logarithm, L the logarithmic mean.

        Parameters
        ----------
        row : DataFrame
            One row of features.
        groups, factor
            Its region; what the figure was multiplied with to meet an anchor.

        Returns
        -------
        Drivers
            ``table``: feature, value, effect_share, effect_rmb_month, the largest effect first.
        """
        if len(row) != 1:
            raise InputError("the row to explain", [f"give one row, not {len(row)}"])
        kept, regions = checked_features(row, self._names), _of_rows(groups, row, "groups")
        parts = self.model.parts(kept, regions).iloc[0]
        typical = factor * self.model.scale * float(np.exp(self.model.level))
        figure = typical * float(np.exp(parts.sum()))
        values = [_said(kept, name) if name in kept else "" for name in parts.index]
        return drivers_of(parts.to_numpy(), list(parts.index), values, typical, figure)

    @property
    def _names(self) -> list[str]:
        return [part.name for part in self.model.design.parts]

    def _interval(self, mean: np.ndarray, features: pd.DataFrame, regions: np.ndarray) -> pd.DataFrame:
        segments = values_of(features, self.segment) if self.segment else np.full(len(mean), REST, object)
        known = np.isin(regions, self.model.regions.index.to_numpy()) & (KNOWN in self.ratios)
        new = self.ratios[NEW] if NEW in self.ratios else self.ratios[KNOWN]
        factors = np.where(known[:, None], ratios_for(self.ratios.get(KNOWN, new), segments), ratios_for(new, segments))
        return pd.DataFrame({"mean": mean, **{f"p{100 * t:.0f}": mean * factors[:, k] for k, t in enumerate(TAILS)}})


def fit_potential(
    features: pd.DataFrame,
    target: pd.Series | pd.DataFrame | Sequence[float],
    groups: Groups = None,
    *,
    places: Groups = None,
    segment: str | None = None,
    catchment: Sequence[str] | None = None,
    seed: int = 7,
) -> PotentialFit:
    """Learn from stores with a till what stores without one could buy in a month.

    ln purchases departs from that of the catchment alone (people × income, where features have them) by effects that
    are additive in the features (numbers as piecewise straight lines, logarithms where skewed), shrunk by a ridge
    chosen on whole regions left out, and by an effect of each region, shrunk towards none: few tills change little.
    The share of each category is the region's, shrunk towards everybody's. Intervals are conformal: quantiles of actual
    over expected purchases of stores the model had not seen, by segment. Beside it stand three baselines, learned from
    the same stores.

    Parameters
    ----------
    features : DataFrame
        A row a store: numbers and words; empty numbers count as the middle. ``store_id`` is no feature.
    target : Series, sequence or DataFrame
        Purchases in RMB a month, in the order of `features`; a DataFrame has a column for each category.
    groups : Series, sequence or str, optional
        Region (prefecture) of each row, or the column of `features` that holds it (it is no feature then). Whole
        regions are left out together. Without it, stores are left out one by one.
    places : Series, sequence or str, optional
        Place of each row, for the baseline "place mean"; the region where it is not given.
    segment : str, optional
        Feature of words whose values have intervals of their own (settlement_kind).
    catchment : sequence of str, optional
        Features whose product is the baseline "catchment alone"; people and income_index where they are there.
    seed : int
        Of the split of stores into folds.

    Returns
    -------
    PotentialFit

    Raises
    ------
    InputError
        Rows that do not match, fewer than 20 usable rows, missing columns. Rows without purchases (empty, negative,
        all zero) are left out and listed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> stores = pd.DataFrame({"people": rng.lognormal(5, 0.5, 300), "kind": rng.choice(["grocery", "kiosk"], 300)})
    >>> bought = 90 * stores["people"] * rng.lognormal(0, 0.2, 300)
    >>> fit = fit_potential(stores, bought)
    >>> found = fit.predict(pd.DataFrame({"people": [150.0], "kind": ["kiosk"]})).iloc[0]
    >>> list(found.index), bool(found["p10"] < 90 * 150 < found["p90"])
    (['mean', 'p10', 'p50', 'p90'], True)
    """
    usable = _usable(features, target, groups, places, segment)
    kept, sold, regions, spots, left_out = usable
    whole = sold.sum(axis=1).to_numpy()
    if catchment is None:
        catchment = [name for name in CATCHMENT if name in kept]
    checked_features(kept, [*catchment, *([segment] if segment else [])])
    segments = values_of(kept, segment) if segment else np.full(len(kept), REST, object)
    rng = np.random.default_rng(seed)
    schemes = {KNOWN: rng.permutation(len(kept)) % MOST_FOLDS}
    if len(set(regions)) > 1:
        schemes = {NEW: _folds_of(regions, rng), **schemes}
    tables, ratios, unseen = [], {}, np.zeros(len(kept))
    for scheme, folds in schemes.items():
        judged: list[Fold] = []
        for fold in np.unique(folds):
            seen = folds != fold
            model = fit_model(kept[seen], whole[seen], regions[seen], folds[seen], catchment)
            expected = {"fit_potential": model.mean(kept[~seen], regions[~seen])}
            expected |= baselines(kept, whole, regions, spots, catchment, seen)
            judged.append(Fold(np.flatnonzero(~seen), expected))
        tables.append(evaluate(judged, whole, segments, regions, TAILS).assign(scheme=scheme))
        unseen = np.zeros(len(kept))
        for one in judged:
            unseen[one.rows] = one.expected["fit_potential"]
        ratios[scheme] = conformal_ratios(whole / unseen, segments, TAILS)
    taste = Taste.of(sold, regions)
    model = fit_model(kept, whole, regions, next(iter(schemes.values())), catchment)
    by_category = sold.to_numpy() / np.maximum(taste.of_rows(regions).to_numpy() * unseen[:, None], 1e-12)
    category_ratios = pd.concat(
        [conformal_ratios(by_category[:, c], np.full(len(kept), REST, object), TAILS) for c in range(sold.shape[1])]
    ).set_axis(sold.columns)
    evaluation = pd.concat(tables, ignore_index=True)
    evaluation.insert(0, "scheme", evaluation.pop("scheme"))
    found = {"evaluation": evaluation, "effects": _effects(model, kept), "taste": taste.table(), "left_out": left_out}
    return PotentialFit(model, taste, ratios, category_ratios, segment, found)


def drivers_of(
    parts: np.ndarray, names: Sequence[str], values: Sequence[object], typical: float, figure: float
) -> Drivers:
    """Split the difference of a figure from the typical one into effects that add up to it.

    Parameters
    ----------
    parts : ndarray
        Part of each driver in ln(figure / typical); they add up to it.
    names, values : sequence
        Drivers, and what each is here.
    typical, figure : float
        RMB a month.

    Examples
    --------
    >>> told = drivers_of(np.log([2.0, 0.5]), ["people", "rivals"], [400, 9], 10_000.0, 10_000.0)
    >>> told.table["effect_rmb_month"].round().tolist()
    [6931.0, -6931.0]
    >>> told.text
    'A typical store buys for 10,000 RMB a month; people 400: +6,931, rivals 9: -6,931; this one 10,000.'
    """
    step = figure - typical
    mean = typical if abs(step) < 1e-9 * typical else step / np.log(figure / typical)
    table = pd.DataFrame(
        {
            "feature": list(names),
            "value": [str(value) for value in values],
            "effect_share": np.expm1(parts),
            "effect_rmb_month": mean * np.asarray(parts, np.float64),
        }
    )
    order = np.argsort(-np.abs(table["effect_rmb_month"].to_numpy()), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    told = ", ".join(f"{r.feature} {r.value}".strip() + f": {r.effect_rmb_month:+,.0f}" for r in table.itertuples())
    return Drivers(table, f"A typical store buys for {typical:,.0f} RMB a month; {told}; this one {figure:,.0f}.")


def _usable(
    features: pd.DataFrame,
    target: pd.Series | pd.DataFrame | Sequence[float],
    groups: Groups,
    places: Groups,
    segment: str | None,
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray, pd.DataFrame]:
    """Rows with purchases: features, purchases by category, region and place; and the rows left out."""
    if not isinstance(features, pd.DataFrame):
        raise InputError("fit_potential", [f"give features as a table (DataFrame), not a {type(features).__name__}"])
    sold = target if isinstance(target, pd.DataFrame) else pd.Series(target).to_frame("purchases")
    if len(sold) != len(features):
        raise InputError("fit_potential", [f"features have {len(features):,} rows, the target has {len(sold):,}"])
    regions, spots = _of_rows(groups, features, "groups"), _of_rows(places, features, "places")
    kept = features.drop(columns=[name for name in (groups, places) if isinstance(name, str) and name != segment])
    kept = checked_features(kept)
    try:
        amounts = sold.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise InputError("the target", ["purchases must be numbers, RMB a month"]) from None
    wrong = {
        "purchases are empty": ~np.isfinite(amounts).all(axis=1),
        "purchases are negative": (np.nan_to_num(amounts) < 0).any(axis=1),
        "nothing was bought": (np.nan_to_num(amounts) == 0).all(axis=1),
    }
    reason = np.select(list(wrong.values()), list(wrong), default="")
    good = reason == ""
    if good.sum() < LEAST_ROWS:
        raise InputError(
            "fit_potential", [f"only {good.sum()} rows have purchases; give at least {LEAST_ROWS} stores with a till"]
        )
    left_out = pd.DataFrame({"row": np.flatnonzero(~good), "reason": reason[~good]})
    sold = pd.DataFrame(amounts[good], columns=[str(name) for name in sold.columns])
    kept = kept[good].reset_index(drop=True)
    return kept, sold, regions[good], spots[good] if places is not None else regions[good], left_out


def _of_rows(groups: Groups, features: pd.DataFrame, what: str) -> np.ndarray:
    """Region or place of each row."""
    if groups is None:
        return np.full(len(features), "", object)
    if isinstance(groups, str):
        if groups not in features:
            raise InputError(what, [f"features have no column {groups}"])
        groups = features[groups]
    found = np.asarray(groups, object)
    if len(found) != len(features):
        raise InputError(what, [f"there are {len(found):,} of them for {len(features):,} rows"])
    return found.astype(str).astype(object)


def _folds_of(regions: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fold of each row; a region is never parted."""
    names, code = np.unique(regions.astype(str), return_inverse=True)
    return (rng.permutation(len(names)) % MOST_FOLDS)[code]


def _effects(model: Model, features: pd.DataFrame) -> pd.DataFrame:
    """Effect of each number at its 16th and 84th percentile, and of each word, against the typical store."""
    rows = []
    for part in model.design.parts:
        values = values_of(features, part.name)
        levels = (
            list(part.words) if isinstance(part, Words) else [float(q) for q in np.nanquantile(values, (0.16, 0.84))]
        )
        tried = features.iloc[np.zeros(len(levels), np.int64)].assign(**{part.name: levels})
        effects = np.expm1(model.parts(tried, np.full(len(levels), "", object))[part.name])
        said = [level if isinstance(level, str) else f"{level:,.4g}" for level in levels]
        rows += [(part.name, *pair) for pair in zip(said, effects, strict=True)]
    return pd.DataFrame(rows, columns=["feature", "value", "effect_share"])


def _said(features: pd.DataFrame, name: str) -> str:
    value = values_of(features, name)[0]
    return value if isinstance(value, str) else f"{value:,.4g}"
