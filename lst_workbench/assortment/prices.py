"""Price elasticity from sales of stores and weeks, under several specifications side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

SWEEPS = 2_000
CENTRED = 1e-9
WEAK = 10.0  # F of an instrument below which its estimate is not to be trusted (Staiger and Stock 1997)
MOVES = 0.25  # of the pooled coefficient: a specification that differs by more is pointed at
SPECIFICATIONS: Mapping[str, Sequence[str]] = {
    "pooled": (),
    "items": ("sku",),
    "items in stores": ("store_id*sku",),
    "items in stores, weeks": ("store_id*sku", "week"),
}


@dataclass(frozen=True)
class PriceResult:
    """Elasticities by specification; see `price_elasticity`."""

    tables: dict[str, pd.DataFrame]
    warnings: tuple[str, ...]

    def kpis(self) -> dict[str, float]:
        """Give the elasticity of each specification."""
        table = self.tables["specifications"]
        return dict(zip(table["specification"], table["elasticity"], strict=True))


def price_elasticity(
    sales: pd.DataFrame,
    specifications: Mapping[str, Sequence[str]] = SPECIFICATIONS,
    *,
    model: Literal["log", "share"] = "log",
    controls: Sequence[str] = (),
    instrument: str | None = None,
    cluster: str = "store_id",
    interval_z: float = 1.959963984540054,
) -> PriceResult:
    """Regress sales on price under several sets of fixed effects, so that what the elasticity rests on can be seen.

    ``"log"``: ln units = e ln price + controls + effects; e is the elasticity. ``"share"``: ln share - ln share of the
    outside option = b price + controls + effects (Berry 1994), the logit on market shares; the elasticity of an item is
    b price (1 - share), told as the mean over rows. Effects are swept out by alternating means, errors are clustered.

    Parameters
    ----------
    sales : DataFrame
        price_rmb, units ("log") or share ("share": of a market, the rest is the outside option), and whatever columns
        `specifications`, `cluster`, `controls` name (sku, store_id, week ...). The market of a share is column
        market, or store_id and week.
    specifications : dict
        Name -> fixed effects; ``"store_id*sku"`` is an effect for each pair. Those whose columns are missing are left
        out, and said.
    model : {"log", "share"}
        What is regressed.
    controls : list of str
        Further numeric columns: feature or display, attributes of the item.
    instrument : str, optional
        Column that moves the price and not what shoppers want (cost, prices elsewhere): adds two-stage estimates.
    cluster : str
        Column whose groups share shocks.
    interval_z : float
        Standard errors on each side in ``low`` and ``high``.

    Returns
    -------
    PriceResult
        ``tables["specifications"]``: specification, effects, instrument, rows, coefficient (of ln price or of price),
        standard_error, low, high, elasticity, first_stage_f, r2_within. ``tables["refused"]``: row, reason.
        ``warnings``: specifications that disagree, weak instruments, positive elasticities, endogeneity.

    Raises
    ------
    InputError
        When columns are missing, no row is sound, or prices do not vary within any specification.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> sales = pd.DataFrame({"store_id": np.repeat(range(20), 50), "sku": "tea", "week": np.tile(range(50), 20)})
    >>> rich = np.repeat(rng.normal(size=20), 50)
    >>> sales["price_rmb"] = np.exp(0.3 * rich + rng.normal(0, 0.2, 1000))
    >>> sales["units"] = np.exp(3 + rich - 2 * np.log(sales["price_rmb"]) + rng.normal(0, 0.2, 1000))
    >>> found = price_elasticity(sales).tables["specifications"]
    >>> found[["specification", "elasticity"]].round(1)
                specification  elasticity
    0                  pooled        -0.5
    1                   items        -0.5
    2         items in stores        -2.0
    3  items in stores, weeks        -2.0
    """
    rows, refused = _sound(sales, model, controls, instrument, cluster)
    wanted, price = _sides(rows, model)
    said: list[str] = []
    told = []
    for name, effects in specifications.items():
        if lacks := sorted({part for effect in effects for part in effect.split("*")} - set(sales.columns)):
            said.append(f"specification {name} is left out: column {', '.join(lacks)} is missing.")
            continue
        codes = [pd.factorize(pd.MultiIndex.from_frame(rows[effect.split("*")]))[0] for effect in effects]
        sides = np.column_stack([wanted, price, *(rows[extra].to_numpy(float) for extra in controls)])
        lever = rows[instrument].to_numpy(float) if instrument else None
        group = pd.factorize(rows[cluster])[0]
        for with_lever in (False, True) if instrument else (False,):
            fit = _fit(sides, codes, group, lever if with_lever else None)
            if fit is None:
                said.append(f"specification {name} is left out: prices do not vary within its effects.")
                break
            told.append({"specification": name, "effects": " + ".join(effects) or "none",
                         "instrument": instrument if with_lever else None, "rows": len(rows), **fit})  # fmt: skip
    if not told:
        raise InputError("sales", ["prices do not vary within any specification", *said])
    table = pd.DataFrame(told)
    wide = interval_z * table["standard_error"]
    table = table.assign(low=table["coefficient"] - wide, high=table["coefficient"] + wide)
    slope = 1.0 if model == "log" else float((rows["price_rmb"] * (1 - rows["share"])).mean())
    table["elasticity"] = table["coefficient"] * slope
    return PriceResult({"specifications": table, "refused": refused}, tuple(said + _doubts(table, instrument)))


def _sound(
    sales: pd.DataFrame, model: str, controls: Sequence[str], instrument: str | None, cluster: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that can be used; the others with the reason."""
    size = {"log": "units", "share": "share"}.get(model)
    if size is None:
        raise InputError("model", [f"{model} is neither log nor share"])
    numeric = [size, "price_rmb", *controls, *([instrument] if instrument else [])]
    if missing := [name for name in [*numeric, cluster] if name not in sales]:
        has = ", ".join(map(str, sales.columns[:12]))
        raise InputError("sales", [f"it lacks {', '.join(missing)}; it has {has}"])
    rows = sales.assign(**{name: pd.to_numeric(sales[name], errors="coerce") for name in numeric})
    checks = [
        (~(rows["price_rmb"] > 0), "has no price above 0"),
        (~(rows[size] > 0), f"has {size} of 0 or none, which has no logarithm: the elasticity is that of what sold"),
        *[(~np.isfinite(rows[name]), f"has no finite {name}") for name in numeric[2:]],
        (rows[cluster].isna(), f"has no {cluster}"),
    ]
    if model == "share":
        checks.append((rows["share"] >= 1, "has a share of 1 or more; give shares of a market with an outside option"))
    bad, parts = np.zeros(len(rows), bool), []
    for fault, words in checks:
        new = fault.to_numpy() & ~bad
        bad |= new
        who = [f"row {row} {words}" for row in rows.index[new]]
        parts.append(pd.DataFrame({"row": rows.index[new], "reason": who}))
    refused = pd.concat(parts, ignore_index=True)
    if bad.all():
        raise InputError("sales", ["no row can be used", *refused["reason"].head(3)])
    return rows[~bad], refused


def _sides(rows: pd.DataFrame, model: str) -> tuple[np.ndarray, np.ndarray]:
    """Give what is explained, and the price as it enters."""
    if model == "log":
        return np.log(rows["units"].to_numpy(float)), np.log(rows["price_rmb"].to_numpy(float))
    keys = ["market"] if "market" in rows else [name for name in ("store_id", "week") if name in rows]
    if not keys:
        raise InputError("sales", ["column market is missing; it says which shares add up to 1 with the outside"])
    outside = 1 - rows.groupby(keys)["share"].transform("sum")
    if (outside <= 0).any():
        where = rows.loc[outside <= 0, keys].iloc[0].to_dict()
        raise InputError("sales", [f"shares of {where} sum to 1 or more; leave room for the outside option"])
    return np.log(rows["share"] / outside).to_numpy(float), rows["price_rmb"].to_numpy(float)


def _swept(columns: np.ndarray, codes: list[np.ndarray]) -> np.ndarray:
    """Columns without their means by every effect (the overall mean where there is none), by turns until at rest."""
    left = columns - columns.mean(axis=0)
    scale = np.maximum(np.abs(left).max(axis=0), 1e-300)
    counts = [np.bincount(code) for code in codes]
    for _ in range(SWEEPS if len(codes) > 1 else min(len(codes), 1)):
        before = left
        for code, count in zip(codes, counts, strict=True):
            means = np.column_stack([np.bincount(code, column) for column in left.T]) / count[:, None]
            left = left - means[code]
        if (np.abs(left - before).max(axis=0) < CENTRED * scale).all():
            break
    return left


def _fit(
    sides: np.ndarray, codes: list[np.ndarray], group: np.ndarray, lever: np.ndarray | None
) -> dict[str, float] | None:
    """Least squares (or two stages) on swept columns with clustered errors; none where the price does not vary."""
    left = _swept(sides if lever is None else np.column_stack([sides, lever]), codes)
    count = sides.shape[1]
    y, x = left[:, 0], left[:, 1:count]
    z = x if lever is None else np.column_stack([left[:, count], x[:, 1:]])
    fitted, strength = x, np.nan
    if lever is not None:
        first = np.linalg.lstsq(z, x[:, 0], rcond=None)[0]
        fitted = np.column_stack([z @ first, x[:, 1:]])
        strength = first[0] ** 2 / _variance(z, x[:, 0] - z @ first, group)[0, 0]
    varies = float(fitted[:, 0] @ fitted[:, 0]) > CENTRED * max(float(sides[:, 1] @ sides[:, 1]), 1e-300)
    if not varies:
        return None
    beta = np.linalg.lstsq(fitted, y, rcond=None)[0]
    error = float(np.sqrt(_variance(fitted, y - x @ beta, group)[0, 0]))
    r2 = 1 - float(((y - x @ beta) ** 2).sum() / max(float(y @ y), 1e-300))
    return {"coefficient": float(beta[0]), "standard_error": error, "first_stage_f": float(strength), "r2_within": r2}


def _variance(x: np.ndarray, left: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Clustered sandwich, with factor G / (G - 1)."""
    groups = int(group.max()) + 1
    scores = np.column_stack([np.bincount(group, column * left, groups) for column in x.T])
    bread = np.linalg.pinv(x.T @ x)
    return bread @ (scores.T @ scores) @ bread * groups / max(groups - 1, 1)


def _doubts(table: pd.DataFrame, instrument: str | None) -> list[str]:
    said = [
        f"{name} gives a positive elasticity ({value:.2f}): price follows demand or stands for quality there."
        for name, value in table[["specification", "elasticity"]].itertuples(index=False)
        if value > 0
    ]
    first, last = table["elasticity"].iloc[0], table["elasticity"].iloc[-1]
    if len(table) > 1 and abs(last - first) > MOVES * abs(first):
        said.append(
            f"the elasticity moves from {first:.2f} ({table['specification'].iloc[0]}) to {last:.2f} "
            f"({table['specification'].iloc[-1]}): name the specification wherever it is used."
        )
    weak = table["first_stage_f"] < WEAK
    said += [f"{instrument} hardly moves the price within {name}." for name in table.loc[weak, "specification"]]
    if instrument is None:
        said.append("prices set in answer to demand bias every specification; fixed effects do not cure that.")
    return said
