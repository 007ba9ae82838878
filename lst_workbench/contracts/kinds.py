"""Closed lists of words that several contracts use."""

from typing import Annotated

import pandas as pd
from pandera.engines.pandas_engine import DateTime

SETTLEMENT_KINDS = ("city_core", "suburb", "township", "village")
RURAL = ("township", "village")
STORE_KINDS = ("grocery", "foodstuffs", "convenience", "mini_supermarket", "kiosk")
TIERS = ("regional", "city", "front")
ORIGINS = ("real", "modelled", "synthetic", "imported")
STORE_STATUSES = ("participant", "signed", "not_chosen", "uncovered")
RESOURCES = ("visits", "volume_m3", "capital_rmb")
ITEM_LEVELS = ("sku", "category")
STORE_CHANGES = ("stays", "opened", "closed", "renovated")
SITE_STATUSES = ("candidate", "keep", "may_close", "forbidden")
SERVICES = ("next_day", "slow", "uncovered")
NETWORK_MODES = ("keep", "may_close", "today")
GOALS = ("in_system", "active", "gmv_multiple", "cycle_days", "wallet_share")
HOLDOUT_ARMS = ("treated", "later", "held_out")
COBRANDED_REASONS = (
    "chosen", "too_near", "shares_customers", "quota_full", "budget", "below_line", "brings_nothing",
    "too_small", "buys_too_little", "poor_credit",
)  # fmt: skip

SettlementKind = Annotated[pd.CategoricalDtype, SETTLEMENT_KINDS, False]
StoreKind = Annotated[pd.CategoricalDtype, STORE_KINDS, False]
Tier = Annotated[pd.CategoricalDtype, TIERS, False]
Origin = Annotated[pd.CategoricalDtype, ORIGINS, False]
StoreStatus = Annotated[pd.CategoricalDtype, STORE_STATUSES, False]
Resource = Annotated[pd.CategoricalDtype, RESOURCES, False]
ItemLevel = Annotated[pd.CategoricalDtype, ITEM_LEVELS, False]
StoreChange = Annotated[pd.CategoricalDtype, STORE_CHANGES, False]
SiteStatus = Annotated[pd.CategoricalDtype, SITE_STATUSES, False]
Service = Annotated[pd.CategoricalDtype, SERVICES, False]
NetworkMode = Annotated[pd.CategoricalDtype, NETWORK_MODES, False]
GoalName = Annotated[pd.CategoricalDtype, GOALS, False]
HoldoutArm = Annotated[pd.CategoricalDtype, HOLDOUT_ARMS, False]
CobrandedReason = Annotated[pd.CategoricalDtype, COBRANDED_REASONS, False]
Month = Annotated[DateTime, {}, "us", None, False, {}]
Day = Annotated[DateTime, {}, "us", None, False, {}]
Week = Annotated[DateTime, {}, "us", None, False, {}]
