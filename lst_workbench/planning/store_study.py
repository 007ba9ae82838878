"""Everything the models say of single stores: who shops there, who competes, potential, forecast, what follows if."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.catchment import (
    HuffParams,
    cell_access,
    find_similar,
    store_cells,
    store_rivals,
    transfer_shoppers,
)
from lst_workbench.contracts import InputError
from lst_workbench.demand import (
    Drivers,
    ForecastParams,
    PotentialFit,
    drivers_of,
    fit_potential,
    forecast_panel,
    potential_of_stores,
    spend_per_head,
)
from lst_workbench.market import Market, read_sales
from lst_workbench.planning.demand_inputs import PLACE, REGION, SEGMENT, store_features
from lst_workbench.planning.store_answers import StoreAbout, StoreChange, StoreForecast

Figures = Mapping[str, Any] | Scenario
KM_A_DEGREE = 111.2
LEAST_TILLS = 40  # fewer teach nothing that could be judged
MOST_TILLS = 2_000  # that a forecast on a page looks at
WEEKS_A_MONTH = 365 / 12 / 7
HORIZON = 26
TAILS = ("mean", "p10", "p50", "p90")
TWINS_BY = ("people", "income_index", "shopper_share", "rivals", "area_m2", "distance_km")
# Features that a person takes for one thing.
DRIVERS = {
    "people": "people",
    "income_index": "income",
    "area_m2": "area",
    "store_kind": "kind",
    "rivals": "rivals",
    "shopper_share": "rivals",
    "people_nearby": "rivals",
    "distance_km": "people",
    "region": "place",
}


@dataclass(frozen=True)
class Tills:
    """Sales of the shops with a till (contract `Sales`), and their weeks, forecast once."""

    sales: pd.DataFrame

    @cached_property
    def weeks(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Weeks of the tills, their forecasts, and a usual till's weeks as shares of its usual week."""
        weekly = self.sales.groupby(["store_id", "week"], as_index=False)["sales_rmb"].sum()
        weekly = weekly.set_axis(["series_id", "period", "quantity"], axis=1)
        kept = weekly["series_id"].drop_duplicates().head(MOST_TILLS)
        weekly = weekly[weekly["series_id"].isin(kept)]
        found = pd.DataFrame(forecast_panel(weekly, HORIZON, params=ForecastParams(sample=500)))
        last = weekly["period"].max() - pd.Timedelta(weeks=52)
        usual = weekly[weekly["period"] > last].groupby("series_id")["quantity"].mean()
        total = found.groupby("period")["mean"].sum() / usual.sum()
        bands = [name for name in found if str(name).startswith(("lo_", "hi_"))]
        ratios = found[bands].div(found["mean"].where(found["mean"] > 0), axis=0).clip(lower=0.02)
        typical = ratios.groupby(found["period"]).median()
        profile = pd.concat([total.rename("mean"), typical], axis=1).rename_axis("week").reset_index()
        return weekly, found, profile


@dataclass(frozen=True)
class StoreStudy:
    """Stores around one prefecture with all that questions about single ones need; made by `study_stores`."""

    market: Market
    figures: Figures
    params: HuffParams
    features: pd.DataFrame
    potentials: pd.DataFrame
    alone_rmb_month: pd.Series
    spend_rmb_month: float
    fit: PotentialFit | None
    factor: float
    tills: Tills | None

    @property
    def has_tills(self) -> bool:
        """Whether there are enough tills for intervals and a season."""
        return self.fit is not None

    def about(self, store_id: int) -> StoreAbout:
        """Tell all about one store.

        Raises
        ------
        InputError
            The store is not in the study.
        """
        row = self._row(store_id)
        features, potential = self.features.iloc[row], self.potentials.iloc[row]
        stores, cells = self.market.stores, self.market.cells
        place = (self.features[PLACE] == features[PLACE]).to_numpy()
        by = [name for name in TWINS_BY if self.features[name].notna().any()]
        home = stores.loc[stores["store_id"] == store_id, "h3_8"].iloc[0]
        here = self.access.loc[self.access["h3_8"] == home, "access_m2_1000"]
        return StoreAbout(
            features,
            _typical(self.features),
            potential,
            float(self.alone_rmb_month.iloc[row]),
            float(self.potentials.loc[place, "mean"].mean()),
            float((self.potentials["mean"] < potential["mean"]).mean()),
            self._drivers(row),
            store_cells(store_id, stores, cells, self.params),
            store_rivals(store_id, stores, cells, self.params),
            find_similar(self.features, [store_id], key="store_id", features=by, n=3),
            float(here.iloc[0]) if len(here) else np.nan,
            float(self.access["access_m2_1000"].median()),
        )

    def what_if(
        self, store_id: int, *, area_m2: float | None = None, rival_km: float | None = None, rival_m2: float = 100.0
    ) -> StoreChange:
        """Say what follows when the store changes its floor, or a rival opens to the north of it.

        Parameters
        ----------
        store_id : int
            The store.
        area_m2 : float, optional
            Its new sales floor.
        rival_km, rival_m2 : float
            How far away a rival opens, and its floor; nobody opens without a distance.
        """
        row = self._row(store_id)
        before, base = self.potentials.iloc[row], self.features.iloc[[row]]
        changes: dict[str, Any] = {}
        if area_m2 is not None and area_m2 != float(base["area_m2"].iloc[0]):
            changes["renovated"] = {store_id: area_m2}
        if rival_km:
            changes["opened"] = self._rival(store_id, rival_km, rival_m2)
        if not changes:
            people = float(base["people"].iloc[0])
            return StoreChange(people, people, before, before, pd.DataFrame(), pd.DataFrame())
        moved = transfer_shoppers(self.market.stores, self.market.cells, self.params, **changes).tables["transfers"]
        own = moved.set_index("store_id").loc[store_id]
        was, now = float(own["people_before"]), float(own["people_after"])
        power = float(own["buying_power_after"] / max(own["buying_power_before"], 1e-9))
        if self.fit is None:
            after = before * power
        else:
            nearby = max(float(base["people_nearby"].iloc[0]), 1e-9)
            changed = base.assign(
                people=now,
                income_index=float(own["buying_power_after"]) / max(now, 1e-9),
                shopper_share=min(now / nearby, 1.0),
                rivals=int(base["rivals"].iloc[0]) + int("opened" in changes),
                area_m2=area_m2 if area_m2 is not None else base["area_m2"],
            )
            after = self.fit.predict(changed, REGION).iloc[0][list(TAILS)] * self.factor
        return StoreChange(was, now, before, after, moved, changes.get("opened", pd.DataFrame()))

    def forecast(self, store_id: int) -> StoreForecast | None:
        """Forecast the weeks of a store; None where the market has no tills.

        A store with a till has its own forecast. Any other has its potential, as sales over the counter, times the
        season of the tills; its interval joins the potential's and the weeks' (logarithms, as independent).
        """
        if self.tills is None or self.fit is None:
            return None
        weekly, found, profile = self.tills.weeks
        tills = int(found["series_id"].nunique())
        own = found[found["series_id"] == store_id]
        sold = weekly[weekly["series_id"] == store_id].rename(columns={"period": "week", "quantity": "sales_rmb"})
        if len(own):
            expected = own.rename(columns={"period": "week"}).drop(columns="series_id")
            return StoreForecast(sold[["week", "sales_rmb"]], pd.DataFrame(expected), True, tills)
        potential = self.potentials.iloc[self._row(store_id)]
        level = potential["mean"] / (1 - self.figures["store.gross_margin"]) / WEEKS_A_MONTH
        mean = level * profile["mean"].to_numpy()
        columns = {"week": profile["week"], "mean": mean}
        for share, far in ((80, 1.0), (95, 1.5294)):  # 1.5294 = z(97.5%) / z(90%)
            for side, tail in (("lo", "p10"), ("hi", "p90")):
                of_week = np.log(profile[f"{side}_{share}"].to_numpy())
                of_store = far * np.log(potential[tail] / potential["mean"]) if pd.notna(potential[tail]) else 0.0
                sign = -1.0 if side == "lo" else 1.0
                columns[f"{side}_{share}"] = mean * np.exp(sign * np.hypot(of_week, of_store))
        return StoreForecast(sold[["week", "sales_rmb"]], pd.DataFrame(columns), False, tills)

    def with_params(self, params: HuffParams) -> "StoreStudy":
        """Study the same stores with other catchments."""
        return _study(self.market, self.figures, params, self.tills)

    @cached_property
    def access(self) -> pd.DataFrame:
        """Access of every cell: contract `CellAccess`."""
        return cell_access(self.market.stores, self.market.cells, self.params)

    def _row(self, store_id: int) -> int:
        rows = np.flatnonzero(self.features["store_id"].to_numpy() == store_id)
        if not len(rows):
            raise InputError("the study of stores", [f"there is no store {store_id}; use a store_id of the market"])
        return int(rows[0])

    def _drivers(self, row: int) -> Drivers:
        """Parts of the potential in the logarithm, put together as people think of them."""
        of = self.features.iloc[row]
        if self.fit is None:
            logs = np.log(self.features[["people", "income_index"]].clip(lower=1e-6))
            typical = logs.mean()
            parts = (logs.iloc[row] - typical).rename({"income_index": "income"})
            base = self.spend_rmb_month * float(np.exp(typical.sum()))
        else:
            kept = self.features.iloc[[row]]
            raw = self.fit.model.parts(kept, kept[REGION].astype(str).to_numpy(object)).iloc[0]
            parts = raw.groupby([_driver(name) for name in raw.index]).sum()
            base = self.factor * self.fit.model.scale * float(np.exp(self.fit.model.level))
        values = {"people": f"{of['people']:,.0f}", "income": f"{of['income_index']:.2f}"}
        values |= {"area": f"{of['area_m2']:,.0f} m²", "rivals": f"{of['rivals']:,.0f}"}
        said = [values.get(name, "") for name in parts.index]
        return drivers_of(parts.to_numpy(), list(parts.index), said, base, base * float(np.exp(parts.sum())))

    def _rival(self, store_id: int, km: float, area_m2: float) -> pd.DataFrame:
        stores = self.market.stores
        row = stores[stores["store_id"] == store_id]
        new_id = int(stores["store_id"].max()) + 1
        return row.assign(store_id=new_id, area_m2=area_m2, lat=row["lat"] + km / KM_A_DEGREE)


def study_stores(
    market: Market, prefecture_code: int | None, figures: Figures, *, params: HuffParams | None = None
) -> StoreStudy:
    """Put together what questions about the stores of one prefecture, or of the whole market, need.

    Stores and cells of a box around the prefecture are looked at, everybody who competes there with them. Where at
    least 40 shops have a till, the potential is learned from them and brought to the level of the register; otherwise
    it is people times spend a head.

    Parameters
    ----------
    market : Market
        The market; it may be the nation.
    prefecture_code : int or None
        Prefecture of the stores to ask about; None for all of the market.
    figures : mapping
        Planning figures: catchment, store.purchases_month, store.gross_margin, market.people_per_store, …
    params : HuffParams, optional
        Of the catchments; those of `figures` by default.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> study = study_stores(read_market(data_folder() / "sample"), 341000, load_scenario("base"))
    >>> found = study.about(341000000000)
    >>> bool(found.potential["p10"] < found.potential["p50"] < found.potential["p90"])
    True
    """
    given = HuffParams.of(figures) if params is None else params
    local = market if prefecture_code is None else _around(market, prefecture_code, given.radius_km)
    sales = read_sales(local)
    return _study(local, figures, given, None if sales is None or sales.empty else Tills(sales))


def _study(market: Market, figures: Figures, params: HuffParams, tills: Tills | None) -> StoreStudy:
    features = store_features(market, params)
    served = float(features["people"].sum() / max(market.cells["people"].sum(), 1.0))
    tobacco = figures["store.tobacco_share"] * figures["demand.tobacco_in_base_share"]
    spend = spend_per_head(
        figures["store.purchases_month"], figures["market.people_per_store"], tobacco, min(max(served, 1e-6), 1.0)
    )
    alone = potential_of_stores(features, spend, figures["platform.wallet_share"])["potential_rmb_month"]
    fit, factor, potentials = None, 1.0, pd.DataFrame({name: np.nan for name in TAILS}, index=features.index)
    potentials["mean"] = alone.astype(float)
    purchases = _purchases(tills, features["store_id"], 1 - figures["store.gross_margin"])
    if purchases.notna().sum() >= LEAST_TILLS:
        till = purchases.notna().to_numpy()
        fit = fit_potential(features[till], purchases[till], REGION, places=PLACE, segment=SEGMENT)
        plain = fit.predict(features, REGION)
        factor = float(alone.mean() / plain["mean"].mean())
        potentials = plain[list(TAILS)] * factor
    return StoreStudy(market, figures, params, features, potentials, alone, spend, fit, factor, tills)


def _purchases(tills: Tills | None, stores: pd.Series, cost_share: float) -> pd.Series:
    """Bring what each till sold in the last year to purchases a month; empty without a till."""
    if tills is None:
        return pd.Series(np.nan, index=range(len(stores)))
    sales = tills.sales
    year = sales[sales["week"] > sales["week"].max() - pd.Timedelta(weeks=52)]
    weeks = year.groupby("store_id")["week"].nunique()
    monthly = year.groupby("store_id")["sales_rmb"].sum() / weeks * WEEKS_A_MONTH * cost_share
    return monthly.reindex(stores.to_numpy()).reset_index(drop=True).astype(float)


def _around(market: Market, prefecture_code: int, radius_km: float) -> Market:
    """Cut the market to a box four radii wider than the prefecture."""
    inside = market.stores[market.stores["prefecture_code"] == prefecture_code]
    if inside.empty:
        raise InputError("the study of stores", [f"the market has no store in prefecture {prefecture_code}"])
    room = 4 * radius_km / KM_A_DEGREE
    lat, lon = inside["lat"], inside["lon"]
    wide = room / max(float(np.cos(np.radians(lat.abs().max()))), 0.1)

    def near(table: pd.DataFrame) -> pd.DataFrame:
        kept = table["lat"].between(lat.min() - room, lat.max() + room)
        kept &= table["lon"].between(lon.min() - wide, lon.max() + wide)
        return table[kept].reset_index(drop=True)

    tables = {**market.tables, "stores": near(market.stores), "cells": near(market.cells)}
    return replace(market, tables=tables)


def _typical(features: pd.DataFrame) -> pd.Series:
    numbers = features.select_dtypes("number")
    shares = [name for name in numbers if str(name).endswith("_share")]
    return pd.concat([numbers.drop(columns=shares).median(), numbers[shares].mean()])


def _driver(name: str) -> str:
    if name.startswith("place_"):
        return "place"
    return "settlement" if name.endswith("_share") and name not in DRIVERS else DRIVERS.get(name, "settlement")
