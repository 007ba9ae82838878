"""Promotions taken out of sales before a level is learned, and put back into what is expected."""

from dataclasses import replace

import numpy as np

from lst_workbench.demand.panel import Panel

LEAST_PROMOTED = 30  # periods from which an uplift can be told
LEAST_UPLIFT, MOST_UPLIFT = 0.5, 10.0
LEAN_PERIODS = 8  # that the panel's share of promoted periods weighs in a series' own


def without_promotions(panel: Panel) -> tuple[Panel, np.ndarray]:
    """Bring promoted periods to the usual level by the pooled uplift; say what promotions add to a usual period.

    The second value, a factor a series, is 1 + share of periods promoted × (uplift - 1): promotions to come are not
    known, but go on as often as before. Shares lean on the panel's.
    """
    none = panel, np.ones(len(panel.ids))
    if panel.promoted is None or not panel.promoted.any():
        return none
    usual = np.where(panel.promoted, np.nan, panel.quantity)
    known = ~np.isnan(usual)
    level = np.where(known, usual, 0).sum(1) / np.maximum(known.sum(1), 1)
    seen = panel.promoted & ~np.isnan(panel.quantity)
    base = float((level[:, None] * seen).sum())
    if seen.sum() < LEAST_PROMOTED or base <= 0:
        return none
    uplift = float(np.clip(float(panel.quantity[seen].sum()) / base, LEAST_UPLIFT, MOST_UPLIFT))
    quantity = np.where(panel.promoted, panel.quantity / np.float32(uplift), panel.quantity)
    times, periods = seen.sum(1), (known | seen).sum(1)
    share = (times + LEAN_PERIODS * times.sum() / periods.sum()) / (periods + LEAN_PERIODS)
    return replace(panel, quantity=quantity), 1 + share * (uplift - 1)
