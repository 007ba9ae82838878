"""Rollout: who is signed when, and what the plan earns."""

from lst_workbench.rollout.adoption import BassFit, bass_share, fit_bass, retention
from lst_workbench.rollout.beats import BeatParams, BeatResult, assign_beats
from lst_workbench.rollout.chance import Lives, Outcomes, Queues, queues_of, simulate
from lst_workbench.rollout.check import check_waves
from lst_workbench.rollout.cobranded import CobrandedParams, CobrandedResult, select_cobranded, why
from lst_workbench.rollout.cohorts import order_cohorts, watched
from lst_workbench.rollout.draws import draw_figures, quantiles
from lst_workbench.rollout.goals import GOAL_KEYS, watch_goals
from lst_workbench.rollout.holdout import hold_out
from lst_workbench.rollout.replan import ReplanResult, replan_waves
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.waves import WaveResult, plan_waves

__all__ = [
    "GOAL_KEYS",
    "BassFit",
    "BeatParams",
    "BeatResult",
    "CobrandedParams",
    "CobrandedResult",
    "Lives",
    "Outcomes",
    "Queues",
    "ReplanResult",
    "WaveParams",
    "WaveResult",
    "assign_beats",
    "bass_share",
    "check_waves",
    "draw_figures",
    "fit_bass",
    "hold_out",
    "order_cohorts",
    "plan_waves",
    "quantiles",
    "queues_of",
    "retention",
    "replan_waves",
    "select_cobranded",
    "simulate",
    "watch_goals",
    "watched",
    "why",
]
