"""Credit of a market: every store scored, limits within budgets, orders capped by them, and what a bad year costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import CreditPlan, InputError, LstError
from lst_workbench.credit import (
    LimitParams,
    LimitResult,
    ModelCard,
    Scorecard,
    cutoff_table,
    fit_scorecard,
    infer_rejects,
    limit_frontier,
    model_card,
    portfolio_loss,
    register_stresses,
    score_stores,
    stress_losses,
)
from lst_workbench.market import Market, read_credit
from lst_workbench.planning.credit_inputs import (
    FEATURES,
    MONOTONE,
    SEGMENTS,
    applications_of,
    starts_of,
    stores_today,
)
from lst_workbench.planning.credit_levers import (
    CreditLevers,
    Figures,
    budgets_of,
    capital_of,
    checked,
    fairness_of,
    margin_of,
)
from lst_workbench.planning.credit_loop import SettledLimits, settle_limits
from lst_workbench.planning.credit_orders import Orders, orders_of
from lst_workbench.planning.store_study import study_stores
from lst_workbench.planning.wave_inputs import first_day

FACTORS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
SCENARIOS = 2_000
TAIL = 0.999
GAP, STEPS_OF_PRICES = 2e-3, 40  # stores that stand or fall whole leave such a gap anyway
STRESSED = ("credit.npl_stress", "credit.lockdown_default_share", "credit.festival_default_share")
# Columns of risk and bad years where nobody gets credit and there is nothing to lose.
RISK = ["measure", "level", "rmb", "standard_error_rmb"]
BAD_YEARS = ["stress", "scope", "ead_share", "default_share", "loss_rmb", "extra_loss_rmb", "capital_rmb"]
# What an owner can do about a score, and by how much: months of history, a larger order, bills paid on time.
STEPS: tuple[tuple[str, Callable[[float], float]], ...] = (
    ("late_share", lambda value: 0.0),
    ("months_known", lambda value: value + 6),
    ("order_rmb_month", lambda value: value * 1.25),
)
Told = Callable[[str, float], None]


@dataclass(frozen=True)
class CreditDecision:
    """Limits of all stores and what they come to.

    Attributes
    ----------
    plan : DataFrame
        Contract `CreditPlan`, a row a store.
    kpis : dict
        Stores served, RMB lent, financed, net margin, expected and tail loss, VaR of all stores together, rounds.
    stress, risk, fairness, budgets, rounds : DataFrame
        Bad years of the register; figures of `portfolio_loss`; approval and limits by group of stores; use and price
        of each budget; the loop, a row a round.
    limits : LimitResult
        Of the last round, with its certificate.
    """

    levers: CreditLevers
    plan: pd.DataFrame
    kpis: dict[str, float]
    stress: pd.DataFrame
    risk: pd.DataFrame
    fairness: pd.DataFrame
    budgets: pd.DataFrame
    rounds: pd.DataFrame
    limits: LimitResult

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables to keep, by name."""
        names = ("stress", "risk", "fairness", "budgets", "rounds")
        kpis = pd.DataFrame({"name": list(self.kpis), "value": list(self.kpis.values())})
        return {"credit_plan": self.plan, "kpis": kpis} | {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class CreditStudy:
    """Stores scored and their orders; made by `study_credit`, asked by `decide`.

    ``card`` scores all who ask, ``known`` is the score of those whose outcome is known; ``starts`` (store_id, month,
    warehouse) says when and from where a plan serves each store, None without a plan.
    """

    figures: Figures
    market: Market
    history: pd.DataFrame
    applications: pd.DataFrame
    stores: pd.DataFrame
    card: Scorecard
    told: ModelCard
    assumption: str
    scores: pd.DataFrame
    orders: Orders
    margin_share: float
    today: pd.Timestamp
    known: Scorecard
    starts: pd.DataFrame | None = None

    @property
    def levers(self) -> CreditLevers:
        """Levers as the register has them, at the scale of the market; the cut-off is open."""
        capital = capital_of(self.figures)
        return CreditLevers(
            capital,
            capital * float(self.figures["credit.loss_budget_share"]),
            capital * float(self.figures["credit.tail_budget_share"]),
        )

    @cached_property
    def cutoffs(self) -> pd.DataFrame:
        """What each cut-off approves, loses and earns (`cutoff_table`), over all stores."""
        return cutoff_table(self.scores, margin_share=self.margin_share, lgd=float(self.figures["credit.lgd"]))

    def frontier(self, levers: CreditLevers) -> pd.DataFrame:
        """Best margin as the loss budget moves (`limit_frontier`), other levers as they stand.

        What a smaller budget earns a larger one earns too: where the search found less, the smaller one's limits stand.
        """
        asked = self.asked(levers)
        found = limit_frontier(asked, budgets_of(levers, asked), "expected_loss", FACTORS, params=self.params)
        best = [int(found["net_margin_rmb"].iloc[: at + 1].argmax()) for at in range(len(found))]
        kept = ["net_margin_rmb", "expected_loss_rmb", "tail_loss_rmb", "limits_rmb", "stores_with_credit"]
        return found.assign(**{name: found[name].to_numpy()[best] for name in kept})

    def decide(self, levers: CreditLevers, rounds: int = 6, caps: pd.DataFrame | None = None) -> CreditDecision:
        """Allocate limits and cap orders in turn until they agree (`settle_limits`), or a number of rounds is over.

        Parameters
        ----------
        levers : CreditLevers
            What management decides.
        rounds : int
            Most rounds.
        caps : DataFrame, optional
            Further budgets of cities, warehouses and months, contract `CreditBudgets`.

        Raises
        ------
        InputError
            A lever is out of range, or a cap names what stores lack.
        """
        checked(levers, rounds)
        asked = self.asked(levers)
        cash = (1 - float(self.figures["capital.credit_share"])) * self.orders.wish_rmb
        found = settle_limits(asked, budgets_of(levers, asked, caps), self.params, self.orders, cash, rounds)
        return self._decision(levers, found)

    def what_raises(self, store_id: int) -> pd.DataFrame:
        """Say what would raise the score of a store: change, from, to, points gained, PD after; most gained first."""
        row = self._row(store_id)
        now = self.card.score(row).iloc[0]
        found = []
        for name, step in STEPS:
            if name not in {b.feature for b in self.card.bins}:
                continue
            value = float(row[name].iloc[0])
            start = 0.0 if pd.isna(value) else value
            tried = step(start) if start or name != "order_rmb_month" else float(self.stores[name].median())
            after = self.card.score(row.assign(**{name: tried})).iloc[0]
            found.append((name, value, tried, after["points"] - now["points"], after["pd"]))
        table = pd.DataFrame(found, columns=["change", "now", "then", "points_gained", "pd_after"])
        return table[table["points_gained"] > 0].sort_values("points_gained", ascending=False, ignore_index=True)

    def contributions(self, store_id: int) -> pd.DataFrame:
        """Points of each feature of a store against the usual store: feature, value, points; worst first."""
        row = self._row(store_id)
        base = float(self.card.score(row)["points"].iloc[0])
        usual = self.stores.median(numeric_only=True)
        names = [b.feature for b in self.card.bins]
        found = []
        for name in names:
            other = usual[name] if name in usual else self.stores[name].mode().iloc[0]
            changed = self.card.score(row.assign(**{name: other}))["points"].iloc[0]
            found.append((name, row[name].iloc[0], other, base - float(changed)))
        table = pd.DataFrame(found, columns=["feature", "value", "usual", "points"])
        return table.sort_values("points", ignore_index=True)

    def _row(self, store_id: int) -> pd.DataFrame:
        row = self.stores[self.stores["store_id"] == store_id]
        if row.empty:
            raise InputError("the study of credit", [f"there is no store {store_id}; use a store_id of the market"])
        return row

    def asked(self, levers: CreditLevers) -> pd.DataFrame:
        """List stores as `allocate_limits` wants them; those beyond the cut-off need nothing."""
        need = float(self.figures["capital.credit_share"]) * self.orders.wish_rmb
        pd_ = self.scores["pd"].to_numpy()
        table = pd.DataFrame(
            {
                "store_id": self.stores["store_id"].to_numpy(),
                "pd": pd_.clip(1e-6, 1 - 1e-6),
                "need_rmb": np.where(pd_ <= levers.pd_cut, need, 0.0),
                "margin_share": self.margin_share,
                "lgd": float(self.figures["credit.lgd"]),
                "city": self._city.to_numpy(),
            }
        )
        if self.starts is None:
            return table
        return table.merge(self.starts, on="store_id", how="left", validate="one_to_one")

    @cached_property
    def _city(self) -> pd.Series:
        """Where credit concentrates: the prefecture, or the county where the market is one prefecture."""
        stores = self.market.stores.set_index("store_id").loc[self.stores["store_id"]]
        if stores["prefecture_code"].nunique() > 1:
            return stores["prefecture_code"].astype(str)
        county = self.market.places.set_index("place_id")["county_code"]
        return stores["place_id"].map(county).astype(str)

    @cached_property
    def params(self) -> LimitParams:
        """How margin and risk bend with a limit, from the register."""
        figures = self.figures
        return LimitParams(
            pd_growth=float(figures["credit.pd_growth"]), min_useful_rmb=float(figures["credit.min_limit_rmb"]),
            tail_level=TAIL, gap=GAP, steps=STEPS_OF_PRICES,
        )  # fmt: skip

    def _decision(self, levers: CreditLevers, found: SettledLimits) -> CreditDecision:
        result, rounds = found.limits, found.rounds
        limits = result.tables["limits"]
        of = self.market.stores.set_index("store_id").loc[self.stores["store_id"]]
        need = float(self.figures["capital.credit_share"]) * self.orders.wish_rmb
        scored = self.scores[["pd", "pd_low", "pd_high", "points", "told_share"]].reset_index(drop=True)
        plan = scored.assign(
            store_id=self.stores["store_id"].to_numpy(), place_id=of["place_id"].to_numpy(),
            settlement_kind=of["settlement_kind"].astype(str).to_numpy(),
            reasons=self.scores["reasons"].astype(str).to_numpy(), wish_rmb=self.orders.wish_rmb, need_rmb=need,
            limit_rmb=limits["limit_rmb"].to_numpy(), term_days=float(self.figures["credit.term_days"]),
            order_rmb=found.order_rmb, margin_rmb=limits["margin_rmb"].to_numpy(),
            expected_loss_rmb=limits["expected_loss_rmb"].to_numpy(), tail_loss_rmb=limits["tail_loss_rmb"].to_numpy(),
        )  # fmt: skip
        plan = CreditPlan.check(plan[CreditPlan.columns()])
        risk, stress, var = self._losses(plan)
        kpis = result.kpis() | {"financed_rmb": float(rounds["financed_rmb"].iloc[-1]), "rounds": float(len(rounds))}
        kpis["settled"] = float(rounds["settled"].iloc[-1])
        kpis |= {"stores": float(len(plan)), "value_at_risk_rmb": var}
        kpis["approved_share"] = float((plan["pd"] <= levers.pd_cut).mean())
        budgets = result.tables["budgets"]
        return CreditDecision(
            levers, plan, kpis, stress, risk, fairness_of(plan, self.stores), budgets, rounds, result
        )  # fmt: skip

    def _losses(self, plan: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, float]:
        given = (plan["limit_rmb"] > 0).to_numpy()
        if not given.any():
            return pd.DataFrame(columns=RISK), pd.DataFrame(columns=BAD_YEARS), 0.0
        figures, own = self.figures, plan[given]
        risen = 1 + float(figures["credit.pd_growth"]) * own["limit_rmb"] / own["need_rmb"].clip(lower=1.0)
        book = pd.DataFrame(
            {
                "store_id": own["store_id"], "pd": (own["pd"] * risen).clip(1e-6, 0.999),
                "lgd": float(figures["credit.lgd"]), "ead_rmb": own["limit_rmb"], "city": self._city.to_numpy()[given],
            }
        )  # fmt: skip
        shares = [float(figures[f"credit.{name}_variance_share"]) for name in ("nation", "city")]
        factors = pd.DataFrame({"factor": ["nation", "city"], "variance_share": shares})
        found = portfolio_loss(book, factors, SCENARIOS, seed=7)
        risk = found.tables["risk"]
        at = risk[(risk["measure"] == "value_at_risk") & (risk["level"] == max(risk["level"].dropna()))]
        return (
            risk,
            stress_losses(book, register_stresses({name: float(figures[name]) for name in STRESSED})),
            float(at["rmb"].iloc[0]),
        )


def study_credit(
    market: Market, figures: Scenario, run: Mapping[str, pd.DataFrame] | None = None, told: Told | None = None
) -> CreditStudy:
    """Score every store of a market and propose its order, from what past credit taught.

    Parameters
    ----------
    market : Market
        With past credit (`read_credit`).
    figures : Scenario
        Planning figures, brought here to the scale of the market.
    run : mapping, optional
        Tables of a plan: only its participants and the stores it signs are given credit.
    told : callable, optional
        Called with a stage and the share done.

    Raises
    ------
    LstError
        The market has no past credit to learn from.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> study = study_credit(read_market(data_folder() / "sample"), load_scenario("base"))
    >>> done = study.decide(study.levers)
    >>> done.kpis["limits_rmb"] <= study.levers.capital_rmb * (1 + 1e-9)
    True
    """
    told = told or (lambda stage, share: None)
    history = read_credit(market)
    if history is None or history.empty:
        raise LstError(
            "The market has no past credit to learn from; put credit.parquet (contract credit_history) into its folder."
        )
    here = figures.at_scale(len(market.stores) / figures["market.small_stores"])
    told("credit_stores", 0.05)
    study = study_stores(market, None, here)
    features, potential = study.features, study.potentials["mean"]
    applications = applications_of(history, features, potential)
    told("credit_score", 0.35)
    card, known, told_card, assumption = _fitted(applications)
    today = first_day(here["rollout.start_month"])
    stores = stores_today(history, market.participants, features, potential, today)
    starts = None
    if run is not None:
        starts = starts_of(run, market.participants, today)
        kept = stores["store_id"].isin(starts["store_id"]).to_numpy()
        stores, potential = stores[kept].reset_index(drop=True), potential[kept].reset_index(drop=True)
    scores = score_stores(card, stores)
    told("credit_orders", 0.8)
    sales = study.tills.sales if study.tills is not None else None
    orders = orders_of(stores["store_id"], potential, sales, here)
    return CreditStudy(
        here, market, history, applications, stores, card, told_card, assumption, scores, orders, margin_of(here),
        today, known, starts,
    )  # fmt: skip


def _fitted(applications: pd.DataFrame) -> tuple[Scorecard, Scorecard, ModelCard, str]:
    """Score for all who ask, score and card of those whose outcome is known, and what was assumed of the others."""
    given = applications[applications["approved"]].reset_index(drop=True)
    wanted = ["default", *FEATURES]
    known = fit_scorecard(given[["decided", *wanted]], "default", MONOTONE, "decided")
    card = model_card(known, given, "default", segments=SEGMENTS, date="decided")
    if given.shape[0] == applications.shape[0]:
        return known, known, card, ""
    inferred = infer_rejects(applications[wanted], "default", MONOTONE, hidden=0.0)
    return inferred.card, known, card, inferred.assumption
