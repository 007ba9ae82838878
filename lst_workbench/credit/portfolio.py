"""What a bad year costs: the distribution of credit losses when stores default together."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from lst_workbench.contracts import Exposures, InputError, LossFactors
from lst_workbench.credit._kernels import add_tail, bucket_losses, store_losses
from lst_workbench.optim import in_chunks

Floats = NDArray[np.float64]
NATION = "nation"


@dataclass(frozen=True)
class LossParams:
    """How finely losses are drawn and where they are read.

    Parameters
    ----------
    levels : tuple of float
        Confidences of value at risk and expected shortfall.
    grades : int
        PD grades: stores of one grade and the same factors form a bucket.
    per_store_below : int
        Books of fewer stores are drawn store by store, since few stores do not average out.
    chunk : int
        Scenarios at a time; a chunk has its own stream of draws, so it alone fixes what is drawn.
    """

    levels: tuple[float, ...] = (0.95, 0.99, 0.999)
    grades: int = 50
    per_store_below: int = 2000
    chunk: int = 500


@dataclass(frozen=True)
class LossResult:
    """Losses by scenario, their risk figures with standard errors, and where the worst come from."""

    tables: dict[str, pd.DataFrame]

    def kpis(self) -> dict[str, float]:
        """Headline figures in RMB: exposure, expected loss, and by level VaR, expected shortfall and VaR - EL."""
        risk = self.tables["risk"].set_index(["measure", "level"])["rmb"]
        figures = {"exposure_rmb": float(self.tables["concentration"]["ead_rmb"].sum())}
        figures["expected_loss_rmb"] = float(risk["expected_loss"].iloc[0])
        for level in self.tables["risk"]["level"].dropna().unique():
            name = f"{100 * level:g}".replace(".", "_")
            figures[f"var_{name}_rmb"] = float(risk["value_at_risk", level])
            figures[f"es_{name}_rmb"] = float(risk["expected_shortfall", level])
            figures[f"capital_{name}_rmb"] = float(risk["value_at_risk", level] - figures["expected_loss_rmb"])
        return figures


@dataclass(frozen=True)
class _Buckets:
    threshold: Floats
    loss: Floats
    square: Floats
    ead: Floats
    expected: Floats
    member: NDArray[np.int64]
    pull: Floats
    own: float
    levels: int
    first: NDArray[np.int64]


def portfolio_loss(
    exposures: pd.DataFrame,
    factors: pd.DataFrame,
    scenarios: int = 10_000,
    seed: int = 7,
    *,
    params: LossParams | None = None,
) -> LossResult:
    r"""Draw a year's credit losses when stores share the fate of the nation, their city, their warehouse.

    Store i defaults when

    .. math:: \sum_f \sqrt{v_f} F_{f, level(i)} + \sqrt{1 - \sum v_f}\, \epsilon_i < \Phi^{-1}(pd_i)

    with every factor level and every :math:`\epsilon_i` standard normal and apart; it then costs ``ead_rmb * lgd``.
    Stores of one PD grade and the same factor levels form a bucket. Given the factors a bucket's mean and variance
    are known, and the sum of many stores is drawn as a normal; books of few stores are drawn store by store. The
    first factor is stratified (one draw in each of `scenarios` equal slices), so the errors stated, those of
    independent draws, are on the safe side.

    Parameters
    ----------
    exposures : DataFrame
        Contract `Exposures`: store_id, pd, lgd, ead_rmb, and one column for each factor other than nation.
    factors : DataFrame
        Contract `LossFactors`: factor, variance_share; shares sum to less than 1.
    scenarios : int
        Years to draw.
    seed : int
        Same seed, same losses, for any number of threads.
    params : LossParams, optional
        Tuning.

    Returns
    -------
    LossResult
        ``.tables``: ``losses`` (scenario, loss_rmb); ``risk`` (measure, level, rmb, standard_error_rmb);
        ``concentration`` (a row for each set of factor levels: ead_rmb, expected_loss_rmb, tail_loss_rmb: its part of
        expected shortfall at the highest level).

    Raises
    ------
    InputError
        Names every fault of the two tables.

    Examples
    --------
    >>> shops = pd.DataFrame({"store_id": range(5000), "pd": 0.02, "lgd": 0.65, "ead_rmb": 5000.0})
    >>> result = portfolio_loss(shops, pd.DataFrame({"factor": ["nation"], "variance_share": [0.1]}), 2000, seed=1)
    >>> kpis = result.kpis()
    >>> round(kpis["expected_loss_rmb"]), round(kpis["var_95_rmb"], -4)
    (325000, 860000.0)
    """
    params = params or LossParams()
    exposures, factors = _checked(exposures, factors, scenarios, seed, params)
    by_store = len(exposures) < params.per_store_below
    buckets = _buckets(exposures, factors, params, by_store)
    losses = np.empty(scenarios)
    for start in range(0, scenarios, params.chunk):
        stop = min(start + params.chunk, scenarios)
        common, rng = _draw_factors(start, stop, scenarios, seed, buckets, params)
        losses[start:stop] = _losses(common, rng, buckets, by_store)
    risk = _risk(losses, buckets, params)
    tail = losses >= np.quantile(losses, max(params.levels))
    concentration = _concentration(exposures, factors, tail, scenarios, seed, buckets, params)
    drawn = pd.DataFrame({"scenario": np.arange(scenarios), "loss_rmb": losses})
    return LossResult({"losses": drawn, "risk": risk, "concentration": concentration})


def _buckets(exposures: pd.DataFrame, factors: pd.DataFrame, params: LossParams, by_store: bool) -> _Buckets:
    """Group stores by factor levels and PD grade (of equal expected loss), or keep each by itself."""
    n = len(exposures)
    pd_ = exposures["pd"].to_numpy()
    loss = exposures["ead_rmb"].to_numpy() * exposures["lgd"].to_numpy()
    member, levels = np.zeros((n, len(factors)), dtype=np.int64), 0
    for f, name in enumerate(factors["factor"]):
        codes, names = (np.zeros(n, np.int64), [NATION]) if name == NATION else pd.factorize(exposures[name])
        member[:, f] = codes + levels
        levels += len(names)
    if by_store:
        group = np.arange(n)
    else:
        order = np.argsort(pd_, kind="stable")
        weight = np.cumsum(loss[order] * pd_[order] + 1e-12)
        grade = np.empty(n, dtype=np.int64)
        grade[order] = np.minimum(weight / weight[-1] * params.grades, params.grades - 1).astype(np.int64)
        key = grade
        for f in range(len(factors)):
            key = key * levels + member[:, f]
            key = np.unique(key, return_inverse=True)[1]
        group = key
    ead = np.bincount(group, exposures["ead_rmb"].to_numpy()).astype(float)
    first = np.unique(group, return_index=True)[1]
    total = np.bincount(group, loss).astype(float)
    expected = np.bincount(group, loss * pd_).astype(float)
    plain = np.bincount(group, pd_) / np.bincount(group)
    mean_pd = np.where(total > 0, expected / np.where(total > 0, total, 1.0), plain)
    shares = factors["variance_share"].to_numpy()
    return _Buckets(
        ndtri(mean_pd), total, np.bincount(group, loss**2).astype(float), ead,
        expected,        member[first], np.sqrt(shares), float(np.sqrt(1 - shares.sum())), levels, first,
    )  # fmt: skip


def _draw_factors(
    start: int, stop: int, scenarios: int, seed: int, buckets: _Buckets, params: LossParams
) -> tuple[Floats, np.random.Generator]:
    """Factor levels of scenarios start to stop; level 0, the first factor's first, is stratified over all scenarios."""
    rng = np.random.default_rng([seed, start // params.chunk])
    common = rng.standard_normal((stop - start, max(buckets.levels, 1)))
    common[:, 0] = ndtri((np.arange(start, stop) + rng.random(stop - start)) / scenarios)
    return common, rng


def _losses(common: Floats, rng: np.random.Generator, buckets: _Buckets, by_store: bool) -> Floats:
    size = len(common)
    b = buckets
    if by_store:
        total, draws = np.empty(size), rng.random((size, len(b.threshold)))

        def draw(first: int, last: int) -> None:
            part = slice(first, last)
            store_losses(common[part], b.pull, b.member, b.threshold, b.loss, b.own, draws[part], total[part])

        in_chunks(size, draw)
        return total
    mean, variance = np.empty(size), np.empty(size)

    def add_up(first: int, last: int) -> None:
        part = slice(first, last)
        bucket_losses(
            common[part], b.pull, b.member, b.threshold, b.loss, b.square, b.own, mean[part], variance[part]
        )  # fmt: skip

    in_chunks(size, add_up)
    return np.clip(mean + np.sqrt(variance) * rng.standard_normal(size), 0.0, b.loss.sum())


def _risk(losses: Floats, buckets: _Buckets, params: LossParams) -> pd.DataFrame:
    """Read mean, VaR and expected shortfall off the drawn losses, with standard errors of independent draws."""
    ordered, n = np.sort(losses), len(losses)
    rows: list[tuple[str, float, float, float]] = [
        ("expected_loss", np.nan, float(buckets.expected.sum()), 0.0),
        ("mean_drawn", np.nan, float(losses.mean()), float(losses.std(ddof=1) / np.sqrt(n))),
    ]
    for level in params.levels:
        at = float(np.quantile(ordered, level))
        beyond = ordered[ordered >= at]
        # Ranks one standard deviation of the binomial count to either side are one standard error apart.
        reach = np.sqrt(n * level * (1 - level))
        low, high = (ordered[int(np.clip(round(n * level + k * reach), 0, n - 1))] for k in (-1, 1))
        rows.append(("value_at_risk", level, at, float(high - low) / 2))
        short = float(beyond.mean())
        spread = np.sqrt((beyond.var() + level * (short - at) ** 2) / len(beyond))
        rows.append(("expected_shortfall", level, short, float(spread)))
    return pd.DataFrame(rows, columns=["measure", "level", "rmb", "standard_error_rmb"])


def _concentration(
    exposures: pd.DataFrame, factors: pd.DataFrame, tail: NDArray[np.bool_], scenarios: int, seed: int,
    buckets: _Buckets, params: LossParams,
) -> pd.DataFrame:  # fmt: skip
    """Split exposure, expected loss and the mean of the tail scenarios by factor levels; factors are drawn again."""
    share, b = np.zeros(len(buckets.loss)), buckets
    for start in range(0, scenarios, params.chunk):
        hit = tail[start : start + params.chunk]
        if hit.any():
            common, _ = _draw_factors(start, start + len(hit), scenarios, seed, b, params)
            add_tail(common[hit], b.pull, b.member, b.threshold, b.loss, b.own, share)
    names = [name for name in factors["factor"] if name != NATION]
    levels = exposures[names].iloc[b.first].reset_index(drop=True).assign(nation="all")
    split = levels.assign(ead_rmb=b.ead, expected_loss_rmb=b.expected, tail_loss_rmb=share / tail.sum())
    return split.groupby(names or ["nation"], sort=False, observed=True)[
        ["ead_rmb", "expected_loss_rmb", "tail_loss_rmb"]
    ].sum().sort_values("tail_loss_rmb", ascending=False).reset_index()  # fmt: skip


def _checked(
    exposures: pd.DataFrame, factors: pd.DataFrame, scenarios: int, seed: int, params: LossParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    factors = LossFactors.check(factors, "factors", allow_empty=False).reset_index(drop=True)
    names = [name for name in factors["factor"] if name != NATION]
    faults = []
    if not (isinstance(scenarios, int | np.integer) and scenarios >= 100):
        faults.append(f"scenarios is {scenarios}; give a whole number of at least 100")
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        faults.append(f"seed is {seed}; give a whole number of at least 0")
    if not all(0 < level < 1 for level in params.levels) or not params.levels:
        faults.append(f"levels are {params.levels}; give shares between 0 and 1")
    if (total := float(factors["variance_share"].sum())) >= 1:
        faults.append(f"variance shares sum to {total:g}; lower them so that something is left to the store itself")
    if absent := [name for name in names if name not in exposures]:
        faults.append(f"factor {', '.join(absent)} is no column of exposures; add it or name the factor nation")
    wanted = [*Exposures.columns(), *names]
    checked = Exposures.check(exposures[[c for c in wanted if c in exposures]], "exposures", allow_empty=False)
    faults += [f"column {c} has infinite values; give a number" for c in ("ead_rmb",) if np.isinf(checked[c]).any()]
    empty = {c: int(checked[c].isna().sum()) for c in names if c in checked}
    faults += [f"column {c} is empty in {rows:,} rows; fill it" for c, rows in empty.items() if rows]
    if faults:
        raise InputError("exposures or factors", faults)
    return checked.reset_index(drop=True), factors
