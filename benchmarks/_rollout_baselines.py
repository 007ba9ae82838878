"""Rules that planners use: take stores by a score, month by month or store by store, while capacities last."""

import itertools

import numba as nb
import numpy as np
import pandas as pd

WEIGHTS = tuple(itertools.product((0.2, 0.5, 1.0, 2.0), (0.0, 0.3, 1.0), (0.3, 1.0, 2.0), (0.5, 1.0)))


@nb.njit(cache=True)
def take_in_order(order, territory, warehouse, signup, care, volume, capital, visits, m3, rmb, most, month_by_month):
    """Start stores in `order` where they fit first: all of a month before the next, or each as early as it can."""
    months = rmb.size
    starts = np.full(order.size, -1, np.int8)
    taken = 0
    for sweep in range(months if month_by_month else 1):
        for i in order:
            if starts[i] >= 0 or taken >= most:
                continue
            j, w = territory[i], warehouse[i]
            for t in range(sweep, sweep + 1 if month_by_month else months):
                fits = visits[j, t] >= signup[i]
                for s in range(t, months):
                    fits = fits and m3[w, s] >= volume[i] and rmb[s] >= capital[i]
                    fits = fits and (s == t or visits[j, s] >= care[i])
                if not fits:
                    continue
                visits[j, t] -= signup[i]
                for s in range(t, months):
                    m3[w, s] -= volume[i]
                    rmb[s] -= capital[i]
                    if s > t:
                        visits[j, s] -= care[i]
                starts[i] = t
                taken += 1
                break
    return starts


class Baselines:
    """Scores of one case, and the plans they lead to; floors of quotas are beyond such rules, caps are kept."""

    def __init__(self, case):
        self.case = case
        stores = case["stores"]
        self.territory, self.warehouse = stores["territory_id"].to_numpy(), stores["warehouse_id"].to_numpy()
        names = ("visits_signup", "visits_care", "volume_m3_month", "capital_rmb")
        self.signup, self.care, self.volume, self.capital = (stores[c].to_numpy(np.float64) for c in names)
        self.value = stores["value"].to_numpy(np.float64) * stores["p_sign"].to_numpy(np.float64)
        self.visits = _wide(case["territories"], "territory_id", "visits")
        self.m3 = _wide(case["warehouses"], "warehouse_id", "capacity_m3")
        self.rmb = case["months"]["capital_rmb"].to_numpy()
        self.factor = case["months"]["value_factor"].to_numpy()
        cap = case["max_stores"]
        self.most = len(stores) if cap is None else int(cap)

    def plan(self, score, month_by_month=True):
        """Start stores by falling score."""
        order = np.argsort(-score, kind="stable")
        rooms = [room * (1 - 1e-9) for room in (self.visits, self.m3, self.rmb)]
        loads = (self.territory, self.warehouse, self.signup, self.care, self.volume, self.capital)
        return take_in_order(order, *loads, *rooms, self.most, month_by_month)

    def value_of(self, starts):
        """Objective of a plan."""
        chosen = starts >= 0
        return float((self.value[chosen] * self.factor[starts[chosen]]).sum())

    def by_scarcity(self, visits, m3, rmb, local):
        """Value per scarce resource: loads as shares of what there is, dearer where own capacities are tighter."""
        care_months = (len(self.rmb) - 1) / 2
        visit_load = (self.signup + self.care * care_months) / self.visits.sum()
        tight_visits = np.bincount(self.territory, self.signup, len(self.visits)) / self.visits.sum(axis=1)
        tight_m3 = np.bincount(self.warehouse, self.volume, len(self.m3)) / np.maximum(self.m3[:, -1], 1e-9)
        tight_visits = tight_visits / (self.signup.sum() / self.visits.sum())
        tight_m3 = tight_m3 / (self.volume.sum() / self.m3[:, -1].sum())
        cost = visits * visit_load * tight_visits[self.territory] ** local
        cost += m3 * self.volume / self.m3[:, -1].sum() * tight_m3[self.warehouse] ** local
        return self.value / (cost + rmb * self.capital / self.rmb[-1] + 0.1 / self.most)

    def tuned_weights(self):
        """Weights whose plan is worth most, of all combinations."""
        return max(WEIGHTS, key=lambda weights: self.value_of(self.plan(self.by_scarcity(*weights))))


def _wide(table, key, column):
    return table.pivot(index=key, columns="month", values=column).to_numpy(np.float64).copy()


def baseline_values(case, weights):
    """Value of each rule's plan, better of month by month and store by store."""
    rules = Baselines(case)
    gmv = case["stores"]["gmv_rmb_month"].to_numpy(np.float64)
    scores = {"top_gmv": gmv, "value_per_visit": rules.value / rules.signup, "tuned": rules.by_scarcity(*weights)}
    return pd.Series(
        {name: max(rules.value_of(rules.plan(score, way)) for way in (True, False)) for name, score in scores.items()}
    )
