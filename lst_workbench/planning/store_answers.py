"""What `StoreStudy` answers: all about a store, what a change leads to, the weeks ahead."""

from dataclasses import dataclass

import pandas as pd

from lst_workbench.demand import Drivers


@dataclass(frozen=True)
class StoreAbout:
    """All about one store.

    Attributes
    ----------
    features : Series
        Its catchment, floor and place (`store_features`).
    typical : Series
        The median store of the study, column by column; of shares the mean, so that they add up.
    potential : Series
        mean, p10, p50, p90 in RMB a month; the tails are empty where no tills taught an interval.
    catchment_alone_rmb_month, place_mean_rmb_month : float
        What people and income alone would say; the mean of the stores of its place.
    rank_share : float
        Share of the stores of the study with a lower potential.
    drivers : Drivers
        Why the potential is what it is.
    cells, rivals, twins : DataFrame
        Contracts `CatchmentLinks`, `StoreRivals`, `Similar`.
    access_m2_1000, median_access_m2_1000 : float
        Sales floor within reach of its neighbours and of the median person, for each 1,000 people.
    """

    features: pd.Series
    typical: pd.Series
    potential: pd.Series
    catchment_alone_rmb_month: float
    place_mean_rmb_month: float
    rank_share: float
    drivers: Drivers
    cells: pd.DataFrame
    rivals: pd.DataFrame
    twins: pd.DataFrame
    access_m2_1000: float
    median_access_m2_1000: float


@dataclass(frozen=True)
class StoreChange:
    """What a change of a store or beside it leads to; potentials as in `StoreAbout`.

    ``transfers`` is of contract `Transfers`, ``opened`` holds the row of the rival that was tried; both may be empty.
    """

    people_before: float
    people_after: float
    before: pd.Series
    after: pd.Series
    transfers: pd.DataFrame
    opened: pd.DataFrame


@dataclass(frozen=True)
class StoreForecast:
    """Weeks of one store, RMB over the counter.

    Attributes
    ----------
    sold : DataFrame
        week, sales_rmb; empty for a store without a till.
    expected : DataFrame
        week, mean, lo_80, hi_80, lo_95, hi_95.
    till : bool
        Whether the store's own till was forecast; otherwise its potential was spread over the season of the others.
    tills : int
        Tills that taught the season.
    """

    sold: pd.DataFrame
    expected: pd.DataFrame
    till: bool
    tills: int
