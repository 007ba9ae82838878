"""What share of a basket each category has, region by region."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Taste:
    """Shares of categories: everybody's, and each region's shrunk towards it.

    Attributes
    ----------
    everywhere : Series
        Share by category; they add up to 1.
    regions : DataFrame
        Share by region (row) and category (column); rows add up to 1.
    """

    everywhere: pd.Series
    regions: pd.DataFrame

    @classmethod
    def of(cls, sold: pd.DataFrame, regions: np.ndarray) -> "Taste":
        """Learn shares from purchases by store and category.

        A region's share of a category is w × its own + (1 - w) × everybody's, w = n / (n + k), n its stores, k the
        variance of the share among stores of a region over that among regions; rows are then brought to 1.
        """
        everywhere = sold.sum() / sold.to_numpy().sum()
        own = sold.groupby(regions).sum()
        own = own.div(own.sum(axis=1), axis=0)
        shares = sold.div(sold.sum(axis=1), axis=0)
        count = shares.groupby(regions).size()
        trust = pd.DataFrame({c: _trust(shares[c], regions, count) for c in sold})
        mixed = trust * own + (1 - trust) * everywhere
        return cls(everywhere, mixed.div(mixed.sum(axis=1), axis=0))

    def of_rows(self, regions: np.ndarray) -> pd.DataFrame:
        """Give the shares of each row's region; everybody's where it is new."""
        return self.regions.reindex(regions).fillna(self.everywhere).reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """Give region, category, share."""
        return self.regions.rename_axis("region").reset_index().melt("region", var_name="category", value_name="share")


def _trust(share: pd.Series, regions: np.ndarray, count: pd.Series) -> pd.Series:
    """How far each region's own share is believed."""
    if len(count) < 2:
        return pd.Series(1.0, index=count.index)
    groups = share.groupby(regions)
    mean, rest = groups.mean(), groups.var(ddof=1).fillna(0.0)
    within = float((rest * (count - 1)).sum() / max(count.sum() - len(count), 1))
    excess = float((count * (mean - np.average(mean, weights=count)) ** 2).sum()) - (len(count) - 1) * within
    between = max(excess / (count.sum() - float((count**2).sum()) / count.sum()), 0.0)
    if between == 0:
        return pd.Series(0.0, index=count.index)
    return count / (count + within / between)
