"""Contracts: what each table is; every column has dtype, unit, meaning, bounds and nullability."""

from lst_workbench.contracts.assignments import Assignments
from lst_workbench.contracts.beats import Beats
from lst_workbench.contracts.capacities import Capacities
from lst_workbench.contracts.catchment_links import CatchmentLinks
from lst_workbench.contracts.catchment_profiles import CatchmentProfiles
from lst_workbench.contracts.catchments import Catchments
from lst_workbench.contracts.cell_access import CellAccess
from lst_workbench.contracts.cells import Cells
from lst_workbench.contracts.cells_plan import CellsPlan
from lst_workbench.contracts.cobranded import Cobranded
from lst_workbench.contracts.cobranded_cases import CobrandedCases
from lst_workbench.contracts.cobranded_quotas import CobrandedQuotas
from lst_workbench.contracts.cobranded_stores import CobrandedStores
from lst_workbench.contracts.conditions import Conditions
from lst_workbench.contracts.credit_budget_use import CreditBudgetUse
from lst_workbench.contracts.credit_budgets import CreditBudgets
from lst_workbench.contracts.credit_history import CreditHistory
from lst_workbench.contracts.credit_payments import CreditPayments
from lst_workbench.contracts.credit_plan import CreditPlan
from lst_workbench.contracts.credit_stores import CreditStores
from lst_workbench.contracts.curve import Curve
from lst_workbench.contracts.curve_ranges import CurveRanges
from lst_workbench.contracts.decisions import Decisions
from lst_workbench.contracts.dots import Dots
from lst_workbench.contracts.economics import Economics
from lst_workbench.contracts.errors import InputError, LstError
from lst_workbench.contracts.exposures import Exposures
from lst_workbench.contracts.fairness_prices import FairnessPrices
from lst_workbench.contracts.goals import Goals
from lst_workbench.contracts.group_limits import GroupLimits
from lst_workbench.contracts.groups_plan import GroupsPlan
from lst_workbench.contracts.holdouts import Holdouts
from lst_workbench.contracts.items import Items
from lst_workbench.contracts.kpi_ranges import KpiRanges
from lst_workbench.contracts.kpis import Kpis
from lst_workbench.contracts.levers import Levers
from lst_workbench.contracts.limits import Limits
from lst_workbench.contracts.loss_factors import LossFactors
from lst_workbench.contracts.network_lanes import NetworkLanes
from lst_workbench.contracts.network_sites import NetworkSites
from lst_workbench.contracts.network_step_areas import NetworkStepAreas
from lst_workbench.contracts.network_step_cells import NetworkStepCells
from lst_workbench.contracts.network_step_sites import NetworkStepSites
from lst_workbench.contracts.network_steps import NetworkSteps
from lst_workbench.contracts.network_stores import NetworkStores
from lst_workbench.contracts.order_cohorts import OrderCohorts
from lst_workbench.contracts.orders import Orders
from lst_workbench.contracts.participants import Participants
from lst_workbench.contracts.place_months import PlaceMonths
from lst_workbench.contracts.places import Places
from lst_workbench.contracts.places_plan import PlacesPlan
from lst_workbench.contracts.plan_months import PlanMonths
from lst_workbench.contracts.potentials import Potentials
from lst_workbench.contracts.promises import Promises
from lst_workbench.contracts.quotas import Quotas
from lst_workbench.contracts.region_ranges import RegionRanges
from lst_workbench.contracts.reps_odds import RepsOdds
from lst_workbench.contracts.rivals import Rivals
from lst_workbench.contracts.sales import Sales
from lst_workbench.contracts.shares import Shares
from lst_workbench.contracts.similar import Similar
from lst_workbench.contracts.sites import Sites
from lst_workbench.contracts.store_overlaps import StoreOverlaps
from lst_workbench.contracts.store_rivals import StoreRivals
from lst_workbench.contracts.stores import Stores
from lst_workbench.contracts.table import Table, column, doubled_rows
from lst_workbench.contracts.territories import Territories
from lst_workbench.contracts.territory_months import TerritoryMonths
from lst_workbench.contracts.tornado import Tornado
from lst_workbench.contracts.transfers import Transfers
from lst_workbench.contracts.uncovered import Uncovered
from lst_workbench.contracts.visits import Visits
from lst_workbench.contracts.warehouse_months import WarehouseMonths
from lst_workbench.contracts.wave_changes import WaveChanges
from lst_workbench.contracts.wave_outcomes import WaveOutcomes
from lst_workbench.contracts.wave_stores import WaveStores
from lst_workbench.contracts.waves import Waves

CONTRACTS: dict[str, type[Table]] = {
    contract.table_name(): contract
    for contract in (
        Assignments,
        Beats,
        Capacities,
        CatchmentLinks,
        CatchmentProfiles,
        Catchments,
        CellAccess,
        Cells,
        CellsPlan,
        CobrandedStores,
        CobrandedCases,
        CobrandedQuotas,
        Cobranded,
        Conditions,
        CreditBudgetUse,
        CreditBudgets,
        CreditHistory,
        CreditPayments,
        CreditPlan,
        CreditStores,
        Curve,
        CurveRanges,
        Decisions,
        Dots,
        Economics,
        KpiRanges,
        Exposures,
        FairnessPrices,
        Goals,
        GroupLimits,
        GroupsPlan,
        Holdouts,
        Kpis,
        Items,
        Levers,
        NetworkLanes,
        NetworkSites,
        NetworkStepAreas,
        NetworkStepCells,
        NetworkStepSites,
        NetworkSteps,
        NetworkStores,
        Limits,
        LossFactors,
        OrderCohorts,
        Orders,
        Participants,
        Places,
        PlacesPlan,
        PlaceMonths,
        PlanMonths,
        Potentials,
        Promises,
        Quotas,
        RegionRanges,
        RepsOdds,
        Rivals,
        Sales,
        Shares,
        Similar,
        Sites,
        StoreRivals,
        StoreOverlaps,
        Stores,
        Territories,
        TerritoryMonths,
        Tornado,
        Transfers,
        Uncovered,
        Visits,
        WarehouseMonths,
        WaveChanges,
        WaveOutcomes,
        WaveStores,
        Waves,
    )
}

__all__ = [
    "CONTRACTS",
    "InputError",
    "LstError",
    "Table",
    "Assignments",
    "Beats",
    "Capacities",
    "CatchmentLinks",
    "CatchmentProfiles",
    "Catchments",
    "CellAccess",
    "Cells",
    "CellsPlan",
    "CobrandedStores",
    "CobrandedCases",
    "CobrandedQuotas",
    "Cobranded",
    "Conditions",
    "CreditBudgetUse",
    "CreditBudgets",
    "CreditHistory",
    "CreditPayments",
    "CreditPlan",
    "CreditStores",
    "Curve",
    "CurveRanges",
    "Decisions",
    "Dots",
    "Economics",
    "KpiRanges",
    "Exposures",
    "FairnessPrices",
    "Goals",
    "GroupLimits",
    "GroupsPlan",
    "Holdouts",
    "Kpis",
    "Items",
    "Levers",
    "NetworkLanes",
    "NetworkSites",
    "NetworkStepAreas",
    "NetworkStepCells",
    "NetworkStepSites",
    "NetworkSteps",
    "NetworkStores",
    "Limits",
    "LossFactors",
    "OrderCohorts",
    "Orders",
    "Participants",
    "Places",
    "PlacesPlan",
    "PlaceMonths",
    "PlanMonths",
    "Potentials",
    "Promises",
    "Quotas",
    "RegionRanges",
    "RepsOdds",
    "Rivals",
    "Sales",
    "Shares",
    "Similar",
    "Sites",
    "StoreRivals",
    "StoreOverlaps",
    "Stores",
    "Territories",
    "TerritoryMonths",
    "Tornado",
    "Transfers",
    "Uncovered",
    "Visits",
    "WarehouseMonths",
    "WaveChanges",
    "WaveOutcomes",
    "WaveStores",
    "Waves",
    "column",
    "doubled_rows",
]
