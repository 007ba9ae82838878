"""Rollout: who is signed when, and what the plan earns."""

from lst_workbench.rollout.check import check_waves
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.waves import WaveResult, plan_waves

__all__ = ["WaveParams", "WaveResult", "check_waves", "plan_waves"]
