"""What the synthetic China is drawn with: the author's settings of the generators, none of them a planning figure."""

from dataclasses import dataclass, field

KIND_ORDER = ("city_core", "suburb", "township", "village")


@dataclass(frozen=True)
class Figures:
    """Planning figures that the generators use; the caller reads them from the register.

    Examples
    --------
    >>> Figures().people_per_store
    232.0
    """

    people_per_store: float = 232.0
    area_m2: float = 50.0
    sales_rmb_month: float = 806.0 * 365 / 12
    stores_nation: float = 6_000_000.0
    participants_nation: int = 500_000
    active_share: float = 0.45
    regional_sites: int = 8
    city_sites: int = 40
    front_sites: int = 200
    front_radius_km: float = 40.0
    capacity_m3_month: dict[str, float] = field(
        default_factory=lambda: {"regional": 50_000.0, "city": 10_000.0, "front": 2_000.0}
    )
    fixed_cost_rmb_month: dict[str, float] = field(
        default_factory=lambda: {"regional": 1_500_000.0, "city": 300_000.0, "front": 60_000.0}
    )
    start_month: str = "2017-09-01"


@dataclass(frozen=True)
class Drawing:
    """Settings of the generators; kept with a market's hidden tables as the parameters it was drawn with.

    Names end in the unit; ``_sd`` is the standard deviation of a normal draw, of the logarithm for sizes.
    Tuples over kinds of settlement follow city core, suburb, township, village.
    """

    # people
    rural_people_township: float = 60_000.0
    seat_urban_share_least: float = 0.30
    urban_people_hint: tuple[tuple[str, float], ...] = (
        ("county_seat", 45_000.0), ("street", 30_000.0), ("town", 8_000.0), ("township", 2_500.0),
    )  # fmt: skip
    town_hint_most: float = 25_000.0
    hint_sd: float = 0.5
    rural_weight: tuple[tuple[str, float], ...] = (
        ("prefecture_seat", 0.5), ("county_seat", 1.2), ("street", 0.4), ("town", 1.2), ("township", 0.8),
    )  # fmt: skip
    rural_sd: float = 0.4
    centre_density_km2: float = 9_000.0  # people per km² in the middle of a centre of 100,000
    centre_density_exponent: float = 0.3
    centre_density_range_km2: tuple[float, float] = (3_000.0, 26_000.0)
    densest_km2: float = 32_000.0
    urban_reach_in_scales: float = 4.5
    urban_cell_sd: float = 0.25
    village_cell_people: float = 850.0
    village_fade_km: float = 6.0
    village_sd: float = 0.6
    rural_reach_km: tuple[float, float] = (3.0, 12.0)
    least_people_cell: float = 10.0
    urban_income_ratio: float = 2.23  # NBS 2017: 24,445 RMB a head in towns, 10,955 in the country
    income_kind: tuple[float, ...] = (1.08, 1.0, 0.92, 1.0)
    income_prefecture_sd: float = 0.08
    income_cell_sd: float = 0.08
    # stores
    stores_prefecture_sd: float = 0.06
    stores_kind: tuple[float, ...] = (0.9, 1.0, 1.2, 0.9)
    stores_cell_sd: float = 0.35
    huddle: tuple[float, ...] = (
        1.0,
        0.9,
        0.55,
        0.6,
    )  # 1 spreads a cell's shops over the cell, less draws them together
    store_kinds: tuple[tuple[float, ...], ...] = (  # grocery, foodstuffs, convenience, mini_supermarket, kiosk
        (0.28, 0.17, 0.35, 0.08, 0.12),
        (0.38, 0.18, 0.24, 0.10, 0.10),
        (0.48, 0.20, 0.12, 0.13, 0.07),
        (0.70, 0.12, 0.04, 0.06, 0.08),
    )
    area_in_means: tuple[float, ...] = (0.70, 0.95, 1.00, 3.60, 0.22)  # median by kind of store, of the register's mean
    area_sd: float = 0.40
    area_settlement: tuple[float, ...] = (0.90, 1.0, 1.10, 0.85)
    # what stays hidden: how shoppers and owners behave
    area_power: float = 0.55
    store_effect_sd: float = 0.45
    shopper_fade_km: float = 0.8
    shopper_reach_rings: int = 2
    sales_effect_sd: float = 0.35
    join_by_area: float = 0.8
    join_by_sales: float = 0.5
    join_by_drive: float = 0.7
    join_by_settlement: tuple[float, ...] = (0.6, 0.5, 0.1, -0.7)
    join_by_nearness: float = 1.2
    join_prefecture_income: float = 0.6
    activity_by_drive: float = 0.5
    join_growth_month: float = 0.35
    months_of_testing: int = 13
    recorded_share: float = 1.0  # of stores whose sales, orders and repayments are on record
    # warehouses and territories
    capacity_sd: float = 0.35
    late_opening_share: float = 0.15
    stores_per_territory: float = 2_000.0
